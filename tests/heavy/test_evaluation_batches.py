"""Rows that are large go through a model a few at a time wherever it does not learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock, RegressionHead
from autokeras_core.engine import bundle, phase, predictions
from autokeras_core.engine.predictions import read_predictions
from autokeras_core.engine.scoring import score_outputs
from autokeras_core.engine.trial import run_trial
from autokeras_core.search.records import TrialJob
from tests.heavy.automodels import dense_classifier, wine
from tests.heavy.engine_doubles import TRAIN, Case, Silence, make_case


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Return how many rows validation, the outputs for an ensemble and prediction have put through a model at once."""
    seen: dict[str, list[int]] = {}
    for module, name in (
        (phase, "validation_batches"),
        (predictions, "prediction_batches"),
        (bundle, "prediction_batches"),
    ):
        original, noted = getattr(module, name), seen.setdefault(module.__name__.rsplit(".", 1)[1], [])

        def noting(*rows: Any, batch_size: int, original: Any = original, noted: list[int] = noted) -> Any:
            batches = original(*rows, batch_size=batch_size)
            noted += [len(next(iter(batch.values()))) for batch in batches.map(lambda x, *_: x)]
            return batches

        monkeypatch.setattr(module, name, noting)
    return seen


@pytest.fixture
def three_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows of five numbers be so large that there is place for three."""
    monkeypatch.setattr("autokeras_core.engine.evaluation_batch._BYTES_AT_ONCE", 3 * 5 * 4)


def small_case() -> Case:
    """Return a classifier of rows of five numbers, 32 to train and 16 to validate on."""
    start = ArrayInput()
    return make_case(start, ClassificationHead()(DenseBlock(num_layers=1, units=4)(start)))


def job_of(case: Case, directory: Path, **options: Any) -> TrialJob:
    """Return a trial of one epoch that learns from two rows at a time."""
    configuration = {**case.configuration, "training/batch_size": 2, **options.pop("configuration", {})}
    values: dict[str, Any] = {"trial_id": "0", "epochs": 1, "seed": 0, "seconds": None, **options}
    return TrialJob(configuration=configuration, directory=str(directory), **values)


def test_rows_that_are_not_large_are_validated_all_together(sizes: dict[str, list[int]], tmp_path: Path) -> None:
    """There may be 512 of them."""
    case = small_case()

    run_trial(job_of(case, tmp_path), case.context(), Silence())

    assert sizes["phase"] == [16]


def test_rows_are_validated_in_batches_of_equal_size(
    sizes: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As many as there must be, without a small one at the end."""
    monkeypatch.setattr(phase, "_MOST_VALIDATED_AT_ONCE", 14)
    case = small_case()

    run_trial(job_of(case, tmp_path), case.context(), Silence())

    assert sizes["phase"] == [8, 8]


def test_the_logged_loss_of_each_head_is_the_mean_over_the_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Although Keras takes it over the batches: each row counts alike, as in the scores."""
    monkeypatch.setattr(phase, "_MOST_VALIDATED_AT_ONCE", 14)
    start = ArrayInput()
    body = DenseBlock(num_layers=1, units=4)(start)
    case = make_case(start, [ClassificationHead()(body), RegressionHead()(body)])

    outcome = run_trial(job_of(case, tmp_path), case.context(keeps_predictions=True), Silence())

    outputs = read_predictions(tmp_path, rows=16)
    assert outputs is not None
    scores = score_outputs(
        case.graph,
        case.profile,
        case.configuration,
        outputs=dict(zip(case.graph.heads, outputs, strict=True)),
        targets={name: target[TRAIN:] for name, target in case.targets.items()},
        weights=None,
    )
    for name in ("loss", "classification_loss", "regression_loss"):
        assert outcome.metrics[f"val_{name}"] == pytest.approx(scores[name], rel=1e-4)


@pytest.mark.usefixtures("three_rows_are_many")
def test_large_rows_are_validated_a_few_at_a_time(sizes: dict[str, list[int]], tmp_path: Path) -> None:
    """As many as their bytes allow."""
    case = small_case()

    run_trial(job_of(case, tmp_path), case.context(), Silence())

    assert sizes["phase"] == [3, 3, 3, 3, 3, 1]


@pytest.mark.usefixtures("three_rows_are_many")
def test_no_fewer_rows_are_validated_at_once_than_a_step_learns_from(
    sizes: dict[str, list[int]], tmp_path: Path
) -> None:
    """Where those find place in the memory, with all that learning needs, these do."""
    case = small_case()

    run_trial(job_of(case, tmp_path, configuration={"training/batch_size": 8}), case.context(), Silence())

    assert sizes["phase"] == [8, 8]


@pytest.mark.usefixtures("three_rows_are_many")
def test_fewer_large_rows_are_validated_at_once_after_the_memory_ran_out(
    sizes: dict[str, list[int]], tmp_path: Path
) -> None:
    """The second attempt halves what it learns from at once, and what it validates."""
    case = small_case()

    run_trial(job_of(case, tmp_path, batch_size_divisor=2), case.context(), Silence())

    assert sizes["phase"] == [1] * 16


@pytest.mark.usefixtures("three_rows_are_many")
def test_the_outputs_for_an_ensemble_are_computed_a_few_at_a_time(sizes: dict[str, list[int]], tmp_path: Path) -> None:
    """And there is one for each validation row all the same."""
    case = small_case()

    run_trial(job_of(case, tmp_path), case.context(keeps_predictions=True), Silence())

    assert sizes["predictions"] == [3, 3, 3, 3, 3, 1]
    assert read_predictions(tmp_path, rows=16) is not None


def test_large_rows_are_predicted_a_few_at_a_time(sizes: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions are the same, whatever many rows go in at once."""
    x, y = wine(60)
    model = dense_classifier()
    model.fit(x, y, epochs=1, verbose=0)
    expected = model.predict_proba(x[:5])
    monkeypatch.setattr("autokeras_core.engine.evaluation_batch._BYTES_AT_ONCE", 2 * 13 * 4)
    sizes["bundle"].clear()

    probabilities = model.predict_proba(x[:5])

    assert sizes["bundle"] == [2, 2, 1]
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
