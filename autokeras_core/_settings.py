"""Checks of what a user sets on `AutoModel`, so that a wrong value is an error where it is written."""

from __future__ import annotations

import numpy as np

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.oracles import PURE

__all__ = ["check_positive", "checked_seed", "single_model"]


def check_positive(**arguments: float | None) -> None:
    """Raise `SearchError` if a count or a limit is given and not above zero."""
    for name, value in arguments.items():
        if value is not None and (isinstance(value, bool) or not value > 0):
            raise SearchError(
                describe_error(
                    f"{name} cannot be used.", expected="a number above 0, or None", received=f"{name}={value!r}"
                )
            )


def checked_seed(seed: int) -> int:
    """Return a seed that the user gave as a plain int.

    Raises:
        SearchError: If it is no whole number, or below 0.
    """
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and seed >= 0:
        return int(seed)
    raise SearchError(
        describe_error(
            "seed cannot be used.", expected="a whole number of 0 or more, or None", received=f"seed={seed!r}"
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
