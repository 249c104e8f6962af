"""A point in time that work must not run beyond, on the monotonic clock. Light: standard library only."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from autokeras_core.errors import SearchError, describe_error

__all__ = ["Deadline", "OutOfTimeError"]

_SECONDS_BEYOND = 2.0
_SHARE_BEYOND = 0.02


class OutOfTimeError(TimeoutError):
    """Work was given up, since it would not have ended in the time that is left."""


class Deadline:
    """An allotment of seconds that began when the object was made.

    Args:
        seconds: How long the allotment is; none is left where it is 0 or less.
        clock: Returns seconds that only grow; another one than the default is for tests.

    Raises:
        SearchError: If `seconds` is not a finite number.

    Example:
        ```python
        deadline = Deadline.after(60)
        deadline.remaining()  # 59.99...
        deadline.expired  # False
        ```
    """

    __slots__ = ("_clock", "_seconds", "_started")

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start the clock."""
        if not math.isfinite(seconds):
            raise SearchError(
                describe_error(
                    "A deadline needs a number of seconds.",
                    expected="a finite number",
                    received=f"seconds={seconds!r}",
                    advice="Leave the time limit out for no limit.",
                )
            )
        self._clock = clock
        self._seconds = max(0.0, float(seconds))
        self._started = clock()

    @classmethod
    def after(cls, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """Return the deadline that lies `seconds` from now."""
        return cls(seconds, clock=clock)

    @property
    def expired(self) -> bool:
        """Whether nothing is left."""
        return self.remaining() <= 0.0

    def remaining(self) -> float:
        """Return how many seconds are left, 0 when it has passed."""
        return max(0.0, self._started + self._seconds - self._clock())

    def remaining_until_interruption(self) -> float:
        """Return how many seconds there are until what still runs is interrupted.

        What ends by itself gets a little more than there is, two seconds or 2% of the allotment. That is once, not for each
        thing that is done: 0 when it has passed.
        """
        beyond = max(_SECONDS_BEYOND, _SHARE_BEYOND * self._seconds)
        return max(0.0, self._started + self._seconds + beyond - self._clock())

    def __repr__(self) -> str:
        return f"Deadline({self.remaining():.1f} s left of {self._seconds:.1f} s)"
