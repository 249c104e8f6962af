"""The search spaces of the image blocks, as data. Light: no Keras here.

The class of a block and its descriptor share one space, so what `autokeras blocks show` prints is what is searched.
The functions suit a space to the data; they leave alone what the user fixed or narrowed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from ak_vision._suited_networks import largest_side, suit_networks, suit_pretrained
from ak_vision.networks import NETWORKS
from autokeras_core.plugin import Boolean, Choice, Space

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile

__all__ = [
    "AUGMENTATION",
    "BACKBONES",
    "CONV",
    "CONVNEXT",
    "CONVNEXT_NETWORKS",
    "DEFAULT_CANDIDATES",
    "EFFICIENTNET",
    "EFFICIENTNET_NETWORKS",
    "FLIPS",
    "IMAGE",
    "IMAGE_SIZES",
    "MOBILENET",
    "MOBILENET_NETWORKS",
    "PATCH_SIDES",
    "PRETRAINED_CANDIDATE",
    "RESNET",
    "RESNET9",
    "RESNET_NETWORKS",
    "STEM_SIDES",
    "SUITED_SIDES",
    "TRANSFER",
    "TRANSFER_FROM_SIDE",
    "XCEPTION",
    "XCEPTION_NETWORKS",
    "can_transfer",
    "image_space",
    "suit_image_size",
    "suit_networks",
    "suit_pretrained",
    "suit_stem",
    "suited_candidates",
]

FLIPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "none": (),
        "horizontal": ("horizontal_flip",),
        "vertical": ("vertical_flip",),
        "both": ("horizontal_flip", "vertical_flip"),
    }
)
"""What `flips=` may be, and the hyperparameters that it opens to the search."""

_STEM_STRIDE = Choice([1, 2, 4], default=1)

CONV = Space(
    {
        "num_blocks": Choice([1, 2, 3, 4], default=3),
        "num_layers": Choice([1, 2], default=1),
        "filters": Choice([16, 32, 64, 128], default=32),
        "kernel_size": Choice([3, 5, 7], default=3),
        "stem_stride": _STEM_STRIDE,
        "separable": Boolean(default=False),
        "max_pooling": Boolean(default=True),
        "use_batch_norm": Boolean(default=True),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.0),
    }
)

RESNET_NETWORKS: Mapping[str, str] = MappingProxyType({name: name for name in ("resnet50", "resnet101", "resnet152")})
"""The values of `architecture` that are published networks (v1; v2 of the same name takes the same pictures)."""

_SMALL_RESNET = {"architecture": "small"}

RESNET = Space(
    {
        "architecture": Choice(["small", *RESNET_NETWORKS]),
        "version": Choice(["v1", "v2"], default="v2"),
        "num_stages": Choice([2, 3, 4], default=3, when=_SMALL_RESNET),
        "blocks_per_stage": Choice([1, 2, 3, 5], default=1, when=_SMALL_RESNET),
        "filters": Choice([16, 32, 64], default=16, when=_SMALL_RESNET),
        "stem_stride": attrs.evolve(_STEM_STRIDE, when=_SMALL_RESNET),
    }
)

RESNET9 = Space(
    {
        "num_stages": Choice([2, 3, 4], default=3),
        "filters": Choice([8, 16, 32, 64], default=16),
        "stem_stride": _STEM_STRIDE,
    }
)

XCEPTION_NETWORKS: Mapping[str, str] = MappingProxyType({"full": "xception"})
"""The values of `architecture` that are published networks."""

_SMALL_XCEPTION = {"architecture": "small"}

XCEPTION = Space(
    {
        "architecture": Choice(["small", *XCEPTION_NETWORKS]),
        "num_blocks": Choice([2, 3, 4], default=3, when=_SMALL_XCEPTION),
        "middle_blocks": Choice([0, 1, 2, 4], default=1, when=_SMALL_XCEPTION),
        "filters": Choice([16, 32, 64], default=32, when=_SMALL_XCEPTION),
        "stem_stride": attrs.evolve(_STEM_STRIDE, when=_SMALL_XCEPTION),
    }
)

EFFICIENTNET_NETWORKS: Mapping[str, str] = MappingProxyType(
    {
        version: f"efficientnet_{version}"
        for version in (
            "lite0",
            *(f"b{index}" for index in range(8)),
            *(f"v2_{size}" for size in ("b0", "b1", "b2", "b3", "s", "m", "l")),
        )
    }
)
"""The values of `version` that are published networks."""

_SMALL_EFFICIENTNET = {"version": "small"}

EFFICIENTNET = Space(
    {
        "version": Choice(["small", *EFFICIENTNET_NETWORKS]),
        "num_stages": Choice([2, 3, 4], default=3, when=_SMALL_EFFICIENTNET),
        "blocks_per_stage": Choice([1, 2, 3], default=1, when=_SMALL_EFFICIENTNET),
        "filters": Choice([16, 24, 32], default=16, when=_SMALL_EFFICIENTNET),
        "expansion": Choice([2, 4, 6], default=4, when=_SMALL_EFFICIENTNET),
        "kernel_size": Choice([3, 5], default=3, when=_SMALL_EFFICIENTNET),
        "squeeze_excitation": Boolean(default=False, when=_SMALL_EFFICIENTNET),
        "stem_stride": attrs.evolve(_STEM_STRIDE, when=_SMALL_EFFICIENTNET),
    }
)

MOBILENET_NETWORKS: Mapping[str, str] = MappingProxyType(
    {version: f"mobilenet_v3_{version}" for version in ("small", "large")}
)
"""The values of `version`, all of which are published networks."""

MOBILENET = Space({"version": Choice(tuple(MOBILENET_NETWORKS))})

CONVNEXT_NETWORKS: Mapping[str, str] = MappingProxyType({"tiny": "convnext_tiny"})
"""The values of `version` that are published networks."""

_SMALL_CONVNEXT = {"version": "small"}

CONVNEXT = Space(
    {
        "version": Choice(["small", *CONVNEXT_NETWORKS]),
        "num_stages": Choice([2, 3, 4], default=3, when=_SMALL_CONVNEXT),
        "blocks_per_stage": Choice([1, 2, 3], default=2, when=_SMALL_CONVNEXT),
        "filters": Choice([16, 24, 40, 64], default=24, when=_SMALL_CONVNEXT),
        "kernel_size": Choice([3, 5, 7], default=7, when=_SMALL_CONVNEXT),
        "stochastic_depth": Choice([0.0, 0.1, 0.2], default=0.0, when=_SMALL_CONVNEXT),
        "stem_stride": attrs.evolve(_STEM_STRIDE, when=_SMALL_CONVNEXT),
    }
)

AUGMENTATION = Space(
    {
        "translation": Choice([0.0, 0.05, 0.1, 0.2], default=0.1),
        "rotation": Choice([0.0, 0.02, 0.05], default=0.0),
        "zoom": Choice([0.0, 0.1, 0.2], default=0.0),
        "contrast": Choice([0.0, 0.1, 0.3], default=0.0),
        "brightness": Choice([0.0, 0.1, 0.3], default=0.0),
        "erasing": Choice([0.0, 0.25, 0.5], default=0.0),
        "policy": Choice(["none", "randaugment"]),
        "magnitude": Choice([0.1, 0.3, 0.5, 0.7], default=0.3, when={"policy": "randaugment"}),
        "horizontal_flip": Boolean(default=False),
        "vertical_flip": Boolean(default=False),
    }
)


def image_space(
    *,
    augmentation: Space,
    candidates: Mapping[str, Space],
    raw: Collection[str] = (),
    scaling: Collection[str] = (),
) -> Space:
    """Return the space of a block that scales, augments, and then applies one of several candidates.

    Args:
        augmentation: The space of the augmentation, active where it is on.
        candidates: The space of each candidate by its short name, active where the candidate is chosen; the first
            is the default.
        raw: The candidates that take pictures as they are: for them nothing is scaled or augmented.
        scaling: The candidates that scale pictures themselves, and may see augmented ones.

    Returns:
        The space, with names as they are in the block: `block_type`, `augmentation/zoom`, `resnet/version`, ...
    """
    choice = Space({"block_type": Choice(tuple(candidates))})

    def for_those(space: Space, names: Sequence[str]) -> Space:
        if not names:
            return Space()
        return space if len(names) == len(candidates) else space.conditioned("block_type", *names)

    augmented = [name for name in candidates if name not in raw]
    scaled = [name for name in augmented if name not in scaling]
    return Space.combine(
        choice,
        for_those(Space({"normalize": Boolean(default=True)}), scaled),
        for_those(Space({"augment": Boolean(default=False)}), augmented),
        augmentation.under("augmentation").conditioned("augment", True) if augmented else Space(),
        *(space.under(name).conditioned("block_type", name) for name, space in candidates.items()),
    )


BACKBONES = (
    "mobilenet_v3_large",
    "mobilenet_v3_small",
    "efficientnet_v2_b0",
    "efficientnet_b0",
    "efficientnet_lite0",
    "resnet50_v2",
)
"""The pretrained networks that `TransferBlock` uses, the default first."""

IMAGE_SIZES = (32, 64, 96, 128, 160, 192, 224)
"""The sides that it brings pictures to."""

_IMAGE_SIZE = Choice(IMAGE_SIZES, default=96)

TRANSFER = Space(
    {
        "backbone": Choice(BACKBONES),
        "image_size": _IMAGE_SIZE,
        "hidden_units": Choice([0, 128, 512], default=0),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.25, when={"hidden_units": (128, 512)}),
        "fine_tune": Choice(["none", "top", "all"]),
        "fine_tune_learning_rate": Choice([1e-5, 3e-5, 1e-4, 3e-4], default=1e-4, when={"fine_tune": ("top", "all")}),
    }
)

TRANSFER_FROM_SIDE = 64
"""The side from which on the image tasks try a pretrained network by themselves, in pixels."""

_CANDIDATES: Mapping[str, Space] = MappingProxyType(
    {
        "conv": CONV,
        "resnet": RESNET,
        "resnet9": RESNET9,
        "xception": XCEPTION,
        "efficientnet": EFFICIENTNET,
        "mobilenet": MOBILENET,
    }
)

DEFAULT_CANDIDATES = tuple(f"ak_vision:{name}" for name in _CANDIDATES)
"""The networks that the image block chooses among unless it is told otherwise, the default first."""

PRETRAINED_CANDIDATE = "ak_vision:transfer"
"""The pretrained network that is one more candidate, where nothing speaks against it."""

IMAGE = image_space(
    augmentation=AUGMENTATION.narrow({"horizontal_flip": False, "vertical_flip": False}),
    candidates={**_CANDIDATES, "transfer": TRANSFER},
    raw=["transfer"],
)

SUITED_SIDES: Mapping[str, int] = MappingProxyType(
    {"mobilenet": min(NETWORKS[name].suited_side for name in MOBILENET_NETWORKS.values())}
)
"""The side from which on a search tries a default candidate of the image block, where that is not any side."""

STEM_SIDES = (48, 96)
"""Up to which side a network keeps every pixel, and up to which its first convolution halves the picture."""

PATCH_SIDES = (16, 48)
"""Up to which side a network of patches keeps every pixel, and up to which its patches are 2x2. Stems of other networks
shrink pictures later: here each block widens the channels fourfold at full size."""


def suit_stem(space: Space, profile: DataProfile | None, *, sides: tuple[int, int] = STEM_SIDES) -> Space:
    """Return the space with the default of `stem_stride` suited to the size of the pictures.

    Small pictures keep every pixel; what is larger than 48 pixels is halved by the first convolution, what is larger
    than 96 pixels is quartered, since the cost of a layer grows with the square of the side. All values stay in the
    space, and a `stem_stride` that the user fixed or narrowed is left alone.

    Args:
        space: The space of a block, e.g. `CONV`, perhaps narrowed.
        profile: What analysis found; `None` leaves the space as it is.
        sides: Up to which side every pixel is kept, and up to which the picture is halved.
    """
    declared = space.get("stem_stride")
    if profile is None or declared is None or attrs.evolve(declared, when=()) != _STEM_STRIDE:
        return space
    side = largest_side(profile)
    stride = 1 if side <= sides[0] else 2 if side <= sides[1] else 4
    return Space({**space, "stem_stride": Choice([1, 2, 4], default=stride, when=declared.when)})


def suit_image_size(space: Space, profile: DataProfile | None) -> Space:
    """Return the space with the default of `image_size` suited to the size of the pictures.

    Small pictures are enlarged a little, since a pretrained network divides height and width by 32 and would see one
    pixel at its end: pictures below 48 pixels are doubled, those below 96 brought to 96, larger ones keep their size up
    to 224. The next larger value is taken: 64 for pictures of 28 pixels. All values stay in the space.

    Args:
        space: The space of a block, perhaps narrowed.
        profile: What analysis found; `None` leaves the space as it is.
    """
    if profile is None or space.get("image_size") != _IMAGE_SIZE:
        return space
    side = largest_side(profile)
    wanted = max(side, min(2 * side, 96))
    suited = next((value for value in IMAGE_SIZES if value >= max(wanted, 64)), IMAGE_SIZES[-1])
    return Space({**space, "image_size": Choice(IMAGE_SIZES, default=suited)})


def can_transfer(profile: DataProfile | None) -> bool:
    """Return whether the image tasks try a pretrained network on these pictures by themselves.

    They do for grey and colour pictures whose shorter side has at least 64 pixels: smaller ones look little like the
    photographs that the networks were trained on, and a small network of their own learns them in less time.

    Args:
        profile: What analysis found; `None` leaves the question open, and the answer is yes.
    """
    if profile is None:
        return True
    pictures = [part for part in profile.inputs.values() if part.modality == "image"]
    return bool(pictures) and all(
        part.facts["channels"] in (1, 3) and min(part.facts["height"], part.facts["width"]) >= TRANSFER_FROM_SIDE
        for part in pictures
    )


def suited_candidates(names: Iterable[str], profile: DataProfile | None) -> tuple[str, ...]:
    """Return the default candidates of the image block that a search tries on these pictures.

    Args:
        names: The short names of all candidates.
        profile: What analysis found; `None` leaves out nothing.
    """
    side = math.inf if profile is None else largest_side(profile)
    return tuple(name for name in names if SUITED_SIDES.get(name, 0) <= side)
