"""A trial that is cut off goes on from its last checkpoint, as if it had not been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core.engine import batches
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.compiler import compile_graph
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.rows import transform_rows
from autokeras_core.engine.schedule import learning_rate_at
from autokeras_core.engine.trial import BUNDLE_FOLDER, run_trial
from autokeras_core.graph.operator import Block
from tests.heavy.fine_tuned_networks import Projected
from tests.heavy.interrupted_trials import (
    EPOCHS,
    Stateful,
    Watching,
    cut_off,
    make_context,
    make_job,
    too_slow,
    weights_of,
    write_always,
)


@pytest.fixture(autouse=True)
def _checkpoints_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a checkpoint be written after every epoch, however short that is."""
    write_always(monkeypatch)


@pytest.mark.parametrize(
    "configuration",
    [
        {"training/optimizer": "adam", "training/schedule": "cosine"},
        {"training/optimizer": "adamw", "training/weight_decay": 0.01, "training/schedule": "cyclic"},
        {"training/optimizer": "sgd", "training/schedule": "one_cycle"},
    ],
    ids=lambda values: values["training/optimizer"],
)
def test_a_trial_that_was_cut_off_ends_as_if_it_had_not_been(tmp_path: Path, configuration: dict[str, Any]) -> None:
    """History, score, best epoch and every weight are those of the same trial without a break."""
    context = make_context()
    whole = run_trial(make_job(tmp_path / "whole", configuration), context, Watching())
    job = make_job(tmp_path / "broken", configuration)
    cut_off(job, context, after=4)
    watching = Watching()

    resumed = run_trial(job, context, watching)

    assert watching.resumed == [3]
    assert watching.epochs == [4, 5, 6]
    assert resumed.history == whole.history
    assert (resumed.score, resumed.best_epoch, resumed.metrics) == (whole.score, whole.best_epoch, whole.metrics)
    for here, there in zip(weights_of(resumed), weights_of(whole), strict=True):
        np.testing.assert_array_equal(here, there)


def test_a_trial_may_be_cut_off_again_and_again(tmp_path: Path) -> None:
    """Three breaks change nothing either, and the seconds of all runs are counted together."""
    context = make_context()
    whole = run_trial(make_job(tmp_path / "whole"), context, Watching())
    job = make_job(tmp_path / "broken")
    for after in (2, 3, 6):
        cut_off(job, context, after=after)

    resumed = run_trial(job, context, Watching())

    assert resumed.history == whole.history
    assert len(resumed.history["loss"]) == EPOCHS


def test_rows_that_are_read_in_windows_come_in_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of rows goes on where it was, also where they are mixed window by window."""
    monkeypatch.setattr(batches, "_ROWS_TO_SHUFFLE_AT_ONCE", 10)
    context = make_context()
    whole = run_trial(make_job(tmp_path / "whole"), context, Watching())
    job = make_job(tmp_path / "broken")
    cut_off(job, context, after=4)

    resumed = run_trial(job, context, Watching())

    assert resumed.history == whole.history


@pytest.mark.parametrize(("after", "resumed"), [(4, [3]), (7, [6]), (8, [6, 7]), (12, [6, 11])])
def test_both_phases_of_fine_tuning_go_on_from_where_they_were(tmp_path: Path, after: int, resumed: list[int]) -> None:
    """Cut off in the first phase, right after it, or in the second one: the outcome is the same, and so is the network."""
    context = make_context(Projected(depth="all", learning_rate=0.01))
    whole = run_trial(make_job(tmp_path / "whole"), context, Watching())
    job = make_job(tmp_path / "broken")
    cut_off(job, context, after=after)
    watching = Watching()

    outcome = run_trial(job, context, watching)

    assert watching.resumed == resumed
    assert watching.epochs == list(range(resumed[-1] + 1, 13))
    assert outcome.history == whole.history
    assert (outcome.score, outcome.best_epoch) == (whole.score, whole.best_epoch)
    for here, there in zip(weights_of(outcome), weights_of(whole), strict=True):
        np.testing.assert_array_equal(here, there)


def test_a_resumed_fine_tuning_leaves_the_features_of_other_trials_alone(tmp_path: Path) -> None:
    """Cut off in the second phase, it ends with a tuned network; the frozen one's features stay its own."""
    job = make_job(tmp_path / "broken")
    cut_off(job, make_context(Projected(depth="all", learning_rate=0.01)), after=8)
    context = make_context(Projected(depth="all", learning_rate=0.01), keeps_predictions=True)  # in another process

    outcome = run_trial(job, context, Watching())

    assert outcome.best_epoch > EPOCHS
    frozen = compile_graph(context.graph, job.configuration, context.profile, context.store, seed=0).features
    kept = context.store.features(frozen, "validation")
    raw = context.store.features([attrs.evolve(each, host=(), keys=()) for each in frozen], "validation")
    for feature in frozen:
        expected = transform_rows(raw[feature.name], feature.host)
        np.testing.assert_allclose(kept[feature.name], expected, atol=1e-6)


