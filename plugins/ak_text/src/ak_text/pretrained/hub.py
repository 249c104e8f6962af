"""Downloading a checkpoint from the Hugging Face hub: plain files over https, of bounded size, never a pickle.

`huggingface_hub` is not used: it takes no bounds on the size of a file, follows redirects away from https, and takes a
third of a second to import.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from autokeras_core import UnavailableError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import FailedDownloads

if TYPE_CHECKING:
    from email.message import Message
    from http.client import HTTPMessage

    from autokeras_core.plugin import DownloadFailure

__all__ = ["OPTIONAL_FILES", "REQUIRED_FILES", "cache_folder", "download", "forget_failed_downloads", "is_hub_name"]

_MEBIBYTE = 2**20

REQUIRED_FILES: Mapping[str, int] = MappingProxyType(
    {"config.json": _MEBIBYTE, "model.safetensors": 4096 * _MEBIBYTE},
)
"""The files that a checkpoint must have, and how many bytes each may have."""

OPTIONAL_FILES: Mapping[str, int] = MappingProxyType(
    {
        "tokenizer.json": 64 * _MEBIBYTE,
        "tokenizer_config.json": _MEBIBYTE,
        "vocab.txt": 64 * _MEBIBYTE,
    },
)
"""The files that tell its tokenizer; `tokenizer.json` or `vocab.txt` is needed."""

_ADDRESS = "https://huggingface.co"
_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9_.-]*/)?[A-Za-z0-9][A-Za-z0-9_.-]*(?:@[A-Za-z0-9][A-Za-z0-9_.-]*)?\Z")
_SECONDS_WITHOUT_AN_ANSWER = 15.0
_BYTES_AT_ONCE = _MEBIBYTE
_NOT_FOUND = 404
_OFFLINE = "HF_HUB_OFFLINE"
_YES = ("1", "on", "yes", "true")  # as Hugging Face's own packages read it


_failed = FailedDownloads()  # by checkpoint


def is_hub_name(name: str) -> bool:
    """Return whether a text can be the name of a checkpoint on the hub, perhaps with a revision behind an `@`.

    Example:
        ```python
        is_hub_name("sentence-transformers/all-MiniLM-L6-v2")  # True
        is_hub_name("bert-base-uncased@main")  # True
        is_hub_name("../bert")  # False
        ```
    """
    return bool(_NAME.match(name)) and ".." not in name


def cache_folder(name: str) -> Path:
    """Return the folder that the files of a checkpoint are downloaded to, within the folder that Keras caches in."""
    checkpoint, _, revision = name.partition("@")
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    return home / "models" / "ak_text" / checkpoint.replace("/", "--") / (revision or "main")


def download(name: str) -> Path:
    """Return the folder with the files of a checkpoint of the hub, which are downloaded once.

    A failure is remembered: for some minutes asking again in the same process fails at once.

    Args:
        name: The checkpoint's name, e.g. `"sentence-transformers/all-MiniLM-L6-v2"`, or with a revision (a branch, a tag
            or a commit): `"bert-base-uncased@main"`.

    Raises:
        UnavailableError: If the files can neither be found in the cache nor downloaded, or `HF_HUB_OFFLINE` forbids it.
    """
    folder = cache_folder(name)
    if _is_complete(folder):
        return folder
    if (forbidden := os.environ.get(_OFFLINE, "")).lower() in _YES:
        raise _unavailable(name, f"{_OFFLINE}={forbidden} in the environment", f" Or unset {_OFFLINE}.")
    if (failure := _failed.recent(name)) is not None:
        raise _undownloaded(name, failure)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, most in {**OPTIONAL_FILES, **REQUIRED_FILES}.items():
            if not (folder / file).is_file():
                _fetch(name, file, folder, most)
    except (OSError, ValueError, HTTPException) as error:  # the last: what is no answer in http, or breaks off
        is_answer = isinstance(error, (HTTPError, ValueError))
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise _undownloaded(name, _failed.note(name if is_answer else None, reason)) from error
    if not _is_complete(folder):
        raise _undownloaded(name, _failed.note(name, "it has neither tokenizer.json nor vocab.txt"))
    return folder


def forget_failed_downloads() -> None:
    """Try downloads again at once that failed some minutes ago or less."""
    _failed.forget()


def _is_complete(folder: Path) -> bool:
    # The weights come last, so they say that all that there is has been asked for.
    has_tokenizer = any((folder / name).is_file() for name in ("tokenizer.json", "vocab.txt"))
    return has_tokenizer and all((folder / name).is_file() for name in REQUIRED_FILES)


class _StaysEncrypted(HTTPRedirectHandler):
    """Follows the hub to where it keeps large files, but never to an address without https."""

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: HTTPMessage | Message, newurl: str
    ) -> Request | None:
        """Return the request for the new address."""
        if not newurl.startswith("https://"):
            message = f"the server pointed to an address without https: {newurl[:100]}"
            raise ValueError(message)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _open(address: str) -> Any:
    request = Request(address)  # noqa: S310 - always https: it begins with _ADDRESS
    return build_opener(_StaysEncrypted).open(request, timeout=_SECONDS_WITHOUT_AN_ANSWER)


# What opens an address; tests put something else in its place.
_opener: Callable[[str], Any] = _open


def _fetch(name: str, file: str, folder: Path, most: int) -> None:
    """Download one file: the whole of it or nothing. One that need not be there may be missing."""
    checkpoint, _, revision = name.partition("@")
    address = f"{_ADDRESS}/{checkpoint}/resolve/{revision or 'main'}/{file}"
    try:
        answer = _opener(address)
    except HTTPError as error:
        if error.code == _NOT_FOUND and file in OPTIONAL_FILES:
            return
        raise
    with answer, _replacing(folder / file) as target:
        told = answer.headers.get("Content-Length")
        length = 0
        while piece := answer.read(_BYTES_AT_ONCE):
            length += len(piece)
            if length > most:
                message = f"{file} has more than {most:,} bytes"
                raise ValueError(message)
            target.write(piece)
        if told is not None and length != int(told):
            message = f"{file} ended after {length:,} of {int(told):,} bytes"
            raise OSError(message)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Any]:
    """Yield a file that takes the place of another one if nothing fails."""
    # Not one of tempfile, which nobody else may read: users of one machine may share the cache.
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with part.open("xb") as target:
            yield target
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _undownloaded(name: str, failure: DownloadFailure) -> UnavailableError:
    return _unavailable(name, failure.reason, f" The download is not tried again before {failure.time_of_day}.")


def _unavailable(name: str, reason: str, more_advice: str) -> UnavailableError:
    return UnavailableError(
        describe_error(
            f"The pretrained encoder {name!r} cannot be downloaded.",
            expected=f"its files on {_ADDRESS}, and a connection to it",
            received=reason[:300],
            advice="Pass a local folder with config.json, model.safetensors and tokenizer.json as pretrained=, put these "
            f"files into {str(cache_folder(name))!r}, or search without pretrained encoders: pretrained=False.{more_advice}",
        )
    )
