"""What executors with workers have in common: who waits, who hangs, who is replaced, and when it is hopeless."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from autokeras_core.errors import SearchError
from autokeras_core.executors._limits import after_waiting, hang_of
from autokeras_core.executors._pool import SECONDS_BETWEEN_LOOKS, Seat, WorkerPool
from autokeras_core.search.records import Failure, TrialJob, TrialOutcome, failed_outcome
from tests.clocks import Clock

LOST = Failure(kind="crash", reason="it was lost")


class ScriptedPool(WorkerPool[Seat]):
    """A pool whose workers do nothing, and say what a test has them say: one thing at each look, or nothing for a while.

    Attributes:
        heard: What is going to be heard, as functions; `None` for silence.
        killed: The numbers of the seats whose workers were killed.
        begun: The jobs as workers began with them.
    """

    name = "scripted"

    def __init__(self, clock: Clock, *, ready: list[bool]) -> None:
        super().__init__(len(ready))
        self.clock = clock
        self.heard: deque[Callable[[], None] | None] = deque()
        self.killed: list[int] = []
        self.begun: list[TrialJob] = []
        self._seats = [Seat(number=number, is_ready=is_ready) for number, is_ready in enumerate(ready)]

    @property
    def numbers(self) -> list[int]:
        """The numbers of the seats."""
        return [seat.number for seat in self._seats]

    def outcome(self, trial_id: str) -> Callable[[], None]:
        """Return what it is to hear that a trial has ended well; of a worker that was killed, nothing is heard."""

        def end() -> None:
            for seat in self._seats:
                if seat.job is not None and seat.job.trial_id == trial_id:
                    seat.job = None
                    self._outcomes.append(TrialOutcome(trial_id=trial_id, configuration={}, status="completed"))

        return end

    def ready(self, number: int) -> Callable[[], None]:
        """Return what it is to hear that a worker is ready."""
        return lambda: self._note_ready(self._seats[self.numbers.index(number)])

    def lose(self, number: int) -> None:
        """Hear that a worker was lost."""
        self._note_loss(self._seats[self.numbers.index(number)], LOST, words="no such module")

    def close(self) -> None:
        """Forget everything."""
        self._empty()

    def _listen(self) -> None:
        heard = self.heard.popleft() if self.heard else None
        if heard is None:
            self.clock.now += SECONDS_BETWEEN_LOOKS
        else:
            heard()

    def _run(self, seat: Seat) -> None:
        assert seat.job is not None
        self.begun.append(seat.job)

    def _kill(self, seat: Seat) -> None:
        self.killed.append(seat.number)

    def _replace(self, seat: Seat) -> None:
        self._kill(seat)
        self._seats[self._seats.index(seat)] = Seat(number=seat.number)

    def _cannot_start(self, failure: Failure, words: str) -> SearchError:
        return SearchError(f"No worker can start: {failure.reason}: {words}")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock by which the pool goes."""
    clock = Clock(1000.0)
    monkeypatch.setattr("time.monotonic", clock)
    return clock


def make_job(**options: Any) -> TrialJob:
    """Return a job of ten seconds, and two of grace."""
    values: dict[str, Any] = {"trial_id": "0", "seconds": 10.0, "grace": 2.0, **options}
    return TrialJob(configuration={"a": 1}, epochs=1, seed=0, directory="", attempt=2, **values)


def test_a_trial_hangs_when_it_neither_ends_nor_can_be_interrupted() -> None:
    """It has its seconds, the grace until it is interrupted, and some to save its model."""
    assert hang_of(make_job(seconds=None), seconds=1e9, overdue=1e9) is None
    assert hang_of(make_job(), seconds=14.5, overdue=2.5) is None
    failure = hang_of(make_job(), seconds=15.1, overdue=3.1)
    assert failure is not None
    assert (failure.kind, failure.reason) == (
        "timeout",
        "it hung: its worker was killed after 15.1 s, 10.0 s were given",
    )


