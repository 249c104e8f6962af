"""From what a user writes as `objective=` to a metric name and a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import keras_tuner

from autokeras_core.engine.context import Objective
from autokeras_core.engine.preparation import head_of
from autokeras_core.errors import SearchError, describe_error

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph

__all__ = ["ObjectiveLike", "resolve_objective"]

ObjectiveLike: TypeAlias = "str | tuple[str, str] | keras_tuner.Objective | None"

_LESS_IS_BETTER = ("loss", "error", "mse", "mae", "mape", "msle", "rmse", "crossentropy", "divergence", "hinge")
_MORE_IS_BETTER = ("accuracy", "auc", "precision", "recall", "f1", "r2", "iou", "similarity")


def resolve_objective(objective: Any, graph: Graph, profile: DataProfile) -> Objective:
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
        return _checked(objective, _direction_of(objective))
    raise _not_an_objective(objective)


def _checked(name: str, direction: object) -> Objective:
    if direction not in ("min", "max"):
        raise _not_an_objective((name, direction))
    full = name if name.startswith("val_") else f"val_{name}"
    return Objective(full, "max" if direction == "max" else "min")


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
