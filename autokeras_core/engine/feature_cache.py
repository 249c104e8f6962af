"""Where computed features are kept: small ones in memory, large ones in memory-mapped files, and not too many of those."""

from __future__ import annotations

import errno
import logging
import os
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.rows import read_only

if TYPE_CHECKING:
    from autokeras_core.engine.deadline import Deadline

__all__ = ["FeatureCache", "Place", "mapped_file"]

Array: TypeAlias = np.ndarray[Any, Any]
Place: TypeAlias = tuple[str, str]
"""The key of a chain of preprocessors, and `"train"` or `"validation"`."""

_LOGGER = logging.getLogger(__name__)

_BYTES_IN_MEMORY_TOGETHER = 512 * 2**20
_BYTES_ON_DISK = 10 * 2**30
_CANNOT_SET_ASIDE = (errno.EOPNOTSUPP, errno.EINVAL)  # what file systems say that know no such thing


class FeatureCache:
    """Keeps arrays by place. Files go when the cache goes, or earlier, to make room for others.

    Beyond the limit on the disk, the file that was not used for the longest time goes first. What has been used since
    `begin_trial` stays, so that a trial has all it needs, even if that is more than the limit.

    Args:
        directory: Where files lie; `None` to keep all in memory.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self._arrays: dict[Place, Array] = {}  # the least recently used one first
        self._files: dict[Place, Path] = {}
        self._fixed: set[Place] = set()
        self._in_use: set[Place] = set()
        self._bytes_in_memory = 0
        self.remove_files = weakref.finalize(self, _remove_files, self._files)

    def __contains__(self, place: object) -> bool:
        return place in self._arrays

    def __getitem__(self, place: Place) -> Array:
        array = self._arrays[place] = self._arrays.pop(place)
        self._in_use.add(place)
        return array

    def begin_trial(self) -> None:
        """Take note that nothing is needed any more but what is asked for from now on."""
        self._in_use.clear()

    def keep(self, place: Place, array: Array, *, is_fixed: bool = False) -> None:
        """Keep an array that was made in a place by `allocator`, or in memory.

        Args:
            place: Its place.
            array: The array.
            is_fixed: Whether it must stay, since nothing could compute it again.
        """
        if not isinstance(array, np.memmap):
            self._bytes_in_memory += array.nbytes
        self._arrays[place] = read_only(array)
        self._in_use.add(place)
        if is_fixed:
            self._fixed.add(place)

    def allocator(self, place: Place, *, largest_in_memory: int) -> Callable[[tuple[int, ...], np.dtype[Any]], Array]:
        """Return what makes an array to be filled, given shape and dtype: in memory, or in a file.

        Args:
            place: The place of the array.
            largest_in_memory: How many bytes it may have to be kept in memory.
        """

        def allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
            size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            fits = size <= largest_in_memory and self._bytes_in_memory + size <= _BYTES_IN_MEMORY_TOGETHER
            if self.directory is None or fits:
                return np.empty(shape, dtype)
            self._make_room(size)
            self._remove(place)  # of a computation that was given up
            self.directory.mkdir(parents=True, exist_ok=True)
            key, part = place
            handle, path = tempfile.mkstemp(prefix=f"{key[:16]}-{part}-", suffix=".npy", dir=self.directory)
            os.close(handle)
            self._files[place] = Path(path)
            return mapped_file(Path(path), shape, dtype)

        return allocate

    def turn(self, place: Place, deadline: Deadline | None) -> AbstractContextManager[None]:
        """Return the context in which what is missing in a place is computed; see `SharedFeatureCache`."""
        return nullcontext()

    def find_state(self, key: str) -> Mapping[str, Any] | None:
        """Return the state of a preprocessor that another process has fitted; `None` if there is none."""
        return None

    def keep_state(self, key: str, state: Callable[[], Mapping[str, Any]]) -> None:
        """Let other processes know what a fitted preprocessor has learned; there are none here."""

    def _make_room(self, size: int) -> None:
        """Delete files until one more of this size is within the limit, or all that are left are needed."""
        on_disk = sum(self._arrays[place].nbytes for place in self._files if place in self._arrays)
        for place in list(self._arrays):
            if on_disk + size <= _BYTES_ON_DISK:
                return
            if place in self._files and place not in self._in_use | self._fixed:
                on_disk -= self._arrays[place].nbytes
                _LOGGER.info("Features of %s are dropped, to make room for others.", place)
                self._remove(place)

    def _remove(self, place: Place) -> None:
        self._arrays.pop(place, None)
        path = self._files.pop(place, None)
        if path is not None:
            _remove_files({place: path})


def mapped_file(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return a new array in a memory-mapped file, for which the disk has set room aside.

    A new file is as long as it is meant to be, but has no room yet: where the disk is full when rows are written to it,
    the system kills the process. So room is asked for now, where a lack of it is an error that a trial can fail with.

    Args:
        path: The file, which is replaced if it exists.
        shape: The array's shape.
        dtype: The array's dtype, which holds no objects.

    Raises:
        OSError: If there is no room for it; the file is deleted then.
    """
    try:
        mapped: Array = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        _set_room_aside(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return mapped


def _set_room_aside(path: Path) -> None:
    """Have the disk give a file room for its whole length."""
    if sys.platform != "linux":
        return
    with path.open("r+b") as stream:
        try:
            os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
        except OutOfTimeError:  # an `OSError` too, by way of `TimeoutError`
            raise
        except OSError as error:
            if error.errno not in _CANNOT_SET_ASIDE:
                # Its own message names no file. The folder is named, since the file has another name in each trial: those
                # that fail for want of room are to fail in the same way, which ends a search.
                raise OSError(error.errno, error.strerror, str(path.parent)) from error


def _remove_files(files: MutableMapping[Place, Path]) -> None:
    for path in files.values():
        try:
            path.unlink(missing_ok=True)
        except OSError:  # Windows keeps a file that is still mapped; it lies in the search's own cache folder
            _LOGGER.debug("Could not remove %s.", path)
