"""Arrays as the weights of a whole network, with what Keras's `set_weights` leaves undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np

if TYPE_CHECKING:
    from autokeras_core.plugin import Tensor

__all__ = ["IMAGENET_DEVIATION", "all_layers", "correct_scaling", "set_arrays"]

Array: TypeAlias = np.ndarray[Any, Any]

IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
"""The standard deviation of ImageNet's red, green and blue, of 0 to 1."""


def all_layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a model in order, those of models inside it in their place."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from all_layers(layer)
        else:
            yield layer


def set_arrays(model: keras.Model, arrays: Sequence[Array]) -> None:
    """Set the weights of a model, and let its layers know.

    `keras.layers.Normalization` computes with copies of its weights. It renews them when a file is loaded, and not in
    `set_weights`: then it would go on with a mean of 0 and a variance of 1.

    Args:
        model: The model; it is changed in place.
        arrays: What `get_weights` of an equal model returned.
    """
    model.set_weights(list(arrays))
    _renew(model)


def correct_scaling(model: keras.Model) -> None:
    """Correct the input scaling of a published EfficientNet: its files hold deviations in the place of variances.

    Keras makes up for it with one more layer where it downloads the weights itself, and nowhere else. Squaring the
    numbers has the same effect, and the network has the same layers wherever its weights are from. Other numbers than
    the published ones are left alone.

    Reference:
        https://github.com/tensorflow/tensorflow/issues/49930
    """
    for layer in _learned_normalizations(model):
        wrong: Tensor = layer.adapt_variance
        if np.allclose(np.asarray(wrong), IMAGENET_DEVIATION, atol=1e-3):
            wrong.assign(np.square(np.asarray(wrong)))
    _renew(model)


def _learned_normalizations(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers that keep their mean and variance as weights."""
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            yield layer


def _renew(model: keras.Model) -> None:
    for layer in _learned_normalizations(model):
        layer.finalize_state()
