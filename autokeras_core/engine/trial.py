"""One trial: build the model of a configuration, train it within its time, keep the best epoch, save it."""

from __future__ import annotations

import gc
import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from autokeras_core.engine._layers import set_weights
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.checkpoint import TrialCheckpoints
from autokeras_core.engine.compiler import compile_graph
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.devices import ONE_DEVICE, Devices, devices_for
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
from autokeras_core.engine.phase import TrialRun, train_phase
from autokeras_core.engine.predictions import keep_predictions
from autokeras_core.engine.randomness import seeded
from autokeras_core.engine.reloading import check_reloading
from autokeras_core.engine.watchdog import interrupted_after
from autokeras_core.errors import SearchError
from autokeras_core.search.records import NO_FINITE_SCORE, Failure, TrialOutcome, failed_outcome

if TYPE_CHECKING:
    from autokeras_core.engine.compiler import CompiledGraph
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.precision import Precision
    from autokeras_core.engine.watch import TrialWatch
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.graph.fine_tuning import FineTuning
    from autokeras_core.search.records import TrialJob

__all__ = ["BUNDLE_FOLDER", "run_trial"]

BUNDLE_FOLDER = "bundle"
"""The folder, inside a trial's, that holds its trained model."""

_LOGGER = logging.getLogger(__name__)

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
        run = TrialRun(context=context, observer=observer, checkpoints=checkpoints, devices=devices)
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
        watch = train_phase(job, compiled, run=run, deadline=first_deadline, has_second_phase=bool(plans))
        # Where it was cut off, the second phase has a model already: a moment suffices to put that together.
        may_go_on = is_time_for_second_phase(deadline) or checkpoints.has_phase(2)
        if plans and watch.best_score is not None and may_go_on:
            compiled, watch = _fine_tune(job, run, compiled, plans, deadline, first=watch)
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
        planned_epochs=job.epochs,
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
    run: TrialRun,
    compiled: CompiledGraph,
    plans: Mapping[str, FineTuning],
    deadline: Deadline | None,
    *,
    first: TrialWatch,
) -> tuple[CompiledGraph, TrialWatch]:
    """Train the networks before the model too, and return the result; the first phase's if that is no better."""
    context = run.context
    phase: SecondPhase | None = None
    try:
        first.restore_best()
        phase = open_second_phase(
            compiled, plans, context.profile, context.store, devices=run.devices, precision=context.precision
        )
        phase.freeze_statistics()
        second = attrs.evolve(job, epochs=phase.epochs)
        watch = train_phase(second, phase.compiled, run=run, deadline=deadline, earlier=first)
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
