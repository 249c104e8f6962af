"""Some of many rows, at equal distances, read from where they are. No Keras here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from autokeras_core.plugin import Rows

__all__ = ["evenly", "places"]

Array: TypeAlias = np.ndarray[Any, Any]


def places(rows: int, most: int) -> slice:
    """Return where at most so many rows are, at equal distances."""
    return slice(None, None, max(1, -(-rows // max(1, most))))


def evenly(rows: Rows, most: int) -> Array:
    """Return at most so many rows at equal distances, read from where they are."""
    taken = places(len(rows), most)
    return rows[taken] if isinstance(rows, np.ndarray) else rows.read(np.arange(len(rows))[taken])