def test_the_outcome_of_a_lost_trial_says_which_it_was() -> None:
    """The journal needs its configuration and attempt."""
    outcome = failed_outcome(make_job(), Failure(kind="crash", reason="gone"), seconds=3.0)

    assert (outcome.trial_id, outcome.status, outcome.attempts, outcome.seconds) == ("0", "failed", 2, 3.0)
    assert outcome.configuration == {"a": 1}


def test_a_worker_whose_trial_hangs_is_killed_and_replaced(clock: Clock) -> None:
    """Half a second after the last moment at which it could have ended, at the latest."""
    pool = ScriptedPool(clock, ready=[True])
    began = clock.now
    pool.submit(make_job())

    outcome = pool.wait()

    assert outcome.failure is not None and outcome.failure.kind == "timeout"
    assert 14.5 < clock.now - began <= 15.0
    assert (pool.killed, pool.numbers) == ([0], [0])


@pytest.mark.parametrize("silence", [0, 3], ids=["all is there", "it arrives in a moment"])
def test_a_trial_that_has_ended_while_the_search_was_busy_does_not_hang(silence: int, clock: Clock) -> None:
    """After a slow hook, or Ctrl-Z and `fg`, its outcome lies behind messages of long ago."""
    pool = ScriptedPool(clock, ready=[True])
    pool.submit(make_job())
    clock.now += 100.0
    pool.heard.extend([None] * silence + [lambda: None, lambda: None, pool.outcome("0")])

    outcome = pool.wait()

    assert outcome.status == "completed"
    assert pool.killed == []


def test_a_hanging_trial_is_killed_however_busy_the_search_is(clock: Clock) -> None:
    """Between the ends of others it is listened for, and that is counted together."""
    pool = ScriptedPool(clock, ready=[True, True])
    pool.submit(make_job(trial_id="hangs"))
    for number in range(6):
        pool.submit(make_job(trial_id=str(number)))
        clock.now += 20.0  # a slow hook
        pool.heard.extend([None, pool.outcome(str(number))])
        outcome = pool.wait()
        if outcome.trial_id == "hangs":
            break

    assert outcome.failure is not None and outcome.failure.kind == "timeout"
    assert pool.killed == [0]


