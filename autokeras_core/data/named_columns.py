"""Frames of any kind as columns by name: pandas, polars, Arrow. Light: none of them is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.errors import DataError, describe_error

__all__ = ["frame_column_names", "frame_columns"]

Array: TypeAlias = np.ndarray[Any, Any]


def frame_column_names(data: Any) -> list[str] | None:
    """Return the names of a frame's columns, without looking at its rows; `None` of anything else.

    Args:
        data: The user's data. A frame is an object with `columns`, which `[]` returns by name.

    Example:
        ```python
        frame_column_names(pandas.DataFrame({"text": ["good"], "stars": [5]}))  # ["text", "stars"]
        frame_column_names([["good", 5]])  # None
        ```
    """
    return None if not _is_frame(data) else [str(name) for name in _names_of(data)]


def frame_columns(data: Any) -> dict[str, Array] | None:
    """Return the columns of a frame by name, as arrays; `None` of anything else.

    Raises:
        DataError: If two columns have the same name.

    Example:
        ```python
        frame_columns(pandas.DataFrame({"stars": [5, 1]}))  # {"stars": array([5, 1])}
        ```
    """
    names = frame_column_names(data)
    if names is None:
        return None
    counts = Counter(names)
    repeated = [name for name, count in counts.items() if count > 1]
    if repeated:
        raise DataError(
            describe_error(
                "The columns of a table cannot be told apart.",
                expected="a name of its own for each column",
                received=f"repeated {repeated}, in a table of type {type(data).__name__}",
                advice="Rename or drop columns.",
            )
        )
    return {str(name): np.asarray(data[name]) for name in _names_of(data)}


def _is_frame(data: Any) -> bool:
    return hasattr(data, "columns") and hasattr(data, "__getitem__") and not isinstance(data, type)


def _names_of(frame: Any) -> Iterable[Any]:
    """Return the names as they are; an Arrow table's `columns` are not its names."""
    names: Iterable[Any] = frame.column_names if hasattr(type(frame), "column_names") else frame.columns
    return names
