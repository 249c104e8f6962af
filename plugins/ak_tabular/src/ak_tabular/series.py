"""A Series that may be a row: nothing but the training rows' columns tells it from a column. No Keras here.

`frame.iloc[0]` of a frame of numbers, with an index of texts, is a Series of numbers whose name and index are texts. So
is a column of a frame with such an index. Where columns are called by numbers, name and index are numbers, as of nearly
any column. It is read as a column that remembers its index; where that holds the training rows' columns, it was a row.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ak_tabular.frames import is_name

__all__ = ["as_row", "with_labels"]

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_LABELS = 8_000  # a longer Series is no row that anybody has


def with_labels(cells: Array, series: pd.Series[Any]) -> Array:
    """Return the cells of a Series with its index in their dtype, if that may hold the names of columns.

    Args:
        cells: What the Series holds.
        series: The Series.
    """
    index = series.index
    if len(index) > _MOST_LABELS or not all(is_name(label) for label in index):
        return cells
    labels = tuple(map(str, index))
    if len(set(labels)) < len(labels) or "" in labels:
        return cells
    known = dict(cells.dtype.metadata or {})
    labelled: Array = np.empty(len(cells), dtype=np.dtype(cells.dtype, metadata={**known, "labels": labels}))
    labelled[:] = cells
    return labelled


def as_row(table: Array, names: Collection[str], *, all_names: Collection[str]) -> Array:
    """Return the row that a Series was, if its index holds all these names; any other table as it is.

    A column of such a name is one, unless its index holds just the names of all training columns.

    Args:
        table: A table, see `ak_tabular.tables`.
        names: The columns that a row must have.
        all_names: Those of all training rows, several or one; what was dropped is among them.
    """
    if table.dtype.names is None or len(table.dtype.names) != 1:
        return table
    cells = table[table.dtype.names[0]]
    labels: tuple[str, ...] = (cells.dtype.metadata or {}).get("labels", ())
    is_column = set(names) <= set(table.dtype.names) and (len(all_names) < 2 or set(labels) != set(all_names))
    if not labels or is_column or not set(names) <= set(labels):
        return table
    plain = np.dtype(cells.dtype.str)
    row = np.empty(1, dtype=[(label, plain) for label in labels])
    for label, cell in zip(labels, cells, strict=True):
        row[label] = cell
    return row
