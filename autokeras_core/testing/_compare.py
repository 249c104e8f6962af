"""Rows to check with, and comparing what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import keras
import numpy as np

__all__ = ["difference", "is_close", "is_equal", "outputs_of", "random_rows", "random_targets"]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS = 16


def random_rows(shape: tuple[int, ...], dtype: str, *, rows: int = _ROWS) -> Array:
    """Return random rows of a shape and dtype."""
    rng = np.random.default_rng(0)
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=(rows, *shape)).astype(dtype)
    return rng.integers(0, 2 if dtype == "bool" else 100, size=(rows, *shape)).astype(dtype)


def random_targets(rows: int) -> Array:
    """Return a number for each row, `(rows, 1)`, to train on, and for preprocessors that learn from targets."""
    return np.random.default_rng(2).normal(size=(rows, 1)).astype("float32")


def outputs_of(model: keras.Model, rows: Any) -> Array:
    """Return what a model makes of rows, called directly; its first output if it has several."""
    outputs = model(_as_tensors(rows), training=False)
    if isinstance(outputs, dict):
        outputs = next(iter(outputs.values()))
    array: Array = np.asarray(keras.ops.convert_to_numpy(outputs))
    return array


def _as_tensors(rows: Any) -> Any:
    if isinstance(rows, Mapping):
        return {name: _as_tensors(array) for name, array in rows.items()}
    return keras.ops.convert_to_tensor(rows.astype("float32") if rows.dtype.kind == "f" else rows)


def is_equal(one: Any, other: Any) -> bool:
    """Return whether two arrays hold the same, NaN being equal to NaN."""
    first, second = np.asarray(one), np.asarray(other)
    if first.dtype.names is not None:
        return first.dtype == second.dtype and all(is_equal(first[name], second[name]) for name in first.dtype.names)
    if first.dtype.kind == "f" and second.dtype.kind == "f":
        return np.array_equal(first, second, equal_nan=True)
    return np.array_equal(first, second)


def is_close(one: Any, other: Any, tolerance: float) -> bool:
    """Return whether two arrays have one shape, and values that differ by no more than the tolerance."""
    first, second = np.asarray(one), np.asarray(other)
    if first.shape != second.shape:
        return False
    if "f" not in (first.dtype.kind, second.dtype.kind):
        return bool(np.array_equal(first, second))
    return bool(np.allclose(first, second, rtol=tolerance, atol=tolerance, equal_nan=True))


def difference(one: Any, other: Any) -> str:
    """Return in words how two arrays differ."""
    first, second = np.asarray(one), np.asarray(other)
    if first.shape != second.shape:
        return f"shape {first.shape} instead of {second.shape}"
    if first.dtype.kind not in "fiu" or second.dtype.kind not in "fiu":
        return "other values"
    return f"a difference of {float(np.max(np.abs(first.astype('float64') - second.astype('float64')))):g}"
