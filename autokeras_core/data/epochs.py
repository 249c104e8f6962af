"""How many of very many rows an epoch has. Light: standard library only."""

from __future__ import annotations

__all__ = ["ROWS_PER_EPOCH", "rows_of_an_epoch"]

ROWS_PER_EPOCH = 2**20
"""How many training rows an epoch has at most: a pass over more is several epochs, with a validation after each."""


def rows_of_an_epoch(rows: int) -> int:
    """Return how many of the training rows an epoch has: all, or 1,048,576 of them, and the next epoch the next ones.

    So a model is validated every few seconds however many rows there are, and one that runs out of time in its first
    pass over the data has its best state kept all the same.
    """
    return min(rows, ROWS_PER_EPOCH)
