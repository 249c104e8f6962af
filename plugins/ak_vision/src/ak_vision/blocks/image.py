"""The block for pictures that chooses among networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ak_vision.blocks.augmentation import ImageAugmentation
from ak_vision.rescaling import Rescaler
from ak_vision.spaces import FLIPS, IMAGE, image_space
from autokeras_core import Block, GraphError, Normalization, Space, block
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from ak_vision.blocks._arguments import TunedBoolean, TunedText
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.operator import Preprocessor, Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["ImageBlock"]

DEFAULT_CANDIDATES = ("ak_vision:conv", "ak_vision:resnet")


class ImageBlock(Block):
    """Scale pictures, augment them if that helps, and apply one of several networks.

    Which networks are tried is written down here, so installing another plugin changes no search. Pictures keep their
    size: nothing enlarges them.

    Args:
        candidates: The networks to choose from, the default first: registered names, or blocks with arguments of
            their own. Each has its part of the search space under its short name, e.g. `resnet/version`.
        flips: Which mirror images have the same label, so that flipping may be searched: `"none"`, `"horizontal"`
            (most photographs), `"vertical"` or `"both"` (pictures from above, cells).
        block_type: The short name of the candidate, e.g. `"resnet"`.
        normalize: Whether each channel is standardised with the mean and variance of the training pictures;
            otherwise values are only brought into `[0, 1]`.
        augment: Whether pictures are changed at random while training, see `ImageAugmentation`.
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
        super().__init__(name=name, candidates=list(candidates), flips=flips, normalize=normalize, augment=augment)
        if block_type is not None:
            self.arguments = {**self.arguments, "block_type": block_type}
        self._candidates = _by_short_name(candidates)
        self._augmentation = ImageAugmentation(
            horizontal_flip=None if "horizontal_flip" in FLIPS[flips] else False,
            vertical_flip=None if "vertical_flip" in FLIPS[flips] else False,
        )
        self.search_space()  # a wrong argument is an error where it is written

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice and of every candidate, narrowed by the arguments and suited to the data."""
        space = image_space(
            augmentation=self._augmentation.search_space(profile),
            candidates={name: candidate.search_space(profile) for name, candidate in self._candidates.items()},
        )
        return space.narrow({name: self.arguments.get(name) for name in ("block_type", "normalize", "augment")})

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the scaling of pixel values; it runs inside the model, so pictures stay `uint8` until there."""
        candidate = self._candidates[hp["block_type"]]
        scaling = Normalization().preprocessors(hp) if hp["normalize"] else (Rescaler(),)
        return (*scaling, *candidate.preprocessors(hp.scope(hp["block_type"])))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the feature map of the chosen candidate."""
        x = inputs
        if hp["augment"]:
            x = self._augmentation.build(hp.scope("augmentation"), x)
        return self._candidates[hp["block_type"]].build(hp.scope(hp["block_type"]), x)


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
