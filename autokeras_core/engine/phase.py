"""One phase of a trial: a model is trained within its time, on from its checkpoint, and its best epoch is kept."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.data.epochs import rows_of_an_epoch
from autokeras_core.engine.acceleration import clustered_by_xla, is_worth_clustering
from autokeras_core.engine.batches import naming_unreadable_rows, training_batches, validation_batches
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.checkpoint import CheckpointCallback
from autokeras_core.engine.clock import EpochClock
from autokeras_core.engine.compiler import compile_training
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.evaluation_batch import evaluation_batch_size
from autokeras_core.engine.execution import steps_per_execution
from autokeras_core.engine.schedule import patience_of
from autokeras_core.engine.watch import TrialWatch
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.graph.cost import network_cost

if TYPE_CHECKING:
    import keras

    from autokeras_core.engine.checkpoint import Checkpoint, CheckpointFile, TrialCheckpoints
    from autokeras_core.engine.compiler import CompiledGraph
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.engine.devices import Devices
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.search.records import TrialJob

__all__ = ["TrialRun", "train_phase"]

_LOGGER = logging.getLogger(__name__)

_MOST_VALIDATED_AT_ONCE = 512
_SMALLEST_PATIENCE = 8


@attrs.frozen(kw_only=True, eq=False)
class TrialRun:
    """What the phases of a trial share.

    Attributes:
        context: What all trials of the search share.
        observer: Is told of epochs while the trial runs.
        checkpoints: The trial's checkpoints.
        devices: What it computes on.
    """

    context: TrialContext
    observer: TrialObserver
    checkpoints: TrialCheckpoints
    devices: Devices


def train_phase(
    job: TrialJob,
    compiled: CompiledGraph,
    *,
    run: TrialRun,
    deadline: Deadline | None,
    earlier: TrialWatch | None = None,
    has_second_phase: bool = False,
) -> TrialWatch:
    """Train a model, on from its checkpoint if there is one, and return the watch that has its best epoch.

    Args:
        job: The job of the phase.
        compiled: What to train.
        run: What both phases share.
        deadline: When it must have ended, or `None`.
        earlier: What was seen of the first phase, where this is the second.
        has_second_phase: Whether a second phase may follow: then a checkpoint of this one's end is left for it.

    Raises:
        LossDivergedError: If the loss of a batch is NaN or infinite.
        OutOfTimeError: If training is interrupted before an epoch was validated.
        SearchError: If a callback of the user's cannot be copied.
    """
    context, devices = run.context, run.devices
    all_rows = len(next(iter(context.train_targets.values())))
    rows = rows_of_an_epoch(all_rows)
    validation_rows = len(next(iter(context.validation_targets.values())))
    batch_size = max(1, min(compiled.training.batch_size, rows) // job.batch_size_divisor)
    batch_size = devices.batch_size(batch_size, rows=rows)
    steps = -(-rows // batch_size)
    cost = network_cost(context.graph, job.configuration, context.profile)
    # Keras runs several steps in one call on one device only.
    are_steps_apart = bool(context.callbacks) or devices.count > 1
    steps_at_once = 1
    if not are_steps_apart:
        steps_at_once = steps_per_execution(steps=steps, epochs=job.epochs, cost=cost, batch_size=batch_size)
    with devices.scope():
        phases = compile_training(
            compiled, context.graph, job.configuration, context.profile, steps_per_execution=steps_at_once
        )
    watch = TrialWatch(
        trial_id=job.trial_id,
        objective=context.objective,
        deadline=deadline,
        patience=max(_SMALLEST_PATIENCE, round(job.epochs * patience_of(compiled.training.schedule, context.patience))),
        train_rows=rows,
        validation_rows=validation_rows,
        observer=run.observer,
        passes_to_keep_back=2 if context.keeps_predictions else 1,
        keeps_last=job.refit_epochs is not None,
        rungs=job.rungs,
        earlier=earlier,
    )
    model = compiled.training_model
    file = run.checkpoints.file(1 if earlier is None else 2, job, rows=rows)
    epochs_before = watch.epochs
    checkpoint = _resumed(job, run, file, model, watch)
    if checkpoint is None and earlier is None:
        run.checkpoints.remove()  # one that does not fit, and that of a second phase with it
    if checkpoint is not None and checkpoint.is_over:
        return watch
    epochs_done = watch.epochs - epochs_before
    schedule = ScheduleCallback(
        schedule=compiled.training.schedule,
        peak=compiled.training.learning_rate * job.learning_rate_factor,
        total_steps=steps * job.epochs,
        # The time of a refit is what is left, not what it takes: it follows its trial's schedule, or is not used.
        deadline=deadline if job.refit_epochs is None else None,
        steps_done=epochs_done * steps,
        progress=0.0 if checkpoint is None else checkpoint.progress,
    )
    clock = EpochClock()
    saver = CheckpointCallback(file, trial=run.checkpoints, watch=watch, schedule=schedule, clock=clock)
    saver.set_model(model)  # Keras does so too, unless it is interrupted before
    train = context.store.features(compiled.features, "train")
    validation = context.store.features(compiled.features, "validation")
    at_once = evaluation_batch_size(validation, most=_MOST_VALIDATED_AT_ONCE) // job.batch_size_divisor
    validation_batch_size = _even_batch_size(validation_rows, most=max(batch_size, at_once))
    epochs = job.refit_epochs or job.epochs
    clustered = devices.count == 1 and is_worth_clustering(
        steps=steps * (epochs - epochs_done),
        seconds=None if deadline is None else deadline.remaining(),
        step_cost=None if cost is None else cost * batch_size,
    )
    with (
        _keeping_what_there_is(watch, job),
        naming_unreadable_rows(train, validation),
        devices.scope(),
        clustered_by_xla(clustered),
    ):
        batches = training_batches(
            train,
            context.train_targets,
            context.train_weights,
            batch_size=batch_size,
            seed=job.seed,
            epochs_done=epochs_done,
        )
        model.fit(
            **devices.fed(
                model,
                batches,
                validation_batches(
                    validation,
                    context.validation_targets,
                    context.validation_weights,
                    batch_size=validation_batch_size,
                ),
                rows=rows,
                validation_rows=validation_rows,
                batch_size=batch_size,
                validation_batch_size=validation_batch_size,
                # A call does not stop at the end of an epoch but at that of the batches.
                steps=steps if rows < all_rows or steps % steps_at_once == 0 else None,
            ),
            shuffle=False,  # the batches are shuffled already
            initial_epoch=watch.epochs,
            epochs=epochs_before + epochs,
            callbacks=[schedule, phases, *_copies(context.callbacks), clock, watch, saver],
            verbose=0,
        )
    watch.seconds_per_epoch = clock.seconds_per_epoch or watch.seconds_per_epoch
    if has_second_phase and watch.best_score is not None:
        saver.write(is_over=True)
    return watch


def _resumed(
    job: TrialJob, run: TrialRun, file: CheckpointFile, model: keras.Model, watch: TrialWatch
) -> Checkpoint | None:
    """Bring a model and its watch to where an earlier run was cut off; return its checkpoint, if there is one."""
    checkpoint = file.read(model)
    if checkpoint is not None:
        checkpoint.restore(model)
        watch.set_model(model)
        watch.restore(checkpoint.watch, checkpoint.best_weights)
        watch.seconds_per_epoch = checkpoint.seconds_per_epoch
        run.checkpoints.note_resumed(checkpoint)
        run.observer.trial_event(job.trial_id, "resumed", epoch=watch.epochs)
    return checkpoint


def _even_batch_size(rows: int, *, most: int) -> int:
    """Return how many rows to validate at once: `most` at most, and about as many in each batch.

    In the mean that Keras logs of a head's own loss every batch counts alike.
    """
    batches = -(-rows // most)
    return -(-rows // batches)


@contextmanager
def _keeping_what_there_is(watch: TrialWatch, job: TrialJob) -> Iterator[None]:
    """Let an interruption of training be its end, if an epoch was validated by then."""
    try:
        yield
    except OutOfTimeError as error:
        if watch.best_score is None:
            raise
        watch.cut_short = True
        _LOGGER.warning("Trial %s keeps its best epoch: %s", job.trial_id, error)


def _copies(callbacks: Any) -> list[Any]:
    """Return copies of the user's callbacks, so that no trial sees the state another left in them."""
    try:
        return [copy.deepcopy(callback) for callback in callbacks]
    except Exception as error:
        raise SearchError(
            describe_error(
                "A callback cannot be copied, and each trial needs its own.",
                expected="callbacks that copy.deepcopy takes",
                received=f"{type(error).__name__}: {error}",
                advice="Open files and connections in on_train_begin, not in the constructor.",
            )
        ) from error
