"""From tables with named columns, whoever made them, to a pandas DataFrame; and a target column out of it. No Keras here.

| the user's data | how it is read |
|---|---|
| DataFrame | as it is |
| Series | a column; or a row, if its index holds names and its own name or dtype says so, as of `frame.iloc[0]`; see also `series` |
| dict of columns | a column by key; one of single values is a row |
| list of dicts, or of Series | a row each, missing where one lacks a key |
| Arrow or polars table, anything with `__arrow_c_stream__` or `__dataframe__` | by way of pyarrow |
| one record of a structured array | a row |
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.interchange

from autokeras_core import DataError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import frame_column_names

__all__ = [
    "as_frame",
    "columns_named_by",
    "from_records",
    "is_name",
    "names_in",
    "shorten",
    "suggest",
    "take_targets",
]

Array: TypeAlias = np.ndarray[Any, Any]


def as_frame(data: Any) -> pd.DataFrame | None:
    """Return a table with named columns as a DataFrame; `None` for data of another kind, e.g. a NumPy array.

    Raises:
        DataError: If the columns of a dict differ in length, or another library's table cannot be read.

    Example:
        ```python
        as_frame({"age": [31, 54], "city": ["Oslo", None]}).shape  # (2, 2)
        ```
    """
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, pd.Series):
        return _row_of(data) if _is_row(data) else data.to_frame("column_0" if data.name is None else data.name)
    if isinstance(data, Mapping):
        return _from_columns(data)
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        return pd.DataFrame.from_records([dict(row) for row in data])
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, pd.Series) for row in data):
        has_names = not all(isinstance(row.index, pd.RangeIndex) for row in data)
        return _from_rows(data) if has_names else None
    if isinstance(data, np.void) and data.dtype.names is not None:
        return pd.DataFrame({name: [data[name]] for name in data.dtype.names})
    if isinstance(data, np.ndarray) and data.dtype.names is not None and data.ndim == 0:
        return as_frame(data[()])
    if not isinstance(data, type) and (hasattr(data, "__arrow_c_stream__") or hasattr(data, "__dataframe__")):
        return _from_arrow(data)
    return None


def names_in(data: Any) -> list[str]:
    """Return the names of the columns of data in memory, as far as they are known without looking at cells."""
    if isinstance(data, Mapping):
        return [str(name) for name in data]
    if isinstance(data, np.ndarray):
        return list(data.dtype.names or ())
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        return list(dict.fromkeys(str(name) for row in data for name in row))
    return frame_column_names(data) or []


def from_records(records: Array) -> pd.DataFrame:
    """Return the rows of a structured array as a DataFrame; a cell that is an array stays one."""
    columns = {name: records[name] for name in records.dtype.names or ()}
    return pd.DataFrame({name: cells if cells.ndim == 1 else list(cells) for name, cells in columns.items()})


def columns_named_by(y: Any, names: Collection[str]) -> list[str]:
    """Return the columns that targets are the names of; none if they are labels.

    A text is a name, and so is a whole number, which a column may be called; a dict of texts holds names, and so does a
    list of such as the table has. Labels repeat, names do not.

    Args:
        y: The user's targets.
        names: The names of the table's columns.
    """
    if is_name(y):
        return [str(y)]
    named = list(y.values()) if isinstance(y, Mapping) else y
    if not isinstance(named, (list, tuple)) or not all(isinstance(name, str) for name in named):
        return []
    are_known = isinstance(y, Mapping) or (len(set(named)) == len(named) and set(named) <= set(names))
    return list(named) if are_known else []


def is_name(y: Any) -> bool:
    """Return whether targets are the name of a single column: a text, or a whole number."""
    return isinstance(y, (str, int, np.integer)) and not isinstance(y, bool)


def take_targets(frame: pd.DataFrame, y: Any) -> tuple[pd.DataFrame, Any]:
    """Return the frame without its target columns, and these: a Series for a name, else a DataFrame or a dict.

    Raises:
        DataError: If a name is none of the frame's columns, or nothing is left.
    """
    wanted = [str(y)] if is_name(y) else list(y.values()) if isinstance(y, Mapping) else list(y)
    places: dict[str, list[int]] = {}
    for index, name in enumerate(frame.columns):
        places.setdefault(str(name), []).append(index)
    for name in wanted:
        if len(places.get(name, ())) != 1:
            raise DataError(
                describe_error(
                    f"The table has {'several columns' if name in places else 'no column'} of the target's name.",
                    expected=f"one of the columns {shorten(list(places))}",
                    received=f"y={name!r}",
                    advice=suggest(name, list(places)),
                )
            )
    taken = [places[name][0] for name in wanted]
    rest = [index for index in range(len(frame.columns)) if index not in taken]
    if not rest:
        raise DataError(
            describe_error(
                "The table holds nothing but its target.",
                expected="at least one more column to predict from",
                received=f"columns {shorten(list(places))}",
            )
        )
    targets: Any
    if is_name(y):
        targets = frame.iloc[:, taken[0]]
    elif isinstance(y, Mapping):
        targets = {head: frame.iloc[:, place] for head, place in zip(y, taken, strict=True)}
    else:
        targets = frame.iloc[:, taken]
    return frame.iloc[:, rest], targets


def shorten(names: Sequence[str], limit: int = 8) -> str:
    """Return names for a message, the first few of many."""
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def suggest(name: str, names: Iterable[str]) -> str:
    """Return a sentence that names the most similar column, empty if there is none."""
    similar = difflib.get_close_matches(name, list(names), n=1)
    return f"Did you mean {similar[0]!r}?" if similar else ""


def _is_row(series: pd.Series[Any]) -> bool:
    """Return whether a Series is a row of a frame rather than a column: its index holds the columns' names."""
    index = series.index
    if not len(index) or not index.is_unique or not all(isinstance(name, str) for name in index):
        return False
    # A column's own name is its name; a row's is its place in the index, most often a number.
    return series.dtype == object or not isinstance(series.name, str)


