"""The oracle of the paper's algorithm under KerasTuner's own tuner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from autokeras_core.search.domains import Choice, Int
from autokeras_core.search.kt_adapter import to_hyperparameters
from autokeras_core.search.oracle import MutationOracle
from autokeras_core.search.space import Space, configuration_key
from tests.heavy.oracle_runs import SPACE, score_of


class _Scorer(keras_tuner.HyperModel):  # type: ignore[misc]
    """A tiny model whose one weight is the score; asks for its hyperparameters while it is built."""

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Return a compiled model of one number."""
        hp.Choice("kind", ["a", "b"])
        with hp.conditional_scope("kind", ["b"]):
            hp.Int("units", 1, 9)
        hp.Float("rate", 0.0, 1.0)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(loss="mse")
        return model

    def fit(self, hp: keras_tuner.HyperParameters, model: keras.Model, *args: Any, **kwargs: Any) -> float:
        """Return the score without training."""
        return float(hp.get("rate")) + (float(hp.get("units")) if hp.get("kind") == "b" else 3.0)


def test_it_runs_under_a_plain_keras_tuner_tuner(tmp_path: Path) -> None:
    """The space is found by building; the predefined configuration comes first, then mutations."""
    oracle = MutationOracle(max_trials=4, seed=0, predefined=[{"kind": "b", "units": 5}])
    tuner = keras_tuner.Tuner(oracle=oracle, hypermodel=_Scorer(), directory=tmp_path, project_name="p")

    tuner.search(np.zeros((2, 1)), np.zeros((2, 1)), verbose=0)

    tried = [dict(oracle.trials[trial_id].hyperparameters.values) for trial_id in oracle.start_order]
    assert tried[0] == {"kind": "b", "units": 5, "rate": 0.0}
    assert len({configuration_key(each) for each in tried}) == 4
    assert all(oracle.search_space.validate(each) == each for each in tried)


class _Numbers(keras_tuner.Tuner):  # type: ignore[misc]
    """KerasTuner's idiom for tuning anything: `run_trial` returns the number to minimise."""

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> float:
        """Return the score without a model."""
        return -score_of(trial.hyperparameters.values)


@pytest.mark.parametrize("seed", [0, 5])
def test_equal_seeds_give_equal_searches_under_keras_tuner(seed: int, tmp_path: Path) -> None:
    """With KerasTuner's own search loop and its own kind of search space."""
    sequences = []

    for number in (1, 2):
        oracle = MutationOracle(max_trials=8, seed=seed, hyperparameters=to_hyperparameters(SPACE))
        _Numbers(oracle=oracle, directory=tmp_path, project_name=str(number)).search(verbose=0)
        sequences.append([dict(oracle.trials[each].hyperparameters.values) for each in oracle.start_order])

    assert sequences[0] == sequences[1]
    assert len({configuration_key(each) for each in sequences[0]}) == 8


class _Losses(keras_tuner.Tuner):  # type: ignore[misc]
    """Reports one accuracy for all trials, and another loss for each, as Keras's histories would."""

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Return the metrics without a model."""
        return {"val_accuracy": 0.5, "val_loss": -score_of(trial.hyperparameters.values), "odd": 1.0}


def test_between_equal_scores_the_lower_loss_wins_under_keras_tuner(tmp_path: Path) -> None:
    """Its own tuners report all metrics, so the best is the one of the lowest loss."""
    oracle = MutationOracle("val_accuracy", max_trials=8, seed=0, hyperparameters=to_hyperparameters(SPACE))

    _Losses(oracle=oracle, directory=tmp_path, project_name="p").search(verbose=0)

    scores = [score_of(trial.hyperparameters.values) for trial in oracle.trials.values()]
    assert len(set(scores)) > 1
    assert score_of(oracle._best_trial().hyperparameters.values) == max(scores)


def test_a_hypermodel_may_add_to_a_declared_space(tmp_path: Path) -> None:
    """What is declared stays exact, what the model asks for besides is searched as well."""
    declared = Space({"kind": Choice(["a"]), "depth": Int(1, 3)})
    oracle = MutationOracle(max_trials=4, space=declared, seed=0)
    tuner = keras_tuner.Tuner(oracle=oracle, hypermodel=_Scorer(), directory=tmp_path, project_name="p")

    tuner.search(np.zeros((2, 1)), np.zeros((2, 1)), verbose=0)

    tried = [trial.hyperparameters.values for trial in oracle.trials.values()]
    assert oracle.search_space["kind"] == declared["kind"]
    assert len({values["rate"] for values in tried}) > 1
    assert {values["kind"] for values in tried} == {"a"}
