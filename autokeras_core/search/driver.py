"""The driver: asks the oracle for configurations, has an executor run them, writes everything down.

It owns the oracle (KerasTuner's own `Tuner.search` is not used), so one thread decides everything and a search can be
repeated from its seed and continued from its journal.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import keras_tuner
import numpy as np

from autokeras_core.errors import SearchError
from autokeras_core.search.checkpointed import checkpointed_epochs
from autokeras_core.search.estimate import SearchEstimate, estimate_search
from autokeras_core.search.events import (
    HANDED_OVER,
    INTERRUPTED,
    SEARCH_ENDED,
    SEARCH_FAILED,
    TRIAL_ENDED,
    TRIAL_RESUMED,
    TRIAL_RETRIED,
    TRIAL_STARTED,
)
from autokeras_core.search.giving_up import check_failures, no_model, why_nothing_can_be_had
from autokeras_core.search.kept_models import KeptModels
from autokeras_core.search.oracles import finish_trial
from autokeras_core.search.place import trial_folder
from autokeras_core.search.records import RETRIES, TrialJob, TrialOutcome, best_outcome, retried

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.executors.base import Executor
    from autokeras_core.progress import Progress
    from autokeras_core.search.budget import Budget
    from autokeras_core.search.journal import Journal
    from autokeras_core.search.pacing import Pacer
    from autokeras_core.search.rungs import Pruner
    from autokeras_core.search.space import Configuration, Space

__all__ = ["SearchDriver"]

_LOGGER = logging.getLogger(__name__)

_EXHAUSTED = "search space exhausted"
_OUT_OF_TIME = "time_limit reached"
_OWN_LIMIT = "the tuner's own max_trials reached"  # of an oracle of the user's: else the budget ends a search


@attrs.frozen(kw_only=True)
class _Running:
    """A trial that the executor has."""

    trial: Any  # KerasTuner's, which ships no types
    job: TrialJob


@attrs.define(kw_only=True)
class SearchDriver:
    """Runs one search, as many trials at once as the executor takes.

    Attributes:
        oracle: Proposes configurations.
        space: The search space; what the oracle proposes is completed and checked against it.
        context: What all trials share.
        executor: Runs the trials.
        budget: How many trials and seconds are left.
        pacer: Knows what the time that is left suffices for.
        journal: Where every event is written.
        progress: Shows what happens.
        directory: The search's directory.
        epochs: How many epochs a trial trains at most.
        seed: The search's seed; the n-th trial's seed is derived from it.
        starting: Returns a context manager around the start of the executor, which may take as long as workers need.
        reserve_for: Returns how many seconds to keep for what comes after the last trial, given the best one so far.
        origin_of: Returns what is kept of where a configuration came from, e.g. the predefined one's name.
        kept_models: Says which trials' models stay on the disk.
        on_completed: Called with the journal's record of each finished trial (the plugins' observer hook).
        predefined: The configurations that the oracle begins with, for the estimate of how long the search takes.
        pruner: Says where a trial that does poorly is ended; `None` for nowhere.
        outcomes: All outcomes so far, those of an earlier run of the same search first.
        unfinished: Trials that an earlier run of the same search started and did not finish. They run first, from what
            they left in their directories; oracle and budget know of them.
        elapsed_before: How many seconds earlier runs of the same search took.
        stop_reason: Why no further trial was started; empty until then, and where an error ended the search.
    """

    oracle: keras_tuner.Oracle
    space: Space
    context: TrialContext
    executor: Executor
    budget: Budget
    pacer: Pacer
    journal: Journal
    progress: Progress
    directory: Path
    epochs: int
    seed: int
    on_completed: Callable[[Mapping[str, Any]], None]
    starting: Callable[[], AbstractContextManager[None]] = nullcontext
    reserve_for: Callable[[TrialOutcome | None], float] = lambda best: 0.0
    origin_of: Callable[[Configuration], str] = lambda configuration: ""
    kept_models: KeptModels = attrs.field(factory=KeptModels)
    pruner: Pruner | None = None
    predefined: Sequence[Configuration] = ()
    outcomes: list[TrialOutcome] = attrs.field(factory=list)
    unfinished: list[TrialJob] = attrs.field(factory=list)
    elapsed_before: float = 0.0
    stop_reason: str = ""
    _running: dict[str, _Running] = attrs.field(init=False, factory=dict)
    _started: float = attrs.field(init=False, factory=time.monotonic)

    def __attrs_post_init__(self) -> None:
        self.budget.reserve = self.reserve_for(self.best)

    def run(self) -> None:
        """Run trials until the budget is used up, the space is exhausted, or Ctrl-C.

        Where there is a model and nothing to run, as in a search that was cut off after its last trial, the executor is
        not even opened: workers take seconds to start. Where there is one, and the time is up or Ctrl-C comes before
        they have started, it is what was found.

        Raises:
            SearchError: If every configuration fails in the same way, or none could be trained: all failed, or need
                something that cannot be had.
            KeyboardInterrupt: If it came before any model was trained.
        """
        reason = None if self.unfinished else self.budget.reason_to_stop()
        if reason is not None and self.best is not None:
            self._note_end(reason)
            return
        try:
            with self.starting():
                self.executor.open(self.context, self.progress)
        except (SearchError, KeyboardInterrupt) as error:
            reason = INTERRUPTED if isinstance(error, KeyboardInterrupt) else _OUT_OF_TIME
            if self.best is None or (reason == _OUT_OF_TIME and not self.budget.is_time_up):
                raise
            _LOGGER.info("No further trial was started before there was a worker, %s: %s", reason, error)
            self._note_end(reason)
            return
        try:
            self._note_end(self._run_trials())
        except KeyboardInterrupt:
            self._note_end(INTERRUPTED)  # before the workers are ended, which a second Ctrl-C may cut short
            if self.best is None:
                raise
        except Exception as error:
            reason = str(error) if isinstance(error, SearchError) else f"{type(error).__name__}: {error}"
            self.journal.append(SEARCH_FAILED, reason=reason, elapsed=self._elapsed)
            raise
        finally:
            self.executor.close()
        if self.best is None:
            raise no_model(self.outcomes, stop_reason=self.stop_reason)

    @property
    def best(self) -> TrialOutcome | None:
        """The best completed trial so far."""
        return best_outcome(self.outcomes, maximise=self.context.objective.maximise)

    @property
    def estimate(self) -> SearchEstimate:
        """What is expected of the rest of the search."""
        jobs = [*(running.job for running in self._running.values()), *self.unfinished]
        return estimate_search(
            self.pacer, self.outcomes, self.predefined, under_way=[job.configuration for job in jobs]
        )

    @property
    def _elapsed(self) -> float:
        """How many seconds were searched by now, those of earlier runs included."""
        return round(self.elapsed_before + time.monotonic() - self._started, 3)

    def _note_end(self, reason: str) -> None:
        """Write down that no further trial is started, and whether a model is to be handed over before all is done."""
        self.stop_reason = reason
        then = {} if reason == INTERRUPTED or self.best is None else {"then": HANDED_OVER}
        self.journal.append(SEARCH_ENDED, reason=reason, elapsed=self._elapsed, **then)

    def _run_trials(self) -> str:
        """Keep as many trials running as the executor takes; return why no further one was started."""
        reason: str | None = None
        while True:
            reason = reason or self._fill()
            if not self._running:
                return reason or _EXHAUSTED
            self._end(self.executor.wait())
            if self.best is None:
                check_failures(self.outcomes)
            reason = why_nothing_can_be_had(self.outcomes)

    def _fill(self) -> str | None:
        """Start trials while there is room for them; return why there will be no further one, or `None`."""
        while len(self._running) < self.executor.capacity:
            if self.unfinished:
                # A first model may come late. Trials that cannot run stay as they are: a later run goes on with them.
                if self.budget.is_all_over or (self.best is not None and self.budget.is_time_up):
                    return _OUT_OF_TIME
                self._resume(self.unfinished.pop(0))
                continue
            reason = self.budget.reason_to_stop()
            if reason is not None:
                return reason
            # Each trial gets a name of its own to run under: KerasTuner returns a running trial to who started it.
            trial = self.oracle.create_trial(f"driver-{self.budget.started_trials}")
            if trial.status == keras_tuner.engine.trial.TrialStatus.IDLE and self._running:
                return None  # it waits for the result of a running trial
            if trial.status != keras_tuner.engine.trial.TrialStatus.RUNNING or trial.hyperparameters is None:
                return self._why_nothing_is_proposed()
            self._start(trial)
        return None

    def _why_nothing_is_proposed(self) -> str:
        limit = self.oracle.max_trials
        if limit and len(self.oracle.trials) >= limit:
            return _OWN_LIMIT
        return _OUT_OF_TIME if self.pacer.has_refused else _EXHAUSTED

    def _start(self, trial: Any) -> None:
        proposed: dict[str, Any] = dict(trial.hyperparameters.values)
        configuration = self.space.validate(self.space.complete(proposed))
        job = TrialJob(
            trial_id=trial.trial_id,
            configuration=configuration,
            # KerasTuner's Hyperband hands out its epochs as a hyperparameter.
            epochs=int(proposed.get("tuner/epochs", self.epochs)),
            seed=self._trial_seed(self.budget.started_trials),
            seconds=None,
            directory=str(trial_folder(self.directory, trial.trial_id)),
            rungs=()
            if self.pruner is None or "tuner/epochs" in proposed
            else self.pruner.rungs(configuration, self.outcomes),
        )
        # A trial of a search that was not journaled to its end may have left something under the same name.
        shutil.rmtree(job.directory, ignore_errors=True)
        job = self._timed(job)
        self.budget.started_trials += 1
        origin = self.origin_of(job.configuration)
        self.journal.append(TRIAL_STARTED, **job.to_json(), origin=origin, elapsed=self._elapsed)
        self._submit(trial, job)

    def _resume(self, job: TrialJob) -> None:
        """Go on with a trial of an earlier run, from the checkpoint that it left, if it left one."""
        epoch = checkpointed_epochs(job.directory)
        self.journal.append(TRIAL_RESUMED, trial_id=job.trial_id, epoch=epoch, elapsed=self._elapsed)
        self._submit(self.oracle.trials[job.trial_id], self._timed(job))

    def _timed(self, job: TrialJob) -> TrialJob:
        """Return a job with the time it may take, and in which it must begin."""
        has_model = self.best is not None
        seconds = self.pacer.seconds_for(job.configuration)
        grace = self.budget.grace_for(seconds, has_model=has_model)
        search_seconds, search_grace = self.budget.time_to_wait(has_model=has_model)
        return attrs.evolve(job, seconds=seconds, grace=grace, search_seconds=search_seconds, search_grace=search_grace)

    def _submit(self, trial: Any, job: TrialJob) -> None:
        self._announce(job)
        self.budget.started_here = True
        self._running[job.trial_id] = _Running(trial=trial, job=job)
        self.executor.submit(job)

    def _end(self, outcome: TrialOutcome) -> None:
        """Try a failed trial once more if that may help, or note how it ended."""
        running, failure = self._running[outcome.trial_id], outcome.failure
        if failure is not None and failure.kind == "not_begun":
            del self._running[outcome.trial_id]  # nothing is noted, and nothing deleted: a later run goes on with it
            _LOGGER.info("Trial %s is left for a later run: %s", outcome.trial_id, failure.reason)
            return
        if failure is None or failure.kind not in RETRIES or running.job.attempt > 1:
            del self._running[outcome.trial_id]
            if failure is not None:  # where its worker died, a checkpoint or half a model may lie there
                shutil.rmtree(running.job.directory, ignore_errors=True)
            self._finish(running.trial, outcome)
            return
        job = retried(self._timed(running.job), failure.kind)
        self.journal.append(TRIAL_RETRIED, trial_id=job.trial_id, failure=attrs.asdict(failure))
        _LOGGER.info("Trial %s failed (%s), trying once more", job.trial_id, failure.reason)
        self._running[job.trial_id] = attrs.evolve(running, job=job)
        self.executor.submit(job)

    def _announce(self, job: TrialJob) -> None:
        best = self.best
        self.progress.trial_started(
            job.trial_id,
            number=len(self.outcomes) + len(self._running) + 1,
            difference=_difference(job.configuration, best.configuration if best else None),
        )

    def _finish(self, trial: Any, outcome: TrialOutcome) -> None:
        """Tell the oracle, the journal, the display and the observers about a finished trial."""
        outcome = attrs.evolve(outcome, elapsed=self._elapsed)
        finish_trial(self.oracle, trial, outcome)
        if outcome.status == "completed":
            self.budget.note_trial(outcome.seconds, cut_short=outcome.cut_short)
        if outcome.failure is None:
            self.pacer.note(outcome.configuration, **outcome.pace)
        if outcome.is_skipped and outcome.failure is not None:
            self._skip(outcome.trial_id, outcome.failure.reason)
        self.outcomes.append(outcome)
        self.budget.reserve = self.reserve_for(self.best)
        record = outcome.to_json()
        self.journal.append(TRIAL_ENDED[outcome.status], **record)
        self.kept_models.drop_others(self.outcomes, maximise=self.context.objective.maximise)
        self.progress.trial_ended(outcome, self.best)
        self.progress.estimated(self.estimate)
        self.on_completed(record)

    def _skip(self, trial_id: str, reason: str) -> None:
        """Give the place of a trial that needs what cannot be had to another one."""
        _LOGGER.info("Trial %s was skipped: %s", trial_id, reason)
        self.budget.skipped_trials += 1
        if self.oracle.max_trials is not None:
            self.oracle.max_trials += 1

    def _trial_seed(self, number: int) -> int:
        return int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0] % (2**31))


def _difference(configuration: Configuration, best: Configuration | None) -> dict[str, tuple[Any, Any]]:
    """Return the old and new value of each hyperparameter in which a configuration differs from the best."""
    if best is None:
        return {}
    names = [*configuration, *(name for name in best if name not in configuration)]
    return {
        name: (best.get(name), configuration.get(name)) for name in names if best.get(name) != configuration.get(name)
    }
