"""Which trials of a search that was cut off are unfinished, and what is known of them."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from autokeras_core.search.events import UnfinishedTrial
from autokeras_core.search.records import Failure
from autokeras_core.search.session import SearchSession
from tests.light.left_searches import DONE, JOB, MANIFEST

OOM = Failure(kind="oom", reason="no memory")


def unfinished_of(directory: Path, *events: tuple[str, dict[str, object]]) -> list[UnfinishedTrial]:
    """Write events to a journal, and return what a new session finds unfinished."""
    with SearchSession.open(directory, manifest=MANIFEST, overwrite=False).journal as journal:
        for name, fields in events:
            journal.append(name, **fields)
    session = SearchSession.open(directory, manifest=MANIFEST, overwrite=False)
    session.close()
    return session.unfinished


STARTED = ("trial_started", JOB.to_json())
ALSO_STARTED = ("trial_started", {**JOB.to_json(), "trial_id": "2"})
RETRIED = ("trial_retried", {"trial_id": "1", "failure": {"kind": "oom", "reason": "no memory"}})
INTERRUPTION = ("search_ended", {"reason": "interrupted"})


def resumed(epoch: int) -> tuple[str, dict[str, object]]:
    """Return the event that tells of the trial's resumption."""
    return "trial_resumed", {"trial_id": "1", "epoch": epoch}


def test_a_trial_without_an_end_is_unfinished(tmp_path: Path) -> None:
    """Its job comes back as it was, with the directory where it is now."""
    (trial,) = unfinished_of(tmp_path, STARTED)

    here = attrs.evolve(JOB, directory=str(tmp_path / "trials" / "1"))
    assert trial == UnfinishedTrial(job=here, deaths=1)


@pytest.mark.parametrize("status", ["completed", "pruned", "failed"])
def test_a_trial_that_ended_is_not_unfinished(tmp_path: Path, status: str) -> None:
    """Of two that ran at once, the other one is; they are told apart by their ids."""
    ended = (f"trial_{status}", {**DONE.to_json(), "trial_id": "1", "status": status})

    (trial,) = unfinished_of(tmp_path, STARTED, ALSO_STARTED, ended)

    assert trial.job.trial_id == "2"


def test_unfinished_trials_come_in_the_order_in_which_they_started(tmp_path: Path) -> None:
    """Also if the later one was resumed in between."""
    trials = unfinished_of(tmp_path, ALSO_STARTED, STARTED, resumed(1))

    assert [trial.job.trial_id for trial in trials] == ["2", "1"]


def test_why_a_trial_was_tried_once_more_is_known(tmp_path: Path) -> None:
    """It goes on as it was tried the second time."""
    (trial,) = unfinished_of(tmp_path, STARTED, RETRIED, resumed(0))

    assert trial.failure == OOM


@pytest.mark.parametrize(
    ("events", "epochs", "deaths"),
    [
        ([resumed(0)], 0, 2),
        ([resumed(0), resumed(0)], 0, 3),
        ([resumed(4)], 4, 1),
        ([resumed(4), resumed(4)], 4, 2),
        ([resumed(4), resumed(4), resumed(7)], 7, 1),
        ([INTERRUPTION, resumed(0)], 0, 1),
        ([("search_failed", {"reason": "x"}), resumed(0)], 0, 1),
        ([resumed(0), RETRIED], 0, 1),
    ],
    ids=["twice", "three times", "further", "stuck later", "further again", "Ctrl-C", "an error", "tried once more"],
)
def test_deaths_in_a_row_without_progress_are_counted(
    tmp_path: Path, events: list[tuple[str, dict[str, object]]], epochs: int, deaths: int
) -> None:
    """What ended otherwise than by the death of the process, or got further, begins a new count."""
    (trial,) = unfinished_of(tmp_path, STARTED, *events)

    assert (trial.epochs, trial.deaths) == (epochs, deaths)
