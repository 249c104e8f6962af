"""Computed features that several processes of a search share: what one of them has computed the others find."""

from __future__ import annotations

import logging
import os
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.feature_cache import FeatureCache, Place, mapped_file
from autokeras_core.search.file_lock import try_lock

if TYPE_CHECKING:
    from autokeras_core.engine.deadline import Deadline

__all__ = ["SharedFeatureCache"]

Array: TypeAlias = np.ndarray[Any, Any]

_LOGGER = logging.getLogger(__name__)

_BYTES_ON_DISK = 10 * 2**30
_SECONDS_BETWEEN_TRIES = 0.05


class SharedFeatureCache(FeatureCache):
    """Keeps all arrays in files of a folder, where the caches of other processes find them, and maps them into memory.

    What a process computes it computes in its turn (`turn`): who comes second waits, and finds what the first one made.
    Beyond the limit on the disk, the files that nobody has asked for for the longest time are deleted; another process that
    has one in use keeps what it has mapped. Arrays of objects cannot be shared: each process keeps its own.

    Args:
        directory: The folder, of one search on one machine; who made it deletes it.
        most_bytes: The limit on the disk.

    Example:
        ```python
        with cache.turn(place, deadline):
            if place not in cache:
                cache.keep(place, compute())
        ```
    """

    def __init__(self, directory: Path, *, most_bytes: int = _BYTES_ON_DISK) -> None:
        super().__init__(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self._folder = directory
        self._most_bytes = most_bytes
        self._parts: dict[Place, Path] = {}
        self._mapped: set[Place] = set()

    def __contains__(self, place: object) -> bool:
        return super().__contains__(place) or self._map(place)

    def begin_trial(self) -> None:
        """Let go of all files but those that must stay; what is needed again is found again."""
        super().begin_trial()
        for place in self._mapped - self._fixed:
            self._arrays.pop(place, None)
        self._mapped &= self._fixed

    def keep(self, place: Place, array: Array, *, is_fixed: bool = False) -> None:
        """Keep an array, and let other processes find it."""
        part = self._parts.pop(place, None)
        if array.dtype.hasobject:
            super().keep(place, array, is_fixed=is_fixed)
            return
        if part is None or not isinstance(array, np.memmap):
            part = self._path(place, "part")
            with part.open("wb") as stream:
                np.save(stream, array, allow_pickle=False)
        else:
            array.flush()
        part.replace(self._path(place, "fixed.npy" if is_fixed else "npy"))
        self._map(place)

    def allocator(self, place: Place, *, largest_in_memory: int) -> Callable[[tuple[int, ...], np.dtype[Any]], Array]:
        """Return what makes the file of an array to be filled. To be called, as `keep`, inside of `turn`."""

        def allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
            if dtype.hasobject:
                return np.empty(shape, dtype)
            self._make_room(int(np.prod(shape, dtype=np.int64)) * dtype.itemsize)
            part = self._parts[place] = self._path(place, "part")
            return mapped_file(part, shape, dtype)

        return allocate

    @contextmanager
    def turn(self, place: Place, deadline: Deadline | None) -> Iterator[None]:
        """Wait until no other process is busy with a place, and keep others from it inside the `with` block.

        Raises:
            OutOfTimeError: If the deadline passes meanwhile.
        """
        descriptor = os.open(self._path(place, "lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            while not try_lock(descriptor):
                if deadline is not None and deadline.expired:
                    message = "another worker was still computing the same features"
                    raise OutOfTimeError(message)
                time.sleep(_SECONDS_BETWEEN_TRIES)
            yield
        finally:
            os.close(descriptor)  # lets go of the lock; the system does so when a process is killed

    def find_state(self, key: str) -> Mapping[str, Any] | None:
        """Return the state of a preprocessor that some process has fitted; `None` if none has."""
        try:
            # Written by a worker of this very search, into a folder of its own.
            state: Mapping[str, Any] = pickle.loads(self._path((key, "state"), "pickle").read_bytes())  # noqa: S301
        except FileNotFoundError:
            return None
        return state

    def keep_state(self, key: str, state: Callable[[], Mapping[str, Any]]) -> None:
        """Let other processes find the state of a fitted preprocessor."""
        part = self._path((key, "state"), "part")
        part.write_bytes(pickle.dumps(state(), protocol=5))
        part.replace(self._path((key, "state"), "pickle"))

    def _map(self, place: Any) -> bool:
        """Map the file of a place into memory, if there is one."""
        for suffix in ("fixed.npy", "npy"):
            path = self._path(place, suffix)
            try:
                mapped = np.load(path, mmap_mode="r", allow_pickle=False)
                os.utime(path)
            except FileNotFoundError:
                continue
            super().keep(place, mapped, is_fixed=suffix == "fixed.npy")
            self._mapped.add(place)
            return True
        return False

    def _make_room(self, size: int) -> None:
        found = [(path, _status_of(path)) for path in self._folder.glob("*.npy")]
        files = [(path, status) for path, status in found if status is not None]
        on_disk = sum(status.st_size for _, status in files)
        needed = {self._path(place, "npy") for place in self._in_use}
        for path, status in sorted(files, key=lambda each: each[1].st_mtime):
            if on_disk + size <= self._most_bytes:
                return
            if path in needed or path.name.endswith(".fixed.npy"):
                continue
            try:
                path.unlink(missing_ok=True)
            except OSError:  # Windows keeps a file that some process has mapped
                continue
            on_disk -= status.st_size
            _LOGGER.info("Features in %s are dropped, to make room for others.", path.name)

    def _path(self, place: Place, suffix: str) -> Path:
        key, part = place
        return self._folder / f"{key}-{part}.{suffix}"


def _status_of(path: Path) -> os.stat_result | None:
    """Return what the system knows of a file; `None` if another process has deleted it meanwhile."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None
