"""The image blocks and preprocessors keep the contract that the public kit checks."""

from __future__ import annotations

import numpy as np
import pytest

from ak_vision import (
    AddChannel,
    ChannelsLast,
    ConvBlock,
    ConvNeXtBlock,
    EfficientNetBlock,
    ImageAugmentation,
    ImageBlock,
    MobileNetBlock,
    Rescaler,
    ResNet9Block,
    ResNetBlock,
    XceptionBlock,
)
from autokeras_core import Block
from autokeras_core.testing import check_block, check_preprocessor

PICTURES = np.random.default_rng(0).integers(0, 256, (16, 12, 12, 1)).astype("uint8")


@pytest.mark.parametrize(
    "block",
    [
        ConvBlock(),
        EfficientNetBlock(),
        ImageAugmentation(),
        ImageBlock(flips="both", pretrained=False),
        MobileNetBlock(version="small"),  # both are built in `test_every_hyperparameter_changes_the_model`
        ResNet9Block(),
        ResNetBlock(),
        XceptionBlock(),
    ],
    ids=lambda block: type(block).__name__,
)
def test_a_block_keeps_the_contract(block: Block) -> None:
    """It builds, trains, survives files and has no dead hyperparameter, from raw bytes on."""
    check_block(block, input_shape=(12, 12, 1), dtype="uint8", data=PICTURES)


def test_a_convnext_keeps_the_contract() -> None:
    """So does a ConvNeXt; TensorFlow rounds its deep sums otherwise in a traced graph than layer by layer."""
    check_block(ConvNeXtBlock(), input_shape=(12, 12, 1), dtype="uint8", data=PICTURES, tolerance=1e-4)


def test_adding_a_channel_keeps_the_contract() -> None:
    """Both faces agree, state survives, rows are not changed."""
    check_preprocessor(AddChannel(), PICTURES[..., 0])


def test_moving_channels_keeps_the_contract() -> None:
    """Both faces agree, state survives, rows are not changed."""
    check_preprocessor(ChannelsLast(), np.moveaxis(PICTURES, -1, 1))


def test_rescaling_keeps_the_contract() -> None:
    """Both faces agree, state survives, rows are not changed."""
    check_preprocessor(Rescaler(), PICTURES)
