"""The process executor: several trials at once on this machine, each in a worker process that can be killed."""

from __future__ import annotations

import logging
import os
import queue
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import tensorflow as tf

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.executors._deaths import count_memory_kills, describe_death
from autokeras_core.executors._inside import current_settings, log_again
from autokeras_core.executors._pool import SECONDS_BETWEEN_LOOKS, Seat, WorkerPool
from autokeras_core.executors._worker_process import Inbox, WorkerProcess
from autokeras_core.executors.context_files import new_folder, write_context
from autokeras_core.executors.shares import (
    Workers,
    parse_bytes,
    resolve_workers,
    threads_each,
    worker_environment,
)
from autokeras_core.search.records import Failure, TrialOutcome

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.executors.messages import Message

__all__ = ["ProcessExecutor"]

_LOGGER = logging.getLogger(__name__)

_FOLDER_PREFIX = "workers-"


@attrs.define(eq=False, kw_only=True)
class _Seat(Seat):
    """A worker process with what it does."""

    process: WorkerProcess


class ProcessExecutor(WorkerPool[_Seat]):
    """Runs trials in worker processes of this machine, as many at once as there are workers.

    Each worker computes with an equal part of the cores, and on one of the GPUs if there are several. Training data is in
    memory once, but for texts: workers map it from files. A worker that dies costs its trial one more attempt, one that
    hangs is killed, and both are replaced. Workers end when the search does, however it ends.

    Blocks, callbacks and the like must be such that pickle takes them: defined in modules, not in the script itself.

    Args:
        workers: How many trials to run at once, or `"auto"`: one per core (per GPU if there are any), as far as there are
            2 GiB of free memory for each.
        memory_limit: How much memory a worker may take, in bytes or as text like `"2GB"`; by default there is no limit.
            A configuration that needs more fails, is tried once more with half the batch, and the search goes on. On
            Linux only.
        threads: How many threads each worker computes with; by default an equal part of the cores.

    Attributes:
        capacity: The number of workers; it falls by those that cannot be replaced, until the search ends.

    Raises:
        SearchError: If an argument cannot be used.

    Example:
        ```python
        AutoModel(inputs, outputs, workers=4)  # four workers without a memory limit
        AutoModel(inputs, outputs, executor=ProcessExecutor(workers=4, memory_limit="2GB"))
        ```
    """

    name = "process"

    def __init__(
        self, *, workers: Workers = "auto", memory_limit: int | str | None = None, threads: int | None = None
    ) -> None:
        if memory_limit is not None and sys.platform != "linux":
            raise SearchError(
                describe_error(
                    "The memory of workers cannot be limited here.",
                    expected="no memory_limit, but on Linux",
                    received=f"memory_limit={memory_limit!r} on {sys.platform}",
                )
            )
        if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
            raise SearchError(
                describe_error(
                    "The number of threads cannot be used.",
                    expected="a whole number of at least 1, or None",
                    received=f"threads={threads!r}",
                )
            )
        self._gpus = len(tf.config.list_physical_devices("GPU"))
        super().__init__(resolve_workers(workers, gpus=self._gpus))
        self.memory_limit = None if memory_limit is None else parse_bytes(memory_limit)
        self._given_threads = threads
        self._threads = 0
        self._folder: Path | None = None
        self._inbox: Inbox = queue.Queue()

    def open(self, context: TrialContext, observer: TrialObserver) -> None:
        """Start the workers, and write what they need to know; return when the first one is ready.

        Raises:
            SearchError: If the context cannot be handed to other processes, or no worker can start.
        """
        self._observer = observer
        self._threads = threads_each(self.capacity) if self._given_threads is None else self._given_threads
        self._folder = new_folder(context.store.directory, prefix=_FOLDER_PREFIX)
        try:
            # They begin with importing TensorFlow, which takes seconds; the files are written meanwhile.
            for number in range(self.capacity):
                self._seats.append(self._new_seat(number))
            write_context(context, self._folder)
            for seat in self._seats:
                self._set_up(seat)
            self._wait_for_a_worker()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Kill the workers and delete the files that were written for them, also where Ctrl-C comes meanwhile."""
        try:
            self._end_workers()
        finally:
            self._end_workers()  # nothing is left to do, but after Ctrl-C
            self._empty()
            self._inbox = queue.Queue()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    # Workers

    def _end_workers(self) -> None:
        for seat in self._seats:
            seat.process.stop()
        for seat in self._seats:  # all have been told by now, whatever happens while one is waited for
            seat.process.join()

    def _new_seat(self, number: int) -> _Seat:
        assert self._folder is not None
        environment = worker_environment(os.environ, threads=self._threads, number=number, gpus=self._gpus)
        log = self._folder / f"worker-{number}.log"
        log.write_bytes(b"")  # what an earlier one wrote is not about this one
        return _Seat(number=number, process=WorkerProcess(self._inbox, environment=environment, log=log))

    def _set_up(self, seat: _Seat) -> None:
        seat.process.send(
            "setup",
            folder=str(self._folder),
            path=sys.path,
            threads=self._threads,
            memory_limit=self.memory_limit,
            settings=current_settings(),
        )

    def _kill(self, seat: _Seat) -> None:
        seat.process.kill()

    def _replace(self, seat: _Seat) -> None:
        self._kill(seat)
        fresh = self._new_seat(seat.number)
        self._seats[self._seats.index(seat)] = fresh
        self._set_up(fresh)

    def _run(self, seat: _Seat) -> None:
        assert seat.job is not None
        seat.process.forget_words()
        # Where the worker has died meanwhile its end is in the inbox, or soon will be.
        seat.process.send("run", job=seat.job.to_json())

    # Messages

    def _listen(self) -> None:
        """Wait a moment for a message; act on it, and on those that have come with it."""
        try:
            self._take(*self._inbox.get(timeout=SECONDS_BETWEEN_LOOKS))
            for _ in range(self._inbox.qsize()):
                self._take(*self._inbox.get_nowait())
        except queue.Empty:
            return

    def _take(self, process: WorkerProcess, message: Message | None) -> None:
        seat = next((seat for seat in self._seats if seat.process is process), None)
        if seat is None:
            return  # of a worker that was killed
        if message is None:
            self._note_death(seat)
        else:
            self._act(seat, message)

    def _act(self, seat: _Seat, message: Message) -> None:
        assert self._observer is not None
        kind = message["kind"]
        if kind == "event":
            self._observer.trial_event(message["trial_id"], message["event"], **message["fields"])
        elif kind == "outcome":
            seat.job = None
            self._outcomes.append(TrialOutcome.from_json(message["outcome"]))
        elif kind == "ready":
            self._note_ready(seat)
        elif kind == "log":
            log_again(message)
        elif kind == "error":
            raise SearchError(message["reason"])

    def _note_death(self, seat: _Seat) -> None:
        code = seat.process.join()
        words = seat.process.last_words()
        failure = describe_death(code, words, memory_kills=count_memory_kills() - seat.memory_kills)
        self._note_loss(seat, failure, words=words)

    def _cannot_start(self, failure: Failure, words: str) -> SearchError:
        return SearchError(
            describe_error(
                "No worker process can start.",
                expected="a process that imports autokeras_core and reads what the trials share",
                received=f"{failure.reason}\n{words}",
                advice="Use workers=1 to run the trials in this process.",
            )
        )
