"""The graph: order, names, spaces, and the errors that name the block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.errors import GraphError
from autokeras_core.graph.graph import BlockVertex, Graph, InputVertex, Source
from autokeras_core.graph.node import Node
from autokeras_core.graph.topology import nodes_in_order, sort_names
from autokeras_core.search.domains import Choice
from autokeras_core.search.space import Space
from tests.light.graph_doubles import Conv, Dense, Join, Start, Target, WideBlock


def chain(*blocks: Any) -> Graph:
    """Return the graph of blocks one behind the other, with a head."""
    start = Start()
    node: Any = start
    for block in blocks:
        node = block(node)
    return Graph.from_nodes([start], [Target()(node)])


def two_branches() -> Graph:
    """Return a graph of two inputs, three convolutions, a merge and two heads."""
    left, right = Start(), Start(name="right")
    joined = Join()([Conv()(Conv()(left)), Conv()(right), right])
    return Graph.from_nodes([left, right], [Target()(joined), Target(name="other")(Dense()(joined))])


def names(graph: Graph) -> list[str]:
    """Return the names of the blocks, in order."""
    return [vertex.name for vertex in graph.blocks]


# Order and names


def profile_of(*names: str, rows: int = 10) -> DataProfile:
    """Return the profile of some inputs."""
    inputs = {name: InputProfile(name=name, modality="array", shape=(1,), dtype="float32", rows=rows) for name in names}
    return DataProfile(rows=rows, inputs=inputs, targets={})


def test_blocks_stand_in_topological_order_branch_by_branch() -> None:
    """Every block stands after its sources, branches in the order in which they were written."""
    graph = two_branches()

    assert names(graph) == ["conv", "conv_2", "conv_3", "join", "target", "dense", "other"]


def test_heads_keep_the_order_of_the_outputs() -> None:
    """`heads` is in the user's order, not in that of the graph."""
    start = Start()
    first = Target(name="first")(Conv()(start))

    graph = Graph.from_nodes([start], [Target(name="second")(start), first])

    assert graph.heads == ("second", "first")


def test_sources_say_what_a_block_is_applied_to() -> None:
    """Inputs and blocks are told apart; a list is marked."""
    join = two_branches().block("join")

    assert join.sources == (Source("block", "conv_2"), Source("block", "conv_3"), Source("input", "right"))
    assert join.is_list
    assert not two_branches().block("dense").is_list


def test_building_the_same_graph_twice_gives_identical_names_and_spaces() -> None:
    """Names come from the graph, never from a process-global counter."""
    first, second = two_branches(), two_branches()

    assert names(first) == names(second)
    assert list(first.space()) == list(second.space())


def test_a_second_block_of_a_kind_gets_a_number_and_leaves_the_first_alone() -> None:
    """Adding a second convolution gives `conv_2`."""
    assert names(chain(Conv())) == ["conv", "target"]
    assert names(chain(Conv(), Conv())) == ["conv", "conv_2", "target"]


def test_a_made_name_avoids_given_ones() -> None:
    """A name that the user gave is never given to another block."""
    assert names(chain(Conv(), Conv(), Conv(name="conv_2"))) == ["conv", "conv_3", "conv_2", "target"]
    assert names(chain(Conv(), Conv(name="conv"))) == ["conv_2", "conv", "target"]


def test_inputs_and_blocks_have_separate_names() -> None:
    """An input and a block may share a name."""
    start = Start(name="image")

    graph = Graph.from_nodes([start], [Target()(Conv(name="image")(start))])

    assert (graph.inputs[0].name, graph.blocks[0].name) == ("image", "image")
    assert graph.blocks[0].sources == (Source("input", "image"),)


def test_inputs_of_a_kind_are_numbered_in_their_order() -> None:
    """The second input of a kind gets `_2`."""
    first, second = Start(), Start()

    graph = Graph.from_nodes([first, second], [Target()(Join()([second, first]))])

    assert [vertex.name for vertex in graph.inputs] == ["start", "start_2"]
    assert graph.block("join").sources == (Source("input", "start_2"), Source("input", "start"))


def test_a_long_chain_is_no_error() -> None:
    """The depth of a graph is not bounded by the recursion limit."""
    node: Any = Start()
    for _ in range(3000):
        node = Conv()(node)

    assert len(nodes_in_order([node])) == 3001


