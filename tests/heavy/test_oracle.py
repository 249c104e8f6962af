"""Oracles: Algorithm 1 of the paper, seeds, and failures, as a search meets them."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from keras_tuner.engine.trial import TrialStatus

from autokeras_core.errors import SearchError, SpaceError
from autokeras_core.search.domains import Choice, Float, Int
from autokeras_core.search.mutation import mutate
from autokeras_core.search.oracle import MutationOracle
from autokeras_core.search.oracles import TUNERS, finish_trial
from autokeras_core.search.records import Failure, TrialOutcome, best_outcome
from autokeras_core.search.space import Configuration, Space, configuration_key
from tests.heavy.oracle_runs import SMALL, SPACE, make, proposals, run


def test_a_trace_of_algorithm_one(tmp_path: Path) -> None:
    """Predefined 1 and 2 in order, then mutations of the best so far: first of 2, and of trial 3 once that is best."""
    space = Space({"x/a": Int(0, 99), "x/b": Int(0, 99), "c": Int(0, 99)})
    predefined = [{"x/a": 1, "x/b": 1, "c": 1}, {"x/a": 2, "c": 2}]
    oracle = make("mutation", tmp_path, space=space, predefined=predefined, seed=4)
    scores = iter([0.5, 0.7, 0.6, 0.9, 0.8])

    done = proposals(run(oracle, 5, space=space, score=lambda _: next(scores)))

    assert done[0] == {"x/a": 1, "x/b": 1, "c": 1}
    assert done[1] == {"x/a": 2, "x/b": 0, "c": 2}  # what a predefined configuration leaves out gets its default
    bests = {2: done[1], 3: done[1], 4: done[3]}  # trial 2 scored 0.6 < 0.7, trial 3 scored 0.9 > 0.7
    for number, best in bests.items():
        tried = {configuration_key(each) for each in done[:number]}
        mutation = mutate(best, space=space, rng=np.random.default_rng([4, number]), tried=tried)
        assert mutation is not None
        assert done[number] == mutation.configuration
        outside = [name for name in space if mutation.path and not name.startswith(mutation.path)]
        assert all(done[number][name] == best[name] for name in outside)


def test_without_predefined_configurations_the_defaults_come_first(tmp_path: Path) -> None:
    """Algorithm 1 needs a configuration to mutate."""
    assert proposals(run(make("mutation", tmp_path), 1)) == [SPACE.defaults()]


def test_the_best_is_the_smallest_where_the_objective_is_minimised(tmp_path: Path) -> None:
    """Directions are respected: the trial after is near the one with the lowest loss."""
    space = Space({"a": Float(0.0, 1.0), "b": Float(0.0, 1.0), "c": Float(0.0, 1.0)})
    predefined = [{"a": 0.1, "b": 0.1, "c": 0.1}, {"a": 0.9, "b": 0.9, "c": 0.9}]
    oracle = make("mutation", tmp_path, space=space, predefined=predefined, objective=("val_loss", "min"), seed=1)
    run(oracle, 2, space=space, score=lambda configuration: configuration["a"])  # type: ignore[arg-type,return-value]

    best = oracle._best_trial()

    assert best.hyperparameters.values["a"] == 0.1


def test_of_equal_scores_the_earliest_is_the_best_and_failed_trials_are_not(tmp_path: Path) -> None:
    """A tie changes nothing, a failed trial has no score."""
    oracle = make("mutation", tmp_path)
    scores = iter([None, 0.5, 0.5, None])

    run(oracle, 4, score=lambda _: next(scores))

    assert oracle._best_trial().trial_id == oracle.start_order[1]


@pytest.mark.parametrize("objective", [("val_accuracy", "max"), ("val_error", "min"), ("val_loss", "min")], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_mutated_is_what_ranks_first_among_the_trials(
    objective: tuple[str, Literal["min", "max"]], seed: int, tmp_path: Path
) -> None:
    """After each trial: between equal scores the lower validation loss wins; a trial may fail, or have no loss."""
    oracle, rng = make("mutation", tmp_path, objective=objective), np.random.default_rng(seed)
    outcomes: list[TrialOutcome] = []
    for _ in range(15):
        trial = oracle.create_trial("driver")
        score = rng.choice([0.5, 0.5, 0.25, None])
        loss = score if objective[0] == "val_loss" else rng.choice([0.1, 0.2, float("nan"), None])
        outcome = TrialOutcome(
            trial_id=trial.trial_id,
            configuration=dict(trial.hyperparameters.values),
            status="failed" if score is None else "completed",
            score=score,
            metrics={} if loss is None else {"val_loss": loss},
            best_epoch=int(rng.integers(1, 9)),
            failure=Failure(kind="bug", reason="it failed") if score is None else None,
        )
        finish_trial(oracle, trial, outcome)
        outcomes.append(outcome)

        best, mutated = best_outcome(outcomes, maximise=objective[1] == "max"), oracle._best_trial()

        assert (mutated and mutated.trial_id) == (best and best.trial_id)


@pytest.mark.parametrize(("tuner", "expected"), [("mutation", 1), ("paper", 2)])
def test_of_scores_that_nobody_can_tell_apart_the_lowest_loss_is_mutated(
    tuner: str, expected: int, tmp_path: Path
) -> None:
    """Two are within the error of the best score, and a third one is clearly worse; the paper goes by the score alone."""
    oracle = make(tuner, tmp_path, score_error=lambda score: 0.02)

    for score, loss in [(0.7, 0.1), (0.8, 0.4), (0.81, 0.5)]:
        trial = oracle.create_trial("driver")
        outcome = TrialOutcome(
            trial_id=trial.trial_id,
            configuration=dict(trial.hyperparameters.values),
            status="completed",
            score=score,
            metrics={"val_loss": loss},
        )
        finish_trial(oracle, trial, outcome)

    assert oracle._best_trial().trial_id == oracle.start_order[expected]


def test_between_scores_that_nobody_can_tell_apart_the_higher_one_decides_where_losses_are_equal(
    tmp_path: Path,
) -> None:
    """As where no loss is known at all."""
    oracle, scores = make("mutation", tmp_path, score_error=lambda score: 0.5), iter([0.5, 0.7, 0.6])

    run(oracle, 3, score=lambda _: next(scores))

    assert oracle._best_trial().score == 0.7


def test_where_a_trial_was_mutated_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Which sub-module was drawn anew is not to be seen from the two configurations alone."""
    oracle = make("mutation", tmp_path, space=Space({"units": Int(1, 9)}))

    with caplog.at_level(logging.DEBUG, logger="autokeras_core.search.oracle"):
        run(oracle, 2, space=Space({"units": Int(1, 9)}))

    assert re.fullmatch(r"Trial 00 was mutated at '(units)?'\.", caplog.messages[-1])


