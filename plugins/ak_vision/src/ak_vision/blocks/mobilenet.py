"""MobileNetV3: the cheapest of the published networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ak_vision.blocks._applications import features_from_scratch
from ak_vision.blocks._pictures import as_pictures
from ak_vision.costs import picture_cost
from ak_vision.spaces import MOBILENET, MOBILENET_NETWORKS
from autokeras_core import Block

if TYPE_CHECKING:
    from ak_vision.blocks._arguments import TunedText
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["MobileNetBlock"]


class MobileNetBlock(Block):
    """MobileNetV3, small or large: made for photographs and for processors without a GPU.

    The networks of `keras.applications`, trained from scratch. On a photograph of 224 pixels the small one needs a
    seventieth of the multiplications of a ResNet50. They divide height and width by 32, so pictures below 64 pixels
    are better off with a small residual network; the image block does not try MobileNet on them by itself.

    Args:
        version: `"small"` (0.9 million weights) or `"large"` (3 million).
        name: The block's name in the graph, by default `mobilenet`.

    Input shape:
        `(batch, height, width, channels)`, any size from 1x1 up; what is smaller than 32 pixels is enlarged.

    Output shape:
        `(batch, height / 32, width / 32, 576 or 960)`, rounded up.

    Reference:
        * [Searching for MobileNetV3](https://arxiv.org/abs/1905.02244)

    Example:
        ```python
        output = MobileNetBlock(version="small")(ImageInput())
        ```
    """

    base_name = "mobilenet"
    space = MOBILENET

    def __init__(self, *, version: TunedText = None, name: str | None = None) -> None:
        super().__init__(name=name, version=version)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return picture_cost(hp, published=MOBILENET_NETWORKS[hp["version"]])

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the last convolution."""
        return features_from_scratch(MOBILENET_NETWORKS[hp["version"]], as_pictures(self, inputs))
