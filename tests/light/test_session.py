"""A search's directory is started and continued as documented; what its journal tells of it."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import attrs
import pytest

from autokeras_core.errors import SearchError
from autokeras_core.search.checkpointed import FORMAT, STATE_FILE, checkpoint_path
from autokeras_core.search.events import (
    HANDED_OVER,
    read_end,
    read_ensemble,
    read_finished_trials,
    read_seconds,
)
from autokeras_core.search.journal import read_events
from autokeras_core.search.place import JOURNAL_FILE
from autokeras_core.search.records import EnsembleRecord, Failure, TrialJob
from autokeras_core.search.session import SearchSession, read_manifest, stored_seed, write_json
from tests.light.left_searches import DONE, JOB, MANIFEST, OTHER, run_once


def test_a_new_directory_starts_empty(tmp_path: Path) -> None:
    """Nothing has been tried yet."""
    session = SearchSession.open(tmp_path / "deep" / "search", manifest=MANIFEST, overwrite=False)

    assert session.outcomes == []
    assert session.finished_trials == 0
    session.close()


@pytest.mark.parametrize("finish", [True, False], ids=["finished", "cut off"])
def test_the_same_search_is_continued(tmp_path: Path, finish: bool) -> None:
    """Finished trials come back; whether a limit counts from them, since the search had ended, is known."""
    run_once(tmp_path, finish=finish)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert [outcome.trial_id for outcome in session.outcomes] == ["0"]
    assert session.finished_trials == int(finish)
    session.close()


def test_an_interrupted_search_is_not_finished(tmp_path: Path) -> None:
    """After Ctrl-C there is still something to complete."""
    run_once(tmp_path, finish=True, reason="interrupted")

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert session.finished_trials == 0
    session.close()


def event(name: str, **fields: object) -> dict[str, object]:
    """Return an event as a journal gives it back."""
    return {"event": name, **fields}


REASON = "max_trials=1 reached"
OLD_END = event("search_ended", reason=REASON)
END = event("search_ended", reason=REASON, then=HANDED_OVER)
HANDED = event(HANDED_OVER, reason=REASON)
CHOSEN, REFITTED = event("ensemble_selected"), event("refitted")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], (False, "")),
        ([END], (False, "")),
        ([END, CHOSEN, REFITTED], (False, "")),
        ([END, CHOSEN, REFITTED, HANDED], (True, REASON)),
        ([END, HANDED, END], (False, "")),
        ([END, event(HANDED_OVER, reason="interrupted")], (False, "interrupted")),
        ([OLD_END, CHOSEN, REFITTED], (True, REASON)),
        ([OLD_END, END, REFITTED], (False, "")),
        ([event("search_ended", reason="interrupted"), HANDED], (False, "interrupted")),
        ([event("search_failed", reason="The disk is full.")], (False, "The disk is full.")),
        ([END, HANDED, event("trial_started", trial_id="1")], (False, "")),
    ],
    ids=[
        *("nothing", "killed while choosing", "killed after the refit", "handed over", "killed in a second run"),
        *("Ctrl-C in the refit", "an earlier version", "gone on from there", "Ctrl-C", "an error", "went on"),
    ],
)
def test_a_search_is_finished_once_its_model_is_handed_over(
    events: list[dict[str, object]], expected: tuple[bool, str]
) -> None:
    """Its end alone is not enough where something was to follow; journals of earlier versions do not say that it was."""
    assert read_end(events) == expected


TRIAL = event("trial_completed", **DONE.to_json())
FAILED = event("trial_failed", **attrs.evolve(DONE, score=None, failure=Failure(kind="bug", reason="")).to_json())
SKIPPED = event("trial_failed", **attrs.evolve(DONE, failure=Failure(kind="unavailable", reason="")).to_json())
CTRL_C = event("search_ended", reason="interrupted")
ERROR = event("search_failed", reason="All trials failed in the same way.")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], 0),
        ([TRIAL, TRIAL], 0),
        ([TRIAL, CTRL_C], 0),
        ([TRIAL, FAILED, SKIPPED, OLD_END], 2),
        ([TRIAL, END, CHOSEN, HANDED], 1),
        ([TRIAL, END, CHOSEN], 0),
        ([TRIAL, OLD_END, TRIAL, TRIAL, CTRL_C], 1),
        ([TRIAL, OLD_END, TRIAL, END], 1),
        ([TRIAL, OLD_END, TRIAL, CTRL_C, TRIAL, OLD_END, TRIAL], 3),
        ([FAILED, FAILED, SKIPPED, ERROR], 2),
        ([FAILED, FAILED, ERROR, FAILED], 2),
        ([FAILED, TRIAL, ERROR], 0),
    ],
    ids=[
        *("nothing", "killed", "Ctrl-C", "an earlier version", "handed over", "killed while choosing"),
        *("given more, Ctrl-C", "given more, killed while choosing", "given more twice, killed"),
        *("an error without a model", "gone on from there", "an error with a model"),
    ],
)
def test_a_limit_of_trials_counts_from_where_the_search_last_ended(
    events: list[dict[str, object]], expected: int
) -> None:
    """What an interrupted run has done since then is part of the number that it was given."""
    assert read_finished_trials(events) == expected


def test_an_ensemble_leaves_a_finished_search_finished(tmp_path: Path) -> None:
    """It is put together after the end; the next run gets a budget of its own, and drops it with the first new trial."""
    together = EnsembleRecord(objective="val_accuracy", score=0.9, single_score=0.8, weights={"0": 0.5, "1": 0.5})
    run_once(tmp_path, finish=True)
    with SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).journal as journal:
        journal.append("ensemble_selected", **together.to_json())

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert session.finished_trials == 1
    assert read_ensemble(session.journal.events()) == together
    session.journal.append("trial_failed", **DONE.to_json())
    assert read_ensemble(session.journal.events()) == together
    session.journal.append("trial_completed", **DONE.to_json())
    session.close()
    assert read_ensemble(read_events(tmp_path / JOURNAL_FILE)) is None


def test_a_search_that_was_killed_before_its_first_event_can_go_on(tmp_path: Path) -> None:
    """A directory with a manifest and no journal is a search without trials."""
    SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).close()
    (tmp_path / "journal.jsonl").unlink()

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert session.outcomes == []
    session.close()


def test_a_moved_search_finds_its_models(tmp_path: Path) -> None:
    """A trial's folder is looked for under the directory, wherever that was before."""
    run_once(tmp_path, finish=True)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert session.outcomes[0].directory == str(tmp_path / "trials" / "0")
    session.close()


