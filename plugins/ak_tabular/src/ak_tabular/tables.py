"""From what users hold to one of three layouts of a table, and back to its columns. No Keras here.

| the user's data | the table |
|---|---|
| 2-D array (or list of rows) of numbers | the 2-D array itself |
| 2-D array (or list of rows) of text or of mixed objects | a 2-D object array of `str` and `None` |
| data with named columns, see `frames`; a structured array | a structured array, one field per column |

A field is `float64` for numbers (`float32` where that holds them: float32, booleans, integers of up to 16 bits),
`datetime64[s]` for times, and of objects (`str` and `None`) otherwise; or text is coded, as integers whose dtype holds
the vocabulary (see `coded_text`), where it comes from files. See `parsing` for text that is read as numbers or times. A
structured array carries the columns' names, so columns in another order are found again by name. What a column holds is read by
the functions below, whatever the layout: no other module looks inside a table.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Sized
from typing import Any, Literal, NoReturn, TypeAlias

import numpy as np
import pandas as pd

from ak_tabular.cells import as_floats, as_text, check_matrix, check_range, float_of, is_number, is_spelled_missing
from ak_tabular.dates import ISO, MISSING_TIME, parse_times, seconds_of
from ak_tabular.frames import as_frame
from ak_tabular.numerals import Decimal, parse_numbers
from ak_tabular.series import with_labels
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = [
    "Storage",
    "as_table",
    "coded_text",
    "column_count",
    "default_names",
    "exact_numbers",
    "is_declared_categorical",
    "names_of",
    "raw_texts",
    "read_codes",
    "read_numbers",
    "read_texts",
    "read_times",
    "storage_of",
    "structured",
    "without_missing",
]

Array: TypeAlias = np.ndarray[Any, Any]
Storage: TypeAlias = Literal["number", "text", "time"]

_SMALLEST = np.finfo(np.float32).tiny
_ACCEPTED = (
    "a DataFrame (pandas, polars, Arrow), a dict of columns, a list of dicts, a 2-D NumPy array, a structured array, or "
    "a list of rows of one length"
)
_CATEGORICAL = np.dtype(object, metadata={"declared": "categorical"})
_STORAGES: dict[str, Storage] = {"O": "text", "U": "text", "M": "time"}


def as_table(data: Any, *, dropped: Collection[str] = (), column_names: Sequence[str] | None = None) -> Array:
    """Return the user's data as a table; numeric arrays are returned as they are, without a copy.

    Args:
        data: The user's data.
        dropped: Columns that are not looked at: their cells may be anything, and are missing in the table, but for
            those of a numeric array.
        column_names: What the columns of an array without names are called.

    Raises:
        DataError: If the data is no table, has no columns or two of one name, or a cell cannot be used.
    """
    frame = as_frame(data)
    if frame is not None:
        columns = [(frame.iloc[:, index], str(name)) for index, name in enumerate(frame.columns)]
        if isinstance(data, pd.Series) and len(columns) == 1:  # it may be a row after all
            cells = [with_labels(_read_series(*columns[0]), data)]
        else:
            cells = [_nothing(series) if name in dropped else _read_series(series, name) for series, name in columns]
        return structured([name for _, name in columns], cells)
    if isinstance(data, (list, tuple)):
        data = _from_rows(data)
    elif not isinstance(data, np.ndarray) and hasattr(data, "__array__") and not isinstance(data, type):
        data = np.asarray(data)
    if not isinstance(data, np.ndarray):
        _reject(f"a {type(data).__name__}")
    if isinstance(data, np.ma.MaskedArray):
        data = np.ma.filled(data, np.nan) if data.dtype.kind == "f" else np.ma.filled(data.astype(object), None)
    if data.dtype.names is not None:
        if data.ndim != 1:
            _reject(f"a structured array of shape {data.shape}")
        names = list(data.dtype.names)
        return structured(
            names, [_nothing(data) if name in dropped else _read_array(data[name], name) for name in names]
        )
    if data.ndim != 2:
        _reject(f"an array of shape {data.shape}")
    if data.shape[1] == 0:
        _reject(f"an array without columns, shape {data.shape}")
    names = list(column_names or ())
    names = names if len(names) == data.shape[1] else default_names(data.shape[1])
    if data.dtype.kind == "f":
        check_matrix(data, {index: name for index, name in enumerate(names) if name not in dropped})
    if data.dtype.kind in "buif":
        return np.asarray(data)
    return np.stack(
        [_nothing(data) if name in dropped else _texts(data[:, index], name) for index, name in enumerate(names)],
        axis=1,
    )


def default_names(count: int) -> list[str]:
    """Return the names of columns that have none."""
    return [f"column_{index}" for index in range(count)]


def names_of(table: Array) -> list[str] | None:
    """Return a table's own column names; `None` if it has none."""
    return None if table.dtype.names is None else list(table.dtype.names)


