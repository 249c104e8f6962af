"""The graph: inputs, blocks and heads with stable names, in topological order. Light: standard library and attrs only.

A graph is a specification. It is immutable, knows its whole search space without building a layer, and never learns
anything: what a search finds lives in the search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import attrs

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph._node_checks import check_each_called_once, check_inputs_are_listed, check_kinds
from autokeras_core.graph.loss_weights import checked_loss_weights
from autokeras_core.graph.naming import check_name, name_operators
from autokeras_core.graph.node import Node
from autokeras_core.graph.operator import Block, Head, Input
from autokeras_core.graph.topology import nodes_in_order, sort_names
from autokeras_core.graph.upstream import upstream_profiles
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.names import suggest
from autokeras_core.search.space import Space

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.search.values import Value

__all__ = ["BlockVertex", "Graph", "InputVertex", "Source", "check_sources_exist"]


@attrs.frozen
class Source:
    """Where a block gets one of its tensors from.

    Attributes:
        kind: `"input"` or `"block"`; the two have separate names.
        name: The input's or block's name.
    """

    kind: Literal["input", "block"] = attrs.field(validator=attrs.validators.in_(("input", "block")))
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"


@attrs.frozen(kw_only=True)
class InputVertex:
    """An input with its name in the graph."""

    name: str
    operator: Input = attrs.field(validator=attrs.validators.instance_of(Input))  # type: ignore[type-abstract]


@attrs.frozen(kw_only=True)
class BlockVertex:
    """A block with its name in the graph, and what it is applied to.

    Attributes:
        name: The name, which its hyperparameters' paths start with.
        operator: The block.
        sources: Where its tensors come from, in order.
        is_list: Whether `build` gets a list of tensors, not a single one.
    """

    name: str
    operator: Block = attrs.field(validator=attrs.validators.instance_of(Block))  # type: ignore[type-abstract]
    sources: tuple[Source, ...]
    is_list: bool = False

    @property
    def is_head(self) -> bool:
        """Whether the block is a head."""
        return isinstance(self.operator, Head)

    @property
    def input_name(self) -> str | None:
        """The input that the block stands right behind; `None` behind other blocks, or behind several inputs."""
        return self.sources[0].name if len(self.sources) == 1 and self.sources[0].kind == "input" else None


@attrs.frozen(kw_only=True)
class Graph:
    """Inputs, blocks and heads.

    Made by `from_nodes`, or from a file by `graph_from_json`; both, and the constructor, only ever make valid graphs.

    Attributes:
        inputs: The inputs, in the user's order.
        blocks: The blocks, heads among them, each after those it depends on.
        heads: The names of the heads, in the user's order of outputs.
        loss_weights: How much a head's loss counts among those of several, by name; 1 where nothing is said.

    Raises:
        GraphError: If names repeat, a source is unknown or comes later, an input or block leads nowhere, a head is not
            last, or a loss weight is of no head or no number above 0.

    Example:
        ```python
        start = ImageInput()
        graph = Graph.from_nodes([start], [ClassificationHead()(ConvBlock()(start))])
        [vertex.name for vertex in graph.blocks]  # ["conv", "classification"]
        list(graph.space())  # ["conv/num_blocks", ..., "classification/dropout", ...]
        ```
    """

    inputs: tuple[InputVertex, ...]
    blocks: tuple[BlockVertex, ...]
    heads: tuple[str, ...]
    loss_weights: Mapping[str, float] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        _check_not_empty("input", self.inputs)
        _check_not_empty("head", self.heads)
        _check_unique("input", [vertex.name for vertex in self.inputs])
        _check_unique("block", [vertex.name for vertex in self.blocks])
        _check_unique("head", self.heads)
        for vertex in self.inputs:
            check_name(vertex.name, "input")
        for block in self.blocks:
            check_name(block.name)
        self._check_sources()
        self._check_heads()
        self._check_use()
        object.__setattr__(self, "loss_weights", checked_loss_weights(self.loss_weights, self.heads))

    @classmethod
    def from_nodes(cls, inputs: Sequence[Input], outputs: Sequence[Node]) -> Self:
        """Return the graph that leads from inputs to the nodes that heads returned.

        Args:
            inputs: The inputs; data is passed to `fit` in this order.
            outputs: What heads returned when called; targets are passed in this order.

        Raises:
            GraphError: If an output is not a head's, a head is not last, an input is missing or not used, a block
                was called twice, names repeat, or a list is empty.
        """
        _check_not_empty("input", inputs)
        _check_not_empty("output", outputs)
        check_kinds(inputs, outputs)
        nodes = nodes_in_order(outputs)
        block_nodes = [node for node in nodes if not isinstance(node.operator, Input)]
        check_each_called_once(block_nodes)
        check_inputs_are_listed(inputs, block_nodes)
        input_names = dict(zip(map(id, inputs), name_operators(inputs, what="input"), strict=True))
        blocks: list[Any] = [node.operator for node in block_nodes]
        block_names = dict(zip(map(id, blocks), name_operators(blocks), strict=True))

        def source_of(node: Node) -> Source:
            is_input = isinstance(node.operator, Input)
            names = input_names if is_input else block_names
            return Source("input" if is_input else "block", names[id(node.operator)])

        return cls(
            inputs=tuple(InputVertex(name=input_names[id(each)], operator=each) for each in inputs),
            blocks=tuple(
                BlockVertex(
                    name=block_names[id(block)],
                    operator=block,
                    sources=tuple(source_of(source) for source in node.inputs),
                    is_list=node.is_list,
                )
                for node, block in zip(block_nodes, blocks, strict=True)
            ),
            heads=tuple(block_names[id(node.operator)] for node in outputs),
        )

    def block(self, name: str) -> BlockVertex:
        """Return the block (or head) of that name.

        Raises:
            GraphError: If there is none.
        """
        for vertex in self.blocks:
            if vertex.name == name:
                return vertex
        names = [vertex.name for vertex in self.blocks]
        raise GraphError(
            describe_error(
                f"The graph has no block called {name!r}.",
                expected=f"one of {names}",
                received=f"name={name!r}",
                advice=suggest(name, names),
            )
        )

    def space(self, profile: DataProfile | None = None) -> Space:
        """Return the search space of all blocks, each under its name, in topological order.

        Args:
            profile: What analysis found out about the data; blocks may suit their space to it, each to the inputs that it
                depends on.

        Raises:
            GraphError: If a block's `search_space` returns no `Space`.
        """
        known = {} if profile is None else upstream_profiles(self.blocks, profile)
        return Space.combine(*(_space_of(each, known.get(each.name)).under(each.name) for each in self.blocks))

    def views(self, configuration: Mapping[str, Value], profile: DataProfile) -> dict[str, HyperparameterView]:
        """Return what each block sees of a configuration, by its name.

        Whichever of its methods is called, a block is told of the same data: of the inputs that it depends on.

        Args:
            configuration: The values of all active hyperparameters, by path.
            profile: What analysis found out about all inputs and targets.
        """
        known = upstream_profiles(self.blocks, profile)
        return {
            vertex.name: HyperparameterView(
                values=configuration, path=vertex.name, profile=known[vertex.name], input_name=vertex.input_name
            )
            for vertex in self.blocks
        }

    # Validity

    def _check_sources(self) -> None:
        input_names = [vertex.name for vertex in self.inputs]
        names = [vertex.name for vertex in self.blocks]
        for vertex in self.blocks:
            if not vertex.sources or (len(vertex.sources) > 1 and not vertex.is_list):
                raise GraphError(
                    describe_error(
                        f"The block {vertex.name!r} has a wrong number of sources.",
                        expected="one, or with is_list=True at least one",
                        received=f"{len(vertex.sources)} sources, is_list={vertex.is_list}",
                    )
                )
            check_sources_exist(vertex.name, vertex.sources, inputs=input_names, blocks=names)
        # Raises if there is a cycle; the order itself must be right already.
        needed = {vertex.name: [each.name for each in vertex.sources if each.kind == "block"] for vertex in self.blocks}
        sort_names(needed)
        for index, name in enumerate(names):
            later = [source for source in needed[name] if names.index(source) > index]
            if later:
                raise GraphError(
                    describe_error(
                        f"The block {name!r} stands before one that it depends on.",
                        expected="blocks in topological order",
                        received=f"{later[0]!r} after {name!r}",
                    )
                )

    def _check_heads(self) -> None:
        for name in self.heads:
            if not self.block(name).is_head:
                raise GraphError(
                    describe_error(
                        f"The output {name!r} is no head.",
                        expected="a head such as ClassificationHead()",
                        received=f"{self.block(name).operator!r}",
                    )
                )
        for vertex in self.blocks:
            for source in vertex.sources:
                if source.kind == "block" and self.block(source.name).is_head:
                    raise _head_is_not_last(self.block(source.name).operator, vertex.operator)

    def _check_use(self) -> None:
        used = {source for vertex in self.blocks for source in vertex.sources}
        unused = [f"input {vertex.name!r}" for vertex in self.inputs if Source("input", vertex.name) not in used]
        unused += [
            f"block {vertex.name!r}"
            for vertex in self.blocks
            if Source("block", vertex.name) not in used and vertex.name not in self.heads
        ]
        if unused:
            raise GraphError(
                describe_error(
                    f"The {unused[0]} is disconnected: no output depends on it.",
                    expected="every input and block to lead to a head",
                    received=", ".join(unused),
                    advice="Leave it out, or connect it.",
                )
            )


def check_sources_exist(name: str, sources: Sequence[Source], *, inputs: Sequence[str], blocks: Sequence[str]) -> None:
    """Check that what a block is applied to is in the graph.

    Args:
        name: The block's name.
        sources: Where its tensors come from.
        inputs: The names of the graph's inputs.
        blocks: The names of its blocks.

    Raises:
        GraphError: If a source is unknown.
    """
    for source in sources:
        known = inputs if source.kind == "input" else blocks
        if source.name not in known:
            raise GraphError(
                describe_error(
                    f"The block {name!r} has an unknown source.",
                    expected=f"one of the {source.kind}s {list(known)}",
                    received=str(source),
                    advice=suggest(source.name, known),
                )
            )


def _head_is_not_last(head: object, follower: object) -> GraphError:
    return GraphError(
        describe_error(
            f"The head {head!r} is not last.",
            expected="nothing behind a head",
            received=f"{follower!r} behind it",
            advice="Put the head behind the last block.",
        )
    )


def _space_of(vertex: BlockVertex, profile: DataProfile | None) -> Space:
    space: object = vertex.operator.search_space(profile)
    if not isinstance(space, Space):
        raise GraphError(
            describe_error(
                f"The block {vertex.name!r} has no proper search space.",
                expected=f"a Space from {type(vertex.operator).__name__}.search_space",
                received=f"{space!r}",
            )
        )
    return space


def _check_not_empty(what: str, items: Sequence[object]) -> None:
    if not items:
        raise GraphError(
            describe_error(f"The graph has no {what}s.", expected=f"at least one {what}", received=f"{what}s=[]")
        )


def _check_unique(what: str, names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    if repeated:
        raise GraphError(
            describe_error(
                f"Two {what}s have the same name {repeated[0]!r}.",
                expected=f"a different name for each {what}",
                received=f"{list(names)}",
            )
        )
