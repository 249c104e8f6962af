"""One trial: build the model of a configuration, train it within its time, keep the best epoch, save it."""

from __future__ import annotations

import copy
import gc
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.data.epochs import rows_of_an_epoch
from autokeras_core.engine._layers import set_weights
from autokeras_core.engine.acceleration import clustered_by_xla, is_worth_clustering
from autokeras_core.engine.batches import naming_unreadable_rows, training_batches, validation_batches
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.checkpoint import CheckpointCallback, TrialCheckpoints
from autokeras_core.engine.clock import EpochClock
from autokeras_core.engine.compiler import compile_graph, compile_training
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.engine.devices import ONE_DEVICE, Devices, devices_for
from autokeras_core.engine.evaluation_batch import evaluation_batch_size
from autokeras_core.engine.execution import steps_per_execution
from autokeras_core.engine.failures import describe_failure
from autokeras_core.engine.finetuning import (
    SecondPhase,
    first_phase_deadline,
    frozen_parameters,
    is_time_for_second_phase,
    open_second_phase,
    plan_second_phase,
)
from autokeras_core.engine.losses import check_left_out_rows
from autokeras_core.engine.outside import export_notes
from autokeras_core.engine.predictions import keep_predictions
from autokeras_core.engine.randomness import seeded
from autokeras_core.engine.reloading import check_reloading
from autokeras_core.engine.schedule import patience_of
from autokeras_core.engine.watch import TrialWatch
from autokeras_core.engine.watchdog import interrupted_after
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.graph.cost import network_cost
from autokeras_core.search.records import NO_FINITE_SCORE, Failure, TrialOutcome, failed_outcome

if TYPE_CHECKING:
    from autokeras_core.engine.compiler import CompiledGraph
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.precision import Precision
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.graph.fine_tuning import FineTuning
    from autokeras_core.search.records import TrialJob

__all__ = ["BUNDLE_FOLDER", "run_trial"]

BUNDLE_FOLDER = "bundle"
"""The folder, inside a trial's, that holds its trained model."""

_LOGGER = logging.getLogger(__name__)

_MOST_VALIDATED_AT_ONCE = 512
_SMALLEST_PATIENCE = 8
# A model and its functions hang on reference cycles. A large one is freed before the next is built. A small one can
# wait for Python's own collection: one on demand takes a third of a second with TensorFlow loaded.
_MANY_PARAMETERS = 1_000_000


def run_trial(job: TrialJob, context: TrialContext, observer: TrialObserver) -> TrialOutcome:
    """Run one trial and report what came out; an exception in it becomes a failed outcome.

    Where the same job was cut off before, by whatever took its process away, and left a checkpoint in `job.directory`, it
    goes on from there: with the epochs that are left, and without a deadline with the result that it would have had. What
    is not restored is the state of the user's callbacks, and of layers that draw random numbers without a
    `keras.random.SeedGenerator`. Of more than 1,048,576 training rows it goes on with others than it would have.

    Only `SearchError` (something no other configuration would cure) and what is no `Exception` (Ctrl-C) get out.

    Args:
        job: The configuration and the limits.
        context: What all trials of the search share.
        observer: Is told of epochs while the trial runs.

    Returns:
        The outcome; a completed trial has left its model in `job.directory`, a pruned one leaves none. Where the time
        was up before there was a model, but there is a checkpoint, the kind is `"not_begun"`, and the checkpoint stays.
    """
    checkpoints = TrialCheckpoints(job, seconds_between=context.seconds_between_checkpoints)
    try:
        with _without_retracing_warnings():
            outcome = _train(job, context, observer, checkpoints)
    except SearchError:
        raise
    except Exception as error:  # noqa: BLE001 - the trial's boundary: one bad trial never ends the search
        outcome = failed_outcome(job, describe_failure(error))
    if outcome.failure is not None or outcome.parameters >= _MANY_PARAMETERS:
        gc.collect()
    if outcome.failure is not None and outcome.failure.kind == "timeout" and checkpoints.has_phase(1):
        # What an earlier run has trained is not lost because this one had too little time to go on with it.
        return attrs.evolve(
            outcome, failure=attrs.evolve(outcome.failure, kind="not_begun"), seconds=checkpoints.seconds
        )
    checkpoints.remove()
    if outcome.status != "completed":
        shutil.rmtree(job.directory, ignore_errors=True)  # what was written of a model, if anything was
    return attrs.evolve(outcome, seconds=checkpoints.seconds)


