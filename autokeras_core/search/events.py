"""What a search's journal tells: the names of its events, and what can be read from them. Light: attrs only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from autokeras_core.search.checkpointed import checkpointed_seconds
from autokeras_core.search.place import trial_folder
from autokeras_core.search.records import EnsembleRecord, Failure, TrialJob, TrialOutcome, TrialStatus

__all__ = [
    "ENSEMBLE_SELECTED",
    "HANDED_OVER",
    "INTERRUPTED",
    "REFITTED",
    "SEARCH_ENDED",
    "SEARCH_FAILED",
    "TRIAL_ENDED",
    "TRIAL_RESUMED",
    "TRIAL_RETRIED",
    "TRIAL_STARTED",
    "UnfinishedTrial",
    "read_end",
    "read_ensemble",
    "read_finished_trials",
    "read_origins",
    "read_outcomes",
    "read_refitted",
    "read_seconds",
    "read_unfinished",
]

TRIAL_STARTED = "trial_started"
"""The event that tells of a trial's job, before it runs."""

TRIAL_RETRIED = "trial_retried"
"""The event that tells that a trial is tried once more, and after which failure."""

TRIAL_RESUMED = "trial_resumed"
"""The event that tells that a trial of an earlier run goes on, and after which epoch."""

TRIAL_ENDED: Mapping[TrialStatus, str] = {
    "completed": "trial_completed",
    "pruned": "trial_pruned",
    "failed": "trial_failed",
}
"""The event that tells of a trial's outcome, by its status."""

ENSEMBLE_SELECTED = "ensemble_selected"
"""The event that tells of which trials' models an ensemble was put together, after a search has ended."""

REFITTED = "refitted"
"""The event that tells of which trials' configurations were trained once more on all rows, after a search has ended."""

SEARCH_ENDED = "search_ended"
"""The event that tells that no further trial is started, and why.

Its field `then` is `HANDED_OVER` if a model is yet to be chosen, and refitted if that is wanted: until the event of that name
follows, the search is not finished. Journals of earlier versions have neither.
"""

HANDED_OVER = "handed_over"
"""The event that tells that the model was chosen and refitted: the last one of a search, with the reason why it ended."""

SEARCH_FAILED = "search_failed"
"""The event that tells of an error that ended a run of a search."""

INTERRUPTED = "interrupted"
"""Why a search ended that Ctrl-C ended: it is not finished, and `fit` completes it."""

_AFTER_THE_END = (ENSEMBLE_SELECTED, REFITTED, HANDED_OVER)


@attrs.frozen(kw_only=True)
class UnfinishedTrial:
    """A trial that was started, and of whose end the journal tells nothing.

    Attributes:
        job: How it was started the first time.
        failure: Why it was tried once more; `None` while it is the first time.
        epochs: After how many epochs it was resumed the last time.
        deaths: How often in a row a process ended while it ran, and it had got no further than those epochs.
    """

    job: TrialJob
    failure: Failure | None = None
    epochs: int = 0
    deaths: int = 0

    def resumed(self, *, after: int) -> UnfinishedTrial:
        """Return the trial as it is once it goes on after so many epochs."""
        return attrs.evolve(self, epochs=after, deaths=self.deaths if after <= self.epochs else 0)


def read_outcomes(events: list[dict[str, Any]], directory: Path) -> list[TrialOutcome]:
    """Return the finished trials that a journal's events tell of.

    A trial's model is looked for under `directory`, so that a search's directory may be moved.
    """
    outcomes = []
    for event in events:
        if event["event"] in TRIAL_ENDED.values():
            outcome = TrialOutcome.from_json(event)
            here = str(trial_folder(directory, outcome.trial_id)) if outcome.directory else ""
            outcomes.append(attrs.evolve(outcome, directory=here))
    return outcomes


