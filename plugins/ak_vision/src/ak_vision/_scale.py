"""Whether later pictures have values on the scale of the training pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from autokeras_core.plugin import InputProfile

__all__ = ["scale_problem"]

Pictures: TypeAlias = np.ndarray[Any, Any]

_WHITE = 255  # of pictures whose values are those of bytes, whatever type they have
_DARK = 16  # up to here they may as well have another scale


def scale_problem(data: Pictures, *, low: float, high: float, profile: InputProfile) -> str:
    """Return what is wrong with the values, or an empty string.

    The common mistake is to train on 0..255 and to predict on 0..1 or -1..1, or the other way round.

    Args:
        data: The later pictures, at least one.
        low: Their smallest value.
        high: Their largest value.
        profile: What analysis found out about the training pictures.
    """
    is_whole = np.dtype(profile.dtype).kind in "bui"
    if is_whole and data.dtype.kind == "f" and bool((data != np.floor(data)).any()):
        return "fractions, where training had whole numbers"
    if is_whole:
        limits = (0, 1) if profile.dtype == "bool" else (np.iinfo(profile.dtype).min, np.iinfo(profile.dtype).max)
        if low < limits[0] or high > limits[1]:
            return f"values that {profile.dtype} cannot hold"
        return ""
    low_before, high_before = profile.facts["low"], profile.facts["high"]
    if low_before >= -1 and high_before <= 1 and low >= 0 and high > 2:
        return "values above 1, where training had none"
    is_of_bytes = low_before >= 0 and _DARK < high_before <= _WHITE
    if is_of_bytes and low >= -1 and high <= 1 and bool((data != np.floor(data)).any()):
        return f"fractions of at most 1, where training had values up to {high_before:g}"
    return ""
