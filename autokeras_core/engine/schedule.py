"""Learning-rate schedules as a pure function of progress. Light: standard library only."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.names import suggest

__all__ = ["SCHEDULES", "Schedule", "learning_rate_at", "patience_of"]

Schedule: TypeAlias = Literal["constant", "cosine", "one_cycle", "cyclic", "linear"]

SCHEDULES: tuple[str, ...] = get_args(Schedule)
"""The names of the schedules."""

_WARM_UP_SHARE = {"cosine": 0.05, "one_cycle": 0.3, "linear": 0.1}
_START = 0.1  # of the peak, at progress 0
_CYCLES = 4
_LONGEST_CYCLE = 8 / 15  # of training: what follows 1 + 2 + 4 parts of 15
_END = 0.01  # of the peak, at progress 1: above 0, so that the last steps still learn


def patience_of(schedule: str, share: float) -> float:
    """Return how long training goes on without improvement, as a share of it.

    A cycle has to be waited for: between the low points of the last two lies half of training.

    Args:
        schedule: One of `SCHEDULES`.
        share: The share that is right where the learning rate only falls.
    """
    return max(share, _LONGEST_CYCLE) if schedule == "cyclic" else share


def learning_rate_at(schedule: str, peak: float, progress: float) -> float:
    """Return the learning rate at one point of training.

    * `"constant"`: the peak all the way;
    * `"cosine"`: a linear warm-up from a tenth of the peak over the first 5%, then half a cosine down to a hundredth;
    * `"one_cycle"`: the same with a warm-up over the first 30%;
    * `"cyclic"`: up to the peak and down again four times, each time twice as long as the last;
    * `"linear"`: a linear warm-up over the first 10%, then a straight line down to a hundredth, as transformers like it.

    Args:
        schedule: One of `SCHEDULES`.
        peak: The largest learning rate, above 0.
        progress: The share of training that has gone by; cut off to `[0, 1]`.

    Returns:
        A learning rate in `(0, peak]`.

    Raises:
        SpaceError: If there is no such schedule, or the peak is not above 0.

    Example:
        ```python
        learning_rate_at("cosine", 1e-3, 0.0)  # 1e-4
        learning_rate_at("cosine", 1e-3, 0.05)  # 1e-3
        learning_rate_at("cosine", 1e-3, 1.0)  # 1e-5
        ```

    Reference:
        Loshchilov, Hutter: SGDR (2017), for the cosine; Smith, Topin: Super-convergence (2019), for one cycle;
        Holzmüller, Grinsztajn, Steinwart: Better by Default (2024), for the cycles.
    """
    if schedule not in SCHEDULES:
        raise SpaceError(
            describe_error(
                "There is no such learning-rate schedule.",
                expected=f"one of {list(SCHEDULES)}",
                received=f"schedule={schedule!r}",
                advice=suggest(schedule, SCHEDULES),
            )
        )
    if not (math.isfinite(peak) and peak > 0):
        raise SpaceError(
            describe_error(
                "A learning rate must be above 0.", expected="a finite number above 0", received=f"peak={peak!r}"
            )
        )
    if schedule == "constant":
        return peak
    progress = min(1.0, max(0.0, progress))
    if schedule == "cyclic":
        # "coslog4" of the paper: (1 - cos(2 pi log2(1 + 15 t))) / 2, here down to a hundredth, as the others.
        share = (1 - math.cos(2 * math.pi * math.log2(1 + (2**_CYCLES - 1) * progress))) / 2
        return peak * (_END + (1 - _END) * share)
    warm_up = _WARM_UP_SHARE[schedule]
    if progress < warm_up:
        return peak * (_START + (1 - _START) * progress / warm_up)
    if schedule == "linear":
        return peak * (_END + (1 - _END) * (1 - progress) / (1 - warm_up))
    angle = math.pi * (progress - warm_up) / (1 - warm_up)
    return peak * (_END + (1 - _END) * (1 + math.cos(angle)) / 2)
