"""What networks cost, counted from their hyperparameters. Light: no layer is built for it.

The time of a training step on a CPU is told well by three numbers: the multiply-adds of convolutions, those of depthwise
convolutions (which move much memory for little arithmetic), and the values that convolutions write (each is read and
written again by normalization and activation, forward and backward). The weights of the latter two against the first
were fitted to measured steps, see `benchmarks/cost_model.py`.

The counts of the small networks are those of the layers that the blocks build; the tests compare them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from ak_vision.networks import NETWORKS

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, HyperparameterView

__all__ = [
    "CONVNEXT_EXPANSION",
    "EFFICIENTNET_SQUEEZE",
    "EFFICIENTNET_TOP",
    "MOST_FILTERS",
    "XCEPTION_MIDDLE_LAYERS",
    "Values",
    "Work",
    "conv_work",
    "convnext_work",
    "efficientnet_work",
    "picture_cost",
    "picture_size",
    "published_cost",
    "resnet9_work",
    "resnet_work",
    "xception_work",
]

_DEPTHWISE = 12.0
_VALUE = 200.0

MOST_FILTERS = 512
"""How many filters the blocks of a `ConvBlock`, and those of a small Xception's entry, have at most."""

XCEPTION_MIDDLE_LAYERS = 3
"""How many convolutions a middle block of a small Xception has."""

CONVNEXT_EXPANSION = 4
"""By how much a block of a small ConvNeXt widens the channels."""

EFFICIENTNET_SQUEEZE = 4
"""By how much squeeze-excitation of a small EfficientNet narrows the channels."""

EFFICIENTNET_TOP = 4
"""By how much the last convolution of a small EfficientNet widens the channels."""


class Values(Protocol):
    """Where a hyperparameter's value is read by its name: a view of a configuration, or a plain mapping."""

    def __getitem__(self, name: str, /) -> Any:
        """Return the value."""
        ...


