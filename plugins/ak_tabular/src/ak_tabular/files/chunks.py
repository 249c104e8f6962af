"""Chunks of rows as bytes: each column in the narrowest type that holds the chunk's values, rows side by side. NumPy only.

Numbers are exact where they are whole, and have float32's precision otherwise (what models compute in). Text is a number
in the column's vocabulary, until there are too many different ones: then a chunk holds the text itself, behind its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

__all__ = ["Chunk", "Texts", "Vocabulary", "narrowest", "pack_rows"]

Array: TypeAlias = np.ndarray[Any, Any]

_WHOLE = (np.uint8, np.int8, np.int16, np.int32)
_LARGEST_WHOLE_FLOAT32 = 2**24
_MOST_VALUES = 20_000


@attrs.frozen(kw_only=True)
class Texts:
    """Where the text of one column of a chunk lies: an offset for each row and one more, then UTF-8.

    Attributes:
        offsets: The place of the offsets (int64) in the file.
        bytes: The place of the text in the file.
    """

    offsets: int
    bytes: int


@attrs.frozen(kw_only=True)
class Chunk:
    """Where some rows lie in the file, and how they are to be read.

    Attributes:
        start: The number of the first row.
        rows: How many there are.
        place: Where the first row begins in the file.
        dtype: A row: one field per column, by the column's position.
        texts: Where the text of those columns lies that have no field.
    """

    start: int
    rows: int
    place: int
    dtype: np.dtype[Any]
    texts: Mapping[int, Texts]


@attrs.define
class Vocabulary:
    """The different values of a text column, numbered as they come; 0 is a missing one.

    Attributes:
        numbers: The number of each value.
        is_full: Whether there were too many; the number of a new value is then not known.
    """

    numbers: dict[str, int] = attrs.field(factory=dict)
    is_full: bool = False

    def encode(self, values: Sequence[str | None], codes: Array) -> Array | None:
        """Return the number of each row's value; `None` if the values are too many for a vocabulary.

        Args:
            values: Different values.
            codes: For each row the place in `values`, -1 for missing.
        """
        if self.is_full:
            return None
        known = [value if value is not None and value.strip() else None for value in values]
        new = sum(value is not None and value not in self.numbers for value in known)
        if len(self.numbers) + new > _MOST_VALUES:
            self.is_full = True
            return None
        numbers = [0 if value is None else self.numbers.setdefault(value, len(self.numbers) + 1) for value in known]
        table = np.array([*numbers, 0], dtype=np.int64)  # the last one is what -1 finds
        return np.asarray(table[codes], dtype=np.min_scalar_type(max(numbers, default=0)))

    def values(self) -> Array:
        """Return the value of each number."""
        values = np.empty(len(self.numbers) + 1, dtype=object)
        values[1:] = list(self.numbers)
        return values


def narrowest(numbers: Array, *, is_exact: bool = False) -> Array:
    """Return numbers in the narrowest type that holds them.

    Args:
        numbers: The numbers: float64, NaN where missing; or integers.
        is_exact: Whether fractions must not be rounded to float32.
    """
    if not len(numbers):
        return numbers.astype(np.uint8)
    is_missing = np.isnan(numbers)
    has_missing = bool(is_missing.any())
    known = numbers[~is_missing] if has_missing else numbers
    if not len(known):
        return numbers.astype(np.float32)
    low, high = float(known.min()), float(known.max())
    if np.array_equal(known, np.rint(known)):
        if not has_missing:
            for kind in _WHOLE:
                if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                    return numbers.astype(kind)
        if numbers.dtype.kind != "f":
            return numbers
        return numbers.astype(np.float32 if max(-low, high) <= _LARGEST_WHOLE_FLOAT32 else np.float64)
    return numbers if is_exact else numbers.astype(np.float32)


def pack_rows(columns: Mapping[int, Array], *, rows: int) -> Array:
    """Return columns of so many rows as rows of bytes without gaps; a field is named by its column's position."""
    names = [str(index) for index in columns]
    dtype = np.dtype([(name, column.dtype) for name, column in zip(names, columns.values(), strict=True)])
    packed = np.empty(rows, dtype=dtype)
    for name, column in zip(names, columns.values(), strict=True):
        packed[name] = column
    return packed
