"""What training data decide where an input leaves it open: found once, kept in the profile, and used for all later data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.graph.operator import Input

__all__ = ["settle", "settled_as", "settled_by"]


def settle(graph: Graph, named: Mapping[str, Any], y: Any) -> dict[str, dict[str, Any]]:
    """Return the arguments that training data settle, by input, see `Input.settle`.

    Args:
        graph: The graph.
        named: The user's x by input.
        y: The user's y; it concerns an input that is the only one.
    """
    is_only = len(graph.inputs) == 1
    return {
        vertex.name: dict(vertex.operator.settle(named[vertex.name], y if is_only else None)) for vertex in graph.inputs
    }


def settled_as(graph: Graph, arguments: Mapping[str, Mapping[str, Any]]) -> Graph:
    """Return the graph with inputs that have these arguments too, by input; the graph itself if there are none."""
    if not any(arguments.values()):
        return graph
    inputs = tuple(
        attrs.evolve(vertex, operator=_with_arguments(vertex.operator, arguments.get(vertex.name, {})))
        for vertex in graph.inputs
    )
    return attrs.evolve(graph, inputs=inputs)


def settled_by(graph: Graph, profile: DataProfile) -> Graph:
    """Return the graph as the training data of a profile settled it."""
    return settled_as(graph, {name: each.settled for name, each in profile.inputs.items()})


def _with_arguments(operator: Input, arguments: Mapping[str, Any]) -> Input:
    return type(operator).from_config({**operator.get_config(), **arguments}) if arguments else operator
