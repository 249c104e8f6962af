"""From what a user passes to `AutoModel` to a graph: the IO API's assembly, or the functional API's nodes as they are."""

from __future__ import annotations

from collections.abc import Sequence

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.node import Node
from autokeras_core.graph.operator import Block, Head, Input
from autokeras_core.registry import block as make_block

__all__ = ["assemble", "task_of"]


def assemble(
    inputs: Input | Sequence[Input], outputs: Head | Node | Sequence[Head | Node], *, block: Block | None = None
) -> Graph:
    """Return the graph between inputs and outputs.

    Args:
        inputs: One input or several.
        outputs: Heads that were not called yet (each input then gets its default block, several are merged, and the
            heads are put behind them), or the nodes that heads returned (the graph is there already).
        block: The block to put behind a single input instead of its default.

    Raises:
        GraphError: If outputs mixes heads and nodes, or the graph is invalid.
    """
    input_list = [inputs] if isinstance(inputs, Input) else list(inputs)
    output_list = [outputs] if isinstance(outputs, (Head, Node)) else list(outputs)
    if not all(isinstance(item, Input) for item in input_list):
        raise GraphError(
            describe_error(
                "AutoModel got something that is no input.",
                expected="inputs such as ImageInput()",
                received=f"inputs={inputs!r}",
            )
        )
    if output_list and all(isinstance(item, Node) for item in output_list):
        return Graph.from_nodes(input_list, [item for item in output_list if isinstance(item, Node)])
    if not output_list or not all(isinstance(item, Head) for item in output_list):
        raise GraphError(
            describe_error(
                "AutoModel got outputs it cannot use.",
                expected="heads such as ClassificationHead(), or what heads returned when called, not a mixture",
                received=f"outputs={outputs!r}",
            )
        )
    branches = [block(item) if block is not None else _default_branch(item) for item in input_list]
    trunk = branches[0] if len(branches) == 1 else make_block("core:merge")(branches)
    return Graph.from_nodes(input_list, [item(trunk) for item in output_list if isinstance(item, Head)])


def task_of(graph: Graph, outputs: Head | Node | Sequence[Head | Node]) -> str:
    """Return the task whose predefined configurations fit an assembled graph of one input and one head; else an empty name.

    Args:
        graph: What `assemble` returned.
        outputs: What it was made of. The graph of nodes is the user's own, and no task's.
    """
    first = outputs[0] if isinstance(outputs, Sequence) else outputs
    if isinstance(first, Node) or len(graph.inputs) != 1 or len(graph.heads) != 1:
        return ""
    return graph.inputs[0].operator.tasks.get(graph.block(graph.heads[0]).operator.base_name, "")


def _default_branch(item: Input) -> Node:
    """Put an input's default blocks behind it, one after the other."""
    names = [item.default_block] if isinstance(item.default_block, str) else list(item.default_block)
    node = item.node
    for name in filter(None, names):
        node = make_block(name)(node)
    if node is item.node:
        raise GraphError(
            describe_error(
                f"{item!r} names no default block.",
                expected="an input with a default block",
                received=f"{type(item).__name__}.default_block={item.default_block!r}",
                advice="Use the functional API: call a block on the input, and the head on what it returns.",
            )
        )
    return node
