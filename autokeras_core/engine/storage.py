"""Directories that are written as a whole and checked when they are read: a manifest with a hash of every file. Light."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

from autokeras_core.errors import SearchError, describe_error

__all__ = [
    "MANIFEST",
    "check_replaceable",
    "damaged",
    "is_plain_name",
    "put_in_place",
    "read_manifest",
    "replaced_directory",
    "write_manifest",
]

MANIFEST = "manifest.json"
"""The file that lists the others."""

_FORMAT = 1  # the version of the directory's format


@contextmanager
def replaced_directory(directory: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `directory`, which takes its place when the block ends without an exception.

    What is at `directory` is replaced only if an earlier save wrote all of it. So neither a crash nor a wrong path
    costs anyone a file. If `directory` is a link, that is done where it leads to, and the link stays.

    Raises:
        SearchError: If the directory holds anything else, or cannot be written.
    """
    check_replaceable(directory)
    if directory.is_symlink():
        directory = directory.resolve()
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        temporary = _beside(directory)
        temporary.mkdir()  # not by `tempfile`, whose folders no one else may read
    except OSError as error:
        raise _not_writable(directory, error) from error
    try:
        yield temporary
        put_in_place(temporary, directory)
    except OSError as error:
        raise _not_writable(directory, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_manifest(directory: Path, about: Mapping[str, Any]) -> None:
    """Write the manifest of all files that are in a directory now.

    Args:
        directory: The directory.
        about: Further entries, e.g. versions of packages.
    """
    files = {path.name: _hash(path) for path in sorted(directory.iterdir()) if path.name != MANIFEST}
    manifest = {"format": _FORMAT, "files": files, **about}
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def read_manifest(directory: Path) -> dict[str, Any]:
    """Return a directory's manifest after checking every file that it lists.

    Raises:
        SearchError: If there is none, it has another format, or a file is missing or was changed.
    """
    path = directory / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version, files = manifest["format"], dict(manifest["files"])
    except FileNotFoundError:
        raise SearchError(
            describe_error(
                "There is no saved model to load.",
                expected=f"a directory with a {MANIFEST}, as save() writes it",
                received=f"path={str(directory)!r}",
            )
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(directory, f"{MANIFEST} cannot be read ({type(error).__name__}: {error})") from error
    if version != _FORMAT:
        raise SearchError(
            describe_error(
                f"The saved model in {str(directory)!r} has another format.",
                expected=f"format {_FORMAT}",
                received=f"format {version!r}",
                advice="Load it with the version of autokeras-core that saved it, see `packages` in its manifest.",
            )
        )
    for name, expected in files.items():
        if not is_plain_name(name):
            raise damaged(directory, f"the manifest lists {name!r}, which is no plain file name")
        file = directory / name
        if not file.is_file():
            raise damaged(directory, f"{name} is missing")
        if _hash(file) != expected:
            raise damaged(directory, f"{name} is not the file that was saved: its hash differs")
    return dict(manifest)


def is_plain_name(name: object) -> TypeGuard[str]:
    """Return whether this is the name of a file that lies in a folder itself, on any system."""
    return isinstance(name, str) and name not in ("", ".", "..") and name == Path(name).name and "\\" not in name


def damaged(directory: Path, why: str) -> SearchError:
    """Return the error for a directory that is not as it was saved.

    Args:
        directory: The directory.
        why: What was found in it, for the message.
    """
    return SearchError(
        describe_error(
            f"The saved model in {str(directory)!r} is damaged.",
            expected="all files as save() wrote them",
            received=why,
            advice="Save the model again, or copy the whole directory again.",
        )
    )


def check_replaceable(directory: Path) -> None:
    """Check that `replaced_directory` can put a folder at a path, before there is one: what fills it may take hours.

    Args:
        directory: The path; nothing is made there.

    Raises:
        SearchError: If something else is there, a file system is mounted there, or it cannot be written.
    """
    try:
        place = directory.resolve()
        if os.path.ismount(place):  # not `Path.is_mount`, which fails on Windows before Python 3.12
            raise _mounted(directory)
        found = _foreign(directory)
        _check_writable(place.parent)
    except OSError as error:
        raise _not_writable(directory, error) from error
    if found:
        raise SearchError(
            describe_error(
                "The model cannot be saved here.",
                expected="a directory that is new, empty, or holds only an earlier saved model",
                received=f"path={str(directory)!r} with {', '.join(found[:5])}",
                advice="Choose another directory.",
            )
        )


def _mounted(directory: Path) -> SearchError:
    return SearchError(
        describe_error(
            "The model cannot be saved here.",
            expected="a directory that can be replaced as a whole",
            received=f"path={str(directory)!r}, where a file system is mounted",
            advice=f"Choose a folder below it, such as {str(directory / 'model')!r}.",
        )
    )


def _foreign(directory: Path) -> list[str]:
    """Return what is at a path and was not written by an earlier save."""
    if not directory.exists():
        return []
    if not directory.is_dir():
        return ["a file"]
    return sorted({path.name for path in directory.iterdir()} - _saved_files(directory))


def _saved_files(directory: Path) -> set[str]:
    """Return the names of the files that the manifest lists, and its own; none if it is none of ours."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        return {MANIFEST, *dict(manifest["files"])} if "format" in manifest else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _check_writable(folder: Path) -> None:
    """Raise an `OSError` if files cannot be made in a folder, which need not exist."""
    there = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))


def put_in_place(temporary: Path, directory: Path) -> None:
    """Move a complete folder to `directory`, and delete the folder that was there; that one is back if it fails."""
    if not directory.exists():
        temporary.replace(directory)
        return
    old = _beside(directory)  # not every system replaces a directory that is not empty
    directory.replace(old)
    try:
        temporary.replace(directory)
    except OSError:
        old.replace(directory)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _beside(directory: Path) -> Path:
    return directory.parent / f".{directory.name}-{secrets.token_hex(4)}"


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _not_writable(directory: Path, error: OSError) -> SearchError:
    return SearchError(
        describe_error(
            "The model cannot be saved.",
            expected="a directory that can be written",
            received=f"path={str(directory)!r}: {type(error).__name__}: {error}",
        )
    )
