"""The watchdog interrupts what does not come to its end, and leaves everything else alone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from autokeras_core.engine import watchdog
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.watchdog import interrupted_after

SOON = 0.05
LONG = 30.0


def hang() -> None:
    """Wait for what never comes."""
    threading.Event().wait(LONG)


def spin() -> None:
    """Run Python code without end."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        pass


def in_a_thread(work: Callable[[], None]) -> list[BaseException]:
    """Run something in a thread, and return what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - it is what is looked at
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(LONG)
    return raised


def watched_spin() -> None:
    """Spin under a watchdog."""
    with interrupted_after(SOON, doing="spinning"):
        spin()


@pytest.mark.parametrize("work", [hang, spin, lambda: time.sleep(LONG)], ids=["lock", "python", "sleep"])
def test_what_hangs_is_interrupted(work: Callable[[], None]) -> None:
    """Waiting, computing and sleeping alike, and soon."""
    started = time.monotonic()

    with pytest.raises(OutOfTimeError), interrupted_after(SOON, doing="a test"):
        work()

    assert time.monotonic() - started < 5


def test_the_message_says_what_was_running_and_where() -> None:
    """What we were doing, after how long, and the function in which it was."""
    with (
        pytest.raises(
            OutOfTimeError, match=r"^training was interrupted after 0\.1 s, in spin \(test_watchdog\.py, line"
        ),
        interrupted_after(SOON, doing="training"),
    ):
        spin()


def test_what_ends_in_time_is_left_alone() -> None:
    """Nothing comes later either."""
    with interrupted_after(SOON, doing="a test"):
        result = 1 + 1

    time.sleep(4 * SOON)
    assert result == 2


def test_without_a_limit_nothing_is_interrupted() -> None:
    """And no thread is started for it."""
    before = threading.active_count()

    with interrupted_after(None, doing="a test"):
        assert threading.active_count() == before


@pytest.mark.parametrize("is_main", [True, False], ids=["main thread", "another"])
def test_without_any_time_nothing_is_begun(is_main: bool) -> None:
    """The time was up before: the block is not entered."""
    entered: list[bool] = []

    def work() -> None:
        with interrupted_after(0.0, doing="training"):
            entered.append(True)

    if is_main:
        with pytest.raises(OutOfTimeError, match=r"^training was interrupted after 0\.0 s, before it began$"):
            work()
    else:
        assert [type(error) for error in in_a_thread(work)] == [OutOfTimeError]

    assert entered == []


def test_the_handler_of_the_signal_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever uses the same signal gets it again, before, after, and also in between."""
    calls: list[int] = []

    def own(number: int, frame: Any) -> None:
        calls.append(number)

    before = signal.signal(signal.SIGURG, own)
    try:
        with interrupted_after(LONG, doing="a test"):
            signal.raise_signal(signal.SIGURG)
        assert signal.getsignal(signal.SIGURG) is own
        with pytest.raises(OutOfTimeError), interrupted_after(SOON, doing="a test"):
            hang()
        assert signal.getsignal(signal.SIGURG) is own
    finally:
        signal.signal(signal.SIGURG, before)

    assert calls == [signal.SIGURG]


def test_an_alarm_of_somebody_else_is_not_touched() -> None:
    """The timer that a test's timeout uses, among others, goes on."""
    before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0

    with pytest.raises(OutOfTimeError), interrupted_after(SOON, doing="a test"):
        hang()

    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[0] > 0) == before


def test_an_outer_limit_holds_in_an_inner_block() -> None:
    """The inner one has time enough, the outer one does not."""
    with (
        pytest.raises(OutOfTimeError, match="the outer"),
        interrupted_after(SOON, doing="the outer"),
        interrupted_after(LONG, doing="the inner"),
    ):
        hang()


def test_an_outer_block_goes_on_after_an_inner_one_was_interrupted() -> None:
    """The inner block's time being up is not the outer's."""
    with interrupted_after(LONG, doing="the outer"):
        with pytest.raises(OutOfTimeError, match="the inner"), interrupted_after(SOON, doing="the inner"):
            hang()
        time.sleep(4 * SOON)


def test_who_catches_the_interruption_is_interrupted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that retries whatever happens comes to its end, too."""
    monkeypatch.setattr(watchdog, "_SECONDS_UNTIL_AGAIN", SOON)
    caught: list[Exception] = []

    def retry() -> None:
        while len(caught) < 3:
            try:
                hang()
            except Exception as error:  # noqa: BLE001 - as code does that must not be
                caught.append(error)
        hang()

    with pytest.raises(OutOfTimeError), interrupted_after(SOON, doing="a test"):
        retry()

    assert len(caught) == 3


def test_ctrl_c_works_as_always() -> None:
    """It is a KeyboardInterrupt, at once."""
    with pytest.raises(KeyboardInterrupt), interrupted_after(LONG, doing="a test"):
        signal.raise_signal(signal.SIGINT)


def test_another_thread_is_interrupted_where_it_runs_python_code() -> None:
    """No signal reaches it; the exception says where it was all the same."""
    (error,) = in_a_thread(watched_spin)

    assert isinstance(error, OutOfTimeError)
    assert "spinning was interrupted" in str(error)
    assert "in spin (test_watchdog.py" in str(error)


def test_a_thread_that_ends_in_time_is_left_alone() -> None:
    """Nothing comes later."""

    def work() -> None:
        with interrupted_after(SOON, doing="a test"):
            pass
        time.sleep(4 * SOON)

    assert in_a_thread(work) == []


def test_hundreds_of_blocks_that_end_just_in_time_do_no_harm() -> None:
    """Whether it was interrupted or not: afterwards the handler is the old one, and nothing comes later."""
    before = signal.getsignal(signal.SIGURG)
    interrupted = 0

    for _ in range(200):
        try:
            with interrupted_after(0.001, doing="a test"):
                until = time.monotonic() + 0.001
                while time.monotonic() < until:
                    pass
        except OutOfTimeError:
            interrupted += 1
        assert signal.getsignal(signal.SIGURG) is before

    time.sleep(4 * SOON)
    assert 0 <= interrupted <= 200
