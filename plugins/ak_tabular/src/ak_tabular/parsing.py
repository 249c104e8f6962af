"""Text that is read as numbers or dates, read once for all who ask for it. No Keras here.

To read it takes far longer than anything else that is done to a table, and each encoder of a search would do so again. And
tables that were stored in different ways, such as dates and a column without any, are alike then and can be put together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np

from ak_tabular.columns import match_columns
from ak_tabular.layout import is_text
from ak_tabular.raw import read_column_numbers, read_column_times
from ak_tabular.replacing import with_cells
from ak_tabular.tables import names_of, read_texts, storage_of

__all__ = ["parsed"]

Array: TypeAlias = np.ndarray[Any, Any]


def parsed(table: Array, columns: Sequence[Mapping[str, Any]]) -> Array:
    """Return a table whose columns are stored as what they are read as, and are called as in training.

    What the functions that read columns return is the same before and after, to the last bit. Dropped columns, which may
    hold anything, are left out of tables with names. A table in which there is nothing to change is returned itself.

    Args:
        table: A table that was checked, see `ak_tabular.tables`.
        columns: Facts about the training rows' columns.

    Raises:
        DataError: If the table does not have these columns.
    """
    matched = zip(match_columns(table, columns), columns, strict=True)
    kept = dict(
        sorted(((place, column) for place, column in matched if column["kind"] != "dropped"), key=itemgetter(0))
    )
    changed: dict[int, Array] = {}
    for place, column in kept.items():
        storage = storage_of(table, place)
        if column["kind"] == "datetime":
            if storage != "time":
                changed[place] = read_column_times(table, place, column).view("datetime64[s]")
        elif is_text(column):
            if storage != "text":
                changed[place] = read_texts(table, place, column=column["name"])
        elif storage != "number":
            changed[place] = read_column_numbers(table, place, column)
    own, names = names_of(table), [column["name"] for column in kept.values()]
    if not changed and own in (None, names):
        return table
    if not changed and own is not None and [own[place] for place in kept] == names:
        return table[names]  # a view: nothing is copied
    return with_cells(table, changed, names=names, places=list(kept))
