"""A search's directory: what it holds, whether it may be used, and what an earlier run left in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.checkpointed import checkpointed_seconds
from autokeras_core.search.identity import OtherSearchError, check_identity, differences
from autokeras_core.search.journal import Journal, locked, read_events
from autokeras_core.search.opening import tell_opened
from autokeras_core.search.place import CACHE_FOLDER, JOURNAL_FILE, MANIFEST_FILE, OWN_FOLDERS, prepare_place
from autokeras_core.search.records import EnsembleRecord, Failure, TrialJob, TrialOutcome

__all__ = [
    "ENSEMBLE_SELECTED",
    "HANDED_OVER",
    "INTERRUPTED",
    "JOURNAL_FILE",
    "MANIFEST_FILE",
    "REFITTED",
    "SEARCH_ENDED",
    "SEARCH_FAILED",
    "TRIAL_RESUMED",
    "OtherSearchError",
    "SearchSession",
    "UnfinishedTrial",
    "holds_search",
    "read_end",
    "read_ensemble",
    "read_finished_trials",
    "read_manifest",
    "read_origins",
    "read_outcomes",
    "read_refitted",
    "read_seconds",
    "read_unfinished",
    "stored_seed",
    "write_json",
]

_SCHEMA = 1

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

TRIAL_RESUMED = "trial_resumed"
"""The event that tells that a trial of an earlier run goes on, and after which epoch."""

_AFTER_THE_END = (ENSEMBLE_SELECTED, REFITTED, HANDED_OVER)
_TRIAL_ENDED = ("trial_completed", "trial_pruned", "trial_failed")

INTERRUPTED = "interrupted"
"""Why a search ended that Ctrl-C ended: it is not finished, and `fit` completes it."""


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


@attrs.define(kw_only=True)
class SearchSession:
    """The directory of one search, open for one writer.

    Attributes:
        directory: The directory.
        journal: Its journal, locked until `close`.
        outcomes: The trials that an earlier run of the same search finished.
        unfinished: The trials that it started and did not finish, in the order in which they started.
        finished_trials: How many trials counted when a limit of trials last began anew: see `read_finished_trials`.
        seconds: How long earlier runs have searched.
    """

    directory: Path
    journal: Journal
    outcomes: list[TrialOutcome] = attrs.field(factory=list)
    unfinished: list[UnfinishedTrial] = attrs.field(factory=list)
    finished_trials: int = 0
    seconds: float = 0.0

    @classmethod
    def open(cls, directory: Path, *, manifest: Mapping[str, Any], overwrite: bool) -> SearchSession:
        """Start a search in a directory, or continue the one that is there.

        One that has begun no trial gives way to another: it may have been refused, and be put right now.

        Args:
            directory: Made if it does not exist.
            manifest: What identifies the search: JSON data with the keys `identity` (compared) and `about` (kept).
            overwrite: Whether to delete a search that is there, instead of continuing it. Only a search's own files
                are ever deleted.

        Raises:
            SearchError: If the directory cannot be written, holds another search, is in use, or is no place for one: see
                `prepare_place`.
        """
        prepare_place(directory)
        if overwrite:
            _delete_search(directory)
        if not (directory / MANIFEST_FILE).exists():  # written first: there is no journal without it
            _write_manifest(directory, manifest)
        path = directory / JOURNAL_FILE
        is_new = not path.exists()  # or it was killed before it had a journal
        journal = Journal.create(path) if is_new else Journal.open(path)
        try:  # the journal is locked now: no other process is about to begin a search here
            events, there = journal.events(), read_manifest(directory)
            if any(event["event"] in ("trial_started", *_TRIAL_ENDED) for event in events):
                check_identity(directory, there["identity"], manifest["identity"])
            # Of a search that gives way, or of this one as it is called now: classes may have better names, and rows may
            # come in another container.
            _write_manifest(directory, manifest)
            if not is_new:
                # What a killed run left there: a run that ends deletes its files, and no other one is running now.
                shutil.rmtree(directory / CACHE_FOLDER, ignore_errors=True)
            session = cls(
                directory=directory,
                journal=journal,
                outcomes=read_outcomes(events, directory),
                unfinished=read_unfinished(events, directory),
                finished_trials=read_finished_trials(events),
                seconds=read_seconds(events, directory),
            )
            tell_opened()
        except BaseException:
            journal.close()
            raise
        return session

    def close(self) -> None:
        """Release the journal's lock."""
        self.journal.close()


def read_outcomes(events: list[dict[str, Any]], directory: Path) -> list[TrialOutcome]:
    """Return the finished trials that a journal's events tell of.

    A trial's model is looked for under `directory`, so that a search's directory may be moved.
    """
    outcomes = []
    for event in events:
        if event["event"] in _TRIAL_ENDED:
            outcome = TrialOutcome.from_json(event)
            here = str(directory / "trials" / outcome.trial_id) if outcome.directory else ""
            outcomes.append(attrs.evolve(outcome, directory=here))
    return outcomes


