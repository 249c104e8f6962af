"""Another random order of rows for each epoch, that follows from the seed and the number of the epoch alone."""

from __future__ import annotations

import itertools
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

__all__ = ["EpochOrder"]

Array: TypeAlias = np.ndarray[Any, Any]
Dataset: TypeAlias = Any  # TensorFlow ships no types


class EpochOrder:
    """Puts numbers in a new random order for each epoch.

    An epoch is counted when its first numbers are taken, and not when an iterator over a data set is made: Keras makes some
    that it never uses. So training that starts again after some epochs meets the orders that it would have met without a
    break, which `Dataset.shuffle` cannot promise. One epoch at a time is taken.

    Args:
        count: How many numbers there are, from 0 on.
        seed: Equal seeds give equal orders in the first, the second, ... epoch.
        epochs_done: How many epochs to leave out.

    Example:
        ```python
        order = EpochOrder(10, seed=0)
        order.numbers(0, 5), order.numbers(5, 10)  # the first epoch
        order.numbers(0, 5), order.numbers(5, 10)  # the second one, in another order
        ```
    """

    def __init__(self, count: int, *, seed: int, epochs_done: int = 0) -> None:
        self._count = count
        self._seed = abs(seed)
        self._epochs = itertools.count(epochs_done)
        self._current = np.zeros(0, np.int64)

    def next_epoch(self) -> tuple[Array, int]:
        """Return the order of the next epoch, as int64, and the number of the epoch, from 0 on."""
        epoch = next(self._epochs)
        return np.random.default_rng([self._seed, epoch]).permutation(self._count).astype(np.int64), epoch

    def numbers(self, start: int, end: int) -> Array:
        """Return a part of the epoch's numbers; the part from 0 on begins the next epoch."""
        if start == 0:
            self._current, _ = self.next_epoch()
        return self._current[start:end]

    def dataset(self) -> Dataset:
        """Return a data set of one pair, the order and the number of the epoch: those of the next epoch each time."""

        def draw() -> tuple[Array, Array]:
            order, epoch = self.next_epoch()
            return order, np.asarray(epoch, np.int64)

        def in_tensors(_: Any) -> tuple[Any, Any]:
            order, epoch = tf.numpy_function(draw, [], [tf.int64, tf.int64])
            order.set_shape((self._count,))
            epoch.set_shape(())
            return order, epoch

        return tf.data.Dataset.from_tensors(0).map(in_tensors)
