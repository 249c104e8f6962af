"""What a search's directory may hold beside it, and what overwriting deletes of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autokeras_core.errors import SearchError
from autokeras_core.search.place import JOURNAL_FILE, MANIFEST_FILE, MODEL_RECORD_FILE, OWN_FOLDERS
from autokeras_core.search.session import SearchSession, holds_search
from tests.light.left_searches import MANIFEST, OTHER, run_once


@pytest.mark.parametrize("has_journal", [True, False], ids=["killed while it ran", "killed while it was deleted"])
def test_what_a_killed_run_left_in_the_cache_is_deleted(tmp_path: Path, has_journal: bool) -> None:
    """Each kill would leave files of features otherwise, and the disk would fill up."""
    run_once(tmp_path, finish=False)
    if not has_journal:
        (tmp_path / JOURNAL_FILE).unlink()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "abc-train-x.npy").write_bytes(b"many rows")

    SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False).close()

    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("overwrite", [False, True], ids=["plain", "overwrite"])
@pytest.mark.parametrize("name", ["trials", "cache", "oracle"])
def test_a_search_never_begins_beside_a_folder_that_it_would_delete(tmp_path: Path, name: str, overwrite: bool) -> None:
    """Without a search there, the folder is the user's: the error names it, and all stays as it was."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "thesis.txt").write_text("mine")

    with pytest.raises(SearchError, match=rf"holds {name} and no search.*another directory"):
        SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=overwrite)

    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("file", [MANIFEST_FILE, JOURNAL_FILE])
def test_a_search_that_was_cut_off_when_it_began_may_have_its_folders(tmp_path: Path, file: str) -> None:
    """One of its files is enough to tell that they are its own."""
    run_once(tmp_path, finish=False)
    (tmp_path / file).unlink()
    (tmp_path / "trials").mkdir()

    SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=True).close()

    assert not (tmp_path / "trials").exists()


@pytest.mark.parametrize("overwrite", [False, True], ids=["plain", "overwrite"])
def test_a_search_never_begins_where_a_model_is_saved(tmp_path: Path, overwrite: bool) -> None:
    """The directory would be loaded as that model, whatever the search finds."""
    (tmp_path / MODEL_RECORD_FILE).write_text("{}")

    with pytest.raises(SearchError, match=r"holds a saved model.*another directory"):
        SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=overwrite)

    assert [path.name for path in tmp_path.iterdir()] == [MODEL_RECORD_FILE]


def test_overwriting_deletes_only_the_search(tmp_path: Path) -> None:
    """A user's own file in the directory stays."""
    run_once(tmp_path, finish=True)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "trials" / "0").mkdir(parents=True)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=True)

    assert session.outcomes == []
    assert not (tmp_path / "trials").exists()
    assert (tmp_path / "notes.txt").read_text() == "mine"
    session.close()


OWN = (JOURNAL_FILE, MANIFEST_FILE, *OWN_FOLDERS)


def overwrite_and_die(directory: Path, monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Begin to overwrite the search in a directory, and die after so many of its files and folders were deleted."""
    left = iter(range(after))

    def dying(delete: Callable[..., None]) -> Callable[..., None]:
        def call(path: Path, **options: Any) -> None:
            if path.name in OWN and next(left, None) is None:
                raise SystemExit
            delete(path, **options)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", dying(shutil.rmtree))
        patch.setattr(Path, "unlink", dying(Path.unlink))
        with pytest.raises(SystemExit):
            SearchSession.open(directory, manifest=OTHER, overwrite=True)


@pytest.mark.parametrize("after", range(len(OWN)))
def test_a_search_that_was_half_deleted_has_no_trials_without_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Wherever the process died: what the journal tells of is there, and else it tells of nothing."""
    run_once(tmp_path, finish=True)
    (tmp_path / "trials" / "0").mkdir(parents=True)
    overwrite_and_die(tmp_path, monkeypatch, after=after)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert all(Path(outcome.directory).exists() for outcome in session.outcomes)
    session.close()


@pytest.mark.parametrize("after", range(1, len(OWN)))
def test_a_search_that_was_half_deleted_leaves_no_trials_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Their scores are those of other data, and their models would stay on the disk."""
    run_once(tmp_path, finish=True)
    (tmp_path / "trials" / "3").mkdir(parents=True)
    overwrite_and_die(tmp_path, monkeypatch, after=after)

    session = SearchSession.open(tmp_path, manifest=OTHER, overwrite=False)

    assert (session.outcomes, session.finished_trials) == ([], 0)
    assert not (tmp_path / "trials").exists()
    session.close()


def leave_damaged(directory: Path, content: bytes) -> None:
    """Leave a search in a directory, with a journal of that content."""
    run_once(directory, finish=True)
    (directory / "trials" / "0").mkdir(parents=True)
    (directory / JOURNAL_FILE).write_bytes(content)


HEADER = b'{"event":"journal","time":0,"schema":1}\n'


@pytest.mark.parametrize(
    "content",
    [b"", b'{"ev', HEADER + b"rubbish\n" + HEADER, b'{"event":"journal","time":0,"schema":2}\n'],
    ids=["empty", "torn", "damaged", "another format"],
)
def test_overwriting_deletes_a_search_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    """The errors advise to do so."""
    leave_damaged(tmp_path, content)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=True)

    assert session.journal.events() == []
    assert not (tmp_path / "trials").exists()
    session.close()


def test_a_directory_holds_the_search_that_was_started_there(tmp_path: Path) -> None:
    """Of one identity, tuples being lists; an empty directory holds none."""
    identity = {"data": "abc", "objective": ("val_loss", "min")}
    SearchSession.open(tmp_path / "there", manifest={"identity": identity}, overwrite=False).close()

    assert holds_search(tmp_path / "there", identity)
    assert not holds_search(tmp_path / "there", {**identity, "data": "xyz"})
    assert not holds_search(tmp_path / "elsewhere", identity)


def test_a_directory_holds_no_search_whose_journal_cannot_be_read(tmp_path: Path) -> None:
    """So overwriting replaces it, whoever began it."""
    leave_damaged(tmp_path, HEADER + b"rubbish\n" + HEADER)

    assert not holds_search(tmp_path, MANIFEST["identity"])


def test_overwriting_a_search_that_runs_is_an_error(tmp_path: Path) -> None:
    """Nothing is deleted under a running search."""
    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)
    (tmp_path / "trials").mkdir()

    with pytest.raises(SearchError, match="Another search is running"):
        SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=True)

    assert (tmp_path / "trials").exists()
    session.close()


@pytest.mark.parametrize("content", [b"", b'{"ev'], ids=["empty", "torn"])
def test_a_search_that_died_in_its_first_line_can_go_on(tmp_path: Path, content: bytes) -> None:
    """Its journal tells of nothing, so nothing is lost."""
    leave_damaged(tmp_path, content)

    session = SearchSession.open(tmp_path, manifest=MANIFEST, overwrite=False)

    assert (session.outcomes, session.journal.events()) == ([], [])
    session.close()
