"""Weights of rows: the user's own, and those that follow from class weights. NumPy only, no Keras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data.adapters import as_rows, check_numbers
from autokeras_core.data.labels import class_indices
from autokeras_core.data.profile import TargetProfile
from autokeras_core.errors import DataError, describe_error
from autokeras_core.names import suggest

__all__ = ["checked_weights", "combine_weights"]

Array: TypeAlias = np.ndarray[Any, Any]


def combine_weights(
    sample_weight: Any, class_weight: Any, labels: Array, profile: TargetProfile, *, part: str = ""
) -> Array | None:
    """Return one weight per row, with mean 1: so weights change what counts, not how large the loss is.

    Args:
        sample_weight: One weight per row, not negative, or `None`. An integer weight counts as that many equal rows; a row
            with the weight 0 is as one that is not there.
        class_weight: A weight by label, as the user writes the labels (by column number for one-hot labels), 1 for
            those left out; or `"balanced"`, inversely proportional to the classes' frequencies; or `None`.
        labels: The raw labels of the rows.
        profile: What the labels are.
        part: Which rows they are, for messages, e.g. `"training"`.

    Returns:
        The product of both, float32 of shape `(rows,)`, or `None` if neither is given.

    Raises:
        DataError: If a weight is negative, not finite or not a number, all are 0, the length is wrong, a class is
            unknown, or class weights are given for a target without single classes.

    Example:
        ```python
        profile = analyse_labels(["a", "b", "b", "b"], name="classification")
        combine_weights(None, {"a": 3.0}, ["a", "b", "b", "b"], profile)  # [2, 2/3, 2/3, 2/3]
        ```
    """
    if sample_weight is None and class_weight is None:
        return None
    weights = np.ones(len(labels), dtype=np.float64)
    if sample_weight is not None:
        weights = checked_weights(sample_weight, len(labels), target=profile.name, part=part)
    if class_weight is not None:
        weights = weights * _class_weights(class_weight, labels, profile, weights > 0)
        _require_a_positive_one(weights, profile.name, part)
    return np.asarray(weights / weights.mean(), dtype=np.float32)


def checked_weights(sample_weight: Any, rows: int, *, target: str, part: str = "") -> Array:
    """Return what a user passed as the weights of one target's rows, float64 of shape `(rows,)`.

    Args:
        sample_weight: One weight per row, shape `(rows,)` or `(rows, 1)`.
        rows: How many rows there are.
        target: The target's name, for messages.
        part: Which rows they are, for messages, e.g. `"training"`.

    Raises:
        DataError: If a weight is negative, not finite or not a number, all are 0, or the length is wrong.
    """
    weights = as_rows(sample_weight, "sample_weight")
    if weights.shape not in ((rows,), (rows, 1)):
        raise DataError(
            describe_error(
                "sample_weight does not fit the data.",
                expected=f"one weight per row, shape ({rows},)",
                received=f"shape {weights.shape}",
            )
        )
    check_numbers(weights, "sample_weight")
    weights = weights.reshape(-1).astype(np.float64)
    if (weights < 0).any():
        row = int(np.argmax(weights < 0))
        raise DataError(
            describe_error(
                "sample_weight holds a negative weight.",
                expected="weights of 0 or more",
                received=f"{weights[row]} at row {row}",
            )
        )
    _require_a_positive_one(weights, target, part)
    return weights


def _require_a_positive_one(weights: Array, target: str, part: str) -> None:
    if weights.any():
        return
    rows = f"{part} rows" if part else "rows"
    raise DataError(
        describe_error(
            f"All weights of the target {target!r} are 0.",
            expected=f"at least one of the {rows} with a positive weight, which says that it has this target",
            received=f"{len(weights)} {rows} with the weight 0",
            advice="Pass validation_data= with rows that have it." if part == "validation" else "",
        )
    )


def _class_weights(class_weight: Any, labels: Array, profile: TargetProfile, counted: Array) -> Array:
    if profile.kind not in ("binary", "multi-class"):
        raise DataError(
            describe_error(
                "class_weight needs one class per row.",
                expected="a binary or multi-class target",
                received=f"the {profile.kind} target {profile.name!r}",
                advice="Use sample_weight instead.",
            )
        )
    indices = class_indices(labels, profile)
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(indices[counted], minlength=profile.outputs)
        present = np.count_nonzero(counts)
        return np.asarray((np.count_nonzero(counted) / (present * np.maximum(counts, 1)))[indices], dtype=np.float64)
    if not isinstance(class_weight, Mapping):
        raise DataError(
            describe_error(
                "class_weight cannot be used.",
                expected="'balanced', or a dict from labels to weights",
                received=f"class_weight={class_weight!r}",
            )
        )
    table = np.ones(profile.outputs, dtype=np.float64)
    position = {label: index for index, label in enumerate(profile.classes)}
    for label, weight in class_weight.items():
        plain = label.item() if isinstance(label, np.generic) else label
        if plain not in position:
            raise DataError(
                describe_error(
                    "class_weight names an unknown class.",
                    expected=f"some of the labels {list(profile.classes)[:10]}",
                    received=f"{plain!r}",
                    advice=suggest(str(plain), map(str, profile.classes)),
                )
            )
        table[position[plain]] = _weight_of(plain, weight)
    return np.asarray(table[indices], dtype=np.float64)


def _weight_of(label: object, weight: Any) -> float:
    try:
        number = float(weight)
    except (TypeError, ValueError):
        number = np.nan
    if not (np.isfinite(number) and number >= 0):
        raise DataError(
            describe_error(
                f"The class weight of {label!r} is no weight.",
                expected="a finite number of 0 or more",
                received=f"{weight!r}",
            )
        )
    return number
