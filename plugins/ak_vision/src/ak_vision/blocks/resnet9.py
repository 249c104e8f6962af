"""ResNet-9: the residual network that learns most in little time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pictures import as_pictures, normalized
from ak_vision.costs import picture_cost, resnet9_work
from ak_vision.spaces import RESNET9, suit_stem
from autokeras_core import Block, Space

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, Domain, HyperparameterView, Tensor

__all__ = ["ResNet9Block"]


class ResNet9Block(Block):
    """A short residual network that was made to be trained within minutes.

    A convolution at full size, then stages: each doubles the filters, halves the picture by max pooling, and adds a
    residual pair of convolutions behind it, where the picture is small already. In a few epochs it gets further than
    deeper residual networks of the same cost. Unlike Page's network, every stage has its residual pair, so the
    depth is `3 * num_stages + 2` layers with the head.

    Args:
        num_stages: How many stages.
        filters: Filters of the first convolution; each stage doubles them.
        stem_stride: Stride of the first convolution; by default suited to the size of the pictures.
        name: The block's name in the graph, by default `resnet9`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up.

    Output shape:
        `(batch, smaller height, smaller width, filters * 2 ** num_stages)`, never smaller than 1x1.

    Reference:
        Page: How to Train Your ResNet (2018); Coleman et al.: DAWNBench (2017), where it held the record.

    Example:
        ```python
        output = ResNet9Block(filters=32)(ImageInput())
        ```
    """

    base_name = "resnet9"
    space = RESNET9

    def __init__(
        self,
        *,
        num_stages: int | Domain | None = None,
        filters: int | Domain | None = None,
        stem_stride: int | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, num_stages=num_stages, filters=filters, stem_stride=stem_stride)

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, with the default of `stem_stride` suited to the size of the pictures."""
        return suit_stem(super().search_space(profile), profile)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return picture_cost(hp, resnet9_work)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the last stage."""
        x = _convolution(as_pictures(self, inputs), filters=hp["filters"], strides=hp["stem_stride"])
        for stage in range(1, hp["num_stages"] + 1):
            filters = hp["filters"] * 2**stage
            x = _convolution(x, filters=filters)
            # Padded: a side of 1 stays 1, and the border of an odd side is not lost.
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
            residual = _convolution(_convolution(x, filters=filters), filters=filters)
            x = keras.layers.Add()([x, residual])
        return x


def _convolution(x: Tensor, *, filters: int, strides: int = 1) -> Tensor:
    x = keras.layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    return normalized(x, activation="relu")
