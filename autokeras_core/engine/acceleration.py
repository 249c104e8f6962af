"""XLA on a GPU: for trainings that are long enough to be worth compiling, and for nothing else."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

__all__ = ["clustered_by_xla", "is_worth_clustering", "without_xla", "xla_works"]

_LOGGER = logging.getLogger(__name__)

_CLUSTERS = "autoclustering"

# On an H200 XLA took four to eight seconds to compile a ResNet-9, and 13 ms off each of its steps of 18 ms. It compiles anew for
# the smaller batches at the end of an epoch, and nothing can interrupt it.
_FEWEST_STEPS = 2_000
_FEWEST_SECONDS = 60.0
# In the unit of `Block.cost`: half a second on two cores. The step of a larger network keeps a GPU busy without XLA, and it has more
# layers to compile.
_LARGEST_STEP = 5e10


def is_worth_clustering(*, steps: int, seconds: float | None, step_cost: float | None) -> bool:
    """Return whether a training that is about to begin should have its operations compiled into clusters by XLA.

    On a GPU a small network's step is mostly waiting: it consists of some thousand operations, each of which is started by itself.
    XLA makes a few of them. Compiling takes seconds, so only a training of many steps gains by it, and one that must end soon
    had better begin at once.

    Args:
        steps: How many training steps are planned.
        seconds: How long the training may take, or `None` for any time.
        step_cost: What a step costs: `Block.cost` of the network, times the rows of a batch; `None` if that is not known.

    Returns:
        `False` where there is no GPU: on processors XLA makes small convolutional networks many times slower.

    Example:
        ```python
        with clustered_by_xla(is_worth_clustering(steps=10_000, seconds=None, step_cost=1e9)):
            model.fit(batches, epochs=10)
        ```
    """
    is_long = steps >= _FEWEST_STEPS and (seconds is None or seconds >= _FEWEST_SECONDS)
    is_small = step_cost is not None and step_cost <= _LARGEST_STEP
    return is_long and is_small and bool(tf.config.list_physical_devices("GPU")) and xla_works()


@contextmanager
def clustered_by_xla(wanted: bool) -> Iterator[None]:
    """Have TensorFlow's functions that run inside the `with` block compiled by XLA, wherever their operations allow it.

    Operations that XLA does not know, such as those that shift or turn pictures, stay as they are, between the clusters. Keras's
    `jit_compile=True` would compile all of a step or nothing. What the user has set before is set again at the end.

    Args:
        wanted: `False` to change nothing.
    """
    before = tf.config.optimizer.get_jit()
    if not wanted or before:
        yield
        return
    tf.config.optimizer.set_jit(_CLUSTERS)
    try:
        yield
    finally:
        tf.config.optimizer.set_jit(False)


def without_xla(model: keras.Model) -> keras.Model:
    """Return a model, told to predict without XLA: on a GPU Keras would compile it, for each number of rows anew.

    A network computes a few batches before the next one takes its place, or the user's rows are at an end.
    """
    model.jit_compile = False
    return model


@functools.cache
def xla_works() -> bool:
    """Return whether XLA can compile a function here; if it cannot, log once why.

    On a GPU it needs files of the CUDA toolkit that not every installation of TensorFlow has. Without them each trial would fail.
    """

    @tf.function(jit_compile=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def exponential(x: tf.Tensor) -> tf.Tensor:  # XLA has it from those files
        return tf.exp(x)

    try:
        exponential(tf.zeros([2]))
    except tf.errors.OpError as error:
        _LOGGER.warning("XLA is not used, so training small networks on this GPU is several times slower: %s", error)
        return False
    return True
