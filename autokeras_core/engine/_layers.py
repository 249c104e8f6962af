"""All layers of a model, and its weights with what Keras's `set_weights` leaves undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

__all__ = ["all_layers", "set_weights"]

Array: TypeAlias = np.ndarray[Any, Any]


def all_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model, those inside of other layers and models too."""
    # `model.layers` ends at layers that hold others. Keras itself finds a model's weights this way.
    layers: list[keras.layers.Layer] = model._flatten_layers(include_self=False)
    return layers


def set_weights(model: keras.Model, arrays: Sequence[Array]) -> None:
    """Set the weights of a model, and let its layers know.

    `keras.layers.Normalization` computes with copies of its weights. It renews them when it is adapted or read from a
    file, and not in Keras's `set_weights`: a new one would go on with a mean of 0 and a variance of 1.

    Args:
        model: The model; it is changed in place.
        arrays: What `get_weights` of an equal model returned.
    """
    model.set_weights(list(arrays))
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