def test_a_node_may_have_several_followers() -> None:
    """A diamond holds each block once."""
    start = Start()
    trunk = Conv(name="trunk")(start)

    graph = Graph.from_nodes([start], [Target()(Join()([Conv()(trunk), trunk, Dense()(trunk)]))])

    assert names(graph) == ["trunk", "conv", "dense", "join", "target"]


def test_a_graph_is_immutable() -> None:
    """Attributes cannot be set."""
    graph = chain(Conv())

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        graph.heads = ()  # type: ignore[misc]


# The space


def test_the_space_holds_every_block_under_its_name() -> None:
    """Hyperparameter paths start with the block's name, conditions too."""
    space = chain(Conv(), Dense()).space()

    assert list(space) == [
        *("conv/filters", "conv/layers", "conv/dropout", "conv/pooling"),
        *("dense/norm", "dense/momentum", "target/dropout"),
    ]
    assert space["dense/momentum"].when == (("dense/norm", (True,)),)


def test_arguments_narrow_the_space_of_the_graph() -> None:
    """A value fixes, a domain narrows."""
    space = chain(Conv(filters=64, layers=Choice([1, 2]))).space()

    assert (space["conv/filters"].size, space["conv/filters"].default) == (1, 64)
    assert space["conv/layers"].size == 2


def test_a_define_by_run_block_takes_part_in_a_graph() -> None:
    """A block without a declared space has a name and no part of the declared space."""
    graph = chain(WideBlock(units=32), WideBlock())

    assert names(graph) == ["wide", "wide_2", "target"]
    assert list(graph.space()) == ["target/dropout"]
    assert graph.block("wide").operator.arguments == {"units": 32}


def test_the_profile_reaches_every_block() -> None:
    """`space(profile)` passes on what analysis found."""

    class Curious(Conv):
        def search_space(self, profile: Any = None) -> Space:
            return Space({"rows": Choice([profile.rows])})

    assert chain(Curious()).space(profile_of("start", rows=7))["conv/rows"].default == 7


def test_a_block_is_told_of_the_inputs_that_it_depends_on() -> None:
    """Blocks in one branch know nothing of another's input, a block that joins them knows of both."""

    class Curious(Conv):
        def search_space(self, profile: Any = None) -> Space:
            return Space({"inputs": Choice([" ".join(profile.inputs)])})

    left, right = Start(name="left"), Start(name="right")
    first, second = Curious(name="first")(left), Curious(name="second")(Curious(name="before")(right))
    joined = Curious(name="joined")([first, second])
    graph = Graph.from_nodes([left, right], [Target()(joined)])

    defaults = graph.space(profile_of("left", "right")).defaults()

    assert {name: defaults[f"{name}/inputs"] for name in ("first", "before", "second", "joined")} == {
        "first": "left",
        "before": "right",
        "second": "right",
        "joined": "left right",
    }


def test_a_block_sees_its_own_part_of_a_configuration_and_of_the_data() -> None:
    """The values under its name, the inputs that it depends on, and the one that it stands right behind."""
    left, right = Start(name="left"), Start(name="right")
    joined = Join(name="joined")([Conv(name="first")(left), Conv(name="second")(right)])
    graph = Graph.from_nodes([left, right], [Target()(joined)])

    views = graph.views({"first/filters": 16, "second/filters": 64}, profile_of("left", "right"))

    assert (views["first"]["filters"], views["second"]["filters"]) == (16, 64)
    assert {name: (" ".join(view.profile.inputs), view.input_name) for name, view in views.items() if view.profile} == {
        "first": ("left", "left"),
        "second": ("right", "right"),
        "joined": ("left right", None),
        "target": ("left right", None),
    }


def test_a_search_space_that_is_none_names_the_block() -> None:
    """What is no `Space` is reported with the block's name."""

    class Forgetful(Conv):
        def search_space(self, profile: Any = None) -> Any:
            return None

    with pytest.raises(GraphError, match="'conv' has no proper search space"):
        chain(Forgetful()).space()


# Errors


def _output_of_a_block() -> Graph:
    start = Start()
    return Graph.from_nodes([start], [Conv(name="last")(start)])