def test_a_worker_that_cannot_start_again_is_given_up_while_others_work(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The search goes on with those that it has, and tells so."""
    pool = ScriptedPool(clock, ready=[True, False])
    pool.submit(make_job(trial_id="a"))
    for _ in range(3):
        pool.lose(1)
    pool.submit(make_job(trial_id="b"))
    pool.heard.extend([pool.outcome("a"), pool.outcome("b")])

    outcomes = [pool.wait(), pool.wait()]

    assert [outcome.trial_id for outcome in outcomes] == ["a", "b"]
    assert (pool.numbers, pool.capacity, pool.killed) == ([0], 1, [1, 1, 1])
    assert "Worker 1 is given up" in caplog.text and "goes on with 1: it was lost" in caplog.text


def test_the_next_search_begins_with_all_workers(clock: Clock) -> None:
    """What could not start then may start now."""
    pool = ScriptedPool(clock, ready=[True, False])
    for _ in range(3):
        pool.lose(1)

    pool.close()

    assert pool.capacity == 2


def test_a_worker_that_cannot_start_does_not_end_a_search_whose_others_are_starting(clock: Clock) -> None:
    """They may take longer: nothing is known of them yet."""
    pool = ScriptedPool(clock, ready=[False, False])
    for _ in range(3):
        pool.lose(0)
    pool.heard.extend([pool.ready(1), pool.outcome("0")])
    pool.submit(make_job())

    assert pool.wait().status == "completed"
    assert pool.numbers == [1]


@pytest.mark.parametrize("lost", [[0, 0, 0], [0, 1, 0]], ids=["one worker", "two workers"])
def test_where_no_worker_can_start_the_search_ends(lost: list[int], clock: Clock) -> None:
    """At the third failure in a row, with what the last one printed."""
    pool = ScriptedPool(clock, ready=[False] * (max(lost) + 1))
    for number in lost[:-1]:
        pool.lose(number)

    with pytest.raises(SearchError, match="No worker can start: it was lost: no such module"):
        pool.lose(lost[-1])


def test_starts_that_fail_are_counted_in_a_row(clock: Clock) -> None:
    """One that succeeds in between begins the count anew."""
    pool = ScriptedPool(clock, ready=[False])
    for _ in range(4):
        pool.lose(0)
        pool.lose(0)
        pool.ready(0)()
        pool.lose(0)  # while it has nothing to do

    assert pool.numbers == [0]


def test_a_trial_that_waits_for_the_rest_of_the_search_is_not_begun(clock: Clock) -> None:
    """A machine that is lost keeps no time limit waiting."""
    pool = ScriptedPool(clock, ready=[False])
    began = clock.now
    pool.submit(make_job(search_seconds=30.0))

    outcome = pool.wait()

    assert outcome.failure is not None and outcome.failure.kind == "not_begun"
    assert "no worker was free for it within 30.5 s, 30.0 s were left of the search" in outcome.failure.reason
    assert clock.now - began <= 30.5


def test_waiting_costs_a_trial_none_of_its_time(clock: Clock) -> None:
    """A worker that starts, or takes over from one that died, imports TensorFlow for longer than a short trial takes."""
    pool = ScriptedPool(clock, ready=[False])
    pool.submit(make_job(seconds=4.0, search_seconds=600.0))
    pool.heard.extend([None] * 20 + [pool.ready(0), pool.outcome("0")])

    outcome = pool.wait()

    assert outcome.status == "completed"
    assert [(job.seconds, job.grace) for job in pool.begun] == [(4.0, 2.0)]


def test_a_trial_that_begins_late_ends_with_the_search(clock: Clock) -> None:
    """It gets what is left, and is interrupted when all is."""
    pool = ScriptedPool(clock, ready=[False])
    pool.submit(make_job(seconds=10.0, grace=2.0, search_seconds=12.0, search_grace=1.5))
    pool.heard.extend([None] * 10 + [pool.ready(0), pool.outcome("0")])

    pool.wait()

    assert [(job.seconds, job.grace) for job in pool.begun] == [(7.0, 1.5)]


def test_a_worker_that_is_free_after_the_searchs_end_begins_nothing(clock: Clock) -> None:
    """The trial would fail for want of time, and lose its checkpoint."""
    pool = ScriptedPool(clock, ready=[False])

    def ready_too_late() -> None:
        clock.now += 2.0
        pool.ready(0)()

    pool.submit(make_job(search_seconds=1.0))
    pool.heard.append(ready_too_late)

    outcome = pool.wait()

    assert outcome.failure is not None and outcome.failure.kind == "not_begun"
    assert pool.begun == []


def test_a_trial_of_a_search_without_a_time_limit_begins_as_it_was_submitted() -> None:
    """However long it has waited."""
    jobs = [make_job(), make_job(seconds=None)]

    assert [after_waiting(job, seconds=1e9) for job in jobs] == jobs


def test_a_trial_without_a_time_limit_waits_for_a_worker(clock: Clock) -> None:
    """For as long as that takes."""
    pool = ScriptedPool(clock, ready=[False])
    pool.submit(make_job(seconds=None))
    pool.heard.extend([None] * 1000 + [pool.ready(0), pool.outcome("0")])

    assert pool.wait().status == "completed"


def test_a_pool_makes_do_with_fewer_workers_and_never_takes_more(clock: Clock) -> None:
    """There may be fewer trials than it has room for."""
    pool = ScriptedPool(clock, ready=[True] * 4)

    pool.limit(3)
    pool.limit(8)

    assert pool.capacity == 3
