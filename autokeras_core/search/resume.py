"""Going on where an earlier run of a search stopped: whether it can, what the oracle is told, which trials run first."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.checkpointed import checkpointed_epochs
from autokeras_core.search.events import TRIAL_ENDED
from autokeras_core.search.oracles import can_be_replayed, replay
from autokeras_core.search.records import Failure, failed_outcome, retried
from autokeras_core.search.session import holds_search

if TYPE_CHECKING:
    from autokeras_core.search.events import UnfinishedTrial
    from autokeras_core.search.records import TrialJob
    from autokeras_core.search.session import SearchSession

__all__ = ["MOST_DEATHS", "give_up_deadly_trials", "is_to_be_deleted", "resume"]

_LOGGER = logging.getLogger(__name__)

MOST_DEATHS = 3
"""How often in a row a process may end while it runs the same trial and gets no further, before the trial is given up."""


def is_to_be_deleted(
    directory: Path,
    identity: Mapping[str, Any],
    *,
    tuner: str | keras_tuner.Oracle,
    overwrite: bool,
    own: Mapping[str, Any] | None,
) -> bool:
    """Return whether the search that is found in a directory is to be deleted, to begin a new one there.

    In spite of `overwrite` the caller's own search goes on, if it can.

    Args:
        directory: The directory.
        identity: What identifies the search that is to be run.
        tuner: Its tuner.
        overwrite: Whether the user wants what is there to be deleted.
        own: What identifies the search that the caller has begun there; `None` for none.

    Raises:
        SearchError: If a new search would begin with an oracle that knows trials of another one. Nothing is deleted then.
    """
    is_there = holds_search(directory, identity)
    deleted = overwrite and not (is_there and identity == own and can_be_replayed(tuner))
    if isinstance(tuner, keras_tuner.Oracle) and (deleted or not is_there):
        _check_trials(tuner, known=())
    return deleted


def give_up_deadly_trials(session: SearchSession) -> None:
    """Record trials as failed that took their process with them again and again: they would do so forever.

    What they left is deleted, as of any trial that failed.

    A search that Ctrl-C or an error ended does not count, and neither does a run in which the trial got further.

    Args:
        session: The search's directory; its journal, its `outcomes` and `unfinished` are changed.
    """
    for trial in [trial for trial in session.unfinished if _is_deadly(trial)]:
        reason = f"the process ended {trial.deaths} times in a row while the trial ran"
        _LOGGER.warning("Trial %s is given up: %s.", trial.job.trial_id, reason)
        shutil.rmtree(trial.job.directory, ignore_errors=True)
        outcome = attrs.evolve(
            failed_outcome(trial.job, Failure(kind="crash", reason=reason)),
            elapsed=session.seconds,
        )
        session.journal.append(TRIAL_ENDED["failed"], **outcome.to_json())
        session.outcomes.append(outcome)
        session.unfinished.remove(trial)


def resume(oracle: keras_tuner.Oracle, session: SearchSession) -> list[TrialJob]:
    """Tell the oracle of an earlier run's trials, and return those to run first: the ones that were cut off.

    Args:
        oracle: What `make_oracle` returned, before its first trial; one of the user's own may know the trials already.
        session: The search's directory.

    Raises:
        SearchError: If the oracle cannot go on with a search, or knows other trials than the search.
    """
    jobs = [_job_of(trial) for trial in session.unfinished]
    if oracle.trials:
        _check_trials(oracle, known=[*(each.trial_id for each in session.outcomes), *(job.trial_id for job in jobs)])
        return [job for job in jobs if _is_running(oracle, job)]
    if not session.outcomes and not can_be_replayed(oracle):
        return []  # it cannot be told of them; as nothing has ended yet, it proposes the same ones again
    if session.outcomes or jobs:
        replay(oracle, session.outcomes, unfinished=jobs)
    return jobs


def _check_trials(oracle: keras_tuner.Oracle, *, known: Collection[str]) -> None:
    """Raise if an oracle's trials are not those of the search: their scores, on other data, would decide what is tried."""
    if set(oracle.trials) not in (set(), {*known}):
        raise SearchError(
            describe_error(
                "The oracle knows other trials than those of this search.",
                expected="a new oracle for a new search, or the one that has seen all trials of this one",
                received=f"{type(oracle).__name__} with the trials {sorted(oracle.trials)}, the search has {sorted(known)}",
                advice="Make a new oracle, and an AutoModel with it.",
            )
        )


def _is_deadly(trial: UnfinishedTrial) -> bool:
    return trial.deaths >= MOST_DEATHS and checkpointed_epochs(trial.job.directory) <= trial.epochs


def _job_of(trial: UnfinishedTrial) -> TrialJob:
    """Return the job as it ran last: with what was changed when it was tried once more."""
    return trial.job if trial.failure is None else retried(trial.job, trial.failure.kind)


def _is_running(oracle: keras_tuner.Oracle, job: TrialJob) -> bool:
    trial = oracle.trials.get(job.trial_id)
    return trial is not None and trial.status == TrialStatus.RUNNING
