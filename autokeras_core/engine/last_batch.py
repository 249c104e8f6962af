"""The end of an epoch: no training batch of a few rows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

__all__ = ["batch_sizes", "rebatched", "with_even_end"]

Array: TypeAlias = np.ndarray[Any, Any]
Dataset: TypeAlias = Any  # TensorFlow ships no types


def batch_sizes(rows: int, batch_size: int, *, is_even: bool = False) -> Array:
    """Return how many rows each batch of an epoch has.

    Args:
        rows: How many rows an epoch has.
        batch_size: Rows per batch.
        is_even: Whether the last two batches are of about equal size, where the last would have less than half a batch:
            see `with_even_end`.

    Example:
        ```python
        batch_sizes(10, 3)  # 3, 3, 3 and 1
        batch_sizes(10, 3, is_even=True)  # 3, 3, 2 and 2
        ```
    """
    full, rest = divmod(rows, batch_size)
    sizes = np.full(full + bool(rest), batch_size, dtype=np.int64)
    if rest:
        sizes[-1] = rest
    if is_even and full and rest and 2 * rest < batch_size:
        shared = batch_size + rest
        sizes[-2:] = shared - shared // 2, shared // 2
    return sizes


def with_even_end(batches: Dataset, *, rows: int, batch_size: int) -> Dataset:
    """Return batches of which the last two are of about equal size, where the last would have less than half a batch.

    The gradient of a few rows is mostly noise, and a step on it counts as much as any other. Batch normalization makes it
    worse: over a single row its variance is next to nothing, and the gradients of a deep network several times as
    large; with plain SGD at a high learning rate one such step can undo an epoch. The number of batches stays as it is,
    and so does every row.

    Args:
        batches: A data set of batches: all of `batch_size` rows but for the last one of an epoch.
        rows: How many rows an epoch has.
        batch_size: Rows per batch.

    Example:
        ```python
        with_even_end(tf.data.Dataset.range(10).batch(3), rows=10, batch_size=3)  # 3, 3, 2 and 2 rows
        ```
    """
    sizes = batch_sizes(rows, batch_size, is_even=True)
    if np.array_equal(sizes, batch_sizes(rows, batch_size)):
        return batches
    return rebatched(batches, sizes)


def rebatched(batches: Dataset, sizes: Array) -> Dataset:
    """Return the rows of an epoch's batches in batches of other sizes, a data set of known length.

    Args:
        batches: A data set of batches.
        sizes: How many rows each new batch has: together as many as there are.

    Example:
        ```python
        rebatched(tf.data.Dataset.range(10).batch(10), np.array([5, 3, 2]))  # 5, 3 and 2 rows
        ```
    """
    return batches.rebatch(tf.constant(sizes)).apply(tf.data.experimental.assert_cardinality(len(sizes)))
