"""Rows of a table in files: a `RowSource` over the store on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Self, TypeAlias

import attrs
import numpy as np

from ak_tabular.cells import is_spelled_missing
from ak_tabular.columns import BadCell, Column, find_bad_cell, is_of_another_type, unreadable_texts
from ak_tabular.files.store import StoredColumn, TableStore
from ak_tabular.spelling import read_written, respelled
from ak_tabular.tables import structured

__all__ = ["TableSource"]

Array: TypeAlias = np.ndarray[Any, Any]

_NUMBERS_IN_FINGERPRINT = 1_000_000
_ROWS_AT_ONCE = 65_536


@attrs.frozen(kw_only=True, eq=False)
class TableSource:
    """Rows that are read from disk when they are needed: structured arrays, see `ak_tabular.tables`.

    Attributes:
        store: The table.
        where: What to call it in messages.
        targets: The target columns that it had, and that were taken out.
        positions: The columns in use, as positions in the store.
        rows: The rows in use, as row numbers in the store; `None` for all.
        written: By column the texts to put in the place of others, see `Column.written`.
    """

    store: TableStore
    where: str
    targets: tuple[str, ...] = ()
    positions: tuple[int, ...]
    rows: Array | None = None
    written: Mapping[str, Mapping[str, str]] = attrs.field(factory=dict)
    is_sequential: ClassVar[bool] = True

    @classmethod
    def of(cls, store: TableStore, *, where: str, targets: Sequence[str] = ()) -> Self:
        """Return all rows and columns of a store."""
        return cls(store=store, where=where, targets=tuple(targets), positions=tuple(range(len(store.columns))))

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows alone, as of a structured array."""
        return (len(self),)

    @property
    def names(self) -> list[str]:
        """The columns in use."""
        return [self.store.columns[position].name for position in self.positions]

    @property
    def dtype(self) -> np.dtype[Any]:
        """A structured dtype: float64, objects (text) or seconds (dates) by column name."""
        columns = [self.store.columns[position] for position in self.positions]
        return np.dtype(
            [(column.name, np.dtype(object) if column.name in self.written else column.dtype) for column in columns]
        )

    def __len__(self) -> int:
        """Return the number of rows in use."""
        return len(self.store) if self.rows is None else len(self.rows)

    def select(self, rows: Array) -> Self:
        """Return some of the rows, in this order."""
        return attrs.evolve(self, rows=rows if self.rows is None else self.rows[rows])

    def with_columns(self, names: Sequence[str]) -> Self:
        """Return the same rows with some of the columns, in this order."""
        places = dict(zip(self.names, self.positions, strict=True))
        return attrs.evolve(self, positions=tuple(places[name] for name in names))

    def as_written(self, written: Mapping[str, Mapping[str, str]]) -> Self:
        """Return the same rows, texts in some columns replaced when they are read, see `Column.written`.

        Columns in which all cells are written so already are read as they are.
        """
        columns = [self.store.columns[position] for position in self.positions]
        return attrs.evolve(
            self,
            written={
                column.name: written[column.name]
                for column in columns
                if column.name in written and _may_differ(column, written[column.name])
            },
        )

    def read(self, rows: Array) -> Array:
        """Return rows as a structured array."""
        table = self.store.read(rows if self.rows is None else self.rows[rows], columns=self.positions)
        if not any(name in self.written for name in self.names):
            return table
        cells = []
        for index, name in enumerate(self.names):
            if name in self.written:
                cells.append(read_written(table, index, column=name, written=self.written[name]))
            else:
                cells.append(table[name])
        return structured(self.names, cells)

    def find_bad_cell(self, index: int, column: Column) -> BadCell | None:
        """Return the first cell of a column that `ak_tabular.columns.find_bad_cell` finds, without reading all at once.

        Nothing is read where the file held what training did, or only few different texts, all of which fit.

        Args:
            index: The column's place among those in use.
            column: The facts about the column.
        """
        stored = self.store.columns[self.positions[index]]
        if column.kind not in ("numerical", "datetime") or not _may_be_bad(stored, column):
            return None
        alone = attrs.evolve(self, positions=(self.positions[index],), written={})
        for start in range(0, len(self), _ROWS_AT_ONCE):
            rows = alone.read(np.arange(start, min(start + _ROWS_AT_ONCE, len(self))))
            found = find_bad_cell(rows, 0, column)
            if found is not None:
                return attrs.evolve(found, row=start + found.row, different=1)
        return None

    def readable(self) -> Array:
        """Return the numbers of all rows: the store was read through when it was written."""
        return np.arange(len(self), dtype=np.int32 if len(self) < 2**31 else np.int64)

    def fingerprint(self) -> str:
        """Return a hash of all cells and of which of them are in use."""
        digest = hashlib.sha256(repr((self.store.digest, self.names, len(self))).encode())
        if self.written:
            digest.update(repr(sorted((name, sorted(texts.items())) for name, texts in self.written.items())).encode())
        if self.rows is not None:
            step = max(1, -(-len(self.rows) // _NUMBERS_IN_FINGERPRINT))
            digest.update(np.ascontiguousarray(self.rows[::step], dtype=np.int64).tobytes())
        return digest.hexdigest()

    def loader(self) -> Callable[[Any], Any] | None:
        """Return `None`: rows are read by NumPy, many at once."""
        return None


def _may_be_bad(stored: StoredColumn, column: Column) -> bool:
    """Return whether some cells of a stored column may be no numbers, or no dates, as the facts about it demand."""
    if stored.kind != "text":
        return is_of_another_type("time" if stored.kind == "time" else "number", column)
    if column.is_mixed:
        return False
    if not stored.is_coded or stored.values is None:
        return True  # not all texts are known
    known = [text for text in stored.values[1:] if not is_spelled_missing(text)]  # the first one is `None`
    return len(unreadable_texts(np.array(known, dtype=object), column)) > 0


def _may_differ(column: StoredColumn, written: Mapping[str, str]) -> bool:
    """Return whether some cells of a column may be written in another way than `Column.written` says."""
    if column.kind == "text":
        if not column.is_coded or column.values is None:
            return True  # not all texts are known
        return any(respelled(text, written) != text for text in column.values[1:])  # the first one is `None`
    # Numbers and booleans become text in one way, which is that of the keys; dates are no numbers.
    return column.kind != "time" and any(number != text for number, text in written.items())
