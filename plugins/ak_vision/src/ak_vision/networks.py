"""The published networks that image blocks can build, as a table of plain facts. Light: no Keras here.

The names are ours: lower case, with underscores, the same in every block. What builds them is in
`ak_vision.blocks._applications`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from autokeras_core.errors import GraphError, describe_error

__all__ = ["NETWORKS", "Network", "PixelScaling", "network"]


class PixelScaling(StrEnum):
    """How pixels of 0 to 255 must be scaled for a network's published weights."""

    INTERNAL = "internal"
    """Not at all: the network holds layers that scale them."""
    CAFFE = "caffe"
    """RGB turned to BGR, then the mean colour of ImageNet subtracted; not divided."""
    TF = "tf"
    """To -1 to 1."""


@attrs.frozen(kw_only=True)
class Network:
    """Facts about one published network.

    Attributes:
        name: Our name, e.g. `"resnet50_v2"`.
        constructor: The function of `keras.applications` that builds it; empty if we build it ourselves.
        smallest_side: The smallest height and width it takes, in pixels.
        imagenet_side: The height and width it was published for, in pixels.
        scaling: How pixels must be scaled for the published weights.
        features: The number of channels of its last feature map.
        can_omit_scaling: Whether it can be built without the scaling layers it holds; only where `scaling` is
            `"internal"`.
    """

    name: str
    constructor: str
    smallest_side: int
    imagenet_side: int
    scaling: PixelScaling
    features: int
    can_omit_scaling: bool = False

    @property
    def suited_side(self) -> int:
        """The side from which on a search tries the network: 64 pixels for one that was published for 224.

        All of these networks divide height and width by 32. On smaller pictures their last stages see one pixel.
        """
        return -(-self.imagenet_side * 64 // 224)


def _rows() -> tuple[Network, ...]:
    residual = [
        Network(
            name=f"resnet{depth}{suffix}",
            constructor=f"ResNet{depth}{suffix.replace('_v', 'V')}",
            smallest_side=32,
            imagenet_side=224,
            scaling=scaling,
            features=2048,
        )
        for suffix, scaling in (("", PixelScaling.CAFFE), ("_v2", PixelScaling.TF))
        for depth in (50, 101, 152)
    ]
    efficient = [
        Network(
            name=f"efficientnet_b{index}",
            constructor=f"EfficientNetB{index}",
            smallest_side=32,
            imagenet_side=side,
            scaling=PixelScaling.INTERNAL,
            features=features,
        )
        for index, (side, features) in enumerate(
            [(224, 1280), (240, 1280), (260, 1408), (300, 1536), (380, 1792), (456, 2048), (528, 2304), (600, 2560)]
        )
    ]
    efficient_v2 = [
        Network(
            name=f"efficientnet_v2_{size}",
            constructor=f"EfficientNetV2{size.upper()}",
            smallest_side=32,
            imagenet_side=side,
            scaling=PixelScaling.INTERNAL,
            features=features,
            can_omit_scaling=True,
        )
        for size, side, features in [
            ("b0", 224, 1280),
            ("b1", 240, 1280),
            ("b2", 260, 1408),
            ("b3", 300, 1536),
            ("s", 384, 1280),
            ("m", 480, 1280),
            ("l", 480, 1280),
        ]
    ]
    others = [
        Network(
            name=name,
            constructor=constructor,
            smallest_side=smallest,
            imagenet_side=side,
            scaling=scaling,
            features=features,
            can_omit_scaling=scaling is PixelScaling.INTERNAL,
        )
        for name, constructor, smallest, side, scaling, features in [
            ("xception", "Xception", 71, 299, PixelScaling.TF, 2048),
            ("mobilenet_v3_small", "MobileNetV3Small", 32, 224, PixelScaling.INTERNAL, 576),
            ("mobilenet_v3_large", "MobileNetV3Large", 32, 224, PixelScaling.INTERNAL, 960),
            ("convnext_tiny", "ConvNeXtTiny", 32, 224, PixelScaling.INTERNAL, 768),
            # Not in keras.applications: `ak_vision.blocks._efficientnet_lite` builds it.
            ("efficientnet_lite0", "", 32, 224, PixelScaling.TF, 1280),
        ]
    ]
    return (*residual, *efficient, *efficient_v2, *others)


NETWORKS: Mapping[str, Network] = MappingProxyType({row.name: row for row in _rows()})
"""All published networks by name."""


def network(name: str) -> Network:
    """Return the facts about a network.

    Args:
        name: One of `NETWORKS`.

    Raises:
        GraphError: If there is no such network.

    Example:
        ```python
        network("efficientnet_b4").imagenet_side  # 380
        ```
    """
    try:
        return NETWORKS[name]
    except KeyError:
        raise GraphError(
            describe_error(
                "There is no such published network.",
                expected=f"one of {sorted(NETWORKS)}",
                received=f"name={name!r}",
            )
        ) from None
