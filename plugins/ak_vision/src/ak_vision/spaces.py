"""The search spaces of the image blocks, as data. Light: no Keras here.

The class of a block and its descriptor share one space, so what `autokeras blocks show` prints is what is searched.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from autokeras_core.plugin import Boolean, Choice, Space

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile

__all__ = ["AUGMENTATION", "CONV", "FLIPS", "IMAGE", "RESNET", "image_space", "suit_stem"]

FLIPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "none": (),
        "horizontal": ("horizontal_flip",),
        "vertical": ("vertical_flip",),
        "both": ("horizontal_flip", "vertical_flip"),
    }
)
"""What `flips=` may be, and the hyperparameters that it opens to the search."""

CONV = Space(
    {
        "num_blocks": Choice([1, 2, 3, 4], default=3),
        "num_layers": Choice([1, 2], default=1),
        "filters": Choice([16, 32, 64, 128], default=32),
        "kernel_size": Choice([3, 5, 7], default=3),
        "stem_stride": Choice([1, 2, 4], default=1),
        "separable": Boolean(default=False),
        "max_pooling": Boolean(default=True),
        "use_batch_norm": Boolean(default=True),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.0),
    }
)

RESNET = Space(
    {
        "version": Choice(["v1", "v2"], default="v2"),
        "num_stages": Choice([2, 3, 4], default=3),
        "blocks_per_stage": Choice([1, 2, 3, 5], default=1),
        "filters": Choice([16, 32, 64], default=16),
        "stem_stride": Choice([1, 2, 4], default=1),
    }
)

AUGMENTATION = Space(
    {
        "translation": Choice([0.0, 0.05, 0.1, 0.2], default=0.1),
        "rotation": Choice([0.0, 0.02, 0.05], default=0.0),
        "zoom": Choice([0.0, 0.1, 0.2], default=0.0),
        "contrast": Choice([0.0, 0.1, 0.3], default=0.0),
        "horizontal_flip": Boolean(default=False),
        "vertical_flip": Boolean(default=False),
    }
)


def image_space(*, augmentation: Space, candidates: Mapping[str, Space]) -> Space:
    """Return the space of a block that scales, augments, and then applies one of several candidates.

    Args:
        augmentation: The space of the augmentation, active where it is on.
        candidates: The space of each candidate by its short name, active where the candidate is chosen; the first
            is the default.

    Returns:
        The space, with names as they are in the block: `block_type`, `augmentation/zoom`, `resnet/version`, ...
    """
    return Space.combine(
        Space(
            {
                "block_type": Choice(tuple(candidates)),
                "normalize": Boolean(default=True),
                "augment": Boolean(default=False),
            }
        ),
        augmentation.under("augmentation").conditioned("augment", True),
        *(space.under(name).conditioned("block_type", name) for name, space in candidates.items()),
    )


IMAGE = image_space(
    augmentation=AUGMENTATION.narrow({"horizontal_flip": False, "vertical_flip": False}),
    candidates={"conv": CONV, "resnet": RESNET},
)


def suit_stem(space: Space, profile: DataProfile | None) -> Space:
    """Return the space with the default of `stem_stride` suited to the size of the pictures.

    Small pictures keep every pixel; what is larger than 48 pixels is halved by the first convolution, what is larger
    than 96 pixels is quartered, since the cost of a layer grows with the square of the side. All values stay in the
    space, and a `stem_stride` that the user fixed or narrowed is left alone.

    Args:
        space: The space of a block, e.g. `CONV`, perhaps narrowed.
        profile: What analysis found; `None` leaves the space as it is.
    """
    declared = space.get("stem_stride")
    if profile is None or declared != CONV["stem_stride"]:
        return space
    sides = [
        math.sqrt(part.facts["height"] * part.facts["width"])
        for part in profile.inputs.values()
        if part.modality == "image"
    ]
    largest = max(sides, default=0.0)
    stride = 1 if largest <= 48 else 2 if largest <= 96 else 4
    return Space({**space, "stem_stride": Choice([1, 2, 4], default=stride)})