def test_another_search_is_an_error_that_names_the_difference(tmp_path: Path) -> None:
    """Other data in the same directory is refused, and nothing is lost."""
    run_once(tmp_path, finish=True)
    other = {"identity": {"data": "xyz", "seed": 0}, "about": {}}

    with pytest.raises(SearchError, match=r"holds another search.*different data.*overwrite=True"):
        SearchSession.open(tmp_path, manifest=other, overwrite=False)

    assert stored_seed(tmp_path) == 0


def test_a_search_that_has_begun_no_trial_gives_way(tmp_path: Path) -> None:
    """It may have been refused for an argument that is right now: nothing is lost with it."""
    with SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).journal as journal:
        journal.append("search_failed", reason="The tuner is unknown.")

    SearchSession.open(tmp_path, manifest=OTHER, overwrite=False).close()

    assert read_manifest(tmp_path) == {"schema": 1, **OTHER}


def test_a_search_that_goes_on_keeps_what_it_is_about_now(tmp_path: Path) -> None:
    """The same rows under better names: labels without a typo, or a frame instead of an array."""
    renamed = MANIFEST | {"about": {"task": "", "container": "series"}}
    with SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).journal as journal:
        journal.append("trial_started", **JOB.to_json())

    SearchSession.open(tmp_path, manifest=renamed, overwrite=False).close()

    assert read_manifest(tmp_path) == {"schema": 1, **renamed}


def test_a_search_that_has_begun_a_trial_gives_way_to_none(tmp_path: Path) -> None:
    """Also if the trial has not ended."""
    with SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).journal as journal:
        journal.append("trial_started", **JOB.to_json())

    with pytest.raises(SearchError, match="holds another search"):
        SearchSession.open(tmp_path, manifest=OTHER, overwrite=False)

    assert read_manifest(tmp_path) == {"schema": 1, **MANIFEST}


