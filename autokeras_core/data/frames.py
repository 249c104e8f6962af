"""Pandas in, pandas out: what a user's labels were, and predictions in their form. Light: pandas is needed by users only.

The core does not depend on pandas: it is imported where the user's own data show that it is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.data.named_columns import frame_column_names

if TYPE_CHECKING:
    from autokeras_core.data.profile import TargetProfile

__all__ = ["frames_of", "in_frame", "index_of", "label_names"]

Array: TypeAlias = np.ndarray[Any, Any]


def frames_of(labels: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields `frame` and `columns` of a `TargetProfile` for each target that is a frame, or a pandas Series."""
    found: dict[str, dict[str, Any]] = {}
    for head, values in labels.items():
        names = label_names(values)
        if _is_pandas(values):
            found[head] = {"frame": "series" if values.ndim == 1 else "frame", "columns": names}
        elif names:
            found[head] = {"columns": names}
    return found


def label_names(labels: Any) -> list[str]:
    """Return the names of the columns of targets; none where they have none, or pandas has only numbered them."""
    if not _is_pandas(labels):
        return frame_column_names(labels) or []
    names = [labels.name] if labels.ndim == 1 else list(labels.columns)
    return names if all(isinstance(name, str) for name in names) else []


def index_of(x: Any, rows: int, *, inputs: int = 1) -> Any:
    """Return the index that predictions for x get: that of its first pandas object; `None` where it has none.

    Args:
        x: The user's inputs: data, or a list or dict of them. Series in a list are the rows of an only input.
        rows: How many rows they are.
        inputs: How many inputs there are.
    """
    parts = [x]
    if isinstance(x, Mapping):
        parts = list(x.values())
    elif isinstance(x, (list, tuple)) and inputs > 1:
        parts = list(x)
    elif isinstance(x, (list, tuple)) and len(x) == rows and all(_is_pandas(row) and row.ndim == 1 for row in x):
        return [row.name for row in x]
    for part in parts:
        if _is_pandas(part):
            if len(part.index) == rows:
                return part.index
            if rows == 1 and part.ndim == 1:  # one row of a frame
                return [part.name]
    return None


def in_frame(values: Array, index: Any, target: TargetProfile) -> Any:
    """Return predictions as the pandas object that the labels were; as they are if these were none."""
    if index is None or not target.frame:
        return values
    import pandas as pd

    if target.frame == "series":
        return pd.Series(values, index=index, name=target.columns[0] if target.columns else None)
    return pd.DataFrame(values, index=index, columns=list(target.columns) or None)


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "index") and hasattr(value, "iloc")