@contextmanager
def _without_retracing_warnings() -> Iterator[None]:
    """Keep TensorFlow from warning that functions are traced again: each trial is another model, so they must be."""

    def is_about_something_else(record: logging.LogRecord) -> bool:
        return "retracing" not in record.getMessage()

    logger = logging.getLogger("tensorflow")
    logger.addFilter(is_about_something_else)
    try:
        yield
    finally:
        logger.removeFilter(is_about_something_else)


def _train(
    job: TrialJob, context: TrialContext, observer: TrialObserver, checkpoints: TrialCheckpoints
) -> TrialOutcome:
    deadline = None if job.seconds is None else Deadline.after(job.seconds)
    with seeded(job.seed), context.store.until(deadline), _interrupted_in_time(job):
        devices = devices_for(context.distribution)
        compiled = _compiled(job, context, context.precision, devices)
        parameters = int(compiled.model.count_params()) + frozen_parameters(compiled)
        observer.trial_event(job.trial_id, "built", parameters=parameters)
        if context.max_model_size is not None and parameters > context.max_model_size:
            reason = f"the model has {parameters:,} parameters, max_model_size={context.max_model_size:,}"
            return failed_outcome(job, Failure(kind="too_large", reason=reason), parameters=parameters)
        check_reloading(compiled, context.graph)
        check_left_out_rows(compiled.model, job.configuration, context)
        plans = plan_second_phase(context.graph, job.configuration, context.profile, compiled)
        first_deadline = first_phase_deadline(plans, deadline)
        watch = _fit(job, context, compiled, first_deadline, observer, checkpoints, has_second_phase=bool(plans))
        # Where it was cut off, the second phase has a model already: a moment suffices to put that together.
        may_go_on = is_time_for_second_phase(deadline) or checkpoints.has_phase(2)
        if plans and watch.best_score is not None and may_go_on:
            compiled, watch = _fine_tune(job, context, compiled, plans, watch, deadline, observer, checkpoints)
    if watch.best_score is None:
        return failed_outcome(job, _no_score(watch, job, context), parameters=parameters)
    if not watch.pruned:
        _save(job, context, compiled, watch)
    return TrialOutcome(
        trial_id=job.trial_id,
        configuration=job.configuration,
        status="pruned" if watch.pruned else "completed",
        score=watch.best_score,
        metrics=watch.best_metrics,
        history=watch.history,
        best_epoch=watch.best_epoch,
        # Where a network was computed beforehand, an epoch says nothing of what a trial takes.
        seconds_per_epoch=0.0 if frozen_parameters(compiled) else watch.seconds_per_epoch,
        parameters=parameters,
        cut_short=watch.cut_short,
        directory="" if watch.pruned else job.directory,
        attempts=job.attempt,
        takes_raw_rows=not export_notes(compiled.features),
    )


def _no_score(watch: TrialWatch, job: TrialJob, context: TrialContext) -> Failure:
    """Return why no epoch of a trial has a score: none ended in time, or each score was NaN or infinite."""
    if watch.epochs:
        return Failure(kind="nan", reason=f"{context.objective.name} {NO_FINITE_SCORE}")
    return Failure(kind="timeout", reason=f"no epoch was validated within {job.seconds or 0:.1f} s")


def _interrupted_in_time(job: TrialJob) -> AbstractContextManager[None]:
    """Return what ends a trial that hangs. Not while it saves its model: that is worth waiting for."""
    return interrupted_after(None if job.seconds is None else job.seconds + job.grace, doing="the trial")


def _save(job: TrialJob, context: TrialContext, compiled: CompiledGraph, watch: TrialWatch) -> None:
    """Leave the best epoch's model in the trial's directory, and its outputs if they are asked for."""
    watch.restore_best()
    if context.precision != "float32" or context.distribution is not None:
        compiled = _for_one_device(job, context, compiled)
    bundle = ModelBundle.from_compiled(compiled, graph=context.graph, profile=context.profile)
    bundle.save(Path(job.directory) / BUNDLE_FOLDER)
    may_take_part = not context.exportable_ensemble or not export_notes(bundle.features)
    if context.keeps_predictions and may_take_part:
        keep_predictions(bundle.model, bundle.features, context, job.directory)


def _compiled(
    job: TrialJob, context: TrialContext, precision: Precision, devices: Devices = ONE_DEVICE
) -> CompiledGraph:
    return compile_graph(
        context.graph,
        job.configuration,
        context.profile,
        context.store,
        seed=job.seed,
        precision=precision,
        devices=devices,
    )


