"""What ak-vision registers: descriptors only. Light: no Keras here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ak_vision import spaces
from autokeras_core.plugin import (
    BlockSpec,
    InputSpec,
    PreprocessorSpec,
    TaskSpec,
    WarmStartSpec,
    hookimpl,
)

__all__ = [
    "autokeras_match_input",
    "autokeras_register_blocks",
    "autokeras_register_inputs",
    "autokeras_register_preprocessors",
    "autokeras_register_tasks",
    "autokeras_register_warm_starts",
]

_PICTURES = "(batch, height, width, channels)"
_FEATURES = "(batch, smaller height, smaller width, filters)"
_CANDIDATES = (*spaces.DEFAULT_CANDIDATES, spaces.PRETRAINED_CANDIDATE)


@hookimpl
def autokeras_register_blocks() -> list[BlockSpec]:
    """Return the image blocks."""
    return [
        BlockSpec(
            name="augmentation",
            target="ak_vision.blocks.augmentation:ImageAugmentation",
            summary="Shifts, turns, zooms, brightens and erases parts of pictures at random while training.",
            modalities="image",
            accepts=_PICTURES,
            returns=_PICTURES,
            space=spaces.AUGMENTATION,
        ),
        BlockSpec(
            name="conv",
            target="ak_vision.blocks.conv:ConvBlock",
            summary="A plain convolutional network.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.CONV,
        ),
        BlockSpec(
            name="convnext",
            target="ak_vision.blocks.convnext:ConvNeXtBlock",
            summary="Convolutions arranged like a transformer: a small network, or ConvNeXt-Tiny.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.CONVNEXT,
            downloads=True,
        ),
        BlockSpec(
            name="efficientnet",
            target="ak_vision.blocks.efficientnet:EfficientNetBlock",
            summary="Inverted residuals: a small network, EfficientNet-Lite0, B0 to B7, or V2.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.EFFICIENTNET,
            downloads=True,
        ),
        BlockSpec(
            name="image",
            target="ak_vision.blocks.image:ImageBlock",
            summary="Scales and augments pictures, and chooses among networks.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.IMAGE,
            downloads=True,
        ),
        BlockSpec(
            name="mobilenet",
            target="ak_vision.blocks.mobilenet:MobileNetBlock",
            summary="MobileNetV3, small or large: the cheapest network for photographs.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.MOBILENET,
            downloads=True,
        ),
        BlockSpec(
            name="resnet",
            target="ak_vision.blocks.resnet:ResNetBlock",
            summary="A residual network, v1 or v2: with a small stem, or ResNet50, 101 or 152.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.RESNET,
            downloads=True,
        ),
        BlockSpec(
            name="resnet9",
            target="ak_vision.blocks.resnet9:ResNet9Block",
            summary="A short residual network that learns most in little time.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.RESNET9,
        ),
        BlockSpec(
            name="transfer",
            target="ak_vision.blocks.transfer:TransferBlock",
            summary="A pretrained network: frozen features first, computed once, then fine-tuning.",
            modalities="image",
            accepts="(batch, height, width, 1 or 3)",
            returns="(batch, features)",
            space=spaces.TRANSFER,
            downloads=True,
        ),
        BlockSpec(
            name="xception",
            target="ak_vision.blocks.xception:XceptionBlock",
            summary="Separable convolutions with residuals: a small network, or Xception.",
            modalities="image",
            accepts=_PICTURES,
            returns=_FEATURES,
            space=spaces.XCEPTION,
            downloads=True,
        ),
    ]


@hookimpl
def autokeras_register_inputs() -> list[InputSpec]:
    """Return the image input."""
    return [
        InputSpec(
            name="image_input",
            target="ak_vision.image_input:ImageInput",
            summary="Pictures as arrays, or as files that are streamed.",
            modality="image",
        )
    ]


@hookimpl
def autokeras_register_preprocessors() -> list[PreprocessorSpec]:
    """Return the preprocessors of pictures."""
    return [
        PreprocessorSpec(
            name="add_channel",
            target="ak_vision.channels:AddChannel",
            summary="Gives pictures without a channel axis one.",
            modalities="image",
        ),
        PreprocessorSpec(
            name="channels_last",
            target="ak_vision.channels:ChannelsLast",
            summary="Moves the channel axis to the end.",
            modalities="image",
        ),
        PreprocessorSpec(
            name="frozen_network",
            target="ak_vision.pretrained.features:FrozenNetwork",
            summary="Turns pictures into the features of a pretrained network.",
            modalities="image",
        ),
        PreprocessorSpec(
            name="photograph_scaler",
            target="ak_vision.pretrained.photographs:PhotographScaler",
            summary="Standardises pictures as if they were photographs of ImageNet.",
            modalities="image",
        ),
        PreprocessorSpec(
            name="rescaler",
            target="ak_vision.rescaling:Rescaler",
            summary="Brings pixel values into [0, 1].",
            modalities="image",
        ),
    ]


@hookimpl
def autokeras_register_tasks() -> list[TaskSpec]:
    """Return the image tasks."""
    return [
        TaskSpec(
            name="ImageClassifier",
            target="ak_vision.tasks:ImageClassifier",
            summary="Tells what is in a picture.",
            modality="image",
            blocks=_CANDIDATES,
        ),
        TaskSpec(
            name="ImageRegressor",
            target="ak_vision.tasks:ImageRegressor",
            summary="Estimates numbers from a picture.",
            modality="image",
            blocks=_CANDIDATES,
        ),
    ]


@hookimpl
def autokeras_register_warm_starts() -> list[WarmStartSpec]:
    """Return the predefined configurations of the image tasks."""
    return [
        WarmStartSpec(
            name="image_classifier",
            summary="Small networks for classification, cheap to expensive.",
            task="ak_vision:ImageClassifier",
            package="ak_vision",
            resource="warm_starts/image_classifier.toml",
        ),
        WarmStartSpec(
            name="image_regressor",
            summary="Small networks for regression, cheap to expensive.",
            task="ak_vision:ImageRegressor",
            package="ak_vision",
            resource="warm_starts/image_regressor.toml",
        ),
    ]


@hookimpl
def autokeras_match_input(profile: Mapping[str, Any]) -> tuple[str, float] | None:
    """Return how much raw data looks like pictures: four axes with few channels do most."""
    shape = tuple(profile.get("shape") or ())
    dtype = str(profile.get("dtype", ""))
    if not dtype.startswith(("uint", "int", "float", "bool")) or len(shape) not in (3, 4):
        return None
    if len(shape) == 4:
        has_few_channels = shape[-1] <= 4 or shape[1] <= 4
        return "image_input", 0.95 if has_few_channels else 0.7
    # Three axes may as well be sequences of vectors; bytes hardly ever are.
    return "image_input", 0.9 if dtype == "uint8" else 0.5
