"""Refitting: the model that a search hands over, trained once more on all rows, those for validation included."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.stand_ins import known_targets
from autokeras_core.engine.failures import describe_failure
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.finetuning import wants_second_phase
from autokeras_core.engine.trial import run_trial
from autokeras_core.errors import DataError, describe_error
from autokeras_core.search.events import TRIAL_RETRIED, TRIAL_STARTED
from autokeras_core.search.records import GRACE, TrialJob, retried
from autokeras_core.search.winner import Winner, load_trained, winner_of

if TYPE_CHECKING:
    from autokeras_core.engine.bundle import ModelBundle
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.engine.prepared_data import PreparedData
    from autokeras_core.graph.graph import Graph
    from autokeras_core.search.records import TrialOutcome

__all__ = ["REFIT_FOLDER", "Refit", "refit_winner", "seconds_to_refit"]

Array: TypeAlias = np.ndarray[Any, Any]

REFIT_FOLDER = "refit"
"""The folder, inside a trial's, that holds its refitted model."""

_VALIDATION_ROWS = 256
_SECONDS_TO_FINISH = 1.0
_MARGIN = 1.2
_SHARE_OF_LIMIT = 0.25
_INTERRUPTED = "it was interrupted"


@attrs.frozen(kw_only=True)
class Refit:
    """What came of refitting.

    Attributes:
        winner: The model that is handed over: refitted as far as that could be done.
        trial_ids: The trials whose configurations were trained on all rows.
        notes: One line for each trial, for people: what was done, or why it was not.
        is_interrupted: Whether Ctrl-C ended it before all was done.
    """

    winner: Winner
    trial_ids: tuple[str, ...]
    notes: tuple[str, ...]
    is_interrupted: bool = False


class _QuietObserver:
    """Takes no note of anything: there is nothing to choose by while refitting."""

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Do nothing."""


def seconds_to_refit(
    outcome: TrialOutcome | None, data: PreparedData, *, graph: Graph, time_limit: float | None
) -> float:
    """Return how many seconds of a time limit to keep for refitting a trial.

    None if it cannot be refitted, or would need more than a quarter of all: the search makes better use of the time.

    Args:
        outcome: The best trial so far, or `None`.
        data: The rows of the search.
        graph: What is searched.
        time_limit: The seconds of the whole search.
    """
    if outcome is None or time_limit is None or _why_never(outcome, data, graph=graph) is not None:
        return 0.0
    needed = _MARGIN * _seconds_needed(outcome, data) + _SECONDS_TO_FINISH
    return needed if needed <= _SHARE_OF_LIMIT * time_limit else 0.0


def refit_winner(
    winner: Winner,
    context: TrialContext,
    outcomes: Sequence[TrialOutcome],
    *,
    data: PreparedData,
    events: Sequence[Mapping[str, Any]],
    deadline: Deadline | None,
) -> Refit:
    """Train the winner's configuration, or those of an ensemble's members in turn, on all rows.

    Each is trained as in its trial, for as many epochs as it took there to the best one: same seed, same schedule of
    learning rates. What the data's analysis found stays as it was; preprocessors are fitted on all rows. There is nothing
    left to validate on, so the scores on the leaderboard stay those of the trials.

    Ctrl-C ends it: what was refitted by then is handed over, and else the models of the trials.

    Args:
        winner: What the search found.
        context: What all trials shared.
        outcomes: All trials.
        data: The rows of the search.
        events: The journal's events, which tell how each trial was run.
        deadline: When it must have ended. A member that would take longer keeps the model of its trial.
    """
    by_id = {outcome.trial_id: outcome for outcome in outcomes}
    all_rows = functools.cache(lambda: _all_rows(context, data))  # put together only if there is time for a refit
    refitted: dict[str, ModelBundle] = {}
    notes: list[str] = []
    is_interrupted = False
    for trial_id in winner.weights:
        outcome = by_id[trial_id]
        folder = Path(outcome.directory) / REFIT_FOLDER
        try:
            reason = _INTERRUPTED if is_interrupted else _why_never(outcome, data, graph=context.graph)
            reason = reason or _refit(outcome, all_rows, data, events, deadline)
            if reason is None:
                refitted[trial_id] = load_trained(folder, outcome, context)
        except KeyboardInterrupt:  # as in the search before: what is there is kept
            shutil.rmtree(folder, ignore_errors=True)
            is_interrupted, reason = True, _INTERRUPTED
        except Exception as error:  # noqa: BLE001 - what a search found is not lost by what comes after it
            shutil.rmtree(folder, ignore_errors=True)
            failure = describe_failure(error)
            reason = f"it failed ({failure.kind}): {failure.reason}"
        if reason is None:
            rows = data.profile.rows + data.validation_rows
            notes.append(f"Trial {trial_id} was refitted on all {rows:,} rows.")
        else:
            notes.append(f"Trial {trial_id} was not refitted, the model is as it was validated: {reason}.")
    members = {trial_id: refitted.get(trial_id, bundle) for trial_id, bundle in winner.members.items()}
    return Refit(
        winner=winner_of(members, winner.weights, ensemble=winner.ensemble),
        trial_ids=tuple(refitted),
        notes=tuple(notes),
        is_interrupted=is_interrupted,
    )


def _why_never(outcome: TrialOutcome, data: PreparedData, *, graph: Graph) -> str | None:
    """Return why a trial's configuration is not trained on all rows, whatever time there is; `None` if it may be."""
    if not _are_in_memory(data):
        return "rows that are read from files when they are needed are not put together"
    if wants_second_phase(graph, outcome.configuration, data.profile):
        return "its network is trained in two phases"
    return None


