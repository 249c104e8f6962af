"""What a configuration of a graph costs, as the sum of what its blocks say. Light: no Keras here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from autokeras_core.graph.upstream import upstream_profiles
from autokeras_core.graph.view import HyperparameterView

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.search.values import Value

__all__ = ["configuration_cost", "network_cost"]

_STEP = 250_000_000  # what a training step costs whatever the network: some 3 ms, for which nothing is computed


def network_cost(graph: Graph, configuration: Mapping[str, Value], profile: DataProfile) -> float | None:
    """Return what training on one row costs in the layers of all blocks; `None` if no block knows its own."""
    known_to = upstream_profiles(graph.blocks, profile)
    costs = [
        vertex.operator.cost(
            HyperparameterView(
                values=configuration,
                path=vertex.name,
                profile=known_to[vertex.name],
                input_name=vertex.input_name,
            )
        )
        for vertex in graph.blocks
    ]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known else None


def configuration_cost(graph: Graph, configuration: Mapping[str, Value], profile: DataProfile) -> float | None:
    """Return what training on one row costs, in about the time of a multiply-add in the forward pass.

    It is for comparing configurations of one graph on the same data. No layer is built for it.

    Args:
        graph: The graph.
        configuration: The values of all active hyperparameters, by path.
        profile: What analysis found out about the data.

    Returns:
        The cost, or `None` if no block knows its own.

    Example:
        ```python
        configuration_cost(graph, space.defaults(), profile)
        ```
    """
    cost = network_cost(graph, configuration, profile)
    if cost is None:
        return None
    batch_size = configuration.get("training/batch_size", 64)
    assert isinstance(batch_size, int)
    return cost + _STEP / min(batch_size, profile.rows)
