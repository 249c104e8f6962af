"""The seed of a search: what may be one. Light: NumPy only."""

from __future__ import annotations

import numpy as np

from autokeras_core.errors import SearchError, describe_error

__all__ = ["checked_seed"]


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
