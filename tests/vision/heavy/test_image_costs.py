"""What the cost model counts is what the blocks build, and its order is that of the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import (
    ConvBlock,
    ConvNeXtBlock,
    EfficientNetBlock,
    ImageBlock,
    ImageInput,
    ResNet9Block,
    ResNetBlock,
    XceptionBlock,
)
from ak_vision.costs import (
    Work,
    conv_work,
    convnext_work,
    efficientnet_work,
    published_cost,
    resnet9_work,
    resnet_work,
    xception_work,
)
from ak_vision.networks import NETWORKS
from autokeras_core import Block
from autokeras_core.data.profile import DataProfile
from autokeras_core.graph.view import HyperparameterView

CASES: dict[str, tuple[Block, Callable[[Any, Work], Work]]] = {
    "conv": (ConvBlock(num_blocks=3, num_layers=2), conv_work),
    "conv-separable-strided": (ConvBlock(separable=True, max_pooling=False, stem_stride=2), conv_work),
    "convnext": (ConvNeXtBlock(), convnext_work),
    "convnext-patches": (ConvNeXtBlock(num_stages=2, kernel_size=5, stem_stride=4), convnext_work),
    "resnet-v1": (ResNetBlock(version="v1", blocks_per_stage=2), resnet_work),
    "resnet-v2": (ResNetBlock(version="v2", stem_stride=2), resnet_work),
    "resnet9": (ResNet9Block(num_stages=3), resnet9_work),
    "xception": (XceptionBlock(num_blocks=2, filters=16), xception_work),
    "efficientnet": (EfficientNetBlock(num_stages=2, expansion=2), efficientnet_work),
    "efficientnet-squeezing": (EfficientNetBlock(num_stages=2, squeeze_excitation=True), efficientnet_work),
}


def counted_in(model: keras.Model) -> tuple[int, int]:
    """Return the multiply-adds of all convolutions of a model: of ordinary ones, and of depthwise ones."""
    ordinary = depthwise = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.SeparableConv2D):
            pixels = int(np.prod(layer.output.shape[1:3]))
            depthwise += pixels * int(np.prod(layer.depthwise_kernel.shape))
            ordinary += pixels * int(np.prod(layer.pointwise_kernel.shape))
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            depthwise += int(np.prod(layer.output.shape[1:3])) * int(np.prod(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Conv2D):
            ordinary += int(np.prod(layer.output.shape[1:3])) * int(np.prod(layer.kernel.shape))
    return ordinary, depthwise


@pytest.mark.parametrize("shape", [(28, 28, 1), (33, 47, 3)], ids=["28x28", "33x47"])
@pytest.mark.parametrize("name", CASES)
def test_the_count_is_that_of_the_layers(name: str, shape: tuple[int, int, int]) -> None:
    """No layer that a block builds is forgotten, and none is counted that it does not build."""
    block, count = CASES[name]
    values = block.search_space().defaults()
    inputs = keras.Input(shape)
    model = keras.Model(inputs, block.build(HyperparameterView(values=values), inputs))

    work = count(values, Work(*shape))

    assert (work.multiply_adds, work.depthwise) == counted_in(model)
    assert (work.height, work.width, work.channels) == model.output.shape[1:]


def test_every_published_network_has_a_cost() -> None:
    """A network without one would count as free, and be tried first."""
    costs = {name: published_cost(name, height=224, width=224) for name in NETWORKS}

    assert min(costs.values()) > 0
    assert costs["resnet50"] < costs["resnet101"] < costs["resnet152"]
    assert costs["efficientnet_b0"] < costs["efficientnet_b4"] < costs["efficientnet_b7"]


def test_a_network_is_cheaper_on_smaller_pictures() -> None:
    """The cost follows the picture's size, until the network enlarges it."""
    sides = [224, 112, 32, 8]

    costs = [published_cost("resnet50", height=side, width=side) for side in sides]

    assert costs[0] > costs[1] > costs[2] == costs[3]


def test_the_image_block_costs_what_its_candidate_does() -> None:
    """The choice itself is free."""
    pictures = np.zeros((4, 28, 28), "uint8")
    pictures[0] = 255
    profile = DataProfile(rows=4, inputs={"image": ImageInput().analyse(pictures, name="image")}, targets={})
    block = ImageBlock(block_type="resnet9")
    values = block.search_space(profile).defaults()

    cost = block.cost(HyperparameterView(values=values, profile=profile))

    assert cost == resnet9_work({"filters": 16, "num_stages": 3, "stem_stride": 1}, Work(28, 28, 1)).cost


def test_without_pictures_nothing_is_known() -> None:
    """A block behind another kind of input does not guess."""
    block = ConvBlock()

    assert block.cost(HyperparameterView(values=block.search_space().defaults())) is None
