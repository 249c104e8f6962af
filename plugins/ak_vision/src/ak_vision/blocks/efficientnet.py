"""EfficientNets: networks of inverted residuals, a small one and the published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pictures import normalized
from ak_vision.blocks._pretrainable import PretrainableBlock
from ak_vision.costs import EFFICIENTNET_SQUEEZE, EFFICIENTNET_TOP, efficientnet_work
from ak_vision.pretrained.whole import Pretraining
from ak_vision.spaces import EFFICIENTNET, EFFICIENTNET_NETWORKS

if TYPE_CHECKING:
    from os import PathLike

    from ak_vision.costs import Values, Work
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["EfficientNetBlock"]


class EfficientNetBlock(PretrainableBlock):
    """A network of inverted residuals: a small one, EfficientNet-Lite0, B0 to B7, or an EfficientNetV2.

    An inverted residual widens the feature map, convolves each channel for itself, and narrows it again; the widened
    channels may be weighed by squeeze-excitation. The small network keeps every pixel of a small picture: each stage
    halves it and doubles the filters, except the first. Its accuracy for its number of weights is high, its speed on a
    CPU is not. The published networks are trained from scratch, or from pretrained weights on; a search tries each on
    pictures of at least 2/7 of the size it was published for: 64 pixels for Lite0, B0 and V2-B0, 172 for B7.

    Args:
        version: `"small"`, `"lite0"`, `"b0"` to `"b7"`, `"v2_b0"` to `"v2_b3"`, `"v2_s"`, `"v2_m"` or `"v2_l"`.
        num_stages: How many stages the small network has.
        blocks_per_stage: How many inverted residuals a stage of the small network has.
        filters: Filters of the first stage of the small network.
        expansion: By how much an inverted residual of the small network widens the feature map.
        kernel_size: Side of the small network's depthwise kernels, in pixels.
        squeeze_excitation: Whether the small network weighs channels by what is in the whole picture.
        stem_stride: Stride of the small network's first convolution; by default suited to the size of the pictures.
        pretrained: Whether to start from the published ImageNet weights, which Keras downloads once, and train the
            network as a whole; then only published networks are left, without Lite0 that nobody offers. The block
            scales pixels itself, takes grey and colour pictures only, and enlarges what is smaller than 64 (B0) to 172
            (B7) pixels.
        weights: The path of a local file with such weights, instead of a download: `.weights.h5`, `.keras`, or an `.h5`
            file of `keras.applications`. The network is the one that the file's name begins with, unless `version=`
            says otherwise.
        name: The block's name in the graph, by default `efficientnet`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up. A published network enlarges what is smaller than
        32 pixels.

    Output shape:
        `(batch, smaller height, smaller width, 4 * filters * 2 ** (num_stages - 1))`, never smaller than 1x1; 1,280
        to 2,560 channels from a published network.

    Reference:
        * [EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks](https://arxiv.org/abs/1905.11946)
        * [EfficientNetV2: Smaller Models and Faster Training](https://arxiv.org/abs/2104.00298)
        * [MobileNetV2: Inverted Residuals and Linear Bottlenecks](https://arxiv.org/abs/1801.04381)

    Example:
        ```python
        output = EfficientNetBlock(version="small", squeeze_excitation=True)(ImageInput())
        output = EfficientNetBlock(version="v2_b0", pretrained=True)(ImageInput())
        ```
    """

    base_name = "efficientnet"
    space = EFFICIENTNET
    network_choice = "version"
    networks = EFFICIENTNET_NETWORKS

    def __init__(
        self,
        *,
        version: str | Domain | None = None,
        num_stages: int | Domain | None = None,
        blocks_per_stage: int | Domain | None = None,
        filters: int | Domain | None = None,
        expansion: int | Domain | None = None,
        kernel_size: int | Domain | None = None,
        squeeze_excitation: bool | Domain | None = None,
        stem_stride: int | Domain | None = None,
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        self.pretraining = Pretraining.asked_for("EfficientNetBlock", pretrained=pretrained, weights=weights)
        if self.pretraining is not None:
            version = self.pretraining.argument("version", version, networks=EFFICIENTNET_NETWORKS)
        super().__init__(
            name=name,
            version=version,
            num_stages=num_stages,
            blocks_per_stage=blocks_per_stage,
            filters=filters,
            expansion=expansion,
            kernel_size=kernel_size,
            squeeze_excitation=squeeze_excitation,
            stem_stride=stem_stride,
            pretrained=pretrained,
            weights=weights,
        )

    def small_work(self, values: Values, picture: Work) -> Work:
        """Return the work of the small network on a picture."""
        return efficientnet_work(values, picture)

    def small_features(self, hp: HyperparameterView, pictures: Tensor) -> Tensor:
        """Return the feature map of the small network's last convolution."""
        return _small(hp, pictures)


def _small(hp: HyperparameterView, pictures: Tensor) -> Tensor:
    x = normalized(_convolution(hp["filters"], 3, strides=hp["stem_stride"])(pictures), activation="silu")
    for stage in range(hp["num_stages"]):
        for index in range(hp["blocks_per_stage"]):
            x = _inverted_residual(
                x,
                filters=hp["filters"] * 2**stage,
                strides=2 if stage > 0 and index == 0 else 1,
                expansion=hp["expansion"],
                kernel_size=hp["kernel_size"],
                squeezes=hp["squeeze_excitation"],
            )
    return normalized(_convolution(EFFICIENTNET_TOP * x.shape[-1], 1)(x), activation="silu")


def _inverted_residual(
    inputs: Tensor, *, filters: int, strides: int, expansion: int, kernel_size: int, squeezes: bool
) -> Tensor:
    channels = inputs.shape[-1]
    x = normalized(_convolution(channels * expansion, 1)(inputs), activation="silu")
    x = keras.layers.DepthwiseConv2D(
        kernel_size, strides=strides, padding="same", use_bias=False, depthwise_initializer="he_normal"
    )(x)
    x = normalized(x, activation="silu")
    if squeezes:
        x = _weighed(x, squeezed=max(1, channels // EFFICIENTNET_SQUEEZE))
    x = normalized(_convolution(filters, 1)(x))
    return keras.layers.Add()([inputs, x]) if strides == 1 and channels == filters else x


def _weighed(x: Tensor, *, squeezed: int) -> Tensor:
    """Weigh each channel by a number from 0 to 1 that follows from the means of all channels."""
    weights = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = keras.layers.Conv2D(squeezed, 1, activation="silu", kernel_initializer="he_normal")(weights)
    weights = keras.layers.Conv2D(x.shape[-1], 1, activation="sigmoid")(weights)
    return keras.layers.Multiply()([x, weights])


def _convolution(filters: int, kernel_size: int, *, strides: int = 1) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters, kernel_size, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )
