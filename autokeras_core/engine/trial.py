"""One trial: build the model of a configuration, train it within its time, keep the best epoch, save it."""

from __future__ import annotations

import copy
import gc
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import keras

from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.callbacks import ScheduleCallback
from autokeras_core.engine.compiler import compile_graph, compile_training
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.failures import describe_failure
from autokeras_core.engine.preparation import head_of
from autokeras_core.engine.randomness import seeded
from autokeras_core.engine.watch import TrialWatch
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.records import Failure, TrialOutcome

if TYPE_CHECKING:
    from autokeras_core.engine.compiler import CompiledGraph
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.search.records import TrialJob

__all__ = ["BUNDLE_FOLDER", "run_trial"]

BUNDLE_FOLDER = "bundle"
"""The folder, inside a trial's, that holds its trained model."""

_VALIDATION_BATCH_SIZE = 512
_SMALLEST_PATIENCE = 4


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
    finally:
        gc.collect()  # a model and its functions hang on reference cycles; free them before the next one is built
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
    with seeded(job.seed):
        compiled = compile_graph(context.graph, job.configuration, context.profile, context.store, seed=job.seed)
        parameters = int(compiled.model.count_params())
        observer.trial_event(job.trial_id, "built", parameters=parameters)
        if context.max_model_size is not None and parameters > context.max_model_size:
            reason = f"the model has {parameters:,} parameters, max_model_size={context.max_model_size:,}"
            return _failed(job, Failure(kind="too_large", reason=reason), parameters=parameters)
        watch = _fit(job, context, compiled, deadline, observer)
    if watch.best_score is None:
        reason = f"no epoch was validated within {job.seconds or 0:.1f} s"
        return _failed(job, Failure(kind="timeout", reason=reason), parameters=parameters)
    watch.restore_best()
    bundle = ModelBundle.from_compiled(compiled, graph=context.graph, profile=context.profile)
    bundle.save(Path(job.directory) / BUNDLE_FOLDER)
    return TrialOutcome(
        trial_id=job.trial_id,
        configuration=job.configuration,
        status="completed",
        score=watch.best_score,
        metrics=watch.best_metrics,
        history=watch.history,
        best_epoch=watch.best_epoch,
        parameters=parameters,
        cut_short=watch.cut_short,
        directory=job.directory,
        attempts=job.attempt,
    )


def _fit(
    job: TrialJob,
    context: TrialContext,
    compiled: CompiledGraph,
    deadline: Deadline | None,
    observer: TrialObserver,
) -> TrialWatch:
    rows = len(next(iter(context.train_targets.values())))
    validation_rows = len(next(iter(context.validation_targets.values())))
    batch_size = max(1, min(compiled.training.batch_size, rows) // job.batch_size_divisor)
    steps = -(-rows // batch_size)
    compile_training(compiled, context.graph, job.configuration, context.profile)
    watch = TrialWatch(
        trial_id=job.trial_id,
        objective=context.objective,
        deadline=deadline,
        patience=max(_SMALLEST_PATIENCE, round(job.epochs * context.patience)),
        train_rows=rows,
        validation_rows=validation_rows,
        observer=observer,
    )
    schedule = ScheduleCallback(
        schedule=compiled.training.schedule,
        peak=compiled.training.learning_rate * job.learning_rate_factor,
        total_steps=steps * job.epochs,
        deadline=deadline,
    )
    _check_objective_is_logged(compiled.model, context)
    validation: tuple[Any, ...] = (
        context.store.features(compiled.features, "validation"),
        dict(context.validation_targets),
    )
    if context.validation_weights is not None:
        validation += (context.validation_weights,)
    compiled.model.fit(
        context.store.features(compiled.features, "train"),
        dict(context.train_targets),
        sample_weight=context.train_weights,
        batch_size=batch_size,
        epochs=job.epochs,
        validation_data=validation,
        validation_batch_size=max(batch_size, min(_VALIDATION_BATCH_SIZE // job.batch_size_divisor, validation_rows)),
        callbacks=[schedule, *_copies(context.callbacks), watch],
        verbose=0,
    )
    return watch


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