def test_a_first_phase_outlives_an_interruption_before_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time ends while the second one is being put together: the model of the first is the trial's."""

    def hangs(*arguments: Any, **options: Any) -> None:
        message = "the trial was interrupted after 60.0 s"
        raise OutOfTimeError(message)

    monkeypatch.setattr("autokeras_core.engine.trial.open_second_phase", hangs)
    job = make_job(tmp_path)

    outcome = run_trial(job, make_context(Projected(depth="all", learning_rate=0.01)), Watching())

    assert (outcome.status, outcome.epochs, outcome.cut_short) == ("completed", EPOCHS, True)
    assert (tmp_path / BUNDLE_FOLDER).is_dir()


def test_a_second_phase_that_was_cut_off_keeps_its_best_epoch_in_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little time is left to begin one, but not to take what it has brought."""
    context = make_context(Projected(depth="all", learning_rate=0.01))
    job = make_job(tmp_path)
    cut_off(job, context, after=9)
    monkeypatch.setattr("autokeras_core.engine.trial.is_time_for_second_phase", lambda deadline: False)
    watching = Watching()

    outcome = run_trial(job, context, watching)

    assert watching.resumed == [6, 8]
    assert outcome.best_epoch > EPOCHS


def test_no_time_to_go_on_leaves_the_checkpoint_for_a_later_run(tmp_path: Path) -> None:
    """A run in which the model could not be built in time is none: the next one ends as if nothing had been."""
    context = make_context()
    whole = run_trial(make_job(tmp_path / "whole"), context, Watching())
    job = make_job(tmp_path / "broken")
    cut_off(job, context, after=4)

    hurried = run_trial(attrs.evolve(job, seconds=0.0, grace=0.0), context, Watching())
    watching = Watching()
    outcome = run_trial(job, context, watching)

    assert hurried.failure is not None
    assert hurried.failure.kind == "not_begun"
    assert watching.resumed == [3]
    assert outcome.history == whole.history


def test_features_that_are_not_ready_in_time_leave_the_checkpoint_for_a_later_run(tmp_path: Path) -> None:
    """It has been read by then, and nothing has come of it yet."""
    context, job = make_context(), make_job(tmp_path)
    cut_off(job, context, after=4)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FeatureStore, "features", too_slow)
        hurried = run_trial(job, context, Watching())
    watching = Watching()
    run_trial(job, context, watching)

    assert hurried.failure is not None
    assert hurried.failure.kind == "not_begun"
    assert watching.resumed == [3]


@pytest.mark.parametrize("block", [Stateful(), Projected(depth="all")], ids=["one phase", "two phases"])
def test_an_interruption_before_the_first_step_keeps_the_best_epoch_of_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: Block
) -> None:
    """Keras has not told the callbacks of the model by then."""

    def hangs(*arguments: Any, **options: Any) -> None:
        message = "the trial was interrupted after 60.0 s"
        raise OutOfTimeError(message)

    context = make_context(block)
    job = make_job(tmp_path)
    cut_off(job, context, after=4)
    monkeypatch.setattr("autokeras_core.engine.phase.training_batches", hangs)

    outcome = run_trial(job, context, Watching())

    assert (outcome.status, outcome.epochs, outcome.cut_short) == ("completed", 3, True)
    assert (tmp_path / BUNDLE_FOLDER).is_dir()


@pytest.mark.parametrize("windows", [False, True], ids=["shuffled", "windows"])
def test_batches_can_start_at_any_epoch(windows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two epochs left out, the third one comes first."""
    monkeypatch.setattr(batches, "_ROWS_TO_SHUFFLE_AT_ONCE", 10 if windows else 1000)
    rows = np.arange(40, dtype="float32")[:, None]

    def epochs(count: int, **options: Any) -> list[list[float]]:
        data = batches.training_batches({"a": rows}, {"b": rows}, None, batch_size=8, seed=1, **options)
        return [[float(row) for _, y in data for row in y["b"].numpy()[:, 0]] for _ in range(count)]

    rest = epochs(2, epochs_done=2)

    assert rest == epochs(4)[2:]
    assert rest[0] != rest[1]


