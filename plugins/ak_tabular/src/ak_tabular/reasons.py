"""The words in which analysis says why. No Keras here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ak_tabular.columns import Column
from ak_tabular.numerals import Decimal, parse_number
from ak_tabular.thresholds import TEXTS_TO_LOOK_AT

__all__ = ["counted", "not_read", "rounded", "spelled", "written"]

Array: TypeAlias = np.ndarray[Any, Any]

_SHOWN_SPELLINGS = 3
_LARGEST_EXACT = 2.0**53


def counted(what: str, column: Column, rows: int) -> str:
    """Return a reason with the number of different values and of missing ones."""
    reason = f"{what}, {column.categories} different" if column.categories > 1 else f"{what}, all equal"
    return f"{reason}, {column.missing} of {rows} missing" if column.missing else reason


def not_read(texts: Array, cells: int) -> str:
    """Return which texts of a mixed column are taken as missing, and how many cells have one, as the end of a reason."""
    examples = ", ".join(repr(text) for text in texts[:_SHOWN_SPELLINGS])
    return f"; {cells} cells that are none, e.g. {examples}, are taken as missing"


def spelled(spellings: Sequence[str]) -> str:
    """Return which texts were read as missing, as the end of a reason."""
    if not spellings:
        return ""
    shown = ", ".join(repr(text) for text in spellings[:_SHOWN_SPELLINGS])
    return f", {shown} read as missing"


def written(distinct: Array, *, decimal: Decimal = ".", unit: str = "") -> str:
    """Return an example of a text that is written in another way than plain numbers are; or their unit.

    Args:
        distinct: The different texts of a column, without the unit.
        decimal: What their decimal separator is.
        unit: Their unit.
    """
    if unit:
        return f", with the unit {unit!r}"
    if decimal == ",":
        with_comma = next((text for text in distinct if "," in text), None)
        if with_comma is not None:
            return f", with decimal commas, such as {with_comma!r}"
        return f", with points between thousands, such as {next(text for text in distinct if '.' in text)!r}"
    for text in distinct[:TEXTS_TO_LOOK_AT]:
        number = parse_number(text)
        if number is not None and number[1] != "plain":
            return f", such as {text!r}"
    return ""


def rounded(distinct: Array) -> str:
    """Return where different numbers of a constant column may have been lost."""
    if len(distinct) > 1:
        return " in float32"
    return " in float64, which rounds integers of this size" if abs(distinct[0]) >= _LARGEST_EXACT else ""
