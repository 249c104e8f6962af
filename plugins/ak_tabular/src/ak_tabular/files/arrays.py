"""Arrow arrays of cells, in the few types that a table on disk is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
from pyarrow import compute

from ak_tabular.cells import READ_CSV_SPELLINGS

__all__ = ["ARROW_TYPES", "ColumnType", "as_type", "exact_numbers", "without", "without_blanks"]

ColumnType: TypeAlias = str
"""`"number"`, `"boolean"`, `"text"` or `"time"`; or `"dropped"`, where the cells do not matter."""

ARROW_TYPES: dict[ColumnType, Any] = {
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "text": pa.dictionary(pa.int32(), pa.string()),
    "time": pa.timestamp("us"),
    "dropped": pa.binary(),  # whatever its cells are
}
"""As what Arrow reads the cells of a column."""


def as_type(column: Any, kind: ColumnType) -> Any:
    """Return an Arrow array in one of four types; as it is where its cells do not matter."""
    if kind == "dropped":
        return column
    if pa.types.is_dictionary(column.type) and column.type.value_type != pa.string():
        column = column.dictionary_decode()
    if kind == "text":
        return column if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
    wanted = ARROW_TYPES[kind]
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        column = column.cast(pa.timestamp(column.type.unit))  # Arrow keeps UTC
    return column if column.type == wanted else column.cast(wanted, safe=False)


def exact_numbers(column: Any, *, place: int) -> Any:
    """Return numbers as an Arrow array of integers if all are whole and it can hold them, else of float64.

    Args:
        column: An Arrow array of numbers, or of the text that a CSV file has for them.
        place: The place of the column in that file, for messages.

    Raises:
        ArrowInvalid: If a text is no number.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_integer(column.type):
        return column
    if not pa.types.is_string(column.type):
        return as_type(column, "number")
    texts = compute.utf8_trim_whitespace(column)
    texts = compute.if_else(compute.is_in(texts, value_set=pa.array(READ_CSV_SPELLINGS)), None, texts)
    for kind in (pa.int64(), pa.uint64()):
        try:
            return texts.cast(kind)
        except pa.ArrowInvalid:  # there are fractions, or larger ones
            continue
    try:
        return texts.cast(ARROW_TYPES["number"])
    except pa.ArrowInvalid as error:
        message = f"In CSV column #{place}: {error}"  # in the words of Arrow's own reader, which tell the column
        raise pa.ArrowInvalid(message) from error


def without_blanks(texts: Any) -> Any:
    """Return an Arrow array of text with blank ones missing."""
    return compute.if_else(compute.equal(compute.utf8_trim_whitespace(texts), ""), None, texts)


def without(column: Any, missing: Sequence[str]) -> Any:
    """Return an Arrow dictionary array with some of its texts missing."""
    is_missing = compute.is_in(column.dictionary, value_set=pa.array(missing))
    if not compute.any(is_missing).as_py():
        return column
    indices = compute.if_else(is_missing.take(column.indices), None, column.indices)
    return pa.DictionaryArray.from_arrays(indices, column.dictionary)
