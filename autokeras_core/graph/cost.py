"""What a configuration of a graph costs, as the sum of what its blocks say. Light: no Keras here."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from autokeras_core.names import TRAINING_PATH, join_path

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import BlockVertex, Graph
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.values import Value

__all__ = ["configuration_cost", "network_cost"]

_LOGGER = logging.getLogger(__name__)

_STEP = 250_000_000  # what a training step costs whatever the network: some 3 ms, for which nothing is computed


def network_cost(graph: Graph, configuration: Mapping[str, Value], profile: DataProfile) -> float | None:
    """Return what training on one row costs in the layers of all blocks; `None` if no block knows its own.

    A block whose `cost` raises does not know it: that is no reason to end a search, or to fail a trial.
    """
    views = graph.views(configuration, profile)
    costs = [_cost_of(vertex, views[vertex.name]) for vertex in graph.blocks]
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
    batch_size = configuration.get(join_path(TRAINING_PATH, "batch_size"), 64)
    assert isinstance(batch_size, int)
    return cost + _STEP / min(batch_size, profile.rows)


def _cost_of(vertex: BlockVertex, hp: HyperparameterView) -> float | None:
    try:
        return vertex.operator.cost(hp)
    except TimeoutError:
        raise  # so a search interrupts what hangs
    except Exception as error:  # noqa: BLE001 - the plugin boundary
        _complain(vertex.name, type(vertex.operator).__name__, f"{type(error).__name__}: {error}")
        return None


@lru_cache(maxsize=128)
def _complain(path: str, kind: str, reason: str) -> None:
    """Warn of a block that cannot say its cost, once: it is asked again and again."""
    _LOGGER.warning("The cost of the block %r (%s) is taken for unknown: its cost() raised %s", path, kind, reason)
