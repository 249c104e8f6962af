"""What analysis holds while it decides: the texts of a column, and what was found about one. No Keras here."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs
import numpy as np

from ak_tabular.columns import Column, Kind

__all__ = ["Finding", "Texts"]

Array: TypeAlias = np.ndarray[Any, Any]


@attrs.frozen(kw_only=True)
class Finding:
    """What was found: the column, the kind it gets if nothing else is left to learn from, and what to warn of."""

    column: Column
    otherwise: Kind | None = None
    doubt: str = ""


@attrs.frozen(kw_only=True)
class Texts:
    """The texts of a column: the number of each row's text (-1 for missing), and the different texts."""

    codes: Array
    distinct: Array
    spellings: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.codes)

    @property
    def counts(self) -> Array:
        """How many rows have each of the different texts."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.distinct))

    def values(self, numbers: Array) -> Array:
        """Return what the different texts are, for each row; NaN where missing."""
        return np.append(numbers, np.nan)[self.codes]
