"""The journal: what happened in a search, one line per event, safe against being killed. Light: standard library only.

An append-only file of JSON lines. Every line is flushed to the disk before `append` returns, so what was written is
never lost; a line that was being written when the process died is cut off when the journal is opened again. A lock
file keeps a second process from writing to the same search.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.file_lock import try_lock

__all__ = ["Journal", "is_locked", "locked", "read_events"]

_SCHEMA = 1
_HEADER = "journal"
_RESERVED = ("event", "time")
_LOCK_SUFFIX = ".lock"
_BEGINNING = b'{"event":"journal",'  # of the first line, as `append` writes it


class Journal:
    """A search's journal, open for one writer. Get one from `create` or `open`; `close` releases the lock.

    Example:
        ```python
        with Journal.create(directory / "journal.jsonl") as journal:
            journal.append("trial_started", trial_id="0", configuration={"units": 32})
        with Journal.open(directory / "journal.jsonl") as journal:
            journal.events()  # [{"event": "trial_started", "time": ..., "trial_id": "0", ...}]
        ```
    """

    def __init__(self, path: Path, descriptor: int, lock: _Lock) -> None:
        """Use `create` or `open` instead."""
        self.path = path
        self._descriptor = descriptor
        self._lock = lock

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> Self:
        """Start a new journal.

        Args:
            path: Where; the folder must exist, the file must not.

        Raises:
            SearchError: If the file exists, the folder cannot be written, or another process holds the lock.
        """
        return cls._locked(Path(path), os.O_CREAT | os.O_EXCL)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open an existing journal to go on writing; an unfinished last line is cut off.

        One whose process died before its first line was whole tells of nothing, and is begun anew.

        Args:
            path: The file.

        Raises:
            SearchError: If it does not exist, is no journal or is damaged, or another process holds the lock.
        """
        return cls._locked(Path(path), 0)

    @classmethod
    def _locked(cls, path: Path, flags: int) -> Self:
        lock = _Lock(path)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | flags, 0o644)
        except OSError as error:
            lock.release()
            raise SearchError(
                describe_error(
                    "The search's journal cannot be opened.",
                    expected="a file that does not exist yet" if flags else "an existing file that can be written",
                    received=f"{str(path)!r} ({type(error).__name__}: {error.strerror})",
                )
            ) from error
        journal = cls(path, descriptor, lock)
        try:
            if flags:
                journal.append(_HEADER, schema=_SCHEMA)
                _sync_folder(path.parent)
            else:
                journal._cut_unfinished_line()
        except BaseException:
            journal.close()
            raise
        return journal

    def append(self, event: str, /, **fields: Any) -> None:
        """Write one event; it is on the disk when this returns.

        Args:
            event: What happened, e.g. `"trial_completed"`.
            **fields: Details, JSON data; NumPy scalars are converted. `event` and `time` are taken.

        Raises:
            SearchError: If a field is no JSON data, the journal is closed, or the disk is full. The journal is then
                as it was before.
        """
        record = {"event": event, "time": round(time.time(), 3), **fields}
        if any(name in fields for name in _RESERVED):
            raise SearchError(
                describe_error(
                    f"The event {event!r} has a field with a reserved name.",
                    expected=f"names other than {list(_RESERVED)}",
                    received=f"{sorted(fields)}",
                )
            )
        try:
            line = json.dumps(record, default=_plain, separators=(",", ":")) + "\n"
        except (TypeError, ValueError) as error:
            raise SearchError(
                describe_error(
                    f"The event {event!r} cannot be written to the journal.",
                    expected="JSON data",
                    received=f"{error}",
                )
            ) from error
        self._write(line.encode())

    def _write(self, data: bytes) -> None:
        if self._descriptor < 0:
            raise SearchError(
                describe_error("The journal is closed.", expected="an open journal", received=str(self.path))
            )
        end = os.lseek(self._descriptor, 0, os.SEEK_END)
        try:
            written = 0
            while written < len(data):
                written += os.write(self._descriptor, data[written:])
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, end)
            raise SearchError(
                describe_error(
                    "An event could not be written to the journal.",
                    expected="room on the disk",
                    received=f"{str(self.path)!r} ({type(error).__name__}: {error.strerror})",
                    advice="Make room, then run the same search again: it goes on where it stopped.",
                )
            ) from error

    def events(self) -> list[dict[str, Any]]:
        """Return all events so far, oldest first."""
        return read_events(self.path)

    def close(self) -> None:
        """Close the file and release the lock. Closing twice is fine."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _cut_unfinished_line(self) -> None:
        data = self.path.read_bytes()
        if _is_unwritten(data):
            os.ftruncate(self._descriptor, 0)
            self.append(_HEADER, schema=_SCHEMA)
            return
        _, length = _parse(data, self.path)
        if length < len(data):
            os.ftruncate(self._descriptor, length)
            os.fsync(self._descriptor)


def read_events(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """Return the events of a journal without locking it, also while a search writes to it.

    Args:
        path: The file.

    Returns:
        One dictionary per event with `event`, `time` (seconds since 1970) and the event's own fields, oldest first.

    Raises:
        SearchError: If the file cannot be read, is no journal, or is damaged before its last line.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SearchError(
            describe_error(
                "The search's journal cannot be read.",
                expected="an existing file",
                received=f"{str(path)!r} ({type(error).__name__}: {error.strerror})",
            )
        ) from error
    return [] if _is_unwritten(data) else _parse(data, path)[0]


