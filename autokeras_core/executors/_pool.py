"""What all executors with workers have in common: who does what, who waits, who hangs, who is lost. Light: attrs only."""

from __future__ import annotations

import logging
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import attrs

from autokeras_core.errors import SearchError
from autokeras_core.executors._deaths import count_memory_kills
from autokeras_core.executors._limits import after_waiting, hang_of, vain_wait_of
from autokeras_core.search.records import failed_outcome

if TYPE_CHECKING:
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.search.records import Failure, TrialJob, TrialOutcome

__all__ = ["SECONDS_BETWEEN_LOOKS", "Seat", "WorkerPool"]

_LOGGER = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5
"""How long an executor waits at a time for what workers have to say."""

_STARTS = 3  # that fail in a row, before it is clear that a worker cannot start


@attrs.define(eq=False, kw_only=True)
class Seat:
    """The place of a worker, and what it does. An executor's own kind of seat adds the worker.

    Attributes:
        number: The number of the place; a worker that takes over from a lost one has the same.
        is_ready: Whether the worker has what it needs to run trials.
        job: What it runs.
        started: When it began with that, on the monotonic clock.
        overdue: For how many seconds its end could have been heard of, since it was due.
        memory_kills: How many processes of this machine the kernel had killed for their memory by then.
    """

    number: int
    is_ready: bool = False
    job: TrialJob | None = None
    started: float = 0.0
    overdue: float = 0.0
    memory_kills: int = attrs.field(factory=count_memory_kills)

    @property
    def is_free(self) -> bool:
        """Whether the worker could run a trial."""
        return self.is_ready and self.job is None

    @property
    def seconds_so_far(self) -> float:
        """How long it has been running its trial."""
        return time.monotonic() - self.started


AnySeat = TypeVar("AnySeat", bound=Seat)


