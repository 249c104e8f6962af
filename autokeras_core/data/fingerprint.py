"""A fingerprint of data: tells whether a search is continued on the data it was begun with. NumPy only, no Keras."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["fingerprint"]

_BYTES_IN_FULL = 64 * 1024 * 1024
_BYTES_PER_PIECE = 4 * 1024 * 1024
_BYTES_PER_OBJECT = 64  # a guess, only to decide whether to sample


def fingerprint(arrays: Mapping[str, Rows]) -> str:
    """Return a stable hash over the names, dtypes, shapes and contents of arrays and row sources.

    The order of the names does not matter. All content counts up to 64 MiB per array; of a larger one every n-th row
    and the last, so that the time stays bounded. A row source tells its own fingerprint.

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
        for column in [sample] if sample.dtype.names is None else [sample[field] for field in sample.dtype.names]:
            for piece in _pieces(column):
                digest.update(piece)
    return digest.hexdigest()


def _sample(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    each = len(array.dtype.names or [""]) * _BYTES_PER_OBJECT if array.dtype.hasobject else array.itemsize
    size = array.size * each
    if array.ndim == 0 or size <= _BYTES_IN_FULL:
        return array
    stride = -(-size // _BYTES_IN_FULL)
    return np.concatenate([array[::stride], array[-1:]])


def _pieces(array: np.ndarray[Any, Any]) -> Iterator[bytes]:
    if array.ndim == 0:
        array = array.reshape(1)
    row_bytes = max(1, array.size * array.itemsize // max(1, len(array)))
    step = max(1, _BYTES_PER_PIECE // row_bytes)
    # Objects and variable-width strings (kind "T") hold pointers: their bytes say nothing about their content.
    by_value = array.dtype.hasobject or array.dtype.kind == "T"
    for start in range(0, len(array), step):
        piece = array[start : start + step]
        if by_value and piece.dtype == object and set(map(type, piece.reshape(-1))) <= {str, NoneType}:
            # Text, the common case: its type need not be told for each value.
            yield repr(piece.reshape(-1).tolist()).encode("utf-8", "surrogatepass")
        elif by_value:
            yield repr([(type(value).__name__, value) for value in piece.reshape(-1).tolist()]).encode(
                "utf-8", "surrogatepass"
            )
        else:
            yield np.ascontiguousarray(piece).tobytes()
