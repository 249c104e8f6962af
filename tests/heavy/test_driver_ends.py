"""How the driver ends a search: Ctrl-C, errors, and what the journal tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autokeras_core import SearchError
from autokeras_core.search.events import read_unfinished
from autokeras_core.search.records import Failure, TrialJob, TrialOutcome
from tests.heavy.driver_doubles import Scripted, events_of, make_driver, raising


def test_ctrl_c_ends_running_trials_and_keeps_the_best(tmp_path: Path) -> None:
    """The executor is closed, and the journal says that the search was interrupted."""
    executor = Scripted(2)

    def interrupt(job: TrialJob) -> None:
        if job.trial_id == "3":
            raise KeyboardInterrupt

    executor.before_each = interrupt
    driver = make_driver(tmp_path, executor)

    driver.run()

    assert executor.is_closed
    assert driver.best is not None
    assert events_of(driver, "search_ended")[0]["reason"] == "interrupted"


def test_ctrl_c_before_the_first_model_is_no_death_of_its_trial(tmp_path: Path) -> None:
    """It is passed on, and the journal tells that the process did not die: else the third one gives the trial up."""
    executor = Scripted(1)
    executor.before_each = raising(KeyboardInterrupt())
    driver = make_driver(tmp_path, executor)

    with pytest.raises(KeyboardInterrupt):
        driver.run()

    assert [event["reason"] for event in events_of(driver, "search_ended")] == ["interrupted"]
    assert [trial.deaths for trial in read_unfinished(driver.journal.events(), tmp_path)] == [0]


def test_ctrl_c_while_workers_start_keeps_the_model_of_an_earlier_run(tmp_path: Path) -> None:
    """The journal says that the search was interrupted."""
    executor = Scripted(2)
    executor.open = raising(KeyboardInterrupt())  # type: ignore[method-assign]
    done = TrialOutcome(trial_id="0", configuration={"a": 0, "b": 0}, status="completed", score=0.5)
    driver = make_driver(tmp_path, executor, outcomes=[done])

    driver.run()

    assert driver.stop_reason == "interrupted"
    assert [event["reason"] for event in events_of(driver, "search_ended")] == ["interrupted"]


def test_ctrl_c_while_workers_start_is_passed_on_where_there_is_no_model(tmp_path: Path) -> None:
    """There is nothing to hand over."""
    executor = Scripted(2)
    executor.open = raising(KeyboardInterrupt())  # type: ignore[method-assign]
    driver = make_driver(tmp_path, executor)

    with pytest.raises(KeyboardInterrupt):
        driver.run()


def test_ctrl_c_while_workers_are_ended_finds_the_search_interrupted(tmp_path: Path) -> None:
    """The second one aborts; the journal tells of the first one already."""
    executor = Scripted(2)
    executor.before_each = lambda job: raising(KeyboardInterrupt())() if job.trial_id == "3" else None
    executor.close = raising(KeyboardInterrupt())  # type: ignore[method-assign]
    driver = make_driver(tmp_path, executor)

    with pytest.raises(KeyboardInterrupt):
        driver.run()

    assert [event["reason"] for event in events_of(driver, "search_ended")] == ["interrupted"]


def test_an_unexpected_error_is_in_the_journal(tmp_path: Path) -> None:
    """It is passed on; whoever reads the journal sees why there is no end, and no trial is blamed."""
    executor = Scripted(1)
    executor.before_each = raising(RuntimeError("the pipe is broken"))
    driver = make_driver(tmp_path, executor)

    with pytest.raises(RuntimeError, match="the pipe is broken"):
        driver.run()

    assert [event["reason"] for event in events_of(driver, "search_failed")] == ["RuntimeError: the pipe is broken"]
    assert [trial.deaths for trial in read_unfinished(driver.journal.events(), tmp_path)] == [0]
    assert executor.is_closed


def test_an_end_says_whether_a_model_is_still_to_be_handed_over(tmp_path: Path) -> None:
    """With a model there is one to choose; with none, or after Ctrl-C, the search's end is the end."""
    bug = Failure(kind="too_large", reason="too large")
    found, empty = Scripted(1), Scripted(1, {"0": [bug]})
    with_model = make_driver(tmp_path / "1", found, max_trials=1)
    without = make_driver(tmp_path / "2", empty, max_trials=1)

    with_model.run()
    with pytest.raises(SearchError, match="trained no model"):
        without.run()

    assert events_of(with_model, "search_ended")[0]["then"] == "handed_over"
    assert "then" not in events_of(without, "search_ended")[0]


def test_events_tell_how_long_was_searched_in_all_runs(tmp_path: Path) -> None:
    """So a later run knows what is left of the time, also where this one is cut off between two ends of trials."""
    driver = make_driver(tmp_path, Scripted(2), max_trials=4, elapsed_before=100.0)

    driver.run()

    told = [event for event in driver.journal.events() if event["event"] in ("trial_started", "trial_completed")]
    seconds = [event["elapsed"] for event in [*told, *events_of(driver, "search_ended")]]
    assert len(seconds) == 9
    assert seconds[0] >= 100.0
    assert seconds == sorted(seconds)
