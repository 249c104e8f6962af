"""What a trial is told and what it reports: plain data that JSON holds. Light: standard library and attrs only.

Only these records cross between the driver and an executor, so a trial can run in this process, in another one, or
on another machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import attrs

from autokeras_core.search.space import Configuration

__all__ = [
    "GRACE",
    "NO_FINITE_SCORE",
    "RETRIES",
    "VALIDATION_LOSS",
    "EnsembleRecord",
    "Failure",
    "FailureKind",
    "Rung",
    "TrialJob",
    "TrialOutcome",
    "TrialStatus",
    "best_outcome",
    "failed_outcome",
    "rank",
    "rank_outcomes",
    "retried",
]

FailureKind: TypeAlias = Literal["oom", "nan", "timeout", "crash", "bug", "too_large", "unavailable", "not_begun"]
TrialStatus: TypeAlias = Literal["completed", "pruned", "failed"]

GRACE = 2.0
"""How many seconds longer than it may a trial can take before it is interrupted, where nothing else is said."""

NO_FINITE_SCORE = "was not finite in any epoch"
"""What the reason of a failure says of the objective where all of a trial's scores are NaN or infinite."""

VALIDATION_LOSS = "val_loss"
"""The metric that decides between equal scores."""

RETRIES: Mapping[str, Mapping[str, Any]] = {
    "oom": {"batch_size_divisor": 2},
    "nan": {"learning_rate_factor": 0.1},
    "crash": {},
}
"""By kind of failure, what changes in a trial that is tried once more.

Its directory stays as it is: a trial whose worker died goes on from the checkpoint that it left there.
"""


@attrs.frozen
class Rung:
    """A point in training at which a poor trial is ended.

    Attributes:
        epoch: After how many epochs.
        score: What the best epoch until then must score at least (at most, where less is better) for the trial to go on.
    """

    epoch: int
    score: float


@attrs.frozen(kw_only=True)
class TrialJob:
    """One configuration to evaluate.

    Attributes:
        trial_id: The trial's name, unique in the search.
        configuration: The values of all active hyperparameters.
        epochs: How many epochs to train at most.
        seed: Seeds the initial weights, dropout, augmentation and the order of rows.
        seconds: How long training and validation may take; `None` for no limit.
        grace: For how many seconds more it is left alone before it is interrupted, wherever it is.
        directory: Where the trial leaves its trained model.
        attempt: 1 for the first run, 2 for the retry.
        batch_size_divisor: 2 when retried after the memory ran out.
        learning_rate_factor: 0.1 when retried after the loss became NaN.
        refit_epochs: Train for so many of the epochs, and keep the last one whatever it scores: on all rows there is
            nothing to choose an epoch by. `None` for a trial.
        rungs: Where the trial is ended if it does poorly, by rising epochs; none for a trial that is never pruned.
        search_seconds: How many seconds are left for trials in the whole search when the job is submitted; `None` for no
            limit. So long it may wait for a worker; then it has all of its `seconds`, if the search does not end before.
        search_grace: For how many seconds more a trial is left alone that still runs then.
    """

    trial_id: str
    configuration: Configuration
    epochs: int
    seed: int
    seconds: float | None
    directory: str
    attempt: int = 1
    batch_size_divisor: int = 1
    learning_rate_factor: float = 1.0
    refit_epochs: int | None = None
    rungs: tuple[Rung, ...] = ()
    grace: float = GRACE
    search_seconds: float | None = None
    search_grace: float = GRACE

    def to_json(self) -> dict[str, Any]:
        """Return the job as JSON data, without what is as usual: most of the journal's bytes are its trials' records."""
        return attrs.asdict(self, filter=lambda field, value: value != field.default)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TrialJob:
        """Return the job that `to_json` described."""
        fields = {field.name: data[field.name] for field in attrs.fields(cls) if field.name in data}
        fields["rungs"] = tuple(Rung(**rung) for rung in fields.get("rungs", ()))
        return cls(**fields)


def retried(job: TrialJob, kind: str) -> TrialJob:
    """Return a job as it is tried once more after a failure, with what may help then.

    Args:
        job: The job as it was tried first.
        kind: What kind of failure it was, one of `RETRIES`.
    """
    return attrs.evolve(job, attempt=2, **RETRIES[kind])


@attrs.frozen(kw_only=True)
class Failure:
    """Why a trial has no score.

    Attributes:
        kind: `"oom"` (memory ran out), `"nan"` (the loss diverged, or no score is a number), `"timeout"` (no epoch fitted
            into its time), `"crash"` (the worker died), `"too_large"` (over `max_model_size`), `"unavailable"` (something
            it needs cannot be had, e.g. pretrained weights without a network; this counts as no trial), `"not_begun"` (no
            worker was free for it before the search's end, or its time was up before it could go on from its checkpoint;
            it is not recorded, a later run begins it or goes on with it) or `"bug"` (any other exception).
        reason: One line for people.
    """

    kind: FailureKind
    reason: str


