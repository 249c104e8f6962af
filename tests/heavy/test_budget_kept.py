"""The time limit is kept whatever takes the time: many rows, slow steps, or code that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, Choice, ClassificationHead, DenseBlock, Normalization, SearchError
from autokeras_core.graph.operator import Block, Preprocessor
from tests.heavy.automodels import BUSY, QUICK, dense_classifier, digits, wine

LIMIT = 3.0
MINUTES = 300.0


def sleep_for_minutes() -> None:
    """Wait for what does not come, as a call over a network does."""
    threading.Event().wait(MINUTES)


def compute_for_minutes() -> None:
    """Run Python code that takes minutes."""
    until = time.monotonic() + MINUTES
    while time.monotonic() < until:
        pass


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Let TensorFlow set itself up before times are taken: a limit of three seconds is short enough as it is."""
    dense_classifier().fit(*wine(60), epochs=1, verbose=0)


def fitted_in_time(model: AutoModel, x: Any, y: Any, *, limit: float = LIMIT, **options: Any) -> AutoModel:
    """Fit a model within its limit, which is far below what it would take, and return it; an error comes in time as well."""
    started = time.monotonic()
    try:
        model.fit(x, y, time_limit=limit, verbose=0, **options)
    finally:
        seconds = time.monotonic() - started
        assert seconds <= limit + BUSY, f"it took {seconds:.1f} s"
    return model


# A model comes back


def test_tiny_data() -> None:
    """Many trials fit into the time; the last one is started only if it can end."""
    model = fitted_in_time(dense_classifier(max_trials=None), *wine(), limit=8)

    assert len(model.leaderboard()) >= 2


def test_many_rows() -> None:
    """An epoch takes longer than there is time; what was learned until then is validated, and kept."""
    x = np.random.default_rng(0).normal(size=(400_000, 32)).astype("float32")

    model = fitted_in_time(dense_classifier(max_trials=None), x, x[:, 0] > 0)

    assert model.leaderboard()[0].status == "cut short"


class _SlowSteps(keras.callbacks.Callback):  # type: ignore[misc]
    """Takes a third of a second after each step."""

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Sleep."""
        time.sleep(0.3)


def test_slow_epochs() -> None:
    """An epoch of 15 steps takes longer than there is time."""
    model = fitted_in_time(dense_classifier(max_trials=None), *digits(), callbacks=[_SlowSteps()])

    assert model.leaderboard()[0].status == "cut short"


class _HangsInTheSecondEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Comes to a stop after the first epoch."""

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Wait for minutes."""
        if epoch == 1:
            sleep_for_minutes()


def test_a_callback_that_hangs_after_an_epoch() -> None:
    """The epoch before it was validated, and its model comes back."""
    x, y = wine()

    model = fitted_in_time(dense_classifier(max_trials=None), x, y, callbacks=[_HangsInTheSecondEpoch()])

    assert (model.leaderboard()[0].status, model.leaderboard()[0].epochs) == ("cut short", 1)
    assert len(model.predict(x)) == len(x)


class Hangs(Block):
    """A layer that takes minutes to build if it is the larger one."""

    def build(self, hp: Any, inputs: Any) -> Any:
        """Wait for minutes, or not."""
        units = hp.Choice("units", [4, 8])
        if units == 8:
            compute_for_minutes()
        return keras.layers.Dense(units)(inputs)


def hanging_model(**options: Any) -> AutoModel:
    """Return a model of the block above, the quick configuration first."""
    start = ArrayInput()
    node = Hangs()(Normalization()(start))
    return AutoModel(start, ClassificationHead()(node), seed=0, **options)


def test_one_configuration_that_takes_minutes_to_build() -> None:
    """The other one's model comes back, and the leaderboard says where the first was."""
    quick, slow = ({**QUICK, "hangs/units": units} for units in (4, 8))

    model = fitted_in_time(hanging_model(max_trials=2, warm_starts=[quick, slow]), *wine(), limit=8, epochs=2)

    first, last = model.leaderboard()[0], model.leaderboard()[-1]
    assert first.status in ("completed", "cut short")
    assert last.status == "failed (timeout)"
    assert "compute_for_minutes (test_budget_kept.py" in last.reason


