"""Weights of the losses of several heads are part of the graph."""

from __future__ import annotations

import json
from typing import Any

import attrs
import numpy as np
import pytest

from autokeras_core.errors import GraphError
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.loss_weights import weighted
from autokeras_core.graph.serialization import graph_from_json, graph_identity, graph_to_json
from tests.light.graph_doubles import Dense, FakeRegistry, Start, Target

REGISTRY = FakeRegistry()


def make_graph() -> Graph:
    """Return a graph of two heads."""
    start = Start()
    body = Dense()(start)
    return Graph.from_nodes([start], [Target(name="kind")(body), Target(name="price")(body)])


@pytest.mark.parametrize("given", [{"price": 2}, {"price": 2.0}], ids=["int", "float"])
def test_weights_by_head(given: Any) -> None:
    """Heads that are not named keep 1."""
    assert weighted(make_graph(), given).loss_weights == {"price": 2.0}


def test_weights_in_the_heads_order() -> None:
    """As Keras takes them."""
    assert weighted(make_graph(), [1, 0.5]).loss_weights == {"kind": 1.0, "price": 0.5}


def test_they_survive_a_file_and_make_another_search() -> None:
    """A graph without them is written as before."""
    plain = make_graph()
    graph = weighted(plain, {"price": 2.0})

    again = graph_from_json(json.loads(json.dumps(graph_to_json(graph, REGISTRY))), REGISTRY)

    assert again.loss_weights == {"price": 2.0}
    assert graph_identity(graph, REGISTRY) != graph_identity(plain, REGISTRY)
    assert "loss_weights" not in graph_to_json(plain, REGISTRY)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"prize": 1.0}, r"heads \['kind', 'price'\].*Did you mean 'price'\?"),
        ({"price": 0.0}, "'price': 0.0"),
        ({"price": float("nan")}, "'price': nan"),
        ({"price": True}, "'price': True"),
        ({"price": "2"}, "'price': '2'"),
        ([1.0], "1 weights for 2 heads"),
        (2.0, "Received: loss_weights=2.0"),
    ],
    ids=["unknown head", "zero", "nan", "a boolean", "text", "too few", "a number alone"],
)
def test_what_is_no_weight_is_an_error(given: Any, message: str) -> None:
    """It says what was given."""
    with pytest.raises(GraphError, match=f"loss_weights cannot be used.*{message}"):
        weighted(make_graph(), given)


@pytest.mark.parametrize("given", [{"prize": 1.0}, {"price": -1}], ids=["unknown head", "negative"])
def test_a_graph_with_wrong_weights_does_not_exist(given: Any) -> None:
    """Whoever makes it."""
    with pytest.raises(GraphError, match="loss_weights cannot be used"):
        attrs.evolve(make_graph(), loss_weights=given)


def test_weights_are_kept_as_plain_numbers() -> None:
    """A file says the same of 2 and of NumPy's 2.0: it is one search."""
    graphs = [attrs.evolve(make_graph(), loss_weights={"price": weight}) for weight in (2, np.float32(2.0))]

    first, second = (json.dumps(graph_identity(graph, REGISTRY)) for graph in graphs)

    assert first == second
