"""Where the channel axis of pictures in arrays is: as it was given, or guessed from their shape."""

from __future__ import annotations

import warnings
from typing import Literal, TypeAlias

from autokeras_core.errors import DataWarning
from autokeras_core.plugin import Decision

__all__ = ["LAYOUTS", "Layout", "find_layout"]

Layout: TypeAlias = Literal["none", "last", "first"]

LAYOUTS: tuple[Layout, ...] = ("none", "last", "first")
"""All there are."""

_FEW_CHANNELS = 4  # grey, grey and alpha, RGB, RGB and alpha


def find_layout(shape: tuple[int, ...], *, given: Layout | None, name: str) -> tuple[Layout, Decision]:
    """Decide where the channel axis is, with the reason.

    Warns where the shape could as well be read the other way round.

    Args:
        shape: The shape of all pictures together, three or four axes.
        given: What the user said; `None` for nothing.
        name: The input's name.
    """
    layout: Layout
    if given is not None:
        layout, reason = given, f"channels={given!r} was given"
    elif len(shape) == 3:
        layout, reason = "none", "the array has 3 axes"
    else:
        layout, reason, is_clear = _guess(shape)
        if not is_clear:
            message = (
                f"The pictures of the input {name!r} have the shape {shape[1:]}, and it is not clear which axis holds the "
                f"channels: the {layout} one is taken. Say channels='last' or channels='first', of the task or of "
                "ImageInput; that also ends this warning."
            )
            warnings.warn(message, DataWarning, stacklevel=3)
    value = {
        "none": "1, the axis is added",
        "last": f"{shape[-1]}, the last axis",
        "first": f"{shape[1]}, the first axis of a picture is moved to the end",
    }[layout]
    return layout, Decision(f"{name}: channels", value, reason)


def _guess(shape: tuple[int, ...]) -> tuple[Layout, str, bool]:
    """Return where the channels of pictures with three axes probably are, why, and whether that is clear."""
    _, first, second, last = shape
    if last <= _FEW_CHANNELS:
        return "last", f"the array has 4 axes, the last has length {last}", True
    if first <= _FEW_CHANNELS and min(second, last) > _FEW_CHANNELS:
        reason = f"the second axis has length {first}, the others are longer; channels='last' says otherwise"
        # Four are rarely channels where the picture is no square: they may be sensors, and the picture so high.
        return "first", reason, first < _FEW_CHANNELS or second == last
    if first < second == last:
        # Satellites and microscopes: a square of pixels is likelier than as many channels as a picture is wide.
        return "first", "the last two axes are equal, and the second is shorter; channels='last' says otherwise", True
    reason = "the array has 4 axes, and channels are usually the last"
    if first == second != last or last < min(first, second):
        return "last", reason, True
    return "last", f"{reason}; channels='first' says otherwise", False
