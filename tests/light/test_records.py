"""What a trial is told and what it reports, as JSON data."""

from __future__ import annotations

import json

import attrs
import pytest

from autokeras_core.search.records import (
    Failure,
    Rung,
    TrialJob,
    TrialOutcome,
    best_outcome,
    failed_outcome,
    rank_outcomes,
    retried,
)

JOB = TrialJob(
    trial_id="0007", configuration={"units": 32}, epochs=20, seed=0, seconds=None, directory="search/trials/0007"
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rungs": (Rung(epoch=2, score=0.5), Rung(epoch=6, score=0.75))},
        {"attempt": 2, "batch_size_divisor": 2},
        {"attempt": 2, "learning_rate_factor": 0.1},
        {"refit_epochs": 9},
        {"seconds": 12.5, "grace": 0.0, "search_seconds": 40.0, "search_grace": 0.5},
    ],
    ids=lambda change: "+".join(change) or "as usual",
)
def test_a_job_is_the_same_after_it_was_written_and_read(change):
    """What a job leaves out of its JSON data is what it gets again on reading."""
    job = attrs.evolve(JOB, **change)
    assert TrialJob.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_a_job_says_nothing_of_what_is_as_usual():
    """A search writes one such record per trial: what every trial shares by default is left out."""
    assert set(JOB.to_json()) == {"trial_id", "configuration", "epochs", "seed", "seconds", "directory"}


def test_an_outcome_of_an_earlier_version_can_be_read():
    """Its journal does not say for how many epochs the trial was planned."""
    outcome = TrialOutcome(trial_id="0", configuration={"units": 32}, status="completed", score=0.5, planned_epochs=9)
    data = outcome.to_json()

    assert TrialOutcome.from_json(json.loads(json.dumps(data))) == outcome
    del data["planned_epochs"]
    assert TrialOutcome.from_json(data) == attrs.evolve(outcome, planned_epochs=0)


def test_a_failed_trial_tells_for_how_many_epochs_it_was_planned():
    """As its job says."""
    assert failed_outcome(JOB, Failure(kind="bug", reason="ValueError")).planned_epochs == JOB.epochs


@pytest.mark.parametrize(
    ("kind", "change"), [("oom", {"batch_size_divisor": 2}), ("nan", {"learning_rate_factor": 0.1}), ("crash", {})]
)
def test_a_job_is_tried_once_more_with_what_may_help(kind, change):
    """All else is as it was, so that a worker's checkpoint fits."""
    assert retried(JOB, kind) == attrs.evolve(JOB, attempt=2, **change)


def outcome(trial_id, score, **metrics):
    """Return a completed trial."""
    return TrialOutcome(trial_id=trial_id, configuration={}, status="completed", score=score, metrics=metrics)


def test_between_equal_scores_the_lower_validation_loss_comes_first():
    """Then the earlier trial. One whose loss is not known, or is none, comes behind."""
    trials = [
        outcome("unknown", 0.5),
        outcome("nan", 0.5, val_loss=float("nan")),
        outcome("high", 0.5, val_loss=0.9),
        outcome("low", 0.5, val_loss=0.1),
        outcome("as low", 0.5, val_loss=0.1),
        outcome("best", 0.75, val_loss=2.0),
    ]

    ranked = [each.trial_id for each in rank_outcomes(trials, maximise=True)]

    assert ranked == ["best", "low", "as low", "high", "unknown", "nan"]


def test_without_a_completed_trial_there_is_no_best():
    """A pruned one has no model."""
    pruned = attrs.evolve(outcome("0", 0.5), status="pruned")

    assert best_outcome([pruned], maximise=True) is None
    assert best_outcome([pruned, outcome("1", 0.1)], maximise=True) == outcome("1", 0.1)
