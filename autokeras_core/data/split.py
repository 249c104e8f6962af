"""The split into training and validation rows: seeded, shuffled, stratified. NumPy only, no Keras."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autokeras_core.errors import DataError, describe_error

__all__ = ["split_rows"]

Array: TypeAlias = np.ndarray[Any, Any]


def split_rows(rows: int, share: float, *, seed: int, strata: Array | None = None) -> tuple[Array, Array]:
    """Split row numbers at random into training and validation rows.

    With `strata` the parts have the classes in (nearly) the same shares, and every class with two rows or more is in
    both parts; for that the validation part may grow beyond `share`. A class with one row stays in training.

    Args:
        rows: The number of rows, at least 2.
        share: The share of rows for validation, in `(0, 1)`. Each part gets at least one row.
        seed: The seed; equal seeds give equal splits. 0 is a seed like any other.
        strata: The class of each row, shape `(rows,)`; by default the split is not stratified.

    Returns:
        Training and validation row numbers, both shuffled, disjoint, together all rows.

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
    rng = np.random.default_rng(seed)
    wanted = min(max(round(rows * share), 1), rows - 1)
    if strata is None:
        order = rng.permutation(rows)
        return order[wanted:], order[:wanted]
    return _split_strata(_checked(strata, rows), wanted, rng)


def _checked(strata: Array, rows: int) -> Array:
    strata = np.asarray(strata)
    if strata.shape != (rows,):
        raise DataError(
            describe_error(
                "The strata do not fit the rows.",
                expected=f"one class per row, shape ({rows},)",
                received=f"shape {strata.shape}",
            )
        )
    return np.unique(strata, return_inverse=True)[1].reshape(-1)


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
