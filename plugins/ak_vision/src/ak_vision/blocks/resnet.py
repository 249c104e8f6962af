"""Residual networks: small ones for small pictures, and the published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pictures import normalized
from ak_vision.blocks._pretrainable import PretrainableBlock
from ak_vision.costs import resnet_work
from ak_vision.pretrained.whole import Pretraining
from ak_vision.spaces import RESNET, RESNET_NETWORKS

if TYPE_CHECKING:
    from os import PathLike

    from ak_vision.costs import Values, Work
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["ResNetBlock"]


class ResNetBlock(PretrainableBlock):
    """A residual network: a small one with a small stem, or a ResNet50, 101 or 152.

    The small one is built as for CIFAR: no pixel of a small picture is thrown away at the start. Each stage halves the
    picture and doubles the filters, except the first. The depth is `2 * num_stages * blocks_per_stage + 2` layers with
    the head: 8 at the defaults, 20 with three blocks a stage. The others are those of `keras.applications`, trained
    from scratch, or from pretrained weights on; a search tries them on pictures of 64 pixels and more.

    Args:
        architecture: `"small"`, `"resnet50"`, `"resnet101"` or `"resnet152"`.
        version: `"v1"` (He et al. 2015) or `"v2"`, with the activation before the convolution (He et al. 2016).
        num_stages: How many stages the small network has.
        blocks_per_stage: How many residual blocks of two convolutions a stage of the small network has.
        filters: Filters of the first stage of the small network.
        stem_stride: Stride of the small network's first convolution; by default suited to the size of the pictures.
        pretrained: Whether to start from the published ImageNet weights, which Keras downloads once, and train the
            network as a whole; then only published networks are left. The block scales pixels itself, takes
            grey and colour pictures only, and enlarges what is smaller than 64 pixels.
        weights: The path of a local file with such weights, instead of a download: `.weights.h5`, `.keras`, or an `.h5`
            file of `keras.applications`. The network is the one that the file's name begins with, unless `architecture=`
            and `version=` say otherwise.
        name: The block's name in the graph, by default `resnet`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up. A large architecture enlarges what is smaller than
        32 pixels.

    Output shape:
        `(batch, smaller height, smaller width, filters * 2 ** (num_stages - 1))`, never smaller than 1x1; 2,048
        channels from a large architecture.

    Reference:
        * [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385)
        * [Identity Mappings in Deep Residual Networks](https://arxiv.org/abs/1603.05027)

    Example:
        ```python
        output = ResNetBlock(version="v2", filters=32)(ImageInput())
        output = ResNetBlock(weights="models/resnet50_v2.weights.h5")(ImageInput())
        ```
    """

    base_name = "resnet"
    space = RESNET
    network_choice = "architecture"
    networks = RESNET_NETWORKS

    def __init__(
        self,
        *,
        architecture: str | Domain | None = None,
        version: str | Domain | None = None,
        num_stages: int | Domain | None = None,
        blocks_per_stage: int | Domain | None = None,
        filters: int | Domain | None = None,
        stem_stride: int | Domain | None = None,
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        self.pretraining = Pretraining.asked_for("ResNetBlock", pretrained=pretrained, weights=weights)
        if self.pretraining is not None:
            architecture, version = _pretrained_arguments(self.pretraining, architecture, version)
        super().__init__(
            name=name,
            architecture=architecture,
            version=version,
            num_stages=num_stages,
            blocks_per_stage=blocks_per_stage,
            filters=filters,
            stem_stride=stem_stride,
            pretrained=pretrained,
            weights=weights,
        )

    def published(self, hp: HyperparameterView) -> str | None:
        """Return the published network of a configuration, of which there are two versions; `None` for the small one."""
        name = super().published(hp)
        return f"{name}_v2" if name is not None and hp["version"] == "v2" else name

    def small_work(self, values: Values, picture: Work) -> Work:
        """Return the work of the small network on a picture."""
        return resnet_work(values, picture)

    def small_features(self, hp: HyperparameterView, pictures: Tensor) -> Tensor:
        """Return the feature map of the small network's last stage."""
        return _small(hp, pictures, is_v2=hp["version"] == "v2")


def _pretrained_arguments(
    pretraining: Pretraining, architecture: str | Domain | None, version: str | Domain | None
) -> tuple[str | Domain | None, str | Domain | None]:
    """Return both arguments that name the network, where a file is given as its name says."""
    found = pretraining.network_of_file
    if architecture is None and found is not None and found.removesuffix("_v2") in RESNET_NETWORKS:
        architecture = found.removesuffix("_v2")
    architecture = pretraining.argument("architecture", architecture, networks=RESNET_NETWORKS)
    if not isinstance(architecture, str):
        return architecture, version  # to be downloaded: there are both versions of each
    networks = {"v1": architecture, "v2": f"{architecture}_v2"}
    return architecture, pretraining.argument("version", version, networks=networks)


def _small(hp: HyperparameterView, pictures: Tensor, *, is_v2: bool) -> Tensor:
    x = _convolution(hp["filters"], strides=hp["stem_stride"])(pictures)
    if not is_v2:
        x = _normalized_relu(x)
    for stage in range(hp["num_stages"]):
        for index in range(hp["blocks_per_stage"]):
            strides = 2 if stage > 0 and index == 0 else 1
            residual = _residual_v2 if is_v2 else _residual_v1
            x = residual(x, filters=hp["filters"] * 2**stage, strides=strides)
    return _normalized_relu(x) if is_v2 else x


def _residual_v1(inputs: Tensor, *, filters: int, strides: int) -> Tensor:
    x = _normalized_relu(_convolution(filters, strides=strides)(inputs))
    x = _convolution(filters)(x)
    # The block starts as the identity: deep networks then learn from the first step (Goyal et al. 2017, 5.1).
    x = normalized(x, starts_at_zero=True)
    shortcut = inputs
    if strides > 1 or inputs.shape[-1] != filters:
        shortcut = normalized(_projection(filters, strides=strides)(inputs))
    return keras.layers.ReLU()(keras.layers.Add()([shortcut, x]))


def _residual_v2(inputs: Tensor, *, filters: int, strides: int) -> Tensor:
    activated = _normalized_relu(inputs)
    x = _normalized_relu(_convolution(filters, strides=strides)(activated))
    x = _convolution(filters)(x)
    shortcut = inputs
    if strides > 1 or inputs.shape[-1] != filters:
        shortcut = _projection(filters, strides=strides)(activated)
    return keras.layers.Add()([shortcut, x])


def _normalized_relu(x: Tensor) -> Tensor:
    return keras.layers.ReLU()(normalized(x))


def _convolution(filters: int, *, strides: int = 1) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )


def _projection(filters: int, *, strides: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, 1, strides=strides, use_bias=False, kernel_initializer="he_normal")
