"""How many rows and texts are enough for analysis to be sure. Light: constants only."""

from __future__ import annotations

__all__ = ["MOST", "NEARLY_ALL", "ROWS_FOR_IDENTIFIERS", "TEXTS_TO_LOOK_AT"]

MOST = 0.9
"""The share of the rows, or of different values, that decides: the rest are odd ones."""

NEARLY_ALL = 0.95
"""The share of different values among the rows from which on they may tell the rows apart."""

ROWS_FOR_IDENTIFIERS = 20
"""How many rows identifiers need: with fewer, values may differ by chance."""

TEXTS_TO_LOOK_AT = 1000
"""How many of the different texts of a column are looked at where a sample says enough."""
