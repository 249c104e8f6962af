"""The split into training and validation rows: seeded, shuffled, stratified. NumPy only, no Keras."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.errors import DataError, describe_error

__all__ = ["default_validation_split", "split_rows"]

Array: TypeAlias = np.ndarray[Any, Any]

_MANY_ROWS = 2_000_000
_ROWS_AT_ONCE = 1_000_000
_ROWS_FOR_SMALLER_SPLIT = 20_000
_MOST_VALIDATION_ROWS = 200_000


def default_validation_split(rows: int) -> float:
    """Return the share of rows to validate on if the user does not say.

    0.2, or 0.1 from 20,000 rows on; and of more than two million rows what makes 200,000, which tell an accuracy to a
    tenth of a percent.
    """
    return 0.2 if rows < _ROWS_FOR_SMALLER_SPLIT else min(0.1, _MOST_VALIDATION_ROWS / rows)


def split_rows(
    rows: int, share: float, *, seed: int, strata: Array | None = None, has_target: Sequence[Array] = ()
) -> tuple[Array, Array]:
    """Split row numbers at random into training and validation rows.

    With `strata` the parts have the classes in (nearly) the same shares, and every class with two rows or more is in
    both parts; for that the validation part may grow beyond `share`. A class with one row stays in training.

    With `has_target` each target that two rows or more have is in both parts, in (nearly) the same shares where enough rows
    have it and enough have not.

    From two million rows on the numbers come in rising order (so rows on disk are read in theirs), as int32 where they
    fit, and the memory that is needed beside them does not grow with the rows.

    Args:
        rows: The number of rows, at least 2.
        share: The share of rows for validation, in `(0, 1)`. Each part gets at least one row.
        seed: The seed; equal seeds give equal splits. 0 is a seed like any other.
        strata: The class of each row, shape `(rows,)`; by default the split is not stratified.
        has_target: For each target that some rows lack, which rows have it: booleans of shape `(rows,)`.

    Returns:
        Training and validation row numbers, both shuffled (but see above), disjoint, together all rows.

    Raises:
        DataError: If there are fewer than two rows, or `share` is not between 0 and 1.

    Example:
        ```python
        train, validation = split_rows(100, 0.2, seed=0)
        len(train), len(validation)  # (80, 20)
        ```
    """
    if not 0.0 < share < 1.0:
        raise DataError(
            describe_error(
                "The share of rows for validation is impossible.",
                expected="a number between 0 and 1, both excluded",
                received=f"validation_split={share!r}",
                advice="Pass validation_data= to validate on rows of your own.",
            )
        )
    if rows < 2:
        raise DataError(
            describe_error(
                "There are too few rows to split off a validation part.",
                expected="at least 2 rows",
                received=f"{rows} rows",
                advice="Pass validation_data= to validate on rows of your own.",
            )
        )
    fewest = max(2, math.ceil(1 / min(share, 1 - share)))
    parts = _split(rows, share, seed, _finer(strata, has_target, fewest=fewest))
    for each in has_target:
        parts = _with_target_in_both(*parts, has_target=each, others=has_target)
    if rows >= _MANY_ROWS and has_target:
        return np.sort(parts[0]), np.sort(parts[1])
    return parts


def _finer(strata: Array | None, has_target: Sequence[Array], *, fewest: int) -> Array | None:
    """Return strata that also tell apart which targets rows have, as long as each has so many rows.

    A stratum of a single row is all in one part, and one of a few has too many of them for validation: with several targets
    every pattern would be such.
    """
    finer = strata
    for each in has_target:
        if finer is None:
            crossed = each.astype(np.int64)
        else:
            crossed = np.unique(finer, return_inverse=True)[1].reshape(-1) * 2 + each
        if np.unique(crossed, return_counts=True)[1].min() >= fewest:
            finer = crossed
    return finer


def _with_target_in_both(
    train: Array, validation: Array, *, has_target: Array, others: Sequence[Array]
) -> tuple[Array, Array]:
    """Return the parts with a row that has the target in both, if two rows or more have it: one is moved where none is."""
    if np.count_nonzero(has_target) >= 2:
        if not has_target[validation].any():
            train, validation = _moved(train, validation, has_target, others)
        elif not has_target[train].any():
            validation, train = _moved(validation, train, has_target, others)
    return train, validation


def _moved(source: Array, goal: Array, has_target: Array, others: Sequence[Array]) -> tuple[Array, Array]:
    """Return both parts after a row with the target went over: one that no other target needs where it is, if any."""
    movable = has_target[source]
    for other in others:
        if np.count_nonzero(other[source]) == 1:
            movable = movable & ~other[source]
    place = int(np.argmax(movable if movable.any() else has_target[source]))
    return np.delete(source, place), np.append(goal, source[place])


def _split(rows: int, share: float, seed: int, strata: Array | None) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    wanted = min(max(round(rows * share), 1), rows - 1)
    if rows >= _MANY_ROWS:
        return _split_many(rows, None if strata is None else _checked_shape(strata, rows), wanted, rng)
    if strata is None:
        order = rng.permutation(rows)
        return order[wanted:], order[:wanted]
    return _split_strata(_checked(strata, rows), wanted, rng)


def _checked(strata: Array, rows: int) -> Array:
    return np.unique(_checked_shape(strata, rows), return_inverse=True)[1].reshape(-1)


def _checked_shape(strata: Array, rows: int) -> Array:
    strata = np.asarray(strata)
    if strata.shape != (rows,):
        raise DataError(
            describe_error(
                "The strata do not fit the rows.",
                expected=f"one class per row, shape ({rows},)",
                received=f"shape {strata.shape}",
            )
        )
    return strata


def _split_many(rows: int, strata: Array | None, wanted: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Split rows without an order of all of them: draw the rank of each validation row among those of its class."""
    pieces = [slice(start, min(start + _ROWS_AT_ONCE, rows)) for start in range(0, rows, _ROWS_AT_ONCE)]
    found = [np.unique(strata[piece], return_counts=True) for piece in pieces] if strata is not None else []
    classes = np.unique(np.concatenate([values for values, _ in found])) if found else np.zeros(1)
    counts = np.zeros(len(classes), dtype=np.int64)
    for values, number in found:
        counts[np.searchsorted(classes, values)] += number
    if strata is None:
        counts[0] = rows
    taken = _allocate(counts, wanted)
    drawn = [
        np.sort(rng.choice(count, size, replace=False, shuffle=False))
        for count, size in zip(counts.tolist(), taken.tolist(), strict=True)
    ]
    is_validation = np.zeros(rows, dtype=bool)
    passed = np.zeros(len(classes), dtype=np.int64)
    for piece in pieces:
        for index, value in enumerate(classes):
            places = np.arange(piece.start, piece.stop)
            if strata is not None:
                places = places[strata[piece] == value]
            low, high = np.searchsorted(drawn[index], [passed[index], passed[index] + len(places)])
            is_validation[places[drawn[index][low:high] - passed[index]]] = True
            passed[index] += len(places)
    dtype = np.int32 if rows < 2**31 else np.int64
    train = np.empty(rows - int(np.count_nonzero(is_validation)), dtype=dtype)
    start = 0
    for piece in pieces:
        numbers = piece.start + np.flatnonzero(~is_validation[piece])
        train[start : start + len(numbers)] = numbers
        start += len(numbers)
    return train, np.flatnonzero(is_validation).astype(dtype)