@contextmanager
def locked(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep every process from writing to a journal in the `with` block, whatever the file holds.

    Args:
        path: The journal; it need not exist, its folder must.

    Raises:
        SearchError: If a process has it open for writing, or the folder cannot be written.

    Example:
        ```python
        with locked(directory / "journal.jsonl"):
            (directory / "journal.jsonl").unlink()
        ```
    """
    lock = _Lock(Path(path))
    try:
        yield
    finally:
        lock.release()


def is_locked(path: str | os.PathLike[str]) -> bool:
    """Return whether a process has the journal open for writing, as a search has while it runs.

    Args:
        path: The journal; it need not exist.
    """
    path = Path(path)
    try:
        descriptor = os.open(path.with_name(path.name + _LOCK_SUFFIX), os.O_RDWR)
    except OSError:  # no lock file, or one of another user's: then it is not ours to tell
        return False
    try:
        return not try_lock(descriptor)
    except OSError:  # there are no locks here, so no search can have one
        return False
    finally:
        os.close(descriptor)  # lets go of the lock at once


def _parse(data: bytes, path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the events, and how many bytes of `data` are whole lines."""
    lines = data.splitlines(keepends=True)
    records: list[dict[str, Any]] = []
    length = 0
    for number, line in enumerate(lines, start=1):
        record = _parse_line(line)
        if record is None:
            if number == len(lines):
                break  # the process died while it wrote this line
            raise _damaged(path, f"line {number}: {line[:60]!r}")
        records.append(record)
        length += len(line)
    if not records or records[0].get("event") != _HEADER:
        raise _damaged(path, "no header line")
    if records[0].get("schema") != _SCHEMA:
        raise SearchError(
            describe_error(
                "The journal was written in another format.",
                expected=f"schema {_SCHEMA}",
                received=f"schema {records[0].get('schema')!r} in {str(path)!r}",
                advice="Use the version of autokeras-core that wrote it.",
            )
        )
    return records[1:], length


def _is_unwritten(data: bytes) -> bool:
    """Return whether this is all of a journal whose first line is being written, or was when the process died."""
    return b"\n" not in data and (_BEGINNING.startswith(data) or data.startswith(_BEGINNING))


def _parse_line(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("event"), str) else None


def _damaged(path: Path, what: str) -> SearchError:
    return SearchError(
        describe_error(
            "The journal is damaged, or is no journal.",
            expected="a header line, then one JSON object with an 'event' per line",
            received=f"{str(path)!r}, {what}",
            advice="Give another directory, or overwrite=True to start the search anew.",
        )
    )


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    message = f"{value!r} of type {type(value).__name__}"
    raise TypeError(message)


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last as well as its content; Windows can neither do this nor needs it."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class _Lock:
    """A lock file beside the journal, with the pid of its holder.

    The operating system holds the lock and lets it go when the process ends, however it ends. So a lock file that a
    killed process left is taken over, even if its pid by now belongs to another process. The pid is for the message.
    """

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(journal.name + _LOCK_SUFFIX)
        self._descriptor = -1
        try:
            while self._descriptor < 0:
                self._try()
        except OSError as error:
            raise SearchError(
                describe_error(
                    "The search's journal cannot be locked.",
                    expected="a folder that exists and can be written, on a file system with file locks, with room on it",
                    received=f"{str(journal.parent)!r} ({type(error).__name__}: {error.strerror})",
                )
            ) from error

    def release(self) -> None:
        """Delete the lock file and let go of the lock."""
        if self._descriptor >= 0:
            if sys.platform != "win32":  # Windows deletes no open file; the one that stays is taken over next time
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def _try(self) -> None:
        """Lock the file and write the pid into it, unless it is deleted meanwhile; raise if another process holds it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not try_lock(descriptor):
                raise self._held_elsewhere()
            # The holder before may have deleted the file between our opening and locking it: then lock the new one.
            if _is_same_file(descriptor, self._path):
                os.ftruncate(descriptor, 0)
                os.lseek(descriptor, 0, os.SEEK_SET)
                os.write(descriptor, f"{os.getpid()}\n".encode())
                self._descriptor = descriptor
        finally:
            if self._descriptor != descriptor:
                os.close(descriptor)

    def _held_elsewhere(self) -> SearchError:
        try:
            pid = self._path.read_text(encoding="ascii").strip() or "unknown"
        except OSError:
            pid = "unknown"
        return SearchError(
            describe_error(
                "Another search is running in this directory.",
                expected="a directory that no running search uses",
                received=f"{str(self._path.parent)!r}, in use by the process with pid {pid}",
                advice="Wait for it, stop it, or give another directory.",
            )
        )


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
