"""Rows of a source behind preprocessors, computed anew whenever they are read: nothing of them is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.rows import read_rows, select_rows
from autokeras_core.engine.rows import transform_rows

if TYPE_CHECKING:
    from autokeras_core.data.rows import RowSource
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["TransformedRows"]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_TO_LOOK_AT = 2


@attrs.frozen(kw_only=True, eq=False)
class TransformedRows:
    """A `RowSource` of what fitted preprocessors make of another one's rows.

    Attributes:
        source: Where the rows come from.
        preprocessors: Fitted preprocessors, in order.
        row_shape: The shape of one row.
        dtype: The dtype of the rows.
    """

    source: RowSource
    preprocessors: tuple[Preprocessor, ...]
    row_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_sequential: ClassVar[bool] = True

    @classmethod
    def of(cls, source: RowSource, preprocessors: Sequence[Preprocessor]) -> Self:
        """Return the rows of a source behind preprocessors; what they look like is taken from the first ones."""
        first = transform_rows(read_rows(source, slice(_ROWS_TO_LOOK_AT)), preprocessors)
        return cls(source=source, preprocessors=tuple(preprocessors), row_shape=first.shape[1:], dtype=first.dtype)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all rows together."""
        return (len(self), *self.row_shape)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.source)

    def select(self, rows: Array) -> Self:
        """Return some of the rows, in this order."""
        selected: Any = select_rows(self.source, rows)
        return attrs.evolve(self, source=selected)

    def read(self, rows: Array) -> Array:
        """Read rows, and run the preprocessors on them."""
        return transform_rows(self.source.read(rows), self.preprocessors)

    def readable(self) -> Array:
        """Return the numbers of the rows that can be read."""
        return self.source.readable()

    def fingerprint(self) -> str:
        """Return the fingerprint of the source."""
        return self.source.fingerprint()

    def loader(self) -> Callable[[Any], Any] | None:
        """Return `None`: the preprocessors take arrays."""
        return None