def column_count(table: Array) -> int:
    """Return the number of a table's columns."""
    return table.shape[1] if table.dtype.names is None else len(table.dtype.names)


def coded_text(vocabulary: Array) -> np.dtype[Any]:
    """Return the dtype of cells that are numbers of texts.

    Args:
        vocabulary: The text of each number; the first is `None`, for a missing one.
    """
    return np.dtype(np.uint32, metadata={"vocabulary": vocabulary})


def storage_of(table: Array, index: int) -> Storage:
    """Return whether a column is stored as `"number"`, as `"text"` or as `"time"`."""
    if _vocabulary(_column(table, index)) is not None:
        return "text"
    return _STORAGES.get(_column(table, index).dtype.kind, "number")


def is_declared_categorical(table: Array, index: int) -> bool:
    """Return whether the user's data said by its type that a column is categorical."""
    return (_column(table, index).dtype.metadata or {}).get("declared") == "categorical"


def read_numbers(
    table: Array, index: int, *, column: str, decimal: Decimal = ".", unit: str = "", truths: bool = True
) -> Array:
    """Return a column as float32, NaN where missing; text is parsed, NaN where it is no number; times are seconds."""
    numbers = exact_numbers(table, index, column=column, decimal=decimal, unit=unit, truths=truths).astype(np.float32)
    # TensorFlow reads numbers below float32's normal range as 0; so must we, or the exported model would differ.
    numbers[np.abs(numbers) < _SMALLEST] = 0
    return numbers


def exact_numbers(
    table: Array, index: int, *, column: str, decimal: Decimal = ".", unit: str = "", truths: bool = True
) -> Array:
    """Return a column as `read_numbers` does, in float64 (or in the dtype of an array of numbers)."""
    values = _column(table, index)
    if values.dtype.kind == "M":
        seconds = values.astype("datetime64[s]").astype(np.int64)
        return np.where(seconds == MISSING_TIME, np.nan, seconds.astype(np.float64))
    if values.dtype.kind not in "OU" and _vocabulary(values) is None:
        return values
    codes, distinct = read_codes(table, index, column=column)
    return np.append(parse_numbers(distinct, decimal=decimal, unit=unit, truths=truths), np.nan)[codes]


def read_texts(table: Array, index: int, *, column: str) -> Array:
    """Return a column as an object array of `str`, `None` where missing; numbers are written canonically."""
    codes, distinct = read_codes(table, index, column=column)
    return _with_none(distinct)[codes]


def read_codes(table: Array, index: int, *, column: str) -> tuple[Array, Array]:
    """Return a column as its different texts, in order of appearance, and their numbers.

    Fast: only the different texts are looked at one by one.

    Returns:
        For each row the number of its text as int64, -1 where it is missing; and an object array of the texts.
    """
    codes, distinct, _ = without_missing(*raw_texts(table, index, column=column))
    return codes, distinct


