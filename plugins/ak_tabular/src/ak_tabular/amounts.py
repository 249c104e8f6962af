"""What the numbers of a column are: amounts, codes, yes or no, or the numbers of the rows. No Keras here."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ak_tabular.columns import Column, Kind
from ak_tabular.hints import looks_like_code, looks_like_identifier, looks_like_order
from ak_tabular.reasons import counted, rounded
from ak_tabular.thresholds import MOST, NEARLY_ALL, ROWS_FOR_IDENTIFIERS

__all__ = ["TableFacts", "count_numbers", "has_large_integers", "judge_numbers"]

Array: TypeAlias = np.ndarray[Any, Any]

_LARGE = 2**24  # from here on float32 rounds integers
_ROWS_FOR_ROW_NUMBERS = 50
_ROW_NUMBER_DENSITY = 0.7  # training rows are a share of all rows
_FIRST_ROW_NUMBERS = 5  # and the first ones may be missing
_FEW_INTEGERS = 20
_MOST_CODES = 5_000  # as many as encoders tell apart
_ROWS_OF_A_CODE = 5


@attrs.frozen(kw_only=True)
class TableFacts:
    """What is known of a table when one of its columns is judged.

    Attributes:
        has_names: Whether its columns have names of their own.
        share: Which part of its rows is looked at; they are taken evenly.
    """

    has_names: bool
    share: float = 1.0


def has_large_integers(column: Column, distinct: Array) -> bool:
    """Return whether a column holds integers of a size that float32 rounds, so that codes may be taken for others.

    Args:
        column: The facts about it.
        distinct: Its different values as float64.
    """
    return column.is_integer and bool((np.abs(distinct) >= _LARGE).any())


def count_numbers(values: Array, *, name: str) -> tuple[Column, Array]:
    """Return the facts about a column of numbers, to be judged yet, and its different values as float64.

    Args:
        values: Its cells, NaN where missing.
        name: Its name.
    """
    values = values.astype(np.float64)
    is_known = ~np.isnan(values)
    distinct = pd.unique(values[is_known])
    with np.errstate(under="ignore"):
        in_float32 = pd.unique(distinct.astype(np.float32))
    # What is below float32's normal range is read as 0, see `read_numbers`.
    tiny = (np.abs(in_float32) < np.finfo(np.float32).tiny) & (in_float32 != 0)
    categories = len(in_float32) - np.count_nonzero(tiny) + (tiny.any() and 0 not in in_float32)
    column = Column(
        name=name,
        kind="dropped",
        storage="number",
        missing=int(len(values) - np.count_nonzero(is_known)),
        categories=int(categories),
        is_integer=bool(len(distinct) and np.all(distinct == np.floor(distinct))),
    )
    return column, distinct


def judge_numbers(
    column: Column, distinct: Array, *, rows: int, about: TableFacts, what: str = ""
) -> tuple[Kind, str, Kind | None]:
    """Return the kind of a column of numbers, the reason, and the kind it has if nothing else is left.

    Args:
        column: The facts about it.
        distinct: Its different values as float64.
        rows: How many rows there are.
        about: What is known of the table.
        what: What to call the numbers.
    """
    noun = what or ("integers" if column.is_integer else "numbers")
    reason = counted(noun, column, rows)
    known = rows - column.missing
    # Codes may be larger than what float32 tells apart, so this comes before the test for a constant.
    fewest = 2 if has_large_integers(column, distinct) else 3
    if (
        column.is_integer
        and looks_like_code(column.name)
        and fewest <= len(distinct) <= min(_MOST_CODES, known // _ROWS_OF_A_CODE)
    ):
        exact = attrs.evolve(column, categories=len(distinct))
        return "categorical", f"{counted(noun, exact, rows)}, and the name says that they are codes", None
    if column.categories == 1 and not column.missing:
        return "dropped", f"constant: {noun}, all equal" + rounded(distinct), None
    if column.categories == 2 and set(distinct.tolist()) == {0.0, 1.0}:
        return "boolean", counted(f"{what}, only 0 and 1" if what else "only 0 and 1", column, rows), None
    if column.is_integer and len(distinct) >= NEARLY_ALL * known and known >= ROWS_FOR_IDENTIFIERS:
        why = _why_identifier(column.name, distinct, known, about)
        if why:
            return "dropped", f"identifier: {reason}, {why}; column_types can keep it", "numerical"
    if column.is_integer and 2 < len(distinct) <= _FEW_INTEGERS and known >= 5 * len(distinct):
        note = "in order; column_types can make them 'categorical' if they are codes"
        return "numerical", f"{reason}, {note}", None
    if column.categories < MOST * len(distinct):
        reason += f"; float32 rounds {len(distinct)} to these"
    return "numerical", reason, None


def _why_identifier(name: str, distinct: Array, known: int, about: TableFacts) -> str:
    if looks_like_identifier(name):
        return "and the name says that they number the rows"
    low, high = float(distinct.min()), float(distinct.max())
    # Of every tenth row the numbers are ten times as far apart. Amounts are, too, but some of them come back.
    if (
        about.has_names
        and known >= _ROWS_FOR_ROW_NUMBERS
        and 0 <= low <= _FIRST_ROW_NUMBERS / about.share
        and len(distinct) >= _ROW_NUMBER_DENSITY * about.share * (high - low + 1)
        and (about.share == 1 or len(distinct) == known)
        and not looks_like_order(name)
    ):
        return f"from {low:.0f} to {high:.0f} with few gaps, as rows are numbered"
    return ""
