"""What a trial is told and what it reports, as JSON data."""

from __future__ import annotations

import json

import attrs
import pytest

from autokeras_core.search.records import Rung, TrialJob

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
