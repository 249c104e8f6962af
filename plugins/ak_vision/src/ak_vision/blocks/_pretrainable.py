"""The base of the blocks that hold published networks: trained from scratch, or from pretrained weights on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ak_vision.blocks._applications import features_from_scratch
from ak_vision.pretrained.photographs import PhotographScaler
from ak_vision.pretrained.whole import Pretraining, pretrained_features
from autokeras_core import Block

if TYPE_CHECKING:
    from autokeras_core.plugin import HyperparameterView, Preprocessor, Tensor

__all__ = ["PretrainableBlock"]


class PretrainableBlock(Block):
    """A block with published networks. A subclass sets `pretraining` in its constructor.

    Attributes:
        pretraining: The weights to start from; `None` for random ones.
    """

    pretraining: Pretraining | None = None

    @property
    def scales_pictures(self) -> bool:
        """Whether the block scales pictures itself, as pretrained weights want it: then it must see raw ones."""
        return self.pretraining is not None

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the scaling of pixel values that pretrained weights want; none where training is from scratch."""
        return () if self.pretraining is None else (PhotographScaler(),)

    def published_features(self, name: str, pictures: Tensor) -> Tensor:
        """Return the last feature map of a published network."""
        if self.pretraining is None:
            return features_from_scratch(name, pictures)
        return pretrained_features(name, pictures, weights=self.pretraining.weights)