class WorkerPool(ABC, Generic[AnySeat]):
    """Hands jobs to workers and collects outcomes. A worker that hangs or is lost costs its trial a failure, and is replaced.

    Args:
        capacity: The number of workers. It falls by those that cannot be replaced, until the pool is closed.
    """

    name: ClassVar[str]
    """What the executor is called in messages."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._workers_lacking = 0
        self._observer: TrialObserver | None = None
        self._seats: list[AnySeat] = []
        self._waiting: deque[tuple[TrialJob, float]] = deque()
        self._outcomes: deque[TrialOutcome] = deque()
        self._failed_starts: Counter[int] = Counter()

    def limit(self, workers: int) -> None:
        """Make do with so many workers, if there are more; before `open` is called."""
        self.capacity = min(self.capacity, workers)

    def submit(self, job: TrialJob) -> None:
        """Give a job to a free worker; it waits for one if there is none."""
        self._waiting.append((job, time.monotonic()))
        self._hand_out()

    def wait(self) -> TrialOutcome:
        """Return the outcome of the next trial that ends, whichever it is.

        Raises:
            SearchError: If something is wrong that no other configuration would cure, or if no worker can start.
        """
        if not self._seats or not (self._outcomes or self._waiting or any(seat.job for seat in self._seats)):
            message = f"The {self.name} executor has nothing to run: call open() and submit() first."
            raise SearchError(message)
        while not self._outcomes:
            began = time.monotonic()
            self._listen()
            self._end_hanging(since=began)
            self._end_waiting()
            self._hand_out()
        return self._outcomes.popleft()

    # What an executor must say

    @abstractmethod
    def _run(self, seat: AnySeat) -> None:
        """Have a seat's worker run its job."""

    @abstractmethod
    def _listen(self) -> None:
        """Wait a moment for what workers have to say, and act on all that they have said."""

    @abstractmethod
    def _kill(self, seat: AnySeat) -> None:
        """Kill a seat's worker, if it has not ended by itself."""

    @abstractmethod
    def _replace(self, seat: AnySeat) -> None:
        """Kill a seat's worker, and put a fresh one in its place."""

    @abstractmethod
    def _cannot_start(self, failure: Failure, words: str) -> SearchError:
        """Return the error for a pool none of whose workers can start; `words` is what the last one printed."""

    # What follows from that

    def _empty(self) -> None:
        """Forget workers, jobs and outcomes; the next search begins with all workers."""
        self.capacity += self._workers_lacking
        self._workers_lacking = 0
        self._failed_starts.clear()
        self._seats = []
        self._waiting.clear()
        self._outcomes.clear()
        self._observer = None

    def _wait_for_a_worker(self) -> None:
        while not any(seat.is_ready for seat in self._seats):
            self._listen()

    def _hand_out(self) -> None:
        for seat in self._seats:
            if not self._waiting:
                return
            if not seat.is_free:
                continue
            job, since = self._waiting.popleft()
            now = time.monotonic()
            seat.job = after_waiting(job, seconds=now - since)
            seat.started, seat.overdue, seat.memory_kills = now, 0.0, count_memory_kills()
            self._run(seat)

    def _end_hanging(self, *, since: float) -> None:
        """Kill workers whose trials should have ended.

        What counts is not how late it is, but for how long their end could have been heard of: a search that was stopped
        (Ctrl-Z), or busy with a plugin's hook, may find it among messages of long ago.

        Args:
            since: When the search began to listen.
        """
        now = time.monotonic()
        for seat in list(self._seats):
            if seat.job is None or seat.job.seconds is None:
                continue
            due = seat.started + seat.job.seconds + seat.job.grace
            seat.overdue += min(max(0.0, now - max(since, due)), SECONDS_BETWEEN_LOOKS)
            hang = hang_of(seat.job, seconds=seat.seconds_so_far, overdue=seat.overdue)
            if hang is not None:
                self._note_failure(seat, hang)
                self._replace(seat)

    def _end_waiting(self) -> None:
        """Give up trials that no worker was free for until the search's time was over."""
        now = time.monotonic()
        waiting = [*self._waiting]
        self._waiting.clear()
        for job, since in waiting:
            failure = vain_wait_of(job, seconds=now - since)
            if failure is None:
                self._waiting.append((job, since))
            else:
                self._outcomes.append(failed_outcome(job, failure))

    def _note_ready(self, seat: AnySeat) -> None:
        seat.is_ready = True
        del self._failed_starts[seat.number]

    def _note_failure(self, seat: AnySeat, failure: Failure) -> None:
        assert seat.job is not None
        self._outcomes.append(failed_outcome(seat.job, failure, seconds=seat.seconds_so_far))

    def _note_loss(self, seat: AnySeat, failure: Failure, *, words: str) -> None:
        """Replace a worker that was lost; leave its place empty if none can start there, but others work.

        Raises:
            SearchError: If no worker can start.
        """
        if seat.job is not None:
            self._note_failure(seat, failure)
        elif not seat.is_ready:
            self._failed_starts[seat.number] += 1
            if self._is_hopeless:
                raise self._cannot_start(failure, words)
            if self._failed_starts[seat.number] >= _STARTS:
                self._give_up(seat, failure)
                return
        _LOGGER.warning("Worker %d is replaced: %s", seat.number, failure.reason)
        self._replace(seat)

    @property
    def _is_hopeless(self) -> bool:
        """Whether no worker is there, and none can be expected to start."""
        return (
            not any(seat.is_ready for seat in self._seats)
            and all(self._failed_starts[seat.number] for seat in self._seats)
            and self._failed_starts.total() >= _STARTS
        )

    def _give_up(self, seat: AnySeat, failure: Failure) -> None:
        """Do without a worker."""
        _LOGGER.warning(
            "Worker %d is given up, since it did not start %d times; the search goes on with %d: %s",
            seat.number,
            _STARTS,
            len(self._seats) - 1,
            failure.reason,
        )
        self._kill(seat)
        self._seats.remove(seat)
        del self._failed_starts[seat.number]
        self.capacity -= 1
        self._workers_lacking += 1
