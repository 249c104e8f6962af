"""Oracles: Algorithm 1 of the paper, and the other tuners, as a search meets them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.trial import TrialStatus

from autokeras_core.errors import SearchError, SpaceError
from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
from autokeras_core.search.kt_adapter import to_hyperparameters
from autokeras_core.search.mutation import mutate
from autokeras_core.search.oracle import MutationOracle
from autokeras_core.search.oracles import TUNERS, can_be_told, finish_trial, make_oracle, replay
from autokeras_core.search.records import Failure, TrialJob, TrialOutcome
from autokeras_core.search.space import Configuration, Space, configuration_key

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


# Algorithm 1


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


# Seeds


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
    with pytest.raises(SearchError, match="no seed"):
        MutationOracle(space=SPACE, seed=seed)


# Failures


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


# All tuners


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


# Going on


@pytest.mark.parametrize("tuner", ["mutation", "random", "bayesian"])
def test_a_replayed_oracle_proposes_nothing_that_was_tried(tuner: str, tmp_path: Path) -> None:
    """Trials of the earlier run count, failed ones too."""
    scores = iter([0.1, None, 0.3, 0.2, None])
    before = run(make(tuner, tmp_path / "1"), 5, score=lambda _: next(scores))
    oracle = make(tuner, tmp_path / "2")

    replay(oracle, before)
    after = run(oracle, 10)

    keys = [configuration_key(each) for each in proposals(before + after)]
    assert len(after) == 10
    assert len(keys) == len(set(keys))
    assert [int(trial_id) for trial_id in oracle.start_order] == list(range(15))


def test_replay_continues_a_mutation_search_as_if_uninterrupted(tmp_path: Path) -> None:
    """Proposals depend on the seed and the results, not on the process."""
    whole = run(make("mutation", tmp_path / "1", predefined=[{"units": 64}]), 12)
    oracle = make("mutation", tmp_path / "2", predefined=[{"units": 64}])

    replay(oracle, whole[:5])

    assert proposals(run(oracle, 7)) == proposals(whole[5:])


def test_trials_may_be_replayed_in_any_order(tmp_path: Path) -> None:
    """Of several at once, one that started later may have ended earlier, and the last ones may not have ended."""
    whole = run(make("mutation", tmp_path / "1", predefined=[{"units": 64}]), 12)
    oracle = make("mutation", tmp_path / "2", predefined=[{"units": 64}])
    last = TrialJob(
        trial_id=whole[4].trial_id, configuration=whole[4].configuration, epochs=1, seed=0, seconds=None, directory=""
    )

    replay(oracle, [whole[2], whole[0], whole[3], whole[1]], unfinished=[last])
    finish_trial(oracle, oracle.trials[last.trial_id], whole[4])

    assert [int(trial_id) for trial_id in oracle.start_order] == list(range(5))
    assert proposals(run(oracle, 7)) == proposals(whole[5:])


def test_replay_continues_the_predefined_configurations(tmp_path: Path) -> None:
    """Those that were not evaluated yet come next, in order."""
    predefined: list[Configuration] = [{"a": 1}, {"a": 2}, {"a": 3}]
    before = run(make("mutation", tmp_path / "1", space=SMALL, predefined=predefined), 1, space=SMALL)
    oracle = make("mutation", tmp_path / "2", space=SMALL, predefined=predefined)

    replay(oracle, before)

    assert proposals(run(oracle, 2, space=SMALL)) == [{"a": 2}, {"a": 3}]


def test_a_small_space_is_exhausted_across_a_replay(tmp_path: Path) -> None:
    """The second run only gets what the first one left."""
    before = run(make("mutation", tmp_path / "1", space=SMALL), 3, space=SMALL)
    oracle = make("mutation", tmp_path / "2", space=SMALL)

    replay(oracle, before)

    assert len(run(oracle, 9, space=SMALL)) == SMALL.size - 3


@pytest.mark.parametrize(
    ("tuner", "name"),
    [("hyperband", "HyperbandOracle"), (keras_tuner.oracles.GridSearchOracle(), "GridSearchOracle")],
    ids=["hyperband", "a grid"],
)
def test_some_oracles_cannot_be_replayed(tuner: Any, name: str, tmp_path: Path) -> None:
    """Where they are cannot be told from results; the message says to take another tuner."""
    before = run(make("random", tmp_path / "1"), 1)

    assert not can_be_told(tuner)
    with pytest.raises(SearchError, match=f"the tuner {name} cannot be continued.*another tuner"):
        replay(make(tuner, tmp_path / "2"), before)


def test_an_oracle_that_has_seen_its_trials_need_not_be_told(tmp_path: Path) -> None:
    """It goes on by itself."""
    own = keras_tuner.oracles.GridSearchOracle()

    run(make(own, tmp_path), 1)

    assert can_be_told(own)


def test_a_gap_in_the_trials_is_an_error(tmp_path: Path) -> None:
    """KerasTuner counts trials to name the next one: with one missing, an id would come twice."""
    before = run(make("mutation", tmp_path / "1"), 3)

    with pytest.raises(SearchError, match="not complete"):
        replay(make("mutation", tmp_path / "2"), [before[0], before[2]])


def test_a_saved_and_reloaded_oracle_goes_on_with_the_same_sequence(tmp_path: Path) -> None:
    """KerasTuner's own files are enough, too; it alone would run the last finished trial again."""
    whole = proposals(run(make("mutation", tmp_path / "1", seed=3), 8))
    run(make("mutation", tmp_path / "2", seed=3), 4)
    reloaded = make("mutation", tmp_path / "2", seed=99)

    reloaded.reload()

    assert reloaded.seed == 3
    assert proposals(run(reloaded, 4)) == whole[4:]


# Under KerasTuner's own tuner


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
