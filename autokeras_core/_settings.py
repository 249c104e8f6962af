"""Checks of what a user sets on `AutoModel`, so that a wrong value is an error where it is written."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence

import numpy as np

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.oracles import PURE, WARM_STARTED

__all__ = ["check_counts", "check_positive", "check_warm_starts", "single_model"]


def check_counts(**arguments: int | None) -> None:
    """Raise `SearchError` if a count is given and is no whole number of 1 or more."""
    for name, value in arguments.items():
        is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if value is not None and not (is_whole and value >= 1):
            raise SearchError(
                describe_error(
                    f"{name} cannot be used.",
                    expected="a whole number of 1 or more, or None",
                    received=f"{name}={value!r}",
                )
            )


def check_positive(**arguments: float | None) -> None:
    """Raise `SearchError` if a limit is given and is no number above zero."""
    for name, value in arguments.items():
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
        if value is not None and not (is_number and value > 0):
            raise SearchError(
                describe_error(
                    f"{name} cannot be used.", expected="a number above 0, or None", received=f"{name}={value!r}"
                )
            )


def check_warm_starts(warm_starts: Sequence[Mapping[str, object]] | None, *, tuner: object) -> None:
    """Raise `SearchError` if there are predefined configurations, and the tuner has no place for them."""
    if warm_starts and tuner not in WARM_STARTED:
        raise SearchError(
            describe_error(
                "warm_starts cannot be used with this tuner.",
                expected=" or ".join(f"tuner={name!r}" for name in WARM_STARTED),
                received=f"tuner={tuner!r}",
                advice="Leave out warm_starts=, or choose another tuner.",
            )
        )


def single_model(ensemble: bool | int | None) -> bool:
    """Return what `ensemble` is with the paper's algorithm, which has none: `False`.

    Raises:
        SearchError: If the user asked for one.
    """
    if ensemble:
        raise SearchError(
            describe_error(
                "The paper's algorithm returns the best single model.",
                expected=f"ensemble=False (or left out) with tuner={PURE!r}",
                received=f"ensemble={ensemble!r}",
                advice="Use tuner='mutation' for an ensemble.",
            )
        )
    return False
