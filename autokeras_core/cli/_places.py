"""Where `fit` and `resume` keep a search, and save its model. Light."""

from __future__ import annotations

import contextlib
import itertools
import time
from pathlib import Path

from autokeras_core.engine.storage import check_replaceable
from autokeras_core.errors import SearchError, describe_error

__all__ = ["check_output", "new_directory"]


def check_output(output: Path | None, *, directory: Path | None) -> None:
    """Check before a long search, rather than after it, that its model can be saved.

    Args:
        output: Where the model is to be saved, if anywhere.
        directory: Where the search is kept; `None` for a new folder in the working directory.

    Raises:
        SearchError: If something else is where it would be, the search itself will be, or it cannot be written.
    """
    if output is None:
        return
    if _is_in_the_way(output.resolve(), directory):
        raise SearchError(
            describe_error(
                "The model cannot be saved where the search is kept.",
                expected="--output and the search's directory as two folders, neither inside the other",
                received=f"the output {str(output)!r} and the directory {str(directory or 'a new one here')!r}",
                advice="Give another --output, or none: `predict`, `evaluate` and `export` take the directory too.",
            )
        )
    check_replaceable(output)


def _is_in_the_way(output: Path, directory: Path | None) -> bool:
    """Return whether a search is kept where a model would be: at, inside or around that path."""
    if directory is None:
        return Path.cwd().is_relative_to(output)
    kept = directory.resolve()
    return output.is_relative_to(kept) or kept.is_relative_to(output)


def new_directory(task: str) -> Path:
    """Make a folder in the working directory, named after task and time."""
    name = f"autokeras-{task.rpartition(':')[2]}-{time.strftime('%Y%m%d-%H%M%S')}"
    for number in itertools.count(1):
        path = Path.cwd() / (name if number == 1 else f"{name}-{number}")
        with contextlib.suppress(FileExistsError):  # another search took the name in this second
            path.mkdir()
            return path
    raise AssertionError  # the loop has no end
