"""A fingerprint of data: tells whether a search is continued on the data it was begun with. NumPy only, no Keras."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.data.rows import columns_of

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["fingerprint"]

Array: TypeAlias = np.ndarray[Any, Any]

_BYTES_IN_FULL = 64 * 1024 * 1024
_BYTES_PER_PIECE = 4 * 1024 * 1024
_BYTES_PER_OBJECT = 64  # a guess, only to decide whether to sample
_CHARACTERS_AT_ONCE = 1024 * 1024
_OBJECTS_AT_ONCE = 1024


def fingerprint(arrays: Mapping[str, Rows]) -> str:
    """Return a stable hash over the names, dtypes, shapes and contents of arrays and row sources.

    The order of the names does not matter. All content counts up to 64 MiB per array; of a larger one every n-th row
    and the last, so that the time stays bounded, whether there are many rows or long texts. A row source tells its own
    fingerprint.

    Args:
        arrays: Arrays or sources by name; arrays of objects are hashed by type and value, not by address.

    Returns:
        64 hexadecimal digits, equal in every process and on every machine of the same byte order.

    Example:
        ```python
        fingerprint({"x": pictures, "y": labels}) == saved
        ```
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(repr((name, str(array.dtype), array.shape)).encode())
        if not isinstance(array, np.ndarray):
            digest.update(array.fingerprint().encode())
            continue
        sample = _sample(array)
        for column in columns_of(sample):
            for piece in _pieces(column):
                digest.update(piece)
    return digest.hexdigest()


def _is_by_value(array: Array) -> bool:
    """Return whether an array holds pointers: objects, variable-width strings. Its bytes say nothing of its content."""
    return bool(array.dtype.hasobject) or array.dtype.kind == "T"


def _sample(array: Array) -> Array:
    """Return the rows that count: first by what values are guessed to take, then by how long the texts of these are."""
    each = len(array.dtype.names or [""]) * _BYTES_PER_OBJECT if array.dtype.hasobject else array.itemsize
    sample = _thinned(array, array.size * each)
    size = sum(_bytes_of_texts(column) for column in columns_of(sample) if _is_by_value(column))
    return _thinned(sample, size)


def _thinned(array: Array, size: int) -> Array:
    """Return every n-th row of an array of so many bytes, and the last, so that these are within the limit."""
    if array.ndim == 0 or size <= _BYTES_IN_FULL:
        return array
    stride = -(-size // _BYTES_IN_FULL)
    return np.concatenate([array[::stride], array[-1:]])


def _bytes_of_texts(array: Array) -> int:
    return sum(len(value) for value in array.reshape(-1) if isinstance(value, (str, bytes)))


def _pieces(array: Array) -> Iterator[bytes]:
    if array.ndim == 0:
        array = array.reshape(1)
    row_bytes = max(1, array.size * array.itemsize // max(1, len(array)))
    step = max(1, _BYTES_PER_PIECE // row_bytes)
    by_value = _is_by_value(array)
    for start in range(0, len(array), step):
        piece = array[start : start + step]
        if by_value:
            yield from _described(piece.reshape(-1))
        else:
            yield np.ascontiguousarray(piece).tobytes()


def _described(values: Array) -> Iterator[bytes]:
    """Yield what Python writes for a list of values, a part at a time: long texts must not be in memory twice."""
    # Text, the common case: its type need not be told for each value.
    is_text = values.dtype == object and set(map(type, values)) <= {str, NoneType}
    held: list[str] = []
    characters = 0
    before = "["
    for start in range(0, len(values), _OBJECTS_AT_ONCE):
        for value in values[start : start + _OBJECTS_AT_ONCE].tolist():
            written = repr(value) if is_text else repr((type(value).__name__, value))
            held += [before, written]
            characters += len(written)
            before = ", "
            if characters >= _CHARACTERS_AT_ONCE:
                yield "".join(held).encode("utf-8", "surrogatepass")
                held, characters = [], 0
    yield "".join([*held, "]"]).encode("utf-8", "surrogatepass")
