"""Rows that need not be in memory: the contract of a row source, and access to arrays and sources alike. NumPy only.

The core asks three things of adapted rows: select some, read some, tell what they are. An array answers them by itself;
anything else (files, a table on disk, a data set that streams) does by being a `RowSource`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import numpy as np

__all__ = [
    "RowSource",
    "Rows",
    "bytes_per_row",
    "columns_of",
    "is_sequential",
    "object_bytes",
    "read_rows",
    "readable_rows",
    "row_loader",
    "rows_to_learn_from",
    "select_rows",
]

_FEWEST_TO_LEARN_FROM = (1_000, 8 * 2**20)
_MOST_TO_LEARN_FROM = (100_000, 64 * 2**20)
_OBJECTS_TO_WEIGH = 10_000

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # TensorFlow ships no types


@runtime_checkable
class RowSource(Protocol):
    """Rows that are read when they are needed. Selecting rows reads none.

    An `Input` may return one from `adapt` instead of an array. It is immutable; rows have one shape and one dtype.

    A source whose neighbouring rows are quick to read together, again and again, may say so by an attribute
    `is_sequential = True` (a table on disk is one, picture files are not). Then it is read in runs of neighbours, and
    what preprocessors make of it is computed anew in every epoch where it is too large to be kept in memory.

    Attributes:
        shape: The shape that all rows together would have as an array, rows first, e.g. `(20000, 64, 64, 3)`.
        dtype: The dtype of the rows that `read` returns.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all rows together."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the rows."""
        ...

    def __len__(self) -> int:
        """Return the number of rows."""
        ...

    def select(self, rows: Array) -> Self:
        """Return a source of the rows of these numbers, in this order, without reading any."""
        ...

    def read(self, rows: Array) -> Array:
        """Return the rows of these numbers, in this order, as an array.

        Raises:
            DataError: If a row cannot be read; the message names it in the user's words (its file).
        """
        ...

    def readable(self) -> Array:
        """Return the numbers of the rows that can be read, as far as a quick check can tell.

        Raises:
            DataError: If more rows cannot be read than the source tolerates.
        """
        ...

    def fingerprint(self) -> str:
        """Return a text that differs where the rows do, without reading all of them."""
        ...

    def loader(self) -> Callable[[Tensor], Tensor] | None:
        """Return a function of TensorFlow operations from a row's number (a scalar int64 tensor) to the row.

        It runs inside `tf.data`, for many rows at once. `None` says that there is none: then `read` is called for
        whole batches.
        """
        ...


Rows: TypeAlias = "Array | RowSource"
"""Adapted rows: an array, or a source that reads them when they are needed."""


def select_rows(rows: Rows, numbers: Array) -> Rows:
    """Return the rows of these numbers, in this order; of a source without reading them."""
    return rows[numbers] if isinstance(rows, np.ndarray) else rows.select(numbers)


def read_rows(rows: Rows, numbers: slice | Array) -> Array:
    """Return the rows of these numbers as an array; for a slice of an array it is a view.

    Raises:
        DataError: If a row of a source cannot be read.
    """
    if isinstance(rows, np.ndarray):
        return rows[numbers]
    return rows.read(np.arange(*numbers.indices(len(rows))) if isinstance(numbers, slice) else numbers)


def readable_rows(inputs: Mapping[str, Rows]) -> Array | None:
    """Return the numbers of the rows that can be read in all inputs; `None` if these are all rows.

    Raises:
        DataError: If a source holds more rows that cannot be read than it tolerates.
    """
    total = len(next(iter(inputs.values())))
    kept = np.ones(total, dtype=bool)
    for rows in inputs.values():
        if not isinstance(rows, np.ndarray) and len(readable := rows.readable()) < total:
            is_readable = np.zeros(total, dtype=bool)
            is_readable[readable] = True
            kept &= is_readable
    return None if kept.all() else np.flatnonzero(kept)


def row_loader(rows: Rows) -> Callable[[Tensor], Tensor] | None:
    """Return how TensorFlow itself loads one row of a source; `None` for an array, or where there is no such way."""
    return None if isinstance(rows, np.ndarray) else rows.loader()


def is_sequential(rows: Rows) -> bool:
    """Return whether rows come from a source that says it is quick to read in runs, see `RowSource`."""
    return bool(getattr(rows, "is_sequential", False))


def rows_to_learn_from(rows: RowSource) -> int:
    """Return how many rows of a source to read in order to learn what rows are: 1,000 of them and 8 MiB at most.

    100,000 and 64 MiB of a source that is quick to read.
    """
    most, size = _MOST_TO_LEARN_FROM if is_sequential(rows) else _FEWEST_TO_LEARN_FROM
    return max(1, min(most, size // bytes_per_row(rows)))


def columns_of(array: Array) -> list[Array]:
    """Return the columns of a structured array; any other array is one."""
    return [array] if array.dtype.names is None else [array[name] for name in array.dtype.names]


def object_bytes(rows: Rows) -> int:
    """Return about how many bytes an array takes that holds objects, such as texts, with these; 0 for any other rows.

    Processes that map an array of numbers have it in memory once; of objects each has its own.
    """
    if not isinstance(rows, np.ndarray) or not rows.dtype.hasobject:
        return 0
    total = float(rows.nbytes)
    for column in columns_of(rows):
        if column.dtype.hasobject and column.size:
            some = column.reshape(-1)[:: -(-column.size // _OBJECTS_TO_WEIGH)]
            total += column.size * sum(map(sys.getsizeof, some)) / len(some)
    return int(total)


def bytes_per_row(rows: Rows) -> int:
    """Return how many bytes a row takes in memory, at least 1; of objects only their pointers are counted."""
    return max(1, int(np.prod(rows.shape[1:], dtype=np.int64)) * rows.dtype.itemsize)
