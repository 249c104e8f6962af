"""Searches on disk without a search: what the driver would have written, for tests of what reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autokeras_core.search.events import ENSEMBLE_SELECTED
from autokeras_core.search.journal import Journal
from autokeras_core.search.place import JOURNAL_FILE
from autokeras_core.search.records import EnsembleRecord, Failure, TrialJob, TrialOutcome
from autokeras_core.search.session import SearchSession

MANIFEST = {
    "identity": {"data": "abc", "seed": 0, "objective": ["val_accuracy", "max"]},
    "about": {"task": "acme:RankingTask"},
}

GOOD = TrialOutcome(
    trial_id="0",
    configuration={"units": 32, "dropout": 0.5},
    status="completed",
    score=0.75,
    metrics={"val_accuracy": 0.75, "val_loss": 0.4},
    history={"val_accuracy": [0.5, 0.75]},
    best_epoch=2,
    seconds=3.0,
    parameters=1234,
    elapsed=3.5,
)
BETTER = TrialOutcome(
    trial_id="1",
    configuration={"units": 64},
    status="completed",
    score=0.875,
    metrics={"val_accuracy": 0.875, "val_loss": 0.3},
    history={"val_accuracy": [0.875, 0.8]},
    best_epoch=1,
    seconds=4.0,
    parameters=5678,
    elapsed=8.0,
)
FAILED = TrialOutcome(
    trial_id="2",
    configuration={"units": 4096},
    status="failed",
    seconds=1.0,
    elapsed=9.5,
    failure=Failure(kind="oom", reason="The worker ran out of memory."),
)
SKIPPED = TrialOutcome(
    trial_id="3",
    configuration={"units": 8},
    status="failed",
    elapsed=9.75,
    failure=Failure(kind="unavailable", reason="No network."),
)
ENSEMBLE = EnsembleRecord(objective="val_accuracy", score=0.9375, single_score=0.875, weights={"1": 0.75, "0": 0.25})


def job(trial_id: str, configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written when a trial is begun."""
    return TrialJob(
        trial_id=trial_id, configuration=dict(configuration), epochs=2, seed=0, seconds=None, directory=""
    ).to_json()


def write_search(
    directory: Path,
    outcomes: Sequence[TrialOutcome] = (GOOD, BETTER, FAILED),
    *,
    open_trial: str = "",
    ended: str = "max_trials=3 reached",
    ensemble: EnsembleRecord | None = None,
    manifest: dict[str, Any] | None = None,
    origin: str = "",
) -> None:
    """Leave a search in a directory, as if its process had gone: `ended` is why it ended, empty if it was killed."""
    session = SearchSession.open(directory, manifest=manifest or MANIFEST, overwrite=False)
    for outcome in outcomes:
        session.journal.append("trial_started", **job(outcome.trial_id, outcome.configuration), origin=origin)
        session.journal.append("trial_failed" if outcome.failure else "trial_completed", **outcome.to_json())
    if open_trial:
        session.journal.append("trial_started", **job(open_trial, {"units": 16}))
    if ended:
        session.journal.append("search_ended", reason=ended)
    if ensemble is not None:
        session.journal.append(ENSEMBLE_SELECTED, **ensemble.to_json())
    session.close()


def open_journal(directory: Path) -> Journal:
    """Hold the journal of a search as its process does while it runs."""
    return Journal.open(directory / JOURNAL_FILE)
