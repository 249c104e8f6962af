"""Scores of outputs: the one that a search optimises, alone, is the one among all."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.engine import scoring
from autokeras_core.engine.scoring import objective_scorer, score_outputs
from tests.heavy.engine_doubles import ROWS, Case, make_case

RNG = np.random.default_rng(0)
WEIGHTS = {
    "none": None,
    "for all heads": RNG.uniform(0.5, 2.0, ROWS).astype("float32"),
    "for each head": RNG.uniform(0.5, 2.0, (ROWS, 2)).astype("float32"),
}


@pytest.fixture(scope="module")
def case() -> Case:
    """Return a graph with two heads and several metrics."""
    start = ArrayInput()
    body = DenseBlock()(start)
    return make_case(
        start,
        [ClassificationHead(metrics=["accuracy", "auc", "f1"])(body), RegressionHead(metrics=["mae", "r2"])(body)],
    )


def outputs_of(seed: int) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Return outputs as a model of the case might make them."""
    rng = np.random.default_rng(seed)
    first = rng.uniform(0.01, 0.99, (ROWS, 1))
    return {
        "classification": np.concatenate([first, 1 - first], axis=1).astype("float32"),
        "regression": rng.normal(3.0, 2.0, (ROWS, 1)).astype("float32"),
    }


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(
    "name",
    ["loss", "classification_loss", "regression_loss", "classification_auc", "classification_f1", "regression_r2"],
)
def test_one_metric_alone_is_the_same_as_among_all(case: Case, name: str, weights: str) -> None:
    """Whatever the metric and the weights, for outputs one after the other: nothing is left of those before."""
    known = {"targets": case.targets, "weights": WEIGHTS[weights]}
    score = objective_scorer(case.graph, case.profile, case.configuration, name=name, **known)

    for seed in (1, 2):
        outputs = outputs_of(seed)
        value, loss = score(outputs)

        every = score_outputs(case.graph, case.profile, case.configuration, outputs=outputs, **known)
        assert value == pytest.approx(every[name], rel=1e-5)
        assert loss == pytest.approx(every["loss"], rel=1e-6)


@pytest.mark.parametrize("name", ["regression_loss", "regression_r2"])
def test_a_head_of_which_no_row_has_the_target_has_no_score(case: Case, name: str) -> None:
    """Neither alone nor among all; the other head has its own."""
    weights = np.ones((ROWS, 2), np.float32)
    weights[:, 1] = 0
    known = {"targets": case.targets, "weights": weights}

    value, loss = objective_scorer(case.graph, case.profile, case.configuration, name=name, **known)(outputs_of(1))
    every = score_outputs(case.graph, case.profile, case.configuration, outputs=outputs_of(1), **known)

    assert np.isnan([value, loss, every[name], every["loss"]]).all()
    assert np.isfinite(every["classification_auc"])


SEEN: dict[str, list[int]] = {"loss": [], "metric": []}


def noted_loss(y_true: Any, y_pred: Any) -> Any:
    """Note how many rows there are, and return the squared error of each."""
    SEEN["loss"].append(len(y_pred))
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def noted_metric(y_true: Any, y_pred: Any) -> Any:
    """Note how many rows there are, and return a mean of them."""
    SEEN["metric"].append(len(y_pred))
    return keras.ops.mean(y_pred[:, 0])


def test_many_outputs_are_scored_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many rows as have so many outputs, in equal parts: also what a user's own function makes of a part counts right."""
    start = ArrayInput()
    head = ClassificationHead(loss=noted_loss, metrics=["accuracy", noted_metric])
    case = make_case(start, head(DenseBlock()(start)))
    outputs = outputs_of(0)

    def scores() -> dict[str, float]:
        return score_outputs(
            case.graph, case.profile, case.configuration, outputs=outputs, targets=case.targets, weights=None
        )

    whole = scores()
    for rows in SEEN.values():
        rows.clear()
    monkeypatch.setattr(scoring, "_VALUES_AT_ONCE", 2 * 20)

    assert scores() == pytest.approx(whole, rel=1e-5)
    assert SEEN == {"loss": [16, 16, 16], "metric": [16, 16, 16]}
