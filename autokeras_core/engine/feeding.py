"""What all data pipelines have in common: what a batch is made of, the types that rows are fed in, TensorFlow's options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import tensorflow as tf

from autokeras_core.data.head_weights import weights_by_head

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["as_batch", "as_fed", "fed_dtype", "named_parts", "pipeline_options"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # TensorFlow ships no types

_WEIGHTS = "weights"


def named_parts(features: Mapping[str, Rows], targets: Mapping[str, Rows], weights: Array | None) -> dict[str, Rows]:
    """Return all that a batch is made of in one mapping; a feature and a head may have the same name.

    Args:
        features: Rows by the name of the model's input.
        targets: Encoded targets by head.
        weights: One weight per row, or one for each head; or `None`.
    """
    parts = {f"x/{name}": rows for name, rows in features.items()}
    parts |= {f"y/{name}": rows for name, rows in targets.items()}
    return parts if weights is None else {**parts, _WEIGHTS: weights}


def as_batch(parts: Mapping[str, Tensor], features: Collection[str], targets: Collection[str]) -> tuple[Any, ...]:
    """Return a batch as Keras takes it, `(x, y)` or `(x, y, weights)`, made of the tensors of `named_parts`.

    Args:
        parts: Some rows of each part.
        features: The names of the model's inputs.
        targets: The names of the heads, in the graph's order.
    """
    x = {name: parts[f"x/{name}"] for name in features}
    y = {name: parts[f"y/{name}"] for name in targets}
    return (x, y, weights_by_head(parts[_WEIGHTS], targets)) if _WEIGHTS in parts else (x, y)


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
