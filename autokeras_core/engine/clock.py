"""The callback that measures how long an epoch takes, without what the first steps take to get ready."""

from __future__ import annotations

import time

import keras

__all__ = ["EpochClock"]


class EpochClock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Measures training steps and validations.

    The first call of the first epoch is left out: it holds the tracing of the model and the start of the data. It works with
    `steps_per_execution` too, since it counts the steps of each call; one call may run a whole epoch.
    """

    def __init__(self) -> None:
        super().__init__()
        self._steps = 0
        self._seconds = 0.0
        self._validation_seconds = 0.0
        self._first: tuple[int, float] | None = None
        self._last: tuple[int, float] | None = None
        self._validation_started = 0.0

    @property
    def seconds_per_epoch(self) -> float:
        """How long an epoch takes with its validation; 0 if there were too few steps to tell."""
        steps = (self.params or {}).get("steps") or 0  # none yet where training was interrupted before it began
        if not self._steps or not steps:
            return 0.0
        return self._seconds / self._steps * steps + self._validation_seconds

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start anew from here, unless the next call is the first one."""
        if self._last is not None:
            self._first = self._last = (0, time.monotonic())

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Note the time."""
        # The last call of an epoch may have run fewer steps than Keras says.
        self._last = (min(batch + 1, self.params.get("steps") or batch + 1), time.monotonic())
        if self._first is None:
            self._first = self._last

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Add up what was trained, and start the validation's clock."""
        self._validation_started = time.monotonic()
        if self._first is not None and self._last is not None:
            self._steps += self._last[0] - self._first[0]
            self._seconds += self._last[1] - self._first[1]

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Stop the validation's clock; the last one counts, since the first one holds its tracing."""
        self._validation_seconds = time.monotonic() - self._validation_started
