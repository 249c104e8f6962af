"""A worker process as the search sees it: started, talked to, killed. Light: standard library only."""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from autokeras_core.executors.messages import Message, read_message, write_message

__all__ = ["Inbox", "WorkerProcess"]

_LOGGER = logging.getLogger(__name__)

Inbox: TypeAlias = "queue.Queue[tuple[WorkerProcess, Message | None]]"
"""What workers say, in the order in which it arrives; `None` says that the worker's process has ended."""

_COMMAND = (sys.executable, "-P", "-m", "autokeras_core.executors.worker")
_TAIL = 2_000
_SECONDS_TO_END = 5.0
_SECONDS_TO_READ = 2.0  # what is left in its pipe, once a process has ended
_KILLED = -9
_IS_POSIX = os.name == "posix"


class WorkerProcess:
    """One worker, started when the object is made.

    It is the leader of a process group of its own: Ctrl-C on a terminal does not reach it, and what it started itself is
    killed with it, or when it ends by itself: a child that lives on would hold on to its pipe, and so hide its end.

    Args:
        inbox: Where its messages go.
        environment: Its environment variables.
        log: The file that takes what it prints.
    """

    def __init__(self, inbox: Inbox, *, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._words_from = 0
        with log.open("ab") as stream:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, by the interpreter that runs this
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=dict(environment),
                start_new_session=_IS_POSIX,
                creationflags=0 if _IS_POSIX else getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._inbox = inbox
        self._has_ended = threading.Event()
        self._reader = threading.Thread(target=self._read, name="worker reader", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name="worker watcher", daemon=True)
        self._reader.start()
        self._watcher.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def send(self, kind: str, **fields: Any) -> bool:
        """Send a message; return whether the process was there to take it."""
        assert self._process.stdin is not None
        try:
            write_message(self._process.stdin, kind, **fields)
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Have the process and what it started end, at once; do not wait until they have."""
        if not _IS_POSIX:
            self._process.kill()
        elif self._process.returncode is None:  # else its number may be another's by now
            self._kill_group()

    def kill(self) -> None:
        """End the process and what it started, at once; return when it is gone."""
        self.stop()
        self.join()

    def join(self) -> int:
        """Wait until a process that was stopped, or whose end was told, is gone; give up waiting after some seconds.

        Returns:
            Its exit code, negative for the number of a signal.
        """
        self._watcher.join(_SECONDS_TO_END + _SECONDS_TO_READ)
        if not self._has_ended.is_set():
            _LOGGER.warning("The worker process %d has been killed, but does not end.", self.pid)
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
        except OSError:  # what was not sent yet is lost with the process
            pass
        code = self._process.returncode
        return _KILLED if code is None else code

    def forget_words(self) -> None:
        """Forget what the process has printed so far: it is about earlier trials."""
        self._words_from = self.log.stat().st_size

    def last_words(self) -> str:
        """Return the end of what the process has printed since `forget_words` was called, or ever."""
        return self.log.read_bytes()[self._words_from :][-_TAIL:].decode("utf-8", errors="replace").strip()

    # In threads of their own

    def _read(self) -> None:
        """Hand on what the process says, until it hangs up; then see to it that it ends."""
        assert self._process.stdout is not None
        with self._process.stdout:
            while (message := read_message(self._process.stdout)) is not None:
                self._inbox.put((self, message))
        if not self._has_ended.wait(_SECONDS_TO_END):
            self.stop()

    def _watch(self) -> None:
        """Wait for the end of the process; tell it when all has been handed on that the process has said."""
        self._process.wait()
        self._has_ended.set()
        if _IS_POSIX:
            self._kill_group()
        self._reader.join(_SECONDS_TO_READ)
        self._inbox.put((self, None))

    def _kill_group(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # all of it has ended; macOS calls that a lack of permission
            pass
