"""From a search's trials to the model that is handed over: the best one, or an ensemble that scores better."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.ensemble import EnsembleBundle
from autokeras_core.engine.evaluation_batch import evaluation_batch_size
from autokeras_core.engine.objective import counts_rows
from autokeras_core.engine.pipeline import class_in_graph
from autokeras_core.engine.predictions import read_predictions, selection_rows, write_predictions
from autokeras_core.engine.scoring import objective_scorer, score_outputs
from autokeras_core.engine.trial import BUNDLE_FOLDER
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.registry import get_registry
from autokeras_core.search.kept_models import KeptModels
from autokeras_core.search.records import EnsembleRecord, rank_outcomes
from autokeras_core.search.selection import (
    DEFAULT_MEMBERS,
    FEW_ROWS,
    Selection,
    most_members,
    select_ensemble,
    select_equals,
    select_leading,
    standard_error,
)

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.engine.deadline import Deadline
    from autokeras_core.engine.ensemble import Bundle
    from autokeras_core.engine.predictions import SelectionRows
    from autokeras_core.search.records import TrialOutcome

__all__ = [
    "Winner",
    "candidates_to_keep",
    "choose_winner",
    "load_trained",
    "members_of",
    "seconds_to_choose",
    "winner_of",
]

Array: TypeAlias = np.ndarray[Any, Any]

_LOGGER = logging.getLogger(__name__)

_SHARE_OF_LIMIT = 0.02
_MOST_SECONDS = 2.0
_MOST_ROWS_AT_ONCE = 256


@attrs.frozen(kw_only=True)
class Winner:
    """The model that a search hands over.

    Attributes:
        bundle: The best trial's model, or the ensemble.
        members: The model of each trial in it, by trial id.
        weights: Each one's share, by trial id; 1 for a single one.
        ensemble: What the ensemble consists of; `None` if it is a single model.
        is_interrupted: Whether Ctrl-C ended the choice.
    """

    bundle: Bundle
    members: Mapping[str, ModelBundle]
    weights: Mapping[str, float]
    ensemble: EnsembleRecord | None = None
    is_interrupted: bool = False


def winner_of(
    members: Mapping[str, ModelBundle], weights: Mapping[str, float], *, ensemble: EnsembleRecord | None = None
) -> Winner:
    """Return the winner of one model, or of several with their weights, by trial id."""
    bundles = tuple(members[trial_id] for trial_id in weights)
    bundle: Bundle = bundles[0]
    if len(bundles) > 1:
        bundle = EnsembleBundle(members=bundles, weights=tuple(weights.values()))
    return Winner(bundle=bundle, members=members, weights=weights, ensemble=ensemble)


def members_of(ensemble: bool | int) -> int:
    """Return how many models may be put together at most for what a user writes as `ensemble=`; 1 for none.

    Raises:
        SearchError: If it is no such value.
    """
    if isinstance(ensemble, (bool, np.bool_)):
        return DEFAULT_MEMBERS if ensemble else 1
    if not isinstance(ensemble, (int, np.integer)) or ensemble < 2:
        raise SearchError(
            describe_error(
                "ensemble cannot be used.",
                expected="True, False, or how many models there may be at most: a whole number of 2 or more",
                received=f"ensemble={ensemble!r}",
            )
        )
    return int(ensemble)


def seconds_to_choose(time_limit: float | None, *, members: int) -> float:
    """Return how many seconds of a time limit to keep for choosing an ensemble: 2 percent, at most 2 seconds."""
    return 0.0 if time_limit is None or members < 2 else min(_MOST_SECONDS, _SHARE_OF_LIMIT * time_limit)


def candidates_to_keep(context: TrialContext, *, members: int) -> KeptModels:
    """Return which models a search is to keep for an ensemble of so many members at most; 1 for none."""
    if members < 2:
        return KeptModels()
    count = max(members, DEFAULT_MEMBERS)
    if _prefers_earlier_trials(context, rows=len(selection_rows(context))):
        return KeptModels(count=2 * count, by_loss=False)  # earlier ones of a slightly lower score may be members, too
    return KeptModels(count=count)


def load_trained(directory: Path, outcome: TrialOutcome, context: TrialContext) -> ModelBundle:
    """Return the model that a trial left in its directory, or a refit of its configuration in another.

    A worker may have trained it, or a process before this one: a class of a preprocessor that no plugin registered is the one
    that the graph wants, whatever else has its name here.

    Raises:
        SearchError: If it is not there or damaged, or cannot be loaded.
    """
    registry = get_registry()
    find_class = functools.partial(
        class_in_graph,
        graph=context.graph,
        configuration=outcome.configuration,
        profile=context.profile,
        registry=registry,
    )
    return ModelBundle.load(directory / BUNDLE_FOLDER, registry, find_class=find_class)


def choose_winner(
    context: TrialContext,
    outcomes: Sequence[TrialOutcome],
    *,
    validation_inputs: Mapping[str, Rows],
    members: int,
    deadline: Deadline | None,
    is_interrupted: bool = False,
) -> Winner:
    """Return the best trial's model, or an ensemble of the best ones if that scores better on the validation rows.

    Where these do not tell which of several is the best, those that nobody can tell apart are put together in equal shares:
    on fewer than 100 rows, and where the objective is a score of classes that counts rows, as accuracy does. Where both is
    so, the earliest of them.

    Args:
        context: What all trials share. If it wants an ensemble that can be exported, only trials whose exported models take
            raw rows take part, and a best one of another kind stays alone.
        outcomes: All trials; at least one is completed, and the best ones' models are on the disk.
        validation_inputs: Adapted validation rows by input, for models that left no outputs on them.
        members: How many models may be put together; with 1 it is the best one alone.
        deadline: When this should have ended. What was found until then counts.
        is_interrupted: Whether Ctrl-C has ended the search. Once more, and it ends this too; the first time here it leaves
            the best model alone.
    """
    best, *others = rank_outcomes(outcomes, maximise=context.objective.maximise)
    ranked = [best, *(outcome for outcome in others if (Path(outcome.directory) / BUNDLE_FOLDER).is_dir())]
    if context.exportable_ensemble:
        ranked = [outcome for outcome in ranked if outcome.takes_raw_rows] if best.takes_raw_rows else [best]
    started = time.monotonic()
    try:
        loaded = {best.trial_id: _load(best, context)}
    except KeyboardInterrupt:  # there is nothing to hand over before it is loaded
        if is_interrupted:
            raise
        return attrs.evolve(winner_of({best.trial_id: _load(best, context)}, {best.trial_id: 1.0}), is_interrupted=True)
    seconds_to_load = time.monotonic() - started
    single = winner_of(loaded, {best.trial_id: 1.0})
    rows = selection_rows(context)
    if len(rows) >= FEW_ROWS:
        members = most_members(len(rows), members)
    if deadline is not None:  # each further member has to be loaded too, which may take half of the time
        members = min(members, 1 + int(deadline.remaining() / 2 / max(seconds_to_load, 1e-3)))
    if members < 2 or len(ranked) < 2:
        return single

    def is_time_up() -> bool:
        return deadline is not None and deadline.remaining() < (members - 1) * seconds_to_load

    try:
        candidates: list[list[Array]] = []
        for outcome in ranked:  # the best first
            if candidates and is_time_up():
                break
            candidates.append(_predictions(outcome, context, rows, validation_inputs))
        if len(candidates) < 2:
            return single
        precedence = None
        if _prefers_earlier_trials(context, rows=len(rows)):
            order = {outcome.trial_id: number for number, outcome in enumerate(outcomes)}
            precedence = [order[outcome.trial_id] for outcome in ranked]
        record = _select(
            context, ranked, candidates, rows, members=members, precedence=precedence, is_time_up=is_time_up
        )
        if record is None:
            return single
        by_id = {outcome.trial_id: outcome for outcome in ranked}
        loaded |= {trial_id: _load(by_id[trial_id], context) for trial_id in record.weights if trial_id not in loaded}
        return winner_of({trial_id: loaded[trial_id] for trial_id in record.weights}, record.weights, ensemble=record)
    except KeyboardInterrupt:  # as in the search before: what is there is kept
        if is_interrupted:
            raise
        return attrs.evolve(single, is_interrupted=True)
    except Exception as error:  # noqa: BLE001 - a user's own code runs here; a search's result is not lost by it
        _LOGGER.warning("No ensemble was put together (%s: %s); the best model is used.", type(error).__name__, error)
        return single


def _select(
    context: TrialContext,
    ranked: Sequence[TrialOutcome],
    candidates: Sequence[Sequence[Array]],
    rows: SelectionRows,
    *,
    members: int,
    precedence: Sequence[int] | None,
    is_time_up: Callable[[], bool],
) -> EnsembleRecord | None:
    """Return the ensemble, or `None` if it is the best model alone."""
    name = context.objective.name.removeprefix("val_")
    # All by the losses of one configuration, so that they can be compared.
    score_of = objective_scorer(
        context.graph,
        context.profile,
        ranked[0].configuration,
        name=name,
        targets=rows.targets,
        weights=rows.weights,
    )

    def score(outputs: Sequence[Array]) -> tuple[float, float]:
        # Between equal scores the lower loss wins, as between trials.
        value, loss = score_of(by_head(outputs))
        return value if context.objective.maximise else -value, -loss

    def by_head(outputs: Sequence[Array]) -> dict[str, Array]:
        return dict(zip(context.graph.heads, outputs, strict=True))

    def scores_of(outputs: Sequence[Array], numbers: Array | slice = slice(None)) -> Mapping[str, float]:
        return score_outputs(
            context.graph,
            context.profile,
            ranked[0].configuration,
            outputs=by_head([output[numbers] for output in outputs]),
            targets={head: targets[numbers] for head, targets in rows.targets.items()},
            weights=None if rows.weights is None else rows.weights[numbers],
        )

    def metrics_of(outputs: Sequence[Array]) -> dict[str, float]:
        return {f"val_{metric}": value for metric, value in scores_of(outputs).items()}

    def one_standard_error() -> float:
        error = standard_error(lambda numbers: scores_of(candidates[0], numbers)[name], rows=len(rows))
        # A share of rows, as accuracy is: where nearly all are right its error seems to be 0, and yet one row is chance.
        return max(error, 1 / len(rows)) if context.objective.maximise else error

    def chosen() -> Selection:
        limits: dict[str, Any] = {"members": members, "is_time_up": is_time_up}
        if counts_rows(context.objective, context.graph, context.profile):
            equals = select_equals(candidates, score, tolerance=one_standard_error(), precedence=precedence, **limits)
            if equals.is_ensemble:
                return equals
        if len(rows) < FEW_ROWS:
            return select_leading(candidates, score, tolerance=one_standard_error(), **limits)
        return select_ensemble(candidates, score, **limits)

    selection = chosen()
    if not selection.is_ensemble:
        return None
    mean = [
        np.sum([weight * candidates[index][head] for index, weight in selection.weights.items()], axis=0)
        for head in range(len(context.graph.heads))
    ]
    sign = 1 if context.objective.maximise else -1
    return EnsembleRecord(
        objective=context.objective.name,
        score=sign * selection.score[0],
        single_score=sign * selection.single_score[0],
        weights={ranked[index].trial_id: weight for index, weight in selection.weights.items()},
        metrics=metrics_of(mean),
        single_metrics=metrics_of(candidates[selection.single]),
    )


def _prefers_earlier_trials(context: TrialContext, *, rows: int) -> bool:
    """Return whether of the trials that nobody can tell apart the earlier ones make the ensemble, not the lowest losses.

    That is so where the objective counts rows, and fewer than 100 of them. Mutation goes on from the lowest loss, and where
    every row is right that is the model that is surest of itself, for new rows too that it gets wrong. The predefined
    configurations, which come first, were chosen on many data sets, and differ more from one another.
    """
    return rows < FEW_ROWS and counts_rows(context.objective, context.graph, context.profile)


def _predictions(
    outcome: TrialOutcome, context: TrialContext, rows: SelectionRows, validation_inputs: Mapping[str, Rows]
) -> list[Array]:
    """Return a trial's outputs on the rows to choose by; one that left none, in a search without ensembles, is run."""
    kept = read_predictions(outcome.directory, rows=len(rows))
    if kept is not None:
        return kept
    chosen = rows.select(validation_inputs)
    batch_size = evaluation_batch_size(chosen, most=_MOST_ROWS_AT_ONCE)
    outputs = _load(outcome, context).predict_outputs(chosen, batch_size=batch_size)
    arrays = [outputs[head] for head in context.graph.heads]
    write_predictions(outcome.directory, arrays)
    return arrays


def _load(outcome: TrialOutcome, context: TrialContext) -> ModelBundle:
    return load_trained(Path(outcome.directory), outcome, context)
