"""A worker process as the search sees it: started, talked to, killed. Light: standard library only."""

from __future__ import annotations

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

Inbox: TypeAlias = "queue.Queue[tuple[WorkerProcess, Message | None]]"
"""What workers say, in the order in which it arrives; `None` says that the worker's process has ended."""

_COMMAND = (sys.executable, "-P", "-m", "autokeras_core.executors.worker")
_TAIL = 2_000
_IS_POSIX = os.name == "posix"


class WorkerProcess:
    """One worker, started when the object is made.

    It is the leader of a process group of its own: Ctrl-C on a terminal does not reach it, and what it started itself is
    killed with it.

    Args:
        inbox: Where its messages go.
        environment: Its environment variables.
        log: The file that takes what it prints.
    """

    def __init__(self, inbox: Inbox, *, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.is_ready = False
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
        self._reader = threading.Thread(target=self._read, args=(inbox,), name="worker reader", daemon=True)
        self._reader.start()

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

    def kill(self) -> None:
        """End the process and what it started, at once; return when it is gone."""
        if self._process.poll() is None:
            if _IS_POSIX:
                try:
                    os.killpg(self.pid, signal.SIGKILL)
                except ProcessLookupError:  # it has ended by itself
                    pass
            else:
                self._process.kill()
        self.join()

    def join(self) -> int:
        """Return the exit code when the process has ended; negative for the number of a signal."""
        code = self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            try:
                stream.close()
            except OSError:  # what was not sent yet is lost with the process
                pass
        return code

    def forget_words(self) -> None:
        """Forget what the process has printed so far: it is about earlier trials."""
        self._words_from = self.log.stat().st_size

    def last_words(self) -> str:
        """Return the end of what the process has printed since `forget_words` was called, or ever."""
        return self.log.read_bytes()[self._words_from :][-_TAIL:].decode("utf-8", errors="replace").strip()

    def _read(self, inbox: Inbox) -> None:
        assert self._process.stdout is not None
        while (message := read_message(self._process.stdout)) is not None:
            inbox.put((self, message))
        inbox.put((self, None))
