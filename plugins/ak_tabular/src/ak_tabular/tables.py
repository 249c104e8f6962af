"""From what users hold to one of three layouts of a table, and back to its columns. No Keras here.

| the user's data | the table |
|---|---|
| 2-D array (or list of rows) of numbers | the 2-D array itself |
| 2-D array (or list of rows) of text or of mixed objects | a 2-D object array of `str` and `None` |
| DataFrame, structured array | a structured array: a `float64` field per column of numbers, an object field otherwise |

What a column's dtype becomes never depends on the values in it: a batch of rows to predict is read as the training
rows were. A structured array carries the columns' names, so columns in another order are found again by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

import numpy as np
import pandas as pd

from ak_tabular.cells import as_text, check_range, parse_numbers
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = ["as_table", "column_count", "default_names", "names_of", "read_numbers", "read_texts", "storage_of"]

Array: TypeAlias = np.ndarray[Any, Any]

_SMALLEST = np.finfo(np.float32).tiny
_ACCEPTED = "a pandas DataFrame, a 2-D NumPy array, a structured array, or a list of rows of one length"


def as_table(data: Any) -> Array:
    """Return the user's data as a table; numeric arrays are returned as they are, without a copy.

    Raises:
        DataError: If the data is no table, has no columns or two of one name, or a cell cannot be used.
    """
    if isinstance(data, pd.Series):
        data = data.to_frame()
    if isinstance(data, pd.DataFrame):
        columns = [(str(name), data.iloc[:, index]) for index, name in enumerate(data.columns)]
        return _structured([name for name, _ in columns], [_read_series(series, name) for name, series in columns])
    if isinstance(data, (list, tuple)):
        data = _from_rows(data)
    elif not isinstance(data, np.ndarray) and hasattr(data, "__array__") and not isinstance(data, type):
        data = np.asarray(data)
    if not isinstance(data, np.ndarray):
        _reject(f"a {type(data).__name__}")
    if isinstance(data, np.ma.MaskedArray):
        data = np.ma.filled(data, np.nan) if data.dtype.kind == "f" else np.ma.filled(data.astype(object), None)
    if data.dtype.names is not None:
        names = list(data.dtype.names)
        return _structured(names, [_read_array(data[name], name) for name in names])
    if data.ndim != 2:
        _reject(f"an array of shape {data.shape}")
    if data.shape[1] == 0:
        _reject(f"an array without columns, shape {data.shape}")
    names = default_names(data.shape[1])
    if data.dtype.kind == "f":
        for index, name in enumerate(names):
            check_range(data[:, index], column=name)
    if data.dtype.kind in "buif":
        return np.asarray(data)
    return np.stack([_read_array(data[:, index], name) for index, name in enumerate(names)], axis=1)


def default_names(count: int) -> list[str]:
    """Return the names of columns that have none."""
    return [f"column_{index}" for index in range(count)]


def names_of(table: Array) -> list[str] | None:
    """Return a table's own column names; `None` if it has none."""
    return None if table.dtype.names is None else list(table.dtype.names)


def column_count(table: Array) -> int:
    """Return the number of a table's columns."""
    return table.shape[1] if table.dtype.names is None else len(table.dtype.names)


def storage_of(table: Array, index: int) -> str:
    """Return whether a column is stored as `"number"` or as `"text"`."""
    return "text" if _column(table, index).dtype.kind == "O" else "number"


def read_numbers(table: Array, index: int, *, column: str) -> Array:
    """Return a column as float32, NaN where missing; text is parsed.

    Raises:
        DataError: If a text reads as no number.
    """
    values = _column(table, index)
    parsed = parse_numbers(values, column=column) if values.dtype.kind == "O" else values
    numbers = parsed.astype(np.float32)
    # TensorFlow reads numbers below float32's normal range as 0; so must we, or the exported model would differ.
    numbers[np.abs(numbers) < _SMALLEST] = 0
    return numbers


def read_texts(table: Array, index: int, *, column: str) -> Array:
    """Return a column as an object array of `str`, `None` where missing; numbers are written canonically."""
    values = _column(table, index)
    return values if values.dtype.kind == "O" else _texts(values, column)


def _column(table: Array, index: int) -> Array:
    column: Array = table[:, index] if table.dtype.names is None else table[table.dtype.names[index]]
    return column


def _structured(names: Sequence[str], columns: Sequence[Array]) -> Array:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or not names or "" in names:
        raise DataError(
            describe_error(
                "The columns of the table have no proper names.",
                expected="at least one column, each with its own name",
                received=f"repeated {repeated}" if repeated else f"columns {list(names)}",
            )
        )
    table = np.empty(len(columns[0]), dtype=[(name, column.dtype) for name, column in zip(names, columns, strict=True)])
    for name, column in zip(names, columns, strict=True):
        table[name] = column
    return table


def _read_series(series: pd.Series, name: str) -> Array:
    """Return a frame's column as float64 or as text, as its dtype says."""
    dtype = series.dtype
    if (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)) and not (
        pd.api.types.is_complex_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype)
    ):
        values: Array = series.to_numpy(dtype=np.float64, na_value=np.nan)
        check_range(values, column=name)
        return values
    return _read_array(series.to_numpy(dtype=object), name)


def _read_array(values: Array, name: str) -> Array:
    """Return an array's column as numbers or as text, as its dtype says."""
    if values.ndim != 1:
        _reject(f"a column {name!r} with cells of shape {values.shape[1:]}")
    if values.dtype.kind in "buif":
        if values.dtype.kind == "f":
            check_range(values, column=name)
        return values.astype(np.float64)
    return _texts(values, name)


def _texts(values: Array, name: str) -> Array:
    texts = np.empty(len(values), dtype=object)
    # Iterating over the array, not over `tolist()`: that would turn dates into integers.
    texts[:] = [as_text(value, column=name, row=row) for row, value in enumerate(values)]
    return texts


def _from_rows(rows: Sequence[Any]) -> Array:
    try:
        table = np.array(rows, dtype=object)
        numeric = np.asarray(rows)
    except ValueError as error:
        _reject("rows of different lengths", error)
    return numeric if numeric.dtype.kind in "buif" else table


def _reject(received: str, cause: Exception | None = None) -> NoReturn:
    raise DataError(
        describe_error(
            "The structured-data input got something that is no table.",
            expected=_ACCEPTED,
            received=received,
            advice="A single column needs the shape (rows, 1), a single row the shape (1, columns).",
        )
    ) from cause
