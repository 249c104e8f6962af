"""One search from prepared data to the best model: puts space, oracle, executor, journal and driver together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from autokeras_core.data.epochs import rows_of_an_epoch
from autokeras_core.engine.context import Objective, TrialContext
from autokeras_core.engine.discovery import discover_space
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.finetuning import wants_second_phase
from autokeras_core.engine.objective import measuring, resolve_objective, score_error
from autokeras_core.engine.precision import suited_precision
from autokeras_core.engine.watchdog import required_in_time
from autokeras_core.executors.choice import make_executor
from autokeras_core.graph.cost import configuration_cost
from autokeras_core.manager import get_manager
from autokeras_core.progress import SearchOutline
from autokeras_core.search.budget import DEFAULT_MAX_TRIALS, Budget, deadline_of_trials, planned_epochs
from autokeras_core.search.driver import SearchDriver
from autokeras_core.search.events import ENSEMBLE_SELECTED, HANDED_OVER, INTERRUPTED, REFITTED
from autokeras_core.search.identity import fit_to_space, manifest_of, tuner_name
from autokeras_core.search.oracles import WARM_STARTED, forget, make_oracle, write_no_files
from autokeras_core.search.pacing import Pacer
from autokeras_core.search.place import CACHE_FOLDER
from autokeras_core.search.predefined import Predefined, predefined_configurations
from autokeras_core.search.refit import Refit, refit_winner, seconds_to_refit
from autokeras_core.search.resume import give_up_deadly_trials, is_to_be_deleted, resume
from autokeras_core.search.rungs import Pruner
from autokeras_core.search.session import SearchSession
from autokeras_core.search.space import configuration_key
from autokeras_core.search.winner import Winner, candidates_to_keep, choose_winner, seconds_to_choose

if TYPE_CHECKING:
    import keras_tuner

    from autokeras_core.engine.context import Distribution
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.engine.ensemble import Bundle
    from autokeras_core.engine.prepared_data import PreparedData
    from autokeras_core.executors.base import Executor
    from autokeras_core.executors.shares import Workers
    from autokeras_core.graph.graph import Graph
    from autokeras_core.progress import Progress
    from autokeras_core.search.records import EnsembleRecord, TrialOutcome
    from autokeras_core.search.space import Configuration, Space

__all__ = ["SearchRequest", "SearchResult", "run_search"]

_LOGGER = logging.getLogger(__name__)

_BATCH_SIZE = "training/batch_size"


@attrs.frozen(kw_only=True)
class SearchRequest:
    """What to search for; see `AutoModel` for the fields.

    `members` is the largest number of an ensemble's; 1 for none. With `exportable_ensemble` only such models take part in one
    whose exported models take raw rows. `own` identifies a search, as `run_search` told it, that is
    continued if it is the one in the directory and can be read, in spite of `overwrite`.
    """

    graph: Graph
    data: PreparedData
    task: str
    max_trials: int | None
    time_limit: float | None
    deadline: Deadline | None
    objective: Any
    tuner: str | keras_tuner.Oracle
    seed: int
    directory: Path
    overwrite: bool
    own: Mapping[str, Any] | None
    max_model_size: int | None
    warm_starts: Sequence[Mapping[str, Any]] | None
    executor: str | Executor | None
    epochs: int | None
    batch_size: int | None
    callbacks: Sequence[Any]
    container: str
    members: int = 1
    exportable_ensemble: bool = False
    refit: bool = False
    prune: bool = True
    workers: Workers | None = None
    distribution: Distribution | None = None


@attrs.frozen(kw_only=True)
class SearchResult:
    """What a search found.

    Attributes:
        graph: What was searched: the request's graph, with the objective among its metrics.
        bundle: The best trial's model with its preprocessing, or an ensemble of several trials'.
        best: The best trial.
        ensemble: What the ensemble consists of; `None` if the best trial's model is used alone.
        refitted: The trials whose configurations were trained once more on all rows.
        outcomes: All trials in the order they ended.
        objective: The metric that was optimised.
        origins: Where each trial's configuration came from, by trial id.
        stop_reason: Why the search ended; `"interrupted"` also if Ctrl-C ended what follows the last trial.
    """

    graph: Graph
    bundle: Bundle
    best: TrialOutcome
    ensemble: EnsembleRecord | None
    refitted: tuple[str, ...]
    outcomes: Sequence[TrialOutcome]
    objective: Objective
    origins: Mapping[str, str]
    stop_reason: str


def run_search(
    request: SearchRequest, progress: Progress, *, opened: Callable[[Mapping[str, Any]], None] = lambda identity: None
) -> SearchResult:
    """Run a search, or go on with the one in the request's directory.

    Args:
        request: What to search for.
        progress: Shows what happens.
        opened: Called once the directory holds this search, with what identifies it, whatever comes of it then.

    Raises:
        SearchError: If the directory cannot be used, or no model could be trained.
    """
    profile = request.data.profile
    objective = resolve_objective(request.objective, request.graph, profile)
    graph = measuring(objective, request.graph, profile)  # an error before the directory holds anything
    request = attrs.evolve(request, graph=graph)
    manifest = manifest_of(request, objective)
    identity = manifest["identity"]
    overwrite = is_to_be_deleted(
        request.directory, identity, tuner=request.tuner, overwrite=request.overwrite, own=request.own
    )
    session = SearchSession.open(request.directory, manifest=manifest, overwrite=overwrite)
    try:
        opened(identity)
        give_up_deadly_trials(session)
        store = FeatureStore(
            {vertex.name: vertex.operator for vertex in graph.inputs},
            profile,
            request.data.train_inputs,
            request.data.validation_inputs,
            directory=request.directory / CACHE_FOLDER,
            targets=request.data.known_targets,
        )
        with required_in_time(request.deadline, doing="finding out what to search"):
            space = discover_space(graph, profile, store).narrow({_BATCH_SIZE: request.batch_size})
        fit_to_space(session, space)
        predefined = predefined_configurations(graph, profile, space, task=request.task, given=request.warm_starts)
        driver = _driver(request, session, store, space, objective, predefined, progress)
        progress.search_started(_outline(request, objective, driver))
        progress.estimated(driver.estimate)
        try:
            driver.run()
        finally:
            forget(driver.oracle)
            progress.search_ended(driver.stop_reason or "an error", driver.best)
        best = driver.best
        assert best is not None  # run() raises otherwise
        request = attrs.evolve(request, deadline=driver.budget.deadline_to_complete(request.deadline))
        winner = choose_winner(
            driver.context,
            driver.outcomes,
            validation_inputs=request.data.validation_inputs,
            members=request.members,
            deadline=request.deadline,
            is_interrupted=driver.stop_reason == INTERRUPTED,
        )
        if winner.ensemble is not None:
            session.journal.append(ENSEMBLE_SELECTED, **winner.ensemble.to_json())
            progress.ensemble_selected(winner.ensemble)
        refitted: tuple[str, ...] = ()
        stop_reason = INTERRUPTED if winner.is_interrupted else driver.stop_reason
        if request.refit and stop_reason != INTERRUPTED:
            refit = _refitted(request, session, driver, winner, progress)
            winner, refitted = refit.winner, refit.trial_ids
            stop_reason = INTERRUPTED if refit.is_interrupted else stop_reason
        session.journal.append(HANDED_OVER, reason=stop_reason)
        return SearchResult(
            graph=graph,
            bundle=winner.bundle,
            best=best,
            ensemble=winner.ensemble,
            refitted=refitted,
            outcomes=driver.outcomes,
            objective=objective,
            origins={outcome.trial_id: driver.origin_of(outcome.configuration) for outcome in driver.outcomes},
            stop_reason=stop_reason,
        )
    finally:
        session.close()


def _driver(
    request: SearchRequest,
    session: SearchSession,
    store: FeatureStore,
    space: Space,
    objective: Objective,
    predefined: Sequence[Predefined],
    progress: Progress,
) -> SearchDriver:
    budget = _budget(request, session)
    executor = make_executor(
        request.executor,
        workers=request.workers,
        time_limit=_seconds_of_trials(request, budget),
        bytes_each=request.data.object_bytes,
        max_trials=None if budget.max_trials is None else max(1, int(budget.trials_left), len(session.unfinished)),
    )
    budget.workers = executor.capacity
    epochs = request.epochs or _planned_epochs(request, space)
    pacer = Pacer(
        cost=lambda configuration: configuration_cost(request.graph, configuration, request.data.profile),
        budget=budget,
        rows=rows_of_an_epoch(request.data.profile.rows),
        epochs=epochs,
        is_preferred=[each.configuration for each in predefined if each.is_preferred].__contains__,
    )
    for outcome in session.outcomes:
        pacer.note(outcome.configuration, **outcome.pace)
        if outcome.status == "completed":
            budget.note_trial(outcome.seconds, cut_short=outcome.cut_short)
    oracle = _oracle(request, space, objective, predefined, pacer)
    unfinished = resume(oracle, session)
    budget.started_trials += len(unfinished)
    context = _context(request, store, objective)
    return SearchDriver(
        oracle=oracle,
        space=space,
        context=context,
        executor=executor,
        budget=budget,
        pacer=pacer,
        journal=session.journal,
        progress=progress,
        directory=session.directory,
        epochs=epochs,
        seed=request.seed,
        on_completed=get_manager().trial_completed,
        starting=lambda: required_in_time(budget.deadline, doing="starting the workers"),
        reserve_for=lambda best: _seconds_to_keep(request, best),
        origin_of=_origin_of(request, predefined),
        kept_models=candidates_to_keep(context, members=request.members),
        predefined=_begins_with(request, predefined, space),
        pruner=_pruner(request, objective, predefined, epochs=epochs) if request.prune else None,
        outcomes=list(session.outcomes),
        unfinished=unfinished,
        elapsed_before=session.seconds,
    )


def _planned_epochs(request: SearchRequest, space: Space) -> int:
    rows, batch_size = request.data.profile.rows, int(space[_BATCH_SIZE].default)
    least_steps = max(vertex.operator.least_steps for vertex in request.graph.inputs)
    return planned_epochs(rows, least_steps=least_steps, batch_size=batch_size)


def _oracle(
    request: SearchRequest, space: Space, objective: Objective, predefined: Sequence[Predefined], pacer: Pacer
) -> keras_tuner.Oracle:
    limit = pacer.budget.max_trials
    oracle = make_oracle(
        request.tuner,
        space=space,
        objective=(objective.name, objective.direction),
        max_trials=None if limit is None else limit + pacer.budget.skipped_trials,
        seed=request.seed,
        predefined=[each.configuration for each in predefined],
        pacer=pacer,
        score_error=score_error(objective, request.graph, request.data.profile, rows=request.data.validation_rows),
        directory=request.directory,
        max_epochs=pacer.epochs,
    )
    if isinstance(request.tuner, str):
        write_no_files(oracle)
    return oracle


def _context(request: SearchRequest, store: FeatureStore, objective: Objective) -> TrialContext:
    data = request.data
    return TrialContext(
        graph=request.graph,
        profile=data.profile,
        store=store,
        train_targets=data.train_targets,
        validation_targets=data.validation_targets,
        train_weights=data.train_weights,
        validation_weights=data.validation_weights,
        objective=objective,
        callbacks=request.callbacks,
        max_model_size=request.max_model_size,
        precision=suited_precision(),
        keeps_predictions=request.members > 1,
        exportable_ensemble=request.exportable_ensemble,
        distribution=request.distribution,
    )


def _begins_with(request: SearchRequest, predefined: Sequence[Predefined], space: Space) -> list[Configuration]:
    """Return the configurations that are known to come; tuners but the mutation do not say."""
    if request.tuner not in WARM_STARTED:
        return []
    return [each.configuration for each in predefined] or [space.defaults()]


def _pruner(request: SearchRequest, objective: Objective, predefined: Sequence[Predefined], *, epochs: int) -> Pruner:
    return Pruner(
        epochs=epochs,
        objective=objective.name,
        maximise=objective.maximise,
        is_predefined=[each.configuration for each in predefined].__contains__,
        is_exempt=lambda configuration: wants_second_phase(request.graph, configuration, request.data.profile),
    )


def _budget(request: SearchRequest, session: SearchSession) -> Budget:
    """Return what may be spent: a finished search that is continued gets its trials once more, also one that found no model.

    Where that run was interrupted in turn, the next one completes it.
    """
    done = len(session.outcomes)
    skipped = sum(outcome.is_skipped for outcome in session.outcomes)
    max_trials = request.max_trials
    if max_trials is None and request.deadline is None:
        max_trials = DEFAULT_MAX_TRIALS
    if max_trials is not None:
        max_trials += session.finished_trials
    return Budget(
        max_trials=max_trials,
        deadline=deadline_of_trials(request.deadline),
        started_trials=done,
        skipped_trials=skipped,
    )


def _seconds_of_trials(request: SearchRequest, budget: Budget) -> float | None:
    """Return how long trials may go on: the time limit, or what is left of it where a search is only completed."""
    if budget.deadline is None or budget.deadline is request.deadline:
        return request.time_limit
    return round(budget.deadline.remaining(), 1)


def _seconds_to_keep(request: SearchRequest, best: TrialOutcome | None) -> float:
    """Return how many seconds of the time limit are not for trials."""
    seconds = seconds_to_choose(request.time_limit, members=request.members)
    if request.refit:
        seconds += seconds_to_refit(best, request.data, graph=request.graph, time_limit=request.time_limit)
    return seconds


def _refitted(
    request: SearchRequest, session: SearchSession, driver: SearchDriver, winner: Winner, progress: Progress
) -> Refit:
    """Return the winner trained on all rows, as far as there is time."""
    refit = refit_winner(
        winner,
        driver.context,
        driver.outcomes,
        data=request.data,
        events=session.journal.events(),
        deadline=request.deadline,
    )
    for note in refit.notes:
        progress.note(note)
        _LOGGER.info("%s", note)
    if refit.trial_ids:
        session.journal.append(REFITTED, trial_ids=list(refit.trial_ids))
    return refit


def _origin_of(request: SearchRequest, predefined: Sequence[Predefined]) -> Callable[[Configuration], str]:
    """Return what tells a predefined configuration's name; of any other, the tuner's."""
    names = {configuration_key(each.configuration): each.name for each in reversed(predefined)}
    return lambda configuration: names.get(configuration_key(configuration), tuner_name(request.tuner))


def _outline(request: SearchRequest, objective: Objective, driver: SearchDriver) -> SearchOutline:
    return SearchOutline(
        objective=objective.name,
        max_trials=driver.budget.max_trials,
        time_limit=_seconds_of_trials(request, driver.budget),
        rows=request.data.profile.rows,
        validation_rows=request.data.validation_rows,
        directory=str(request.directory),
        trials_done=driver.estimate.trials_done,
        best=driver.best,
        workers=driver.executor.capacity,
    )
