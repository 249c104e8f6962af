"""Xception: networks of depthwise separable convolutions, a small one and the published one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pictures import normalized
from ak_vision.blocks._pretrainable import PretrainableBlock
from ak_vision.costs import MOST_FILTERS, XCEPTION_MIDDLE_LAYERS, xception_work
from ak_vision.pretrained.whole import Pretraining
from ak_vision.spaces import XCEPTION, XCEPTION_NETWORKS

if TYPE_CHECKING:
    from os import PathLike

    from ak_vision.costs import Values, Work
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["XceptionBlock"]


class XceptionBlock(PretrainableBlock):
    """A residual network of depthwise separable convolutions: a small one, or Xception as published.

    The small one has Xception's three parts. In the entry each block halves the picture and doubles the filters (up to
    512); in the middle blocks of three convolutions keep both; the exit doubles the filters once more. Separable
    convolutions have few weights and need few multiplications, but on a CPU take longer than those suggest. Xception
    itself, of `keras.applications`, is trained from scratch, or from pretrained weights on; a search tries it on
    pictures of 86 pixels and more.

    Args:
        architecture: `"small"` or `"full"`.
        num_blocks: How many blocks the entry of the small network has.
        middle_blocks: How many blocks the middle of the small network has.
        filters: Filters of the small network's first block.
        stem_stride: Stride of the small network's first convolution; by default suited to the size of the pictures.
        pretrained: Whether to start from the published ImageNet weights, which Keras downloads once, and train the
            network as a whole; then only published networks are left. The block scales pixels itself, takes
            grey and colour pictures only, and enlarges what is smaller than 86 pixels.
        weights: The path of a local file with such weights, instead of a download: `.weights.h5`, `.keras`, or an `.h5`
            file of `keras.applications`. The network is the one that the file's name begins with, unless `architecture=`
            says otherwise.
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
        output = XceptionBlock(pretrained=True)(ImageInput())
        ```
    """

    base_name = "xception"
    space = XCEPTION
    network_choice = "architecture"
    networks = XCEPTION_NETWORKS

    def __init__(
        self,
        *,
        architecture: str | Domain | None = None,
        num_blocks: int | Domain | None = None,
        middle_blocks: int | Domain | None = None,
        filters: int | Domain | None = None,
        stem_stride: int | Domain | None = None,
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        self.pretraining = Pretraining.asked_for("XceptionBlock", pretrained=pretrained, weights=weights)
        if self.pretraining is not None:
            architecture = self.pretraining.argument("architecture", architecture, networks=XCEPTION_NETWORKS)
        super().__init__(
            name=name,
            architecture=architecture,
            num_blocks=num_blocks,
            middle_blocks=middle_blocks,
            filters=filters,
            stem_stride=stem_stride,
            pretrained=pretrained,
            weights=weights,
        )

    def small_work(self, values: Values, picture: Work) -> Work:
        """Return the work of the small network on a picture."""
        return xception_work(values, picture)

    def small_features(self, hp: HyperparameterView, pictures: Tensor) -> Tensor:
        """Return the feature map of the small network's last convolution."""
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
        filters = min(hp["filters"] * 2**index, MOST_FILTERS)
        x = _entry_block(x, filters=filters, has_activation=index > 0)
    for _ in range(hp["middle_blocks"]):
        x = _middle_block(x)
    return normalized(_separable(min(2 * filters, 2 * MOST_FILTERS))(x), activation="relu")


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
    for index in range(XCEPTION_MIDDLE_LAYERS):
        is_last = index == XCEPTION_MIDDLE_LAYERS - 1
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
