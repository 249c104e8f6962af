"""Dates and times: which format a column of text is written in, and seconds since 1970. No Keras here."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

__all__ = [
    "ISO",
    "LAST_SECOND",
    "MISSING_TIME",
    "find_dates",
    "find_format",
    "is_time_of_day",
    "parse_times",
    "seconds_of",
]

Array: TypeAlias = np.ndarray[Any, Any]

ISO = "ISO8601"
"""The name of the format `2024-02-29`, `2024-02-29T13:45:00+01:00`, `20240229T134500` and the like."""

MISSING_TIME = int(np.iinfo(np.int64).min)
"""What stands for a missing time, as in NumPy."""

LAST_SECOND = 253_402_300_799
"""The end of the year 9999 in seconds since 1970, beyond which there are no dates."""

_ISO_LIKE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}(:?\d{2}.*)?)?)?|\d{8}T\d{2}(\d{2}.*)?", re.ASCII)
_ZONES = ("UTC", "GMT")
_UTC = re.compile(r"\s?(UTC|GMT)$", re.ASCII)
_PARTS = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%d": r"\d{1,2}",
    "%H": r"\d{1,2}",
    "%I": r"\d{1,2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%f": r"\d{1,9}",
    "%p": r"[AaPp][Mm]",
    "%a": r"[A-Za-z]{3}",
    "%A": r"[A-Za-z]{6,9}",
    "%b": r"[A-Za-z]{3}",
    "%B": r"[A-Za-z]{3,9}",
}
_DATES = (
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d/%b/%Y",
    "%Y-%b-%d",
    "%d%b%Y",
    "%d%b%y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a, %d %b %Y",
    "%a %d %b %Y",
    "%A, %B %d, %Y",
    "%a %b %d %H:%M:%S %Y",
    "%Y-%m-%d",  # with times that ISO 8601 does not have, such as 3:45 PM
    "%Y.%m.%d",
    "%d.%m.%y",
    "%m-%d-%y",
    "%d-%m-%y",
    "%d %b %y",
    "%b %d %Y",
    "%B %d %Y",
    "%d %B, %Y",
    "%b %Y",
    "%B %Y",
    "%Y %b",
    "%b-%Y",
    "%b-%y",
    "%m/%Y",
    "%Y/%m",
)
# Versions, shutter speeds and seasons are written like these; each pattern says what tells that a text is none of them.
_TELLING = {
    "%d.%m.%y": re.compile(r"0|(1[3-9]|[23]\d)\.|\d+\.0", re.ASCII),
    "%Y.%m.%d": re.compile(r"\d{4}\.(0|\d+\.(0|1[3-9]|[23]\d))", re.ASCII),
    "%m/%Y": re.compile(r"\d+/(19|20)", re.ASCII),
    "%Y/%m": re.compile(r"19|20", re.ASCII),
}
_SEASON = re.compile(r"\d\d(\d\d)[-/](\d\d)", re.ASCII)
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
_FEW = 50


def find_format(
    texts: Sequence[str], *, counts: Array | None = None, share: float = 1.0, are_dates: bool = False
) -> str | None:
    """Return the format that texts are dates or times in, `None` if there is none; see `find_dates`.

    Example:
        ```python
        find_format(["29.02.2024", "1.3.2024"])  # "%d.%m.%Y"
        find_format(["29.02.2024", "1.3.2024", "soon"], share=0.6)  # "%d.%m.%Y"
        ```
    """
    found = find_dates(texts, counts=counts, share=share, are_dates=are_dates)
    return None if found is None else found[0]


def find_dates(
    texts: Sequence[str], *, counts: Array | None = None, share: float = 1.0, are_dates: bool = False
) -> tuple[str, Array] | None:
    """Return the format that texts are dates or times in, and these as `parse_times` does; `None` if there is none.

    Of several formats it is the first one that all texts are in, else the one that most rows are in. Month first is
    preferred where day and month can be told apart in no text.

    Args:
        texts: The different texts of a column, none missing.
        counts: How many rows have each; by default one.
        share: Which share of the rows must be in the format.
        are_dates: Whether it is known that they are dates; else they may be versions (`"1.8.13"`) or seasons
            (`"2009/10"`, `"2009-10"`), and where all may be such they are no dates.
    """
    if not texts:
        return None
    rows = np.ones(len(texts)) if counts is None else counts
    least = round(share * float(rows.sum()), 6)
    everything = np.array(texts, dtype=object)
    few = [_without_zone(text) for text in texts[:: -(-len(texts) // _FEW)]]
    # Pandas is asked only where the shape is right: it is slow to say no. Odd cells may be among these few by chance.
    most_misfits = 0 if share == 1 else len(few) // 2
    best: tuple[str, Array] | None = None
    most = 0.0
    for date_format in _formats():
        if not _fits(few, date_format, most_misfits) or not (are_dates or _may_be(texts, date_format)):
            continue
        seconds = parse_times(everything, date_format)
        is_read = seconds != MISSING_TIME
        if date_format == ISO:  # pandas takes a year alone, and other numbers, for such dates
            is_read &= [_ISO_LIKE.fullmatch(_without_zone(text)) is not None for text in texts]
        read = float(rows[is_read].sum())
        if read > most and read >= least:
            best, most = (date_format, seconds), read
        if most == rows.sum():
            break
    return best


def is_time_of_day(date_format: str) -> bool:
    """Return whether a format has no date: its times are those of one day."""
    return date_format in _TIMES


def parse_times(texts: Array, date_format: str) -> Array:
    """Return texts as int64 seconds since 1970-01-01 UTC, `MISSING_TIME` for those that are not in the format.

    A time without a zone is taken as UTC, one without a date as on the first of January 1900.

    Args:
        texts: An object array of `str`, shape `(rows,)`.
        date_format: What `find_format` returned.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns of formats without a year's century, or of mixed zones
        stripped = pd.Series([_without_zone(text) for text in texts], dtype=object)
        times = pd.to_datetime(stripped, format=date_format, utc=True, errors="coerce")
    return seconds_of(times)


