"""Labels of very many rows: each distinct label once, and a number per row. NumPy only, no Keras."""

from __future__ import annotations

from typing import Any, Self, TypeAlias

import attrs
import numpy as np

__all__ = ["CodedLabels"]

Array: TypeAlias = np.ndarray[Any, Any]


@attrs.frozen(eq=False)
class CodedLabels:
    """Labels as positions in a list of their distinct values: a byte or two per row, where text takes dozens.

    An `Input` may return them from `unpack`. Heads that know them (the core's classification head) never decode them;
    for all others they turn into an array of labels by themselves.

    Attributes:
        codes: The position of each row's label, integers of shape `(rows,)`.
        values: The labels, each once, in any order; some may be of no row.

    Example:
        ```python
        labels = CodedLabels(np.array([0, 1, 1], dtype=np.uint8), np.array(["no", "yes"], dtype=object))
        np.asarray(labels[1:])  # ["yes", "yes"]
        ```
    """

    codes: Array
    values: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the decoded labels: `(rows,)`."""
        return (len(self.codes),)

    @property
    def ndim(self) -> int:
        """Always 1."""
        return 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the decoded labels."""
        return np.dtype(self.values.dtype)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def __getitem__(self, rows: slice | Array) -> Self:
        """Return the labels of some rows."""
        return attrs.evolve(self, codes=self.codes[rows])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Return the decoded labels."""
        return self.values[self.codes].astype(dtype or self.dtype, copy=False)

    def counts(self) -> Array:
        """Return how many rows each value has."""
        return np.bincount(self.codes, minlength=len(self.values))
