"""The base of the blocks that hold published networks: trained from scratch, or from pretrained weights on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from ak_vision.blocks._applications import features_from_scratch
from ak_vision.blocks._pictures import as_pictures
from ak_vision.costs import picture_cost
from ak_vision.pretrained.photographs import PhotographScaler
from ak_vision.pretrained.whole import Pretraining, pretrained_features
from ak_vision.spaces import STEM_SIDES, suit_networks, suit_pretrained, suit_stem
from autokeras_core import Block, Space

if TYPE_CHECKING:
    from ak_vision.costs import Values, Work
    from autokeras_core.plugin import DataProfile, HyperparameterView, Preprocessor, Tensor

__all__ = ["PretrainableBlock"]


class PretrainableBlock(Block):
    """A block with published networks, and perhaps a small one of its own. A subclass sets `pretraining` in its constructor.

    Attributes:
        pretraining: The weights to start from; `None` for random ones.
        space: What a subclass declares.
        network_choice: The hyperparameter that names the network.
        networks: Its values that are published networks, with their names in `NETWORKS`; any other one is the small network.
        stem_sides: For pictures up to which side the small network keeps every pixel, and up to which it halves them.
    """

    pretraining: Pretraining | None = None
    space: ClassVar[Space]
    network_choice: ClassVar[str]
    networks: ClassVar[Mapping[str, str]]
    stem_sides: ClassVar[tuple[int, int]] = STEM_SIDES

    @property
    def scales_pictures(self) -> bool:
        """Whether the block scales pictures itself, as pretrained weights want it: then it must see raw ones."""
        return self.pretraining is not None

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space with the networks, and the small one's first stride, that suit the size of the pictures."""
        space = super().search_space(profile)
        choice, networks = self.network_choice, self.networks
        if self.pretraining is not None:
            self.pretraining.check(profile)
            return suit_pretrained(space, profile, hyperparameter=choice, networks=networks, declared=self.space)
        space = suit_stem(space, profile, sides=self.stem_sides)
        return suit_networks(space, profile, hyperparameter=choice, networks=networks, declared=self.space)

    def check_available(self, profile: DataProfile) -> None:
        """Look for the file of pretrained weights, if one was named.

        Raises:
            UnavailableError: If it is not there.
        """
        if self.pretraining is not None:
            self.pretraining.check_available()

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the scaling of pixel values that pretrained weights want; none where training is from scratch."""
        return () if self.pretraining is None else (PhotographScaler(),)

    def published(self, hp: HyperparameterView) -> str | None:
        """Return the name of the published network that a configuration names, or `None` for the small one."""
        return self.networks.get(hp[self.network_choice])

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return picture_cost(
            hp, self.small_work, published=self.published(hp), is_pretrained=self.pretraining is not None
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the network's last layer."""
        pictures = as_pictures(self, inputs)
        published = self.published(hp)
        if published is None:
            return self.small_features(hp, pictures)
        if self.pretraining is None:
            return features_from_scratch(published, pictures)
        return pretrained_features(published, pictures, weights=self.pretraining.weights)

    def small_work(self, values: Values, picture: Work) -> Work:
        """Return the work of the small network on a picture. A block that has one overrides this and `small_features`."""
        raise NotImplementedError

    def small_features(self, hp: HyperparameterView, pictures: Tensor) -> Tensor:
        """Return the feature map of the small network's last layer."""
        raise NotImplementedError
