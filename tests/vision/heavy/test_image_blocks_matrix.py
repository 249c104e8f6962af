"""Every image block on every kind of picture: any size, grey, RGB or four channels, float32 and mixed precision.

The small networks meet every size with every number of channels, and each of these in both precisions. The published ones
take seconds to build: each family has its turn on pictures that are smaller than it takes, and on pictures that are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import (
    ConvBlock,
    ConvNeXtBlock,
    EfficientNetBlock,
    ImageAugmentation,
    ImageBlock,
    MobileNetBlock,
    ResNet9Block,
    ResNetBlock,
    XceptionBlock,
)
from autokeras_core import Block
from autokeras_core.graph.view import HyperparameterView

Array = np.ndarray[Any, Any]

SIZES = [(3, 3), (8, 8), (28, 28), (33, 47), (96, 96)]
CHANNELS = [1, 3, 4]
POLICIES = ["float32", "mixed_float16"]
PICTURES = [  # the policies as on a chessboard
    pytest.param(size, channels, policy, id=f"{size[0]}x{size[1]}x{channels}-{policy}")
    for row, size in enumerate(SIZES)
    for column, channels in enumerate(CHANNELS)
    for policy in [POLICIES[(row + column) % 2]]
]
SMALL = {
    "conv": ConvBlock(filters=16),
    "resnet-v1": ResNetBlock(version="v1", num_stages=2),
    "resnet-v2": ResNetBlock(version="v2", num_stages=2),
    "resnet9": ResNet9Block(num_stages=2, filters=16),
    "xception": XceptionBlock(num_blocks=2, filters=16),
    "efficientnet": EfficientNetBlock(num_stages=2, expansion=2, squeeze_excitation=True),
    "convnext": ConvNeXtBlock(num_stages=2, blocks_per_stage=1, filters=16, stochastic_depth=0.2),
    "image": ImageBlock(block_type="conv", augment=True, flips="both"),
    "augmentation": ImageAugmentation(
        contrast=0.3, brightness=0.3, erasing=0.5, policy="randaugment", horizontal_flip=True
    ),
}
LARGE = {
    "resnet50": (ResNetBlock(architecture="resnet50", version="v1"), 2048),
    "resnet50-v2": (ResNetBlock(architecture="resnet50", version="v2"), 2048),
    "xception": (XceptionBlock(architecture="full"), 2048),
    "convnext-tiny": (ConvNeXtBlock(version="tiny"), 768),
    "efficientnet-lite0": (EfficientNetBlock(version="lite0"), 1280),
    "efficientnet-b0": (EfficientNetBlock(version="b0"), 1280),
    "efficientnet-v2-b0": (EfficientNetBlock(version="v2_b0"), 1280),
    "mobilenet-small": (MobileNetBlock(version="small"), 576),
    "mobilenet-large": (MobileNetBlock(version="large"), 960),
}


@pytest.fixture(autouse=True)
def _policy(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set the precision that a test names, and put the old one back."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.node.callspec.params.get("policy", "float32"))
    yield
    keras.config.set_dtype_policy(before)


def build(block: Block, shape: tuple[int, ...]) -> keras.Model:
    """Return a block at its defaults as a model."""
    keras.utils.clear_session(free_memory=False)  # names anew; collecting garbage takes longer than most blocks
    inputs = keras.Input(shape)
    view = HyperparameterView(values=block.search_space().defaults(), seed=7)
    return keras.Model(inputs, block.build(view, inputs))


def standardised(rows: int, shape: tuple[int, ...]) -> Array:
    """Return random pictures as the image block hands them on."""
    return np.random.default_rng(0).normal(size=(rows, *shape)).astype("float32")


def check_life(features: keras.Model, folder: Path) -> None:
    """Train on a batch of 1, look at the features of a larger one, then save, load and predict."""
    shape = features.input_shape[1:]
    pooled = keras.layers.GlobalAveragePooling2D()(features.output)
    model = keras.Model(features.input, keras.layers.Dense(2, activation="softmax", dtype="float32")(pooled))
    # Clipped: over a batch of 1 and a feature map of two pixels batch normalization has huge gradients.
    optimizer = keras.optimizers.SGD(1e-2, global_clipnorm=1.0)
    model.compile(optimizer, "categorical_crossentropy", run_eagerly=True, jit_compile=False)
    before = [weight.copy() for weight in model.get_weights()]
    pictures = standardised(4, shape)

    loss = model.train_on_batch(pictures[:1], np.eye(2)[[0]])
    outputs = [call(features, pictures, training=True), call(features, pictures)]
    model.save(folder / "model.keras", include_optimizer=False)
    loaded = keras.models.load_model(folder / "model.keras", safe_mode=True)

    assert np.isfinite(loss)
    assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))
    assert all(np.isfinite(numbers).all() for numbers in (*model.get_weights(), *outputs))
    np.testing.assert_allclose(call(loaded, pictures), call(model, pictures), atol=1e-6)


def call(model: keras.Model, pictures: Array, *, training: bool = False) -> Array:
    """Return what a model makes of pictures, without tracing a graph for it."""
    return keras.ops.convert_to_numpy(keras.ops.cast(model(pictures, training=training), "float32"))


@pytest.mark.parametrize(("size", "channels", "policy"), PICTURES)
@pytest.mark.parametrize("name", SMALL)
def test_a_small_network_lives_on_any_picture(
    name: str, size: tuple[int, int], channels: int, policy: str, tmp_path: Path
) -> None:
    """It trains on a single picture, its numbers are finite, and the reloaded model predicts the same."""
    check_life(build(SMALL[name], (*size, channels)), tmp_path)


@pytest.mark.parametrize(
    ("size", "channels", "policy"),
    [((5, 40), 4, "float32"), ((33, 47), 1, "mixed_float16")],
    ids=["5x40x4-float32", "33x47x1-mixed"],
)
@pytest.mark.parametrize("name", LARGE)
def test_a_published_network_lives_on_any_picture(
    name: str, size: tuple[int, int], channels: int, policy: str, tmp_path: Path
) -> None:
    """So does each family of published networks, with as many features as it has for its published weights."""
    block, filters = LARGE[name]

    features = build(block, (*size, channels))

    assert features.output_shape[-1] == filters
    check_life(features, tmp_path)
