"""A folder's files as data that can be sent to a machine without a common disk. Light."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from autokeras_core.engine.storage import put_in_place
from autokeras_core.errors import SearchError, describe_error

__all__ = ["PackedFolder", "pack_folder", "unpack_folder"]

PackedFolder: TypeAlias = "list[tuple[str, bytes]]"
"""The files of a folder: where each is below it, and what is in it."""


def pack_folder(folder: Path) -> PackedFolder:
    """Return all files of a folder and of those in it; links are left out. A folder that is not there has none."""
    return [
        (path.relative_to(folder).as_posix(), path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    ]


def unpack_folder(files: Sequence[tuple[str, bytes]], folder: Path) -> None:
    """Write files into a folder, in the place of what is there: it has all of them, or is as it was before.

    Args:
        files: What `pack_folder` returned, maybe on another machine. Where it found none there is no folder afterwards.
        folder: Where to.

    Raises:
        SearchError: If a file would lie outside the folder.
        OSError: If the files cannot be written.

    Example:
        ```python
        unpack_folder(pack_folder(Path("trial-0")), Path("copy-of-trial-0"))
        ```
    """
    for name, _ in files:
        place = PurePosixPath(name)
        if place.is_absolute() or not place.parts or ".." in place.parts or "\\" in name or ":" in name:
            raise SearchError(
                describe_error(
                    "A worker sent a file that cannot be kept.",
                    expected="the name of a file below the trial's directory",
                    received=f"{name!r}",
                )
            )
    if not files:
        shutil.rmtree(folder, ignore_errors=True)
        return
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        for name, content in files:
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        put_in_place(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
