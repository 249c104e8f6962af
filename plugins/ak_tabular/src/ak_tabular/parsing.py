"""Text that is read as numbers or dates, read once for all who ask for it. No Keras here.

To read it takes far longer than anything else that is done to a table, and each encoder of a search would do so again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ak_tabular.columns import match_columns
from ak_tabular.layout import is_text
from ak_tabular.raw import read_column_numbers, read_column_times
from ak_tabular.replacing import with_cells
from ak_tabular.tables import column_count, names_of, storage_of

__all__ = ["parsed"]

Array: TypeAlias = np.ndarray[Any, Any]


def parsed(table: Array, columns: Sequence[Mapping[str, Any]]) -> Array:
    """Return a table without text that is read as numbers or times; its columns are called as in training.

    What the functions that read columns return is the same before and after, to the last bit. A table in which there is
    nothing to change is returned itself.

    Args:
        table: A table that was checked, see `ak_tabular.tables`.
        columns: Facts about the training rows' columns.

    Raises:
        DataError: If the table does not have these columns.
    """
    places = match_columns(table, columns)
    names = {place: column["name"] for column, place in zip(columns, places, strict=True)}
    in_order = [names[place] for place in range(column_count(table))]
    changed: dict[int, Array] = {}
    for column, place in zip(columns, places, strict=True):
        if column["kind"] == "dropped" or is_text(column) or storage_of(table, place) != "text":
            continue
        if column["kind"] == "datetime":
            changed[place] = read_column_times(table, place, column).view("datetime64[s]")
        else:
            changed[place] = read_column_numbers(table, place, column)
    if not changed and names_of(table) in (None, in_order):
        return table
    return with_cells(table, changed, names=in_order)
