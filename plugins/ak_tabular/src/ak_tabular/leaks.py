"""Columns that are the target in other words: a duplicate, or a renaming of it. No Keras here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ak_tabular.columns import Column, match_columns
from ak_tabular.tables import exact_numbers, read_codes

__all__ = ["find_leaks"]

Array: TypeAlias = np.ndarray[Any, Any]

_FEWEST_ROWS = 20  # below, a column may agree with the target by chance
_FEWEST_OF_A_VALUE = 5  # below, two rare values may meet in the same rows by chance
_PERFECT = 1 - 1e-9


def find_leaks(
    table: Array, columns: Sequence[Column], targets: Mapping[str, Array], *, kinds: Mapping[str, str]
) -> dict[str, str]:
    """Return the columns that give a target away, with how.

    A column gives classes away if each of its values stands for one class and each class for one value; it gives
    numbers away if they are the same numbers, or a multiple of them with an offset; and one of several labels, or
    numbers of which there are two, if it has two values that stand for these. What merely predicts well is none.

    Args:
        table: Training rows.
        columns: What analysis decided; dropped columns are not looked at.
        targets: Encoded targets by head: `(rows, classes)` of 0 and 1, a class number for each row, or
            `(rows, targets)` of numbers. Rows in which one is NaN have no target, and are left out for it.
        kinds: The kind of each target, see `TargetProfile`.

    Example:
        ```python
        find_leaks(table, columns, {"regression": prices}, kinds={"regression": "regression"})
        # {"price_in_cents": "is the target 'regression', but for a factor and an offset"}
        ```
    """
    places = match_columns(table, columns)
    wanted = [(column, place) for column, place in zip(columns, places, strict=True) if column.kind != "dropped"]
    found: dict[str, str] = {}
    for head, encoded in targets.items():
        rows, target = _with_target(table, encoded)
        if len(rows) < _FEWEST_ROWS:
            continue
        classes = _classes(target) if kinds[head] in ("binary", "multi-class") else None
        for column, place in wanted:
            if column.name in found:
                continue
            if classes is not None:
                if _renames(rows, place, column, classes):
                    found[column.name] = f"is the target {head!r} in other words: one value for each class"
            elif column.kind == "numerical":
                if _is_multiple(_numbers(rows, place, column), target):
                    found[column.name] = f"is the target {head!r}, but for a factor and an offset"
            elif column.categories == 2 and not column.missing:
                codes = _codes(rows, place, column)
                if _are_frequent(codes) and _is_multiple(codes, target):
                    found[column.name] = f"is the target {head!r} in other words: one value for each of two"
    return found


def _with_target(table: Array, target: Array) -> tuple[Array, Array]:
    """Return the rows that have a target, and these; classes that are floats for want of some are 0 and 1 again."""
    if target.dtype.kind != "f":
        return table, target
    is_missing = np.isnan(target.reshape(len(target), -1)).any(axis=1)
    if not is_missing.any():
        return table, target
    known = target[~is_missing]
    return table[~is_missing], known.astype(np.uint8) if np.isin(known, (0, 1)).all() else known


def _classes(target: Array) -> Array | None:
    """Return the number of each row's class, encoded as such or one-hot; `None` if they are neither."""
    if target.ndim == 1 or target.shape[1] == 1:
        return np.asarray(pd.factorize(target.reshape(-1))[0])
    if target.dtype.kind in "bui" and (target.sum(axis=1) == 1).all():
        return np.asarray(target.argmax(axis=1))
    return None


def _renames(table: Array, place: int, column: Column, classes: Array) -> bool:
    distinct = len(pd.unique(classes))
    # Where these rows are a sample, or some rows have no target, the column may have more values in all.
    if column.missing or column.categories < distinct or distinct < 2:
        return False
    codes = _codes(table, place, column)
    if distinct == 2 and not _are_frequent(codes):
        return False
    pairs = pd.unique(codes * (int(classes.max()) + 1) + classes)
    return len(pairs) == distinct and len(pd.unique(codes)) == distinct


def _are_frequent(codes: Array) -> bool:
    """Return whether each of two values is in so many rows that it does not agree with a target by chance."""
    return bool(np.bincount(codes[codes >= 0], minlength=2).min() >= _FEWEST_OF_A_VALUE)


def _codes(table: Array, place: int, column: Column) -> Array:
    """Return for each row the number of its value, -1 where it is missing."""
    if column.storage == "text":
        codes, _ = read_codes(table, place, column=column.name)
    else:
        codes, _ = pd.factorize(_numbers(table, place, column))
    return codes.astype(np.int64)


def _numbers(table: Array, place: int, column: Column) -> Array:
    truths = column.kind != "numerical"
    return exact_numbers(table, place, column=column.name, decimal=column.decimal, unit=column.unit, truths=truths)


def _is_multiple(values: Array, target: Array) -> bool:
    values = values.astype(np.float64)
    if np.isnan(values).any():
        return False
    centred = values - values.mean()
    scale = float(np.sqrt(np.square(centred).sum()))
    for each in np.asarray(target, dtype=np.float64).reshape(len(target), -1).T:
        other = each - each.mean()
        size = float(np.sqrt(np.square(other).sum()))
        # float32 targets round: the correlation of a duplicate is within some 1e-13 of 1.
        if scale > 0 and size > 0 and abs(float(centred @ other)) >= _PERFECT * scale * size:
            return True
    return False
