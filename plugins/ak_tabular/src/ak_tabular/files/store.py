"""A table on disk, made in one pass over its files and read by row numbers: the files are never in memory.

Rows lie side by side, so neighbours are read with one call of the operating system. The file is read, not mapped into
memory: pages that are mapped count as the process's.
"""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np

from ak_tabular.files.chunks import Chunk, Texts
from ak_tabular.tables import coded_text
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = ["StoredColumn", "TableStore"]

Array: TypeAlias = np.ndarray[Any, Any]

_LARGEST_GAP = 512  # rows that are read and thrown away, rather than reading again behind them


@attrs.frozen(kw_only=True)
class StoredColumn:
    """What is known of a column of all rows.

    Attributes:
        name: The column's name.
        kind: `"number"`, `"boolean"`, `"text"` or `"time"`.
        missing: How many cells are missing.
        values: Of a text column the values by their number, `None` first.
        is_coded: Whether all cells of a text column are numbers of values.
    """

    name: str
    kind: str
    missing: int
    values: Array | None = attrs.field(default=None, repr=False)
    is_coded: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the cells that are read: see `ak_tabular.tables`."""
        if self.is_coded and self.values is not None:
            return coded_text(self.values)
        return np.dtype({"text": "O", "time": "M8[s]"}.get(self.kind, "f8"))


class TableStore:
    """Rows of cells in one file, which goes when the object goes that was made with it.

    One that is pickled reads the same file in another process of this machine, and leaves it there.

    Args:
        path: The file.
        columns: The columns, in order.
        chunks: Where the rows are, in order.
        digest: A hash of all rows.
        is_borrowed: Whether the file is another object's, and stays when this one goes.

    Raises:
        DataError: If a borrowed file is not there.
    """

    def __init__(
        self,
        path: Path,
        *,
        columns: Sequence[StoredColumn],
        chunks: Sequence[Chunk],
        digest: str,
        is_borrowed: bool = False,
    ) -> None:
        self.path = path
        self.columns = tuple(columns)
        self.digest = digest
        self._chunks = tuple(chunks)
        self._starts = np.array([chunk.start for chunk in chunks], dtype=np.int64)
        self._descriptor = _open_borrowed(path) if is_borrowed else _open(path)
        self._lock = threading.Lock()  # there is one place in the file at which all threads read
        self._finalizer = weakref.finalize(self, _close, self._descriptor, None if is_borrowed else path)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to read the same file in another process, for as long as this object lives."""
        return _borrowed, (self.path, self.columns, self._chunks, self.digest)

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._chunks[-1].start + self._chunks[-1].rows

    def read(self, rows: Array, *, columns: Sequence[int]) -> Array:
        """Return rows as a structured array; rising numbers are read fastest.

        Args:
            rows: Row numbers.
            columns: The positions of the columns to return, in their order there.
        """
        chosen = [self.columns[index] for index in columns]
        table = np.empty(len(rows), dtype=[(column.name, column.dtype) for column in chosen])
        order = None if len(rows) < 2 or bool((rows[1:] >= rows[:-1]).all()) else np.argsort(rows, kind="stable")
        rising = np.asarray(rows if order is None else rows[order], dtype=np.int64)
        for place, chunk, first, last in self._runs(rising):
            wanted = rising[place] - chunk.start - first
            packed = self._packed(chunk, first, last)
            target = place if order is None else order[place]
            for index, column in zip(columns, chosen, strict=True):
                if index in chunk.texts:
                    table[column.name][target] = self._texts(chunk.texts[index], first, last)[wanted]
                else:
                    table[column.name][target] = _decode(packed[str(index)][wanted], column)
        return table

    def _runs(self, rising: Array) -> Iterator[tuple[slice, Chunk, int, int]]:
        """Yield which of the rows lie near each other in one chunk, that chunk, and the span that holds them."""
        place = 0
        while place < len(rising):
            chunk = self._chunks[int(np.searchsorted(self._starts, rising[place], side="right")) - 1]
            end = int(np.searchsorted(rising, chunk.start + chunk.rows))
            inside = rising[place:end] - chunk.start
            cuts = np.flatnonzero(np.diff(inside) > _LARGEST_GAP) + 1
            for begin, stop in zip([0, *cuts.tolist()], [*cuts.tolist(), len(inside)], strict=True):
                yield slice(place + begin, place + stop), chunk, int(inside[begin]), int(inside[stop - 1]) + 1
            place = end

    def _packed(self, chunk: Chunk, first: int, last: int) -> Array:
        if not chunk.dtype.itemsize:  # only columns of text that lies elsewhere
            return np.empty(last - first, dtype=chunk.dtype)
        size = chunk.dtype.itemsize
        return np.frombuffer(self._bytes(chunk.place + first * size, (last - first) * size), dtype=chunk.dtype)

    def _texts(self, texts: Texts, first: int, last: int) -> Array:
        offsets = np.frombuffer(self._bytes(texts.offsets + 8 * first, 8 * (last - first + 1)), dtype=np.int64)
        low, high = int(offsets[0]), int(offsets[-1])
        data = self._bytes(texts.bytes + low, high - low)
        bounds = (offsets - low).tolist()
        values = np.empty(last - first, dtype=object)
        values[:] = [data[begin:end].decode() if end > begin else None for begin, end in itertools.pairwise(bounds)]
        return values

    def _bytes(self, place: int, size: int) -> bytes:
        pieces: list[bytes] = []
        with self._lock:
            os.lseek(self._descriptor, place, os.SEEK_SET)
            while size > 0:
                piece = os.read(self._descriptor, size)
                if not piece:
                    message = "the file of a table's rows ends too early"
                    raise EOFError(message)
                pieces.append(piece)
                size -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _decode(cells: Array, column: StoredColumn) -> Array:
    if column.values is not None and not column.is_coded:
        return np.asarray(column.values[cells])
    return cells.view("M8[s]") if column.kind == "time" else cells


def _borrowed(path: Path, columns: Sequence[StoredColumn], chunks: Sequence[Chunk], digest: str) -> TableStore:
    return TableStore(path, columns=columns, chunks=chunks, digest=digest, is_borrowed=True)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))


def _open_borrowed(path: Path) -> int:
    try:
        return _open(path)
    except OSError as error:
        raise DataError(
            describe_error(
                "The rows of a large table in files cannot be read by a worker.",
                expected=f"the search's temporary file {str(path)!r}, on this machine too",
                received=f"{type(error).__name__}: {error.strerror}",
                advice="Workers on other machines need it in a folder that all of them share: set the environment "
                "variable TMPDIR to one before the search. Or keep the workers on one machine.",
            )
        ) from error


def _close(descriptor: int, path: Path | None) -> None:
    os.close(descriptor)
    if path is not None:
        path.unlink(missing_ok=True)