def without_missing(codes: Array, distinct: Array) -> tuple[Array, Array, Array]:
    """Return the texts of a column without those that say that the value is missing, e.g. `"NA"`; and these.

    Args:
        codes: For each row the number of its text, -1 where it is missing.
        distinct: The texts.
    """
    is_missing = np.array([is_spelled_missing(text) for text in distinct], dtype=bool)
    if not is_missing.any():
        return codes, distinct, distinct[:0]
    renumbered = np.append(np.where(is_missing, -1, np.cumsum(~is_missing) - 1), -1)
    return renumbered[codes], distinct[~is_missing], distinct[is_missing]


def raw_texts(table: Array, index: int, *, column: str) -> tuple[Array, Array]:
    """Return a column as `read_codes` does, with texts that say that the value is missing, e.g. `"NA"`, among the texts."""
    values = _column(table, index)
    vocabulary = _vocabulary(values)
    if vocabulary is not None:
        is_there = np.bincount(values, minlength=len(vocabulary)) > 0
        is_there[0] = False
        renumbered = np.where(is_there, np.cumsum(is_there) - 1, -1)
        return renumbered[values], vocabulary[is_there]
    if values.dtype.kind == "O":
        codes, distinct = pd.factorize(values)
        return codes.astype(np.int64, copy=False), distinct
    return _factorized(values, column)


def read_times(table: Array, index: int, *, column: str, date_format: str = ISO) -> Array:
    """Return a column as int64 seconds since 1970-01-01 UTC, the smallest int64 where missing or unreadable.

    Args:
        table: The table.
        index: Where the column is.
        column: Its name, for messages.
        date_format: How its text is written, see `dates.find_format`. Numbers are seconds since 1970 already.
    """
    values = _column(table, index)
    if values.dtype.kind == "M":
        seconds: Array = values.astype("datetime64[s]").astype(np.int64)
        return seconds
    if values.dtype.kind not in "OU" and _vocabulary(values) is None:
        with np.errstate(invalid="ignore"):
            known = np.abs(values.astype(np.float64)) < 2.0**62
        return np.where(known, np.where(known, values, 0).astype(np.int64), MISSING_TIME)
    codes, distinct = read_codes(table, index, column=column)
    return np.append(parse_times(distinct, date_format), MISSING_TIME)[codes]


def _column(table: Array, index: int) -> Array:
    column: Array = table[:, index] if table.dtype.names is None else table[table.dtype.names[index]]
    return column


def _vocabulary(column: Array) -> Array | None:
    """Return what the numbers of a column of coded text stand for; `None` for any other column."""
    vocabulary: Array | None = (column.dtype.metadata or {}).get("vocabulary")
    return vocabulary


def structured(names: Sequence[str], columns: list[Array]) -> Array:
    """Return columns as a structured array; the list is emptied on the way, so that each is in memory once.

    Raises:
        DataError: If there is no column, or names are repeated or empty.
    """
    if len(set(names)) < len(names) or not names or "" in names:
        repeated = sorted({name for name in names if names.count(name) > 1})
        raise DataError(
            describe_error(
                "The columns of the table have no proper names.",
                expected="at least one column, each with its own name",
                received=f"repeated {repeated}" if repeated else f"columns {list(names)}",
            )
        )
    table = np.empty(len(columns[0]), dtype=[(name, column.dtype) for name, column in zip(names, columns, strict=True)])
    columns.reverse()
    for name in names:
        table[name] = columns.pop()
    return table


def _nothing(rows: Sized) -> Array:
    """Return a column that has no value in any of so many rows."""
    return np.full(len(rows), None, dtype=object)