def test_a_predefined_configuration_that_comes_twice_is_evaluated_once(tmp_path: Path) -> None:
    """No configuration is ever repeated."""
    oracle = make("mutation", tmp_path, space=SMALL, predefined=[{"a": 2}, {"a": 2}, {"a": 3}])

    assert proposals(run(oracle, 2, space=SMALL)) == [{"a": 2}, {"a": 3}]


class Pace:
    """There is time for configurations with few units only, and the last predefined one is chosen."""

    def choose(self, configurations: Sequence[Configuration]) -> int | None:
        """Return the last one that is admitted."""
        admitted = [index for index, each in enumerate(configurations) if self.admits(each)]
        return admitted[-1] if admitted else None

    def admits(self, configuration: Configuration) -> bool:
        """Return whether there is time."""
        units = configuration["units"]
        assert isinstance(units, int)
        return units <= 24


def test_a_pacer_chooses_among_predefined_configurations(tmp_path: Path) -> None:
    """What it does not choose is left out, and mutations follow."""
    predefined = [{"units": units} for units in (8, 16, 24, 64)]
    oracle = make("mutation", tmp_path, predefined=predefined, pacer=Pace(), max_trials=None, seed=0)

    tried = [outcome.configuration["units"] for outcome in run(oracle, 5)]

    assert tried[:3] == [24, 16, 8]
    assert 64 not in tried


def test_a_pacer_refuses_mutations(tmp_path: Path) -> None:
    """They are drawn again until there is time for one."""
    oracle = make("mutation", tmp_path, pacer=Pace(), max_trials=None, seed=0)

    tried = [outcome.configuration["units"] for outcome in run(oracle, 30)]

    assert len(tried) == 30
    assert max(tried) <= 24


def test_a_pacer_that_refuses_all_ends_the_search(tmp_path: Path) -> None:
    """There is time for none of what is left."""
    oracle = make("mutation", tmp_path, space=Space({"units": Choice([8, 32, 64])}), pacer=Pace(), seed=0)

    assert len(run(oracle, 5, space=Space({"units": Choice([8, 32, 64])}))) == 1


def test_predefined_configurations_that_do_not_fit_are_named_at_once(tmp_path: Path) -> None:
    """All of them in one message, before any trial."""
    with pytest.raises(SpaceError, match=r"number 1: .*number 3: "):
        make("mutation", tmp_path, space=SMALL, predefined=[{"a": 9}, {"a": 1}, {"z": 1}])


def test_a_finite_space_is_searched_completely_then_the_oracle_stops(tmp_path: Path) -> None:
    """Every configuration once, then STOPPED although max_trials is not reached."""
    oracle = make("mutation", tmp_path, space=SMALL, max_trials=50)

    outcomes = run(oracle, 50, space=SMALL)

    keys = [configuration_key(each) for each in proposals(outcomes)]
    assert len(keys) == len(set(keys)) == SMALL.size


