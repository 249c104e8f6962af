"""Several training steps in one call: when, and that nothing else changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock
from autokeras_core.engine.batches import training_batches
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.checkpoint import TrialCheckpoints
from autokeras_core.engine.clock import EpochClock
from autokeras_core.engine.devices import ONE_DEVICE
from autokeras_core.engine.execution import steps_per_execution
from autokeras_core.engine.phase import TrialRun, train_phase
from autokeras_core.search.records import TrialJob
from tests.heavy.engine_doubles import Silence, make_case

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
    ("cost", "steps", "expected"),
    [(1e5, 97, 8), (1e5, 60, 6), (1e5, 16, 16), (1e5, 7, 7), (1e5, 1, 1), (1e8, 97, 1), (1e8, 7, 1), (None, 97, 1)],
)
def test_cheap_steps_run_together(cost: float | None, steps: int, expected: int) -> None:
    """A short epoch in one call, a longer one in even calls if that is possible; not where a step is expensive or unknown."""
    assert steps_per_execution(steps=steps, epochs=100, cost=cost, batch_size=32) == expected


@pytest.mark.parametrize(("steps", "epochs", "expected"), [(7, 15, 6), (7, 16, 7), (20, 1, 1), (3, 1, 1), (100, 1, 5)])
def test_a_short_training_has_calls_enough_for_its_schedule(steps: int, epochs: int, expected: int) -> None:
    """The learning rate is set between two calls: about sixteen times at least."""
    assert steps_per_execution(steps=steps, epochs=epochs, cost=1e5, batch_size=32) == expected


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


def test_the_clock_measures_epochs_of_one_call() -> None:
    """All but the first one, which holds the tracing: two of three."""
    clock = EpochClock()

    train(steps=11, callbacks=[clock, Validating(clock)], epochs=3)

    assert clock._steps == 22
    assert clock.seconds_per_epoch > 0


@pytest.fixture
def cheap_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every network cost next to nothing."""
    monkeypatch.setattr("autokeras_core.engine.phase.network_cost", lambda *_: 1.0)


@pytest.mark.usefixtures("cheap_steps")
@pytest.mark.parametrize(
    ("batch_size", "steps", "in_a_call"),
    [(4, 8, 8), (3, 11, 11), (1, 32, 8)],
    ids=["one call", "one call, odd", "even calls"],
)
def test_an_epoch_of_a_trial_has_as_many_steps_as_batches(
    batch_size: int, steps: int, in_a_call: int, tmp_path: Path
) -> None:
    """However they are put together in calls, none is made twice at an epoch's end, and none is left out."""
    assert trained_steps(batch_size, tmp_path) == (20 * steps, in_a_call)


@pytest.mark.usefixtures("cheap_steps")
def test_so_has_one_whose_last_call_is_shorter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Eleven batches in calls of eight: the second one of each epoch has three."""
    monkeypatch.setattr("autokeras_core.engine.execution._MOST_STEPS_OF_AN_EPOCH", 4)

    assert trained_steps(3, tmp_path) == (20 * 11, 8)


@pytest.mark.usefixtures("cheap_steps")
def test_the_epochs_of_a_trial_share_one_iterator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keras would make two for every epoch; making one takes as long as some steps of a small network."""
    made: list[Any] = []
    make = tf.data.Dataset.__iter__

    def noting(batches: Any) -> Any:
        made.append(batches)
        return make(batches)

    monkeypatch.setattr("tensorflow.data.Dataset.__iter__", noting)

    trained_steps(4, tmp_path)

    endless = [batches for batches in made if int(batches.cardinality()) == tf.data.INFINITE_CARDINALITY]
    assert 1 <= len(endless) <= 2  # one to look at the shapes


class Validating(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Tells a clock that each epoch is validated at its end."""

    def __init__(self, clock: EpochClock) -> None:
        super().__init__()
        self._clock = clock

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Begin and end a validation."""
        self._clock.on_test_begin()
        self._clock.on_test_end()


def trained_steps(batch_size: int, directory: Path) -> tuple[int, int]:
    """Train 32 rows for twenty epochs as a trial does; return how many steps were made, and how many ran in a call."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock(num_layers=1, units=4)(start)))
    configuration = {**case.configuration, "training/batch_size": batch_size}
    job = TrialJob(trial_id="0", configuration=configuration, epochs=20, seed=0, seconds=None, directory=str(directory))
    compiled = case.compiled(training__batch_size=batch_size)
    run = TrialRun(
        context=case.context(patience=100),
        observer=Silence(),
        checkpoints=TrialCheckpoints(job, seconds_between=1_000.0),
        devices=ONE_DEVICE,
    )

    watch = train_phase(job, compiled, run=run, deadline=None)

    assert watch.epochs == 20
    model = compiled.training_model
    return int(model.optimizer.iterations), int(model.steps_per_execution)
