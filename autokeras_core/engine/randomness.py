"""Seeds: one number from which everything random in a trial follows, without disturbing the caller's generators."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np

__all__ = ["seeded"]

_LARGEST_SEED = 2**31 - 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make what Keras draws inside the `with` block (initial weights, dropout, the order of rows) follow from a seed.

    Keras has no other way to seed initial weights and shuffling than the global generators. Those of Python and NumPy
    are put back afterwards, so the caller's own random numbers are not disturbed. TensorFlow's global seed and
    Keras's default generator can be set but not read, so they stay as set.

    Args:
        seed: Any integer, 0 included.

    Example:
        ```python
        with seeded(0):
            model = build()  # the same initial weights every time
        ```
    """
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - the state to be put back
    try:
        keras.utils.set_random_seed(int(seed) % _LARGEST_SEED)
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
