"""Optimizers, weight decay and the learning rate of every batch."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.randomness import seeded, seeded_apart
from autokeras_core.engine.training import TrainingConfiguration, make_optimizer
from autokeras_core.errors import SpaceError
from tests.clocks import Clock


def small_model() -> keras.Model:
    """Return a model with all kinds of variables that weight decay must spare."""
    return keras.Sequential(
        [
            keras.Input((4, 3)),
            keras.layers.GRU(3),
            keras.layers.BatchNormalization(),
            keras.layers.LayerNormalization(),
            keras.layers.Dense(2),
        ]
    )


class Rates(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes down the learning rate of each batch, and lets time go by."""

    def __init__(self, clock: Any = None, seconds: float = 0.0) -> None:
        super().__init__()
        self.rates: list[float] = []
        self._clock, self._seconds = clock, seconds

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note the rate; advance the clock."""
        self.rates.append(float(self.model.optimizer.learning_rate))
        if self._clock is not None:
            self._clock.now += self._seconds


def train(schedule: ScheduleCallback, rates: Rates, *, epochs: int) -> None:
    """Train two batches an epoch."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(optimizer=make_optimizer(TrainingConfiguration(), variables=model.trainable_variables), loss="mse")
    model.fit(np.ones((8, 2)), np.ones((8, 1)), batch_size=4, epochs=epochs, verbose=0, callbacks=[schedule, rates])


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_weight_decay_spares_biases_and_normalisation(optimizer: Any) -> None:
    """Without a gradient a step shrinks kernels, and leaves biases, scales and offsets exactly as they are."""
    model = small_model()
    for variable in model.trainable_variables:
        variable.assign(np.ones(variable.shape))
    training = TrainingConfiguration(optimizer=optimizer, learning_rate=0.1, weight_decay=0.5)
    made = make_optimizer(training, variables=model.trainable_variables)

    made.apply([keras.ops.zeros(variable.shape) for variable in model.trainable_variables], model.trainable_variables)

    after = {variable.path: float(np.min(variable.numpy())) for variable in model.trainable_variables}
    shrunk = {path for path, value in after.items() if value < 1}
    assert shrunk == {path for path in after if path.endswith("kernel")}
    assert len(shrunk) == 3
    assert after[next(iter(shrunk))] == pytest.approx(0.95)


def test_plain_adam_has_no_weight_decay() -> None:
    """A weight decay left in the configuration changes nothing."""
    training = TrainingConfiguration(optimizer="adam", weight_decay=0.1)

    assert make_optimizer(training, variables=[]).weight_decay is None


def test_the_training_part_of_a_configuration_is_read() -> None:
    """Names under `training/`; the rest has defaults."""
    training = TrainingConfiguration.from_configuration({"training/optimizer": "sgd", "image/filters": 3})

    assert training == TrainingConfiguration(optimizer="sgd")


@pytest.mark.parametrize(
    "values", [{"training/optimizer": "adagrad"}, {"training/learning_rate": 0.0}, {"training/batch_size": "many"}]
)
def test_training_values_that_cannot_be_used_are_an_error(values: Any) -> None:
    """The message names what was received."""
    with pytest.raises(SpaceError, match="training hyperparameters"):
        TrainingConfiguration.from_configuration(values)


def test_the_learning_rate_is_set_for_every_batch_and_is_above_0_before_the_last() -> None:
    """It rises, falls, and still learns in the last batch of the last epoch."""
    rates = Rates()

    train(ScheduleCallback(schedule="cosine", peak=0.1, total_steps=40), rates, epochs=20)

    assert len(rates.rates) == 40
    assert max(rates.rates) == pytest.approx(0.1, rel=1e-4)
    assert rates.rates[0] == pytest.approx(0.01)
    assert 0.0009 < rates.rates[-1] < 0.003


def test_a_deadline_anneals_a_run_that_it_will_cut_short() -> None:
    """With time for a tenth of the steps the rate comes down within them."""
    clock, rates = Clock(), Rates()
    rates._clock, rates._seconds = clock, 1.0
    deadline = Deadline.after(11, clock=clock)

    train(ScheduleCallback(schedule="cosine", peak=0.1, total_steps=100, deadline=deadline), rates, epochs=5)

    assert max(rates.rates) > 0.09
    assert rates.rates[-1] < 0.02


def test_the_time_of_the_first_batch_does_not_count() -> None:
    """It holds the tracing; the second batch still stands at the start of the schedule."""
    clock, rates = Clock(), Rates()
    deadline = Deadline.after(100, clock=clock)
    schedule = ScheduleCallback(schedule="cosine", peak=0.1, total_steps=1000, deadline=deadline)
    rates._clock, rates._seconds = clock, 50.0

    train(schedule, rates, epochs=1)

    assert rates.rates[1] < 0.012


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_the_same_seed_gives_the_same_initial_weights(seed: int) -> None:
    """0 and large numbers are seeds too."""
    with seeded(seed):
        one = small_model().get_weights()
    with seeded(seed):
        other = small_model().get_weights()

    assert all(np.array_equal(left, right) for left, right in zip(one, other, strict=True))


def test_seeding_does_not_disturb_the_callers_random_numbers() -> None:
    """Python's and NumPy's global generators go on as if nothing had been drawn."""
    random.seed(1)
    np.random.seed(1)
    expected = random.random(), np.random.random()
    random.seed(1)
    np.random.seed(1)

    with seeded(5):
        small_model()

    assert (random.random(), np.random.random()) == expected


def draws() -> list[float]:
    """Return a number of each generator that is seeded, of a TensorFlow function, and of a new initializer."""
    with_default = keras.random.uniform(())
    in_a_function = tf.function(lambda: tf.random.uniform(()))()
    initial = keras.initializers.GlorotUniform()((1, 1))
    return [
        random.random(),
        np.random.random(),
        *(np.asarray(each).item() for each in (with_default, in_a_function, initial)),
    ]


@pytest.mark.parametrize("is_begun", [False, True], ids=["nothing drawn before", "some drawn before"])
def test_what_is_drawn_apart_leaves_no_trace(is_begun: bool) -> None:
    """All generators go on as if nothing had been drawn in between, also Keras's, which is made when it is used."""
    found = []
    for is_disturbed in (False, True):
        with seeded(5):
            before = draws() if is_begun else []
            if is_disturbed:
                with seeded_apart(7):
                    draws()
            found.append((before, draws()))

    assert found[0] == found[1]


def test_what_is_drawn_apart_follows_from_its_own_seed() -> None:
    """Whatever was drawn around it."""
    found = []
    for seed in (5, 6):
        with seeded(seed), seeded_apart(7):
            found.append(draws())

    assert found[0] == found[1]
