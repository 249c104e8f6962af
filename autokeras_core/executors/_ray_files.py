"""The files that a search shares with its Ray workers: on a disk that they see, or in Ray's object store."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from autokeras_core.executors.context_files import new_folder, write_context

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext

__all__ = ["SharedFiles"]

_PREFIX = "ray-"


class SharedFiles:
    """What the trials of a search share, as files, and the marks by which workers know that they see the same disk.

    Args:
        cache: The folder of the search's cache, or `None` for a temporary folder.

    Attributes:
        token: A name that no other search has.
        folder: Where the files are.
    """

    def __init__(self, cache: Path | None) -> None:
        self.token = uuid.uuid4().hex
        self.folder = new_folder(cache, prefix=_PREFIX).absolute()
        self._marks: dict[Path, Path] = {}
        self._packed: list[tuple[str, Any]] | None = None

    def write(self, context: TrialContext) -> None:
        """Write what the trials share.

        Raises:
            SearchError: If it cannot be handed to other processes.
        """
        write_context(context, self.folder)

    def mark(self, folder: Path) -> Path:
        """Return a file in a folder that is there for whoever sees the same folder; made if it is not there yet."""
        folder = folder.absolute()
        if folder not in self._marks:
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(f".{_PREFIX}*"):
                left.unlink()
            mark = folder / f".{_PREFIX}{self.token}"
            mark.touch()
            self._marks[folder] = mark
        return self._marks[folder]

    def packed(self, ray: ModuleType) -> list[tuple[str, Any]]:
        """Return names and references of the files in Ray's object store; they are put there when first asked for."""
        if self._packed is None:
            paths = [path for path in sorted(self.folder.iterdir()) if path.is_file() and path.stat().st_size]
            self._packed = [(path.name, ray.put(np.memmap(path, np.uint8, "r").view(np.ndarray))) for path in paths]
        return self._packed

    def remove(self) -> None:
        """Delete files and marks."""
        for mark in self._marks.values():
            mark.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._marks.clear()
        self._packed = None
