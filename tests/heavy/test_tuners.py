"""All tuners, and oracles of the user's own, as a search meets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras_tuner
import pytest
from keras_tuner.engine.trial import TrialStatus

from autokeras_core.errors import SearchError
from autokeras_core.search.domains import Float, Int
from autokeras_core.search.oracle import MutationOracle
from autokeras_core.search.oracles import TUNERS
from autokeras_core.search.space import Space
from tests.heavy.oracle_runs import SPACE, make, proposals, run


@pytest.mark.parametrize("tuner", TUNERS)
def test_every_tuner_proposes_configurations_of_our_space(tuner: str, tmp_path: Path) -> None:
    """Conditions, booleans, logarithmic and fixed values arrive as the space declares them; `run` validates them."""
    outcomes = run(make(tuner, tmp_path), 5)

    assert len(outcomes) == 5
    for configuration in proposals(outcomes):
        assert SPACE.active(configuration) == tuple(configuration)
        assert configuration["classes"] == 10
        assert isinstance(configuration["augment"], bool)


def test_bayesian_uses_its_model_after_the_first_trials(tmp_path: Path) -> None:
    """With a small space the Gaussian process takes over within a few trials, and proposes valid values."""
    space = Space({"x": Float(0.0, 1.0)})
    oracle = make("bayesian", tmp_path, space=space)

    outcomes = run(oracle, 4, space=space, score=lambda configuration: -abs(float(configuration["x"]) - 0.3))

    assert len(outcomes) == 4
    assert len(oracle.gpr.X_train_) == 3


def test_random_search_reaches_every_configuration_of_a_small_space(tmp_path: Path) -> None:
    """KerasTuner gives up after 20 collisions; that is long before a space of 60 is exhausted."""
    space = Space({"a": Int(1, 60)})

    outcomes = run(make("random", tmp_path, space=space, max_trials=100), 99, space=space)

    assert len(outcomes) == 60


def test_hyperband_hands_out_epochs(tmp_path: Path) -> None:
    """Its values hold how long to train, at most `max_epochs`; max_trials is respected."""
    oracle = make("hyperband", tmp_path, max_trials=9, max_epochs=9)
    epochs = []

    for _ in range(20):
        trial = oracle.create_trial("driver")
        if trial.status == TrialStatus.STOPPED:
            break
        epochs.append(trial.hyperparameters.values["tuner/epochs"])
        oracle.update_trial(trial.trial_id, {"val_accuracy": 0.5})
        trial.status = TrialStatus.COMPLETED
        oracle.end_trial(trial)

    assert len(epochs) == 9
    assert all(1 <= each <= 9 for each in epochs)


def test_max_trials_none_means_no_limit(tmp_path: Path) -> None:
    """A time limit alone ends such a search."""
    assert len(run(make("mutation", tmp_path, max_trials=None), 25)) == 25


@pytest.mark.parametrize("tuner", ["mutatoin", 3, None])
def test_an_unknown_tuner_is_an_error(tuner: Any, tmp_path: Path) -> None:
    """The message lists the names, and suggests one."""
    with pytest.raises(SearchError, match=r"'mutation', 'paper', 'random', 'bayesian', 'hyperband'"):
        make(tuner, tmp_path)


def test_an_oracle_of_the_users_is_completed(tmp_path: Path) -> None:
    """It gets the space and the objective where it has none, and keeps its own settings."""
    own = keras_tuner.oracles.RandomSearchOracle(max_trials=3, seed=7)

    oracle = make(own, tmp_path, max_trials=20)

    assert oracle is own
    assert len(run(oracle, 9)) == 3
    assert oracle.seed == 7


def test_an_oracle_of_the_users_without_a_limit_stays_so(tmp_path: Path) -> None:
    """The search counts its trials itself; a limit that it left there would end the next search before it began."""
    own = keras_tuner.oracles.RandomSearchOracle(max_trials=None, seed=7)

    assert make(own, tmp_path, max_trials=3).max_trials is None


def test_an_oracle_of_the_users_hands_out_no_trial_twice(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The journal would have two ends of one trial; the log says that the setting is not used."""
    own = keras_tuner.oracles.RandomSearchOracle(max_trials=9, seed=7, max_retries_per_trial=2)

    outcomes = run(make(own, tmp_path), 4, score=lambda _: None)

    assert len({outcome.trial_id for outcome in outcomes}) == 4
    assert "max_retries_per_trial=2 of the RandomSearchOracle is not used" in caplog.text


def test_an_oracle_with_a_space_keeps_it(tmp_path: Path) -> None:
    """The user may search less than the graph's space."""
    own = MutationOracle(max_trials=5, space=SPACE.narrow({"block_type": "resnet"}), seed=0)

    outcomes = run(make(own, tmp_path), 5)

    assert {each["block_type"] for each in proposals(outcomes)} == {"resnet"}


def test_an_oracle_with_another_objective_is_refused(tmp_path: Path) -> None:
    """It would wait for a metric that the search never reports."""
    own = keras_tuner.oracles.RandomSearchOracle(keras_tuner.Objective("val_loss", "min"))

    with pytest.raises(SearchError, match="optimises something else"):
        make(own, tmp_path)
