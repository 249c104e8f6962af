"""The driver: which trials it has run at once, in which order, and what becomes of those that fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import keras_tuner
import pytest

from autokeras_core import SearchError
from autokeras_core.engine.deadline import Deadline
from autokeras_core.search.budget import Budget
from autokeras_core.search.oracles import TUNERS, make_oracle
from autokeras_core.search.records import NO_FINITE_SCORE, Failure, TrialJob
from tests.clocks import Clock
from tests.heavy.driver_doubles import SPACE, Scripted, events_of, make_driver, score_of


@pytest.mark.parametrize("capacity", [1, 2, 4])
def test_as_many_trials_run_at_once_as_the_executor_takes(capacity: int, tmp_path: Path) -> None:
    """And as many in all as the budget allows, each configuration once."""
    executor = Scripted(capacity)
    driver = make_driver(tmp_path, executor, max_trials=6)

    driver.run()

    assert executor.most == capacity
    assert [job.trial_id for job in executor.jobs] == [str(number) for number in range(6)]
    assert len({tuple(sorted(job.configuration.items())) for job in executor.jobs}) == 6
    assert driver.stop_reason == "max_trials=6 reached"
    assert executor.is_closed


def test_trials_may_end_in_another_order_than_they_start(tmp_path: Path) -> None:
    """The journal has them as they ended; each has the seed that it would have had alone; the best is the best."""
    alone, several = Scripted(1), Scripted(3)
    make_driver(tmp_path / "1", alone, max_trials=2).run()
    driver = make_driver(tmp_path / "2", several, max_trials=6)

    driver.run()

    assert [event["trial_id"] for event in events_of(driver, "trial_completed")][:2] == ["2", "3"]
    assert [job.seed for job in several.jobs][:2] == [job.seed for job in alone.jobs]
    assert driver.best is not None
    assert driver.best.score == max(score_of(job) for job in several.jobs)


def test_the_space_is_exhausted_with_several_at_once(tmp_path: Path) -> None:
    """Running trials are not proposed again, and the last ones are waited for."""
    executor = Scripted(4)
    driver = make_driver(tmp_path, executor, max_trials=100)

    driver.run()

    assert len(driver.outcomes) == SPACE.size
    assert driver.stop_reason == "search space exhausted"


def test_an_oracle_that_has_reached_its_own_limit_is_named(tmp_path: Path) -> None:
    """KerasTuner's have one of ten if nothing else is said; the space is not exhausted then."""
    oracle = make_oracle(
        keras_tuner.oracles.RandomSearchOracle(max_trials=2),
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=6,
        seed=0,
        directory=tmp_path / "oracle",
    )
    driver = make_driver(tmp_path, Scripted(1), max_trials=6, oracle=oracle)

    driver.run()

    assert len(driver.outcomes) == 2
    assert driver.stop_reason == "the tuner's own max_trials reached"


@pytest.mark.parametrize("tuner", TUNERS)
def test_every_tuner_has_several_at_once(tuner: str, tmp_path: Path) -> None:
    """Also those of KerasTuner: none gets a running trial twice, and where one waits for a result it is asked again."""
    executor = Scripted(3)
    oracle = make_oracle(
        tuner,
        space=SPACE,
        objective=("val_accuracy", "max"),
        max_trials=8,
        seed=0,
        directory=tmp_path / "oracle",
        max_epochs=9,
    )
    driver = make_driver(tmp_path, executor, max_trials=8, oracle=oracle)

    driver.run()

    assert executor.most == 3
    assert len({outcome.trial_id for outcome in driver.outcomes}) == len(driver.outcomes) == 8


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("oom", {"batch_size_divisor": 2}),
        ("nan", {"learning_rate_factor": 0.1}),
        ("crash", {}),
    ],
)
def test_some_failures_are_tried_once_more(kind: Any, change: dict[str, Any], tmp_path: Path) -> None:
    """With what may help, while other trials go on; the journal says so."""
    executor = Scripted(2, {"1": [Failure(kind=kind, reason="bad luck")]})
    driver = make_driver(tmp_path, executor, max_trials=3)

    driver.run()

    first, second = (job for job in executor.jobs if job.trial_id == "1")
    assert attrs.evolve(first, attempt=2, **change) == second
    assert [(event["trial_id"], event["failure"]["kind"]) for event in events_of(driver, "trial_retried")] == [
        ("1", kind)
    ]
    assert {outcome.trial_id: outcome.attempts for outcome in driver.outcomes} == {"0": 1, "1": 2, "2": 1}


