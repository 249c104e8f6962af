"""A search's driver on a made-up space, with an executor that trains nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from autokeras_core import ArrayInput, Choice, ClassificationHead, Space
from autokeras_core.engine.context import Objective, TrialContext
from autokeras_core.executors.base import Executor, TrialObserver
from autokeras_core.progress import SilentProgress
from autokeras_core.search.budget import Budget
from autokeras_core.search.driver import SearchDriver
from autokeras_core.search.journal import Journal
from autokeras_core.search.oracles import make_oracle
from autokeras_core.search.pacing import Pacer
from autokeras_core.search.records import Failure, TrialJob, TrialOutcome
from tests.heavy.engine_doubles import TRAIN, Wants, make_case

__all__ = ["SPACE", "Scripted", "events_of", "make_driver", "raising", "score_of"]

SPACE = Space({"a": Choice(list(range(6))), "b": Choice(list(range(6)))})


def score_of(job: TrialJob) -> float:
    """Return a made-up score that depends on the configuration only."""
    return (7 * int(job.configuration["a"]) + 3 * int(job.configuration["b"])) % 11 / 11


class Scripted:
    """An executor that trains nothing: the newest job ends first, with a score or as the script says.

    Attributes:
        script: Failures of a trial's attempts, by trial id.
        most: How many jobs it held at once.
        jobs: All jobs in the order in which they came.
    """

    def __init__(self, capacity: int = 1, script: dict[str, list[Failure]] | None = None) -> None:
        self.capacity = capacity
        self.script = script or {}
        self.most = 0
        self.jobs: list[TrialJob] = []
        self.before_each: Callable[[TrialJob], None] = lambda job: None
        self.is_closed = False
        self._held: list[TrialJob] = []

    def open(self, context: TrialContext, observer: TrialObserver) -> None:
        """Do nothing."""

    def submit(self, job: TrialJob) -> None:
        """Keep the job."""
        self.jobs.append(job)
        self._held.append(job)
        self.most = max(self.most, len(self._held))

    def wait(self) -> TrialOutcome:
        """Return the outcome of the newest job."""
        job = self._held.pop()
        self.before_each(job)
        failures = self.script.get(job.trial_id, [])
        values: dict[str, Any] = {"trial_id": job.trial_id, "configuration": job.configuration, "attempts": job.attempt}
        if len(failures) >= job.attempt:
            return TrialOutcome(status="failed", failure=failures[job.attempt - 1], **values)
        return TrialOutcome(status="completed", score=score_of(job), best_epoch=1, directory=job.directory, **values)

    def close(self) -> None:
        """Take note."""
        self.is_closed = True


def make_driver(directory: Path, executor: Executor, *, max_trials: int = 6, **options: Any) -> SearchDriver:
    """Return a driver of a search on a made-up space."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Wants()(start)))
    directory.mkdir(parents=True, exist_ok=True)
    budget = options.pop("budget", None) or Budget(max_trials=max_trials, deadline=None, workers=executor.capacity)
    pacer = Pacer(cost=lambda configuration: None, budget=budget, rows=TRAIN, epochs=3)
    oracle = options.pop("oracle", None) or make_oracle(
        "mutation",
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=max_trials,
        seed=0,
        predefined=[{"a": 0, "b": 0}, {"a": 1, "b": 1}],
        pacer=pacer,
        directory=directory,
    )
    return SearchDriver(
        oracle=oracle,
        space=SPACE,
        context=TrialContext(
            graph=case.graph,
            profile=case.profile,
            store=case.store,
            train_targets={},
            validation_targets={},
            train_weights=None,
            validation_weights=None,
            objective=Objective("val_accuracy", "max"),
        ),
        executor=executor,
        budget=budget,
        pacer=pacer,
        journal=Journal.create(directory / "journal.jsonl"),
        progress=SilentProgress(),
        directory=directory,
        epochs=3,
        seed=0,
        on_completed=lambda record: None,
        **options,
    )


def events_of(driver: SearchDriver, name: str) -> list[dict[str, Any]]:
    """Return the journal's events of a name."""
    return [event for event in driver.journal.events() if event["event"] == name]


def raising(error: BaseException) -> Callable[..., None]:
    """Return what raises when it is called."""

    def fail(*arguments: Any) -> None:
        raise error

    return fail
