"""A plain convolutional network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pictures import as_pictures, normalized
from ak_vision.costs import MOST_FILTERS, conv_work, picture_cost
from ak_vision.spaces import CONV, suit_stem
from autokeras_core import Block, Space
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, Domain, HyperparameterView, Tensor

__all__ = ["ConvBlock"]


class ConvBlock(Block):
    """Blocks of convolutions, each of which halves the picture and doubles the number of filters (up to 512).

    Args:
        num_blocks: How many blocks.
        num_layers: How many convolutions a block has.
        filters: Filters of the first block.
        kernel_size: Side of the kernels, in pixels.
        stem_stride: Stride of the very first convolution; by default suited to the size of the pictures.
        separable: Whether convolutions are depthwise separable: fewer weights, less accurate on small data.
        max_pooling: Whether a block halves the picture by max pooling, or by the stride of its last convolution.
        use_batch_norm: Whether each convolution is followed by batch normalization.
        dropout: The share of values that is dropped after each block.
        name: The block's name in the graph, by default `conv`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up.

    Output shape:
        `(batch, smaller height, smaller width, filters)`, never smaller than 1x1.

    Example:
        ```python
        output = ConvBlock(filters=64, kernel_size=Choice([3, 5]))(ImageInput())
        ```
    """

    base_name = "conv"
    space = CONV

    def __init__(
        self,
        *,
        num_blocks: int | Domain | None = None,
        num_layers: int | Domain | None = None,
        filters: int | Domain | None = None,
        kernel_size: int | Domain | None = None,
        stem_stride: int | Domain | None = None,
        separable: bool | Domain | None = None,
        max_pooling: bool | Domain | None = None,
        use_batch_norm: bool | Domain | None = None,
        dropout: float | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            num_blocks=num_blocks,
            num_layers=num_layers,
            filters=filters,
            kernel_size=kernel_size,
            stem_stride=stem_stride,
            separable=separable,
            max_pooling=max_pooling,
            use_batch_norm=use_batch_norm,
            dropout=dropout,
        )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, with the default of `stem_stride` suited to the size of the pictures."""
        return suit_stem(super().search_space(profile), profile)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return picture_cost(hp, conv_work)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the last block."""
        x = as_pictures(self, inputs)
        for index in range(hp["num_blocks"]):
            filters = min(hp["filters"] * 2**index, MOST_FILTERS)
            for layer in range(hp["num_layers"]):
                strides = hp["stem_stride"] if index == layer == 0 else 1
                if layer == hp["num_layers"] - 1 and not hp["max_pooling"]:
                    strides *= 2
                x = _convolution(hp, filters=filters, strides=strides)(x)
                if hp["use_batch_norm"]:
                    x = normalized(x)
                x = keras.layers.ReLU()(x)
            if hp["max_pooling"]:
                # Padded: a side of 1 stays 1, and the border of an odd side is not lost.
                x = keras.layers.MaxPooling2D(2, padding="same")(x)
            if hp["dropout"] > 0:
                x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, index))(x)
        return x


def _convolution(hp: HyperparameterView, *, filters: int, strides: int) -> keras.layers.Layer:
    """Return one convolution; the normalization behind it brings its own bias."""
    kind = keras.layers.SeparableConv2D if hp["separable"] else keras.layers.Conv2D
    return kind(filters, hp["kernel_size"], strides=strides, padding="same", use_bias=not hp["use_batch_norm"])
