"""Columns of a table in the place of others. No Keras here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ak_tabular.tables import names_of, structured

__all__ = ["with_cells"]

Array: TypeAlias = np.ndarray[Any, Any]


def with_cells(
    table: Array, changed: Mapping[int, Array], *, names: Sequence[str], places: Sequence[int] | None = None
) -> Array:
    """Return a structured array of a table's columns, some of them replaced.

    Args:
        table: A table, see `ak_tabular.tables`.
        changed: The new columns, by the place of the old ones.
        names: What to call the columns, in the table's order.
        places: Which columns these are, by their places; by default all.
    """
    own = names_of(table)
    kept = [
        changed[place] if place in changed else table[:, place] if own is None else table[own[place]]
        for place in (range(len(names)) if places is None else places)
    ]
    return structured(names, kept)
