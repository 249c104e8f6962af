"""A search's files tell how it stands, also while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autokeras_core.errors import SearchError
from autokeras_core.search.events import INTERRUPTED, SEARCH_FAILED
from autokeras_core.search.journal import is_locked
from autokeras_core.search.place import JOURNAL_FILE, MODEL_RECORD_FILE
from autokeras_core.search.report import read_report
from tests.light.searches import BETTER, ENSEMBLE, FAILED, GOOD, SKIPPED, job, open_journal, write_search


def test_finished_search_tells_its_best(tmp_path: Path) -> None:
    """State, reason, best trial and time come from the journal."""
    write_search(tmp_path)

    report = read_report(tmp_path)

    assert (report.state, report.stop_reason) == ("finished", "max_trials=3 reached")
    assert report.best == BETTER
    assert (report.best_score, report.seconds, report.counted_trials) == (0.875, 9.5, 3)
    assert (report.task, report.objective, report.maximise) == ("acme:RankingTask", "val_accuracy", True)


def test_killed_search_is_interrupted_and_names_its_open_trial(tmp_path: Path) -> None:
    """A trial that was begun and did not end is told apart from those that did."""
    write_search(tmp_path, [GOOD], open_trial="1", ended="")

    report = read_report(tmp_path)

    assert report.state == "interrupted"
    assert [(trial.trial_id, trial.configuration) for trial in report.open_trials] == [("1", {"units": 16})]


def test_search_that_ctrl_c_ended_is_interrupted(tmp_path: Path) -> None:
    """It is not finished, although it says why it ended."""
    write_search(tmp_path, [GOOD], ended=INTERRUPTED)

    assert (read_report(tmp_path).state, read_report(tmp_path).stop_reason) == ("interrupted", "interrupted")


def test_search_that_went_on_after_its_end_is_not_finished(tmp_path: Path) -> None:
    """An end before the last trial counts no more."""
    write_search(tmp_path, [GOOD])
    write_search(tmp_path, [], open_trial="1", ended="")

    assert read_report(tmp_path).state == "interrupted"


def test_search_that_an_error_ended_is_not_finished(tmp_path: Path) -> None:
    """It can be resumed, and says what the error was."""
    write_search(tmp_path, [GOOD], ended="")
    with open_journal(tmp_path) as journal:
        journal.append(SEARCH_FAILED, reason="The disk is full.")

    assert (read_report(tmp_path).state, read_report(tmp_path).stop_reason) == ("interrupted", "The disk is full.")


def test_search_that_was_killed_before_it_handed_its_model_over_is_not_finished(tmp_path: Path) -> None:
    """All trials have ended, but a refit may be missing: `resume` completes it."""
    write_search(tmp_path, ended="")
    with open_journal(tmp_path) as journal:
        journal.append("search_ended", reason="max_trials=3 reached", then="handed_over")
    killed = read_report(tmp_path)

    with open_journal(tmp_path) as journal:
        journal.append("handed_over", reason="max_trials=3 reached")

    assert (killed.state, killed.stop_reason) == ("interrupted", "")
    assert (read_report(tmp_path).state, read_report(tmp_path).stop_reason) == ("finished", "max_trials=3 reached")


@pytest.mark.parametrize("content", ["", '{"ev'], ids=["empty", "torn"])
def test_search_that_died_in_its_first_line_has_no_trials(tmp_path: Path, content: str) -> None:
    """It can be resumed, so looking at it is no error; it may also be just beginning."""
    write_search(tmp_path, [])
    (tmp_path / JOURNAL_FILE).write_text(content)

    report = read_report(tmp_path)

    assert (report.state, report.stop_reason, report.outcomes) == ("interrupted", "", ())


def test_origins_are_known_as_far_as_they_were_written(tmp_path: Path) -> None:
    """A trial's line says where its configuration came from; journals of earlier versions do not."""
    write_search(tmp_path, [GOOD], ended="")
    with open_journal(tmp_path) as journal:
        journal.append("trial_started", **job("1", {"units": 64}), origin="wide")
        journal.append("trial_completed", **BETTER.to_json())

    assert [row.origin for row in read_report(tmp_path).leaderboard()] == ["wide", ""]


def test_running_search_is_read_without_disturbing_it(tmp_path: Path) -> None:
    """While a process holds the journal the search is running, and stays so."""
    write_search(tmp_path, [GOOD], open_trial="1", ended="")

    with open_journal(tmp_path) as journal:
        state = read_report(tmp_path).state
        journal.append("trial_completed", **BETTER.to_json())
        best = read_report(tmp_path).best

    assert state == "running"
    assert best == BETTER
    assert read_report(tmp_path).state == "interrupted"


def test_lock_of_a_dead_process_is_none(tmp_path: Path) -> None:
    """A lock file that a killed process left does not make a search running."""
    write_search(tmp_path, [GOOD], ended="")
    (tmp_path / f"{JOURNAL_FILE}.lock").write_text("1\n")

    assert not is_locked(tmp_path / JOURNAL_FILE)


def test_ensemble_is_what_counts(tmp_path: Path) -> None:
    """Where an ensemble is handed over, its score is the search's."""
    write_search(tmp_path, ensemble=ENSEMBLE)

    assert read_report(tmp_path).best_score == ENSEMBLE.score


def test_skipped_trials_do_not_count(tmp_path: Path) -> None:
    """A trial that needed what cannot be had counts as none."""
    write_search(tmp_path, [GOOD, SKIPPED])

    assert read_report(tmp_path).counted_trials == 1


def test_search_without_a_model_has_no_best(tmp_path: Path) -> None:
    """All failed: there is no best trial and no score."""
    write_search(tmp_path, [FAILED])

    assert (read_report(tmp_path).best, read_report(tmp_path).best_score) == (None, None)


def saved_model(**changes: Any) -> dict[str, Any]:
    """Return what a saved model tells about its search."""
    return {
        "schema": 1,
        "task": "acme:RankingTask",
        "objective": ["val_loss", "min"],
        "outcomes": [GOOD.to_json(), BETTER.to_json()],
        "origins": {"0": "plain"},
        "stop_reason": "time_limit reached",
        "ensemble": None,
    } | changes


def test_saved_model_tells_about_its_search(tmp_path: Path) -> None:
    """A directory that save() wrote has the trials, too, and where they came from."""
    (tmp_path / MODEL_RECORD_FILE).write_text(json.dumps(saved_model()))

    report = read_report(tmp_path)

    assert (report.state, report.maximise) == ("finished", False)
    assert report.leaderboard()[0].trial_id == "0"  # the lower score is the better one
    assert report.leaderboard()[0].origin == "plain"


@pytest.mark.parametrize("text", ["", "{}", "[1]", json.dumps(saved_model(outcomes=3))])
def test_damaged_record_of_a_saved_model_is_named(tmp_path: Path, text: str) -> None:
    """What cannot be read is one error that names the file."""
    (tmp_path / MODEL_RECORD_FILE).write_text(text)

    with pytest.raises(SearchError, match=MODEL_RECORD_FILE):
        read_report(tmp_path)


@pytest.mark.parametrize(("name", "said"), [(".", "holds neither"), ("gone", "is no directory")])
def test_other_directory_holds_no_search(tmp_path: Path, name: str, said: str) -> None:
    """The error says what was looked for, and what is there."""
    with pytest.raises(SearchError, match=said):
        read_report(tmp_path / name)
