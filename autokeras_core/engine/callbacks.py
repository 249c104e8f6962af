"""The callback that sets the learning rate, by steps and by the time that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from autokeras_core.engine.schedule import learning_rate_at

if TYPE_CHECKING:
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.engine.schedule import Schedule

__all__ = ["ScheduleCallback"]

# Setting the rate takes a tenth of a millisecond, as long as a quarter of a small network's step.
_SMALLEST_CHANGE = 1e-3


class ScheduleCallback(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Sets the optimizer's learning rate before every training batch, where it changes by a thousandth or more.

    Progress is the larger of two shares: of the planned steps, and of the time that the trial may take. So a run that
    its deadline will cut short is annealed before it ends, instead of being stopped at a high learning rate. The time
    share is counted from the second batch on, since the first one holds the tracing of the model.

    Args:
        schedule: `"constant"`, `"cosine"`, `"one_cycle"`, `"cyclic"` or `"linear"`, see `learning_rate_at`.
        peak: The largest learning rate.
        total_steps: How many training batches are planned, over all epochs.
        deadline: When training must have ended, or `None`.
        steps_done: How many of the steps were run before, where training goes on from a checkpoint.
        progress: How far it had come then. The time that it may take now is for the rest.

    Reference:
        Li, Yumer, Ramanan: Budgeted Training (ICLR 2020): anneal over the budget there is, whatever it is.
    """

    def __init__(
        self,
        *,
        schedule: Schedule,
        peak: float,
        total_steps: int,
        deadline: Deadline | None = None,
        steps_done: int = 0,
        progress: float = 0.0,
    ) -> None:
        super().__init__()
        learning_rate_at(schedule, peak, 0.0)  # a wrong schedule or peak is an error here, not in the first batch
        self._schedule = schedule
        self._peak = peak
        self._total_steps = max(1, total_steps)
        self._deadline = deadline
        self._steps_done = steps_done
        self._progress_before = progress
        self._steps_before = steps_done  # in earlier epochs
        self._steps_in_epoch = 0
        self._rate = 0.0
        self._seconds_for_training: float | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start from the first step, or from those that were run before."""
        self._steps_before, self._steps_in_epoch = self._steps_done, 0
        # The checkpoint has the rate that was set last. To set another one, however close, would be another training.
        last = keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)
        self._rate = float(last) if self._steps_done else 0.0
        self._seconds_for_training = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Count on from the epochs before."""
        self._steps_before += self._steps_in_epoch
        self._steps_in_epoch = 0

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Set the learning rate for this batch, and for those that run in one call with it."""
        step = self._steps_before + batch
        rate = learning_rate_at(self._schedule, self._peak, self._progress_at(step))
        if abs(rate - self._rate) >= _SMALLEST_CHANGE * self._rate:
            self.model.optimizer.learning_rate = rate
            self._rate = float(np.float32(rate))  # as the optimizer has it, and a checkpoint of it

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count the batches; the last call of an epoch may have run fewer than Keras says."""
        self._steps_in_epoch = min(batch + 1, self.params.get("steps") or batch + 1)

    @property
    def progress(self) -> float:
        """How far training has come, from 0 to 1."""
        return min(1.0, self._progress_at(self._steps_before + self._steps_in_epoch))

    def _progress_at(self, step: int) -> float:
        before = self._progress_before
        return max(step / self._total_steps, before + (1.0 - before) * self._time_share(step))

    def _time_share(self, step: int) -> float:
        if self._deadline is None or step == self._steps_done:
            return 0.0
        remaining = self._deadline.remaining()
        if self._seconds_for_training is None:
            self._seconds_for_training = remaining
        if self._seconds_for_training <= 0.0:
            return 1.0
        return 1.0 - remaining / self._seconds_for_training