def read_unfinished(events: list[dict[str, Any]], directory: Path) -> list[UnfinishedTrial]:
    """Return the trials that a journal's events tell the start of, but not the end: the search was cut off, or runs.

    What a trial has left is looked for under `directory`, as for `read_outcomes`.
    """
    open_trials: dict[str, UnfinishedTrial] = {}
    for event in events:
        name, trial_id = event["event"], event.get("trial_id", "")
        if name == "trial_started":
            job = attrs.evolve(TrialJob.from_json(event), directory=str(directory / "trials" / trial_id))
            open_trials[trial_id] = UnfinishedTrial(job=job)
        elif name in _TRIAL_ENDED:
            open_trials.pop(trial_id, None)
        elif name == "trial_retried" and trial_id in open_trials:
            open_trials[trial_id] = UnfinishedTrial(job=open_trials[trial_id].job, failure=Failure(**event["failure"]))
        elif name == TRIAL_RESUMED and trial_id in open_trials:
            open_trials[trial_id] = open_trials[trial_id].resumed(after=event["epoch"])
        elif name in (SEARCH_ENDED, SEARCH_FAILED):  # the end of a run in which no trial took the process with it
            open_trials = {key: attrs.evolve(trial, deaths=0) for key, trial in open_trials.items()}
        if name in ("trial_started", "trial_retried", TRIAL_RESUMED) and trial_id in open_trials:
            open_trials[trial_id] = attrs.evolve(open_trials[trial_id], deaths=open_trials[trial_id].deaths + 1)
    return list(open_trials.values())


def read_origins(events: list[dict[str, Any]]) -> dict[str, str]:
    """Return where configurations came from, by trial id, as far as a journal's events tell it."""
    started = (event for event in events if event["event"] == "trial_started")
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
    ends = (name, "trial_completed", SEARCH_ENDED)
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
        has_model = has_model or name == "trial_completed"
        if name in _TRIAL_ENDED:
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
    begun = {
        event["trial_id"]: float(event.get("elapsed", 0.0)) for event in events if event["event"] == "trial_started"
    }
    for event in events:
        if event["event"] in _TRIAL_ENDED:
            begun.pop(event["trial_id"], None)
    cut_off = (start + checkpointed_seconds(directory / "trials" / trial_id) for trial_id, start in begun.items())
    return max([seconds, *cut_off])


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return what `SearchSession.open` wrote about a search.

    Raises:
        SearchError: If the directory holds no search, or one of another format.
    """
    try:
        manifest: dict[str, Any] = json.loads((directory / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SearchError(
            describe_error(
                "The directory holds no readable search.",
                expected=f"a directory with {MANIFEST_FILE}",
                received=f"{directory}: {error}",
            )
        ) from error
    if manifest.get("schema") != _SCHEMA:
        raise SearchError(
            describe_error(
                "The search was written in another format.",
                expected=f"schema {_SCHEMA}",
                received=f"schema {manifest.get('schema')!r} in {directory / MANIFEST_FILE}",
                advice="Use the version of autokeras-core that wrote it.",
            )
        )
    return manifest


def holds_search(directory: Path, identity: Mapping[str, Any]) -> bool:
    """Return whether a directory holds the search of that identity, in files that can be read.

    Args:
        directory: The directory; it need not exist.
        identity: What `SearchSession.open` was told as the manifest's `identity`.
    """
    try:
        found = read_manifest(directory)["identity"]
        read_events(directory / JOURNAL_FILE)
    except SearchError:
        return False
    return not differences(found, identity)


def stored_seed(directory: Path) -> int | None:
    """Return the seed of the search in a directory, or `None` if there is none."""
    if not (directory / MANIFEST_FILE).exists():
        return None
    return int(read_manifest(directory)["identity"]["seed"])


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON so that a reader finds the old file or the new one, never half of one."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    temporary.write_text(json.dumps(data, indent=1, sort_keys=False), encoding="utf-8")
    temporary.replace(path)


def _write_manifest(directory: Path, manifest: Mapping[str, Any]) -> None:
    write_json(directory / MANIFEST_FILE, {"schema": _SCHEMA, **manifest})


def _delete_search(directory: Path) -> None:
    if not (directory / MANIFEST_FILE).exists() and not (directory / JOURNAL_FILE).exists():
        return
    with locked(directory / JOURNAL_FILE):  # an error if another process is searching here
        for name in OWN_FOLDERS:
            shutil.rmtree(directory / name, ignore_errors=True)
        for name in (MANIFEST_FILE, JOURNAL_FILE):
            (directory / name).unlink(missing_ok=True)
