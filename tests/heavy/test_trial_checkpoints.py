"""A trial that is cut off goes on from its last checkpoint, as if it had not been; one that is not pays nothing for it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead
from autokeras_core.data.rows import Rows
from autokeras_core.engine import batches
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.checkpoint import CheckpointFile, seconds_to_next
from autokeras_core.engine.compiler import compile_graph
from autokeras_core.engine.context import TrialContext
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.engine.features import Feature, FeatureStore, Part
from autokeras_core.engine.rows import transform_rows
from autokeras_core.engine.schedule import learning_rate_at
from autokeras_core.engine.trial import BUNDLE_FOLDER, run_trial
from autokeras_core.graph.operator import Block, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.registry import get_registry
from autokeras_core.search.checkpointed import CHECKPOINT_FOLDER, checkpointed_epochs
from autokeras_core.search.records import Rung, TrialJob, TrialOutcome
from tests.heavy.engine_doubles import make_case
from tests.heavy.fine_tuned_networks import Projected

Array = np.ndarray[Any, Any]
EPOCHS = 6
TRAINING = {"training/learning_rate": 0.01, "training/batch_size": 8}


@keras.saving.register_keras_serializable("checkpoints")
class Counting(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A layer of a user's own with a state that no gradient changes: each training step halves what it hands on."""

    def build(self, input_shape: Any) -> None:
        """Make the state."""
        self.factor = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Multiply by the state, and change it while training."""
        if training:
            self.factor.assign(0.5 + 0.9 * (self.factor - 0.5))
        return inputs * self.factor


class Stateful(Block):
    """Layers that have a state besides weights: statistics, random numbers, and one of the user's own."""

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the layers."""
        x = keras.layers.GaussianNoise(0.3)(inputs)
        x = keras.layers.Dense(8, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        x = Counting()(x)
        return keras.layers.Dropout(0.3)(x)


class Watching:
    """Takes note of events, and presses Ctrl-C after an epoch, before its checkpoint is written."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.epochs: list[int] = []
        self.resumed: list[int] = []

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Take note."""
        if event == "resumed":
            self.resumed.append(fields["epoch"])
        if event == "epoch":
            self.epochs.append(fields["epoch"])
            if fields["epoch"] == self.stop_after:
                raise KeyboardInterrupt


def make_context(block: Block | None = None, **options: Any) -> TrialContext:
    """Return the context of a small classifier that writes a checkpoint after every epoch."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()((block or Stateful())(start)))
    return case.context(**{"seconds_between_checkpoints": 0.0, **options})


def make_job(directory: Path, configuration: Mapping[str, Any] | None = None, **options: Any) -> TrialJob:
    """Return the job of a small trial."""
    values: dict[str, Any] = {"trial_id": "0", "epochs": EPOCHS, "seed": 3, "seconds": None}
    return TrialJob(configuration={**TRAINING, **(configuration or {})}, directory=str(directory), **(values | options))


def cut_off(job: TrialJob, context: TrialContext, *, after: int) -> None:
    """Run a trial until Ctrl-C comes in the end of an epoch; it has a checkpoint of the one before."""
    with pytest.raises(KeyboardInterrupt):
        run_trial(job, context, Watching(stop_after=after))


def weights_of(outcome: TrialOutcome) -> list[Array]:
    """Return the weights of the model that a trial left."""
    bundle = ModelBundle.load(Path(outcome.directory) / BUNDLE_FOLDER, get_registry())
    weights: list[Array] = bundle.model.get_weights()
    return weights


