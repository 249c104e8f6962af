"""The files of checkpoints: which are written, used and left behind; a trial that is not cut off pays nothing for them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core.engine.checkpoint import CheckpointFile, seconds_to_next
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.trial import BUNDLE_FOLDER, run_trial
from autokeras_core.search.checkpointed import CHECKPOINT_FOLDER, checkpointed_epochs
from autokeras_core.search.records import Rung
from tests.heavy.interrupted_trials import (
    EPOCHS,
    Watching,
    cut_off,
    make_context,
    make_job,
    too_slow,
    write_always,
)


@pytest.fixture(autouse=True)
def _checkpoints_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a checkpoint be written after every epoch, however short that is."""
    write_always(monkeypatch)


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


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 4},
        {"epochs": EPOCHS + 1},
        {"batch_size_divisor": 2},
        {"learning_rate_factor": 0.1},
        {"configuration": {"training/learning_rate": 0.02}},
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


def test_a_checkpoint_serves_a_trial_whose_block_has_a_hyperparameter_more_by_now(tmp_path: Path) -> None:
    """The rest of the configuration is the same, and so are the variables."""
    context = make_context()
    cut_off(make_job(tmp_path / "0"), context, after=3)
    watching = Watching()

    run_trial(make_job(tmp_path / "0", {"stateful/is_new": True}), context, watching)

    assert watching.resumed == [2]


def test_a_checkpoint_is_ignored_if_a_new_hyperparameter_changes_the_variables(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """SGD keeps one variable for each weight, Adam two."""
    context = make_context()
    cut_off(make_job(tmp_path / "0"), context, after=3)
    watching = Watching()

    outcome = run_trial(make_job(tmp_path / "0", {"training/optimizer": "sgd"}), context, watching)

    assert watching.resumed == []
    assert outcome.status == "completed"
    assert "arrays of the kind 'optimizer'" in caplog.text


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


def test_half_precision_variables_come_back(tmp_path: Path) -> None:
    """A variable of a type that NumPy does not know is stored bit for bit."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16")])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    file = CheckpointFile(tmp_path / "phase-1.zip", identity={"trial": 1}, configuration={})
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
