"""The input for plain numeric arrays."""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

import numpy as np

from autokeras_core.data.adapters import as_rows, check_numbers
from autokeras_core.data.profile import Decision, InputProfile
from autokeras_core.errors import DataError, describe_error
from autokeras_core.graph.operator import Input, TensorSpec

__all__ = ["ArrayInput"]

Array: TypeAlias = np.ndarray[Any, Any]


class ArrayInput(Input):
    """Takes any numeric array of rows: feature vectors, sequences, signals.

    Put `Normalization()` behind it if the columns have different scales. The network gets all numbers as float32, also
    where the training rows are whole numbers: later rows, and those of the exported model, may have fractions.

    Args:
        whole_numbers: Whether the rows are whole numbers, such as codes for an embedding of your own, and reach the network
            as such. Then later rows with fractions, or with numbers that the training rows' dtype cannot hold, are an error.
            By default `False`, which does for codes up to 16,777,216 that go straight into the embedding. Codes above 2,048
            that pass another layer first, such as `Reshape` or `Flatten`, need it: in half precision, as on most GPUs, that
            layer rounds floats. A layer that takes no floats needs it, too.
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

    def __init__(self, *, whole_numbers: bool = False, name: str | None = None) -> None:
        super().__init__(name=name, whole_numbers=whole_numbers or None)

    def adapt(self, data: Any) -> Array:
        """Return the data as a numeric array of rank 2 or more, without changing it.

        Raises:
            DataError: If it is none, or holds fractions where there must be whole numbers.
        """
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
        if rows.dtype.kind == "f" and self._is_whole:
            return _as_whole(rows, where)
        return rows if rows.dtype.isnative else rows.astype(rows.dtype.newbyteorder("="))

    def analyse(self, data: Array, *, name: str) -> InputProfile:
        """Return shape and dtype of adapted training rows."""
        shape = tuple(int(size) for size in data.shape[1:])
        _, dtype = self._spec(shape, data.dtype.name)
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=shape,
            dtype=data.dtype.name,
            rows=len(data),
            decisions=(
                Decision(
                    f"{name}: kind", f"numeric array, {data.dtype.name} rows of shape {shape}", f"taken as {dtype}"
                ),
            ),
        )

    def check(self, data: Array, profile: InputProfile) -> None:
        """Check that adapted rows have the shape of the training rows, and whole numbers their range."""
        if tuple(data.shape[1:]) != tuple(profile.shape):
            raise DataError(
                describe_error(
                    f"The rows of the input {profile.name!r} have another shape than in training.",
                    expected=f"shape (rows, {', '.join(map(str, profile.shape))})",
                    received=f"shape {data.shape}",
                )
            )
        if not self._is_whole or data.dtype == profile.dtype or not data.size:
            return
        limits = np.iinfo(profile.dtype)
        low, high = int(data.min()), int(data.max())
        if low < limits.min or high > limits.max:
            raise DataError(
                describe_error(
                    f"The rows of the input {profile.name!r} have numbers that the training rows' dtype cannot hold.",
                    expected=f"whole numbers from {limits.min} to {limits.max} ({profile.dtype})",
                    received=f"numbers from {low} to {high}",
                    advice="Train on rows of a wider dtype, e.g. x.astype('int64').",
                )
            )

    def match(self, data: Array, profile: InputProfile) -> Array:
        """Return adapted rows, checked; whole numbers in the dtype of the training rows."""
        self.check(data, profile)
        return data.astype(profile.dtype, copy=False) if self._is_whole else data

    def raw_spec(self, profile: InputProfile) -> TensorSpec:
        """Return shape and dtype of the exported model's raw input: float32, or that of whole numbers."""
        return self._spec(profile.shape, profile.dtype)

    @property
    def _is_whole(self) -> bool:
        return bool(self.arguments.get("whole_numbers"))

    def _spec(self, shape: tuple[int | None, ...], dtype: str) -> TensorSpec:
        return shape, dtype if self._is_whole else "float32"


def _as_whole(rows: Array, where: str) -> Array:
    """Return floats as the whole numbers that they are."""
    with np.errstate(invalid="ignore"):  # what is too large for int64 becomes another number, and is found below
        whole = rows.astype(np.int64)
    wrong = np.argwhere(whole != rows)
    if len(wrong):
        first = tuple(wrong[0].tolist())
        raise DataError(
            describe_error(
                f"{where} holds numbers that are no whole numbers.",
                expected="whole numbers, as whole_numbers=True says",
                received=f"{len(wrong)} others, the first at row {first[0]}: {float(rows[first])!r}",
                advice="Leave whole_numbers out if they are measurements.",
            )
        )
    return whole