def read_unfinished(events: list[dict[str, Any]], directory: Path) -> list[UnfinishedTrial]:
    """Return the trials that a journal's events tell the start of, but not the end: the search was cut off, or runs.

    What a trial has left is looked for under `directory`, as for `read_outcomes`.
    """
    open_trials: dict[str, UnfinishedTrial] = {}
    for event in events:
        name, trial_id = event["event"], event.get("trial_id", "")
        if name == TRIAL_STARTED:
            job = attrs.evolve(TrialJob.from_json(event), directory=str(trial_folder(directory, trial_id)))
            open_trials[trial_id] = UnfinishedTrial(job=job)
        elif name in TRIAL_ENDED.values():
            open_trials.pop(trial_id, None)
        elif name == TRIAL_RETRIED and trial_id in open_trials:
            open_trials[trial_id] = UnfinishedTrial(job=open_trials[trial_id].job, failure=Failure(**event["failure"]))
        elif name == TRIAL_RESUMED and trial_id in open_trials:
            open_trials[trial_id] = open_trials[trial_id].resumed(after=event["epoch"])
        elif name in (SEARCH_ENDED, SEARCH_FAILED):  # the end of a run in which no trial took the process with it
            open_trials = {key: attrs.evolve(trial, deaths=0) for key, trial in open_trials.items()}
        if name in (TRIAL_STARTED, TRIAL_RETRIED, TRIAL_RESUMED) and trial_id in open_trials:
            open_trials[trial_id] = attrs.evolve(open_trials[trial_id], deaths=open_trials[trial_id].deaths + 1)
    return list(open_trials.values())


def read_origins(events: list[dict[str, Any]]) -> dict[str, str]:
    """Return where configurations came from, by trial id, as far as a journal's events tell it."""
    started = (event for event in events if event["event"] == TRIAL_STARTED)
    return {event["trial_id"]: event["origin"] for event in started if event.get("origin")}


def read_ensemble(events: list[dict[str, Any]]) -> EnsembleRecord | None:
    """Return the ensemble that a journal's events tell of; `None` if there is none, or trials were added since."""
    event = _last(events, ENSEMBLE_SELECTED)
    return None if event is None else EnsembleRecord.from_json(event)


def read_refitted(events: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the ids of the trials whose configurations were refitted; none if trials were added since."""
    event = _last(events, REFITTED)
    return () if event is None else tuple(event["trial_ids"])


def _last(events: list[dict[str, Any]], name: str) -> dict[str, Any] | None:
    """Return the last event of a name if it tells of all trials: the last run wrote it, after its end."""
    ends = (name, TRIAL_ENDED["completed"], SEARCH_ENDED)
    last = next((event for event in reversed(events) if event["event"] in ends), None)
    return last if last is not None and last["event"] == name else None


def read_end(events: Sequence[Mapping[str, Any]]) -> tuple[bool, str]:
    """Return whether the search that wrote the events used up its budget and handed its model over, and why it ended.

    The reason is that of the last run, or the error that ended it; it is empty if the process died, or still runs.
    """
    end = next((event for event in reversed(events) if event["event"] not in _AFTER_THE_END), None)
    if end is None or end["event"] not in (SEARCH_ENDED, SEARCH_FAILED):
        return False, ""
    if end.get("then") == HANDED_OVER:
        end = events[-1]
        if end["event"] != HANDED_OVER:
            return False, ""
    reason = str(end["reason"])
    return end["event"] != SEARCH_FAILED and reason != INTERRUPTED, reason


def read_finished_trials(events: Sequence[Mapping[str, Any]]) -> int:
    """Return how many trials counted when the search that wrote the events was last finished; 0 if it never was.

    It is finished, too, when an error ends it before there is a model: its trials failed for what must be mended first, and
    count no more then. Those that needed what cannot be had never count, see `TrialOutcome.is_skipped`.
    """
    counted = finished = 0
    has_model = False
    for position, event in enumerate(events, start=1):
        name = event["event"]
        has_model = has_model or name == TRIAL_ENDED["completed"]
        if name in TRIAL_ENDED.values():
            counted += not TrialOutcome.from_json(event).is_skipped
        is_in_vain = name == SEARCH_FAILED and not has_model
        if is_in_vain or (name in (SEARCH_ENDED, HANDED_OVER) and read_end(events[:position])[0]):
            finished = counted
    return finished


def read_seconds(events: Sequence[Mapping[str, Any]], directory: Path) -> float:
    """Return how many seconds of searching a journal's events tell of, in all runs.

    Of a run whose process died, what came after its last event is not known, but for trials that it had begun: they had got as
    far as their checkpoints under `directory`.
    """
    seconds = max((float(event.get("elapsed", 0.0)) for event in events), default=0.0)
    begun = {event["trial_id"]: float(event.get("elapsed", 0.0)) for event in events if event["event"] == TRIAL_STARTED}
    for event in events:
        if event["event"] in TRIAL_ENDED.values():
            begun.pop(event["trial_id"], None)
    cut_off = (start + checkpointed_seconds(trial_folder(directory, trial_id)) for trial_id, start in begun.items())
    return max([seconds, *cut_off])
