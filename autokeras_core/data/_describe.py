"""Words for messages and decisions about labels, and names of dtypes that can be turned back into them. No Keras."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data.profile import Decision

__all__ = ["balance_decision", "dtype_name", "dtype_of", "shape_of", "shown"]

Array: TypeAlias = np.ndarray[Any, Any]

_IMBALANCE = 10
_SHOWN_CLASSES = 5


def balance_decision(name: str, classes: tuple[Any, ...], balance: tuple[float, ...], noun: str = "class ") -> Decision:
    """Return what the shares of the classes say, with the smallest and the largest one."""
    smallest = min(range(len(balance)), key=balance.__getitem__)
    largest = max(range(len(balance)), key=balance.__getitem__)
    is_imbalanced = balance[largest] > _IMBALANCE * balance[smallest]
    advice = "; consider class_weight='balanced'" if is_imbalanced and noun == "class " else ""
    return Decision(
        f"{name}: class balance",
        f"{'imbalanced' if is_imbalanced else 'balanced enough'}, no weighting by itself",
        f"the smallest {noun}{classes[smallest]!r} has {balance[smallest]:.1%} of the rows, "
        f"the largest {noun}{classes[largest]!r} {balance[largest]:.1%}{advice}",
    )


def dtype_name(dtype: np.dtype[Any]) -> str:
    """Return a name that `dtype_of` turns back into the same dtype, byte order and width included."""
    if dtype.kind == "T":
        return "StringDType"
    return dtype.str if dtype.kind == "U" or not dtype.isnative else dtype.name


def dtype_of(name: str) -> np.dtype[Any]:
    """Return the dtype that `dtype_name` named."""
    return np.dtypes.StringDType() if name == "StringDType" else np.dtype(name)


def shown(values: Any) -> str:
    """Return the first few values, and how many there are if that is more."""
    listed = [repr(value) for value in list(values)[:_SHOWN_CLASSES]]
    return ", ".join(listed) + (f", ... ({len(values)} in all)" if len(values) > _SHOWN_CLASSES else "")


def shape_of(rows: Array) -> str:
    """Return the shape for a message."""
    return f"shape {rows.shape}"