def _read_series(series: pd.Series[Any], name: str) -> Array:
    """Return a frame's column as floats, as times, or as text, as its dtype says."""
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind in "mM" and getattr(dtype.pyarrow_dtype, "tz", None) is None:
        series = series.astype("datetime64[s]" if dtype.kind == "M" else "timedelta64[ns]")
        dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(series, name)
    if isinstance(dtype, pd.PeriodDtype):
        series = series.dt.to_timestamp()
        dtype = series.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return seconds_of(series).astype("datetime64[s]")
    if pd.api.types.is_timedelta64_dtype(dtype):
        seconds: Array = series.dt.total_seconds().to_numpy(dtype=np.float64)
        return seconds
    if (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)) and not (
        pd.api.types.is_complex_dtype(dtype) or pd.api.types.is_object_dtype(dtype)
    ):
        values: Array = series.to_numpy(dtype=float_of(dtype), na_value=np.nan)
        check_range(values, column=name)
        return values
    return _texts(series.to_numpy(dtype=object), name, are_numbers_kept=True)


def _read_array(values: Array, name: str) -> Array:
    """Return an array's column as numbers, as times or as text, as its dtype says."""
    if values.ndim != 1:
        _reject(f"a column {name!r} with cells of shape {values.shape[1:]}")
    if values.dtype.kind in "buif":
        if values.dtype.kind == "f":
            check_range(values, column=name)
        return values.astype(float_of(values.dtype))
    if values.dtype.kind == "M":
        return values.astype("datetime64[s]")
    if values.dtype.kind == "m":
        return np.where(np.isnat(values), np.nan, values / np.timedelta64(1, "s"))
    return _texts(values, name)


def _categories(series: pd.Series[Any], name: str) -> Array:
    codes = series.cat.codes.to_numpy()
    found = [_category_text(value, name) for value in series.cat.categories]
    column = np.empty(len(codes), dtype=_CATEGORICAL)
    column[:] = _with_none(found)[codes]
    return column


def _category_text(value: object, name: str) -> str | None:
    """Return a category as text: unlike a cell it may be any object."""
    try:
        return as_text(value, column=name, row=0)
    except DataError:
        return str(value)


def _texts(values: Array, name: str, *, are_numbers_kept: bool = False) -> Array:
    """Return cells as an object array of `str` and `None`; or as float64 if all are numbers and these are kept."""
    if values.dtype.kind == "O":
        try:
            codes, distinct = pd.factorize(values)
        except TypeError:  # a cell that cannot be hashed, such as a list, is none that can be used
            return _one_by_one(values, name)
        if are_numbers_kept and len(distinct) and all(is_number(value) for value in distinct):
            numbers: Array = np.append(as_floats(distinct), np.nan)[codes]
            check_range(numbers, column=name)
            return numbers
        cells: Array = _with_none(_texts_of(codes, distinct, name))[codes]
        return cells
    codes, distinct = _factorized(values, name)
    return _with_none(distinct)[codes]


def _factorized(values: Array, name: str) -> tuple[Array, Array]:
    """Return an array's cells as numbers of different texts (-1 for missing), and these; looked at one by one only once."""
    if values.dtype.kind in "SUT":
        values = values.astype(object)
    codes, distinct = pd.factorize(values)
    # Two values may have one text (0 and -0), and a blank one is missing.
    again, unique = pd.factorize(_with_none(_texts_of(codes, distinct, name))[:-1])
    return np.append(again, -1)[codes].astype(np.int64), unique


def _texts_of(codes: Array, distinct: Array, name: str) -> list[str | None]:
    """Return different values as text; one that cannot be is an error that names the first row that has it."""
    rows = np.full(len(distinct), len(codes))
    np.minimum.at(rows, codes[codes >= 0], np.flatnonzero(codes >= 0))
    return [as_text(value, column=name, row=int(row)) for value, row in zip(distinct, rows, strict=True)]


def _one_by_one(values: Array, name: str) -> Array:
    texts: Array = _with_none([as_text(value, column=name, row=row) for row, value in enumerate(values)])[:-1]
    return texts


def _with_none(texts: Sequence[Any] | Array) -> Array:
    """Return texts as an object array with one `None` more at its end, which the number -1 finds."""
    extended = np.empty(len(texts) + 1, dtype=object)
    extended[:-1] = texts
    return extended


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
