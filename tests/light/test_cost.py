"""What a configuration costs is what its blocks say, and what a training step costs in itself."""

from __future__ import annotations

from typing import Any

import pytest

from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.graph.cost import configuration_cost, network_cost
from autokeras_core.graph.graph import Graph
from tests.light.graph_doubles import Conv, Join, Start, Target

PROFILE = DataProfile(rows=1_000, inputs={}, targets={})


class Priced(Conv):
    """A block that knows its cost."""

    base_name = "priced"

    def cost(self, hp: Any) -> float:
        """Return a million for each filter."""
        return 1e6 * float(hp["filters"])


def graph_of(*blocks: Conv) -> Graph:
    """Return a graph of blocks in a row."""
    start = Start()
    node: Any = start
    for block in blocks:
        node = block(node)
    return Graph.from_nodes([start], [Target()(node)])


def test_costs_of_blocks_add_up() -> None:
    """Twice the filters in one of two blocks."""
    graph = graph_of(Priced(name="one"), Priced(name="two"))

    small = configuration_cost(graph, {"one/filters": 16, "two/filters": 16}, PROFILE)
    large = configuration_cost(graph, {"one/filters": 16, "two/filters": 32}, PROFILE)

    assert small is not None
    assert large is not None
    assert large - small == pytest.approx(16e6)


def test_a_block_counts_what_its_own_inputs_cost() -> None:
    """In a graph of two inputs each branch has the price of its own rows."""

    class Curious(Conv):
        def cost(self, hp: Any) -> float:
            """Return a million for each value of a row."""
            return 1e6 * max(part.shape[0] for part in hp.profile.inputs.values())

    small, large = Start(name="small"), Start(name="large")
    graph = Graph.from_nodes([small, large], [Target()(Join()([Curious(name="a")(small), Curious(name="b")(large)]))])
    inputs = {
        name: InputProfile(name=name, modality="array", shape=(width,), dtype="float32", rows=1_000)
        for name, width in {"small": 1, "large": 10}.items()
    }

    assert network_cost(graph, {}, DataProfile(rows=1_000, inputs=inputs, targets={})) == pytest.approx(11e6)


def test_small_batches_cost_more() -> None:
    """There are more steps, and each has its price."""
    graph = graph_of(Priced())
    costs = [
        configuration_cost(graph, {"priced/filters": 16, "training/batch_size": size}, PROFILE)
        for size in (32, 64, 1_000, 5_000)
    ]

    assert costs[0] > costs[1] > costs[2] == costs[3]  # type: ignore[operator]


def test_a_block_that_does_not_know_counts_as_free_beside_one_that_does() -> None:
    """The network that matters is priced."""
    graph = graph_of(Conv(), Priced())

    assert configuration_cost(graph, {"conv/filters": 64, "priced/filters": 16}, PROFILE) is not None


def test_nothing_is_known_where_no_block_knows() -> None:
    """Then a search does not pace itself by cost."""
    assert configuration_cost(graph_of(Conv()), {"conv/filters": 64}, PROFILE) is None


def test_a_block_whose_cost_raises_does_not_know_it_and_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """It may be somebody else's; a search asks for costs outside of its trials, where it would end by that."""

    class Broken(Conv):
        def cost(self, hp: Any) -> float:
            """Look for what is not there."""
            return float(hp["depth"])

    graph = graph_of(Priced(name="priced"), Broken(name="broken"))
    values = {"priced/filters": 16, "broken/filters": 16}

    costs = [network_cost(graph, values, PROFILE) for _ in range(3)]

    assert costs == [pytest.approx(16e6)] * 3
    assert len(caplog.messages) == 1
    assert "'broken' (Broken)" in caplog.messages[0]
