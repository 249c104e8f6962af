"""Directories are replaced as a whole, where a link leads to, and never with anybody's files in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autokeras_core.engine.storage import (
    MANIFEST,
    check_replaceable,
    is_plain_name,
    replaced_directory,
    write_manifest,
)
from autokeras_core.errors import SearchError


def save(directory: Path, text: str) -> None:
    """Write a directory with one file, as a save does."""
    with replaced_directory(directory) as folder:
        (folder / "model.txt").write_text(text)
        write_manifest(folder, {})


@pytest.mark.parametrize("is_there", [True, False], ids=["an earlier save", "nothing"])
def test_a_save_through_a_link_is_where_the_link_leads(tmp_path: Path, is_there: bool) -> None:
    """What others read there is the new model; the link stays, and nothing is left beside either."""
    place, link = tmp_path / "models" / "today", tmp_path / "latest"
    place.parent.mkdir()
    link.symlink_to(place)
    if is_there:
        save(place, "old")

    save(link, "new")

    assert (place / "model.txt").read_text() == "new"
    assert link.is_symlink() and link.resolve() == place.resolve()
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(
        ["latest", "models", "today", "model.txt", MANIFEST]
    )


@pytest.mark.parametrize("text", ['{"name": "a web page"}', '{"files": {}}', "[]", "no JSON"])
def test_a_manifest_of_others_is_not_replaced(tmp_path: Path, text: str) -> None:
    """Other programs have files of that name, too."""
    (tmp_path / MANIFEST).write_text(text)

    with pytest.raises(SearchError, match=rf"cannot be saved here.*{MANIFEST}"):
        save(tmp_path, "new")

    assert (tmp_path / MANIFEST).read_text() == text


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/a", "../a", "a\\b", None, 3], ids=repr)
def test_what_leads_out_of_a_folder_is_no_plain_name(name: object) -> None:
    """On no system; nor is what is no text."""
    assert not is_plain_name(name)
    assert is_plain_name("model.keras")


def test_a_place_below_a_file_is_found_before_there_is_anything_to_save(tmp_path: Path) -> None:
    """However far above the file is; nothing is made."""
    (tmp_path / "file").write_text("mine")

    with pytest.raises(SearchError, match=r"cannot be saved\. .*Not a directory"):
        check_replaceable(tmp_path / "file" / "models" / "today")

    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="Nothing is forbidden to this user.")
def test_a_folder_that_cannot_be_written_is_found_before_there_is_anything_to_save(tmp_path: Path) -> None:
    """The folder above has to be made in it."""
    (tmp_path / "locked").mkdir(mode=0o500)

    with pytest.raises(SearchError, match=r"cannot be saved\. .*Permission denied"):
        check_replaceable(tmp_path / "locked" / "models" / "today")


def test_checking_a_place_makes_nothing(tmp_path: Path) -> None:
    """It is asked about before a search, which may find no model."""
    check_replaceable(tmp_path / "models" / "today")

    assert list(tmp_path.iterdir()) == []


def test_a_mount_point_is_found_before_there_is_anything_to_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty volume of a container cannot be moved away, nor can another folder take its place; one below it can."""
    volume, link = tmp_path / "volume", tmp_path / "latest"
    volume.mkdir()
    link.symlink_to(volume)
    mounted = str(volume.resolve())
    monkeypatch.setattr(os.path, "ismount", lambda path: str(path) == mounted)

    for path in (volume, link):
        with pytest.raises(
            SearchError, match=rf"a file system is mounted.*folder below it, such as .*{path.name}/model"
        ):
            check_replaceable(path)
    check_replaceable(volume / "model")
