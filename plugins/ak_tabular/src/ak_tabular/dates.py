"""Dates and times: which format a column of text is written in, and seconds since 1970. No Keras here."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

__all__ = ["ISO", "MISSING_TIME", "find_format", "parse_times", "seconds_of"]

Array: TypeAlias = np.ndarray[Any, Any]

ISO = "ISO8601"
"""The name of the format `2024-02-29`, `2024-02-29T13:45:00+01:00` and the like."""

MISSING_TIME = int(np.iinfo(np.int64).min)
"""What stands for a missing time, as in NumPy."""

_ISO_LIKE = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}(:?\d{2}.*)?)?)?", re.ASCII)
_PARTS = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%d": r"\d{1,2}",
    "%H": r"\d{1,2}",
    "%I": r"\d{1,2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%p": r"[AaPp][Mm]",
    "%a": r"[A-Za-z]{3}",
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
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a, %d %b %Y",
)
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_FEW = 50


def find_format(texts: Sequence[str]) -> str | None:
    """Return the format that all texts are dates in, `None` if there is none.

    Month first is preferred where day and month can be told apart in no text.

    Args:
        texts: The different texts of a column, none missing.

    Example:
        ```python
        find_format(["29.02.2024", "1.3.2024"])  # "%d.%m.%Y"
        ```
    """
    if not texts:
        return None
    few = np.array(texts[:_FEW], dtype=object)
    everything = np.array(texts, dtype=object)
    if all(_ISO_LIKE.fullmatch(text.strip()) for text in few):
        return ISO if _all_read(everything, ISO) and all(_ISO_LIKE.fullmatch(text.strip()) for text in texts) else None
    for date_format in (date + time for date in _DATES for time in _TIMES):
        # Pandas is asked only where the shape is right: it is slow to say no.
        shape = _shape(date_format)
        if all(shape.fullmatch(text.strip()) for text in few) and _all_read(everything, date_format):
            return date_format
    return None


def parse_times(texts: Array, date_format: str) -> Array:
    """Return texts as int64 seconds since 1970-01-01 UTC, `MISSING_TIME` for those that are not in the format.

    A time without a zone is taken as UTC.

    Args:
        texts: An object array of `str`, shape `(rows,)`.
        date_format: What `find_format` returned.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas warns of formats without a year's century, or of mixed zones
        stripped = pd.Series([text.strip() for text in texts], dtype=object)
        times = pd.to_datetime(stripped, format=date_format, utc=True, errors="coerce")
    return seconds_of(times)


def seconds_of(times: pd.Series[Any]) -> Array:
    """Return a pandas Series of datetimes as int64 seconds since 1970-01-01 UTC, `MISSING_TIME` where missing."""
    if times.dt.tz is not None:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    seconds: Array = times.to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds


@functools.cache
def _shape(date_format: str) -> re.Pattern[str]:
    """Return a pattern of the texts that may be in a format."""
    pieces = re.split(r"(%\w)", date_format)
    return re.compile("".join(_PARTS.get(piece) or re.escape(piece) for piece in pieces), re.ASCII)


def _all_read(texts: Array, date_format: str) -> bool:
    return bool((parse_times(texts, date_format) != MISSING_TIME).all())