def _refit(
    outcome: TrialOutcome,
    all_rows: Callable[[], TrialContext],
    data: PreparedData,
    events: Sequence[Mapping[str, Any]],
    deadline: Deadline | None,
) -> str | None:
    """Train one trial's configuration on all rows into its directory; return why that was not done, or `None`."""
    left = _seconds_left(deadline)
    needed = _seconds_needed(outcome, data)
    if left is not None and left < needed:
        return f"it takes about {needed:.0f} s, and {max(left, 0.0):.0f} s are left"
    context = all_rows()
    left = _seconds_left(deadline)  # putting rows together took some
    job = attrs.evolve(
        _job_of(outcome, events),
        refit_epochs=outcome.best_epoch,
        seconds=None if left is None else max(0.0, left),
        directory=str(Path(outcome.directory) / REFIT_FOLDER),
    )
    shutil.rmtree(job.directory, ignore_errors=True)  # of an earlier run
    done = run_trial(job, context, _QuietObserver())
    if done.failure is not None:
        return f"it failed ({done.failure.kind}): {done.failure.reason}"
    if done.epochs < outcome.best_epoch or done.cut_short:
        return f"its time was up in epoch {done.epochs} of {outcome.best_epoch}"
    return None


def _seconds_left(deadline: Deadline | None) -> float | None:
    return None if deadline is None else deadline.remaining() - _SECONDS_TO_FINISH


def _job_of(outcome: TrialOutcome, events: Sequence[Mapping[str, Any]]) -> TrialJob:
    """Return how a trial was run, a retry's changes included, in the search space of today."""
    own = [event for event in events if event.get("trial_id") == outcome.trial_id]
    started = [event for event in own if event["event"] == TRIAL_STARTED][-1]
    job = attrs.evolve(TrialJob.from_json(started), configuration=outcome.configuration, rungs=(), grace=GRACE)
    failures = [event["failure"]["kind"] for event in own if event["event"] == TRIAL_RETRIED]
    if outcome.attempts > 1 and failures:
        job = retried(job, failures[-1])
    # Where time ended a trial, its learning rates had come to their end by then.
    return attrs.evolve(job, epochs=outcome.epochs) if outcome.cut_short else job