@attrs.define
class Work:
    """The work of a network on one picture, added up layer by layer while it is walked through.

    Attributes:
        height: The height of the feature map at this point.
        width: Its width.
        channels: Its channels.
        multiply_adds: Multiply-adds of convolutions so far.
        depthwise: Multiply-adds of depthwise convolutions so far.
        values: Numbers that convolutions wrote so far.

    Example:
        ```python
        work = Work(28, 28, 1)
        work.convolve(32, 3)
        work.multiply_adds  # 28 * 28 * 3 * 3 * 1 * 32
        ```
    """

    height: int
    width: int
    channels: int
    multiply_adds: int = 0
    depthwise: int = 0
    values: int = 0

    @property
    def cost(self) -> float:
        """The cost in multiply-adds of an ordinary convolution."""
        return self.multiply_adds + _DEPTHWISE * self.depthwise + _VALUE * self.values

    def convolve(self, filters: int, kernel_size: int, *, strides: int = 1) -> None:
        """Count a convolution, padded to the same size, and go on behind it."""
        self._shrink(strides)
        self.multiply_adds += self._pixels * kernel_size**2 * self.channels * filters
        self.channels = filters
        self.values += self._pixels * filters

    def convolve_depthwise(self, kernel_size: int, *, strides: int = 1, is_written: bool = True) -> None:
        """Count a depthwise convolution; one inside a separable convolution writes nothing that is normalized."""
        self._shrink(strides)
        self.depthwise += self._pixels * kernel_size**2 * self.channels
        self.values += self._pixels * self.channels if is_written else 0

    def convolve_separably(self, filters: int, kernel_size: int, *, strides: int = 1) -> None:
        """Count a depthwise separable convolution."""
        self.convolve_depthwise(kernel_size, strides=strides, is_written=False)
        self.convolve(filters, 1)

    def pool(self, strides: int = 2) -> None:
        """Go on behind a pooling."""
        self._shrink(strides)

    def branch(self) -> Work:
        """Return the same place without what was counted, for a branch; `join` adds it."""
        return Work(self.height, self.width, self.channels)

    def join(self, branch: Work) -> None:
        """Add what a branch counted."""
        self.multiply_adds += branch.multiply_adds
        self.depthwise += branch.depthwise
        self.values += branch.values

    @property
    def _pixels(self) -> int:
        return self.height * self.width

    def _shrink(self, strides: int) -> None:
        self.height, self.width = -(-self.height // strides), -(-self.width // strides)


def conv_work(hp: Values, work: Work) -> Work:
    """Count a `ConvBlock` with these hyperparameters, and return the work."""
    for index in range(hp["num_blocks"]):
        filters = min(hp["filters"] * 2**index, MOST_FILTERS)
        for layer in range(hp["num_layers"]):
            strides = hp["stem_stride"] if index == layer == 0 else 1
            if layer == hp["num_layers"] - 1 and not hp["max_pooling"]:
                strides *= 2
            convolve = work.convolve_separably if hp["separable"] else work.convolve
            convolve(filters, hp["kernel_size"], strides=strides)
        if hp["max_pooling"]:
            work.pool()
    return work


def resnet_work(hp: Values, work: Work) -> Work:
    """Count the small architecture of a `ResNetBlock`, and return the work."""
    work.convolve(hp["filters"], 3, strides=hp["stem_stride"])
    for stage in range(hp["num_stages"]):
        for index in range(hp["blocks_per_stage"]):
            filters, strides = hp["filters"] * 2**stage, 2 if stage > 0 and index == 0 else 1
            shortcut = work.branch()
            if strides > 1 or work.channels != filters:
                shortcut.convolve(filters, 1, strides=strides)
            work.convolve(filters, 3, strides=strides)
            work.convolve(filters, 3)
            work.join(shortcut)
    return work


def resnet9_work(hp: Values, work: Work) -> Work:
    """Count a `ResNet9Block`, and return the work."""
    work.convolve(hp["filters"], 3, strides=hp["stem_stride"])
    for stage in range(1, hp["num_stages"] + 1):
        work.convolve(hp["filters"] * 2**stage, 3)
        work.pool()
        for _ in range(2):
            work.convolve(work.channels, 3)
    return work


def xception_work(hp: Values, work: Work) -> Work:
    """Count the small architecture of an `XceptionBlock`, and return the work."""
    work.convolve(hp["filters"], 3, strides=hp["stem_stride"])
    filters = hp["filters"]
    for index in range(hp["num_blocks"]):
        filters = min(hp["filters"] * 2**index, MOST_FILTERS)
        shortcut = work.branch()
        shortcut.convolve(filters, 1, strides=2)
        for _ in range(2):
            work.convolve_separably(filters, 3)
        work.pool()
        work.join(shortcut)
    for _ in range(hp["middle_blocks"] * XCEPTION_MIDDLE_LAYERS):
        work.convolve_separably(work.channels, 3)
    work.convolve_separably(min(2 * filters, 2 * MOST_FILTERS), 3)
    return work


def efficientnet_work(hp: Values, work: Work) -> Work:
    """Count the small version of an `EfficientNetBlock`, and return the work."""
    work.convolve(hp["filters"], 3, strides=hp["stem_stride"])
    for stage in range(hp["num_stages"]):
        for index in range(hp["blocks_per_stage"]):
            channels = work.channels
            work.convolve(channels * hp["expansion"], 1)
            work.convolve_depthwise(hp["kernel_size"], strides=2 if stage > 0 and index == 0 else 1)
            if hp["squeeze_excitation"]:
                squeeze = Work(1, 1, work.channels)
                squeeze.convolve(max(1, channels // EFFICIENTNET_SQUEEZE), 1)
                squeeze.convolve(work.channels, 1)
                work.join(squeeze)
            work.convolve(hp["filters"] * 2**stage, 1)
    work.convolve(EFFICIENTNET_TOP * work.channels, 1)
    return work


def convnext_work(hp: Values, work: Work) -> Work:
    """Count the small version of a `ConvNeXtBlock`, and return the work."""
    stride = hp["stem_stride"]
    work.convolve(hp["filters"], stride if stride > 1 else 3, strides=stride)
    for stage in range(hp["num_stages"]):
        if stage > 0:
            work.convolve(2 * work.channels, 2, strides=2)
        for _ in range(hp["blocks_per_stage"]):
            channels = work.channels
            work.convolve_depthwise(hp["kernel_size"])
            work.convolve(CONVNEXT_EXPANSION * channels, 1)
            work.convolve(channels, 1)
            work.convolve_depthwise(1, is_written=False)  # the scale of each channel
    return work


# Millions of multiply-adds of a forward pass at the side each was published for, from the papers.
_PUBLISHED: Mapping[str, float] = MappingProxyType(
    {
        "resnet50": 3_900,
        "resnet101": 7_600,
        "resnet152": 11_300,
        "resnet50_v2": 3_500,
        "resnet101_v2": 7_200,
        "resnet152_v2": 10_900,
        "xception": 8_400,
        "efficientnet_b0": 390,
        "efficientnet_b1": 700,
        "efficientnet_b2": 1_000,
        "efficientnet_b3": 1_800,
        "efficientnet_b4": 4_200,
        "efficientnet_b5": 9_900,
        "efficientnet_b6": 19_000,
        "efficientnet_b7": 37_000,
        "efficientnet_v2_b0": 700,
        "efficientnet_v2_b1": 1_200,
        "efficientnet_v2_b2": 1_700,
        "efficientnet_v2_b3": 3_000,
        "efficientnet_v2_s": 8_800,
        "efficientnet_v2_m": 24_000,
        "efficientnet_v2_l": 53_000,
        "efficientnet_lite0": 407,
        "mobilenet_v3_small": 60,
        "mobilenet_v3_large": 219,
        "convnext_tiny": 4_500,
    }
)
# What a multiply-add takes against one of a wide convolution: depthwise and narrow ones wait for the memory.
_SLOW = ("efficientnet", "mobilenet", "xception")
_SLOWNESS = 8.0


def published_cost(name: str, *, height: int, width: int, is_pretrained: bool = False) -> float:
    """Return what training a published network on one picture costs, in the unit of `Work.cost`.

    Args:
        name: One of `NETWORKS`.
        height: The height of the pictures; what is smaller than the network takes counts as enlarged.
        width: Their width.
        is_pretrained: Whether it starts from pretrained weights: then pictures are enlarged to its `suited_side`.
    """
    network = NETWORKS[name]
    smallest = network.suited_side if is_pretrained else network.smallest_side
    pixels = max(height, smallest) * max(width, smallest)
    slowness = _SLOWNESS if name.startswith(_SLOW) else 1.0
    return _PUBLISHED[name] * 1e6 * slowness * pixels / network.imagenet_side**2


def picture_cost(
    hp: HyperparameterView,
    count: Callable[[Values, Work], Work],
    *,
    published: str | None = None,
    is_pretrained: bool = False,
) -> float | None:
    """Return what training on one row costs a block behind an image input; `None` where no picture is known.

    Args:
        hp: The block's hyperparameters.
        count: Counts the block's own network.
        published: The published network that is built instead, if one is.
        is_pretrained: Whether that starts from pretrained weights.
    """
    size = picture_size(hp.profile)
    if size is None:
        return None
    height, width, channels = size
    if published is not None:
        return published_cost(published, height=height, width=width, is_pretrained=is_pretrained)
    return count(hp, Work(height, width, channels)).cost


def picture_size(profile: DataProfile | None) -> tuple[int, int, int] | None:
    """Return height, width and channels of the largest pictures among the inputs; `None` where there are none."""
    if profile is None:
        return None
    sizes = [
        (int(part.facts["height"]), int(part.facts["width"]), int(part.facts["channels"]))
        for part in profile.inputs.values()
        if part.modality == "image"
    ]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)
