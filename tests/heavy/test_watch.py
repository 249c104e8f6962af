"""The watch over one trial: when the time that is up has cut training short, and when not."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from autokeras_core.engine.context import Objective
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.watch import TrialWatch
from tests.heavy.engine_doubles import Silence

EPOCHS = 2
STEPS = 3
SECONDS_PER_CALL = 100.0


class Ticking(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """A clock that goes on when a step of training ends, or several that are run in one call."""

    now = 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Let time go by."""
        self.now += SECONDS_PER_CALL


def watched(*, calls: int, steps_per_call: int = 1) -> TrialWatch:
    """Return the watch of a training of two epochs, of three steps each, where there is time for so many calls."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd", steps_per_execution=steps_per_call)
    ticking = Ticking()
    watch = TrialWatch(
        trial_id="0",
        objective=Objective("val_loss", "min"),
        deadline=Deadline.after(SECONDS_PER_CALL * calls, clock=lambda: ticking.now),
        patience=100,
        train_rows=STEPS,
        validation_rows=STEPS,
        observer=Silence(),
    )
    x = np.zeros((STEPS, 1), dtype="float32")
    model.fit(x, x, batch_size=1, epochs=EPOCHS, validation_data=(x, x), callbacks=[ticking, watch], verbose=0)
    return watch


@pytest.mark.parametrize(("calls", "steps_per_call"), [(6, 1), (4, 2)], ids=["one by one", "two in a call"])
def test_training_that_is_done_when_the_time_is_up_was_not_cut_short(calls: int, steps_per_call: int) -> None:
    """After the last step of the last epoch there is nothing left to train; the epoch is validated as any other."""
    found = watched(calls=calls, steps_per_call=steps_per_call)

    assert (found.cut_short, found.epochs, len(found.history["val_loss"])) == (False, EPOCHS, EPOCHS)


@pytest.mark.parametrize(("calls", "epochs"), [(3, 1), (5, 2)], ids=["after an epoch", "within the last epoch"])
def test_training_of_which_something_is_left_when_the_time_is_up_was_cut_short(calls: int, epochs: int) -> None:
    """Whole epochs are missing, or steps of the last one."""
    found = watched(calls=calls)

    assert (found.cut_short, found.epochs) == (True, epochs)
