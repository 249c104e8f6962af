"""The numerical precision that a model is trained in: half precision where a GPU is made for it, single elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

import keras
import tensorflow as tf

__all__ = ["Precision", "suited_precision", "training_in"]

Precision: TypeAlias = Literal["float32", "mixed_float16"]

_FIRST_WITH_TENSOR_CORES = (7, 0)


def suited_precision() -> Precision:
    """Return the precision for this machine: `"mixed_float16"` if all its GPUs have tensor cores, else `"float32"`.

    Older GPUs and processors compute half precision in software, or no faster than single precision.
    """
    devices = tf.config.list_physical_devices("GPU")
    capabilities = [tf.config.experimental.get_device_details(device).get("compute_capability") for device in devices]
    is_fast = bool(capabilities) and all(each is not None and each >= _FIRST_WITH_TENSOR_CORES for each in capabilities)
    return "mixed_float16" if is_fast else "float32"


@contextmanager
def training_in(precision: Precision) -> Iterator[None]:
    """Build the layers inside the `with` block so that they compute in this precision; weights stay float32.

    Args:
        precision: `"float32"` or `"mixed_float16"`.

    Example:
        ```python
        with training_in("mixed_float16"):
            model = build_model()
        ```
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
