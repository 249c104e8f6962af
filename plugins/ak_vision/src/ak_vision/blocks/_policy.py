"""An augmentation policy in the manner of RandAugment, of plain Keras layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autokeras_core.plugin import Tensor

__all__ = ["UNCLIPPED", "brightness", "randaugment"]

UNCLIPPED = (-(2.0**30), 2.0**30)
"""A value range for layers that clip: pictures may be standardised by now, and a tighter one would cut them off."""

_CHANGES_PER_PICTURE = 2
_LARGEST_TURN = 30 / 360
_LARGEST_SHIFT = 0.3
_LARGEST_ZOOM = 0.3
_LARGEST_CONTRAST = 0.9
_LARGEST_BRIGHTNESS = 0.5


def randaugment(pictures: Tensor, *, magnitude: float, seed: int | None) -> Tensor:
    """Return pictures each of which went through a random selection of six changes, two of them on average.

    As in RandAugment (Cubuk et al. 2019) one number says how strong all changes are. Of its changes those are here
    that keep what is seen and need no fixed range of values: shift, turn, size, contrast, brightness, sharpness. Each
    picture makes its own selection. `keras.layers.RandAugment` is no choice: it draws one selection for a whole batch,
    takes one or three channels only, and cuts values off at the range it is given.

    Args:
        pictures: Scaled or standardised pictures, shape `(batch, height, width, channels)`.
        magnitude: The strength, from 0 (hardly any) to 1.
        seed: Where random numbers start; `None` for other ones in each process.

    Returns:
        Pictures of the same shape. When predicting they are the given ones, to the last bit.
    """
    x = pictures
    layers = list(_changes(magnitude, seed))
    share = _CHANGES_PER_PICTURE / len(layers)
    for index, layer in enumerate(layers):
        x = _sometimes(layer, x, share=share, seed=layer_seed(seed, len(layers) + index))
    return x


def brightness(strength: float, *, seed: int | None) -> keras.layers.Layer:
    """Return a layer that adds one random number up to `strength` to all values of a picture, and clips nothing."""
    # Keras takes the strength as a share of the range.
    return keras.layers.RandomBrightness(strength / (UNCLIPPED[1] - UNCLIPPED[0]), value_range=UNCLIPPED, seed=seed)


def _changes(magnitude: float, seed: int | None) -> Iterator[keras.layers.Layer]:
    shift, zoom = _LARGEST_SHIFT * magnitude, _LARGEST_ZOOM * magnitude
    yield keras.layers.RandomTranslation(shift, shift, fill_mode="nearest", seed=layer_seed(seed, 0))
    yield keras.layers.RandomRotation(_LARGEST_TURN * magnitude, fill_mode="nearest", seed=layer_seed(seed, 1))
    yield keras.layers.RandomZoom(zoom, fill_mode="nearest", seed=layer_seed(seed, 2))
    yield keras.layers.RandomContrast(_LARGEST_CONTRAST * magnitude, value_range=UNCLIPPED, seed=layer_seed(seed, 3))
    yield brightness(_LARGEST_BRIGHTNESS * magnitude, seed=layer_seed(seed, 4))
    # For Keras 0.5 is the picture as it is, 0 blurred and 1 sharpened.
    sharpness = (0.5 - magnitude / 2, 0.5 + magnitude / 2)
    yield keras.layers.RandomSharpness(sharpness, value_range=UNCLIPPED, seed=layer_seed(seed, 5))


def _sometimes(layer: keras.layers.Layer, x: Tensor, *, share: float, seed: int | None) -> Tensor:
    """Apply a layer to a random share of the pictures of a batch.

    What the layer changes goes through dropout of whole pictures, which is off when predicting, as the layer is: then
    the change is 0. Dropout makes up for what it drops, so the change is scaled down before.
    """
    change = keras.layers.Subtract()([layer(x), x])
    change = keras.layers.Rescaling(share)(change)
    change = keras.layers.Dropout(1 - share, noise_shape=(None, 1, 1, 1), seed=seed)(change)
    return keras.layers.Add()([x, change])
