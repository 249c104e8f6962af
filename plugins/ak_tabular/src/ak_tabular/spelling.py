"""Texts as the training rows write them, where a batch has numbers or booleans, or writes them otherwise. No Keras here.

A column that was text in training (`"True"`, `"False"` and `"unknown"`, or `"1.0"` and `"A"`) may be read as numbers in a
batch without the odd ones; and a file tells types by its own cells. The categories must be the same all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ak_tabular.columns import Column, match_columns
from ak_tabular.hints import boolean_order
from ak_tabular.numerals import canonical_number
from ak_tabular.replacing import with_cells
from ak_tabular.tables import names_of, raw_texts

__all__ = ["as_written", "other_spellings", "read_written", "respelled"]

Array: TypeAlias = np.ndarray[Any, Any]


_MOST_WRITTEN = 5_000  # as many values as encoders tell apart
_LARGEST_EXACT = 2.0**53


def other_spellings(distinct: Array, counts: Array) -> dict[str, str]:
    """Return the texts that are numbers, or true or false, by what a batch of such cells has; see `Column.written`.

    A number that the training rows write in several ways is left out. Where there are only no and yes, or another such pair,
    a batch may have false and true for them.

    Args:
        distinct: The different texts of a column's training rows.
        counts: How many rows have each.

    Example:
        ```python
        other_spellings(np.array(["007", "1", "A"], dtype=object), np.array([3, 2, 1]))  # {"7": "007", "1": "1"}
        other_spellings(np.array(["yes", "no"], dtype=object), np.array([3, 2]))  # {"0": "no", "1": "yes"}
        ```
    """
    if (pair := boolean_order(distinct.tolist())) is not None:
        return dict(zip(("0", "1"), pair, strict=True))
    own = set(distinct.tolist())
    found: dict[str, set[str]] = {}
    for place in np.argsort(-counts, kind="stable")[:_MOST_WRITTEN]:
        number = canonical_number(distinct[place])
        if number is not None:
            found.setdefault(number, set()).update({distinct[place]}, {number} & own)
    return {number: texts.pop() for number, texts in found.items() if len(texts) == 1}


def respelled(text: str, written: Mapping[str, str]) -> str:
    """Return how the training rows write what a text is; the text itself if they do not have it.

    Args:
        text: A text of a later batch: `"1"` where that has numbers or booleans, or any spelling of them.
        written: How the training rows write numbers, see `Column.written`.

    Example:
        ```python
        respelled("7.0", {"7": "007"})  # "007"
        ```
    """
    if text in written:
        return written[text]
    number = canonical_number(text)
    if number is None or number not in written:
        return text
    # Where floats no longer tell integers apart, only a text that was or is a float may be another spelling.
    is_exact = abs(float(number)) < _LARGEST_EXACT or written[number] == number
    return written[number] if is_exact else text


def as_written(table: Array, columns: Sequence[Column]) -> Array:
    """Return a table whose categories of text are written as in the training rows; itself if they are already.

    Args:
        table: A table, see `ak_tabular.tables`.
        columns: The training rows' columns, see `Column.written`.

    Raises:
        DataError: If the table does not have these columns.
    """
    places = match_columns(table, columns)
    changed: dict[int, Array] = {}
    for column, place in zip(columns, places, strict=True):
        if place >= 0 and column.written:
            _, distinct = raw_texts(table, place, column=column.name)
            if any(respelled(text, column.written) != text for text in distinct):
                changed[place] = read_written(table, place, column=column.name, written=column.written)
    if not changed:
        return table
    if table.dtype.names is None and table.dtype.kind == "O":
        copy = table.copy()
        for place, cells in changed.items():
            copy[:, place] = cells
        return copy
    # A matrix of numbers takes no text: it becomes a table with the names of the training rows' columns.
    return with_cells(table, changed, names=names_of(table) or [column.name for column in columns])


def read_written(table: Array, index: int, *, column: str, written: Mapping[str, str]) -> Array:
    """Return a column of a table as an object array of `str` and `None`, other spellings replaced.

    Args:
        table: The table.
        index: Where the column is.
        column: Its name, for messages.
        written: How the training rows write a text, see `Column.written`.
    """
    codes, distinct = raw_texts(table, index, column=column)
    texts = np.empty(len(distinct) + 1, dtype=object)  # the last one is what -1 finds
    texts[:-1] = [respelled(text, written) for text in distinct]
    cells: Array = texts[codes]
    return cells
