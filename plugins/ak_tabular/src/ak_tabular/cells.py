"""Single cells of a table: text or nothing, and numbers or NaN. No Keras here.

A cell that is not stored as a number is kept as text, `None` where it is missing. A number among text is written in
one canonical way, so that `1`, `1.0` and `True` are the same value whichever dtype a batch of rows happens to have.
"""

from __future__ import annotations

import numbers
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = ["as_text", "check_range", "parse_numbers"]

Array: TypeAlias = np.ndarray[Any, Any]

_LARGEST = float(np.finfo(np.float32).max)
_LARGEST_EXACT = 1e15  # up to here a float that is an integer is written as one


def as_text(value: object, *, column: str, row: int) -> str | None:
    """Return a cell as text, or `None` if it is missing (`None`, NaN, NA, NaT, or blank text).

    Raises:
        DataError: If the cell is neither a number nor text; it names column and row.
    """
    if isinstance(value, str):
        return str(value) if value.strip() else None
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, numbers.Integral) and not isinstance(value, np.timedelta64):
        return str(int(value))
    if isinstance(value, (numbers.Real, Decimal)):
        number = float(value)
        if np.isnan(number):
            return None
        return str(int(number)) if number.is_integer() and abs(number) < _LARGEST_EXACT else repr(number)
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError as error:
            received = f"bytes that are not UTF-8: {error.reason} at byte {error.start}"
            raise _bad_cell(column, row, received) from error
        return text if text.strip() else None
    raise _bad_cell(column, row, f"{value!r} of type {type(value).__name__}")


def parse_numbers(texts: Array, *, column: str) -> Array:
    """Return text cells as float64, NaN where missing.

    Args:
        texts: An object array of `str` and `None`, shape `(rows,)`.
        column: The column's name, for messages.

    Raises:
        DataError: If a text reads as no number, or as one that float32 cannot hold; it names column and row.
    """
    numbers_ = np.full(len(texts), np.nan)
    for row, text in enumerate(texts):
        if text is None:
            continue
        try:
            numbers_[row] = float(text)
        except ValueError as error:
            raise DataError(
                describe_error(
                    f"Row {row} of the numerical column {column!r} holds no number.",
                    expected="a number, or a missing value",
                    received=f"{text!r}",
                    advice=f"Correct the cell, or train with column_types={{{column!r}: 'categorical'}}.",
                )
            ) from error
    check_range(numbers_, column=column)
    return numbers_


def check_range(values: Array, *, column: str) -> None:
    """Check that floats are finite in float32, or NaN.

    Raises:
        DataError: If one is not; it names column and row.
    """
    with np.errstate(invalid="ignore"):
        bad = np.flatnonzero(np.abs(values) > _LARGEST)
    if len(bad):
        raise DataError(
            describe_error(
                f"Row {bad[0]} of the column {column!r} holds a number that is infinite or too large for float32.",
                expected=f"numbers within +-{_LARGEST:.3g}, or NaN for a missing value",
                received=f"{values[bad[0]]!r}, and {len(bad)} such cells in all",
                advice="Replace such cells by NaN, or scale the column down.",
            )
        )


def _bad_cell(column: str, row: int, received: str) -> DataError:
    return DataError(
        describe_error(
            f"Row {row} of the column {column!r} cannot be read.",
            expected="a number, text, or a missing value",
            received=received,
            advice="Turn dates and other objects into numbers or text first.",
        )
    )
