"""Downloading a checkpoint: over https, of bounded size, whole files only, and one clear error without a network."""

from __future__ import annotations

import io
import os
import stat
from email.message import Message
from http.client import BadStatusLine, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request

import pytest

from ak_text.pretrained import hub
from autokeras_core import UnavailableError
from autokeras_core.plugin import FailedDownloads
from tests.text.heavy.checkpoints import go_offline, write_checkpoint

NAME = "somebody/tiny-bert"


class Answer(io.BytesIO):
    """What a server sends."""

    def __init__(self, content: bytes, length: int | None = None) -> None:
        super().__init__(content)
        self.headers = {"Content-Length": str(len(content) if length is None else length)}


class BrokenAnswer(Answer):
    """What a server begins to send."""

    def read(self, size: int | None = -1) -> bytes:
        """Fail as a connection does that breaks off within a piece of known length."""
        raise IncompleteRead(b"", 5)


class Server:
    """A hub that offers the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.addresses: list[str] = []

    def __call__(self, address: str) -> Answer:
        """Return a file, or say that there is none."""
        self.addresses.append(address)
        path = self.folder / address.rpartition("/")[2]
        if not path.is_file():
            raise HTTPError(address, 404, "Not Found", Message(), None)
        return Answer(path.read_bytes())


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Put a server with a tiny checkpoint in the place of the network, and an empty folder in that of the cache."""
    go_offline(monkeypatch, tmp_path / "cache")
    made = Server(write_checkpoint(tmp_path / "hub"))
    monkeypatch.setattr(hub, "_opener", made)
    return made


def test_files_are_downloaded_once(server: Server) -> None:
    """Whole and unchanged, from the hub's address over https; the second time nothing is asked for."""
    folder = hub.download(NAME)
    asked = list(server.addresses)

    assert hub.download(NAME) == folder
    assert server.addresses == asked
    assert f"https://huggingface.co/{NAME}/resolve/main/model.safetensors" in asked
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        assert (folder / name).read_bytes() == (server.folder / name).read_bytes()


def test_a_revision_has_a_folder_of_its_own(server: Server) -> None:
    """A commit stays what it is."""
    folder = hub.download(f"{NAME}@0123abc")

    assert folder.name == "0123abc"
    assert all("/resolve/0123abc/" in address for address in server.addresses)


def test_a_file_that_is_too_large_is_not_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloading ends at the limit, and nothing of the file stays."""
    monkeypatch.setattr(hub, "REQUIRED_FILES", {"config.json": 10, "model.safetensors": 2**20})

    with pytest.raises(UnavailableError, match=r"config\.json has more than 10 bytes"):
        hub.download(NAME)

    assert not [path for path in hub.cache_folder(NAME).iterdir() if path.name.startswith("config")]


def test_half_a_file_is_not_kept(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that breaks off leaves no file that looks whole."""
    monkeypatch.setattr(hub, "_opener", lambda _: Answer(b"{}", length=50))

    with pytest.raises(UnavailableError, match="ended after 2 of 50 bytes"):
        hub.download(NAME)

    assert not list(hub.cache_folder(NAME).iterdir())


def test_downloaded_files_may_be_read_by_whom_the_umask_allows(server: Server) -> None:
    """Users of one machine may share the cache."""
    before = os.umask(0o027)
    try:
        folder = hub.download(NAME)
    finally:
        os.umask(before)

    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}


def test_an_answer_that_is_none_in_http_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such errors of Python's client are no `OSError`s."""
    go_offline(monkeypatch, tmp_path, BadStatusLine("hello"))

    with pytest.raises(UnavailableError, match="BadStatusLine: hello"):
        hub.download(NAME)


