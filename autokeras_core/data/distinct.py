"""The different labels of a target, and whether there are too many of them for classes. No Keras."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.profile import LabelType

__all__ = ["FEW_CLASSES", "distinct_labels", "flat_labels", "is_continuous"]

Array: TypeAlias = np.ndarray[Any, Any]

FEW_CLASSES = 20
"""So many different labels are never too many."""


def distinct_labels(rows: Array | CodedLabels, label_type: LabelType) -> tuple[list[Any], list[int]]:
    """Return the different labels, sorted, and how many rows have each."""
    if isinstance(rows, CodedLabels):
        found, counts = rows.values, rows.counts()
        order = [index for index in np.argsort(found, kind="stable").tolist() if counts[index]]
        return found[order].tolist(), counts[order].tolist()
    values, counts = np.unique(flat_labels(rows, label_type), return_counts=True)
    return values.tolist(), counts.tolist()


def flat_labels(rows: Array, label_type: LabelType) -> Array:
    """Return an array of labels as one axis that NumPy can sort, without a copy where it can be."""
    flat = rows.reshape(-1)
    if rows.dtype.kind == "T":  # variable-width strings: as objects, which every NumPy function can sort
        return flat.astype(object)
    if rows.dtype.kind == "O":
        plain = np.empty(len(flat), dtype=object)
        plain[:] = [value.item() if isinstance(value, np.generic) else value for value in flat]
        return plain
    return flat


def is_continuous(values: list[Any], rows: int, label_type: LabelType) -> bool:
    """Return whether distinct labels are too many for classes, as measurements and identifiers are."""
    distinct = len(values)
    if label_type == "float" and not all(value.is_integer() for value in values):
        # Fractions are hardly ever classes: be strict about them.
        return distinct > max(FEW_CLASSES, rows / 10) or distinct > max(2, rows / 2)
    return distinct > max(FEW_CLASSES, rows / 2)
