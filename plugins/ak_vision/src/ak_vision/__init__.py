"""Images for autokeras-core: input, blocks, tasks and their warm starts. Light: names are imported on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core.plugin import lazy_names

if TYPE_CHECKING:
    from ak_vision.blocks.augmentation import ImageAugmentation
    from ak_vision.blocks.conv import ConvBlock
    from ak_vision.blocks.convnext import ConvNeXtBlock
    from ak_vision.blocks.efficientnet import EfficientNetBlock
    from ak_vision.blocks.image import ImageBlock
    from ak_vision.blocks.mobilenet import MobileNetBlock
    from ak_vision.blocks.resnet import ResNetBlock
    from ak_vision.blocks.resnet9 import ResNet9Block
    from ak_vision.blocks.transfer import TransferBlock
    from ak_vision.blocks.xception import XceptionBlock
    from ak_vision.channels import AddChannel, ChannelsLast
    from ak_vision.image_input import ImageInput
    from ak_vision.pretrained.features import FrozenNetwork
    from ak_vision.pretrained.photographs import PhotographScaler
    from ak_vision.rescaling import Rescaler
    from ak_vision.tasks import ImageClassifier, ImageRegressor

_TARGETS = {
    "AddChannel": "ak_vision.channels",
    "ChannelsLast": "ak_vision.channels",
    "ConvBlock": "ak_vision.blocks.conv",
    "ConvNeXtBlock": "ak_vision.blocks.convnext",
    "EfficientNetBlock": "ak_vision.blocks.efficientnet",
    "FrozenNetwork": "ak_vision.pretrained.features",
    "ImageAugmentation": "ak_vision.blocks.augmentation",
    "ImageBlock": "ak_vision.blocks.image",
    "ImageClassifier": "ak_vision.tasks",
    "ImageInput": "ak_vision.image_input",
    "ImageRegressor": "ak_vision.tasks",
    "MobileNetBlock": "ak_vision.blocks.mobilenet",
    "PhotographScaler": "ak_vision.pretrained.photographs",
    "Rescaler": "ak_vision.rescaling",
    "ResNet9Block": "ak_vision.blocks.resnet9",
    "ResNetBlock": "ak_vision.blocks.resnet",
    "TransferBlock": "ak_vision.blocks.transfer",
    "XceptionBlock": "ak_vision.blocks.xception",
}

__all__ = [
    "AddChannel",
    "ChannelsLast",
    "ConvBlock",
    "ConvNeXtBlock",
    "EfficientNetBlock",
    "FrozenNetwork",
    "ImageAugmentation",
    "ImageBlock",
    "ImageClassifier",
    "ImageInput",
    "ImageRegressor",
    "MobileNetBlock",
    "PhotographScaler",
    "ResNet9Block",
    "ResNetBlock",
    "Rescaler",
    "TransferBlock",
    "XceptionBlock",
]

__getattr__, __dir__ = lazy_names(__name__, _TARGETS)
