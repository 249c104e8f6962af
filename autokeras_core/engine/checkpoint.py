"""Checkpoints: the state of a trial after an epoch, so that one that is cut off goes on from there.

A trial writes them into its own directory while it trains, one file for each phase of training, and deletes them when it
ends. Whoever runs the same job again finds them there: this process after Ctrl-C, another one after a kill, another worker
on a file system that both see.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import keras
import numpy as np
import tensorflow as tf

from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.search.checkpointed import CHECKPOINT_FOLDER, FORMAT, STATE_FILE, checkpoint_path, read_state

if TYPE_CHECKING:
    from autokeras_core.engine.callbacks import ScheduleCallback
    from autokeras_core.engine.clock import EpochClock
    from autokeras_core.engine.watch import TrialWatch
    from autokeras_core.search.records import TrialJob
    from autokeras_core.search.space import Configuration

__all__ = [
    "Checkpoint",
    "CheckpointCallback",
    "CheckpointFile",
    "TrialCheckpoints",
    "seconds_to_next",
]

Array: TypeAlias = np.ndarray[Any, Any]
Variable: TypeAlias = Any  # Keras ships no types

_LOGGER = logging.getLogger(__name__)

_SHARE_OF_TRAINING = 0.01
_BYTES_PER_SECOND = 200 * 2**20  # until the first checkpoint was written
# What NumPy writes only as bytes without a type: they are kept as numbers of the same width.
_STORED_AS: Mapping[int, np.dtype[Any]] = {1: np.dtype(np.uint8), 2: np.dtype(np.uint16)}


def seconds_to_next(cost: float, *, least: float) -> float:
    """Return how long to train between two checkpoints: writing them is to take at most 1% of the time.

    Args:
        cost: How many seconds a checkpoint takes.
        least: The least time between two. A trial shorter than this writes none.

    Example:
        ```python
        seconds_to_next(0.01, least=5.0)  # 5.0
        seconds_to_next(2.0, least=5.0)  # 200.0
        ```
    """
    return max(least, cost / _SHARE_OF_TRAINING)


@attrs.frozen(kw_only=True)
class Checkpoint:
    """What a trial needs to go on after an epoch.

    Attributes:
        variables: The model's variables, those of random generators included.
        optimizer_variables: The optimizer's.
        best_weights: The weights of the best epoch; `None` if no epoch of the phase is the best.
        watch: What `TrialWatch.state` returned.
        progress: How far the learning rate's schedule had come, from 0 to 1.
        seconds: How long the trial had run.
        seconds_per_epoch: How long an epoch took; 0 if that was not measured.
        is_over: Whether the phase had ended.
    """

    variables: tuple[Array, ...]
    optimizer_variables: tuple[Array, ...]
    best_weights: tuple[Array, ...] | None
    watch: Mapping[str, Any]
    progress: float
    seconds: float
    seconds_per_epoch: float
    is_over: bool

    def restore(self, model: keras.Model) -> None:
        """Put the variables into a compiled model and its optimizer."""
        _assign(model.variables, self.variables)
        _assign(model.optimizer.variables, self.optimizer_variables)


class CheckpointFile:
    """The file of one phase of a trial.

    It is replaced as a whole: a reader finds the old state or the new one, and never a part of one. It is not flushed to
    the disk, as a kill of the process costs nothing that was written; what a power cut leaves of it is told from a whole
    one by its checksums, and ignored.

    Args:
        path: The file.
        identity: What tells the trial from any other, besides its configuration. A checkpoint of another is ignored.
        configuration: The trial's configuration. A hyperparameter that is missing in this one or in the checkpoint's is
            left aside: the code of a block may have gained or lost it since, and whether its variables still fit is
            seen from them.
    """

    def __init__(self, path: Path, *, identity: Mapping[str, Any], configuration: Configuration) -> None:
        self.path = path
        text = json.dumps(identity, sort_keys=True, default=str)
        self._identity = hashlib.sha256(text.encode()).hexdigest()
        self._configuration = configuration

    def write(self, model: keras.Model, watch: TrialWatch, *, is_over: bool = False, **about: float) -> None:
        """Write the state of a compiled model, its optimizer and its watch.

        Args:
            model: The model that is trained.
            watch: Its watch.
            is_over: Whether the phase has ended.
            about: `progress`, `seconds` and `seconds_per_epoch` of the checkpoint.

        Raises:
            OSError: If it cannot be written. The last checkpoint is still there then.
        """
        best = watch.best_weights
        # At the end of a phase the model may be in the middle of an epoch that was broken off.
        is_best = watch.is_at_best and not is_over
        state = {
            "format": FORMAT,
            "identity": self._identity,
            "configuration": self._configuration,
            "watch": watch.state(),
            "best": "none" if best is None else "current" if is_best else "kept",
            "is_over": is_over,
            **about,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f"{self.path.name}.part")  # one process at a time runs a trial
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as archive:
                archive.writestr(STATE_FILE, json.dumps(state))
                _write_arrays(archive, "variable", map(_array_of, model.variables))
                _write_arrays(archive, "optimizer", map(_array_of, model.optimizer.variables))
                if best is not None and not is_best:
                    _write_arrays(archive, "best", iter(best))
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)

    def read(self, model: keras.Model) -> Checkpoint | None:
        """Return the checkpoint if there is one that fits; say in the log why one that is there does not.

        Args:
            model: The compiled model that is to go on from it; its optimizer has its variables.
        """
        if not self.path.exists():
            return None
        try:
            checkpoint = self._read(model)
        except OutOfTimeError:  # an `OSError` too, by way of `TimeoutError`
            raise
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            _LOGGER.warning("The checkpoint %s is not used: %s", self.path, error or type(error).__name__)
            return None
        _LOGGER.info("Going on from the checkpoint %s.", self.path)
        return checkpoint

    def _read(self, model: keras.Model) -> Checkpoint:
        with zipfile.ZipFile(self.path) as archive:
            state = read_state(archive)
            stored = state["configuration"]
            differing = [name for name in stored if stored[name] != self._configuration.get(name, stored[name])]
            if state["identity"] != self._identity or differing:
                message = "it is of another trial, or of other settings"
                raise ValueError(message)
            variables = _read_arrays(archive, "variable", model.variables)
            weights = {id(variable): array for variable, array in zip(model.variables, variables, strict=True)}
            best: tuple[Array, ...] | None = None
            if state["best"] == "current":
                best = tuple(weights[id(weight)] for weight in model.weights)
            elif state["best"] == "kept":
                best = _read_arrays(archive, "best", model.weights)
            return Checkpoint(
                variables=variables,
                optimizer_variables=_read_arrays(archive, "optimizer", model.optimizer.variables),
                best_weights=best,
                watch=dict(state["watch"]),
                progress=float(state["progress"]),
                seconds=float(state["seconds"]),
                seconds_per_epoch=float(state["seconds_per_epoch"]),
                is_over=bool(state["is_over"]),
            )


class TrialCheckpoints:
    """The checkpoints of one trial, and how long it has run.

    Args:
        job: The trial's job.
        seconds_between: The least time between two checkpoints.
    """

    def __init__(self, job: TrialJob, *, seconds_between: float) -> None:
        self._directory = Path(job.directory)
        self.seconds_between = seconds_between
        self._seconds_before = 0.0
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long the trial has run, in this process and, up to the checkpoint it went on from, in others."""
        return self._seconds_before + time.monotonic() - self._started

    def file(self, phase: int, job: TrialJob, *, rows: int) -> CheckpointFile:
        """Return the file of a phase.

        Args:
            phase: 1, or 2 for the second one of a network that is trained in two.
            job: The job of the phase.
            rows: How many rows an epoch has.
        """
        identity = {
            "phase": phase,
            "rows": rows,
            "epochs": job.epochs,
            "seed": job.seed,
            "batch_size_divisor": job.batch_size_divisor,
            "learning_rate_factor": job.learning_rate_factor,
            "refit_epochs": job.refit_epochs,
        }
        path = checkpoint_path(self._directory, phase)
        return CheckpointFile(path, identity=identity, configuration=job.configuration)

    def has_phase(self, phase: int) -> bool:
        """Return whether there is a checkpoint of a phase, of this run or of an earlier one."""
        return checkpoint_path(self._directory, phase).exists()

    def note_resumed(self, checkpoint: Checkpoint) -> None:
        """Count the seconds until a checkpoint as the trial's."""
        self._seconds_before = checkpoint.seconds

    def remove(self) -> None:
        """Delete all checkpoints, when the trial has ended or starts anew."""
        shutil.rmtree(self._directory / CHECKPOINT_FOLDER, ignore_errors=True)


