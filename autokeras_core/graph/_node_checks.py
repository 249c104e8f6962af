"""Checks of the nodes that a graph is made from: each error names the object as its user wrote it. Light.

Once blocks have names, the graph checks the rest itself; a graph from a file has no nodes.
"""

from __future__ import annotations

from collections.abc import Sequence

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.node import Node
from autokeras_core.graph.operator import Head, Input

__all__ = ["check_each_called_once", "check_inputs_are_listed", "check_kinds"]


def check_kinds(inputs: Sequence[object], outputs: Sequence[object]) -> None:
    """Raise `GraphError` unless the lists hold inputs and what heads returned, each once."""
    for index, item in enumerate(inputs):
        if not isinstance(item, Input):
            raise GraphError(
                describe_error(
                    "The graph got something that is no input.",
                    expected="inputs such as ImageInput()",
                    received=f"{item!r}",
                )
            )
        if any(item is other for other in inputs[:index]):
            raise GraphError(
                describe_error(
                    f"The input {item!r} is listed twice.",
                    expected="each input once",
                    received=f"inputs={list(inputs)!r}",
                )
            )
    for index, item in enumerate(outputs):
        if not isinstance(item, Node) or not isinstance(item.operator, Head):
            received = item.operator if isinstance(item, Node) else item
            raise GraphError(
                describe_error(
                    f"The output of {received!r} is no prediction: it does not come from a head.",
                    expected="what a head such as ClassificationHead() returned when called",
                    received=f"{item!r}",
                    advice="Put a head behind it: ClassificationHead()(node).",
                )
            )
        if any(item is other for other in outputs[:index]):
            raise GraphError(
                describe_error(
                    f"The output of {item.operator!r} is listed twice.",
                    expected="each output once",
                    received=f"outputs={list(outputs)!r}",
                )
            )


def check_each_called_once(nodes: Sequence[Node]) -> None:
    """Raise `GraphError` if a block was called twice."""
    seen: set[int] = set()
    for node in nodes:
        if id(node.operator) in seen:
            kind = type(node.operator).__name__
            raise GraphError(
                describe_error(
                    f"The same block {node.operator!r} was called twice.",
                    expected="each block to be called once, since it has one set of hyperparameters and weights",
                    received=f"two calls of one {kind}",
                    advice=f"Make two instances: {kind}(...)(a) and {kind}(...)(b).",
                )
            )
        seen.add(id(node.operator))


def check_inputs_are_listed(inputs: Sequence[Input], nodes: Sequence[Node]) -> None:
    """Raise `GraphError` unless the inputs listed are those that blocks were called on."""
    listed = {id(each) for each in inputs}
    reached: set[int] = set()
    for node in nodes:
        for source in node.inputs:
            if not isinstance(source.operator, Input):
                continue
            reached.add(id(source.operator))
            if id(source.operator) not in listed:
                raise GraphError(
                    describe_error(
                        f"The block {node.operator!r} needs an input that is missing from the list of inputs.",
                        expected=f"{source.operator!r} among the inputs",
                        received=f"inputs={list(inputs)!r}",
                        advice="Pass the very object that the block was called on.",
                    )
                )
    unused = [each for each in inputs if id(each) not in reached]
    if unused:
        raise GraphError(
            describe_error(
                f"The input {unused[0]!r} is disconnected: no output depends on it.",
                expected="every input to lead to a head",
                received=f"{len(unused)} of {len(inputs)} inputs unused",
                advice="Leave it out of the inputs, or connect it.",
            )
        )
