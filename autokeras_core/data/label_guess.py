"""Whether targets look like classes or like numbers to estimate, where the user does not say. No Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.distinct import FEW_CLASSES, distinct_labels, is_continuous
from autokeras_core.data.labels import as_labels, label_type_of

__all__ = ["look_like_classes"]

_MOST_CLASSES = 1_000
_ROWS_PER_CLASS = 10


def look_like_classes(labels: Any, where: str = "y") -> bool:
    """Return whether targets look like class labels; if not, they are numbers to estimate.

    Text and booleans are classes, and so are columns of 0 and 1. Numbers are classes if there are up to 20 different ones;
    whole numbers of an integer type also if there are up to 1,000, and ten rows for each. Fractions must repeat, too.

    Args:
        labels: The raw training labels.
        where: What they are in the user's words, for messages.

    Raises:
        DataError: If they are no labels at all, see `as_labels`.

    Example:
        ```python
        look_like_classes([3, 5, 3])  # True
        look_like_classes(numpy.random.rand(100))  # False
        ```
    """
    if isinstance(labels, CodedLabels):
        return True
    rows = as_labels(labels, where)
    label_type = label_type_of(rows, where)
    if label_type not in ("int", "float"):
        return True
    values, _ = distinct_labels(rows, label_type)
    if rows.ndim == 2 and rows.shape[1] > 1:
        return set(np.asarray(values).tolist()) <= {0, 1}
    most = min(len(rows) / _ROWS_PER_CLASS, _MOST_CLASSES) if label_type == "int" else 0
    return len(values) <= max(FEW_CLASSES, most) and not is_continuous(values, len(rows), label_type)