# No model can come back, and an error says why


class _HangsAtOnce(keras.callbacks.Callback):  # type: ignore[misc]
    """Comes to a stop before the first epoch."""

    def on_train_begin(self, logs: object = None) -> None:
        """Wait for minutes."""
        sleep_for_minutes()


def test_a_callback_that_hangs_at_once() -> None:
    """Nothing was trained, and where the time went is said."""
    with pytest.raises(SearchError, match=r"timeout: .*the trial was interrupted after"):
        fitted_in_time(dense_classifier(max_trials=None), *wine(), callbacks=[_HangsAtOnce()])


class _SlowPreprocessor(Preprocessor):
    """Takes minutes to fit."""

    in_model = False

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Wait for minutes."""
        sleep_for_minutes()

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the rows."""
        return batch

    def to_layer(self) -> Any:
        """Return what does nothing."""
        return keras.layers.Identity()


class Slow(Block):
    """Wants that preprocessor."""

    is_transparent = True

    def preprocessors(self, hp: Any) -> Sequence[Preprocessor]:
        """Return it."""
        return [_SlowPreprocessor()]

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return the input."""
        return inputs


class SlowInput(ArrayInput):
    """Takes minutes to read."""

    def adapt(self, data: Any) -> Any:
        """Wait for minutes."""
        sleep_for_minutes()
        return super().adapt(data)


def slow_to_preprocess() -> AutoModel:
    """Return a model whose preprocessor takes minutes."""
    start = ArrayInput()
    return AutoModel(start, ClassificationHead()(DenseBlock()(Slow()(start))), seed=0)


def slow_to_build() -> AutoModel:
    """Return a model that takes minutes to build."""
    return hanging_model(warm_starts=[{"hangs/units": 8}])


def slow_to_read() -> AutoModel:
    """Return a model whose input takes minutes."""
    start = SlowInput()
    return AutoModel(start, ClassificationHead()(DenseBlock(units=Choice([16, 32]))(start)), seed=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (slow_to_preprocess, "interrupted after"),
        (slow_to_build, "the trial was interrupted after .* in compute_for_minutes"),
        (slow_to_read, "The time limit was up before the search began.*analysing and splitting the data"),
    ],
    ids=["preprocessing", "building", "reading"],
)
def test_what_takes_minutes_is_interrupted(make: Callable[[], AutoModel], message: str) -> None:
    """One sentence says what it was."""
    with pytest.raises(SearchError, match=rf"(?s){message}"):
        fitted_in_time(make(), *wine())


def test_a_fit_in_another_thread_is_interrupted_as_well() -> None:
    """No signal reaches it, but it runs Python code."""
    errors: list[BaseException] = []

    def fit() -> None:
        try:
            fitted_in_time(slow_to_build(), *wine())
        except BaseException as error:  # noqa: BLE001 - a thread's error is looked at here
            errors.append(error)

    thread = threading.Thread(target=fit)
    thread.start()
    thread.join(60)

    assert [type(error) for error in errors] == [SearchError]
    assert "compute_for_minutes" in str(errors[0])


def test_after_a_fit_nothing_is_left_of_its_limit() -> None:
    """What runs then may take as long as it likes, in the same process and with the same model."""
    x, y = wine(60)
    model = fitted_in_time(dense_classifier(max_trials=1), x, y, epochs=2, limit=1.5)

    time.sleep(4)  # longer than the limit and all that is allowed inside a trial

    assert len(model.predict(x)) == 60
    assert "autokeras-watchdog" not in {thread.name for thread in threading.enumerate()}
