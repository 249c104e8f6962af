"""What a user writes as objective= becomes a metric and a direction."""

from __future__ import annotations

from typing import Any

import keras_tuner
import pytest

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock, RegressionHead, SearchError
from autokeras_core.data.profile import DataProfile, TargetProfile
from autokeras_core.engine.context import Objective
from autokeras_core.engine.objective import resolve_objective
from autokeras_core.graph.graph import Graph


def classifier(*, heads: int = 1) -> tuple[Graph, DataProfile]:
    """Return a graph with a classification head, and a regression head as the second."""
    start = ArrayInput()
    node = DenseBlock()(start)
    outputs = [ClassificationHead()(node), RegressionHead()(node)][:heads]
    classes = TargetProfile(
        name="classification", kind="multi-class", label_type="int", dtype="int64", outputs=3, classes=(0, 1, 2)
    )
    numbers = TargetProfile(name="regression", kind="regression", label_type="number", dtype="float64", outputs=1)
    targets = {"classification": classes, "regression": numbers}
    return Graph.from_nodes([start], outputs), DataProfile(rows=10, inputs={}, targets=targets)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Objective("val_accuracy", "max")),
        ("val_accuracy", Objective("val_accuracy", "max")),
        ("accuracy", Objective("val_accuracy", "max")),
        ("val_loss", Objective("val_loss", "min")),
        ("val_root_mean_squared_error", Objective("val_root_mean_squared_error", "min")),
        ("val_auc", Objective("val_auc", "max")),
        (("val_score", "max"), Objective("val_score", "max")),
        (keras_tuner.Objective("val_loss", "min"), Objective("val_loss", "min")),
    ],
    ids=str,
)
def test_an_objective_is_understood(given: Any, expected: Objective) -> None:
    """Names, pairs and KerasTuner's own objects are accepted."""
    graph, profile = classifier()

    assert resolve_objective(given, graph, profile) == expected


def test_several_heads_are_optimised_by_their_total_loss() -> None:
    """No single head's metric stands for all."""
    graph, profile = classifier(heads=2)

    assert resolve_objective(None, graph, profile) == Objective("val_loss", "min")


@pytest.mark.parametrize("given", ["val_score", ("val_score", "up"), 3, ("a", "b", "c")], ids=str)
def test_what_is_no_objective_is_one_clear_error(given: Any) -> None:
    """The message says what is accepted."""
    graph, profile = classifier()

    with pytest.raises(SearchError, match="'min' or 'max'"):
        resolve_objective(given, graph, profile)


def test_better_depends_on_the_direction() -> None:
    """More is better for max, less for min, and anything beats nothing."""
    assert Objective("val_accuracy", "max").is_better(0.9, 0.8)
    assert Objective("val_loss", "min").is_better(0.8, 0.9)
    assert not Objective("val_loss", "min").is_better(0.9, 0.9)
    assert Objective("val_loss", "min").is_better(5.0, None)
