"""Where a trial's checkpoints lie, and how far the last one got. Light: standard library only.

`engine.checkpoint` writes them. What is here is for those who only want to know: the driver, and lists of trials.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = [
    "CHECKPOINT_FOLDER",
    "FORMAT",
    "STATE_FILE",
    "checkpoint_path",
    "checkpointed_epochs",
    "checkpointed_seconds",
    "read_state",
]

CHECKPOINT_FOLDER = "checkpoint"
"""The folder, inside a trial's, that holds its checkpoints while it runs."""

STATE_FILE = "state.json"
"""The file, inside a checkpoint, with all that is no array."""

FORMAT = 2
"""The version of a checkpoint's format."""

_PHASES = (1, 2)
_LARGEST_STATE = 64 * 2**20


def checkpoint_path(directory: str | Path, phase: int) -> Path:
    """Return the file that the checkpoints of a phase of training are written to.

    Args:
        directory: The trial's directory.
        phase: 1, or 2 for the second one of a network that is trained in two.
    """
    return Path(directory) / CHECKPOINT_FOLDER / f"phase-{phase}.zip"


def checkpointed_epochs(directory: str | Path) -> int:
    """Return after how many epochs the last checkpoint in a trial's directory was written; 0 if there is none.

    One that cannot be read counts as none: a trial would not go on from it either.

    Args:
        directory: The trial's directory.
    """
    histories = [state["watch"]["history"] for state in _states(directory)]
    return max((len(values) for history in histories for values in history.values()), default=0)


def checkpointed_seconds(directory: str | Path) -> float:
    """Return how long a trial had run when the last checkpoint in its directory was written; 0 if there is none.

    Args:
        directory: The trial's directory.
    """
    return max((float(state["seconds"]) for state in _states(directory)), default=0.0)


def _states(directory: str | Path) -> Iterator[dict[str, Any]]:
    """Yield what the checkpoints in a trial's directory hold besides arrays, of those that can be read."""
    for phase in _PHASES:
        try:
            with zipfile.ZipFile(checkpoint_path(directory, phase)) as archive:
                state = read_state(archive)
            float(state["seconds"])
            for values in state["watch"]["history"].values():
                len(values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile):
            continue
        yield state


def read_state(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return what a checkpoint holds besides arrays.

    Raises:
        ValueError: If it is no checkpoint, or of another format.
        KeyError: If it has no such file.
    """
    if archive.getinfo(STATE_FILE).file_size > _LARGEST_STATE:
        message = f"its {STATE_FILE} is larger than {_LARGEST_STATE} bytes"
        raise ValueError(message)
    state = json.loads(archive.read(STATE_FILE))
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        message = f"it was written in another format than {FORMAT}"
        raise ValueError(message)
    return state