def _row_of(series: pd.Series[Any]) -> pd.DataFrame:
    return pd.DataFrame({name: [value] for name, value in series.items()}, index=[series.name])


def _from_rows(rows: Sequence[pd.Series[Any]]) -> pd.DataFrame:
    if not all(row.index.is_unique for row in rows):
        raise DataError(
            describe_error(
                "A list of Series makes no table: they are its rows.",
                expected="an index of different names in each Series, those of the columns",
                received="an index with repeated names",
                advice="Rename or drop columns; or pass the data frame that the rows are from.",
            )
        )
    return pd.DataFrame(list(rows)).infer_objects()  # a row has one type, its columns may have others


def _from_columns(columns: Mapping[Any, Any]) -> pd.DataFrame:
    if columns and all(_is_scalar(value) for value in columns.values()):
        return pd.DataFrame({name: [value] for name, value in columns.items()})
    lengths = {str(name): len(value) for name, value in columns.items() if not _is_scalar(value)}
    single = [str(name) for name, value in columns.items() if _is_scalar(value)]
    bad = [str(name) for name, value in columns.items() if getattr(value, "ndim", 1) != 1 and not _is_scalar(value)]
    if not columns or single or bad or len(set(lengths.values())) > 1:
        received = "an empty dict" if not columns else f"lengths {dict(list(lengths.items())[:8])}"
        received += f", single values in {shorten(single)}" if single else ""
        received += f", columns with several axes: {shorten(bad)}" if bad else ""
        raise DataError(
            describe_error(
                "A dict of columns makes no table.",
                expected="a list or array of one length for each column, or a single value for each (one row)",
                received=received,
            )
        )
    # Without their indices: the columns' rows belong together as they stand.
    return pd.DataFrame(
        {name: value.array if isinstance(value, pd.Series) else value for name, value in columns.items()}
    )


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, (str, bytes)) or not hasattr(value, "__len__")


def _from_arrow(data: Any) -> pd.DataFrame:
    try:
        if hasattr(data, "__arrow_c_stream__"):
            table = pa.table(data)
        else:
            table = pyarrow.interchange.from_dataframe(data)
        return table.to_pandas(date_as_object=False)
    except Exception as error:  # another library's code runs here: whatever it raises means that it gives no table
        raise DataError(
            describe_error(
                "A table of another library cannot be read.",
                expected="a table whose __arrow_c_stream__ or __dataframe__ pyarrow can read",
                received=f"a {type(data).__module__}.{type(data).__name__}: {type(error).__name__}: {error}",
                advice="Turn it into a pandas DataFrame first.",
            )
        ) from error
