"""From the files of a table to a `TableStore` and the labels, in one pass."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import attrs
import numpy as np
import pyarrow as pa

from ak_tabular.cells import LARGEST
from ak_tabular.dates import MISSING_TIME
from ak_tabular.files.arrow import RowBatch, read_batches
from ak_tabular.files.chunks import Chunk, Texts, Vocabulary, narrowest, pack_rows
from ak_tabular.files.labels import LabelCollector
from ak_tabular.files.locations import TableFiles
from ak_tabular.files.store import StoredColumn, TableStore
from autokeras_core import DataError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import CodedLabels

__all__ = ["store_table"]

Array: TypeAlias = np.ndarray[Any, Any]

_LOGGER = logging.getLogger(__name__)


def store_table(
    files: TableFiles, types: Mapping[str, str], targets: Sequence[str]
) -> tuple[TableStore, dict[str, Array | CodedLabels]]:
    """Return a table's rows in a store, without its target columns, and the labels that these hold.

    Args:
        files: The table.
        types: What each column holds, see `column_types`.
        targets: The target columns; may be none.

    Raises:
        DataError: If a file cannot be read, a cell does not fit its column, a label is missing, or the disk is full.
    """
    started = time.monotonic()
    names = [name for name in files.names if name not in targets]
    collectors = {name: LabelCollector(name=name, kind=types[name]) for name in targets}
    handle, path = tempfile.mkstemp(prefix="autokeras-table-", suffix=".rows")
    writer = _Writer(names=names, types=types)
    try:
        with os.fdopen(handle, "wb") as file:
            for batch in read_batches(files, types, [*names, *targets], targets=targets):
                for name, collector in collectors.items():
                    _collect(collector, batch, name, types[name])
                writer.write(file, batch)
        if not writer.chunks:
            raise DataError(describe_error(f"{files.where} holds no rows.", expected="at least one", received="none"))
        store = TableStore(Path(path), columns=writer.columns(), chunks=writer.chunks, digest=writer.digest)
    except OSError as error:
        Path(path).unlink(missing_ok=True)
        raise DataError(
            describe_error(
                f"The rows of {files.where} cannot be kept on disk.",
                expected=f"room for about as many bytes as the files have, in {tempfile.gettempdir()!r}",
                received=f"{type(error).__name__}: {error}",
                advice="Make room there, or set the environment variable TMPDIR to a folder on a larger disk.",
            )
        ) from error
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
    finally:
        pa.default_memory_pool().release_unused()
    _LOGGER.info("Read %s: %d rows in %.1f s.", files.where, len(store), time.monotonic() - started)
    return store, {name: collector.labels() for name, collector in collectors.items()}


@attrs.define(kw_only=True)
class _Writer:
    """Writes batches as chunks, and notes what the columns hold."""

    names: Sequence[str]
    types: Mapping[str, str]
    chunks: list[Chunk] = attrs.field(factory=list)
    _vocabularies: dict[str, Vocabulary] = attrs.field(factory=dict)
    _missing: dict[str, int] = attrs.field(factory=dict)
    _hash: Any = attrs.field(factory=hashlib.blake2b)
    _rows: int = 0
    _place: int = 0

    @property
    def digest(self) -> str:
        """A hash of everything that was written, and of the vocabularies."""
        for name, vocabulary in self._vocabularies.items():
            self._hash.update(repr((name, list(vocabulary.numbers))).encode("utf-8", "surrogatepass"))
        return str(self._hash.hexdigest())

    def columns(self) -> list[StoredColumn]:
        """Return what is known of the columns."""
        return [self._column(name) for name in self.names]

    def _column(self, name: str) -> StoredColumn:
        if self.types[name] not in ("text", "dropped"):
            return StoredColumn(name=name, kind=self.types[name], missing=self._missing[name])
        vocabulary = self._vocabularies.get(name, Vocabulary())  # of a dropped column nothing is kept
        return StoredColumn(
            name=name,
            kind="text",
            missing=self._missing[name],
            values=vocabulary.values(),
            is_coded=not vocabulary.is_full,
        )

    def write(self, file: IO[bytes], batch: RowBatch) -> None:
        """Append a batch as one chunk."""
        coded: dict[int, Array] = {}
        long: dict[int, Any] = {}
        for index, name in enumerate(self.names):
            column = batch.columns[name]
            if self.types[name] == "dropped":
                self._missing[name] = self._missing.get(name, 0) + batch.rows
                coded[index] = np.zeros(batch.rows, dtype=np.uint8)
                continue
            self._missing[name] = self._missing.get(name, 0) + column.null_count
            if self.types[name] == "text":
                vocabulary = self._vocabularies.setdefault(name, Vocabulary())
                codes = None if vocabulary.is_full else vocabulary.encode(*_values_and_codes(column))
                if codes is None:
                    long[index] = column
                else:
                    coded[index] = codes
            elif self.types[name] == "time":
                coded[index] = _seconds(column)
            else:
                coded[index] = narrowest(_numbers(column, batch, name))
        packed = pack_rows(coded, rows=batch.rows)
        place = self._append(file, packed.tobytes())
        texts = {index: self._append_texts(file, column) for index, column in long.items()}
        self.chunks.append(
            Chunk(start=self._rows, rows=batch.rows, place=place, dtype=packed.dtype, texts=texts),
        )
        self._rows += batch.rows

    def _append_texts(self, file: IO[bytes], column: Any) -> Texts:
        cells = [(text or "").encode() if (text or "").strip() else b"" for text in column.to_pylist()]
        offsets = np.zeros(len(cells) + 1, dtype=np.int64)
        np.cumsum([len(cell) for cell in cells], out=offsets[1:])
        return Texts(offsets=self._append(file, offsets.tobytes()), bytes=self._append(file, b"".join(cells)))

    def _append(self, file: IO[bytes], data: bytes) -> int:
        place = self._place
        file.write(data)
        self._hash.update(data)
        self._place += len(data)
        return place


def _collect(collector: LabelCollector, batch: RowBatch, name: str, kind: str) -> None:
    column = batch.columns[name]
    if kind == "text":
        collector.add_texts(*_values_and_codes(column), path=batch.path, start=batch.start)
    else:
        collector.add_numbers(_numbers(column, batch, name), path=batch.path, start=batch.start)


def _values_and_codes(column: Any) -> tuple[list[str | None], Array]:
    return column.dictionary.to_pylist(), column.indices.fill_null(-1).to_numpy(zero_copy_only=False)


def _numbers(column: Any, batch: RowBatch, name: str) -> Array:
    """Return a column of numbers or booleans, NaN where missing, checked for float32's range.

    As float64; or as integers, if it has these and none is missing.
    """
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8()).cast(pa.float64())
    numbers: Array = column.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        is_bad = np.abs(numbers) > LARGEST
    if is_bad.any():
        row = int(np.argmax(is_bad))
        raise DataError(
            describe_error(
                f"Row {batch.start + row:,} of {str(batch.path)!r} holds a number that is infinite or too large for "
                f"float32, in the column {name!r}.",
                expected=f"numbers within +-{LARGEST:.3g}, or nothing for a missing value",
                received=f"{numbers[row]!r}",
                advice="Leave such cells empty, or scale the column down.",
            )
        )
    return numbers


def _seconds(column: Any) -> Array:
    """Return dates as whole seconds since 1970."""
    microseconds = column.cast(pa.int64())
    seconds = np.floor_divide(microseconds.fill_null(0).to_numpy(zero_copy_only=False), 1_000_000)
    return np.asarray(np.where(column.is_null().to_numpy(zero_copy_only=False), MISSING_TIME, seconds), dtype=np.int64)
