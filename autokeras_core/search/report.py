"""What a directory tells about a search, running or ended, or about a saved model's: without Keras. Light."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.leaderboard import Leaderboard, build_leaderboard
from autokeras_core.search.events import (
    INTERRUPTED,
    TRIAL_RESUMED,
    TRIAL_STARTED,
    read_end,
    read_ensemble,
    read_finished_trials,
    read_origins,
    read_outcomes,
    read_seconds,
)
from autokeras_core.search.journal import is_locked, read_events
from autokeras_core.search.place import JOURNAL_FILE, MODEL_RECORD_FILE
from autokeras_core.search.records import EnsembleRecord, TrialOutcome, best_outcome
from autokeras_core.search.session import read_manifest

__all__ = ["OpenTrial", "SearchReport", "SearchState", "read_report"]

SearchState: TypeAlias = Literal["running", "finished", "interrupted"]


@attrs.frozen(kw_only=True)
class OpenTrial:
    """A trial that was begun and has not ended.

    Attributes:
        trial_id: Its name.
        configuration: Its hyperparameter values.
        started: When it was begun, or last gone on with, in seconds since 1970.
    """

    trial_id: str
    configuration: Mapping[str, Any]
    started: float


@attrs.frozen(kw_only=True)
class SearchReport:
    """What is known about a search.

    Attributes:
        directory: Where it was read.
        task: The task's full name; empty if the graph was put together by hand.
        objective: The metric that is optimised.
        maximise: Whether more of it is better.
        state: `"running"` while a process searches; `"finished"` if the search ended by itself; else `"interrupted"`: by
            Ctrl-C, by an error, or because its process died.
        stop_reason: Why it ended, or the error; empty if its process died, or runs.
        outcomes: The trials that ended, in this order.
        finished_trials: How many of them counted when the search last ended by itself: a limit of trials counts from there.
        open_trials: Those that did not.
        ensemble: The ensemble that was put together from them, or `None`.
        origins: Where configurations came from, by trial id, as far as it is known.
        seconds: How long it has been searched in all runs, as far as it is known: see `read_seconds`.

    Example:
        ```python
        report = read_report(Path("search"))
        print(report.state, report.leaderboard())
        ```
    """

    directory: Path
    task: str
    objective: str
    maximise: bool
    state: SearchState
    stop_reason: str
    outcomes: tuple[TrialOutcome, ...]
    finished_trials: int = 0
    open_trials: tuple[OpenTrial, ...] = ()
    ensemble: EnsembleRecord | None = None
    origins: Mapping[str, str] = attrs.field(factory=dict)
    seconds: float = 0.0

    @property
    def best(self) -> TrialOutcome | None:
        """The best completed trial, or `None`."""
        return best_outcome(self.outcomes, maximise=self.maximise)

    @property
    def best_score(self) -> float | None:
        """The score of what is handed over: of the ensemble, else of the best trial; `None` if there is none."""
        if self.ensemble is not None:
            return self.ensemble.score
        return None if self.best is None else self.best.score

    @property
    def counted_trials(self) -> int:
        """How many trials ended, without those that needed what cannot be had."""
        return sum(not outcome.is_skipped for outcome in self.outcomes)

    def leaderboard(self) -> Leaderboard:
        """Return the trials that ended, the best first."""
        return build_leaderboard(
            self.outcomes,
            objective=self.objective,
            maximise=self.maximise,
            origins=self.origins,
            ensemble=self.ensemble,
        )


def read_report(directory: Path) -> SearchReport:
    """Return what a search's directory tells, also while the search runs, or what a saved model's tells.

    Args:
        directory: The `directory=` of a search, or one that `save` wrote.

    Raises:
        SearchError: If it is neither, or its files are damaged.
    """
    if (directory / MODEL_RECORD_FILE).is_file():
        return _of_saved_model(directory)
    if (directory / JOURNAL_FILE).is_file():
        return _of_search(directory)
    raise SearchError(
        describe_error(
            "There is no search here.",
            expected=f"the directory of a search (with {JOURNAL_FILE}) or of a saved model (with {MODEL_RECORD_FILE})",
            received=f"{str(directory)!r}, which {'holds neither' if directory.is_dir() else 'is no directory'}",
        )
    )


def _of_search(directory: Path) -> SearchReport:
    manifest = read_manifest(directory)
    # Asked first: a search that ends in between has then written all that is read below.
    is_running = is_locked(directory / JOURNAL_FILE)
    events = read_events(directory / JOURNAL_FILE)
    name, direction = manifest["identity"]["objective"]
    outcomes = tuple(read_outcomes(events, directory))
    is_finished, reason = read_end(events)
    return SearchReport(
        directory=directory,
        task=manifest["about"].get("task", ""),
        objective=name,
        maximise=direction == "max",
        state="running" if is_running else "finished" if is_finished else "interrupted",
        stop_reason="" if is_running else reason,
        outcomes=outcomes,
        finished_trials=read_finished_trials(events),
        open_trials=_open_trials(events, {outcome.trial_id for outcome in outcomes}),
        ensemble=read_ensemble(events),
        origins=read_origins(events),
        seconds=read_seconds(events, directory),
    )


def _of_saved_model(directory: Path) -> SearchReport:
    path = directory / MODEL_RECORD_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        name, direction = record["objective"]
        outcomes = tuple(TrialOutcome.from_json(outcome) for outcome in record["outcomes"])
        return SearchReport(
            directory=directory,
            task=record["task"],
            objective=name,
            maximise=direction == "max",
            state="interrupted" if record["stop_reason"] == INTERRUPTED else "finished",
            stop_reason=record["stop_reason"],
            outcomes=outcomes,
            seconds=max((outcome.elapsed for outcome in outcomes), default=0.0),
            ensemble=None if record["ensemble"] is None else EnsembleRecord.from_json(record["ensemble"]),
            origins=record["origins"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SearchError(
            describe_error(
                "What the saved model tells about its search cannot be read.",
                expected="the file as save() wrote it",
                received=f"{str(path)!r} ({type(error).__name__}: {error})",
            )
        ) from error


def _open_trials(events: Sequence[Mapping[str, Any]], ended: set[str]) -> tuple[OpenTrial, ...]:
    started = {event["trial_id"]: event for event in events if event["event"] == TRIAL_STARTED}
    begun = {event["trial_id"]: event["time"] for event in events if event["event"] in (TRIAL_STARTED, TRIAL_RESUMED)}
    return tuple(
        OpenTrial(trial_id=trial_id, configuration=event["configuration"], started=begun[trial_id])
        for trial_id, event in started.items()
        if trial_id not in ended
    )
