"""Single cells of a table: text or nothing, and what number a text is. No Keras here.

A cell that is not stored as a number is kept as text, `None` where it is missing. A number among text is written in
one canonical way, so that `1`, `1.0` and `True` are the same value whichever dtype a batch of rows happens to have;
dates and times are written as ISO 8601 says.
"""

from __future__ import annotations

import datetime
import decimal as decimals
import enum
import numbers
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = [
    "MISSING_SPELLINGS",
    "Decimal",
    "NumberStyle",
    "PointMeaning",
    "as_floats",
    "as_text",
    "canonical_number",
    "check_matrix",
    "check_range",
    "float_of",
    "is_in_parentheses",
    "is_number",
    "is_spelled_missing",
    "meaning_of_points",
    "parse_number",
    "parse_numbers",
    "uses_decimal_commas",
]

Array: TypeAlias = np.ndarray[Any, Any]
Decimal: TypeAlias = Literal[".", ","]
NumberStyle: TypeAlias = Literal["plain", "thousands", "currency", "percent", "accounting"]
PointMeaning: TypeAlias = Literal["decimal", "thousands", "unclear"]

MISSING_SPELLINGS: tuple[str, ...] = (
    "", "#N/A", "#N/A N/A", "#NA", "-", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "?",
    "N/A", "NA", "NULL", "NaN", "NaT", "None", "n/a", "na", "nan", "none", "null",
)  # fmt: skip
"""Texts that say that a value is missing: those of `pandas.read_csv`, and a few more."""

_SPELLINGS = frozenset(MISSING_SPELLINGS)
_LARGEST = float(np.finfo(np.float32).max)
_BYTES_TO_CHECK = 2**20
_LARGEST_EXACT = 1e15  # up to here a float that is an integer is written as one

_MOST = 0.9
_RARE = 0.01
_TEXTS_TO_LOOK_AT = 1000
_FRACTIONS_BY_CHANCE = 44  # 0.9**44 < 0.01: one in ten fractions of three digits ends with a 0, and is written shorter

# Unicode's category Sc, with room for more in its block of currency symbols.
_CURRENCIES = (
    "$\u00a2-\u00a5\u058f\u060b\u07fe\u07ff\u09f2\u09f3\u09fb\u0af1\u0bf9\u0e3f\u17db"
    "\u20a0-\u20cf\ua838\ufdfc\ufe69\uff04\uffe0\uffe1\uffe5\uffe6\U00011fdd-\U00011fe0\U0001e2ff\U0001ecb0"
)
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
_LAKHS = re.compile(r"[+-]?[1-9]\d?(,\d{2})+,\d{3}(\.\d*)?", re.ASCII)  # as in India: 12,34,567
_AMOUNT = re.compile(
    rf"(?P<outer>[-+(])?\s?(?P<before>[{_CURRENCIES}])?\s?(?P<inner>[-+(])?"
    rf"(?P<digits>[0-9.,]+)\s?(?P<after>[{_CURRENCIES}%])?(?P<end>\))?"
)
_COMMAS = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?\d{1,3}\.\d{3}", re.ASCII)
_SURE_GROUPS = re.compile(r"[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})", re.ASCII)
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_BELOW_THOUSAND = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_PAIR = re.compile(r"([1-9]\d*),([1-9]\d*)", re.ASCII)
_TRUTHS = {"true": 1.0, "false": 0.0}


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
    """Return whether a text says that the value is missing, e.g. `"NA"` or `"?"`."""
    return len(text) <= 12 and text.strip() in _SPELLINGS


def parse_number(text: str, *, truths: bool = True) -> tuple[float, NumberStyle] | None:
    """Return the number that a text is, and how it is written; `None` if it is none that float32 can hold.

    Numbers may be written with thousands separators (`"1,234.5"`), with a currency sign (`"$5"`, `"5 €"`), with a percent
    sign (`"12%"` is 12), or, if negative, in parentheses (`"(5.00)"` is -5). A comma is no decimal separator, see
    `uses_decimal_commas`.

    Args:
        text: The text.
        truths: Whether the words true and false are 1 and 0, as booleans are. Among amounts they are none: there they say
            that a value is missing, or are a mistake.

    Example:
        ```python
        parse_number(" $1,234 ")  # (1234.0, "currency")
        ```
    """
    digits, style = _bare(text.strip())
    if _THOUSANDS.fullmatch(digits) is not None or (style == "currency" and _LAKHS.fullmatch(digits) is not None):
        style, digits = "thousands" if style == "plain" else style, digits.replace(",", "")
    if _PLAIN.fullmatch(digits) is None:
        truth = _TRUTHS.get(digits.lower()) if truths and style == "plain" else None
        return None if truth is None else (truth, style)
    number = float(digits)
    return (number, style) if abs(number) <= _LARGEST else None


