"""Graphs as JSON and back: nothing is lost, and a wrong file is one error that names the block."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.errors import GraphError
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.missing import MissingBlock
from autokeras_core.graph.operator import Block, Input, Operator
from autokeras_core.graph.serialization import graph_from_json, graph_identity, graph_to_json
from autokeras_core.search.domains import Boolean, Choice, Float, Int
from tests.light.graph_doubles import Conv, Dense, FakeRegistry, Join, PickOne, Start, Target, WideBlock

REGISTRY = FakeRegistry()


def through_text(data: dict[str, Any]) -> dict[str, Any]:
    """Return JSON data as it comes back from a file."""
    restored: dict[str, Any] = json.loads(json.dumps(data, allow_nan=False))
    return restored


def small_graph(*blocks: Block) -> Graph:
    """Return an input, blocks one behind the other, and a head."""
    start = Start()
    node: Any = start
    for block in blocks or (Conv(filters=32), Dense()):
        node = block(node)
    return Graph.from_nodes([start], [Target()(node)])


# Round trips


def convs() -> st.SearchStrategy[Block]:
    """Return blocks with values, domains or nothing for each hyperparameter."""
    filters = st.one_of(
        st.none(),
        st.integers(1, 512),
        st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True).map(Choice),
    )
    layers = st.one_of(st.none(), st.integers(1, 9), st.builds(Int, st.just(1), st.integers(1, 20)))
    dropout = st.one_of(
        st.none(), st.floats(0.0, 0.9), st.builds(Float, st.floats(0.01, 0.1), st.floats(0.2, 1.0), log=st.booleans())
    )
    pooling = st.one_of(st.none(), st.booleans(), st.builds(Boolean, default=st.booleans()))
    return st.builds(Conv, filters=filters, layers=layers, dropout=dropout, pooling=pooling)


def blocks() -> st.SearchStrategy[Block]:
    """Return any block for one node: registered, of this module, composite."""
    label = st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just(Choice(["a", "b"])),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=2),
        max_leaves=4,
    )
    dense = st.builds(Dense, norm=st.none() | st.booleans(), label=label)
    wide = st.builds(WideBlock, units=st.integers(8, 64))
    pick = st.builds(PickOne, candidates=st.lists(convs() | dense, min_size=1, max_size=2))
    return convs() | dense | wide | pick


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Return a random acyclic graph: merges, several inputs and heads, shared nodes, some names given."""
    inputs = [Start() for _ in range(draw(st.integers(1, 3)))]
    nodes: list[Any] = list(inputs)
    for index in range(draw(st.integers(0, 6))):
        sources = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
        if len(sources) == 1:
            nodes.append(draw(blocks())(sources[0]))
        else:
            nodes.append(Join(name=draw(st.none() | st.just(f"joined-{index}")))(sources))
    # The last head sees everything, so that nothing is disconnected.
    heads = [Target()(draw(st.sampled_from(nodes))) for _ in range(draw(st.integers(0, 2)))]
    heads.append(Target(dropout=draw(st.none() | st.just(0.5)))([*nodes, nodes[0]]))
    return Graph.from_nodes(inputs, draw(st.permutations(heads)))


@settings(deadline=None)
@given(graphs())
def test_any_graph_survives_a_file(graph: Graph) -> None:
    """Names, order, sources, arguments and the search space come back as they were."""
    data = through_text(graph_to_json(graph, REGISTRY))

    restored = graph_from_json(data, REGISTRY)

    assert graph_to_json(restored, REGISTRY) == data
    assert restored.heads == graph.heads
    assert restored.space() == graph.space()
    for vertex, again in zip(graph.blocks, restored.blocks, strict=True):
        assert (again.name, again.sources, again.is_list) == (vertex.name, vertex.sources, vertex.is_list)
        assert type(again.operator) is type(vertex.operator)
        assert repr(again.operator) == repr(vertex.operator)


