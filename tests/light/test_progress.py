"""The progress display says what happens: in plain lines, live on a terminal, or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import time

import attrs
import pytest
from rich.console import Console

from autokeras_core.progress import (
    LiveProgress,
    PlainProgress,
    Progress,
    SearchOutline,
    SilentProgress,
    describe_difference,
    describe_estimate,
    make_progress,
)
from autokeras_core.search.estimate import SearchEstimate
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
    progress.estimated(ESTIMATE)
    progress.trial_started("0", number=1, difference={})
    progress.trial_event("0", "built", parameters=10)
    progress.trial_event("0", "batch", epoch=1, epochs=2, share=0.5)
    progress.trial_event("0", "epoch", epoch=1, epochs=2, metrics={"loss": 0.5, "val_accuracy": 0.9})
    progress.trial_ended(GOOD, GOOD)
    progress.trial_started("1", number=2, difference={"training/learning_rate": (0.001, 0.1)})
    progress.trial_ended(BAD, GOOD)
    progress.search_ended("max_trials=3 reached", GOOD)


def rendered(progress: LiveProgress) -> str:
    """Return what the live display shows now, as text."""
    console = Console(width=120)
    with console.capture() as capture:
        console.print(progress._render())
    return capture.get()


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


def test_a_trial_that_goes_on_is_told_with_its_epoch() -> None:
    """Who watches sees that its epochs are not trained again."""
    stream = io.StringIO()
    progress = PlainProgress(stream)
    progress.search_started(OUTLINE)
    progress.trial_started("0", number=1, difference={})

    progress.trial_event("0", "resumed", epoch=7)

    assert "goes on after epoch 7, where it was cut off" in stream.getvalue().splitlines()[-1]


def test_lines_say_the_trial_where_several_run_at_once() -> None:
    """An epoch of the first trial is told apart from one of the second, and so are their results."""
    stream = io.StringIO()
    progress = PlainProgress(stream)

    progress.search_started(attrs.evolve(OUTLINE, workers=2))
    progress.trial_started("0", number=1, difference={})
    progress.trial_started("1", number=2, difference={})
    progress.trial_event("1", "epoch", epoch=1, epochs=2, metrics={"loss": 0.5})
    progress.trial_event("0", "epoch", epoch=1, epochs=2, metrics={"loss": 0.7})
    progress.trial_ended(BAD, None)

    lines = stream.getvalue().splitlines()
    assert "2 at once" in lines[0]
    assert lines[3].startswith("  trial 2: epoch 1/2  loss 0.5")
    assert lines[4].startswith("  trial 1: epoch 1/2  loss 0.7")
    assert lines[5].startswith("  trial 2: failed")


def test_the_live_display_shows_each_running_trial() -> None:
    """Two trials have a part of their own, until one of them ends."""
    progress = LiveProgress()
    progress.search_started(attrs.evolve(OUTLINE, workers=2))

    try:
        progress.trial_started("0", number=1, difference={})
        progress.trial_started("1", number=2, difference={"units": (16, 32)})
        progress.trial_event("1", "epoch", epoch=1, epochs=2, metrics={"loss": 0.5})
        both = rendered(progress)
        progress.trial_ended(GOOD, GOOD)
        one = rendered(progress)
    finally:
        progress.search_ended("max_trials=3 reached", GOOD)

    assert "1/3" in both and "building" in both
    assert "2/3" in both and "units: 16 -> 32" in both and "loss 0.5" in both
    assert "1/3" not in one and "2/3" in one and "val_accuracy 0.9000 (trial 0)" in one


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


def test_a_search_that_is_continued_shows_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    """From its start on, and at its end, though no further trial has run."""
    progress = LiveProgress()
    progress.search_started(attrs.evolve(OUTLINE, trials_done=1, best=GOOD))

    shown = rendered(progress)
    progress.search_ended("max_trials=3 reached", GOOD)

    assert "val_accuracy 0.9000 (trial 0)" in shown
    words = " ".join(capsys.readouterr().out.split())  # a narrow terminal wraps the line
    assert words.endswith("max_trials=3 reached; best val_accuracy 0.9000 (trial 0)")


@pytest.mark.parametrize("make", [PlainProgress, LiveProgress])
def test_the_last_line_says_where_there_is_no_model(make: type[Progress], capsys: pytest.CaptureFixture[str]) -> None:
    """It does not promise one that is yet to come."""
    progress = make()
    progress.search_started(OUTLINE)

    progress.search_ended("an error", None)

    assert capsys.readouterr().out.rstrip().endswith("an error; no model")


def test_a_reader_that_goes_ends_no_search() -> None:
    """After `| head` has what it wants, a search that writes its lines into the pipe goes on."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = os.fdopen(writer, "w", buffering=1)

    progress = PlainProgress(stream)
    progress.search_started(OUTLINE)
    progress.note("something else")

    with contextlib.suppress(BrokenPipeError):  # what it still holds goes nowhere
        stream.close()


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


NOON = time.mktime((2026, 6, 1, 12, 0, 0, 0, 0, -1))
ESTIMATE = SearchEstimate(
    trials_done=0,
    trials_left=10,
    predefined_left=4,
    seconds_to_first_model=6.2,
    seconds_left=100.0,
    ends_by_time=False,
)


def test_an_estimate_says_when_there_is_a_model_and_when_it_ends() -> None:
    """With the time of day, so that one can come back then."""
    text = describe_estimate(ESTIMATE, now=NOON)

    assert (
        text
        == "a first model after about 6 s; 4 predefined networks to begin with; the end at about 12:01:40, in 100 s"
    )


def test_an_estimate_after_a_trial_says_what_is_left() -> None:
    """How many are done, how many may come; a time limit ends the search by a time, and not about then."""
    after = attrs.evolve(
        ESTIMATE, trials_done=1, trials_left=None, predefined_left=1, seconds_to_first_model=None, ends_by_time=True
    )

    text = describe_estimate(after, now=NOON)

    assert text == "1 trial done; 1 predefined network still to come; the end by 12:01:40, in 100 s"


def test_where_nothing_is_known_that_is_said() -> None:
    """Without costs and without limits there is nothing to expect anything by."""
    unknown = attrs.evolve(
        ESTIMATE, trials_left=None, predefined_left=0, seconds_to_first_model=None, seconds_left=None
    )

    assert describe_estimate(unknown, now=NOON) == "nothing yet: how long a trial takes is not known"


def test_plain_progress_writes_the_estimate_and_corrects_it() -> None:
    """One line at the start, and one after each trial."""
    stream = io.StringIO()
    progress = PlainProgress(stream)

    progress.search_started(OUTLINE)
    progress.estimated(ESTIMATE)
    progress.trial_started("0", number=1, difference={})
    progress.trial_ended(GOOD, GOOD)
    progress.estimated(attrs.evolve(ESTIMATE, trials_done=1, trials_left=9, seconds_to_first_model=None))

    lines = stream.getvalue().splitlines()
    assert lines[1].startswith("Expect a first model after about 6 s; 4 predefined networks")
    assert lines[-1].startswith(
        "  1 trial done, 9 left at most; 4 predefined networks still to come; the end at about "
    )