def test_a_large_enough_space_reaches_max_trials(tmp_path: Path) -> None:
    """Collisions never end a search: 30 trials in a space of 36."""
    space = Space({"a": Choice([1, 2, 3]), "b": Choice([1, 2, 3, 4]), "c": Choice([1, 2, 3])})

    outcomes = run(make("mutation", tmp_path, space=space, max_trials=30), 99, space=space)

    assert len(outcomes) == 30


@pytest.mark.parametrize("tuner", TUNERS)
@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1, 2**40])
def test_equal_seeds_propose_equal_sequences(tuner: str, seed: int, tmp_path: Path) -> None:
    """The seed 0 too, which KerasTuner takes for none."""
    first = run(make(tuner, tmp_path / "1", seed=seed), 6)
    second = run(make(tuner, tmp_path / "2", seed=seed), 6)

    assert proposals(first) == proposals(second)


@pytest.mark.parametrize("tuner", TUNERS)
def test_different_seeds_propose_different_sequences(tuner: str, tmp_path: Path) -> None:
    """0 and 1 are different seeds."""
    first = run(make(tuner, tmp_path / "1", seed=0), 6)
    second = run(make(tuner, tmp_path / "2", seed=1), 6)

    assert proposals(first) != proposals(second)


def test_neighbouring_seeds_draw_nothing_in_common(tmp_path: Path) -> None:
    """KerasTuner draws each value with the next seed, so that seed 1 would repeat seed 0's draws one place further on."""
    space = Space({f"rate_{number}": Float(0.0, 1.0) for number in range(3)})

    def drawn(seed: int) -> set[object]:
        oracle = make("random", tmp_path / str(seed), space=space, seed=seed)
        outcomes = run(oracle, 5, space=space, score=lambda configuration: 0.5)
        return {value for outcome in outcomes for value in outcome.configuration.values()}

    assert len(drawn(0)) == 15
    assert not drawn(0) & drawn(1)


def test_the_seed_is_stored() -> None:
    """Given or drawn, it can be read from the oracle; without one, each oracle draws its own."""
    drawn = {MutationOracle(space=SPACE).seed for _ in range(5)}

    assert MutationOracle(space=SPACE, seed=0).seed == 0
    assert len(drawn) == 5
    assert MutationOracle(space=SPACE, seed=0).get_state()["seed"] == 0


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True])
def test_what_is_no_seed_is_an_error(seed: Any) -> None:
    """NumPy's generators take integers of at least 0."""
    with pytest.raises(SearchError, match="seed cannot be used"):
        MutationOracle(space=SPACE, seed=seed)


@pytest.mark.parametrize("tuner", TUNERS)
def test_ten_failed_trials_in_a_row_do_not_stop_a_search(tuner: str, tmp_path: Path) -> None:
    """KerasTuner raises after three; here the eleventh is proposed as if nothing had happened."""
    oracle = make(tuner, tmp_path)

    outcomes = run(oracle, 11, score=lambda _: None)

    assert len(outcomes) == 11
    assert {trial.status for trial in oracle.trials.values()} == {TrialStatus.FAILED}


def test_without_a_completed_trial_untried_configurations_are_drawn(tmp_path: Path) -> None:
    """There is nothing to mutate, and still nothing comes twice."""
    outcomes = run(make("mutation", tmp_path, space=SMALL), 99, space=SMALL, score=lambda _: None)

    assert len({configuration_key(each) for each in proposals(outcomes)}) == SMALL.size


@pytest.mark.filterwarnings("ignore:All-NaN axis")
def test_a_score_of_nan_is_a_failed_trial(tmp_path: Path) -> None:
    """It is never the best."""
    oracle = make("mutation", tmp_path)

    run(oracle, 2, score=lambda _: float("nan"))

    assert oracle._best_trial() is None


def test_an_error_inside_end_trial_does_not_lock_the_oracle(tmp_path: Path) -> None:
    """KerasTuner keeps its lock when an exception passes; then the next thread would wait forever."""
    oracle = make("mutation", tmp_path)
    trial = oracle.create_trial("driver")
    trial.status = TrialStatus.COMPLETED
    with pytest.raises(ValueError, match="Unknown metric"):
        oracle.end_trial(trial)  # completed, but its metrics were never reported
    with pytest.raises(ValueError, match="Objective value missing"):
        oracle.update_trial(trial.trial_id, {"other": 1.0})

    other = threading.Thread(target=lambda: oracle.update_trial(trial.trial_id, {"val_accuracy": 0.5}), daemon=True)
    other.start()
    other.join(timeout=20)

    assert not other.is_alive()
    oracle.end_trial(trial)
    assert oracle._best_trial().score == 0.5
