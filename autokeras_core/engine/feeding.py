"""What all data pipelines have in common: the types that rows are fed in, and TensorFlow's options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["as_fed", "fed_dtype", "pipeline_options"]

Array: TypeAlias = np.ndarray[Any, Any]


def fed_dtype(rows: Rows) -> Any:
    """Return the TensorFlow dtype that rows are fed in: text as strings, all floats as float32, others as they are."""
    if rows.dtype.kind == "f":
        return tf.float32  # what the model's inputs are, see `tensor_dtype`
    return tf.string if rows.dtype.kind in "OSUT" else tf.as_dtype(rows.dtype)


def as_fed(dtype: Any, piece: Array) -> Array:
    """Return rows in the NumPy dtype of a TensorFlow dtype; not copied where they have it already."""
    return piece.astype(object if dtype == tf.string else dtype.as_numpy_dtype, copy=False)


def pipeline_options() -> Any:
    """Return options for batches that are the same each time and hold nothing up."""
    options = tf.data.Options()
    options.deterministic = True
    # With autotuning, an iterator that is let go waits for the thread that tunes, which sleeps for up to five seconds. There
    # is one at the end of every epoch and of every validation, and nothing to tune: all numbers are fixed here.
    options.autotune.enabled = False
    return options
