"""Weights of the losses of several heads: how much each counts in their sum. Light: standard library and attrs only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.names import suggest

if TYPE_CHECKING:
    from autokeras_core.graph.graph import Graph

__all__ = ["checked_loss_weights", "weighted"]


def weighted(graph: Graph, loss_weights: Mapping[str, float] | Sequence[float] | None) -> Graph:
    """Return the graph with weights for its heads' losses.

    Args:
        graph: The graph.
        loss_weights: A number above 0 for each head, by name or in the heads' order; a head that is not in a dict has 1.

    Raises:
        GraphError: If a head is unknown, or a weight is no number above 0.

    Example:
        ```python
        weighted(graph, {"price": 2.0}).loss_weights  # {"price": 2.0}
        ```
    """
    if loss_weights is None:
        return graph
    if not isinstance(loss_weights, Mapping):
        try:
            values = list(loss_weights)
        except TypeError:
            raise _unusable(graph.heads, f"loss_weights={loss_weights!r}") from None
        if len(values) != len(graph.heads):
            raise _unusable(graph.heads, f"{len(values)} weights for {len(graph.heads)} heads")
        loss_weights = dict(zip(graph.heads, values, strict=True))
    return attrs.evolve(graph, loss_weights=loss_weights)


def checked_loss_weights(loss_weights: Mapping[str, Any], heads: Sequence[str]) -> dict[str, float]:
    """Return weights as plain numbers, by head.

    Args:
        loss_weights: The weights, by name.
        heads: The heads' names.

    Raises:
        GraphError: If a head is unknown, or a weight is no number above 0.
    """
    for name, weight in loss_weights.items():
        if name not in heads:
            raise _unusable(heads, f"{name!r}", advice=suggest(str(name), heads))
        if not _is_weight(weight):
            raise _unusable(heads, f"{name!r}: {weight!r}")
    return {name: float(weight) for name, weight in loss_weights.items()}


def _is_weight(weight: Any) -> bool:
    try:
        number = float(weight)
    except (TypeError, ValueError):
        return False
    return not isinstance(weight, (bool, str)) and math.isfinite(number) and number > 0


def _unusable(heads: Sequence[str], received: str, *, advice: str = "") -> GraphError:
    return GraphError(
        describe_error(
            "loss_weights cannot be used.",
            expected=f"a finite number above 0 for each of the heads {list(heads)}",
            received=received,
            advice=advice,
        )
    )
