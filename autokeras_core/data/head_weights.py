"""Weights of rows for several heads: the same for all, or each head its own. NumPy only, no Keras.

What a search passes around is one array: of shape `(rows,)` where all heads have the same weights, else `(rows, heads)` with
the heads in the graph's order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.data.profile import TargetProfile
from autokeras_core.data.weights import checked_weights, combine_weights
from autokeras_core.errors import DataError, describe_error
from autokeras_core.names import suggest

__all__ = ["rows_that_count", "weights_by_head", "weights_of_head", "weights_of_heads", "weights_of_rows"]

Array: TypeAlias = np.ndarray[Any, Any]

_BALANCED = "balanced"
_WITH_CLASSES = ("binary", "multi-class")


def rows_that_count(
    sample_weight: Any, heads: Iterable[str], total: int, *, among: Array | None = None, part: str = ""
) -> dict[str, Array | None]:
    """Return for each head which rows have its target: those of positive weight. `None` where all rows have it.

    Args:
        sample_weight: One weight per row for all heads, a dict of such by head, or `None`.
        heads: The heads' names.
        total: How many rows there are.
        among: The numbers of the rows to look at, where others are left out; `None` for all.
        part: Which rows they are, for messages, e.g. `"training"`.

    Raises:
        DataError: If a head is unknown, weights cannot be used, or a head has no row that counts.

    Example:
        ```python
        rows_that_count({"price": [1, 0, 2]}, ["kind", "price"], 3)  # {"kind": None, "price": [True, False, True]}
        ```
    """
    counted: dict[str, Array | None] = {}
    for name, weights in _samples_by_head(sample_weight, list(heads)).items():
        counted[name] = None
        if weights is None:
            continue
        has_target = checked_weights(weights, total, target=name, part=part) > 0
        if among is not None:
            is_there = np.zeros(total, dtype=bool)
            is_there[among] = True
            has_target &= is_there
            checked_weights(has_target, total, target=name, part=part)  # none may be left
        if not has_target.all():
            counted[name] = has_target
    return counted


def weights_of_heads(
    sample_weight: Any,
    class_weight: Any,
    labels: Mapping[str, Any],
    targets: Mapping[str, TargetProfile],
    *,
    part: str = "",
) -> Array | None:
    """Return the weights of rows, see `combine_weights`, for all heads.

    Args:
        sample_weight: One weight per row for all heads, or a dict of such by head; a head that is not in it has none.
        class_weight: `"balanced"` for all heads with one class per row; with one head a weight by label, with several a
            dict by head of either.
        labels: The raw labels of the rows by head.
        targets: What the labels are, by head, in the graph's order.
        part: Which rows they are, for messages, e.g. `"training"`.

    Returns:
        float32 of shape `(rows,)`, or `(rows, heads)` where heads differ; `None` if no head has weights.

    Raises:
        DataError: If a head is unknown, or weights cannot be used.

    Example:
        ```python
        weights_of_heads(None, {"kind": "balanced"}, {"kind": kinds, "price": prices}, targets)  # (rows, 2)
        ```
    """
    heads = list(targets)
    samples = _samples_by_head(sample_weight, heads)
    classes = _classes_by_head(class_weight, targets)
    each = [combine_weights(samples[name], classes[name], labels[name], targets[name], part=part) for name in heads]
    if all(weights is None for weights in each):
        return None
    if len(heads) == 1 or (not isinstance(sample_weight, Mapping) and all(value is None for value in classes.values())):
        return each[0]
    rows = len(labels[heads[0]])
    return np.stack([np.ones(rows, np.float32) if weights is None else weights for weights in each], axis=1)


def weights_by_head(weights: Any, heads: Iterable[str]) -> Any:
    """Return weights as Keras takes them: those for all heads as they are, others in a dict by head.

    Args:
        weights: An array or tensor as `weights_of_heads` returns it.
        heads: The heads' names, in the graph's order.
    """
    if len(weights.shape) == 1:
        return weights
    return {name: weights[:, index] for index, name in enumerate(heads)}


def weights_of_head(weights: Array | None, head: str, heads: Sequence[str]) -> Array | None:
    """Return the weights of rows for one head: those for all heads, or its own.

    Args:
        weights: What `weights_of_heads` returned.
        head: The head's name.
        heads: All heads' names, in the graph's order.
    """
    if weights is None or weights.ndim == 1:
        return weights
    return weights[:, heads.index(head)]


def weights_of_rows(sample_weight: Any, rows: Array) -> Any:
    """Return what a user passed as `sample_weight=` for some of the rows; `rows_that_count` has checked it.

    Args:
        sample_weight: One weight per row, a dict of such by head, or `None`.
        rows: The rows' numbers.
    """
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Mapping):
        return {name: weights_of_rows(weights, rows) for name, weights in sample_weight.items()}
    return np.asarray(sample_weight)[rows]


def _samples_by_head(sample_weight: Any, heads: Sequence[str]) -> dict[str, Any]:
    if not isinstance(sample_weight, Mapping):
        return dict.fromkeys(heads, sample_weight)
    _check_heads("sample_weight", sample_weight, heads)
    return {name: sample_weight.get(name) for name in heads}


def _classes_by_head(class_weight: Any, targets: Mapping[str, TargetProfile]) -> dict[str, Any]:
    heads = list(targets)
    if class_weight is None:
        return dict.fromkeys(heads)
    if isinstance(class_weight, Mapping) and class_weight and all(map(_is_for_a_head, class_weight.values())):
        _check_heads("class_weight", class_weight, heads)
        return {name: class_weight.get(name) for name in heads}
    if len(heads) == 1:
        return {heads[0]: class_weight}
    suited = [name for name in heads if targets[name].kind in _WITH_CLASSES]
    if isinstance(class_weight, str) and class_weight == _BALANCED and suited:
        return {name: _BALANCED if name in suited else None for name in heads}
    raise DataError(
        describe_error(
            "class_weight is ambiguous with several heads.",
            expected=f"'balanced', or a dict by head: {{{suited[0] if suited else heads[0]!r}: {{label: weight}}}}",
            received=f"class_weight={class_weight!r} and heads {heads}",
            advice="Or use sample_weight, which takes a dict by head, too.",
        )
    )


def _is_for_a_head(value: Any) -> bool:
    """Return whether a value in class_weight stands for a whole head, not for a label."""
    return isinstance(value, Mapping) or (isinstance(value, str) and value == _BALANCED)


def _check_heads(what: str, given: Mapping[Any, Any], heads: Sequence[str]) -> None:
    unknown = [name for name in given if name not in heads]
    if unknown:
        raise DataError(
            describe_error(
                f"{what} names a head that is not there.",
                expected=f"some of the heads {list(heads)}",
                received=f"{unknown}",
                advice=suggest(str(unknown[0]), heads),
            )
        )
