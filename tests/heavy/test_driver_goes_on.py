"""The driver of a search that goes on: what an earlier run had begun, and what there is no time for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from autokeras_core import SearchError
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.watchdog import required_in_time
from autokeras_core.search.budget import Budget
from autokeras_core.search.driver import SearchDriver
from autokeras_core.search.events import read_unfinished
from autokeras_core.search.oracles import replay
from autokeras_core.search.records import Failure, TrialJob, TrialOutcome
from tests.clocks import Clock
from tests.heavy.driver_doubles import Scripted, events_of, make_driver, raising, score_of


def leave_begun(jobs: Sequence[TrialJob], driver: SearchDriver) -> None:
    """Make oracle, journal and disk tell of trials that an earlier run began, each with a checkpoint."""
    replay(driver.oracle, [], unfinished=jobs)
    for job in jobs:
        driver.journal.append("trial_started", **job.to_json())
        Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)


def test_unfinished_trials_of_an_earlier_run_come_first(tmp_path: Path) -> None:
    """With their configurations, seeds and directories; the oracle goes on behind them."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=4).run()
    before = [job for job in whole.jobs if job.trial_id in ("1", "2")]
    done = TrialOutcome(
        trial_id="0", configuration=whole.jobs[0].configuration, status="completed", score=score_of(whole.jobs[0])
    )
    executor = Scripted(2)
    again = tmp_path / "again"
    budget = Budget(max_trials=4, deadline=None, started_trials=3, workers=2)
    driver = make_driver(again, executor, max_trials=4, budget=budget, outcomes=[done], unfinished=list(before))
    replay(driver.oracle, [done], unfinished=before)
    for job in before:
        Path(job.directory, "checkpoint").mkdir(parents=True, exist_ok=True)

    driver.run()

    assert [job.trial_id for job in executor.jobs] == ["1", "2", "3"]
    assert [job.configuration for job in executor.jobs[:2]] == [job.configuration for job in before]
    assert [job.seed for job in executor.jobs] == [job.seed for job in whole.jobs[1:]]
    assert all(Path(job.directory, "checkpoint").exists() for job in before)


def test_what_is_under_way_is_part_of_the_estimate(tmp_path: Path) -> None:
    """Of four trials one is done; two go on and one is to come. Then each that runs counts until it has ended."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=4).run()
    done = TrialOutcome(
        trial_id="0", configuration=whole.jobs[0].configuration, status="completed", score=score_of(whole.jobs[0])
    )
    before = whole.jobs[1:3]
    executor = Scripted(2)
    budget = Budget(max_trials=4, deadline=None, started_trials=3, workers=2)
    driver = make_driver(tmp_path / "again", executor, budget=budget, outcomes=[done], unfinished=list(before))
    replay(driver.oracle, [done], unfinished=before)
    left: list[int | None] = [driver.estimate.trials_left]
    executor.before_each = lambda job: left.append(driver.estimate.trials_left)

    driver.run()

    assert left == [3, 3, 2, 1]
    assert driver.estimate.trials_left == 0


def test_unfinished_trials_for_which_there_is_no_time_stay_as_they_are(tmp_path: Path) -> None:
    """Without time they would fail, and lose the checkpoints from which a later run can go on."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=3).run()
    before = whole.jobs
    executor, clock = Scripted(1), Clock()
    executor.before_each = lambda job: setattr(clock, "now", 100.0)
    again = tmp_path / "again"
    budget = Budget(max_trials=9, deadline=Deadline(60.0, clock=clock), started_trials=3)
    driver = make_driver(again, executor, max_trials=9, budget=budget, unfinished=list(before))
    leave_begun(before, driver)

    driver.run()

    assert [job.trial_id for job in executor.jobs] == ["0"]
    assert driver.stop_reason == "time_limit reached"
    assert [trial.job.trial_id for trial in read_unfinished(driver.journal.events(), again)] == ["1", "2"]
    assert all(Path(job.directory, "checkpoint").exists() for job in before)