def _for_one_device(job: TrialJob, context: TrialContext, compiled: CompiledGraph) -> CompiledGraph:
    """Return a trained graph with layers of one device and in single precision: as exact and as quick on any machine."""
    with seeded(job.seed):
        single = _compiled(job, context, "float32")
    set_weights(single.model, compiled.model.get_weights())
    return attrs.evolve(compiled, model=single.model, training_model=single.training_model)


def _fine_tune(
    job: TrialJob,
    context: TrialContext,
    compiled: CompiledGraph,
    plans: Mapping[str, FineTuning],
    first: TrialWatch,
    deadline: Deadline | None,
    observer: TrialObserver,
    checkpoints: TrialCheckpoints,
) -> tuple[CompiledGraph, TrialWatch]:
    """Train the networks before the model too, and return the result; the first phase's if that is no better."""
    devices = devices_for(context.distribution)
    phase: SecondPhase | None = None
    try:
        first.restore_best()
        phase = open_second_phase(
            compiled, plans, context.profile, context.store, devices=devices, precision=context.precision
        )
        phase.freeze_statistics()
        second = attrs.evolve(job, epochs=phase.epochs)
        watch = _fit(second, context, phase.compiled, deadline, observer, checkpoints, earlier=first)
        watch.restore_best()
        if watch.has_improved:
            return phase.result(), watch
    except Exception as error:
        failure = describe_failure(error)
        if failure.kind not in ("oom", "nan", "timeout"):
            raise
        _LOGGER.info("Trial %s: fine-tuning was given up (%s)", job.trial_id, failure.reason)
        watch = first
        watch.cut_short = watch.cut_short or failure.kind == "timeout"
    finally:
        if phase is not None:
            phase.release_statistics()
    first.restore_best()  # the phases share the layers of the model
    return compiled, watch


def _fit(
    job: TrialJob,
    context: TrialContext,
    compiled: CompiledGraph,
    deadline: Deadline | None,
    observer: TrialObserver,
    checkpoints: TrialCheckpoints,
    *,
    earlier: TrialWatch | None = None,
    has_second_phase: bool = False,
) -> TrialWatch:
    all_rows = len(next(iter(context.train_targets.values())))
    rows = rows_of_an_epoch(all_rows)
    validation_rows = len(next(iter(context.validation_targets.values())))
    devices = devices_for(context.distribution)
    batch_size = max(1, min(compiled.training.batch_size, rows) // job.batch_size_divisor)
    batch_size = devices.batch_size(batch_size, rows=rows)
    steps = -(-rows // batch_size)
    cost = network_cost(context.graph, job.configuration, context.profile)
    # Keras runs several steps in one call on one device only.
    are_steps_apart = bool(context.callbacks) or devices.count > 1
    steps_at_once = 1 if are_steps_apart else steps_per_execution(steps=steps, cost=cost, batch_size=batch_size)
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
        observer=observer,
        passes_to_keep_back=2 if context.keeps_predictions else 1,
        keeps_last=job.refit_epochs is not None,
        rungs=job.rungs,
        earlier=earlier,
    )
    model = compiled.training_model
    file = checkpoints.file(1 if earlier is None else 2, job, rows=rows)
    epochs_before = watch.epochs
    checkpoint = file.read(model)
    if checkpoint is None and earlier is None:
        checkpoints.remove()  # one that does not fit, and that of a second phase with it
    if checkpoint is not None:
        checkpoint.restore(model)
        watch.set_model(model)
        watch.restore(checkpoint.watch, checkpoint.best_weights)
        watch.seconds_per_epoch = checkpoint.seconds_per_epoch
        checkpoints.note_resumed(checkpoint)
        observer.trial_event(job.trial_id, "resumed", epoch=watch.epochs)
        if checkpoint.is_over:
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
    saver = CheckpointCallback(file, trial=checkpoints, watch=watch, schedule=schedule, clock=clock)
    saver.set_model(model)  # Keras does so too, unless it is interrupted before
    train = context.store.features(compiled.features, "train")
    validation = context.store.features(compiled.features, "validation")
    at_once = evaluation_batch_size(validation, most=_MOST_VALIDATED_AT_ONCE) // job.batch_size_divisor
    # About as many rows in each batch: in the mean that Keras logs of a head's own loss every batch counts alike.
    validation_steps = -(-validation_rows // max(batch_size, at_once))
    validation_batch_size = -(-validation_rows // validation_steps)
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
                steps=None if rows == all_rows else steps,
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
