"""XLA on a GPU: for which trainings, and that it is over when they are."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock
from autokeras_core.engine.acceleration import clustered_by_xla, is_worth_clustering, xla_works
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.trial import run_trial
from autokeras_core.registry import get_registry
from autokeras_core.search.records import TrialJob
from tests.heavy.engine_doubles import Silence, make_case


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have TensorFlow say that there is a GPU."""
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["a GPU"])


@pytest.mark.usefixtures("one_gpu")
@pytest.mark.parametrize(
    ("steps", "seconds", "step_cost", "expected"),
    [
        (2_000, None, 1e9, True),
        (1_999, None, 1e9, False),
        (2_000, 60.0, 1e9, True),
        (100_000, 59.0, 1e9, False),
        (100_000, None, 1e11, False),
        (100_000, None, None, False),
    ],
)
def test_long_trainings_of_small_networks_on_a_gpu_are_worth_it(
    steps: int, seconds: float | None, step_cost: float | None, expected: bool
) -> None:
    """Few steps gain less than compiling takes; a short time is better spent on training; large networks gain little."""
    assert is_worth_clustering(steps=steps, seconds=seconds, step_cost=step_cost) is expected


def test_a_processor_is_not() -> None:
    """However long the training is."""
    assert not is_worth_clustering(steps=10**9, seconds=None, step_cost=1.0)


@pytest.mark.usefixtures("one_gpu")
def test_where_xla_cannot_compile_training_goes_on_without_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so, and why; here an operation takes the place of one that XLA cannot compile without CUDA's files."""
    monkeypatch.setattr("tensorflow.exp", lambda x: tf.strings.to_number(tf.strings.as_string(x)))
    xla_works.cache_clear()

    with caplog.at_level(logging.WARNING, logger="autokeras_core"):
        assert not is_worth_clustering(steps=10**9, seconds=None, step_cost=1.0)
        assert not is_worth_clustering(steps=10**9, seconds=None, step_cost=1.0)

    assert [record.message.partition(",")[0] for record in caplog.records] == ["XLA is not used"]
    xla_works.cache_clear()


def test_what_was_set_is_set_again() -> None:
    """After an error, too: functions of the user's own are not to be compiled."""
    set_to: list[str] = []

    def fail_inside() -> None:
        with clustered_by_xla(True):
            set_to.append(tf.config.optimizer.get_jit())
            raise KeyError

    with pytest.raises(KeyError):
        fail_inside()

    assert set_to == ["autoclustering"]
    assert not tf.config.optimizer.get_jit()


def test_not_wanted_changes_nothing() -> None:
    """Neither does it take away what the user has set."""
    with clustered_by_xla(False):
        assert not tf.config.optimizer.get_jit()

    tf.config.optimizer.set_jit("autoclustering")
    try:
        for wanted in (False, True):
            with clustered_by_xla(wanted):
                pass
            assert tf.config.optimizer.get_jit() == "autoclustering"
    finally:
        tf.config.optimizer.set_jit(False)


@pytest.mark.parametrize("is_worth_it", [True, False])
def test_a_trial_trains_so_if_it_is_worth_it(
    is_worth_it: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it is told of the training is how many steps it has, and how much time is left for it."""
    told: list[dict[str, Any]] = []
    set_to: list[str] = []

    def is_told(**training: Any) -> bool:
        told.append(training)
        return is_worth_it

    class Noting(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
        def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
            set_to.append(tf.config.optimizer.get_jit())

    monkeypatch.setattr("autokeras_core.engine.phase.is_worth_clustering", is_told)
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock(num_layers=1, units=4)(start)))
    configuration = {**case.configuration, "training/batch_size": 8}
    job = TrialJob(trial_id="0", configuration=configuration, epochs=2, seed=0, seconds=500.0, directory=str(tmp_path))

    outcome = run_trial(job, case.context(callbacks=[Noting()]), Silence())

    assert outcome.failure is None
    assert [training["steps"] for training in told] == [8]
    assert 400 < told[0]["seconds"] < 500
    assert set(set_to) == {"autoclustering" if is_worth_it else ""}
    assert not tf.config.optimizer.get_jit()


def test_models_predict_without_xla(tmp_path: Path) -> None:
    """On a GPU Keras would compile them for each number of rows anew."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock(num_layers=1, units=4)(start)))
    bundle = ModelBundle.from_compiled(case.compiled(), graph=case.graph, profile=case.profile)
    bundle.save(tmp_path)

    loaded = ModelBundle.load(tmp_path, get_registry())

    assert bundle.model.jit_compile is False
    assert loaded.model.jit_compile is False
