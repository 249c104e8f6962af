"""Pandas in, pandas out: what a user's labels were, and predictions in their form. Light: pandas is needed by users only.

The core does not depend on pandas: it is imported where the user's own data show that it is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from autokeras_core.data.profile import TargetProfile

__all__ = ["frames_of", "in_frame", "index_of"]

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_INPUTS = 100  # a longer list holds rows, not inputs


def frames_of(labels: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields `frame` and `columns` of a `TargetProfile` for each target that is a pandas object."""
    found: dict[str, dict[str, Any]] = {}
    for head, values in labels.items():
        if _is_pandas(values):
            is_series = values.ndim == 1
            names = [values.name] if is_series else list(values.columns)
            columns = names if all(isinstance(name, str) for name in names) else []
            found[head] = {"frame": "series" if is_series else "frame", "columns": columns}
    return found


def index_of(x: Any, rows: int) -> Any:
    """Return the index that predictions for x get: that of its first pandas object; `None` where it has none.

    Args:
        x: The user's inputs: data, or a list or dict of them.
        rows: How many rows they are.
    """
    parts = [x]
    if isinstance(x, Mapping):
        parts = list(x.values())
    elif isinstance(x, Sequence) and not isinstance(x, (str, bytes)) and len(x) <= _MOST_INPUTS:
        parts = list(x)
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
