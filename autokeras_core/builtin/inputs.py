"""The input for plain numeric arrays."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np

from autokeras_core.data.adapters import as_rows, check_numbers
from autokeras_core.data.profile import Decision, InputProfile
from autokeras_core.errors import DataError, describe_error
from autokeras_core.graph.operator import Input

__all__ = ["ArrayInput"]

Array: TypeAlias = np.ndarray[Any, Any]


class ArrayInput(Input):
    """Takes any numeric array of rows: feature vectors, sequences, signals.

    Rows go to the network as they are; put `Normalization()` behind it if their columns have different scales.

    Args:
        name: The input's name in the graph.

    Input shape:
        `(rows, ...)` of rank 2 or more; booleans, integers or floats, all finite.

    Example:
        ```python
        model = AutoModel(ArrayInput(), RegressionHead(), max_trials=3)
        model.fit(numpy.random.rand(100, 4), numpy.random.rand(100))
        ```
    """

    base_name = "array"
    modality: ClassVar[str] = "array"
    default_block: ClassVar[str | tuple[str, ...]] = ("core:normalization", "core:dense")

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)

    def adapt(self, data: Any) -> Array:
        """Return the data as a numeric array of rank 2 or more, without changing it."""
        where = "x" if self.name is None else f"x[{self.name!r}]"
        rows = as_rows(data, where)
        if rows.ndim < 2 or 0 in rows.shape[1:]:
            raise DataError(
                describe_error(
                    f"{where} has the wrong rank.",
                    expected="shape (rows, columns), or of higher rank, with at least one value per row",
                    received=f"shape {rows.shape}",
                    advice="Use x.reshape(-1, 1) for a single column." if rows.ndim == 1 else "",
                )
            )
        check_numbers(rows, where)
        if rows.dtype.kind == "b":
            return rows.astype(np.uint8)
        return rows if rows.dtype.isnative else rows.astype(rows.dtype.newbyteorder("="))

    def analyse(self, data: Array, *, name: str) -> InputProfile:
        """Return shape and dtype of adapted training rows."""
        shape = tuple(int(size) for size in data.shape[1:])
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=shape,
            dtype=data.dtype.name,
            rows=len(data),
            decisions=(
                Decision(f"{name}: kind", f"numeric array, {data.dtype.name} rows of shape {shape}", "taken as it is"),
            ),
        )

    def check(self, data: Array, profile: InputProfile) -> None:
        """Check that adapted rows have the shape of the training rows."""
        if tuple(data.shape[1:]) != tuple(profile.shape):
            raise DataError(
                describe_error(
                    f"The rows of the input {profile.name!r} have another shape than in training.",
                    expected=f"shape (rows, {', '.join(map(str, profile.shape))})",
                    received=f"shape {data.shape}",
                )
            )