def _output_that_is_no_node() -> Graph:
    return Graph.from_nodes([Start()], [Target(name="uncalled")])  # type: ignore[list-item]


def _missing_input() -> Graph:
    listed, other = Start(), Start(name="forgotten")
    return Graph.from_nodes([listed], [Target()(Join(name="both")([listed, other]))])


def _disconnected_input() -> Graph:
    start = Start()
    return Graph.from_nodes([start, Start(name="lonely")], [Target()(start)])


def _block_called_twice() -> Graph:
    start, block = Start(), Conv(name="shared")
    return Graph.from_nodes([start], [Target()(Join()([block(start), block(start)]))])


def _head_called_twice() -> Graph:
    start, head = Start(), Target(name="again")
    return Graph.from_nodes([start], [head(Conv()(start)), head(start)])


def _head_not_last() -> Graph:
    start = Start()
    return Graph.from_nodes([start], [Target()(Conv()(Target(name="early")(start)))])


def _output_that_another_output_needs() -> Graph:
    start = Start()
    early = Target(name="early")(start)
    return Graph.from_nodes([start], [early, Target()(Conv()(early))])


def _no_inputs() -> Graph:
    return Graph.from_nodes([], [Target()(Start())])


def _no_outputs() -> Graph:
    return Graph.from_nodes([Start()], [])


def _same_block_names() -> Graph:
    return chain(Conv(name="twin"), Dense(name="twin"))


def _same_input_names() -> Graph:
    first, second = Start(name="twin"), Start(name="twin")
    return Graph.from_nodes([first, second], [Target()(Join()([first, second]))])


def _input_listed_twice() -> Graph:
    start = Start(name="double")
    return Graph.from_nodes([start, start], [Target()(start)])


def _output_listed_twice() -> Graph:
    start = Start()
    output = Target(name="double")(start)
    return Graph.from_nodes([start], [output, output])


def _block_among_the_inputs() -> Graph:
    start = Start()
    return Graph.from_nodes([Conv(name="misplaced")], [Target()(start)])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(_output_of_a_block, r"name='last'\).* does not come from a head", id="output of a block"),
        pytest.param(_output_that_is_no_node, r"name='uncalled'\).* head", id="output that is no node"),
        pytest.param(_missing_input, r"name='both'\) needs an input that is missing.*'forgotten'", id="missing input"),
        pytest.param(_disconnected_input, r"name='lonely'\) is disconnected", id="disconnected input"),
        pytest.param(_block_called_twice, r"name='shared'\) was called twice.*Make two instances", id="called twice"),
        pytest.param(_head_called_twice, r"name='again'\) was called twice", id="head called twice"),
        pytest.param(_head_not_last, r"head Target\(name='early'\) is not last", id="head not last"),
        pytest.param(_output_that_another_output_needs, r"name='early'\) is not last", id="output in the middle"),
        pytest.param(_no_inputs, "no inputs", id="no inputs"),
        pytest.param(_no_outputs, "no outputs", id="no outputs"),
        pytest.param(_same_block_names, "Two blocks have the same name 'twin'", id="same block names"),
        pytest.param(_same_input_names, "Two inputs have the same name 'twin'", id="same input names"),
        pytest.param(_input_listed_twice, r"name='double'\) is listed twice", id="input listed twice"),
        pytest.param(_output_listed_twice, r"name='double'\) is listed twice", id="output listed twice"),
        pytest.param(_block_among_the_inputs, r"no input.*name='misplaced'", id="block among the inputs"),
        pytest.param(lambda: chain(Conv(name="training")), "'training' is reserved", id="reserved name"),
    ],
)
def test_an_invalid_graph_names_the_culprit(build: Callable[[], Graph], message: str) -> None:
    """Each mistake is one `GraphError` that names the block or input."""
    with pytest.raises(GraphError, match=message):
        build()


def test_a_block_class_called_training_gets_a_free_name() -> None:
    """Only the user's own name clashes with the reserved one: a class's is numbered."""

    class Training(Conv):
        base_name = "training"

    assert names(chain(Training())) == ["training_2", "target"]


def test_a_malformed_base_name_names_the_class() -> None:
    """A class cannot smuggle a path separator into a name."""

    class Sly(Conv):
        base_name = "a/b"

    with pytest.raises(GraphError, match="class Sly has a malformed base_name"):
        chain(Sly())


