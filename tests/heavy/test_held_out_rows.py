"""What an input takes of rows that the library itself splits off for validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from autokeras_core import ArrayInput, DenseBlock, RegressionHead
from autokeras_core.engine.preparation import prepare
from autokeras_core.graph.graph import Graph
from autokeras_core.plugin import InputProfile


class WideInput(ArrayInput):
    """Notes in its profile which rows it was widened for."""

    base_name = "wide"

    def widen(self, data: Any, profile: InputProfile) -> InputProfile:
        """Keep the rows."""
        return attrs.evolve(profile, facts={**profile.facts, "widened": np.asarray(data)[:, 0].tolist()})


def facts_of(**arguments: Any) -> tuple[Mapping[str, Any], Any]:
    """Return the facts about 50 rows once they are prepared, and the rows for validation."""
    rows = WideInput()
    graph = Graph.from_nodes([rows], [RegressionHead()(DenseBlock()(rows))])
    x = np.arange(50.0)[:, None]
    data = prepare(graph, x, x[:, 0], seed=0, **arguments)
    return data.profile.inputs["wide"].facts, data.validation_inputs["wide"]


def test_a_profile_is_widened_for_rows_that_are_split_off() -> None:
    """The input is asked about those rows alone, after it has analysed the others."""
    facts, validation = facts_of(validation_split=0.2)

    assert len(facts["widened"]) == 10
    assert facts["widened"] == np.asarray(validation)[:, 0].tolist()


def test_a_profile_is_not_widened_for_validation_data_of_the_user() -> None:
    """They must be what the training rows are, as rows to predict must."""
    x = np.arange(5.0)[:, None]

    facts, _ = facts_of(validation_data=(x, x[:, 0]))

    assert "widened" not in facts
