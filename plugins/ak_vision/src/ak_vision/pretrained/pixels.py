"""What pictures go through before a pretrained network sees them: range, colours, size, scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np

from ak_vision.networks import PixelScaling
from autokeras_core import GraphError
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, Tensor

__all__ = [
    "CHANNELS",
    "as_colours",
    "as_network_pixels",
    "check_channels",
    "check_pictures",
    "pixel_range",
    "scaled_pixels",
]

Pictures: TypeAlias = np.ndarray[Any, Any]

CHANNELS = (1, 3)
"""The numbers of channels that can be shown to a network that was trained on colour photographs."""

# As published with the networks that want it.
_CAFFE_MEAN = (103.939, 116.779, 123.68)  # blue, green, red; of 0 to 255


def pixel_range(pictures: Pictures) -> tuple[float, float]:
    """Return which values stand for black and white, judged by training pictures.

    Pretrained networks have seen photographs with black at 0 and white at 255, so the range should be that of the
    format, not of the brightest pixel there happens to be: `uint8` and other numbers from 0 to 255 have 0 to 255,
    fractions from 0 to 1 have 0 to 1, from -1 to 1 have -1 to 1. Anything else has the range of its values.

    Args:
        pictures: Training pictures of any shape.

    Example:
        ```python
        pixel_range(np.array([[3, 200]], dtype="uint8"))  # (0.0, 255.0)
        pixel_range(np.array([[0.1, 0.9]]))  # (0.0, 1.0)
        ```
    """
    low, high = float(pictures.min()), float(pictures.max())
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low >= -1 and high <= 1:
        return -1.0, 1.0
    if low >= 0 and high <= 255 and (high > 2 or pictures.dtype == np.uint8):
        return 0.0, 255.0
    return low, high


def check_channels(channels: int, *, where: str) -> None:
    """Check that pictures can be shown to a network that was trained on colour photographs.

    Raises:
        GraphError: If they have another number of channels than 1 or 3.
    """
    if channels not in CHANNELS:
        raise GraphError(
            describe_error(
                f"{where} cannot take these pictures.",
                expected="grey pictures (1 channel) or colour pictures (3 channels: red, green, blue)",
                received=f"{channels} channels",
                advice="Leave channels out, e.g. pictures[..., :3], or train a network from scratch: pretrained=False.",
            )
        )


def check_pictures(profile: DataProfile | None, *, where: str) -> None:
    """Say at once that no input has pictures that a pretrained network takes, instead of in every trial.

    Raises:
        GraphError: If there are pictures, and all have another number of channels than 1 or 3.
    """
    channels = (
        [part.facts["channels"] for part in profile.inputs.values() if part.modality == "image"] if profile else []
    )
    if channels and not any(count in CHANNELS for count in channels):
        check_channels(channels[0], where=where)


def as_network_pixels(
    pictures: Tensor, *, image_size: int, value_range: tuple[float, float], scaling: PixelScaling
) -> Tensor:
    """Return raw pictures as a network with published weights wants them.

    Args:
        pictures: A symbolic tensor of shape `(batch, height, width, 1 or 3)`, any number type.
        image_size: Height and width that the network takes; pictures of another shape are stretched to it. Where they
            are twice as large or more, neighbouring pixels are averaged first, or fine patterns would become others.
        value_range: What stands for black and white.
        scaling: The scaling that the network was trained with.

    Returns:
        A tensor of shape `(batch, image_size, image_size, 3)`.
    """
    low, high = value_range
    scale = 255.0 / (high - low) if high > low else 1.0
    x = keras.layers.Rescaling(scale, offset=-low * scale)(pictures)
    if tuple(x.shape[1:3]) != (image_size, image_size):
        x = _averaged(x, image_size=image_size)
        x = keras.layers.Resizing(image_size, image_size, interpolation="bilinear")(x)
    return scaled_pixels(as_colours(x), scaling)


def _averaged(x: Tensor, *, image_size: int) -> Tensor:
    """Return pictures whose sides are shrunk by the whole number that leaves them as large as the network wants, or larger.

    `Resizing(antialias=True)` would be more exact, but a GPU does not compute it, and XLA does not know it.
    """
    by = tuple(1 if side is None else max(1, side // image_size) for side in x.shape[1:3])
    return x if by == (1, 1) else keras.layers.AveragePooling2D(by, padding="same")(x)


def as_colours(x: Tensor) -> Tensor:
    """Return pictures with three channels: grey is repeated."""
    return keras.layers.Concatenate()([x, x, x]) if x.shape[-1] == 1 else x


def scaled_pixels(x: Tensor, scaling: PixelScaling) -> Tensor:
    """Return pixels from 0 to 255 as a network was trained on them."""
    if scaling is PixelScaling.TF:
        return keras.layers.Rescaling(1 / 127.5, offset=-1.0)(x)
    if scaling is PixelScaling.CAFFE:
        return keras.layers.Rescaling(1.0, offset=[-mean for mean in _CAFFE_MEAN])(keras.ops.flip(x, axis=-1))
    return x
