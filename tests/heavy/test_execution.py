"""Several training steps in one call: when, and that nothing else changes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.engine.batches import training_batches
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.clock import EpochClock
from autokeras_core.engine.execution import steps_per_execution

ROWS = 44  # 11 batches of 4: a call of 8 steps, and one of 3


def train(*, steps: int, callbacks: list[Any], epochs: int = 2) -> keras.Model:
    """Train a small model with so many steps in a call."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,), name="x"), keras.layers.Dense(1, name="y")])
    model = keras.Model({"x": model.inputs[0]}, {"y": model.outputs[0]})
    model.compile(optimizer="adam", loss="mse", steps_per_execution=steps)
    x = np.random.default_rng(0).normal(size=(ROWS, 3)).astype("float32")
    batches = training_batches({"x": x}, {"y": x[:, :1] * 2}, None, batch_size=4, seed=0)
    model.fit(batches, epochs=epochs, verbose=0, callbacks=callbacks)
    return model


class Rates(keras.callbacks.Callback):
    """Notes the learning rate of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note it."""
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.parametrize(
    ("cost", "steps", "expected"), [(1e5, 100, 8), (1e8, 100, 1), (None, 100, 1), (1e5, 8, 2), (1e5, 3, 1)]
)
def test_cheap_steps_run_together(cost: float | None, steps: int, expected: int) -> None:
    """Not where a step is expensive or of unknown cost, nor where an epoch would have too few calls."""
    assert steps_per_execution(steps=steps, cost=cost, batch_size=32) == expected


def test_several_steps_in_a_call_train_the_same_model() -> None:
    """The last call of an epoch has fewer batches than the others; none is lost or used twice."""
    one, many = (train(steps=steps, callbacks=[]) for steps in (1, 8))

    for first, second in zip(one.get_weights(), many.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5)
    assert int(one.optimizer.iterations) == int(many.optimizer.iterations) == 22


def test_the_schedule_counts_steps_not_calls() -> None:
    """The second epoch starts where the steps of the first one end: half way down the cosine."""
    rates = Rates()

    train(steps=8, callbacks=[ScheduleCallback(schedule="cosine", peak=0.1, total_steps=22), rates])

    assert len(rates.rates) == 4
    assert 0.05 < rates.rates[2] < 0.06


def test_the_clock_counts_steps_that_ran() -> None:
    """In the last call of an epoch they are fewer than Keras says."""
    clock = EpochClock()

    train(steps=8, callbacks=[clock], epochs=1)
    clock.on_test_begin()

    assert clock._steps == 3  # the first call is left out
