"""Labels of rows that count for nothing: a row with the weight 0 for a head has no label there. NumPy only, no Keras.

Such a label may be missing, be filled in with any number, or be a class that is nowhere else. The first label that counts
stands in for it: so what a head encodes is always a valid, finite target, and nothing depends on what was there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data.adapters import as_rows
from autokeras_core.data.coded import CodedLabels

__all__ = ["known_targets", "with_stand_ins"]

Array: TypeAlias = np.ndarray[Any, Any]

_NUMBERS = (int, float, np.integer, np.floating)
_TRUTHS = (bool, np.bool_)


def with_stand_ins(labels: Any, counts: Array, *, where: str) -> Any:
    """Return labels in which the first one that counts stands in for each that does not.

    Args:
        labels: The user's labels, as `as_labels` takes them, or `CodedLabels`.
        counts: Whether each row has a label, booleans of shape `(rows,)`, at least one of them true.
        where: What the labels are in the user's words, for messages.

    Returns:
        Labels of the same kind; numbers that were objects because some were missing are numbers. Labels of another
        number of rows as they are: that is an error elsewhere.

    Example:
        ```python
        with_stand_ins([None, 3, 5], np.array([False, True, True]), where="y")  # [3, 3, 5]
        ```
    """
    if not isinstance(labels, (list, tuple, np.ndarray, CodedLabels)) and not hasattr(labels, "iloc"):
        labels = as_rows(labels, where)
    shape = (len(labels),) if isinstance(labels, (list, tuple)) else tuple(labels.shape[:1])
    if shape != counts.shape:
        return labels
    rows = np.where(counts, np.arange(len(counts)), np.argmax(counts))
    if isinstance(labels, (list, tuple)):
        return [labels[row] for row in rows.tolist()]
    if isinstance(labels, CodedLabels):
        return labels[rows]
    taken = as_rows(labels.iloc[rows] if hasattr(labels, "iloc") else labels[rows], where)
    return _as_numbers(taken) if taken.dtype.kind == "O" else taken


def known_targets(targets: Mapping[str, Array], weights: Array | None) -> Mapping[str, Array]:
    """Return encoded targets with NaN where a row counts for nothing, for those who learn from them without weights.

    Args:
        targets: Encoded targets by head, in the graph's order; not changed.
        weights: One weight per row, or one for each head, see `head_weights`; or `None`.

    Returns:
        The targets; of a head with rows of weight 0 they are float32, whatever they were.
    """
    if weights is None:
        return targets
    known: dict[str, Array] = {}
    for index, (name, target) in enumerate(targets.items()):
        is_missing = (weights if weights.ndim == 1 else weights[:, index]) == 0
        known[name] = target
        if is_missing.any():
            known[name] = target.astype(np.float32)
            known[name][is_missing] = np.nan
    return known


def _as_numbers(rows: Array) -> Array:
    """Return objects as numbers, or booleans, if they all are: with something else among them NumPy had no type for them."""
    kinds = {type(value) for value in rows.flat}
    are_truths = [issubclass(kind, _TRUTHS) for kind in kinds]  # to Python a `bool` is an `int`, too
    are_numbers = not any(are_truths) and all(issubclass(kind, _NUMBERS) for kind in kinds)
    return np.array(rows.tolist()) if all(are_truths) or are_numbers else rows
