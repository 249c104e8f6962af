"""Regression targets: check them, find their scale, and decode outputs to the user's shape. No Keras."""

from __future__ import annotations

from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data.adapters import check_numbers
from autokeras_core.data.labels import as_labels
from autokeras_core.data.profile import Decision, TargetProfile
from autokeras_core.errors import DataError, describe_error

__all__ = ["analyse_targets", "decode_targets", "encode_targets"]

Array: TypeAlias = np.ndarray[Any, Any]

_SMALLEST_SCALE = float(np.finfo(np.float32).tiny)
_FLOAT32_PRECISION = float(np.finfo(np.float32).eps)


def analyse_targets(targets: Any, *, name: str, output_dim: int | None = None) -> TargetProfile:
    """Find out shape and scale of regression targets.

    Args:
        targets: The raw training targets, shape `(rows,)`, `(rows, 1)` or `(rows, targets)`.
        name: The head's name, for messages and decisions.
        output_dim: How many numbers to predict per row, checked against the targets.

    Returns:
        The profile; `mean` and `scale` (standard deviation, 1 for a constant target) are those of these rows.

    Raises:
        DataError: If the targets are not finite numbers, or their number is not `output_dim`.

    Example:
        ```python
        analyse_targets([1.0, 3.0], name="regression").mean  # (2.0,)
        ```
    """
    rows = _numbers(targets, name)
    columns = rows.shape[1] if rows.ndim == 2 else 1
    if output_dim is not None and output_dim != columns:
        raise DataError(
            describe_error(
                f"The target {name!r} does not fit output_dim.",
                expected=f"{output_dim} numbers per row",
                received=f"shape {rows.shape}",
                advice="Leave output_dim out to take the number from the targets.",
            )
        )
    values = rows.reshape(len(rows), columns).astype(np.float64, copy=False)
    mean = values.mean(axis=0)
    spread = values.std(axis=0)
    # By the range: the standard deviation of equal numbers may come out as a rounding error instead of 0.
    constant = (values.max(axis=0) == values.min(axis=0)) | (spread < _SMALLEST_SCALE)
    scale = np.where(constant, 1.0, spread)
    dtype = _result_dtype(rows.dtype)
    decisions = [
        Decision(
            f"{name}: label kind",
            f"regression, {columns} {'target' if columns == 1 else 'targets'}",
            f"numbers ({rows.dtype.name}) of shape {rows.shape} for a regression head",
        ),
        Decision(
            f"{name}: scaling",
            "standardised inside the model, predictions in the targets' own units",
            "; ".join(
                f"mean {center:.4g}, standard deviation {width:.4g}"
                for center, width in zip(mean[:3], spread[:3], strict=True)
            )
            + ("; ..." if columns > 3 else ""),
        ),
    ]
    if constant.any():
        which = ", ".join(map(str, np.flatnonzero(constant)))
        decisions.append(
            Decision(f"{name}: constant target", "kept, scale 1", f"column {which} has one value in all rows")
        )
    if np.any(np.abs(mean) * _FLOAT32_PRECISION * 100 > np.where(constant, np.inf, scale)):
        decisions.append(
            Decision(
                f"{name}: precision",
                "float32",
                "the targets vary so little around their mean that float32 rounds the differences; subtract an offset",
            )
        )
    return TargetProfile(
        name=name,
        kind="regression",
        label_type="number",
        dtype=dtype.name,
        # What tells (rows,) from (rows, k) is `outputs` and `is_column`.
        outputs=columns,
        is_column=rows.ndim == 2 and columns == 1,
        mean=[float(value) for value in mean],
        scale=[float(value) for value in scale],
        decisions=decisions,
    )


def encode_targets(targets: Any, profile: TargetProfile) -> Array:
    """Return targets in their own units, float32 of shape `(rows, profile.outputs)`.

    Raises:
        DataError: If they are not finite numbers, or have another number of columns than in training.
    """
    rows = _numbers(targets, profile.name)
    columns = rows.shape[1] if rows.ndim == 2 else 1
    if columns != profile.outputs:
        raise DataError(
            describe_error(
                f"The target {profile.name!r} has another shape than in training.",
                expected=f"{profile.outputs} numbers per row",
                received=f"shape {rows.shape}",
            )
        )
    return rows.reshape(len(rows), columns).astype(np.float32)


def decode_targets(outputs: Array, profile: TargetProfile) -> Array:
    """Return outputs in the shape of the training targets: float64 if those were, else float32."""
    values = outputs.astype(np.dtype(profile.dtype))
    return values.reshape(-1) if profile.outputs == 1 and not profile.is_column else values


def _numbers(targets: Any, name: str) -> Array:
    where = f"The target {name!r}"
    rows = _without_decimals(as_labels(targets, where))
    has_text = rows.dtype.kind in "UT" or (
        rows.dtype.kind == "O" and any(isinstance(value, str) for value in rows.flat)  # as pandas has texts
    )
    if rows.dtype.kind == "b" or has_text:
        raise DataError(
            describe_error(
                f"{where} does not hold numbers.",
                expected="integers or floats",
                received=f"dtype={rows.dtype}",
                advice="Use a ClassificationHead for labels, or .astype(float) if they are numbers in text (after taking off "
                "currency signs and separators).",
            )
        )
    check_numbers(rows, where)
    return rows


def _without_decimals(rows: Array) -> Array:
    """Return decimals, as databases have them, and numbers among them as floats; other rows as they are."""
    kinds: set[type] = {type(value) for value in rows.flat} if rows.dtype.kind == "O" else set()
    are_numbers = all(issubclass(kind, (Decimal, Real)) and not issubclass(kind, bool) for kind in kinds)
    return rows.astype(np.float64) if Decimal in kinds and are_numbers else rows


def _result_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.float64) if dtype.newbyteorder("=") == np.float64 else np.dtype(np.float32)
