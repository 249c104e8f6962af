"""Whether later pictures have values on the scale of the training pictures."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.errors import DataError, DataWarning, describe_error

if TYPE_CHECKING:
    from autokeras_core.plugin import InputProfile

__all__ = ["check_scale", "scale_of", "widened_scale"]

Pictures: TypeAlias = np.ndarray[Any, Any]

_WHITE = 255  # of pictures whose values are those of bytes, whatever type they have
_DARK = 16  # up to here they may as well have another scale
_OVERSHOOT = 0.03  # by how much resizing and the like may go beyond a scale
_SEVERAL = 8  # so many pictures are not all dark by chance
# From 12 to 16 bits it is 16 times, from a mask of 0 and 1 to one of 0 and 255 even more. The brightest of several photographs
# is hardly ever so far from that of others, however dark these are.
_TIMES_AS_BRIGHT = 8


def scale_of(pictures: Pictures) -> dict[str, float]:
    """Return the facts about training pictures that later ones are compared with.

    Args:
        pictures: The training pictures, with at least one value.

    Returns:
        `low` and `high`, the smallest and the largest value of all; `dimmest` and `typical`, the largest values of the
        darkest picture and of the median one of those that are not black.
    """
    brightest = pictures.max(axis=tuple(range(1, pictures.ndim)))
    lit = brightest[brightest > 0]
    return {
        "low": float(pictures.min()),
        "high": float(brightest.max()),
        "dimmest": float(brightest.min()),
        "typical": float(np.median(lit)) if len(lit) else 0.0,
    }


def widened_scale(facts: Mapping[str, Any], pictures: Pictures) -> dict[str, Any]:
    """Return the facts about training pictures, widened to the extremes of others that were drawn from the same data.

    Args:
        facts: The facts about the training pictures, those of `scale_of` among them. `typical` is left as it is.
        pictures: The others, with at least one value.
    """
    scale = scale_of(pictures)
    return {
        **facts,
        "low": min(facts["low"], scale["low"]),
        "high": max(facts["high"], scale["high"]),
        "dimmest": min(facts["dimmest"], scale["dimmest"]),
    }


def check_scale(data: Pictures, *, profile: InputProfile) -> None:
    """Check that later pictures have values on the scale of the training pictures.

    The common mistake is to train on 0..255 and to predict on 0..1 or -1..1, or the other way round; of whole numbers also
    masks of 0 and 1 for those of 0 and 255, and 12 bits for 16. A few pictures that are darker than all training
    pictures may be dark, or scaled; and so may be many that are all as dark as the fewer of those: these are warned of.
    So are whole numbers that are many times as large, or as small, as they were in training: nothing says for sure that
    they are another scale.

    Args:
        data: The later pictures, with at least one value.
        profile: What analysis found out about the training pictures: for arrays the facts of `scale_of`, widened to
            the pictures that were split off for validation; for files `low` and `high` alone.

    Raises:
        DataError: If they have not.
    """
    low, high = float(data.min()), float(data.max())
    if problem := _problem(data, low=low, high=high, profile=profile):
        raise DataError(
            describe_error(
                f"The pictures of the input {profile.name!r} have other values than in training: {problem}.",
                expected=f"{profile.dtype} pictures with values from {profile.facts['low']:g} to {profile.facts['high']:g}",
                received=f"{data.dtype} pictures with values from {low:g} to {high:g}",
                advice="Pass the pictures as they were passed to fit: scaling happens inside the model.",
            )
        )
    if doubt := _doubt(data, low=low, high=high, profile=profile):
        only = "brighter" if high > profile.facts["high"] else "dark"
        message = (
            f"The pictures of the input {profile.name!r} may have been scaled: {doubt}. If they were, pass them as they were "
            f"passed to fit; if they are only {only}, all is well."
        )
        warnings.warn(message, DataWarning, stacklevel=3)


def _problem(data: Pictures, *, low: float, high: float, profile: InputProfile) -> str:
    """Return what is surely wrong with the values, or an empty string."""
    if _is_whole(profile):
        if data.dtype.kind == "f" and bool((data != np.floor(data)).any()):
            return "fractions, where training had whole numbers"
        limits = (0, 1) if profile.dtype == "bool" else (np.iinfo(profile.dtype).min, np.iinfo(profile.dtype).max)
        return f"values that {profile.dtype} cannot hold" if low < limits[0] or high > limits[1] else ""
    was_of_fractions = profile.facts["low"] >= -1 - _OVERSHOOT and profile.facts["high"] <= 1 + _OVERSHOOT
    if was_of_fractions and low >= -_OVERSHOOT * _WHITE and high > _DARK:
        return "values above 1, where training had none"
    if (
        len(data) >= _SEVERAL
        and high < profile.facts["dimmest"]
        and _may_be_scaled(data, low=low, high=high, profile=profile)
    ):
        return _fractions(profile)
    return ""


def _doubt(data: Pictures, *, low: float, high: float, profile: InputProfile) -> str:
    """Return what may be wrong with the values, or may be chance, or an empty string."""
    facts = profile.facts
    if _is_whole(profile):
        if profile.rows >= _SEVERAL and high > _TIMES_AS_BRIGHT * max(1.0, facts["high"]):
            return f"values up to {high:g}, where training had none above {facts['high']:g}"
        # Of files nobody knows how dark the darkest is; and black pictures have no scale.
        is_far_darker = 0 < _TIMES_AS_BRIGHT * high < facts.get("dimmest", 0)
        if len(data) >= _SEVERAL and is_far_darker and min(low, facts["low"]) >= 0:
            return f"values up to {high:g}, where each picture in training had some from {facts['dimmest']:g} on"
        return ""
    if not _may_be_scaled(data, low=low, high=high, profile=profile):
        return ""
    return _fractions(profile) if len(data) >= _SEVERAL or high < facts["dimmest"] else ""


def _may_be_scaled(data: Pictures, *, low: float, high: float, profile: InputProfile) -> bool:
    """Return whether pictures hold fractions up to 1 where the training pictures' values were those of bytes, as floats."""
    facts = profile.facts
    if _is_whole(profile) or not _DARK < facts["high"] <= (1 + _OVERSHOOT) * _WHITE:
        return False
    # Where most training pictures held fractions as well, a few bright ones tell no scale. Older profiles do not say.
    was_of_bytes = facts["low"] >= -_OVERSHOOT * _WHITE and facts.get("typical", facts["high"]) > 1 + _OVERSHOOT
    is_of_fractions = low >= -1 - _OVERSHOOT and high <= 1 + _OVERSHOOT
    return was_of_bytes and is_of_fractions and bool((data != np.floor(data)).any())


def _is_whole(profile: InputProfile) -> bool:
    return np.dtype(profile.dtype).kind in "bui"


def _fractions(profile: InputProfile) -> str:
    return f"fractions of at most 1, where training had values up to {profile.facts['high']:g}"