def test_an_answer_that_breaks_off_leaves_no_file(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it another error than that of any connection that fails."""
    monkeypatch.setattr(hub, "_opener", lambda _: BrokenAnswer(b"{}"))

    with pytest.raises(UnavailableError, match="IncompleteRead"):
        hub.download(NAME)

    assert not list(hub.cache_folder(NAME).iterdir())


def test_a_checkpoint_without_safetensors_is_an_error(server: Server) -> None:
    """Pickles are not asked for."""
    (server.folder / "model.safetensors").unlink()

    with pytest.raises(UnavailableError, match="404"):
        hub.download(NAME)

    assert not any(".bin" in address for address in server.addresses)


def test_a_checkpoint_without_tokenizer_is_an_error(server: Server) -> None:
    """An encoder alone reads no texts."""
    (server.folder / "tokenizer.json").unlink()

    with pytest.raises(UnavailableError, match=r"neither tokenizer\.json nor vocab\.txt"):
        hub.download(NAME)


def test_without_a_network_one_error_names_the_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A local folder, the cache, or no pretrained encoder."""
    go_offline(monkeypatch, tmp_path)

    with pytest.raises(UnavailableError) as caught:
        hub.download("bert-base-uncased")

    message = str(caught.value)
    assert "'bert-base-uncased' cannot be downloaded" in message
    assert all(hint in message for hint in ("pretrained=", "Network is unreachable", str(tmp_path), "pretrained=False"))


@pytest.mark.parametrize("value", ["1", "True"])
def test_nothing_is_downloaded_where_the_environment_forbids_it(
    server: Server, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """The error names the variable; what was downloaded before is used."""
    kept = hub.download("somebody/kept")
    asked = len(server.addresses)
    monkeypatch.setenv("HF_HUB_OFFLINE", value)

    with pytest.raises(UnavailableError, match=rf"HF_HUB_OFFLINE={value} .*pretrained=False.*unset HF_HUB_OFFLINE"):
        hub.download(NAME)

    assert len(server.addresses) == asked
    assert hub.download("somebody/kept") == kept


def test_an_environment_that_allows_downloads_changes_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """`HF_HUB_OFFLINE=0` is no prohibition."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")

    assert hub.download(NAME).is_dir()


def test_a_failed_connection_is_remembered_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later trials fail at once, with other checkpoints too, until told to try again."""
    offline = go_offline(monkeypatch, tmp_path)
    for name in (NAME, NAME, "bert-base-uncased"):
        with pytest.raises(UnavailableError):
            hub.download(name)
    assert len(offline.addresses) == 1

    hub.forget_failed_downloads()
    with pytest.raises(UnavailableError):
        hub.download(NAME)

    assert len(offline.addresses) == 2


def test_a_failed_download_is_tried_again_some_minutes_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook whose user has connected again; the error says from when on."""
    offline = go_offline(monkeypatch, tmp_path)

    asked, clock = [], iter((0.0, 299.0, 301.0, 301.0))
    monkeypatch.setattr(hub, "_failed", FailedDownloads(lambda: next(clock)))
    for _ in range(3):
        with pytest.raises(UnavailableError, match=r"is not tried again before \d\d:\d\d:\d\d\.$"):
            hub.download(NAME)
        asked.append(len(offline.addresses))

    assert asked == [1, 1, 2]


def test_a_checkpoint_that_was_not_there_is_found_some_minutes_later(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer is remembered no longer than a failed connection."""
    clock = iter((0.0, 301.0))
    monkeypatch.setattr(hub, "_failed", FailedDownloads(lambda: next(clock)))
    (server.folder / "config.json").rename(server.folder / "kept")
    with pytest.raises(UnavailableError):
        hub.download(NAME)
    (server.folder / "kept").rename(server.folder / "config.json")

    assert hub.download(NAME).is_dir()


def test_a_name_that_is_not_there_says_nothing_of_others(server: Server) -> None:
    """An answer is no failed connection."""
    (server.folder / "config.json").rename(server.folder / "kept")
    with pytest.raises(UnavailableError):
        hub.download(NAME)
    (server.folder / "kept").rename(server.folder / "config.json")

    assert hub.download("somebody/else").is_dir()


@pytest.mark.parametrize(
    "name",
    ["../secret", "a/b/c", "a b", "https://elsewhere.org/x", "a/..", "", "a@b@c", "a/b@../c", ".hidden", "a?b", "a#b"],
)
def test_odd_names_are_no_names(name: str) -> None:
    """Nothing can lead out of the cache, or to another server."""
    assert not hub.is_hub_name(name)


@pytest.mark.parametrize("name", ["bert-base-uncased", NAME, "a/b.c_d@v1.0"])
def test_usual_names_are_names(name: str) -> None:
    """With or without an owner, with or without a revision."""
    assert hub.is_hub_name(name)


@pytest.mark.parametrize("address", ["http://huggingface.co/x", "file:///etc/passwd", "ftp://a/b"])
def test_a_redirect_stays_encrypted(address: str) -> None:
    """A server that points elsewhere than to https is not followed."""
    handler = hub._StaysEncrypted()
    request = Request("https://huggingface.co/x")

    with pytest.raises(ValueError, match="without https"):
        handler.redirect_request(request, None, 302, "Found", Message(), address)


def test_a_redirect_to_https_is_followed() -> None:
    """That is where large files are."""
    handler: Any = hub._StaysEncrypted()
    request = Request("https://huggingface.co/x")

    followed = handler.redirect_request(request, None, 302, "Found", Message(), "https://cdn.example.org/y")

    assert followed.full_url == "https://cdn.example.org/y"
