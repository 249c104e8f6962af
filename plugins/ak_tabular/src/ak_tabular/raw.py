"""Tables as the exported model takes them: a float32 matrix, or a dict of columns. No Keras here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ak_tabular.columns import match_columns
from ak_tabular.dates import MISSING_TIME
from ak_tabular.layout import raw_columns, takes_columns
from ak_tabular.tables import read_numbers, read_texts, read_times, storage_of

__all__ = ["raw_rows", "read_column_numbers", "read_column_times"]

Array: TypeAlias = np.ndarray[Any, Any]


def raw_rows(table: Array, columns: Sequence[Mapping[str, Any]]) -> Array | dict[str, Array]:
    """Return a table as the exported model takes it.

    Args:
        table: A table, see `ak_tabular.tables`.
        columns: Facts about the training rows' columns.

    Returns:
        A float32 array `(rows, columns)`, NaN where missing, if all columns hold numbers. Else a dict of arrays
        `(rows, 1)` by column, dropped ones left out: float32; text, `""` where missing; int64 seconds since 1970-01-01
        UTC, the smallest int64 where missing.
    """
    places = match_columns(table, columns)
    if not takes_columns(columns):
        matrix = np.full((len(table), len(columns)), np.nan, np.float32)
        for index, (column, place) in enumerate(zip(columns, places, strict=True)):
            if column["kind"] != "dropped":
                matrix[:, index] = read_column_numbers(table, place, column)
        return matrix
    dtypes = raw_columns(columns)
    rows: dict[str, Array] = {}
    for column, place in zip(columns, places, strict=True):
        dtype = dtypes.get(column["name"])
        if dtype == "float32":
            cells = read_column_numbers(table, place, column)
        elif dtype == "int64":
            cells = read_column_times(table, place, column)
        elif dtype == "string":
            cells = read_texts(table, place, column=column["name"]).copy()
            cells[[cell is None for cell in cells]] = ""
        else:
            continue
        rows[column["name"]] = cells[:, None]
    return rows


def read_column_numbers(table: Array, place: int, column: Mapping[str, Any]) -> Array:
    """Return a column as float32, read as its training rows were; true and false are 1 and 0 unless it holds amounts."""
    return read_numbers(
        table,
        place,
        column=column["name"],
        decimal=column.get("decimal", "."),
        unit=column.get("unit", ""),
        truths=column["kind"] != "numerical",
    )


def read_column_times(table: Array, place: int, column: Mapping[str, Any]) -> Array:
    """Return a column of dates as int64 seconds, in the format that its training rows were written in.

    Numbers where training had texts or times are missing: there are none but placeholders, see `columns.find_bad_cell`.
    """
    if column["storage"] != "number" and storage_of(table, place) == "number":
        return np.full(len(table), MISSING_TIME, dtype=np.int64)
    written = {"date_format": column["date_format"]} if column.get("date_format") else {}
    return read_times(table, place, column=column["name"], **written)
