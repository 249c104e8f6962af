"""The order of a graph's blocks: topological, stable, and an error that names the cycle if there is none. Light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.graph.node import Node

__all__ = ["nodes_in_order", "sort_names"]


def nodes_in_order(outputs: Sequence[Node]) -> tuple[Node, ...]:
    """Return every node that leads to the outputs, each after its own inputs.

    Branches come in the order in which the user wrote them: depth first, first input first. So adding a block at the
    end renames none before it.
    """
    ordered: dict[Node, None] = {}
    # A stack instead of recursion: a chain of a thousand blocks is no error.
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, is_expanded = stack.pop()
        if node in ordered:
            continue
        if is_expanded:
            ordered[node] = None
        else:
            stack.append((node, True))
            stack.extend((source, False) for source in reversed(node.inputs))
    return tuple(ordered)


def sort_names(sources: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return names so that each stands after its sources, and otherwise in the order given.

    Args:
        sources: For each name the names it depends on, all of them keys.

    Raises:
        GraphError: If they form a cycle; the message goes round it.
    """
    remaining = dict(sources)
    ordered: dict[str, None] = {}
    while remaining:
        # One at a time, from the front: what it makes ready may stand before the next that is ready now.
        ready = next((name for name, needed in remaining.items() if all(each in ordered for each in needed)), None)
        if ready is None:
            raise _cycle(remaining)
        ordered[ready] = None
        del remaining[ready]
    return tuple(ordered)


def _cycle(sources: Mapping[str, Sequence[str]]) -> GraphError:
    """Follow unresolved sources backwards until a name repeats: from there on it is a cycle."""
    path = [next(iter(sources))]
    while True:
        following = next(source for source in sources[path[-1]] if source in sources)
        if following in path:
            cycle = [following, *reversed(path[path.index(following) :])]
            return GraphError(
                describe_error(
                    f"The block {following!r} depends on its own output.",
                    expected="a graph without cycles",
                    received=" -> ".join(map(repr, cycle)),
                )
            )
        path.append(following)
