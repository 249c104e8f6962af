"""The progress display says what happens: in plain lines, live on a terminal, or not at all."""

from __future__ import annotations

import io

import pytest

from autokeras_core.progress import (
    LiveProgress,
    PlainProgress,
    Progress,
    SearchOutline,
    SilentProgress,
    describe_difference,
    make_progress,
)
from autokeras_core.search.records import EnsembleRecord, Failure, TrialOutcome

OUTLINE = SearchOutline(
    objective="val_accuracy", max_trials=3, time_limit=60.0, rows=1000, validation_rows=200, directory="somewhere"
)
GOOD = TrialOutcome(
    trial_id="0", configuration={}, status="completed", score=0.9, best_epoch=1, parameters=10, history={"loss": [1.0]}
)
BAD = TrialOutcome(
    trial_id="1", configuration={}, status="failed", failure=Failure(kind="nan", reason="the loss became nan")
)


def run_a_search(progress: Progress) -> None:
    """Tell a display about a search of two trials."""
    progress.search_started(OUTLINE)
    progress.trial_started("0", number=1, difference={})
    progress.trial_event("0", "built", parameters=10)
    progress.trial_event("0", "batch", epoch=1, epochs=2, share=0.5)
    progress.trial_event("0", "epoch", epoch=1, epochs=2, metrics={"loss": 0.5, "val_accuracy": 0.9})
    progress.trial_ended(GOOD, GOOD)
    progress.trial_started("1", number=2, difference={"training/learning_rate": (0.001, 0.1)})
    progress.trial_ended(BAD, GOOD)
    progress.search_ended("max_trials=3 reached", GOOD)


@pytest.mark.parametrize("make", [PlainProgress, LiveProgress])
def test_an_ensemble_is_told_with_its_members(make: type[Progress], capsys: pytest.CaptureFixture[str]) -> None:
    """One line after the search's end: how many, their score, the best single one's, and their weights."""
    progress = make()
    run_a_search(progress)

    progress.ensemble_selected(
        EnsembleRecord(objective="val_accuracy", score=0.95, single_score=0.9, weights={"4": 0.75, "0": 0.25})
    )

    line = " ".join(capsys.readouterr().out.split("Search ended")[1].splitlines()[1:])  # a narrow terminal wraps it
    assert "Ensemble of 2: val_accuracy 0.9500 (best single 0.9000); trial 4 x 0.75, trial 0 x 0.25" in line


def test_plain_progress_writes_what_is_worth_knowing() -> None:
    """Limits, each trial's change, epochs, results, failures and the reason for the end are all there."""
    stream = io.StringIO()

    run_a_search(PlainProgress(stream))

    text = stream.getvalue()
    for part in (
        "at most 3 trials",
        "at most 60 s",
        "1,000 rows",
        "epoch 1/2  loss 0.5",
        "val_accuracy 0.9000",
        "training/learning_rate: 0.001 -> 0.1",
        "(nan): the loss became nan",
        "max_trials=3 reached",
    ):
        assert part in text


def test_silent_progress_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """verbose=0 is silent."""
    run_a_search(make_progress(0))

    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_live_progress_leaves_one_line_per_trial(capsys: pytest.CaptureFixture[str]) -> None:
    """After the live display has gone, the trials' results stay."""
    run_a_search(LiveProgress())

    out = capsys.readouterr().out
    assert "Trial 1/3: val_accuracy 0.9000" in out.replace("\n", " ")
    assert "max_trials=3 reached" in out.replace("\n", " ")


def test_plain_lines_are_used_without_a_terminal() -> None:
    """A pipe gets lines, not a live display."""
    assert isinstance(make_progress(1), PlainProgress)
    assert isinstance(make_progress(0), SilentProgress)


def test_a_long_difference_is_shortened() -> None:
    """Only a few changes are shown, and how many more there are."""
    difference = {f"name{number}": (0, 1) for number in range(10)}

    text = describe_difference(difference)

    assert text.count("->") == 4
    assert text.endswith("and 6 more")