class CheckpointCallback(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Writes a checkpoint after an epoch, if enough time went by since the last one.

    It must come behind the watch, whose state it keeps. After the last epoch, and where training is about to end, it writes
    none: the trained model is about to be saved.

    Args:
        file: Where to.
        trial: Knows how long the trial has run.
        watch: The trial's watch.
        schedule: Knows how far the learning rate has come.
        clock: Knows how long an epoch takes.
    """

    def __init__(
        self,
        file: CheckpointFile,
        *,
        trial: TrialCheckpoints,
        watch: TrialWatch,
        schedule: ScheduleCallback,
        clock: EpochClock,
    ) -> None:
        super().__init__()
        self._file = file
        self._trial = trial
        self._watch = watch
        self._schedule = schedule
        self._clock = clock
        self._written = 0.0
        self._cost: float | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start to count the time."""
        self._written = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Write a checkpoint if it is time."""
        if self.model.stop_training or epoch + 1 >= self.params["epochs"]:
            return
        if self._cost is None:
            self._cost = _bytes_of(self.model) / _BYTES_PER_SECOND
        began = time.monotonic()
        if began - self._written < seconds_to_next(self._cost, least=self._trial.seconds_between):
            return
        self.write()
        self._written = time.monotonic()
        self._cost = self._written - began

    def write(self, *, is_over: bool = False) -> None:
        """Write a checkpoint now. One that cannot be written costs a line in the log, not the trial."""
        try:
            self._file.write(
                self.model,
                self._watch,
                is_over=is_over,
                progress=self._schedule.progress,
                seconds=self._trial.seconds,
                seconds_per_epoch=self._clock.seconds_per_epoch or self._watch.seconds_per_epoch,
            )
        except OutOfTimeError:
            raise
        except OSError as error:
            _LOGGER.warning("The checkpoint %s could not be written: %s", self._file.path, error)


def _bytes_of(model: keras.Model) -> int:
    """Return how large a checkpoint is at most."""
    arrays = [*model.variables, *model.optimizer.variables, *model.weights]
    return sum(int(np.prod(each.shape, dtype=np.int64)) * _item_size(each) for each in arrays)


def _item_size(variable: Variable) -> int:
    return int(np.dtype(_numpy_dtype(variable)).itemsize)


def _numpy_dtype(variable: Variable) -> np.dtype[Any]:
    """Return the NumPy dtype of a variable; that of `bfloat16` is no dtype of NumPy's own."""
    dtype: np.dtype[Any] = np.dtype(tf.as_dtype(variable.dtype).as_numpy_dtype)
    return dtype


def _array_of(variable: Variable) -> Array:
    array: Array = keras.ops.convert_to_numpy(variable)
    return array


def _assign(variables: Sequence[Variable], arrays: Sequence[Array]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _write_arrays(archive: zipfile.ZipFile, kind: str, arrays: Iterator[Array]) -> None:
    """Write arrays one after the other, so that no second copy of all of them is held in memory."""
    for number, array in enumerate(arrays):
        plain = array.view(_STORED_AS[array.dtype.itemsize]) if array.dtype.kind == "V" else array
        with archive.open(_member(kind, number), "w", force_zip64=True) as stream:
            np.lib.format.write_array(stream, plain, allow_pickle=False)


def _read_arrays(archive: zipfile.ZipFile, kind: str, variables: Sequence[Variable]) -> tuple[Array, ...]:
    """Return arrays for all of the variables.

    Raises:
        ValueError: If they are not as many, or not of the same shapes and types.
    """
    stored = [name for name in archive.namelist() if name.startswith(f"{kind}-")]
    if len(stored) != len(variables):
        message = f"it has {len(stored)} arrays of the kind {kind!r}, the model has {len(variables)}"
        raise ValueError(message)
    arrays = []
    for number, variable in enumerate(variables):
        with archive.open(_member(kind, number)) as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
            stream.read()  # to the end of the file, where its checksum is looked at
        dtype = _numpy_dtype(variable)
        stored_dtype = _STORED_AS[dtype.itemsize] if dtype.kind == "V" else dtype
        if array.shape != tuple(variable.shape) or array.dtype != stored_dtype:
            message = (
                f"it has an array of shape {array.shape} and type {array.dtype} for the variable {variable.path!r} of "
                f"shape {tuple(variable.shape)} and type {dtype}"
            )
            raise ValueError(message)
        arrays.append(array.view(dtype) if dtype.kind == "V" else array)
    return tuple(arrays)


def _member(kind: str, number: int) -> str:
    return f"{kind}-{number}.npy"