def test_a_model_of_an_earlier_run_is_what_was_found_where_no_worker_can_start_in_time(tmp_path: Path) -> None:
    """Without one that is an error. The trial that was to go on stays for a later run."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=2).run()
    first, second = whole.jobs
    done = TrialOutcome(
        trial_id="0", configuration=first.configuration, status="completed", score=score_of(first), seconds=1.0
    )
    clock = Clock()
    deadline = Deadline(60.0, clock=clock)

    def again(outcomes: list[TrialOutcome]) -> SearchDriver:
        return make_driver(
            tmp_path / str(len(outcomes)),
            Scripted(1),
            budget=Budget(max_trials=9, deadline=deadline, started_trials=2),
            outcomes=outcomes,
            unfinished=[second],
            starting=lambda: required_in_time(deadline, doing="starting the workers"),
        )

    with_model, without = again([done]), again([])
    clock.now = 100.0

    with_model.run()
    with pytest.raises(SearchError, match="starting the workers"):
        without.run()

    assert with_model.stop_reason == "time_limit reached"
    assert events_of(with_model, "search_ended")[0]["then"] == "handed_over"
    assert with_model.unfinished == [second]


def test_workers_that_cannot_start_are_an_error_where_there_is_time(tmp_path: Path) -> None:
    """Whatever was found earlier: the search was to go on."""
    executor = Scripted(1)
    executor.open = raising(SearchError("No worker process can start."))  # type: ignore[method-assign]
    done = TrialOutcome(trial_id="0", configuration={"a": 0, "b": 0}, status="completed", score=0.5)
    driver = make_driver(tmp_path, executor, outcomes=[done])

    with pytest.raises(SearchError, match="can start"):
        driver.run()


def test_without_a_model_an_unfinished_trial_runs_although_the_time_is_up(tmp_path: Path) -> None:
    """A first model that comes late is worth more than none: it has until trials are interrupted."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=1).run()
    executor, clock = Scripted(1), Clock()
    budget = Budget(max_trials=1, deadline=Deadline(60.0, clock=clock), started_trials=1)
    driver = make_driver(tmp_path / "again", executor, max_trials=1, budget=budget, unfinished=list(whole.jobs))
    replay(driver.oracle, [], unfinished=whole.jobs)
    clock.now = 61.0

    driver.run()

    (job,) = executor.jobs
    assert job.trial_id == "0"
    assert job.seconds is not None and job.seconds + job.grace > 0.0


def test_without_a_model_too_an_unfinished_trial_stays_where_it_would_be_interrupted_at_once(tmp_path: Path) -> None:
    """The one before it has taken all the time; this one would fail before it began, and lose its checkpoint."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=2).run()
    before, again = whole.jobs, tmp_path / "again"
    executor, clock = Scripted(1, {"0": [Failure(kind="timeout", reason="it was interrupted")]}), Clock()
    executor.before_each = lambda job: setattr(clock, "now", 100.0)
    budget = Budget(max_trials=9, deadline=Deadline(60.0, clock=clock), started_trials=2)
    driver = make_driver(again, executor, max_trials=9, budget=budget, unfinished=list(before))
    replay(driver.oracle, [], unfinished=before)
    for job in before:
        driver.journal.append("trial_started", **job.to_json())
    Path(before[1].directory, "checkpoint").mkdir(parents=True)

    with pytest.raises(SearchError, match="it was interrupted"):
        driver.run()

    assert [job.trial_id for job in executor.jobs] == ["0"]
    assert [trial.job.trial_id for trial in read_unfinished(driver.journal.events(), again)] == ["1"]
    assert Path(before[1].directory, "checkpoint").exists()


def test_a_trial_that_no_worker_was_free_for_stays_as_it_is(tmp_path: Path) -> None:
    """It has not failed, and a later run goes on from its checkpoint."""
    whole = Scripted(1)
    make_driver(tmp_path / "whole", whole, max_trials=2).run()
    before, again = whole.jobs, tmp_path / "again"
    executor = Scripted(2, {"0": [Failure(kind="not_begun", reason="no worker was free for it")]})
    budget = Budget(max_trials=2, deadline=None, started_trials=2, workers=2)
    driver = make_driver(again, executor, max_trials=2, budget=budget, unfinished=list(before))
    leave_begun(before, driver)

    driver.run()

    assert [outcome.trial_id for outcome in driver.outcomes] == ["1"]
    assert events_of(driver, "trial_failed") == []
    assert [trial.job.trial_id for trial in read_unfinished(driver.journal.events(), again)] == ["0"]
    assert Path(before[0].directory, "checkpoint").exists()
