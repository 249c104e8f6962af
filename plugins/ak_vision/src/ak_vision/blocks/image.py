"""The block for pictures that chooses among networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ak_vision.blocks.augmentation import ImageAugmentation
from ak_vision.blocks.transfer import TransferBlock
from ak_vision.rescaling import Rescaler
from ak_vision.spaces import DEFAULT_CANDIDATES, FLIPS, IMAGE, can_transfer, image_space, suited_candidates
from autokeras_core import GraphError, Normalization, Space
from autokeras_core.errors import describe_error
from autokeras_core.plugin import ChoiceBlock

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core import Block
    from autokeras_core.plugin import DataProfile, Domain, HyperparameterView, Preprocessor, Tensor

__all__ = ["ImageBlock"]


class ImageBlock(ChoiceBlock):
    """Scale pictures, augment them if that helps, and apply one of several networks.

    Which networks are tried is written down here, so installing another plugin changes no search. They suit the size of
    the pictures: below 64 pixels only small networks are tried, which keep every pixel and enlarge nothing; from there
    on also those published for ImageNet, see `suited_side` in `ak_vision.networks`. A `block_type`, or candidates of
    your own, are taken as they are.

    Args:
        candidates: The networks to choose from, the default first: registered names, or blocks with arguments of
            their own. Each has its part of the search space under its short name, e.g. `resnet/version`.
        flips: Which mirror images have the same label, so that flipping may be searched: `"none"`, `"horizontal"`
            (most photographs), `"vertical"` or `"both"` (pictures from above, cells).
        block_type: The short name of the candidate, e.g. `"resnet"`, or a `Choice` of some; by default tuned.
        normalize: Whether each channel is standardised with the mean and variance of the training pictures;
            otherwise values are only brought into `[0, 1]`.
        augment: Whether pictures are changed at random while training, see `ImageAugmentation`.
        pretrained: Whether a pretrained network is tried, see `TransferBlock`: `False` for never, `True` for nothing
            else. By default it is one of the candidates for grey and colour pictures of at least 64 pixels; where its
            weights cannot be had, a search skips it. It takes pictures as they are, so `normalize` and `augment` do
            not apply to it.
        weights: A local file with the pretrained network's weights, or `"imagenet"` for the published ones; then it is
            a candidate at any size.
        name: The block's name in the graph, by default `image`.

    Input shape:
        `(batch, height, width, channels)`, right behind an `ImageInput`.

    Output shape:
        As that of the chosen candidate.

    Example:
        ```python
        output = ImageBlock(candidates=["ak_vision:resnet", ConvBlock(filters=64)], flips="horizontal")(ImageInput())
        ```
    """

    base_name = "image"
    space = IMAGE

    def __init__(
        self,
        *,
        candidates: Sequence[str | Block] = DEFAULT_CANDIDATES,
        flips: str = "none",
        block_type: str | Domain | None = None,
        normalize: bool | Domain | None = None,
        augment: bool | Domain | None = None,
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        if flips not in FLIPS:
            raise GraphError(
                describe_error(
                    "ImageBlock has a malformed argument.",
                    expected=f"flips as one of {sorted(FLIPS)}",
                    received=f"flips={flips!r}",
                )
            )
        self._augmentation = ImageAugmentation(
            horizontal_flip=None if "horizontal_flip" in FLIPS[flips] else False,
            vertical_flip=None if "vertical_flip" in FLIPS[flips] else False,
        )
        super().__init__(
            name=name,
            block_type=block_type,
            candidates=list(candidates),
            flips=flips,
            normalize=normalize,
            augment=augment,
            pretrained=pretrained,
            weights=weights,
        )

    def make_candidates(self) -> Sequence[str | Block]:
        """Return the candidates with the pretrained network that `pretrained` and `weights` ask for.

        Raises:
            GraphError: If these contradict each other, or candidates of the user's own.
        """
        candidates: list[str | Block] = self.arguments["candidates"]
        pretrained, weights = self.arguments.get("pretrained"), self.arguments.get("weights")
        if not self._has_default_candidates:
            if pretrained is not None or weights is not None:
                raise GraphError(
                    describe_error(
                        "ImageBlock was given candidates of its own, and pretrained= or weights= too.",
                        expected="a TransferBlock among the candidates, or the default candidates",
                        received=f"pretrained={pretrained!r}, weights={weights!r}",
                        advice="Put TransferBlock(weights=...) into candidates=.",
                    )
                )
            return candidates
        if pretrained is False:
            if weights is not None:
                raise GraphError(
                    describe_error(
                        "ImageBlock was given weights for a pretrained network that it must not try.",
                        expected="weights=None, or another pretrained= than False",
                        received=f"pretrained=False, weights={weights!r}",
                    )
                )
            return candidates
        transfer = TransferBlock(weights=weights)
        return [transfer] if pretrained else [*candidates, transfer]

    def suited(self, profile: DataProfile | None) -> Sequence[str]:
        """Return the candidates that suit the size of the pictures, the pretrained one where they are photographs.

        One that `pretrained` or `weights` asks for, and candidates of the user's own, are taken as they are.
        """
        if not self._has_default_candidates:
            return tuple(self.candidates)
        names = suited_candidates(self.candidates, profile)
        is_asked_for = self.arguments.get("pretrained") or self.arguments.get("weights")
        if is_asked_for or can_transfer(profile):
            return names
        return tuple(name for name in names if not _takes_raw_pictures(self.candidates[name]))

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice and of every candidate, narrowed by the arguments and suited to the data."""
        names = self.possible(profile)
        space = image_space(
            augmentation=self._augmentation.search_space(profile),
            candidates={name: self.candidates[name].search_space(profile) for name in names},
            raw=[name for name in names if _takes_raw_pictures(self.candidates[name])],
            scaling=[name for name in names if _scales_pictures(self.candidates[name])],
        )
        return space.narrow({name: self.arguments.get(name) for name in ("block_type", "normalize", "augment")})

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the scaling of pixel values; it runs inside the model, so pictures stay `uint8` until there."""
        candidate, own = self.chosen(hp)
        wanted = candidate.preprocessors(own)
        if _takes_raw_pictures(candidate) or _scales_pictures(candidate):
            return wanted
        scaling = Normalization().preprocessors(hp) if hp["normalize"] else (Rescaler(),)
        return (*scaling, *wanted)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the chosen candidate."""
        x = self._augmentation.build(hp.scope("augmentation"), inputs) if hp.get("augment", False) else inputs
        return super().build(hp, x)

    @property
    def _has_default_candidates(self) -> bool:
        return bool(self.arguments["candidates"] == list(DEFAULT_CANDIDATES))


def _takes_raw_pictures(candidate: Block) -> bool:
    return bool(getattr(candidate, "takes_raw_pictures", False))


def _scales_pictures(candidate: Block) -> bool:
    return bool(getattr(candidate, "scales_pictures", False))