def seconds_of(times: pd.Series[Any]) -> Array:
    """Return a pandas Series of datetimes as int64 seconds since 1970-01-01 UTC, `MISSING_TIME` where missing."""
    if times.dt.tz is not None:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    seconds: Array = times.to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds


def _formats() -> Iterator[str]:
    yield ISO
    for date in _DATES:
        yield date
        yield from (f"{date} {time}" for time in _TIMES)
    yield from _TIMES


def _without_zone(text: str) -> str:
    """Return a text without blanks around it, and without the name of the zone that is taken anyway."""
    stripped = text.strip()
    return _UTC.sub("", stripped) if stripped.endswith(_ZONES) else stripped  # most have none, and columns are long


def _fits(texts: Sequence[str], date_format: str, most_misfits: int) -> bool:
    """Return whether all but so many texts have the shape of a format."""
    shape = _ISO_LIKE if date_format == ISO else _shape(date_format)
    misfits = 0
    for text in texts:
        misfits += shape.fullmatch(text) is None
        if misfits > most_misfits:
            return False
    return True


def _may_be(texts: Sequence[str], date_format: str) -> bool:
    """Return whether texts in the shape of a format may be dates, rather than what else is written so."""
    if date_format == ISO:
        return any(_ISO_LIKE.fullmatch(_without_zone(text)) and not _is_season(text.strip()) for text in texts)
    telling = _TELLING.get(date_format)
    if telling is None:
        return True
    stripped = [text.strip() for text in texts]
    told = [text for text in stripped if telling.match(text) is not None]
    if date_format not in ("%m/%Y", "%Y/%m"):
        return bool(told)
    return 2 * len(told) > len(stripped) and not all(map(_is_season, told))


def _is_season(text: str) -> bool:
    """Return whether a text is a year and the next one, as in `"2009/10"` or `"2009-10"`."""
    years = _SEASON.fullmatch(text)
    return years is not None and (int(years[1]) + 1) % 100 == int(years[2])


@functools.cache
def _shape(date_format: str) -> re.Pattern[str]:
    """Return a pattern of the texts that may be in a format."""
    pieces = re.split(r"(%\w)", date_format)
    return re.compile("".join(_PARTS.get(piece) or re.escape(piece) for piece in pieces), re.ASCII)