@settings(deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_blocks_in_a_file_does_not_matter(graph: Graph, random: Any) -> None:
    """Blocks are put in topological order again, with their names."""
    data = through_text(graph_to_json(graph, REGISTRY))
    random.shuffle(data["blocks"])

    restored = graph_from_json(data, REGISTRY)

    assert {vertex.name: vertex.sources for vertex in restored.blocks} == {
        vertex.name: vertex.sources for vertex in graph.blocks
    }


def test_a_file_names_types_and_where_they_come_from() -> None:
    """Each class is written by its registered name, with distribution and version."""
    data = graph_to_json(small_graph(Conv(filters=32)), REGISTRY)

    assert data == {
        "schema": 1,
        "inputs": [
            {"name": "start", "type": "fake:start", "distribution": "fake-plugin", "version": "1.2", "config": {}}
        ],
        "blocks": [
            {
                "name": "conv",
                "type": "fake:conv",
                "distribution": "fake-plugin",
                "version": "1.2",
                "config": {"filters": 32},
                "sources": [{"input": "start"}],
                "is_list": False,
            },
            {
                "name": "target",
                "type": "fake:target",
                "distribution": "fake-plugin",
                "version": "1.2",
                "config": {},
                "sources": [{"block": "conv"}],
                "is_list": False,
            },
        ],
        "heads": ["target"],
    }


def test_the_identity_of_a_graph_leaves_versions_out() -> None:
    """A newer plugin does not make it another search, in nested blocks neither."""
    text = json.dumps(graph_identity(small_graph(PickOne(candidates=[Conv()])), REGISTRY))

    assert "fake:pick" in text
    assert "version" not in text
    assert "fake-plugin" not in text


def test_a_class_of_a_script_is_local() -> None:
    """A class that no plugin registered is written as `local:Name`, without a module path."""
    block = graph_to_json(small_graph(WideBlock(units=32)), REGISTRY)["blocks"][0]

    assert (block["type"], block["distribution"], block["version"]) == ("local:WideBlock", None, None)
    assert "graph_doubles" not in json.dumps(block)


def test_a_local_class_is_taken_from_custom_blocks_first() -> None:
    """A class that is passed in goes before one that is defined in the process."""

    class Other(WideBlock):
        pass

    Other.__name__ = "WideBlock"
    data = graph_to_json(small_graph(WideBlock(units=32)), REGISTRY)

    restored = graph_from_json(data, REGISTRY, custom_blocks=[Other])

    assert type(restored.block("wide").operator) is Other


def test_a_class_that_is_defined_anew_replaces_the_former() -> None:
    """A notebook's cell that is run again makes no ambiguity."""

    def define() -> type[Block]:
        class Notebook(WideBlock):
            pass

        return Notebook

    former, latter = define(), define()
    data = graph_to_json(small_graph(former()), REGISTRY)

    assert type(graph_from_json(data, REGISTRY).blocks[0].operator) is latter


# Classes that are not here


def test_two_local_classes_of_one_name_cannot_be_saved() -> None:
    """The file could not tell them apart."""

    class Same(WideBlock):
        pass

    first = Same

    class Same(WideBlock):  # type: ignore[no-redef]
        pass

    with pytest.raises(GraphError, match="Two classes of the graph are called 'Same'"):
        graph_to_json(small_graph(first(), Same()), REGISTRY)


def test_an_ambiguous_local_class_is_an_error() -> None:
    """Two different classes of the name: the message says how to choose."""

    def here() -> type[Block]:
        class Twin(WideBlock):
            pass

        return Twin

    def there() -> type[Block]:
        class Twin(WideBlock):
            pass

        return Twin

    twins = here(), there()
    data = graph_to_json(small_graph(twins[0]()), REGISTRY)

    with pytest.raises(GraphError, match=r"Several classes are called 'Twin'.*custom_blocks=\[Twin\]"):
        graph_from_json(data, REGISTRY)


def _with(data: dict[str, Any], change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    change(changed)
    return changed


def _unknown_local(data: dict[str, Any]) -> None:
    data["blocks"][0] |= {"type": "local:Vanished", "distribution": None, "version": None}


def test_a_missing_local_class_says_how_to_pass_it() -> None:
    """The message names the block, the class and the argument."""
    data = _with(graph_to_json(small_graph(), REGISTRY), _unknown_local)

    with pytest.raises(GraphError, match=r"block 'conv' is not here.*local:Vanished.*custom_blocks=\[Vanished\]"):
        graph_from_json(data, REGISTRY)


def test_a_missing_plugin_says_what_to_install() -> None:
    """The registry's own advice gets through, with the distribution that saved the graph."""
    data = graph_to_json(small_graph(), REGISTRY)

    with pytest.raises(GraphError, match=r"block 'conv' is not here.*fake-plugin 1\.2.*pip install fake-plugin"):
        graph_from_json(data, FakeRegistry(Conv))


def test_a_missing_candidate_is_named_itself() -> None:
    """Not the block that chooses among candidates, whose class may well be here."""
    data = graph_to_json(small_graph(PickOne(candidates=[Conv()])), REGISTRY)

    with pytest.raises(GraphError, match=r"block 'pick' is not here.*Expected: fake:conv as in fake-plugin 1\.2"):
        graph_from_json(data, FakeRegistry(Conv))


@pytest.mark.parametrize("hidden", [Start, Target], ids=["input", "head"])
def test_inputs_and_heads_are_never_replaced(hidden: type[Operator]) -> None:
    """Without them there is no prediction, so they must be here."""
    data = graph_to_json(small_graph(), REGISTRY)

    with pytest.raises(GraphError, match="is not here"):
        graph_from_json(data, FakeRegistry(hidden), allow_missing=True)


def test_a_missing_block_can_be_replaced_and_saved_again() -> None:
    """With `allow_missing` the graph loads, and is written as it was."""
    data = through_text(graph_to_json(small_graph(Conv(filters=Choice([8, 16])), Dense()), REGISTRY))
    without = FakeRegistry(Conv)

    restored = graph_from_json(data, without, allow_missing=True)

    assert graph_to_json(restored, without) == data
    assert [isinstance(vertex.operator, MissingBlock) for vertex in restored.blocks] == [True, False, False]


def test_a_missing_block_refuses_to_be_used() -> None:
    """Its space is unknown: asking for it is an error that names it."""
    data = graph_to_json(small_graph(), REGISTRY)
    restored = graph_from_json(data, FakeRegistry(Conv), allow_missing=True)

    with pytest.raises(GraphError, match="fake:conv of the saved graph cannot be used"):
        restored.space()


def test_the_class_of_a_missing_plugin_is_not_asked_for() -> None:
    """`custom_blocks` stands in for classes of scripts alone, so what refuses says to install the plugin."""
    data = graph_to_json(small_graph(), REGISTRY)
    restored = graph_from_json(data, FakeRegistry(Conv), allow_missing=True)

    with pytest.raises(GraphError, match="pip install fake-plugin") as caught:
        restored.space()

    assert "custom_blocks" not in str(caught.value)


def test_the_missing_class_of_a_script_is_asked_for() -> None:
    """What refuses says how to pass it."""
    data = _with(graph_to_json(small_graph(), REGISTRY), _unknown_local)
    restored = graph_from_json(data, REGISTRY, allow_missing=True)

    with pytest.raises(GraphError, match=r"cannot be used.*custom_blocks=\[Vanished\]"):
        restored.space()


def test_a_block_with_a_missing_candidate_is_missing_as_a_whole() -> None:
    """A composite block cannot be made without its parts."""
    data = graph_to_json(small_graph(PickOne(candidates=[Conv()])), REGISTRY)

    restored = graph_from_json(data, FakeRegistry(Conv), allow_missing=True)

    assert "fake:pick" in str(restored.block("pick").operator)


# Wrong files


def _cycle(data: dict[str, Any]) -> None:
    data["blocks"][0]["sources"] = [{"block": "dense"}]


def _self_loop(data: dict[str, Any]) -> None:
    data["blocks"][1]["sources"] = [{"block": "dense"}]


def _unknown_source(data: dict[str, Any]) -> None:
    data["blocks"][1]["sources"] = [{"block": "conf"}]


def _unknown_input(data: dict[str, Any]) -> None:
    data["blocks"][0]["sources"] = [{"input": "stat"}]


def _malformed_source(data: dict[str, Any]) -> None:
    data["blocks"][0]["sources"] = [{"input": "start", "block": "dense"}]


def _schema(data: dict[str, Any]) -> None:
    data["schema"] = 2


def _no_schema(data: dict[str, Any]) -> None:
    del data["schema"]


def _same_names(data: dict[str, Any]) -> None:
    data["blocks"][1]["name"] = "conv"


def _unknown_head(data: dict[str, Any]) -> None:
    data["heads"] = ["tarket"]


def _object_as_head(data: dict[str, Any]) -> None:
    data["heads"] = [{"name": "target"}]


def _block_as_head(data: dict[str, Any]) -> None:
    data["heads"] = ["dense"]


def _block_as_input(data: dict[str, Any]) -> None:
    data["inputs"][0]["type"] = "fake:conv"


def _input_as_block(data: dict[str, Any]) -> None:
    data["blocks"][0] |= {"type": "fake:start", "config": {}}


def _bare_type(data: dict[str, Any]) -> None:
    data["blocks"][0]["type"] = "conv"


def _class_path(data: dict[str, Any]) -> None:
    data["blocks"][0]["type"] = "os:system"


def _unknown_argument(data: dict[str, Any]) -> None:
    data["blocks"][0]["config"] = {"fliters": 32}


def _unknown_argument_of_the_head(data: dict[str, Any]) -> None:
    data["blocks"][-1]["config"] = {"dropuot": 0.5}


def _bad_domain(data: dict[str, Any]) -> None:
    data["blocks"][0]["config"] = {"filters": {"$domain": {"choice": []}}}


def _bad_operator(data: dict[str, Any]) -> None:
    data["blocks"][0]["config"] = {"filters": {"$operator": "fake:conv"}}


def _no_config(data: dict[str, Any]) -> None:
    del data["blocks"][0]["config"]


def _no_list(data: dict[str, Any]) -> None:
    data["blocks"] = {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(_cycle, "'conv' depends on its own output.*'conv' -> 'dense' -> 'conv'", id="cycle"),
        pytest.param(_self_loop, "'dense' depends on its own output", id="self-loop"),
        pytest.param(_unknown_source, "'dense' has an unknown source.*Did you mean 'conv'", id="unknown source"),
        pytest.param(_unknown_input, "'conv' has an unknown source.*Did you mean 'start'", id="unknown input"),
        pytest.param(_malformed_source, "malformed at 'conv'", id="malformed source"),
        pytest.param(_schema, "unknown schema.*schema=2", id="schema"),
        pytest.param(_no_schema, "unknown schema.*schema=None", id="no schema"),
        pytest.param(_same_names, "a different name for each block.*'conv', 'conv'", id="same names"),
        pytest.param(_unknown_head, "'heads'.*'tarket'", id="unknown head"),
        pytest.param(_object_as_head, "'heads'.*'name': 'target'", id="object as head"),
        pytest.param(_block_as_head, "'dense' is no head", id="block as head"),
        pytest.param(_block_as_input, "malformed at 'start'.*type of an input", id="block as input"),
        pytest.param(_input_as_block, "malformed at 'conv'.*type of a block", id="input as block"),
        pytest.param(_bare_type, "malformed at 'conv'.*full name", id="bare type"),
        pytest.param(_class_path, "block 'conv' is not here.*os:system", id="class path"),
        pytest.param(_unknown_argument, "'conv' cannot be made.*Did you mean 'filters'", id="unknown argument"),
        pytest.param(_bad_domain, "'conv' cannot be made.*Choice has no values", id="bad domain"),
        pytest.param(_bad_operator, "malformed at 'conv'.*nested block", id="bad operator"),
        pytest.param(_no_config, "malformed at 'conv'.*'config'", id="no config"),
        pytest.param(_no_list, "malformed at 'the graph'.*'blocks'", id="no list"),
    ],
)
def test_a_wrong_file_is_one_error_that_names_the_block(change: Callable[[dict[str, Any]], None], message: str) -> None:
    """Each damage is a `GraphError`."""
    data = _with(through_text(graph_to_json(small_graph(), REGISTRY)), change)

    with pytest.raises(GraphError, match=message):
        graph_from_json(data, REGISTRY)


def test_a_file_that_is_no_object_is_an_error() -> None:
    """JSON of another kind is no graph."""
    with pytest.raises(GraphError, match="unknown schema"):
        graph_from_json([], REGISTRY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(_unknown_argument, r"fake-plugin 1\.2, which saved it.*Did you mean 'filters'", id="argument"),
        pytest.param(_bad_domain, r"fake-plugin 1\.2, which saved it.*Choice has no values", id="domain"),
    ],
)
def test_a_block_that_takes_other_arguments_by_now_can_be_replaced(
    change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    """After an upgrade the graph loads, as without the plugin; what is missing says why it cannot be used."""
    data = _with(through_text(graph_to_json(small_graph(), REGISTRY)), change)

    restored = graph_from_json(data, REGISTRY, allow_missing=True)

    assert graph_to_json(restored, REGISTRY) == data
    with pytest.raises(GraphError, match=f"fake:conv of the saved graph cannot be used.*{reason}"):
        restored.space()


def test_a_block_with_a_candidate_that_takes_other_arguments_is_replaced_as_a_whole() -> None:
    """A composite block cannot be made without its parts."""
    data = through_text(graph_to_json(small_graph(PickOne(candidates=[Conv()])), REGISTRY))
    data["blocks"][0]["config"]["candidates"][0]["$operator"]["config"] = {"fliters": 32}

    restored = graph_from_json(data, REGISTRY, allow_missing=True)

    assert "fake:pick" in str(restored.block("pick").operator)


def test_a_head_that_takes_other_arguments_by_now_is_never_replaced() -> None:
    """Without it there is no prediction."""
    data = _with(graph_to_json(small_graph(), REGISTRY), _unknown_argument_of_the_head)

    with pytest.raises(GraphError, match=r"'target' cannot be made.*Did you mean 'dropout'"):
        graph_from_json(data, REGISTRY, allow_missing=True)


@pytest.mark.parametrize("change", [_bare_type, _bad_operator, _no_config], ids=["type", "operator", "config"])
def test_a_damaged_record_is_no_missing_block(change: Callable[[dict[str, Any]], None]) -> None:
    """What no version wrote is an error, also where blocks may be missing."""
    data = _with(graph_to_json(small_graph(), REGISTRY), change)

    with pytest.raises(GraphError, match="malformed at 'conv'"):
        graph_from_json(data, REGISTRY, allow_missing=True)


def test_custom_blocks_must_be_classes_of_blocks() -> None:
    """An instance is a common mistake."""
    data = graph_to_json(small_graph(), REGISTRY)

    with pytest.raises(GraphError, match="custom_blocks holds something that is no class"):
        graph_from_json(data, REGISTRY, custom_blocks=[Conv()])  # type: ignore[list-item]


def test_a_configuration_that_is_no_json_names_the_block() -> None:
    """A block whose `get_config` returns an object cannot be saved."""

    class Opaque(WideBlock):
        def get_config(self) -> dict[str, Any]:
            return {"callback": print}

    with pytest.raises(GraphError, match="'opaque' cannot be saved.*builtin_function_or_method"):
        graph_to_json(small_graph(Opaque()), REGISTRY)


def test_an_input_is_made_anew() -> None:
    """Loading makes operators of its own: two loaded graphs share nothing."""
    data = graph_to_json(small_graph(), REGISTRY)

    first, second = graph_from_json(data, REGISTRY), graph_from_json(data, REGISTRY)

    assert isinstance(first.inputs[0].operator, Input)
    assert first.inputs[0].operator is not second.inputs[0].operator