def test_a_trial_that_fails_twice_has_failed(tmp_path: Path) -> None:
    """What its dead workers left behind is deleted, and the search goes on."""
    crash = Failure(kind="crash", reason="bad luck")
    executor = Scripted(2, {"1": [crash, crash]})
    executor.before_each = lambda job: Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)
    driver = make_driver(tmp_path, executor, max_trials=3)

    driver.run()

    failed = next(outcome for outcome in driver.outcomes if outcome.trial_id == "1")
    assert failed.failure == crash and failed.attempts == 2
    assert not (tmp_path / "trials" / "1").exists()
    assert (tmp_path / "trials" / "0").exists()


def test_a_retry_keeps_what_the_first_attempt_left(tmp_path: Path) -> None:
    """Its checkpoint is still there when it starts again."""
    found: list[bool] = []

    def leave_and_look(job: TrialJob) -> None:
        checkpoint = Path(job.directory, "checkpoint")
        found.append(checkpoint.exists())
        checkpoint.mkdir(parents=True, exist_ok=True)

    executor = Scripted(1, {"0": [Failure(kind="crash", reason="bad luck")]})
    executor.before_each = leave_and_look
    make_driver(tmp_path, executor, max_trials=1).run()

    assert found == [False, True]


def test_a_trial_knows_how_long_it_may_wait_for_a_worker(tmp_path: Path) -> None:
    """All that is left of the search: there the executor begins it with all of its own time."""
    executor = Scripted(2)
    budget = Budget(max_trials=4, deadline=Deadline(101.0, clock=Clock()), workers=2)
    driver = make_driver(tmp_path, executor, max_trials=4, budget=budget)

    driver.run()

    assert [job.search_seconds for job in executor.jobs] == [101.0, 101.0, 100.0, 100.0]  # a second is kept for a model


def test_the_time_is_shared_out_among_those_at_once(tmp_path: Path) -> None:
    """With two workers and four trials, each gets half of the time, not a quarter."""
    times = iter([0.0, *[0.0] * 1000])
    deadline = Deadline(101.0, clock=lambda: next(times))
    executor = Scripted(2)
    budget = Budget(max_trials=4, deadline=deadline, workers=2)
    driver = make_driver(tmp_path, executor, max_trials=4, budget=budget)

    driver.run()

    assert [job.seconds for job in executor.jobs[:2]] == [50.0, 50.0]


def test_the_last_trials_are_named_where_only_they_failed_alike(tmp_path: Path) -> None:
    """Another failure before them is not counted among them."""
    bug, other = Failure(kind="bug", reason="ValueError: always"), Failure(kind="too_large", reason="too large")
    executor = Scripted(1, {"0": [other], "1": [bug], "2": [bug], "3": [bug]})
    driver = make_driver(tmp_path, executor, max_trials=9)

    with pytest.raises(SearchError, match="The last 3 trials all failed in the same way: ValueError: always"):
        driver.run()


def test_the_same_bug_in_all_trials_is_one_error(tmp_path: Path) -> None:
    """With several at once, too: the search does not go on to nothing."""
    bug = Failure(kind="bug", reason="ValueError: always")
    executor = Scripted(2, {str(number): [bug] for number in range(9)})
    driver = make_driver(tmp_path, executor, max_trials=9)

    with pytest.raises(SearchError, match="all failed in the same way: ValueError: always"):
        driver.run()

    assert len(executor.jobs) <= 5
    assert executor.is_closed


def no_score_at_all(reason: str) -> dict[str, list[Failure]]:
    """Return the failures of ten trials that fail alike, twice each."""
    return {f"{number:02d}": 2 * [Failure(kind="nan", reason=reason)] for number in range(10)}


def test_a_metric_that_is_never_a_number_is_one_error(tmp_path: Path) -> None:
    """No configuration cures it: the third trial is the last one."""
    executor = Scripted(1, no_score_at_all(f"val_f1 {NO_FINITE_SCORE}"))
    driver = make_driver(tmp_path, executor, max_trials=10)

    with pytest.raises(SearchError, match="The last 3 trials all failed in the same way: val_f1 was not finite"):
        driver.run()

    assert len(driver.outcomes) == 3


def test_a_loss_that_diverges_three_times_is_no_reason_to_stop(tmp_path: Path) -> None:
    """Another configuration may learn."""
    executor = Scripted(1, no_score_at_all("LossDivergedError: the loss became nan in epoch 1, batch 8"))
    driver = make_driver(tmp_path, executor, max_trials=10)

    with pytest.raises(SearchError, match="trained no model"):
        driver.run()

    assert len(driver.outcomes) == 10
