"""Columns of later rows that hold nothing training has seen, as another type of the same values does. No Keras here."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ak_tabular.columns import Column, match_columns
from ak_tabular.frames import shorten
from ak_tabular.numerals import parse_numbers
from ak_tabular.samples import evenly
from ak_tabular.tables import read_codes, storage_of
from autokeras_core.errors import DataWarning

if TYPE_CHECKING:
    from autokeras_core.plugin import Rows

__all__ = ["warn_of_unseen"]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_TO_LOOK_AT = 1_000
_FEWEST_CELLS = 20  # fewer may be new ones by chance
_OURS = ("autokeras_core", "ak_tabular")


def warn_of_unseen(data: Rows, columns: Sequence[Column]) -> None:
    """Warn of columns of categories, or of yes and no, none of whose values was in training: all count as missing.

    Of rows that are read from files only some are looked at, taken evenly.

    Args:
        data: Rows that are written as in training, see `spelling.as_written`.
        columns: What analysis decided; columns of which it kept no values are not looked at.
    """
    table = evenly(data, _ROWS_TO_LOOK_AT)
    if len(table) < _FEWEST_CELLS:
        return
    is_part = len(table) < len(data)
    values = "of its values in the rows looked at" if is_part and not isinstance(data, np.ndarray) else "of its values"
    found = []
    for column, place in zip(columns, match_columns(table, columns), strict=True):
        example = _unseen(table, place, column)
        if example is not None and is_part and isinstance(data, np.ndarray):
            example = _unseen(data, place, column)  # every so many rows may all be of one kind
        if example is not None:
            known = f", where training had {shorten(column.values, 4)}" if column.values else ""
            found.append(f"column {column.name!r}: none {values} was in training, e.g. {example!r}{known}")
    if found:
        advice = "They count as missing. If they are values of training in other words, write them as there."
        message = f"{'; '.join(found)}. {advice}"
        warnings.warn(message, DataWarning, stacklevel=_depth_of_the_call())


def _unseen(table: Array, place: int, column: Column) -> str | None:
    """Return an example where all cells of a column are unknown; `None` where some are known, or there are only few."""
    is_text = column.storage != "number"  # no values are kept of times
    if column.kind not in ("categorical", "boolean") or (is_text and not column.values):
        return None
    if not is_text and storage_of(table, place) == "number":
        return None
    codes, distinct = read_codes(table, place, column=column.name)
    if np.count_nonzero(codes >= 0) < _FEWEST_CELLS:
        return None
    if is_text:
        is_any_known = not set(column.values).isdisjoint(distinct.tolist())
    else:
        is_any_known = not np.isnan(parse_numbers(distinct, decimal=column.decimal, unit=column.unit)).all()
    return None if is_any_known else str(distinct[0])


def _depth_of_the_call() -> int:
    """Return how far up the stack the user's call is, as `warnings.warn` counts from the function that asks."""
    depth, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        depth, frame = depth + 1, frame.f_back
    return depth
