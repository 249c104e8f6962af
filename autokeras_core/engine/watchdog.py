"""Interrupts Python code that does not come to its end in time: a callback that hangs, a fit that takes minutes.

A time limit is kept by asking for the time where we are asked anyway: between batches, between pieces of preprocessing.
What never comes back to us has to be interrupted from outside. Light: standard library only.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from types import FrameType
from typing import Any

from autokeras_core._causes import causes_of
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.errors import SearchError, describe_error

__all__ = ["interrupted_after", "required_in_time"]

_SECONDS_UNTIL_AGAIN = 3.0
# Its default is to be ignored, so that one that comes too late does no harm. SIGALRM's would end the process, and it
# belongs to whoever set an alarm, a test's timeout for one.
_SIGNAL: int | None = getattr(signal, "SIGURG", None)
_OWN_FILES = (__file__, contextlib.__file__)


@contextmanager
def interrupted_after(seconds: float | None, *, doing: str) -> Iterator[None]:
    """Raise `OutOfTimeError` in the `with` block if it is still running after so many seconds.

    In the main thread a signal does it, so that sleeping and waiting for locks end too (but on Windows, where there is no such
    signal). In another thread the exception comes as soon as that thread runs Python code again. In either case a call of
    compiled code that never returns cannot be interrupted; for that, run trials in processes of their own, which can be
    killed. Code that catches the exception and goes on is interrupted again every three seconds.

    Nothing is left behind: the signal's handler is put back, and an inner block leaves an outer one as it was. Ctrl-C works
    as always.

    Args:
        seconds: When to interrupt; `None` for never. With 0 the block is not even begun.
        doing: What is going on, for the message: "training" gives "training was interrupted after 8.0 s, in ...".

    Raises:
        OutOfTimeError: Inside the block, or in its place.

    Example:
        ```python
        with interrupted_after(60, doing="reading the data"):
            rows = read()
        ```
    """
    if seconds is None:
        yield
        return
    if seconds <= 0:
        message = f"{doing} was interrupted after 0.0 s, before it began"
        raise OutOfTimeError(message)
    is_main = threading.current_thread() is threading.main_thread()
    with (_SignalWatchdog if is_main and _SIGNAL is not None else _Watchdog)(seconds, doing):
        yield


@contextmanager
def required_in_time(deadline: Deadline | None, *, doing: str) -> Iterator[None]:
    """Interrupt what no search can do without as soon as a time limit has passed: then there is no model.

    Args:
        deadline: When the whole `fit` must have ended, or `None`.
        doing: What is going on, for the message.

    Raises:
        SearchError: If it did not end in time.
    """
    try:
        with interrupted_after(None if deadline is None else deadline.remaining_until_interruption(), doing=doing):
            yield
    except Exception as error:
        # What the interruption came through may have made another exception of it.
        interruption = next((each for each in causes_of(error) if isinstance(each, OutOfTimeError)), None)
        if interruption is None:
            raise
        raise SearchError(
            describe_error(
                "The time limit was up before the search began.",
                expected=f"a time_limit that suffices for {doing}, and for a model",
                received=str(interruption),
                advice="Give a larger time_limit, or fewer rows.",
            )
        ) from error


class _Watchdog:
    """Another thread that interrupts this one when the time is up, by an exception, and again until the block ends."""

    def __init__(self, seconds: float, doing: str) -> None:
        self._seconds = seconds
        self._doing = doing
        self._at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._has_ended = threading.Event()
        self._is_watching = False
        self._watched = threading.get_ident()

    def __enter__(self) -> None:
        """Start the thread, and watch from the moment at which the block will end as it should, whatever comes."""
        threading.Thread(target=self._watch, name="autokeras-watchdog", daemon=True).start()
        self._is_watching = True

    def __exit__(self, *exception: object) -> None:
        """Make sure that nothing comes any more, and leave everything as it was before the block."""
        self._is_watching = False  # at once, without a call in which an interruption could come
        self._has_ended.set()
        with self._lock:
            self._take_back()

    def _watch(self) -> None:
        wait = max(0.0, self._at - time.monotonic())
        while not self._has_ended.wait(wait):
            with self._lock:
                if self._is_watching:
                    self._interrupt()
            wait = _SECONDS_UNTIL_AGAIN

    def _interrupt(self) -> None:
        message = self._message(sys._current_frames().get(self._watched))
        # Only a class can be handed over, so the message goes with the class.
        kind = type("OutOfTimeError", (OutOfTimeError,), {"__init__": lambda error: OSError.__init__(error, message)})
        _raise_in(self._watched, kind)

    def _take_back(self) -> None:
        _raise_in(self._watched, None)  # what was sent and has not come yet

    def _message(self, frame: FrameType | None) -> str:
        place = ""
        if frame is not None:
            code = frame.f_code
            place = f", in {code.co_qualname} ({PurePath(code.co_filename).name}, line {frame.f_lineno})"
        return f"{self._doing} was interrupted after {self._seconds:.1f} s{place}"


class _SignalWatchdog(_Watchdog):
    """The same for the main thread, by a signal whose handler raises: it ends waiting, too."""

    _before: Any = None

    def __enter__(self) -> None:
        """Take the signal over, and start the thread."""
        assert _SIGNAL is not None
        self._before = signal.signal(_SIGNAL, self._handle)
        super().__enter__()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_due = self._is_watching and time.monotonic() >= self._at
        # Not while a block begins or ends: what is half done there would stay so. If it does not end, it comes again.
        if is_due and not (frame is not None and frame.f_code.co_filename in _OWN_FILES):
            raise OutOfTimeError(self._message(frame))
        if callable(self._before):  # of a block around this one, or of whoever else uses the signal
            self._before(number, frame)

    def _interrupt(self) -> None:
        assert _SIGNAL is not None
        signal.pthread_kill(self._watched, _SIGNAL)

    def _take_back(self) -> None:
        assert _SIGNAL is not None
        signal.signal(_SIGNAL, signal.SIG_DFL if self._before is None else self._before)


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    exception = None if kind is None else ctypes.py_object(kind)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), exception)
