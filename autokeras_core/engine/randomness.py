"""Seeds: one number from which everything random in a trial follows, without disturbing the caller's generators."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

__all__ = ["seeded", "seeded_apart"]

_LARGEST_SEED = 2**31 - 1


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make what Keras draws inside the `with` block (initial weights, dropout, the order of rows) follow from a seed.

    Keras has no other way to seed initial weights and shuffling than the global generators. Those of Python and NumPy
    are put back afterwards, so the caller's own random numbers are not disturbed. TensorFlow's global seed and
    Keras's default generator stay as set: a function that is traced later still draws from them.

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


@contextmanager
def seeded_apart(seed: int) -> Iterator[None]:
    """Make what is drawn inside the `with` block follow from a seed of its own, and leave no trace in what comes after.

    For work that is done once and kept, such as fitting a preprocessor, which may build a network. It is done in the
    middle of what is `seeded`, by whoever needs it first: what is drawn after it must not depend on who that was.

    Keras's default generator and its seed are put back too, for which there is no public way, and so is TensorFlow's
    global seed: its functions draw as before, but what it draws outside of functions begins anew.

    Args:
        seed: Any integer.

    Example:
        ```python
        with seeded(0):
            with seeded_apart(7):
                preprocessor.fit(rows)
            model = build()  # the same initial weights with and without the fit
        ```
    """
    kept = {name: global_state.get_global_attribute(name) for name in (GLOBAL_RANDOM_SEED, GLOBAL_SEED_GENERATOR)}
    try:
        with seeded(seed):
            yield
    finally:
        for name, value in kept.items():
            global_state.set_global_attribute(name, value)
        if kept[GLOBAL_RANDOM_SEED] is not None:
            tf.random.set_seed(kept[GLOBAL_RANDOM_SEED])