def _bare(text: str) -> tuple[str, NumberStyle]:
    """Return the digits of an amount with their sign, and how it is marked; what is no such amount as it is.

    Args:
        text: A text without blanks around it.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return text, "plain"
    sign = (match["outer"] or "") + (match["inner"] or "")
    mark = (match["before"] or "") + (match["after"] or "")
    is_enclosed = sign == "("
    if len(sign) > 1 or len(mark) > 1 or is_enclosed != (match["end"] is not None) or not (mark or is_enclosed):
        return text, "plain"
    style: NumberStyle = "percent" if mark == "%" else "currency" if mark else "accounting"
    return ("-" if is_enclosed else sign) + match["digits"], style


def is_in_parentheses(text: str) -> bool:
    """Return whether a text is a number that nothing but parentheses marks, e.g. `"(5.00)"`."""
    return _bare(text.strip())[1] == "accounting"


def canonical_number(text: str) -> str | None:
    """Return how a cell that holds the number of a text is written, see `as_text`; `None` if the text is no plain number.

    Example:
        ```python
        canonical_number("007")  # "7"
        canonical_number("True")  # "1"
        ```
    """
    found = parse_number(text)
    if found is None or found[1] != "plain":
        return None
    return as_text(found[0], column="", row=0)


def uses_decimal_commas(texts: Array, *, counts: Array | None = None, may_be_lists: bool = True) -> bool:
    """Return whether texts are numbers with a decimal comma (`"12,5"`, `"1.234,56 €"`), or with points between thousands.

    At least nine of ten rows must be written so; the others are no numbers. Where nearly all commas may be thousands
    separators (`"1,234"`), they are taken for these. Where one point may be a decimal point (`"1.125"`, as a float among
    the texts is written) and no text says that points are none, the answer is no.

    Args:
        texts: An object array of `str`, the different texts of a column.
        counts: How many rows have each; by default one.
        may_be_lists: Whether commas may also stand between the answers to a question, such as `"1,2"` and `"2,4"`: where
            all could, they are taken for these.
    """
    few = texts[:: max(1, len(texts) // _TEXTS_TO_LOOK_AT)]
    if 2 * sum(_COMMAS.fullmatch(_bare(text.strip())[0]) is not None for text in few) < max(1, len(few)):
        return False
    rows = np.ones(len(texts)) if counts is None else counts
    bare = [_bare(text.strip()) for text in texts]
    fits = np.array([_COMMAS.fullmatch(digits) is not None for digits, _ in bare])
    if rows[fits].sum() < round(_MOST * float(rows.sum()), 6):
        return False
    has_comma = fits & np.array(["," in digits for digits, _ in bare])
    if not has_comma.any():
        return meaning_of_points(texts) == "thousands"
    is_sure = has_comma & np.array([parse_number(text) is None for text in texts])
    if not is_sure.any() or rows[is_sure].sum() < _RARE * rows[has_comma].sum():
        return False
    numbers = [each for each, is_number in zip(bare, fits, strict=True) if is_number]
    if any(style == "plain" and _ONE_GROUP.fullmatch(digits) for digits, style in numbers) and not any(
        _SURE_GROUPS.fullmatch(digits) for digits, _ in numbers
    ):
        return False
    return not (may_be_lists and _are_lists([digits for digits, _ in numbers if "," in digits]))


def meaning_of_points(texts: Array) -> PointMeaning:
    """Return what the points in numbers without commas are: decimal points, or between thousands (`"€1.234"`).

    They are between thousands where a number has two of them and another has not, or where all that have one have three digits behind it, all
    others are below 1,000, and there are so many that fractions would not look so by chance. Where there are fewer it is
    unclear, if they are amounts of money.

    Args:
        texts: An object array of `str`, the different texts of a column.
    """
    bare = [_bare(text.strip()) for text in texts]
    pointed = [(digits, style) for digits, style in bare if "." in digits and digits[-1:].isdigit()]
    others = [digits for digits, _ in bare if "." not in digits and _PLAIN.fullmatch(digits)]
    if not pointed or not all(_POINTS.fullmatch(digits) for digits, _ in pointed):
        return "decimal"
    if any(digits.count(".") > 1 for digits, _ in pointed):
        # Addresses and codes of three digits each ("192.168.100.147") have as many points throughout.
        points = {digits.count(".") for digits, _ in pointed} | ({0} if others else set())
        return "thousands" if len(points) > 1 or any(style == "currency" for _, style in pointed) else "decimal"
    if not others or not all(_BELOW_THOUSAND.fullmatch(digits) for digits in others):
        return "decimal"
    if len(pointed) >= _FRACTIONS_BY_CHANCE:
        return "thousands"
    return "unclear" if any(style == "currency" for _, style in pointed) else "decimal"


def _are_lists(texts: list[str]) -> bool:
    """Return whether texts with commas are pairs of rising integers throughout, as lists are, and not all with one end."""
    pairs = [_PAIR.fullmatch(text) for text in texts]
    rising = [(int(pair[1]), int(pair[2])) for pair in pairs if pair is not None and int(pair[1]) < int(pair[2])]
    return len(rising) == len(texts) and len({end for _, end in rising}) > 1


def parse_numbers(texts: Array, *, decimal: Decimal = ".", truths: bool = True) -> Array:
    """Return what numbers texts are as float64, NaN for those that are none.

    Args:
        texts: An object array of `str`, shape `(rows,)`.
        decimal: Whether they have a decimal point, or a decimal comma.
        truths: Whether the words true and false are 1 and 0, see `parse_number`.
    """
    if decimal == ",":
        pointed = np.empty(len(texts), dtype=object)
        pointed[:] = [_with_point(text) for text in texts]
        texts = pointed
    try:
        values = texts.astype(np.float64)
    except (ValueError, TypeError):
        found = [parse_number(text, truths=truths) for text in texts]
        return np.array([np.nan if each is None else each[0] for each in found], dtype=np.float64)
    # Python reads more than we do, `1_000` and `inf` e.g.; those are rare enough to look at each of them.
    for index in [index for index, text in enumerate(texts) if "_" in text or not text.isascii()]:
        each = parse_number(texts[index], truths=truths)
        values[index] = np.nan if each is None else each[0]
    with np.errstate(invalid="ignore"):
        values[~(np.abs(values) <= _LARGEST)] = np.nan
    return values


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
            is_bad = (np.abs(matrix[start : start + rows]) > _LARGEST).any(axis=0)
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


def _with_point(text: str) -> str:
    is_number = _COMMAS.fullmatch(_bare(text.strip())[0]) is not None
    return text.replace(".", "").replace(",", ".") if is_number else text


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
