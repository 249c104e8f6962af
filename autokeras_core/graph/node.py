"""Symbolic nodes: which operator was applied to which other nodes. Light: standard library and attrs only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import attrs

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Input, Operator

__all__ = ["Node", "NodeLike"]


@attrs.frozen(eq=False)
class Node:
    """The output of an operator in a graph; made by calling a block on nodes, never by hand.

    A node is compared by identity: two calls are two nodes.

    Attributes:
        operator: The input, block or head whose output this is.
        inputs: The nodes it was applied to, in order; empty for an input.
        is_list: Whether the operator was called on a list (its `build` then gets a list), not on one node.
    """

    operator: Operator
    inputs: tuple[Node, ...] = ()
    is_list: bool = False

    def __repr__(self) -> str:
        return f"<Node of {self.operator!r}>"


NodeLike: TypeAlias = "Node | Input"
"""A node, or an input, which stands for its own node."""
