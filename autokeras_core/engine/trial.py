"""One trial: build the model of a configuration, train it within its time, keep the best epoch, save it."""

from __future__ import annotations

import copy
import gc
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import keras

from autokeras_core.data.epochs import rows_of_an_epoch
from autokeras_core.engine.batches import naming_unreadable_rows, training_batches, validation_batches
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.clock import EpochClock
from autokeras_core.engine.compiler import compile_graph, compile_training
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.execution import steps_per_execution
from autokeras_core.engine.failures import describe_failure
from autokeras_core.engine.finetuning import (
    first_phase_deadline,
    frozen_parameters,
    is_time_for_second_phase,
    open_second_phase,
    plan_second_phase,
)
from autokeras_core.engine.predictions import keep_predictions
from autokeras_core.engine.preparation import head_of
from autokeras_core.engine.randomness import seeded
from autokeras_core.engine.schedule import patience_of
from autokeras_core.engine.watch import TrialWatch
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.graph.cost import network_cost
from autokeras_core.search.records import Failure, TrialOutcome

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

_VALIDATION_BATCH_SIZE = 512
_SMALLEST_PATIENCE = 8
# A model and its functions hang on reference cycles. A large one is freed before the next is built. A small one can
# wait for Python's own collection: one on demand takes a third of a second with TensorFlow loaded.
_MANY_PARAMETERS = 1_000_000


def run_trial(job: TrialJob, context: TrialContext, observer: TrialObserver) -> TrialOutcome:
    """Run one trial and report what came out; an exception in it becomes a failed outcome.

    Only `SearchError` (something no other configuration would cure) and what is no `Exception` (Ctrl-C) get out.

    Args:
        job: The configuration and the limits.
        context: What all trials of the search share.
        observer: Is told of epochs while the trial runs.

    Returns:
        The outcome; a completed trial has left its model in `job.directory`.
    """
    started = time.monotonic()
    try:
        with _without_retracing_warnings():
            outcome = _train(job, context, observer)
    except SearchError:
        raise
    except Exception as error:  # noqa: BLE001 - the trial's boundary: one bad trial never ends the search
        outcome = _failed(job, describe_failure(error))
    if outcome.failure is not None or outcome.parameters >= _MANY_PARAMETERS:
        gc.collect()
    return attrs.evolve(outcome, seconds=time.monotonic() - started)


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


def _train(job: TrialJob, context: TrialContext, observer: TrialObserver) -> TrialOutcome:
    deadline = None if job.seconds is None else Deadline.after(job.seconds)
    with seeded(job.seed), context.store.until(deadline):
        compiled = _compiled(job, context, context.precision)
        parameters = int(compiled.model.count_params()) + frozen_parameters(compiled)
        observer.trial_event(job.trial_id, "built", parameters=parameters)
        if context.max_model_size is not None and parameters > context.max_model_size:
            reason = f"the model has {parameters:,} parameters, max_model_size={context.max_model_size:,}"
            return _failed(job, Failure(kind="too_large", reason=reason), parameters=parameters)
        plans = plan_second_phase(context.graph, job.configuration, context.profile, compiled)
        if plans and job.refit_epochs is not None:
            reason = "a network that is trained in two phases is not refitted"
            return _failed(job, Failure(kind="unavailable", reason=reason), parameters=parameters)
        watch = _fit(job, context, compiled, first_phase_deadline(plans, deadline), observer)
        if plans and watch.best_score is not None and is_time_for_second_phase(deadline):
            watch.restore_best()
            compiled, watch = _fine_tune(job, context, compiled, plans, watch, deadline, observer)
    if watch.best_score is None:
        reason = f"no epoch was validated within {job.seconds or 0:.1f} s"
        return _failed(job, Failure(kind="timeout", reason=reason), parameters=parameters)
    watch.restore_best()
    if context.precision != "float32":
        compiled = _in_single_precision(job, context, compiled)
    bundle = ModelBundle.from_compiled(compiled, graph=context.graph, profile=context.profile)
    bundle.save(Path(job.directory) / BUNDLE_FOLDER)
    if context.keeps_predictions:
        keep_predictions(bundle.model, bundle.features, context, job.directory)
    return TrialOutcome(
        trial_id=job.trial_id,
        configuration=job.configuration,
        status="completed",
        score=watch.best_score,
        metrics=watch.best_metrics,
        history=watch.history,
        best_epoch=watch.best_epoch,
        # Where a network was computed beforehand, an epoch says nothing of what a trial takes.
        seconds_per_epoch=0.0 if frozen_parameters(compiled) else watch.seconds_per_epoch,
        parameters=parameters,
        cut_short=watch.cut_short,
        directory=job.directory,
        attempts=job.attempt,
    )


def _compiled(job: TrialJob, context: TrialContext, precision: Precision) -> CompiledGraph:
    return compile_graph(
        context.graph, job.configuration, context.profile, context.store, seed=job.seed, precision=precision
    )


