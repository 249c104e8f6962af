"""The cells of columns by what analysis decided about them: of a table, and of a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

from ak_tabular.layout import is_text
from ak_tabular.raw import read_column_numbers, read_column_times
from ak_tabular.tables import read_codes, read_texts

__all__ = ["TableCells", "TensorColumns"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types


class TableCells:
    """The cells of a table, by what analysis decided about their columns."""

    def __init__(self, table: Array, places: Mapping[str, int]) -> None:
        self._table = table
        self._places = places
        self.rows = len(table)

    def numbers(self, column: Mapping[str, Any]) -> Array:
        """Return the cells of a column as float32, NaN where missing."""
        return read_column_numbers(self._table, self._places[column["name"]], column)

    def texts(self, column: Mapping[str, Any]) -> Array:
        """Return the cells of a column as text, `None` where missing."""
        return read_texts(self._table, self._places[column["name"]], column=column["name"])

    def coded(self, column: Mapping[str, Any]) -> tuple[Array, Array]:
        """Return the cells of a column of text as numbers of different texts, and these."""
        return read_codes(self._table, self._places[column["name"]], column=column["name"])

    def times(self, column: Mapping[str, Any]) -> Array:
        """Return the cells of a column of dates as int64 seconds since 1970."""
        return read_column_times(self._table, self._places[column["name"]], column)

    def cells(self, column: Mapping[str, Any]) -> Array:
        """Return the cells of a categorical column: text, or numbers."""
        return self.texts(column) if is_text(column) else self.numbers(column)


class TensorColumns(Mapping[str, Any]):
    """The columns of a tensor `(batch, columns)` by name, each `(batch, 1)`."""

    def __init__(self, tensor: Tensor, places: Mapping[str, int]) -> None:
        self._tensor = tensor
        self._places = places

    def __getitem__(self, name: str) -> Tensor:
        """Return one column."""
        return self.several([name])

    def __iter__(self) -> Iterator[str]:
        """Go through the names of the columns."""
        return iter(self._places)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self._places)

    def several(self, names: Sequence[str]) -> Tensor:
        """Return several columns side by side."""
        places = np.array([self._places[name] for name in names], dtype=np.int32)
        return keras.ops.take(self._tensor, places, axis=1)
