"""A trial's context as files: written once by the search, read by every worker that runs its trials.

Large arrays become `.npy` files, which workers map into memory: however many there are, the data is in memory once. The
rest (arrays of objects such as texts, the graph with its blocks, the callbacks) is pickled: each worker has its own. The
files are for processes of this search only, which trust each other; nothing that is saved for later, or comes from
elsewhere, is ever unpickled.
"""

from __future__ import annotations

import io
import pickle
import shutil
import sys
import tempfile
from pathlib import Path
from types import FunctionType
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import attrs
import numpy as np

from autokeras_core.errors import DataError, SearchError, describe_error

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext

__all__ = ["FEATURES_FOLDER", "new_folder", "read_context", "write_context"]

FEATURES_FOLDER = "features"
"""The name of the folder with the features that the workers of one machine share."""

Array: TypeAlias = np.ndarray[Any, Any]

_CONTEXT_FILE = "context.pickle"
_LEAST_BYTES = 64 * 2**10  # smaller arrays are pickled with the rest
_PROTOCOL = 5
_ARRAY_FORMAT = (3, 0)  # takes all names of columns, and as many as there are


def new_folder(cache: Path | None, *, prefix: str) -> Path:
    """Return a new folder for the workers' files; those that a search which was killed has left are deleted.

    Args:
        cache: The folder of the search's cache, where only one search runs at a time, or `None` for a temporary folder.
        prefix: What the names of such folders begin with.
    """
    if cache is not None:
        cache.mkdir(parents=True, exist_ok=True)
        for left in cache.glob(f"{prefix}*"):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=cache))


def write_context(context: TrialContext, folder: Path) -> None:
    """Write what all trials of a search share.

    Args:
        context: The context.
        folder: Where to write; made if it does not exist. It is to be deleted when no worker is left.

    Raises:
        SearchError: If a part of it cannot be pickled, such as a block that is defined in a script or notebook, or if
            the files cannot be written.

    Example:
        ```python
        write_context(context, folder)
        read_context(folder)  # in another process
        ```
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _CONTEXT_FILE).open("wb") as file:
            _ContextPickler(file, folder).dump(context)
    except OSError as error:
        raise SearchError(
            describe_error(
                "What the trials share cannot be written for the workers.",
                expected=f"room for the training data in {str(folder.parent)!r}",
                received=f"{type(error).__name__}: {error.strerror or error}",
                advice="Choose another place with directory=, or use workers=1.",
            )
        ) from error
    except Exception as error:
        part, reason = _what_cannot_be_pickled(context) or ("the context", str(error))
        raise SearchError(
            describe_error(
                "What the trials share cannot be handed to workers in other processes.",
                expected="blocks, heads, inputs and callbacks that pickle takes: objects of classes that a module defines",
                received=f"{part}: {reason}",
                advice="Move your own classes and functions from the script or notebook into a module and import them "
                "from there, put functions with a name in the place of lambdas, open files and connections no sooner "
                "than training begins; or use workers=1.",
            )
        ) from error


def read_context(folder: Path) -> TrialContext:
    """Return the context that `write_context` wrote; its large arrays are read-only, and mapped into memory.

    Args:
        folder: Where it was written, by a process of the same search.

    Raises:
        DataError: If rows that a source reads from disk are not there.
        SearchError: If something that it refers to cannot be imported here.
    """
    try:
        with (folder / _CONTEXT_FILE).open("rb") as file:
            context: TrialContext = _ContextUnpickler(file, folder).load()
    except DataError:  # a source says itself what it lacks here
        raise
    except Exception as error:
        raise SearchError(
            describe_error(
                "A worker cannot read what the trials share.",
                expected="blocks and callbacks of modules that workers can import, too",
                received=f"{type(error).__name__}: {error}",
                advice="Install the modules that define them, or use workers=1.",
            )
        ) from error
    return context


class _NotImportableError(Exception):
    """Something is defined where no other process can import it from."""


class _ContextPickler(pickle.Pickler):
    """Pickles all but large arrays, which it writes to files of their own, each once."""

    def __init__(self, file: BinaryIO, folder: Path | None) -> None:
        super().__init__(file, protocol=_PROTOCOL)
        self._folder = folder
        self._names: dict[int, str] = {}
        self._arrays: list[Array] = []  # kept, so that no other object gets the id of one

    def persistent_id(self, obj: object) -> str | None:
        """Return the name of the file that stands for a large array; `None` for anything else."""
        if type(obj) not in (np.ndarray, np.memmap):
            return None
        array: Array = obj  # type: ignore[assignment]  # mypy does not narrow by type()
        if array.dtype.hasobject or array.nbytes < _LEAST_BYTES:
            return None
        if id(array) not in self._names:
            name = f"{len(self._arrays)}.npy"
            if self._folder is not None:
                with (self._folder / name).open("wb") as file:
                    np.lib.format.write_array(file, array, version=_ARRAY_FORMAT, allow_pickle=False)
            self._names[id(array)] = name
            self._arrays.append(array)
        return self._names[id(array)]

    def reducer_override(self, obj: object) -> Any:
        """Refuse what pickle refers to by a name that means something else in another process."""
        if isinstance(obj, (type, FunctionType)) and obj.__module__ == "__main__":
            message = f"{obj.__qualname__!r} is defined in the script or notebook itself, not in a module"
            raise _NotImportableError(message)
        return NotImplemented


class _ContextUnpickler(pickle.Unpickler):
    """Reads what `_ContextPickler` wrote."""

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder
        self._arrays: dict[str, Array] = {}

    def persistent_load(self, pid: Any) -> Array:
        """Return the array of a file, mapped into memory."""
        if pid not in self._arrays:
            # The header lists a table's columns, thousands perhaps. NumPy's limit is for files from elsewhere.
            mapped: Array = np.load(self._folder / pid, mmap_mode="r", allow_pickle=False, max_header_size=sys.maxsize)
            self._arrays[pid] = mapped.view(np.ndarray)  # slices of it are as quick as those of any array
        return self._arrays[pid]


def _what_cannot_be_pickled(context: TrialContext) -> tuple[str, str] | None:
    """Return the first part of a context that cannot be pickled, in the user's words, and why."""
    parts: list[tuple[str, Any]] = []
    parts += [(f"the input {vertex.name!r}", vertex.operator) for vertex in context.graph.inputs]
    parts += [(f"the block {vertex.name!r}", vertex.operator) for vertex in context.graph.blocks]
    parts += [(f"the callback {type(each).__name__}", each) for each in context.callbacks]
    parts += [(field.name, getattr(context, field.name)) for field in attrs.fields(type(context))]
    for name, part in parts:
        try:
            _ContextPickler(io.BytesIO(), None).dump(part)
        except Exception as error:  # noqa: BLE001 - pickle raises whatever an object's own methods raise
            return name, str(error)
    return None
