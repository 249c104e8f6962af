"""Xception: networks of depthwise separable convolutions, a small one and the published one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._applications import features_from_scratch
from ak_vision.blocks._pictures import as_pictures, normalized
from ak_vision.costs import picture_cost, xception_work
from ak_vision.spaces import XCEPTION, XCEPTION_NETWORKS, suit_networks, suit_stem
from autokeras_core import Block, Space

if TYPE_CHECKING:
    from ak_vision.blocks._arguments import TunedInt, TunedText
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["XceptionBlock"]

_MOST_FILTERS = 512
_LAYERS_OF_A_MIDDLE_BLOCK = 3


class XceptionBlock(Block):
    """A residual network of depthwise separable convolutions: a small one, or Xception as published.

    The small one has Xception's three parts. In the entry each block halves the picture and doubles the filters (up to
    512); in the middle blocks of three convolutions keep both; the exit doubles the filters once more. Separable
    convolutions have few weights and need few multiplications, but on a CPU take longer than those suggest. Xception
    itself, of `keras.applications`, is trained from scratch; a search tries it on pictures of 86 pixels and more.

    Args:
        architecture: `"small"` or `"full"`.
        num_blocks: How many blocks the entry of the small network has.
        middle_blocks: How many blocks the middle of the small network has.
        filters: Filters of the small network's first block.
        stem_stride: Stride of the small network's first convolution; by default suited to the size of the pictures.
        name: The block's name in the graph, by default `xception`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up. The full architecture enlarges what is smaller than
        71 pixels.

    Output shape:
        `(batch, smaller height, smaller width, filters * 2 ** num_blocks)`, never smaller than 1x1; 2,048 channels
        from the full architecture.

    Reference:
        * [Xception: Deep Learning with Depthwise Separable Convolutions](https://arxiv.org/abs/1610.02357)

    Example:
        ```python
        output = XceptionBlock(num_blocks=3, filters=32)(ImageInput())
        ```
    """

    base_name = "xception"
    space = XCEPTION

    def __init__(
        self,
        *,
        architecture: TunedText = None,
        num_blocks: TunedInt = None,
        middle_blocks: TunedInt = None,
        filters: TunedInt = None,
        stem_stride: TunedInt = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            architecture=architecture,
            num_blocks=num_blocks,
            middle_blocks=middle_blocks,
            filters=filters,
            stem_stride=stem_stride,
        )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, with `architecture` and the default of `stem_stride` suited to the size of the pictures."""
        space = suit_stem(super().search_space(profile), profile)
        return suit_networks(
            space, profile, hyperparameter="architecture", networks=XCEPTION_NETWORKS, declared=self.space
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return picture_cost(hp, xception_work, published=XCEPTION_NETWORKS.get(hp["architecture"]))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the last convolution."""
        pictures = as_pictures(self, inputs)
        if hp["architecture"] != "small":
            return features_from_scratch(XCEPTION_NETWORKS[hp["architecture"]], pictures)
        return _small(hp, pictures)


def _small(hp: HyperparameterView, pictures: Tensor) -> Tensor:
    x = keras.layers.Conv2D(
        hp["filters"],
        3,
        strides=hp["stem_stride"],
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(pictures)
    x = normalized(x, activation="relu")
    filters = hp["filters"]
    for index in range(hp["num_blocks"]):
        filters = min(hp["filters"] * 2**index, _MOST_FILTERS)
        x = _entry_block(x, filters=filters, has_activation=index > 0)
    for _ in range(hp["middle_blocks"]):
        x = _middle_block(x)
    return normalized(_separable(min(2 * filters, 2 * _MOST_FILTERS))(x), activation="relu")


def _entry_block(inputs: Tensor, *, filters: int, has_activation: bool) -> Tensor:
    """Halve the picture; the stem has an activation already, so the first block begins without one."""
    x = keras.layers.Activation("relu")(inputs) if has_activation else inputs
    x = normalized(_separable(filters)(x), activation="relu")
    x = normalized(_separable(filters)(x))
    # Padded: a side of 1 stays 1, and the border of an odd side is not lost.
    x = keras.layers.MaxPooling2D(3, strides=2, padding="same")(x)
    shortcut = keras.layers.Conv2D(filters, 1, strides=2, use_bias=False, kernel_initializer="he_normal")(inputs)
    return keras.layers.Add()([normalized(shortcut), x])


def _middle_block(inputs: Tensor) -> Tensor:
    x = inputs
    for index in range(_LAYERS_OF_A_MIDDLE_BLOCK):
        is_last = index == _LAYERS_OF_A_MIDDLE_BLOCK - 1
        x = _separable(inputs.shape[-1])(keras.layers.Activation("relu")(x))
        x = normalized(x, starts_at_zero=is_last)
    return keras.layers.Add()([inputs, x])


def _separable(filters: int) -> keras.layers.Layer:
    return keras.layers.SeparableConv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        depthwise_initializer="he_normal",
        pointwise_initializer="he_normal",
    )
