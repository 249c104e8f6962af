"""What a user writes as objective= becomes a metric and a direction, and one that the heads measure."""

from __future__ import annotations

from typing import Any

import attrs
import keras
import keras_tuner
import pytest

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock, Head, RegressionHead, SearchError
from autokeras_core.data.profile import DataProfile, TargetKind, TargetProfile
from autokeras_core.engine.context import Objective
from autokeras_core.engine.objective import counts_rows, measuring, resolve_objective, score_error
from autokeras_core.engine.preparation import head_of
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


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        (Objective("val_classification_accuracy", "max"), True),
        (Objective("val_classification_loss", "min"), False),
        (Objective("val_regression_r2_score", "max"), False),
        (Objective("val_loss", "min"), False),
    ],
    ids=str,
)
def test_a_score_of_classes_counts_rows_and_a_loss_or_a_score_of_numbers_does_not(
    objective: Objective, expected: bool
) -> None:
    """Also with several heads, of which it measures one."""
    assert counts_rows(objective, *classifier(heads=2)) is expected


@pytest.mark.parametrize(
    ("score", "expected"), [(0.8, 0.4 / 1000**0.5), (0.5, 0.5 / 1000**0.5), (1.0, 1e-3), (2.0, 1e-3)]
)
def test_the_error_of_a_score_of_classes_is_that_of_a_share_of_the_rows(score: float, expected: float) -> None:
    """And one row at least, also where a metric of a user's own is no share."""
    error = score_error(Objective("val_accuracy", "max"), *classifier(), rows=1000)

    assert error is not None
    assert error(score) == pytest.approx(expected)


def test_nothing_is_known_of_the_error_of_a_loss() -> None:
    """It is not told by the loss alone."""
    assert score_error(Objective("val_loss", "min"), *classifier(), rows=1000) is None


def test_several_heads_are_optimised_by_their_total_loss() -> None:
    """No single head's metric stands for all."""
    graph, profile = classifier(heads=2)

    assert resolve_objective(None, graph, profile) == Objective("val_loss", "min")


@pytest.mark.parametrize(
    ("given", "direction"),
    [("val_error_code_accuracy", "max"), ("error_code_accuracy", "max"), ("val_error_code_loss", "min")],
)
def test_the_name_of_a_head_decides_no_direction(given: str, direction: str) -> None:
    """More accuracy is better, also that of a head called `error_code`."""
    start = ArrayInput()
    node = DenseBlock()(start)
    heads = [ClassificationHead(name="error_code")(node), RegressionHead(name="error")(node)]
    graph = Graph.from_nodes([start], heads)

    found = resolve_objective(given, graph, DataProfile(rows=10, inputs={}, targets={}))

    assert found.direction == direction


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


def with_heads(**heads: tuple[Head, TargetKind]) -> tuple[Graph, DataProfile]:
    """Return a graph with heads of these names, and targets of two columns of these kinds."""
    start = ArrayInput()
    node = DenseBlock()(start)
    graph = Graph.from_nodes([start], [head(node) for head, _ in heads.values()])
    targets = {
        name: TargetProfile(name=name, kind=kind, label_type="int", dtype="int64", outputs=2)
        for name, (_, kind) in heads.items()
    }
    return graph, DataProfile(rows=10, inputs={}, targets=targets)


def names_of(graph: Graph, profile: DataProfile, head: str) -> list[str]:
    """Return the names of a head's metrics."""
    return [metric.name for metric in head_of(graph, head).metrics(profile.targets[head])]


def spread(y_true, y_pred):  # type: ignore[no-untyped-def]
    """Return a metric of a user's own."""
    return keras.ops.std(y_pred, axis=-1)


@pytest.mark.parametrize("name", ["val_loss", "val_accuracy"])
def test_what_a_head_measures_needs_nothing_more(name: str) -> None:
    """The graph stays the very same, so that the search does, too."""
    graph, profile = classifier()

    assert measuring(Objective(name, "max"), graph, profile) is graph


@pytest.mark.parametrize(
    ("head", "kind", "name", "expected"),
    [
        (ClassificationHead(name="head"), "binary", "auc", ["accuracy", "auc"]),
        (ClassificationHead(name="head"), "multi-class", "balanced_accuracy", ["accuracy", "balanced_accuracy"]),
        (ClassificationHead(name="head"), "multi-class", "recall", ["accuracy", "recall"]),
        (ClassificationHead(name="head"), "multi-label", "accuracy", ["binary_accuracy", "auc", "accuracy"]),
        (ClassificationHead(name="head", metrics=[spread, "f1"]), "binary", "log_loss", ["spread", "f1", "log_loss"]),
        (RegressionHead(name="head"), "regression", "r2", ["mse", "mae", "r2"]),
        (RegressionHead(name="head", loss="mae", metrics=["r2"]), "regression", "rmse", ["r2", "rmse"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_objective_with_a_short_name_is_measured_too(
    head: Head, kind: TargetKind, name: str, expected: list[str]
) -> None:
    """It comes after the head's own metrics, be they the usual ones or the user's."""
    graph, profile = with_heads(head=(head, kind))

    measured = measuring(Objective(f"val_{name}", "max"), graph, profile)

    assert names_of(measured, profile, "head") == expected


def test_the_name_of_one_of_several_heads_says_which_measures_it() -> None:
    """Only that head gets a metric more; weights of losses stay."""
    graph, profile = with_heads(
        price=(RegressionHead(name="price"), "regression"), rent=(RegressionHead(name="rent"), "regression")
    )
    graph = attrs.evolve(graph, loss_weights={"price": 2.0})

    measured = measuring(Objective("val_rent_rmse", "min"), graph, profile)

    assert names_of(measured, profile, "rent") == ["mse", "mae", "rmse"]
    assert names_of(measured, profile, "price") == ["mse", "mae"]
    assert measured.loss_weights == {"price": 2.0}


@pytest.mark.parametrize(
    ("head", "kind", "name"),
    [
        (ClassificationHead(name="head"), "binary", "val_f1_score"),
        (ClassificationHead(name="head"), "binary", "val_mae"),
        (ClassificationHead(name="head"), "multi-label", "val_balanced_accuracy"),
        (RegressionHead(name="head"), "regression", "val_auc"),
        (RegressionHead(name="head"), "regression", "val_score"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_head_can_measure_is_one_clear_error(head: Head, kind: TargetKind, name: str) -> None:
    """Names that mean nothing for the target, or that logs would not call it by, are named with those there are."""
    graph, profile = with_heads(head=(head, kind))

    with pytest.raises(SearchError, match=f"no metric of this model.*'val_loss'.*'{name}'"):
        measuring(Objective(name, "max"), graph, profile)


@pytest.mark.parametrize("name", ["val_auc", "val_a_balanced_accuracy"])
def test_what_two_heads_might_measure_is_one_clear_error(name: str) -> None:
    """A bare name, or one that begins with the names of two heads; the message says where a head's name stands."""
    graph, profile = with_heads(
        a=(ClassificationHead(name="a"), "binary"),
        a_balanced=(ClassificationHead(name="a_balanced", metrics=["f1"]), "binary"),
    )

    with pytest.raises(SearchError, match=r"no metric of this model.*'val_a_\.\.\.'"):
        measuring(Objective(name, "max"), graph, profile)
