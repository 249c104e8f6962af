"""`autokeras leaderboard` reads a search's files, whatever state it is in."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import attrs
import pytest

from autokeras_core.cli.main import main
from autokeras_core.search.events import INTERRUPTED, SEARCH_FAILED
from tests.light.searches import BETTER, ENSEMBLE, FAILED, GOOD, open_journal, write_search


def board(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run `autokeras leaderboard`; return what it wrote on stdout, or on stderr for an error."""
    with pytest.raises(SystemExit) as exited:
        main(["leaderboard", *arguments])
    captured = capsys.readouterr()
    assert exited.value.code == code, captured.err
    return captured.err if code else captured.out


def test_table_has_the_best_first_and_the_reasons_of_failures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line on the search, a line for each trial, failed ones last with kind and reason."""
    write_search(tmp_path)

    title, header, *rows = board(capsys, str(tmp_path)).splitlines()

    assert title == "acme:RankingTask, ended: max_trials=3 reached; 3 trials, best val_accuracy 0.8750"
    assert header.split()[:3] == ["rank", "trial", "val_accuracy"]
    assert [row.split()[1] for row in rows] == ["1", "0", "2"]
    assert rows[2].endswith("failed (oom): The worker ran out of memory.")


def test_open_trial_of_a_running_search_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While the search runs, the trial that it is at is running."""
    write_search(tmp_path, [GOOD], open_trial="1", ended="")

    with open_journal(tmp_path):
        lines = board(capsys, str(tmp_path)).splitlines()

    assert "running; 1 trial," in lines[0]
    assert lines[-1].split()[1] == "1" and lines[-1].endswith("running")


def test_open_trial_of_a_killed_search_is_not_called_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When its process has gone, nothing is running."""
    write_search(tmp_path, [GOOD], open_trial="1", ended="")

    lines = board(capsys, str(tmp_path)).splitlines()

    assert "interrupted; 1 trial," in lines[0]
    assert lines[-1].endswith("not ended")


def test_error_that_ended_a_search_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A search that cannot go on says why."""
    write_search(tmp_path, [GOOD], ended="")
    with open_journal(tmp_path) as journal:
        journal.append(SEARCH_FAILED, reason="The disk is full.")

    assert "interrupted: The disk is full.; 1 trial" in board(capsys, str(tmp_path)).splitlines()[0]


def test_ensemble_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ensemble's score and its members' weights are shown."""
    write_search(tmp_path, ensemble=ENSEMBLE)

    written = board(capsys, str(tmp_path))

    assert str(ENSEMBLE) in written
    assert "0.75" in written and "weight" in written


def test_json_holds_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get state, limits, each trial with its failure, and the trials that have not ended."""
    write_search(tmp_path, open_trial="7", ended=INTERRUPTED, ensemble=ENSEMBLE)

    data = json.loads(board(capsys, str(tmp_path), "--format", "json"))

    assert (data["schema"], data["state"], data["direction"]) == (1, "interrupted", "max")
    assert [trial["trial_id"] for trial in data["trials"]] == ["1", "0", "2"]
    assert (data["trials"][2]["score"], data["trials"][2]["reason"]) == (None, "The worker ran out of memory.")
    assert data["open_trials"][0]["trial_id"] == "7"
    assert data["ensemble"]["weights"] == {"1": 0.75, "0": 0.25}
    assert data["best_score"] == ENSEMBLE.score


def test_csv_has_a_column_for_each_metric_and_hyperparameter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A spreadsheet gets all of it; what a trial does not have is empty."""
    write_search(tmp_path)

    rows = list(csv.DictReader(io.StringIO(board(capsys, str(tmp_path), "--format", "csv"))))

    assert [row["trial_id"] for row in rows] == ["1", "0", "2"]
    assert (rows[0]["score"], rows[0]["metric/val_loss"], rows[0]["units"]) == ("0.875", "0.3", "64")
    assert [row["dropout"] for row in rows] == ["", "0.5", ""]
    assert (rows[2]["score"], rows[2]["status"]) == ("", "failed (oom)")


def test_csv_says_where_configurations_came_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind the trial's name, as in the table."""
    write_search(tmp_path, origin="mutation")

    header, *rows = csv.reader(io.StringIO(board(capsys, str(tmp_path), "--format", "csv")))

    assert header[1:4] == ["trial_id", "origin", "status"]
    assert {row[2] for row in rows} == {"mutation"}


def test_csv_without_trials_has_its_heading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads it while the search begins finds the columns that it will have."""
    write_search(tmp_path, [], ended="")

    (header,) = csv.reader(io.StringIO(board(capsys, str(tmp_path), "--format", "csv")))

    assert header == [
        *("rank", "trial_id", "origin", "status", "score", "best_epoch", "epochs", "seconds", "parameters", "weight"),
        "reason",
    ]


def test_json_has_null_for_numbers_that_it_does_not_know(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The metric of a user may be NaN or infinite, also that of an ensemble; other programs' readers refuse those."""
    odd = {"val_ratio": math.nan, "val_margin": math.inf}
    write_search(
        tmp_path, [attrs.evolve(GOOD, metrics={**GOOD.metrics, **odd})], ensemble=attrs.evolve(ENSEMBLE, metrics=odd)
    )

    def refuse(number: str) -> None:
        raise AssertionError(number)

    data = json.loads(board(capsys, str(tmp_path), "--format", "json"), parse_constant=refuse)

    assert data["trials"][0]["metrics"]["val_ratio"] is None
    assert data["ensemble"]["metrics"] == {"val_ratio": None, "val_margin": None}


def test_names_are_those_of_the_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One a line, the best first."""
    write_search(tmp_path, [GOOD, BETTER, FAILED])

    assert board(capsys, str(tmp_path), "--format", "names").split() == ["1", "0", "2"]


def test_search_that_has_just_begun_has_no_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No trial yet is no error."""
    write_search(tmp_path, [], ended="")

    assert board(capsys, str(tmp_path)) == "acme:RankingTask, interrupted; 0 trials\n"


def test_other_directory_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory without a search is an error, a path of nothing wrong usage."""
    assert board(capsys, str(tmp_path), code=1).startswith("Error: There is no search here. Expected: ")
    assert "does not exist" in board(capsys, str(tmp_path / "gone"), code=2)
