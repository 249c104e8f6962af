"""The search space of a block that chooses among other blocks. Light: no Keras here."""

from __future__ import annotations

from collections.abc import Mapping

from autokeras_core.search.domains import Choice
from autokeras_core.search.space import Space

__all__ = ["choice_space"]


def choice_space(candidates: Mapping[str, Space]) -> Space:
    """Return the space of a block that applies one of several candidates.

    Args:
        candidates: The space of each candidate by its short name, the default first.

    Returns:
        The choice among the names, `block_type`, and each candidate's space under its name, active where it is chosen.

    Example:
        ```python
        list(choice_space({"conv": Space({"filters": Int(8, 64)})}))  # ["block_type", "conv/filters"]
        ```
    """
    return Space.combine(
        Space({"block_type": Choice(tuple(candidates))}),
        *(space.under(name).conditioned("block_type", name) for name, space in candidates.items()),
    )
