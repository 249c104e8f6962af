"""From what a user writes as `objective=` to a metric name and a direction, and to heads that measure it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import attrs
import keras_tuner

from autokeras_core.engine.context import Objective
from autokeras_core.engine.preparation import head_of
from autokeras_core.engine.scoring import metric_prefix
from autokeras_core.errors import SearchError, describe_error

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.graph.operator import Head

__all__ = ["ObjectiveLike", "counts_rows", "measured_head", "measuring", "resolve_objective", "score_error"]

ObjectiveLike: TypeAlias = "str | tuple[str, str] | keras_tuner.Objective | None"

_LESS_IS_BETTER = ("loss", "error", "mse", "mae", "mape", "msle", "rmse", "crossentropy", "divergence", "hinge")
_MORE_IS_BETTER = ("accuracy", "auc", "precision", "recall", "f1", "r2", "iou", "similarity")


def resolve_objective(objective: ObjectiveLike, graph: Graph, profile: DataProfile) -> Objective:
    """Return the metric to optimise.

    Args:
        objective: A metric's name with or without `val_`; a pair of name and `"min"` or `"max"`; a
            `keras_tuner.Objective`; or `None` for the head's own default (the validation loss with several heads).
        graph: The graph, for its heads.
        profile: What the heads' targets are.

    Raises:
        SearchError: If the direction cannot be told from the name, or the value is no objective.
    """
    if objective is None:
        if len(graph.heads) > 1:
            return Objective("val_loss", "min")
        name, direction = head_of(graph, graph.heads[0]).default_objective(profile.targets[graph.heads[0]])
        return _checked(name, direction)
    if isinstance(objective, keras_tuner.Objective):
        return _checked(objective.name, objective.direction)
    if isinstance(objective, (tuple, list)) and len(objective) == 2:
        return _checked(str(objective[0]), objective[1])
    if isinstance(objective, str):
        return _checked(objective, _direction_of(_without_head(objective.removeprefix("val_"), graph)))
    raise _not_an_objective(objective)


def measuring(objective: Objective, graph: Graph, profile: DataProfile) -> Graph:
    """Return a graph with the objective among its heads' metrics: the graph itself, or one with a metric more.

    Args:
        objective: The metric to optimise. Among several heads' its name begins with that of its head.
        graph: The graph.
        profile: What the heads' targets are.

    Raises:
        SearchError: If the objective is no metric of the graph, and not exactly one head can measure it.

    Example:
        ```python
        graph = measuring(Objective("val_auc", "max"), graph, profile)  # the head measures accuracy and AUC
        ```
    """
    name = objective.name.removeprefix("val_")
    if name == "loss":  # of every model; to make metrics would take memory on a GPU before the workers do
        return graph
    known = _logged_names(graph, profile)
    if name in known:
        return graph
    found = {head: other for head in graph.heads if (other := _with_metric(name, head, graph, profile)) is not None}
    if len(found) != 1:
        raise _no_metric(objective, known, graph)
    blocks = tuple(attrs.evolve(vertex, operator=found.get(vertex.name, vertex.operator)) for vertex in graph.blocks)
    return attrs.evolve(graph, blocks=blocks)


def measured_head(name: str, graph: Graph) -> str | None:
    """Return the head that a metric of a log, without `val_`, belongs to; `None` if it is of all heads together.

    Example:
        ```python
        measured_head("digit_accuracy", graph)  # "digit", one of two heads
        measured_head("loss", graph)  # None
        ```
    """
    owners = [head for head in graph.heads if name.startswith(metric_prefix(head, graph))]
    return None if len(graph.heads) > 1 and not owners else max(owners, key=len)


def counts_rows(objective: Objective, graph: Graph, profile: DataProfile) -> bool:
    """Return whether an objective looks at which class wins, or in which order rows come, and not at each value.

    Such a score needs many more rows than a loss to tell two models apart.

    Example:
        ```python
        counts_rows(Objective("val_accuracy", "max"), graph, profile)  # True
        counts_rows(Objective("val_loss", "min"), graph, profile)  # False
        ```
    """
    head = measured_head(objective.name.removeprefix("val_"), graph)
    measured = profile.targets.values() if head is None else [profile.targets[head]]
    return objective.maximise and all(target.is_classification for target in measured)


def score_error(
    objective: Objective, graph: Graph, profile: DataProfile, *, rows: int
) -> Callable[[float], float] | None:
    """Return a function from a score to its standard error, as far as the score alone tells; `None` if it tells nothing.

    It is that of a share of the validation rows, which an accuracy is, and about that of other scores of classes: the root
    of p(1 - p) / n. It is one row at least: where all are right it seems to be 0, and yet one row is chance.

    Args:
        objective: The metric that is optimised; nothing is known of one that does not count rows.
        graph: The graph, for its heads.
        profile: What the heads' targets are.
        rows: How many validation rows there are.

    Example:
        ```python
        score_error(Objective("val_accuracy", "max"), graph, profile, rows=1000)(0.8)  # 0.0126...
        ```
    """
    if not counts_rows(objective, graph, profile):
        return None
    return lambda score: max(math.sqrt(max(score * (1 - score), 0.0) / rows), 1 / rows)


def _logged_names(graph: Graph, profile: DataProfile) -> set[str]:
    """Return the names that a training log has, without those of validation."""
    names = {"loss"}
    for head in graph.heads:
        prefix = metric_prefix(head, graph)
        metrics = head_of(graph, head).metrics(profile.targets[head])
        names |= {f"{prefix}loss", *(f"{prefix}{metric.name}" for metric in metrics)}
    return names


def _with_metric(name: str, head: str, graph: Graph, profile: DataProfile) -> Head | None:
    """Return a head that measures what the log would call by that name; `None` if it cannot."""
    prefix = metric_prefix(head, graph)
    if not name.startswith(prefix):
        return None
    return head_of(graph, head).with_metric(name.removeprefix(prefix), profile.targets[head])


def _no_metric(objective: Objective, known: set[str], graph: Graph) -> SearchError:
    advice = "Add it to `metrics=` of the head, or choose another objective."
    if len(graph.heads) > 1:
        advice += f" A metric of one of several heads has its head's name before it: 'val_{graph.heads[0]}_...'."
    return SearchError(
        describe_error(
            "The objective is no metric of this model.",
            expected=f"one of {sorted(f'val_{name}' for name in known)}",
            received=f"objective={objective.name!r}",
            advice=advice,
        )
    )


def _checked(name: str, direction: object) -> Objective:
    if direction not in ("min", "max"):
        raise _not_an_objective((name, direction))
    full = name if name.startswith("val_") else f"val_{name}"
    return Objective(full, "max" if direction == "max" else "min")


def _without_head(name: str, graph: Graph) -> str:
    """Return a metric's own name, so that a head called `error_code` does not decide what is better."""
    owner = measured_head(name, graph)
    return name if owner is None else name.removeprefix(metric_prefix(owner, graph))


def _direction_of(name: str) -> str | None:
    lowered = name.lower()
    # Errors first: "binary_crossentropy" and "root_mean_squared_error" hold no word of the other list.
    if any(word in lowered for word in _LESS_IS_BETTER):
        return "min"
    return "max" if any(word in lowered for word in _MORE_IS_BETTER) else None


def _not_an_objective(objective: object) -> SearchError:
    return SearchError(
        describe_error(
            "The objective cannot be used.",
            expected="a metric's name, or a pair of a name and 'min' or 'max'",
            received=f"objective={objective!r}",
            advice="Where the direction does not follow from the name, give it: objective=('val_score', 'max').",
        )
    )