def _split_strata(strata: Array, wanted: int, rng: np.random.Generator) -> tuple[Array, Array]:
    counts = np.bincount(strata)
    order = rng.permutation(len(strata))
    if counts.max() < 2:
        return order[wanted:], order[:wanted]
    taken = _allocate(counts, wanted)
    # The rank of each shuffled row within its class: those below the class's allotment go to validation.
    by_class = np.argsort(strata[order], kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(strata), dtype=np.int64)
    rank[by_class] = np.arange(len(strata)) - np.repeat(starts, counts)
    is_validation = rank < taken[strata[order]]
    return order[~is_validation], order[is_validation]


def _allocate(counts: Array, wanted: int) -> Array:
    """Return how many rows of each class are for validation: proportional, at least 1 and at most all but 1."""
    exact = wanted * counts / counts.sum()
    low = np.minimum(1, counts - 1)
    high = counts - 1
    taken = np.clip(np.floor(exact).astype(np.int64), low, high)
    # Largest remainders first, until the number is right or the bounds forbid it.
    while taken.sum() < wanted and np.any(taken < high):
        taken[np.argmax(np.where(taken < high, exact - taken, -np.inf))] += 1
    while taken.sum() > wanted and np.any(taken > low):
        taken[np.argmax(np.where(taken > low, taken - exact, -np.inf))] -= 1
    return np.asarray(taken)
