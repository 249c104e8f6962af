"""Searches of one trial, as earlier runs left them in a directory."""

from __future__ import annotations

from pathlib import Path

from autokeras_core.search.records import Rung, TrialJob, TrialOutcome
from autokeras_core.search.session import SearchSession

__all__ = ["DONE", "JOB", "MANIFEST", "OTHER", "run_once"]

MANIFEST = {"identity": {"data": "abc", "seed": 0}, "about": {"task": ""}}
DONE = TrialOutcome(trial_id="0", configuration={"a": 1}, status="completed", score=0.5, directory="elsewhere/trials/0")
OTHER = {"identity": {"data": "xyz", "seed": 1}, "about": {"task": "another"}}
JOB = TrialJob(
    trial_id="1",
    configuration={"a": 2},
    epochs=9,
    seed=3,
    seconds=None,
    directory="elsewhere/trials/1",
    rungs=(Rung(epoch=3, score=0.5),),
)


def run_once(directory: Path, *, finish: bool, reason: str = "max_trials=1 reached") -> None:
    """Leave a search of one trial in a directory."""
    session = SearchSession.open(directory, manifest=MANIFEST, overwrite=False)
    session.journal.append("trial_completed", **DONE.to_json())
    if finish:
        session.journal.append("search_ended", reason=reason)
    session.close()
