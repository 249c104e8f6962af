"""Where a search is kept: what in a directory is its own, and whether it may be begun there. Light: standard library only."""

from __future__ import annotations

import os
from pathlib import Path

from autokeras_core.errors import SearchError, describe_error

__all__ = [
    "CACHE_FOLDER",
    "JOURNAL_FILE",
    "MANIFEST_FILE",
    "MODEL_RECORD_FILE",
    "ORACLE_FOLDER",
    "OWN_FOLDERS",
    "TRIALS_FOLDER",
    "prepare_place",
    "trial_folder",
]

MANIFEST_FILE = "search.json"
"""The name of the file in a search's directory that says which search it is."""

JOURNAL_FILE = "journal.jsonl"
"""The name of the journal in a search's directory."""

TRIALS_FOLDER = "trials"
"""The name of the folder in a search's directory that holds a folder for each trial."""

CACHE_FOLDER = "cache"
"""The name of the folder in a search's directory for what can be computed again."""

ORACLE_FOLDER = "oracle"
"""The name of the folder in a search's directory for KerasTuner's files."""

OWN_FOLDERS = (TRIALS_FOLDER, CACHE_FOLDER, ORACLE_FOLDER)
"""The names of the folders in a search's directory; what is in them is deleted as it sees fit."""

MODEL_RECORD_FILE = "automodel.json"
"""The name of the file in a saved model's directory that tells about its search."""


def trial_folder(directory: Path, trial_id: str) -> Path:
    """Return the folder in a search's directory in which a trial leaves its checkpoints and its model."""
    return directory / TRIALS_FOLDER / trial_id


def prepare_place(directory: Path) -> None:
    """Make the directory of a search, and make sure that one may be kept there, before anything in it is changed.

    A search begins only where nothing has the name of one of its folders. So all that is in them later is its own.

    Args:
        directory: The directory; it need not exist.

    Raises:
        SearchError: If it cannot be written; if it holds a saved model, which would be loaded in place of what the search
            finds; or if it holds, without a search, what a search would take for its own.
    """
    _make_writable(directory)
    if (directory / MODEL_RECORD_FILE).exists():
        raise SearchError(
            describe_error(
                "A search cannot be kept where a model is saved.",
                expected="a directory that is new, or holds no saved model",
                received=f"{str(directory)!r}, which holds a saved model, with {MODEL_RECORD_FILE}",
                advice="Give the search another directory.",
            )
        )
    if any((directory / name).exists() for name in (MANIFEST_FILE, JOURNAL_FILE)):
        return
    taken = [name for name in OWN_FOLDERS if (directory / name).exists()]
    if taken:
        raise SearchError(
            describe_error(
                "The directory holds what a search would take for its own, and delete.",
                expected=f"a directory with a search, or without {', '.join(OWN_FOLDERS[:-1])} and {OWN_FOLDERS[-1]}",
                received=f"{str(directory)!r}, which holds {' and '.join(taken)} and no search",
                advice="Give the search another directory, or move them elsewhere.",
            )
        )


def _make_writable(directory: Path) -> None:
    probe = directory / f".autokeras-{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise SearchError(
            describe_error(
                "The search's directory cannot be written.",
                expected="a directory that can be made and written to",
                received=f"directory={str(directory)!r} ({type(error).__name__}: {error.strerror})",
                advice="Choose another one with directory=.",
            )
        ) from error
