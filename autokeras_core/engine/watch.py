"""The callback that watches over one trial: best epoch, early stopping, time, divergence."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from autokeras_core.engine.context import Objective
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.search.records import Rung

__all__ = ["LossDivergedError", "TrialWatch"]

_SECONDS_BETWEEN_BATCH_EVENTS = 0.2
_SECONDS_TO_FINISH = 0.5
_VALIDATION_COST = 0.5  # of a training row's; forward pass only, until the real cost has been measured


class LossDivergedError(ArithmeticError):
    """The training loss became NaN or infinite."""


class TrialWatch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Keeps the best epoch's weights, and ends training early, in time, or when it diverges.

    Time is checked after every training batch, or after every few where they are cheap (sixteen at most). What validation
    will take is kept back: an estimate from the training batches first, then what it took before.

    Args:
        trial_id: The trial's name, for the observer.
        objective: The metric whose best epoch is kept; between equal scores the lower validation loss wins.
        deadline: When the trial must end, or `None`.
        patience: How many epochs without improvement end training.
        train_rows: How many rows an epoch has.
        validation_rows: How many rows are validated after each.
        observer: Is told of epochs and, now and then, of batches.
        passes_to_keep_back: For how many passes over the validation rows to keep time back: more than one where the model
            is run on them once more when training has ended.
        keeps_last: Whether the last epoch is kept, not the best one.
        rungs: Where training is ended if the best epoch until then is not good enough; `pruned` tells of it.
        earlier: The watch of an earlier phase of the same trial: its epochs are the first of the history, and only what
            is better than its best counts as an improvement.
    """

    def __init__(
        self,
        *,
        trial_id: str,
        objective: Objective,
        deadline: Deadline | None,
        patience: int,
        train_rows: int,
        validation_rows: int,
        observer: TrialObserver,
        passes_to_keep_back: int = 1,
        keeps_last: bool = False,
        rungs: Sequence[Rung] = (),
        earlier: TrialWatch | None = None,
    ) -> None:
        super().__init__()
        self.best_score: float | None = None
        self.best_epoch = 0
        self.best_metrics: dict[str, float] = {}
        self.history: dict[str, list[float]] = {}
        self.cut_short = False
        self.pruned = False
        self.seconds_per_epoch = 0.0
        self._best_loss = math.inf
        self._best_weights: list[Any] | None = None
        self._first_epoch = 0
        if earlier is not None:
            self.best_score, self._best_loss = earlier.best_score, earlier._best_loss
            self.best_epoch, self.best_metrics = earlier.best_epoch, dict(earlier.best_metrics)
            self.history = {name: list(values) for name, values in earlier.history.items()}
            self.cut_short = earlier.cut_short
            self._first_epoch = earlier.epochs
        self._trial_id = trial_id
        self._objective = objective
        self._deadline = deadline
        self._patience = patience
        self._validation_share = validation_rows / max(train_rows, 1)
        self._observer = observer
        self._passes_to_keep_back = passes_to_keep_back
        self._keeps_last = keeps_last
        self._rungs = {rung.epoch: rung.score for rung in rungs}
        self._validation_seconds: float | None = None
        self._epoch_started = 0.0
        self._validation_started = 0.0
        self._last_event = 0.0
        self._epoch = 0

    @property
    def epochs(self) -> int:
        """How many epochs were trained so far, those of an earlier phase included."""
        return max((len(values) for values in self.history.values()), default=0)

    @property
    def has_improved(self) -> bool:
        """Whether an epoch of this phase is the best one so far."""
        return self._best_weights is not None

    @property
    def _seconds_to_keep_back(self) -> float:
        if self._validation_seconds is not None:
            return 1.1 * self._passes_to_keep_back * self._validation_seconds + _SECONDS_TO_FINISH
        epoch_so_far = time.monotonic() - self._epoch_started
        passes = _VALIDATION_COST * self._passes_to_keep_back
        return passes * self._validation_share * epoch_so_far + _SECONDS_TO_FINISH

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the epoch's clock."""
        self._epoch = epoch + 1
        self._epoch_started = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Check the loss and the time."""
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            message = f"the loss became {loss} in epoch {self._epoch}, batch {batch + 1}"
            raise LossDivergedError(message)
        now = time.monotonic()
        if self._is_out_of_time and not self._is_at_the_end(batch):
            self.cut_short = True
            self.model.stop_training = True
        if now - self._last_event > _SECONDS_BETWEEN_BATCH_EVENTS:
            self._last_event = now
            steps = self.params.get("steps") or 0
            share = min(1.0, (batch + 1) / steps) if steps else 0.0
            self._observer.trial_event(
                self._trial_id, "batch", epoch=self._epoch, epochs=self.params["epochs"], share=share
            )

    @property
    def _is_out_of_time(self) -> bool:
        return self._deadline is not None and self._deadline.remaining() < self._seconds_to_keep_back

    def _is_at_the_end(self, batch: int) -> bool:
        """Return whether all training that was planned is done with a batch."""
        steps = self.params["steps"]
        # The last call of an epoch may have run fewer batches than Keras says.
        return self._epoch == self.params["epochs"] and steps is not None and batch + 1 >= steps

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start the validation's clock."""
        self._validation_started = time.monotonic()

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Stop the validation's clock."""
        self._validation_seconds = time.monotonic() - self._validation_started

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note the epoch's metrics; keep the weights if they are the best so far."""
        metrics = {name: _in_short(value) for name, value in (logs or {}).items()}
        for name, value in metrics.items():
            self.history.setdefault(name, []).append(value)
        score = metrics[self._objective.name]
        validation_loss = metrics.get("val_loss", math.inf)
        if self._keeps_last or (math.isfinite(score) and self._improves(score, validation_loss)):
            self.best_score, self._best_loss = score, validation_loss
            self.best_epoch, self.best_metrics = epoch + 1, metrics
            self._best_weights = self.model.get_weights()
        elif epoch + 1 - max(self.best_epoch, self._first_epoch) >= self._patience:
            self.model.stop_training = True
        if epoch + 1 < self.params["epochs"] and not self.model.stop_training and self._falls_behind(epoch + 1):
            self.pruned = True
            self.model.stop_training = True
        self._observer.trial_event(
            self._trial_id, "epoch", epoch=epoch + 1, epochs=self.params["epochs"], metrics=metrics
        )

    def _falls_behind(self, epoch: int) -> bool:
        """Return whether there is a rung after an epoch, and the trial is not good enough for it."""
        wanted = self._rungs.get(epoch)
        if wanted is None or self.best_score is None:
            return False
        return self._objective.is_better(wanted, self.best_score)

    def _improves(self, score: float, validation_loss: float) -> bool:
        if score == self.best_score:
            return validation_loss < self._best_loss
        return self._objective.is_better(score, self.best_score)

    @property
    def best_weights(self) -> list[Any] | None:
        """The weights of the best epoch; `None` if no epoch of this phase is the best one so far."""
        return self._best_weights

    @property
    def is_at_best(self) -> bool:
        """Whether the last epoch is the best one so far."""
        return self.has_improved and self.best_epoch == self.epochs

    def state(self) -> dict[str, Any]:
        """Return what was noted so far, without the weights, as JSON data: see `restore`."""
        return {
            "history": self.history,
            "best_score": self.best_score,
            "best_loss": self._best_loss,
            "best_epoch": self.best_epoch,
            "best_metrics": self.best_metrics,
            "first_epoch": self._first_epoch,
            "cut_short": self.cut_short,
        }

    def restore(self, state: Mapping[str, Any], best_weights: Sequence[Any] | None) -> None:
        """Go on from where another watch of the same phase of the same trial was.

        Args:
            state: What its `state` returned.
            best_weights: Its `best_weights`.
        """
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.best_score, self._best_loss = state["best_score"], state["best_loss"]
        self.best_epoch, self.best_metrics = state["best_epoch"], dict(state["best_metrics"])
        self._first_epoch = state["first_epoch"]
        self.cut_short = state["cut_short"]
        self._best_weights = None if best_weights is None else list(best_weights)

    def restore_best(self) -> None:
        """Put the best epoch's weights back into the model."""
        if self._best_weights is not None:
            self.model.set_weights(self._best_weights)


def _in_short(value: float) -> float:
    """Return a number of single precision with the digits that it has: as it is written, it is half as long."""
    return float(f"{float(value):.9g}")
