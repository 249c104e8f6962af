"""Which published networks a search tries on pictures of a size. Light: no Keras here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ak_vision.networks import NETWORKS
from autokeras_core.plugin import Choice

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile, Space

__all__ = ["largest_side", "suit_networks", "suit_pretrained"]


def suit_networks(
    space: Space, profile: DataProfile | None, *, hyperparameter: str, networks: Mapping[str, str], declared: Space
) -> Space:
    """Return the space without the published networks that are too large for the pictures.

    A network is searched for pictures from its `suited_side` on: 64 pixels for one that was published for 224. So
    below 64 pixels only the small architectures are left. What the user fixed or narrowed is left alone, and so is a
    space of which nothing would be left.

    Args:
        space: The space of a block, perhaps narrowed.
        profile: What analysis found; `None` leaves the space as it is.
        hyperparameter: The hyperparameter that names the architecture.
        networks: Its values that are published networks, with their names in `NETWORKS`.
        declared: The space as the block declares it.
    """
    choice = space.get(hyperparameter)
    if profile is None or not isinstance(choice, Choice) or choice != declared[hyperparameter]:
        return space
    side = largest_side(profile)
    suited = [
        value
        for value in choice.values
        if str(value) not in networks or NETWORKS[networks[str(value)]].suited_side <= side
    ]
    if not suited or len(suited) == len(choice.values):
        return space
    default = choice.default if choice.default in suited else suited[0]
    return space.narrow({hyperparameter: Choice(suited, default=default)})


def suit_pretrained(
    space: Space, profile: DataProfile | None, *, hyperparameter: str, networks: Mapping[str, str], declared: Space
) -> Space:
    """Return the space with nothing but published networks whose weights can be downloaded.

    Those that are too large for the pictures are left out as in `suit_networks`; on pictures for which all are too
    large, which are then enlarged, the ones for the smallest pictures stay. What the user fixed or narrowed is left
    alone.

    Args:
        space: The space of a block, perhaps narrowed.
        profile: What analysis found; `None` leaves out nothing that has weights.
        hyperparameter: The hyperparameter that names the architecture.
        networks: Its values that are published networks, with their names in `NETWORKS`.
        declared: The space as the block declares it.
    """
    if space.get(hyperparameter) != declared[hyperparameter]:
        return space
    sides = {value: NETWORKS[name].suited_side for value, name in networks.items() if NETWORKS[name].constructor}
    largest = math.inf if profile is None else max(largest_side(profile), min(sides.values()))
    return space.narrow({hyperparameter: Choice([value for value, side in sides.items() if side <= largest])})


def largest_side(profile: DataProfile) -> float:
    """Return the side of a square with as many pixels as the pictures have; 0 without pictures."""
    sides = (
        math.sqrt(part.facts["height"] * part.facts["width"])
        for part in profile.inputs.values()
        if part.modality == "image"
    )
    return max(sides, default=0.0)