def _in_single_precision(job: TrialJob, context: TrialContext, compiled: CompiledGraph) -> CompiledGraph:
    """Return a trained graph with layers that compute in single precision: as exact and as quick on any machine."""
    with seeded(job.seed):
        single = _compiled(job, context, "float32")
    single.model.set_weights(compiled.model.get_weights())
    return attrs.evolve(compiled, model=single.model, training_model=single.training_model)


def _fine_tune(
    job: TrialJob,
    context: TrialContext,
    compiled: CompiledGraph,
    plans: Mapping[str, FineTuning],
    first: TrialWatch,
    deadline: Deadline | None,
    observer: TrialObserver,
) -> tuple[CompiledGraph, TrialWatch]:
    """Train the networks before the model too, and return the result; the first phase's if that is no better."""
    phase = open_second_phase(compiled, plans, context.profile, context.store)
    phase.freeze_statistics()
    try:
        watch = _fit(attrs.evolve(job, epochs=phase.epochs), context, phase.compiled, deadline, observer, earlier=first)
        watch.restore_best()
    except Exception as error:
        failure = describe_failure(error)
        if failure.kind not in ("oom", "nan"):
            raise
        _LOGGER.info("Trial %s: fine-tuning was given up (%s)", job.trial_id, failure.reason)
        watch = first
    finally:
        phase.release_statistics()
    if watch.has_improved and watch is not first:
        return phase.result(), watch
    first.restore_best()  # the phases share the layers of the model
    return compiled, watch


def _fit(
    job: TrialJob,
    context: TrialContext,
    compiled: CompiledGraph,
    deadline: Deadline | None,
    observer: TrialObserver,
    *,
    earlier: TrialWatch | None = None,
) -> TrialWatch:
    all_rows = len(next(iter(context.train_targets.values())))
    rows = rows_of_an_epoch(all_rows)
    validation_rows = len(next(iter(context.validation_targets.values())))
    batch_size = max(1, min(compiled.training.batch_size, rows) // job.batch_size_divisor)
    steps = -(-rows // batch_size)
    phases = compile_training(
        compiled,
        context.graph,
        job.configuration,
        context.profile,
        steps_per_execution=1 if context.callbacks else _steps_per_execution(job, context, steps, batch_size),
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
        earlier=earlier,
    )
    schedule = ScheduleCallback(
        schedule=compiled.training.schedule,
        peak=compiled.training.learning_rate * job.learning_rate_factor,
        total_steps=steps * job.epochs,
        deadline=deadline,
    )
    _check_objective_is_logged(compiled.model, context)
    clock = EpochClock()
    train = context.store.features(compiled.features, "train")
    validation = context.store.features(compiled.features, "validation")
    validation_batch_size = max(batch_size, min(_VALIDATION_BATCH_SIZE // job.batch_size_divisor, validation_rows))
    with naming_unreadable_rows(train, validation):
        batches = training_batches(
            train, context.train_targets, context.train_weights, batch_size=batch_size, seed=job.seed
        )
        compiled.training_model.fit(
            batches if rows == all_rows else batches.repeat(),
            steps_per_epoch=None if rows == all_rows else steps,
            shuffle=False,  # the batches are shuffled already
            initial_epoch=watch.epochs,
            epochs=watch.epochs + (job.refit_epochs or job.epochs),
            validation_data=validation_batches(
                validation,
                context.validation_targets,
                context.validation_weights,
                batch_size=validation_batch_size,
            ),
            callbacks=[schedule, phases, *_copies(context.callbacks), clock, watch],
            verbose=0,
        )
    watch.seconds_per_epoch = clock.seconds_per_epoch
    return watch


def _steps_per_execution(job: TrialJob, context: TrialContext, steps: int, batch_size: int) -> int:
    cost = network_cost(context.graph, job.configuration, context.profile)
    return steps_per_execution(steps=steps, cost=cost, batch_size=batch_size)


def _check_objective_is_logged(model: keras.Model, context: TrialContext) -> None:
    """Say at once that an objective does not exist, instead of failing every trial after its first epoch."""
    name = context.objective.name.removeprefix("val_")
    known = {"loss"}
    for head in context.graph.heads:
        prefix = f"{head}_" if len(context.graph.heads) > 1 else ""
        metrics = head_of(context.graph, head).metrics(context.profile.targets[head])
        known |= {f"{prefix}{metric.name}" for metric in metrics}
        if prefix:
            known.add(f"{prefix}loss")
    if name not in known:
        raise SearchError(
            describe_error(
                "The objective is no metric of this model.",
                expected=f"one of {sorted(f'val_{metric}' for metric in known)}",
                received=f"objective={context.objective.name!r}",
                advice="Add it to `metrics=` of the head, or choose another objective.",
            )
        )


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


def _failed(job: TrialJob, failure: Failure, *, parameters: int = 0) -> TrialOutcome:
    return TrialOutcome(
        trial_id=job.trial_id,
        configuration=job.configuration,
        status="failed",
        parameters=parameters,
        attempts=job.attempt,
        failure=failure,
    )
