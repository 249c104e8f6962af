"""The target columns of a table in files, collected while it is read. NumPy only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ak_tabular.files.chunks import Vocabulary, narrowest
from autokeras_core import DataError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import CodedLabels

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LabelCollector"]

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_CODES = 65_536
_LARGEST_EXACT = 2**53  # below, float64 tells whole numbers apart


class LabelCollector:
    """Collects one target column: text as numbers of a vocabulary, numbers in the narrowest exact type.

    Args:
        name: The column's name.
        kind: `"number"`, `"boolean"` or `"text"`.
    """

    def __init__(self, *, name: str, kind: str) -> None:
        self._name = name
        self._kind = kind
        self._vocabulary = Vocabulary()
        self._pieces: list[Array] = []

    def add_numbers(self, numbers: Array, *, path: Path, start: int) -> None:
        """Take the next rows of a column of numbers or booleans: floats, NaN where missing, or integers.

        Raises:
            DataError: If one is missing; the message says where.
        """
        self._require(~np.isnan(numbers), path, start)
        self._pieces.append(narrowest(numbers, is_exact=True))

    def add_texts(self, values: list[str | None], codes: Array, *, path: Path, start: int) -> None:
        """Take the next rows of a text column, see `Vocabulary.encode`.

        Raises:
            DataError: If one is missing, or there are too many different ones.
        """
        encoded = self._vocabulary.encode(values, codes)
        if encoded is None:
            raise DataError(
                describe_error(
                    f"The target column {self._name!r} of {str(path)!r} has too many different values to be classes.",
                    expected="several rows of each class",
                    received=f"more than {len(self._vocabulary.numbers):,} different texts",
                    advice="Check that the column is the label and not an identifier or free text.",
                )
            )
        self._require(encoded != 0, path, start)
        self._pieces.append(encoded - 1)

    def labels(self) -> Array | CodedLabels:
        """Return the labels of all rows: coded where they have few different values, else an array of numbers."""
        pieces = self._pieces
        if self._kind == "text":
            values = self._vocabulary.values()[1:]
            return CodedLabels(_joined(pieces, np.min_scalar_type(len(values))), values)
        low = min(int(piece.min()) for piece in pieces)
        high = max(int(piece.max()) for piece in pieces)
        span, dtype = high - low, _number_type(pieces, low, high)
        if dtype != np.int64 or span >= _MOST_CODES:
            return _joined(pieces, dtype)
        codes = _joined([piece.astype(np.int64) - low for piece in pieces], np.min_scalar_type(span))
        whole = low + np.arange(span + 1)
        return CodedLabels(codes, whole.astype(bool) if self._kind == "boolean" else whole)

    def _require(self, is_there: Array, path: Path, start: int) -> None:
        if is_there.all():
            return
        raise DataError(
            describe_error(
                f"The target column {self._name!r} of {str(path)!r} holds missing values.",
                expected="a label in every row",
                received=f"none in row {start + int(np.argmin(is_there)):,}",
                advice="Drop those rows from the file, or write any label there and give them the weight 0 in sample_weight.",
            )
        )


def _number_type(pieces: list[Array], low: int, high: int) -> np.dtype[Any]:
    """Return the type that holds the numbers of all pieces, the smallest and the largest of which are given.

    Whole numbers are integers, but not with large floats among them, which stand for their neighbours as well.
    """
    are_whole = all(
        piece.dtype.kind != "f" or (np.abs(piece).max() < _LARGEST_EXACT and np.array_equal(piece, np.rint(piece)))
        for piece in pieces
    )
    for kind in (np.int64, np.uint64):
        if are_whole and np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.float64)


def _joined(pieces: list[Array], dtype: np.dtype[Any]) -> Array:
    joined = np.empty(sum(map(len, pieces)), dtype=dtype)
    start = 0
    for piece in pieces:
        joined[start : start + len(piece)] = piece
        start += len(piece)
    return joined
