"""Residual networks: small ones for small pictures, and the published ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._applications import features_from_scratch
from ak_vision.blocks._pictures import MOMENTUM, as_pictures
from ak_vision.costs import picture_cost, resnet_work
from ak_vision.spaces import RESNET, RESNET_NETWORKS, suit_networks, suit_stem
from autokeras_core import Block, Space

if TYPE_CHECKING:
    from ak_vision.blocks._arguments import TunedInt, TunedText
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["ResNetBlock"]


class ResNetBlock(Block):
    """A residual network: a small one with a small stem, or a ResNet50, 101 or 152.

    The small one is built as for CIFAR: no pixel of a small picture is thrown away at the start. Each stage halves the
    picture and doubles the filters, except the first. The depth is `2 * num_stages * blocks_per_stage + 2` layers with
    the head: 8 at the defaults, 20 with three blocks a stage. The others are those of `keras.applications`, trained
    from scratch; a search tries them on pictures of 64 pixels and more.

    Args:
        architecture: `"small"`, `"resnet50"`, `"resnet101"` or `"resnet152"`.
        version: `"v1"` (He et al. 2015) or `"v2"`, with the activation before the convolution (He et al. 2016).
        num_stages: How many stages the small network has.
        blocks_per_stage: How many residual blocks of two convolutions a stage of the small network has.
        filters: Filters of the first stage of the small network.
        stem_stride: Stride of the small network's first convolution; by default suited to the size of the pictures.
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
        ```
    """

    base_name = "resnet"
    space = RESNET

    def __init__(
        self,
        *,
        architecture: TunedText = None,
        version: TunedText = None,
        num_stages: TunedInt = None,
        blocks_per_stage: TunedInt = None,
        filters: TunedInt = None,
        stem_stride: TunedInt = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            architecture=architecture,
            version=version,
            num_stages=num_stages,
            blocks_per_stage=blocks_per_stage,
            filters=filters,
            stem_stride=stem_stride,
        )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, with `architecture` and the default of `stem_stride` suited to the size of the pictures."""
        space = suit_stem(super().search_space(profile), profile)
        return suit_networks(
            space, profile, hyperparameter="architecture", networks=RESNET_NETWORKS, declared=self.space
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return picture_cost(hp, resnet_work, published=_published(hp))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the last stage."""
        pictures = as_pictures(self, inputs)
        published = _published(hp)
        if published is not None:
            return features_from_scratch(published, pictures)
        return _small(hp, pictures, is_v2=hp["version"] == "v2")


def _published(hp: HyperparameterView) -> str | None:
    """Return the published network that a configuration names, or `None` for the small one."""
    if hp["architecture"] == "small":
        return None
    return RESNET_NETWORKS[hp["architecture"]] + ("_v2" if hp["version"] == "v2" else "")


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
    x = keras.layers.BatchNormalization(momentum=MOMENTUM, gamma_initializer="zeros")(x)
    shortcut = inputs
    if strides > 1 or inputs.shape[-1] != filters:
        shortcut = keras.layers.BatchNormalization(momentum=MOMENTUM)(_projection(filters, strides=strides)(inputs))
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
    return keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=MOMENTUM)(x))


def _convolution(filters: int, *, strides: int = 1) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )


def _projection(filters: int, *, strides: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(filters, 1, strides=strides, use_bias=False, kernel_initializer="he_normal")
