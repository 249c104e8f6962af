"""ConvNeXt: convolutions arranged like a transformer, a small one and the published one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pretrainable import PretrainableBlock
from ak_vision.costs import CONVNEXT_EXPANSION, convnext_work
from ak_vision.pretrained.whole import Pretraining
from ak_vision.spaces import CONVNEXT, CONVNEXT_NETWORKS, PATCH_SIDES
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from os import PathLike

    from ak_vision.costs import Values, Work
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["ConvNeXtBlock"]

_EPSILON = 1e-6
# What a residual is scaled by at first. The paper's 1e-6 is for many epochs of deep networks; networks of up to 18 blocks
# start at 0.1 (Touvron et al.: Going Deeper with Image Transformers, 2021, section 2).
_LAYER_SCALE = 0.1


class ConvNeXtBlock(PretrainableBlock):
    """A ConvNeXt: a small one, or ConvNeXt-Tiny as published.

    The first convolution cuts the picture into patches. Each block convolves every channel for itself with a large
    kernel, then widens and narrows the channels by two layers at each pixel; what it adds is scaled channel by channel,
    and left out for some pictures while training (stochastic depth). Layers are normalized within one pixel, not over the
    batch, so batches may be as small as one picture, and predictions are computed as training is. The small network has
    the proportions of ConvNeXt-Atto, three stages in place of four, and fewer channels. It wants more epochs than a
    residual network, and AdamW.

    Args:
        version: `"small"`, or `"tiny"`, of `keras.applications` with 28 million weights; a search tries that one on
            pictures of 64 pixels and more.
        num_stages: How many stages the small network has; each halves the picture, except the first.
        blocks_per_stage: How many blocks a stage of the small network has.
        filters: Filters of the first stage of the small network; each further stage doubles them.
        kernel_size: Side of the small network's depthwise kernels, in pixels.
        stochastic_depth: The share of pictures for which the small network's last block is left out in a training step;
            for earlier ones it is smaller.
        stem_stride: Side of the small network's patches; at 1 it begins with a 3x3 convolution. By default suited to
            the size of the pictures: 1 up to 16 pixels, 2 up to 48, else 4.
        pretrained: Whether to start from the published ImageNet weights, which Keras downloads once, and train the
            network as a whole; then only `"tiny"` is left. The block scales pixels itself, takes grey and colour
            pictures only, and enlarges what is smaller than 64 pixels.
        weights: The path of a local file with such weights, instead of a download: `.weights.h5`, `.keras`, or an `.h5`
            file of `keras.applications`. The network is the one that the file's name begins with, unless `version=`
            says otherwise.
        name: The block's name in the graph, by default `convnext`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up. The published network enlarges what is smaller than
        32 pixels.

    Output shape:
        `(batch, smaller height, smaller width, filters * 2 ** (num_stages - 1))`, never smaller than 1x1; 768 channels
        from the published network.

    Reference:
        * [A ConvNet for the 2020s](https://arxiv.org/abs/2201.03545)
        * [ConvNeXt V2](https://arxiv.org/abs/2301.00808), whose Atto and Femto are the smallest of their kind
        * [Deep Networks with Stochastic Depth](https://arxiv.org/abs/1603.09382)

    Example:
        ```python
        output = ConvNeXtBlock(filters=40, stochastic_depth=0.1)(ImageInput())
        ```
    """

    base_name = "convnext"
    space = CONVNEXT
    network_choice = "version"
    networks = CONVNEXT_NETWORKS
    stem_sides = PATCH_SIDES

    def __init__(
        self,
        *,
        version: str | Domain | None = None,
        num_stages: int | Domain | None = None,
        blocks_per_stage: int | Domain | None = None,
        filters: int | Domain | None = None,
        kernel_size: int | Domain | None = None,
        stochastic_depth: float | Domain | None = None,
        stem_stride: int | Domain | None = None,
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        self.pretraining = Pretraining.asked_for("ConvNeXtBlock", pretrained=pretrained, weights=weights)
        if self.pretraining is not None:
            version = self.pretraining.argument("version", version, networks=CONVNEXT_NETWORKS)
        super().__init__(
            name=name,
            version=version,
            num_stages=num_stages,
            blocks_per_stage=blocks_per_stage,
            filters=filters,
            kernel_size=kernel_size,
            stochastic_depth=stochastic_depth,
            stem_stride=stem_stride,
            pretrained=pretrained,
            weights=weights,
        )

    def small_work(self, values: Values, picture: Work) -> Work:
        """Return the work of the small network on a picture."""
        return convnext_work(values, picture)

    def small_features(self, hp: HyperparameterView, pictures: Tensor) -> Tensor:
        """Return the feature map of the small network's last block, normalized."""
        return _small(hp, pictures)


def _small(hp: HyperparameterView, pictures: Tensor) -> Tensor:
    stride = hp["stem_stride"]
    x = _normalized(_convolution(hp["filters"], stride if stride > 1 else 3, strides=stride)(pictures))
    blocks = hp["num_stages"] * hp["blocks_per_stage"]
    for index in range(blocks):
        if index > 0 and index % hp["blocks_per_stage"] == 0:
            x = _convolution(2 * x.shape[-1], 2, strides=2)(_normalized(x))
        x = _block(
            x,
            kernel_size=hp["kernel_size"],
            left_out=hp["stochastic_depth"] * (index + 1) / blocks,
            seed=layer_seed(hp.seed, index),
        )
    return _normalized(x)


def _block(inputs: Tensor, *, kernel_size: int, left_out: float, seed: int | None) -> Tensor:
    filters = inputs.shape[-1]
    x = keras.layers.DepthwiseConv2D(kernel_size, padding="same")(inputs)
    x = _convolution(CONVNEXT_EXPANSION * filters, 1)(_normalized(x))
    x = _convolution(filters, 1)(keras.layers.Activation("gelu")(x))
    # One number for each channel. An EinsumDense would do as well, and takes a hundred times as long on a CPU.
    scale = keras.layers.DepthwiseConv2D(
        1, use_bias=False, depthwise_initializer=keras.initializers.Constant(_LAYER_SCALE)
    )
    x = scale(x)
    if left_out > 0:
        x = keras.layers.Dropout(left_out, noise_shape=(None, 1, 1, 1), seed=seed)(x)
    return keras.layers.Add()([inputs, x])


def _normalized(x: Tensor) -> Tensor:
    return keras.layers.LayerNormalization(epsilon=_EPSILON)(x)


def _convolution(filters: int, kernel_size: int, *, strides: int = 1) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, kernel_size, strides=strides, padding="same")