@pytest.fixture(autouse=True)
def _checkpoints_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a checkpoint be written after every epoch, however short that is."""
    monkeypatch.setattr("autokeras_core.engine.checkpoint._SHARE_OF_TRAINING", 1e9)


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


def too_slow(store: FeatureStore, features: Sequence[Feature], part: Part) -> dict[str, Rows]:
    """Return the rows to train on; there is no time for the others, which are computed when a checkpoint has been read."""
    if part == "validation":
        message = "computing features would take 300 s, 3 s are left"
        raise OutOfTimeError(message)
    return {feature.name: store.rows(feature, part) for feature in features}


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


def test_a_checkpoint_that_does_not_fit_is_not_left_for_a_later_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial that starts anew and has no time for an epoch has failed."""
    context = make_context()
    cut_off(make_job(tmp_path / "0"), context, after=4)
    monkeypatch.setattr(FeatureStore, "features", too_slow)

    outcome = run_trial(make_job(tmp_path / "0", seed=4), context, Watching())

    assert outcome.failure is not None
    assert outcome.failure.kind == "timeout"
    assert not (tmp_path / "0").exists()


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
    monkeypatch.setattr("autokeras_core.engine.trial.training_batches", hangs)

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


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 4},
        {"epochs": EPOCHS + 1},
        {"batch_size_divisor": 2},
        {"learning_rate_factor": 0.1},
        {"configuration": {"training/optimizer": "sgd"}},
    ],
    ids=["seed", "epochs", "batch size", "learning rate", "configuration"],
)
def test_a_checkpoint_of_another_job_is_ignored(
    tmp_path: Path, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The trial starts from its first epoch, and the log says why."""
    context = make_context()
    cut_off(make_job(tmp_path / "0"), context, after=3)
    watching = Watching()

    outcome = run_trial(make_job(tmp_path / "0", **options), context, watching)

    assert watching.resumed == []
    assert watching.epochs[0] == 1
    assert outcome.status == "completed"
    assert "is of another trial, or of other settings" in caplog.text


def flip_a_byte(path: Path) -> None:
    """Change one byte inside the last array."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        last = archive.infolist()[-2]
    content[last.header_offset + 200] ^= 0xFF
    path.write_bytes(bytes(content))


def cut_in_half(path: Path) -> None:
    """Leave the first half of a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def change_format(path: Path) -> None:
    """Write a state of a format to come."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("state.json", '{"format": 99}')


@pytest.mark.parametrize("damage", [flip_a_byte, cut_in_half, change_format, lambda path: path.write_bytes(b"")])
def test_a_damaged_checkpoint_is_ignored(tmp_path: Path, damage: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Half a file, a flipped byte, another format: the trial starts from its first epoch and ends normally."""
    context = make_context()
    job = make_job(tmp_path / "0")
    cut_off(job, context, after=3)
    damage(tmp_path / "0" / CHECKPOINT_FOLDER / "phase-1.zip")
    watching = Watching()

    outcome = run_trial(job, context, watching)

    assert watching.epochs == [1, 2, 3, 4, 5, 6]
    assert outcome.status == "completed"
    assert "is not used" in caplog.text


def test_a_checkpoint_is_never_half_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill while it is written leaves the one before."""
    context = make_context()
    job = make_job(tmp_path / "0")
    cut_off(job, context, after=3)

    def killed(*args: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("autokeras_core.engine.checkpoint._write_arrays", killed)
    with pytest.raises(KeyboardInterrupt):
        run_trial(job, context, Watching())

    assert checkpointed_epochs(tmp_path / "0") == 2
    assert [path.name for path in (tmp_path / "0" / CHECKPOINT_FOLDER).iterdir()] == ["phase-1.zip"]


def test_a_checkpoint_that_cannot_be_written_costs_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file where the folder should be: the trial trains to its end all the same."""
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / CHECKPOINT_FOLDER).write_text("in the way")

    outcome = run_trial(make_job(tmp_path / "0"), make_context(), Watching())

    assert outcome.status == "completed"
    assert "could not be written" in caplog.text


def test_an_interruption_while_a_checkpoint_is_written_gets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the time is up is no failure to write: the trial ends, with the best epoch it has."""

    def slow(*arguments: Any, **options: Any) -> None:
        raise OutOfTimeError("the time is up")

    monkeypatch.setattr("autokeras_core.engine.checkpoint._write_arrays", slow)

    outcome = run_trial(make_job(tmp_path / "0"), make_context(), Watching())

    assert (outcome.epochs, outcome.cut_short) == (1, True)


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


def test_nothing_stays_when_a_trial_has_completed(tmp_path: Path) -> None:
    """Only its model is left."""
    run_trial(make_job(tmp_path / "0"), make_context(), Watching())

    assert [path.name for path in (tmp_path / "0").iterdir()] == [BUNDLE_FOLDER]


def test_nothing_stays_of_a_pruned_trial(tmp_path: Path) -> None:
    """It leaves no model, and no checkpoint."""
    job = make_job(tmp_path / "0", rungs=(Rung(epoch=3, score=-1.0),))

    outcome = run_trial(job, make_context(), Watching())

    assert outcome.status == "pruned"
    assert not (tmp_path / "0").exists()


class Diverging(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Spoils the weights in the third epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Let the loss become NaN."""
        if epoch == 2:
            self.model.set_weights([np.full_like(weight, np.nan) for weight in self.model.get_weights()])


def test_nothing_stays_of_a_failed_trial(tmp_path: Path) -> None:
    """A trial that diverges after its second checkpoint leaves an empty place."""
    outcome = run_trial(make_job(tmp_path / "0"), make_context(callbacks=[Diverging()]), Watching())

    assert outcome.failure is not None
    assert outcome.failure.kind == "nan"
    assert not (tmp_path / "0").exists()


def test_a_short_trial_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below five seconds there is no checkpoint, so small networks do not pay for any."""
    written: list[Path] = []
    monkeypatch.setattr(CheckpointFile, "write", lambda self, *args, **options: written.append(self.path))
    context = attrs.evolve(make_context(), seconds_between_checkpoints=5.0)

    run_trial(make_job(tmp_path / "0"), context, Watching())

    assert written == []


def test_writing_takes_a_hundredth_of_the_time() -> None:
    """The more expensive a checkpoint is, the longer the next one has to wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autokeras_core.engine.checkpoint._SHARE_OF_TRAINING", 0.01)

        waits = [seconds_to_next(cost, least=5.0) for cost in (0.001, 0.05, 3.0)]

    assert waits == [5.0, 5.0, 300.0]


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


def test_half_precision_variables_come_back(tmp_path: Path) -> None:
    """A variable of a type that NumPy does not know is stored bit for bit."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16")])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    file = CheckpointFile(tmp_path / "phase-1.zip", identity={"trial": 1})
    before = [keras.ops.convert_to_numpy(variable) for variable in model.variables]

    file.write(model, _Watch(), progress=0.5, seconds=1.0, seconds_per_epoch=0.1)
    for variable in model.variables:
        variable.assign(keras.ops.zeros_like(variable))
    checkpoint = file.read(model)
    assert checkpoint is not None
    checkpoint.restore(model)

    for variable, array in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), array)


class _Watch:
    """A watch that has seen nothing."""

    best_weights = None
    is_at_best = False

    def state(self) -> dict[str, Any]:
        """Return no history."""
        return {"history": {}}