def _seconds_needed(outcome: TrialOutcome, data: PreparedData) -> float:
    """Return how long a trial's configuration takes on all rows up to its best epoch."""
    training = outcome.seconds_per_epoch * outcome.epochs or outcome.seconds
    all_rows = (data.profile.rows + data.validation_rows) / data.profile.rows
    share = outcome.best_epoch / max(outcome.epochs, 1) * all_rows
    return max(0.0, outcome.seconds - training) + share * training


def _joined_weights(data: PreparedData) -> Array | None:
    """Return the weights of all rows; those of a part without are 1.

    Those of each part have the mean 1 over the rows that have a target: a part in which few have it does not outweigh the
    other.
    """
    train, validation = data.train_weights, data.validation_weights
    if train is None and validation is None:
        return None
    rows = (data.profile.rows, data.validation_rows)
    parts = [
        np.ones(count, np.float32) if each is None else each * np.mean(each > 0, axis=0, dtype=np.float32)
        for count, each in zip(rows, (train, validation), strict=True)
    ]
    if {part.ndim for part in parts} == {1, 2}:  # only one part has weights for each head
        heads = len(data.train_targets)
        parts = [np.repeat(part[:, None], heads, axis=1) if part.ndim == 1 else part for part in parts]
    weights = np.concatenate(parts)
    return np.asarray(weights / weights.mean(axis=0), dtype=np.float32)


def _are_in_memory(data: PreparedData) -> bool:
    rows = (*data.train_inputs.values(), *data.validation_inputs.values())
    return all(isinstance(each, np.ndarray) for each in rows)


def _joined(train: Array, validation: Array, name: str) -> Array:
    """Return rows for training and validation together; those of tables by the names of their columns.

    A column that one of them lacks is left out: no model needs it, or the input would have refused the table.

    Raises:
        DataError: If numbers here are text there, so that nobody could tell any more what was meant.
    """
    if train.dtype.names is not None and validation.dtype.names is not None:
        both = [column for column in train.dtype.names if column in validation.dtype.names]
        train, validation = train[both], validation[both]
    kinds = [_kinds(train), _kinds(validation)]
    if kinds[0] != kinds[1]:
        raise DataError(
            describe_error(
                f"The rows of the input {name!r} for validation cannot be put behind those for training.",
                expected="the same columns, numbers where there are numbers and text where there is text",
                received=f"dtypes {train.dtype} and {validation.dtype}",
            )
        )
    return np.concatenate([train, validation])


def _kinds(rows: Array) -> tuple[str, ...]:
    """Return what the columns of rows are, roughly; rows without columns of their own types are as one."""
    dtypes = [rows.dtype] if rows.dtype.names is None else [rows.dtype[column] for column in rows.dtype.names]
    known = {**dict.fromkeys("biuf", "number"), **dict.fromkeys("OUT", "text")}
    return tuple(known.get(dtype.kind, dtype.kind) for dtype in dtypes)


def _all_rows(context: TrialContext, data: PreparedData) -> TrialContext:
    """Return the context of a trial on all rows, which are in memory."""
    inputs: dict[str, Array] = {
        name: _joined(np.asarray(train), np.asarray(data.validation_inputs[name]), name)
        for name, train in data.train_inputs.items()
    }
    targets = {name: np.concatenate([each, data.validation_targets[name]]) for name, each in data.train_targets.items()}
    weights = _joined_weights(data)
    # A trial validates. What comes out of it is not looked at here, so a few rows will do.
    few = slice(0, _VALIDATION_ROWS)
    store = FeatureStore(
        {vertex.name: vertex.operator for vertex in context.graph.inputs},
        data.profile,
        inputs,
        {name: rows[few] for name, rows in inputs.items()},
        directory=context.store.directory,  # several members' features of all rows may be more than the memory holds
        targets=known_targets(targets, weights),
    )
    return attrs.evolve(
        context,
        store=store,
        train_targets=targets,
        validation_targets={name: target[few] for name, target in targets.items()},
        train_weights=weights,
        validation_weights=None if weights is None else weights[few],
        keeps_predictions=False,
    )