@attrs.frozen(kw_only=True)
class TrialOutcome:
    """What came out of one trial.

    Attributes:
        trial_id: The trial's name.
        configuration: The values it was built from.
        status: `"completed"`, `"pruned"` (ended at a rung, since others did better by then) or `"failed"`.
        score: The objective at the best epoch; `None` if the trial failed. A pruned trial's is that of fewer epochs.
        metrics: All metrics at the best epoch.
        history: All metrics of every epoch, in order.
        best_epoch: The epoch whose weights were kept, counted from 1; 0 if there is none.
        seconds: Wall-clock seconds of the whole trial.
        seconds_per_epoch: How long an epoch took with its validation, without what the first step takes to get ready;
            0 if that was not measured.
        parameters: The number of the model's parameters; 0 if it was never built.
        planned_epochs: For how many epochs it was planned; 0 where that is not known.
        cut_short: Whether the time limit ended training before all epochs ran.
        directory: Where the trained model lies; empty if there is none.
        attempts: How often it ran, 2 after a retry.
        elapsed: Seconds of searching up to its end, those of earlier runs of the same search included.
        failure: Why there is no score.
        takes_raw_rows: Whether its exported model takes raw rows: no preprocessor, such as a tokenizer, stays outside.
    """

    trial_id: str
    configuration: Configuration
    status: TrialStatus
    score: float | None = None
    metrics: Mapping[str, float] = attrs.field(factory=dict)
    history: Mapping[str, list[float]] = attrs.field(factory=dict)
    best_epoch: int = 0
    seconds: float = 0.0
    seconds_per_epoch: float = 0.0
    parameters: int = 0
    planned_epochs: int = 0
    cut_short: bool = False
    directory: str = ""
    attempts: int = 1
    elapsed: float = 0.0
    failure: Failure | None = None
    takes_raw_rows: bool = True

    @property
    def pace(self) -> dict[str, Any]:
        """How long an epoch took, the whole trial, and of how many epochs it was."""
        return {"seconds_per_epoch": self.seconds_per_epoch, "seconds": self.seconds, "epochs": self.epochs}

    @property
    def is_skipped(self) -> bool:
        """Whether the trial needed something that cannot be had, so that it counts as none."""
        return self.failure is not None and self.failure.kind == "unavailable"

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return max((len(values) for values in self.history.values()), default=0)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON data."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> TrialOutcome:
        """Return the outcome that `to_json` described."""
        fields = {field.name: data[field.name] for field in attrs.fields(cls) if field.name in data}
        if fields.get("failure") is not None:
            fields["failure"] = Failure(**fields["failure"])
        return cls(**fields)


def failed_outcome(job: TrialJob, failure: Failure, *, seconds: float = 0.0, parameters: int = 0) -> TrialOutcome:
    """Return the outcome of a trial that has no score.

    Args:
        job: The trial's job.
        failure: Why.
        seconds: How long it had been running, where it does not say so itself.
        parameters: The number of the model's parameters, if it was built.
    """
    return TrialOutcome(
        trial_id=job.trial_id,
        configuration=job.configuration,
        status="failed",
        seconds=seconds,
        parameters=parameters,
        planned_epochs=job.epochs,
        attempts=job.attempt,
        failure=failure,
    )


@attrs.frozen(kw_only=True)
class EnsembleRecord:
    """The ensemble that was put together from a search's trials.

    Attributes:
        objective: The metric that was optimised.
        score: The objective of the members' weighted mean on the validation rows.
        single_score: That of the best single trial, on the same rows.
        weights: Each member's share in the mean, by trial id; the best member first. Together 1.
        metrics: All metrics of the mean on the validation rows.
        single_metrics: All metrics of the best single trial, on the same rows.
    """

    objective: str
    score: float
    single_score: float
    weights: Mapping[str, float]
    metrics: Mapping[str, float] = attrs.field(factory=dict)
    single_metrics: Mapping[str, float] = attrs.field(factory=dict)

    def __str__(self) -> str:
        score, single = f"{self.score:.4f}", f"{self.single_score:.4f}"
        text = f"ensemble of {len(self.weights)}: {self.objective} {score} (best single {single})"
        if score == single and VALIDATION_LOSS in self.metrics and VALIDATION_LOSS in self.single_metrics:
            loss, single_loss = self.metrics[VALIDATION_LOSS], self.single_metrics[VALIDATION_LOSS]  # they decided then
            text += f", {VALIDATION_LOSS} {loss:.4g} ({single_loss:.4g})"
        return text

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON data."""
        return attrs.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EnsembleRecord:
        """Return the record that `to_json` described."""
        return cls(**{field.name: data[field.name] for field in attrs.fields(cls)})


def rank(score: float, loss: float, *, maximise: bool) -> tuple[float, float]:
    """Return what a completed trial is ordered by: the best one has the smallest.

    Between equal scores the lower validation loss comes first: a few hundred validation rows give many equal
    accuracies, and the loss still tells the models apart.

    Args:
        score: The trial's score.
        loss: Its validation loss; infinite where it is not known. One that is NaN is as bad as that.
        maximise: Whether more of the score is better.
    """
    return -score if maximise else score, math.inf if math.isnan(loss) else loss


def rank_outcomes(outcomes: Iterable[TrialOutcome], *, maximise: bool, by_loss: bool = True) -> list[TrialOutcome]:
    """Return the completed trials (pruned ones are none), the best first, as `rank` orders them.

    Args:
        outcomes: Trials in the order in which they ended, which decides between equals; those that failed are left out.
        maximise: Whether more of the score is better.
        by_loss: Whether the lower validation loss comes first between equal scores; if not, the earlier trial does.
    """

    def key(outcome: TrialOutcome) -> tuple[float, float]:
        assert outcome.score is not None
        loss = outcome.metrics.get(VALIDATION_LOSS, math.inf) if by_loss else 0.0
        return rank(outcome.score, loss, maximise=maximise)

    completed = [outcome for outcome in outcomes if outcome.status == "completed" and outcome.score is not None]
    return sorted(completed, key=key)


def best_outcome(outcomes: Iterable[TrialOutcome], *, maximise: bool) -> TrialOutcome | None:
    """Return the completed trial that ranks first; `None` if none completed."""
    return next(iter(rank_outcomes(outcomes, maximise=maximise)), None)
