"""Oracles that go on where an earlier run of the search ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import keras_tuner
import pytest

from autokeras_core.errors import SearchError
from autokeras_core.search.oracles import can_be_replayed, finish_trial, replay
from autokeras_core.search.records import TrialJob
from autokeras_core.search.space import Configuration, configuration_key
from tests.heavy.oracle_runs import SMALL, make, proposals, run


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


def test_a_replayed_oracle_knows_which_of_equal_scores_has_the_lower_loss(tmp_path: Path) -> None:
    """As it did before: the same trial is mutated."""
    before = run(make("mutation", tmp_path / "1"), 3, score=lambda _: 0.5)
    told = [attrs.evolve(each, metrics={"val_loss": loss}) for each, loss in zip(before, (0.3, 0.1, 0.2), strict=True)]
    oracle = make("mutation", tmp_path / "2")

    replay(oracle, told)

    assert oracle._best_trial().trial_id == told[1].trial_id


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

    assert not can_be_replayed(tuner)
    with pytest.raises(SearchError, match=f"the tuner {name} cannot be continued.*another tuner"):
        replay(make(tuner, tmp_path / "2"), before)


def test_an_oracle_that_has_seen_its_trials_need_not_be_told(tmp_path: Path) -> None:
    """It goes on by itself."""
    own = keras_tuner.oracles.GridSearchOracle()

    run(make(own, tmp_path), 1)

    assert can_be_replayed(own)


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
