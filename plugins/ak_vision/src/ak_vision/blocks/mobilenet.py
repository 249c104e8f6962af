"""MobileNetV3: the cheapest of the published networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ak_vision.blocks._pretrainable import PretrainableBlock
from ak_vision.pretrained.whole import Pretraining
from ak_vision.spaces import MOBILENET, MOBILENET_NETWORKS

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core.plugin import Domain

__all__ = ["MobileNetBlock"]


class MobileNetBlock(PretrainableBlock):
    """MobileNetV3, small or large: made for photographs and for processors without a GPU.

    The networks of `keras.applications`, trained from scratch, or from pretrained weights on. On a photograph of 224
    pixels the small one needs a seventieth of the multiplications of a ResNet50. They divide height and width by 32, so
    pictures below 64 pixels are better off with a small residual network; the image block does not try MobileNet on
    them by itself.

    Args:
        version: `"small"` (0.9 million weights) or `"large"` (3 million).
        pretrained: Whether to start from the published ImageNet weights, which Keras downloads once, and train the
            network as a whole. The block scales pixels itself, takes grey and colour pictures only, and enlarges what
            is smaller than 64 pixels.
        weights: The path of a local file with such weights, instead of a download: `.weights.h5`, `.keras`, or an `.h5`
            file of `keras.applications`. The network is the one that the file's name begins with, unless `version=`
            says otherwise.
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
        output = MobileNetBlock(weights="models/mobilenet_v3_large.weights.h5")(ImageInput())
        ```
    """

    base_name = "mobilenet"
    space = MOBILENET
    network_choice = "version"
    networks = MOBILENET_NETWORKS

    def __init__(
        self,
        *,
        version: str | Domain | None = None,
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        self.pretraining = Pretraining.asked_for("MobileNetBlock", pretrained=pretrained, weights=weights)
        if self.pretraining is not None:
            version = self.pretraining.argument("version", version, networks=MOBILENET_NETWORKS)
        super().__init__(name=name, version=version, pretrained=pretrained, weights=weights)
