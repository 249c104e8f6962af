"""The block for pictures that chooses among networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ak_vision.blocks.augmentation import ImageAugmentation
from ak_vision.blocks.transfer import TransferBlock
from ak_vision.rescaling import Rescaler
from ak_vision.spaces import FLIPS, IMAGE, can_transfer, image_space, suited_candidates
from autokeras_core import Block, GraphError, Normalization, Space, block
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from ak_vision.blocks._arguments import TunedBoolean, TunedText
    from autokeras_core import FineTuning
    from autokeras_core.plugin import DataProfile, HyperparameterView, Preprocessor, Tensor

__all__ = ["ImageBlock"]

DEFAULT_CANDIDATES = (
    "ak_vision:conv",
    "ak_vision:resnet",
    "ak_vision:resnet9",
    "ak_vision:xception",
    "ak_vision:efficientnet",
    "ak_vision:mobilenet",
)

_TRANSFER = "transfer"


class ImageBlock(Block):
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
        block_type: The short name of the candidate, e.g. `"resnet"`.
        normalize: Whether each channel is standardised with the mean and variance of the training pictures;
            otherwise values are only brought into `[0, 1]`.
        augment: Whether pictures are changed at random while training, see `ImageAugmentation`.
        pretrained: Whether a pretrained network is tried, see `TransferBlock`: `False` for never, `True` for nothing
            else. By default it is one of the candidates for grey and colour pictures of at least 64 pixels; where its
            weights cannot be had, a search skips it. It takes pictures as they are, so `normalize` and `augment` do
            not apply to it.
        weights: A local file with the pretrained network's weights; then it is a candidate at any size.
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
        block_type: TunedText = None,
        normalize: TunedBoolean = None,
        augment: TunedBoolean = None,
        pretrained: bool | None = None,
        weights: str | None = None,
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
        # `block_type` is narrowed below: its values are the candidates, which the class's space cannot know.
        super().__init__(
            name=name,
            candidates=list(candidates),
            flips=flips,
            normalize=normalize,
            augment=augment,
            pretrained=pretrained,
            weights=weights,
        )
        if block_type is not None:
            self.arguments = {**self.arguments, "block_type": block_type}
        self._candidates = _by_short_name(self._with_transfer(candidates))
        self._augmentation = ImageAugmentation(
            horizontal_flip=None if "horizontal_flip" in FLIPS[flips] else False,
            vertical_flip=None if "vertical_flip" in FLIPS[flips] else False,
        )
        self.search_space()  # a wrong argument is an error where it is written

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice and of every candidate, narrowed by the arguments and suited to the data."""
        block_type = self.arguments.get("block_type")
        chosen = [block_type] if isinstance(block_type, str) else list(getattr(block_type, "values", ()))
        names: Sequence[str] = tuple(self._candidates)
        if chosen and set(chosen) <= set(names):
            names = tuple(
                name for name in names if name in chosen
            )  # the others need not be able to take these pictures
        elif self._has_default_candidates and block_type is None:
            names = suited_candidates(names, profile)
            is_asked_for = self.arguments.get("pretrained") or self.arguments.get("weights")
            if not is_asked_for and not can_transfer(profile):
                names = tuple(name for name in names if name != _TRANSFER)
        space = image_space(
            augmentation=self._augmentation.search_space(profile),
            candidates={name: self._candidates[name].search_space(profile) for name in names},
            raw=[name for name in names if _takes_raw_pictures(self._candidates[name])],
            scaling=[name for name in names if _scales_pictures(self._candidates[name])],
        )
        return space.narrow({name: self.arguments.get(name) for name in ("block_type", "normalize", "augment")})

    def check_available(self, profile: DataProfile) -> None:
        """Look whether all is here that the candidates need which may be chosen.

        Raises:
            UnavailableError: If something cannot be had.
        """
        for name in self.search_space(profile)["block_type"].grid():
            self._candidates[str(name)].check_available(profile)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the scaling of pixel values; it runs inside the model, so pictures stay `uint8` until there."""
        candidate = self._candidates[hp["block_type"]]
        wanted = candidate.preprocessors(hp.scope(hp["block_type"]))
        if _takes_raw_pictures(candidate) or _scales_pictures(candidate):
            return wanted
        scaling = Normalization().preprocessors(hp) if hp["normalize"] else (Rescaler(),)
        return (*scaling, *wanted)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs."""
        return self._candidates[hp["block_type"]].cost(hp.scope(hp["block_type"]))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the chosen candidate."""
        x = inputs
        if hp.get("augment", False):
            x = self._augmentation.build(hp.scope("augmentation"), x)
        return self._candidates[hp["block_type"]].build(hp.scope(hp["block_type"]), x)

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return how the chosen candidate wants its pretrained network to be trained further, if it has one."""
        offered = getattr(self._candidates[hp["block_type"]], "fine_tuning", None)
        plan: FineTuning | None = None if offered is None else offered(hp.scope(hp["block_type"]))
        return plan

    @property
    def _has_default_candidates(self) -> bool:
        return bool(self.arguments["candidates"] == list(DEFAULT_CANDIDATES))

    def _with_transfer(self, candidates: Sequence[str | Block]) -> Sequence[str | Block]:
        """Return the candidates with the pretrained network that `pretrained` and `weights` ask for."""
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


def _takes_raw_pictures(candidate: Block) -> bool:
    return bool(getattr(candidate, "takes_raw_pictures", False))


def _scales_pictures(candidate: Block) -> bool:
    return bool(getattr(candidate, "scales_pictures", False))


def _by_short_name(candidates: Sequence[str | Block]) -> dict[str, Block]:
    """Return new or given blocks by the short names they have in the search space."""
    blocks: dict[str, Block] = {}
    for candidate in candidates:
        made: Any = block(candidate) if isinstance(candidate, str) else candidate
        if not isinstance(made, Block):
            raise GraphError(
                describe_error(
                    "ImageBlock has a candidate that is no block.",
                    expected="registered names such as 'ak_vision:resnet', or blocks such as ResNetBlock()",
                    received=f"candidates={list(candidates)!r}",
                )
            )
        short = made.name or made.default_name()
        if short in blocks:
            raise GraphError(
                describe_error(
                    f"ImageBlock has two candidates named {short!r}.",
                    expected="different names",
                    received=f"candidates={list(candidates)!r}",
                    advice="Give one of them a name, e.g. ConvBlock(name='wide').",
                )
            )
        blocks[short] = made
    if not blocks:
        raise GraphError(
            describe_error("ImageBlock has no candidates.", expected="at least one", received="candidates=[]")
        )
    return blocks