def test_the_best_epoch_may_lie_before_the_checkpoint(tmp_path: Path) -> None:
    """Its weights are kept in the checkpoint: a trial that gets worse ends with its best model."""
    configuration = {"training/learning_rate": 1.0, "training/optimizer": "sgd", "training/schedule": "constant"}
    context = make_context()
    whole = run_trial(make_job(tmp_path / "whole", configuration), context, Watching())
    job = make_job(tmp_path / "broken", configuration)
    cut_off(job, context, after=EPOCHS)

    resumed = run_trial(job, context, Watching())

    assert resumed.best_epoch == whole.best_epoch < EPOCHS - 1
    for here, there in zip(weights_of(resumed), weights_of(whole), strict=True):
        np.testing.assert_array_equal(here, there)


class BrokenOff(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Ends the first phase in the middle of its fourth epoch, as a watchdog would."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Interrupt it once."""
        if self.params["epochs"] == EPOCHS and self.epoch == 3 and batch == 1:
            raise OutOfTimeError("the time is up")

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Take note of the epoch."""
        self.epoch = epoch


def test_a_first_phase_that_was_broken_off_is_kept_as_of_its_best_epoch(tmp_path: Path) -> None:
    """The second phase starts from the best epoch's weights, also when it is resumed, not from those in mid-epoch."""
    context = make_context(Projected(depth="all", learning_rate=0.01), callbacks=[BrokenOff()])
    whole = run_trial(make_job(tmp_path / "whole"), context, Watching())
    job = make_job(tmp_path / "broken")
    cut_off(job, context, after=4)
    watching = Watching()

    outcome = run_trial(job, context, watching)

    assert watching.resumed == [3]
    assert watching.epochs[0] == 4
    assert outcome.history == whole.history


def test_the_learning_rate_goes_on_from_where_it_was() -> None:
    """With half of the steps done and a new allotment of time, the schedule is where it was and ends at its end."""
    now = [0.0]
    deadline = Deadline.after(10.0, clock=lambda: now[0])
    schedule = ScheduleCallback(
        schedule="linear", peak=1.0, total_steps=1000, deadline=deadline, steps_done=100, progress=0.6
    )
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    schedule.set_model(model)
    schedule.set_params({"steps": 100})
    schedule.on_train_begin()
    schedule.on_epoch_begin(1)
    rates = []
    for step, seconds in enumerate((0.0, 1.0, 5.5, 10.0)):
        now[0] = seconds
        schedule.on_train_batch_begin(step)
        rates.append(float(model.optimizer.learning_rate))

    expected = [learning_rate_at("linear", 1.0, progress) for progress in (0.6, 0.6, 0.8, 1.0)]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize("steps_done", range(10, 100, 10))
def test_the_learning_rate_goes_on_as_it_was_set(steps_done: int) -> None:
    """It is set where it changes by a thousandth: around the peak of a cosine it stays for many steps, break or not."""
    whole = _rates_of(steps_done=0, learning_rate=1.0)

    rest = _rates_of(steps_done=steps_done, learning_rate=whole[steps_done - 1])

    assert rest == whole[steps_done:]


def _rates_of(*, steps_done: int, learning_rate: float) -> list[float]:
    """Return the learning rates of the remaining ones of 100 steps, ten an epoch, of a schedule of a thousand."""
    schedule = ScheduleCallback(schedule="cosine", peak=1.0, total_steps=1000, steps_done=steps_done)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(learning_rate), "mse")
    schedule.set_model(model)
    schedule.set_params({"steps": 10})
    schedule.on_train_begin()
    rates = []
    for epoch in range(steps_done // 10, 10):
        schedule.on_epoch_begin(epoch)
        for step in range(10):
            schedule.on_train_batch_begin(step)
            rates.append(float(model.optimizer.learning_rate))
            schedule.on_train_batch_end(step)
    return rates