def test_a_search_that_is_about_to_begin_gives_way_to_none(tmp_path: Path) -> None:
    """Its process has the directory: the other one is told so, and changes nothing."""
    with SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).journal:
        with pytest.raises(SearchError, match="Another search is running"):
            SearchSession.open(tmp_path, manifest=OTHER, overwrite=False)

        assert read_manifest(tmp_path) == {"schema": 1, **MANIFEST}


def test_a_refused_search_lets_go_of_the_directory(tmp_path: Path) -> None:
    """The one that is there can go on in the same process."""
    run_once(tmp_path, finish=False)
    with pytest.raises(SearchError, match="holds another search"):
        SearchSession.open(tmp_path, manifest=OTHER, overwrite=False)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert len(session.outcomes) == 1
    session.close()


def test_json_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the power fails, the file is the old one or the new one, and never an empty one."""
    synced: list[str] = []
    (tmp_path / "search.json").write_text("old")

    def noted(descriptor: int) -> None:
        synced.append((tmp_path / "search.json").read_text())
        synced.extend(path.read_text() for path in tmp_path.glob("*.part"))

    monkeypatch.setattr(os, "fsync", noted)
    write_json(tmp_path / "search.json", {"schema": 1})

    assert [synced[0], *map(json.loads, synced[1:])] == ["old", {"schema": 1}]
    assert json.loads((tmp_path / "search.json").read_text()) == {"schema": 1}


def test_a_directory_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    """A file in the way: the message names the directory and what to do."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SearchError, match=r"cannot be written.*Choose another one"):
        SearchSession.open(tmp_path / "file" / "search", manifest=MANIFEST, overwrite=False)


def test_another_format_is_an_error(tmp_path: Path) -> None:
    """A manifest with an unknown schema is not guessed at."""
    run_once(tmp_path, finish=True)
    path = tmp_path / "search.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 99}))

    with pytest.raises(SearchError, match="another format"):
        SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)


def test_the_seed_of_a_search_is_stored(tmp_path: Path) -> None:
    """The seed comes back for a search, and None where there is no search."""
    assert stored_seed(tmp_path) is None

    run_once(tmp_path, finish=False)

    assert stored_seed(tmp_path) == 0


def begin_trial(session: SearchSession, *, elapsed: float, trained: float | None) -> None:
    """Begin a trial that leaves a checkpoint after so many seconds, if it leaves any."""
    directory = session.directory / "trials" / "1"
    job = TrialJob(trial_id="1", configuration={"a": 2}, epochs=9, seed=0, seconds=None, directory=str(directory))
    session.journal.append("trial_started", **job.to_json(), elapsed=elapsed)
    if trained is not None:
        path = checkpoint_path(directory, 1)
        path.parent.mkdir(parents=True)
        with zipfile.ZipFile(path, "w") as archive:
            state = {"format": FORMAT, "seconds": trained, "watch": {"history": {"loss": [0.5]}}}
            archive.writestr(STATE_FILE, json.dumps(state))


@pytest.mark.parametrize(("trained", "expected"), [(None, 12.0), (40.0, 52.0)], ids=["no checkpoint", "checkpoint"])
def test_a_killed_run_has_taken_the_time_until_its_last_sign(
    tmp_path: Path, trained: float | None, expected: float
) -> None:
    """That of the trials that ended, and what the one that was cut off had trained before its last checkpoint."""
    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)
    session.journal.append("trial_completed", **attrs.evolve(DONE, elapsed=11.0).to_json())
    begin_trial(session, elapsed=12.0, trained=trained)
    session.close()

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert session.seconds == expected
    session.close()


def test_an_interrupted_run_has_taken_the_time_until_its_end() -> None:
    """Also what came after the last trial that ended; an older journal does not tell."""
    trial = {"event": "trial_completed", "trial_id": "0", "elapsed": 11.0}

    assert read_seconds([trial, {"event": "search_ended", "elapsed": 70.5}], Path("nowhere")) == 70.5
    assert read_seconds([trial, {"event": "search_ended"}], Path("nowhere")) == 11.0
    assert read_seconds([], Path("nowhere")) == 0.0
