"""Oracles that are asked for trials as a search asks them, without training anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
from autokeras_core.search.oracles import make_oracle
from autokeras_core.search.records import Failure, TrialOutcome
from autokeras_core.search.space import Configuration, Space

SPACE = Space(
    {
        "block_type": Choice(["conv", "resnet"]),
        "conv/filters": Choice([16, 32, 64], when={"block_type": "conv"}),
        "resnet/version": Choice(["v1", "v2"], when={"block_type": "resnet"}),
        "augment": Boolean(),
        "dropout": Float(0.0, 0.5, step=0.1),
        "learning_rate": Float(1e-4, 1e-1, log=True, default=1e-3),
        "units": Int(8, 64, step=8),
        "classes": Fixed(10),
    }
)


SMALL = Space({"a": Choice([1, 2, 3]), "b": Boolean(when={"a": 1})})  # 4 configurations


OBJECTIVE = ("val_accuracy", "max")


def score_of(configuration: Configuration) -> float:
    """Return a made-up score that depends on the configuration only."""
    return float(sum(len(repr(value)) * (index + 1) for index, value in enumerate(configuration.values())) % 17)


def run(
    oracle: keras_tuner.Oracle,
    trials: int,
    *,
    space: Space = SPACE,
    score: Callable[[Configuration], float | None] = score_of,
) -> list[TrialOutcome]:
    """Ask for trials and report their scores (`None`: failed), as the driver does; stop when the oracle does."""
    outcomes: list[TrialOutcome] = []
    for _ in range(trials):
        trial = oracle.create_trial("driver")
        if trial.status == TrialStatus.STOPPED:
            break
        configuration = space.validate(space.complete(trial.hyperparameters.values))
        reached = score(configuration)
        if reached is None:
            trial.status, trial.message = TrialStatus.INVALID, "it failed"
        else:
            oracle.update_trial(trial.trial_id, {oracle.objective.name: reached})
            trial.status = TrialStatus.COMPLETED
        oracle.end_trial(trial)
        failure = Failure(kind="bug", reason="it failed") if reached is None else None
        outcomes.append(
            TrialOutcome(
                trial_id=trial.trial_id,
                configuration=configuration,
                status="completed" if failure is None else "failed",
                score=reached,
                failure=failure,
            )
        )
    return outcomes


def proposals(outcomes: list[TrialOutcome]) -> list[Configuration]:
    """Return what was proposed."""
    return [outcome.configuration for outcome in outcomes]


def make(tuner: Any, directory: Path, *, space: Space = SPACE, **options: Any) -> keras_tuner.Oracle:
    """Return an oracle with this module's defaults."""
    options = {"objective": OBJECTIVE, "max_trials": 20, "seed": 0, **options}
    return make_oracle(tuner, space=space, directory=directory, **options)