def test_an_unknown_block_name_is_answered_with_the_nearest() -> None:
    """`block` suggests."""
    with pytest.raises(GraphError, match="Did you mean 'conv'"):
        chain(Conv()).block("cnv")


def _vertex(name: str, *sources: Source, block: type[Any] = Conv, is_list: bool = False) -> BlockVertex:
    return BlockVertex(name=name, operator=block(), sources=sources, is_list=is_list)


_IN = Source("input", "start")


@pytest.mark.parametrize(
    ("blocks", "heads", "message"),
    [
        pytest.param(
            [_vertex("a", Source("block", "b")), _vertex("b", Source("block", "a")), _vertex("h", _IN, block=Target)],
            ["h"],
            "'a' depends on its own output.*'a' -> 'b' -> 'a'",
            id="cycle",
        ),
        pytest.param(
            [_vertex("h", Source("block", "a"), block=Target), _vertex("a", _IN)],
            ["h"],
            "'h' stands before one that it depends on",
            id="order",
        ),
        pytest.param(
            [_vertex("h", Source("block", "nowhere"), block=Target)], ["h"], "'h' has an unknown source", id="source"
        ),
        pytest.param(
            [_vertex("a", _IN), _vertex("h", _IN, block=Target)], ["h"], "block 'a' is disconnected", id="disconnected"
        ),
        pytest.param([_vertex("a", _IN)], ["a"], "output 'a' is no head", id="no head"),
        pytest.param([_vertex("h", block=Target)], ["h"], "'h' has a wrong number of sources", id="no source"),
        pytest.param(
            [_vertex("h", _IN, _IN, block=Target)], ["h"], "'h' has a wrong number of sources", id="too many sources"
        ),
        pytest.param([_vertex("h", _IN, block=Target)] * 2, ["h"], "same name 'h'", id="same names"),
        pytest.param([_vertex("h", _IN, block=Target)], ["h", "h"], "Two heads have the same name", id="same heads"),
        pytest.param([_vertex("h", _IN, block=Target)], [], "no heads", id="no heads"),
        pytest.param([_vertex("a/b", _IN, block=Target)], ["a/b"], "block 'a/b' is malformed", id="path as name"),
        pytest.param([_vertex("training", _IN, block=Target)], ["training"], "is reserved", id="reserved name"),
    ],
)
def test_a_graph_that_exists_is_valid(blocks: list[BlockVertex], heads: list[str], message: str) -> None:
    """The constructor too refuses an invalid graph and names the block."""
    with pytest.raises(GraphError, match=message):
        Graph(inputs=(InputVertex(name="start", operator=Start()),), blocks=tuple(blocks), heads=tuple(heads))


def test_sorting_keeps_the_given_order_where_it_may() -> None:
    """A valid order is not changed."""
    assert sort_names({"b": [], "a": [], "c": ["b"]}) == ("b", "a", "c")
    assert sort_names({"c": ["a"], "a": [], "b": []}) == ("a", "c", "b")


def test_a_cycle_deep_in_a_graph_is_found_and_named() -> None:
    """The message names blocks of the cycle only, in the direction of the data, not what hangs on it."""
    with pytest.raises(GraphError, match="'x' -> 'z' -> 'y' -> 'x'") as caught:
        sort_names({"after": ["x"], "x": ["y"], "y": ["before", "z"], "z": ["x"], "before": []})

    assert "'after'" not in str(caught.value)


def test_calling_a_block_on_something_else_names_the_block() -> None:
    """A block takes nodes and inputs."""
    with pytest.raises(GraphError, match=r"Conv\(name='eager'\) was called on something that is no node"):
        Conv(name="eager")(3)  # type: ignore[arg-type]


def test_calling_a_block_on_an_empty_list_names_the_block() -> None:
    """An empty list is no input."""
    with pytest.raises(GraphError, match=r"Join\(name='hungry'\) was called on an empty list"):
        Join(name="hungry")([])


def test_calling_a_block_returns_a_node_of_it() -> None:
    """A call changes neither the block nor the input."""
    start, block = Start(), Conv()

    node = block(start)

    assert isinstance(node, Node)
    assert (node.operator, node.inputs) == (block, (start.node,))
