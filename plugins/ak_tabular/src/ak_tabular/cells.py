"""Single cells of a table: numbers, text or nothing. No Keras here.

A cell that is not stored as a number is kept as text, `None` where it is missing. A number among text is written in
one canonical way, so that `1`, `1.0` and `True` are the same value whichever dtype a batch of rows happens to have;
dates and times are written as ISO 8601 says. What number a text is, `numerals` says.
"""

from __future__ import annotations

import datetime
import decimal as decimals
import enum
import numbers
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = [
    "LARGEST",
    "MISSING_SPELLINGS",
    "READ_CSV_SPELLINGS",
    "as_floats",
    "as_text",
    "check_matrix",
    "check_range",
    "float_of",
    "is_number",
    "is_spelled_missing",
]

Array: TypeAlias = np.ndarray[Any, Any]

READ_CSV_SPELLINGS: tuple[str, ...] = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""Texts that say that a cell of a CSV file is missing: those of `pandas.read_csv`."""

MISSING_SPELLINGS: tuple[str, ...] = (
    *READ_CSV_SPELLINGS, "#DIV/0!", "#NUM!", "#REF!", "#VALUE!", "-", "--", ".", "..", "?", "N.A.", "NaT",
)  # fmt: skip
"""Texts that say that a value is missing, wherever it comes from, in capitals or not."""

LARGEST = float(np.finfo(np.float32).max)
"""The largest number that float32 holds."""

_SPELLINGS = frozenset(text.lower() for text in MISSING_SPELLINGS)
_NAMES = ("Na", "Nan", "Nat")  # of sodium, and of people
_BYTES_TO_CHECK = 2**20
_LARGEST_EXACT = 1e15  # up to here a float that is an integer is written as one


def is_number(value: object) -> bool:
    """Return whether a cell is a number, or true or false, and no text, date or decimal."""
    return isinstance(value, (bool, int, float, np.bool_, np.integer, np.floating)) and not isinstance(
        value, np.timedelta64
    )


def as_floats(values: Sequence[Any]) -> Array:
    """Return numbers as float64; an integer beyond its range is infinite."""
    found = np.empty(len(values), dtype=np.float64)
    for index, value in enumerate(values):
        try:
            found[index] = float(value)
        except OverflowError:
            found[index] = np.inf if value > 0 else -np.inf
    return found


def as_text(value: object, *, column: str, row: int) -> str | None:
    """Return a cell as text, or `None` if it is missing (`None`, NaN, NA, NaT, or blank text).

    Raises:
        DataError: If the cell is neither a number, text nor a date; it names column and row.
    """
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return str(value) if value.strip() else None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else str(value)
    if isinstance(value, numbers.Integral):
        try:
            return str(int(value))
        except ValueError as error:  # Python writes no integers of more than 4,300 digits
            raise _bad_cell(column, row, "an integer of thousands of digits") from error
    if isinstance(value, (numbers.Real, decimals.Decimal)):
        number = float(value)
        if np.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < _LARGEST_EXACT else repr(number)
    if isinstance(value, (datetime.date, datetime.time)):  # a datetime and a pandas Timestamp are dates, too
        return value.isoformat()
    if isinstance(value, (pd.Period, pd.Timedelta, pd.Interval, uuid.UUID)):
        return str(value)
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError as error:
            received = f"bytes that are not UTF-8: {error.reason} at byte {error.start}"
            raise _bad_cell(column, row, received) from error
        return text if text.strip() else None
    raise _bad_cell(column, row, f"{_shown(value)} of type {type(value).__name__}")


def is_spelled_missing(text: str) -> bool:
    """Return whether a text says that the value is missing, e.g. `"NA"`, `"Null"` or `"?"`."""
    return len(text) <= 12 and text.strip().lower() in _SPELLINGS and text.strip() not in _NAMES


def check_range(values: Array, *, column: str) -> None:
    """Check that floats are finite in float32, or NaN.

    Raises:
        DataError: If one is not; it names column and row.
    """
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(np.abs(values) > LARGEST)
    if len(bad):
        raise DataError(
            describe_error(
                f"Row {bad[0]} of the column {column!r} holds a number that is infinite or too large for float32.",
                expected=f"numbers within +-{LARGEST:.3g}, or NaN for a missing value",
                received=f"{values[bad[0]]!r}, and {len(bad)} such cells in all",
                advice="Replace such cells by NaN, or scale the column down.",
            )
        )


def check_matrix(matrix: Array, names: Mapping[int, str]) -> None:
    """Check the floats of a matrix as `check_range` does, a few rows at a time: it may be larger than memory.

    Args:
        matrix: The matrix, shape `(rows, columns)`.
        names: The names of the columns to check, by their places.

    Raises:
        DataError: If a number is not finite in float32; it names column and row.
    """
    rows = max(1, _BYTES_TO_CHECK // max(1, matrix[:1].nbytes))
    for start in range(0, len(matrix), rows):
        with np.errstate(invalid="ignore"):
            is_bad = (np.abs(matrix[start : start + rows]) > LARGEST).any(axis=0)
        for index in np.flatnonzero(is_bad).tolist():
            if index in names:
                check_range(matrix[:, index], column=names[index])


def float_of(dtype: Any) -> np.dtype[Any]:
    """Return the float in which numbers are kept: float32 for those of a dtype that it holds exactly, else float64.

    Args:
        dtype: One of numbers or booleans, of NumPy or pandas.
    """
    size = getattr(dtype, "itemsize", 8)
    is_small = dtype.kind == "b" or (dtype.kind in "iu" and size <= 2)
    is_single = isinstance(dtype, np.dtype) and dtype.kind == "f" and size <= 4
    return np.dtype(np.float32 if is_small or is_single else np.float64)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _bad_cell(column: str, row: int, received: str) -> DataError:
    return DataError(
        describe_error(
            f"Row {row} of the column {column!r} cannot be read.",
            expected="a number, text, a date, or a missing value",
            received=received,
            advice="Turn other objects into numbers or text first.",
        )
    )
