"""Preprocessors that learn from targets too, such as the mean target of each category.

What such a preprocessor makes of a row it was fitted on must not give away that row's own target. So it maps training rows
by a method of its own, `transform_training`, out of fold: what a row gets comes from other rows. All other rows, those
to validate on among them, go through `transform`, and their targets are never seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np

from autokeras_core.engine.rows import read_only
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.preprocessor import SupervisedPreprocessor

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["fit_supervised", "needs_targets"]

Array: TypeAlias = np.ndarray[Any, Any]


def needs_targets(preprocessor: Preprocessor) -> TypeGuard[SupervisedPreprocessor]:
    """Return whether a preprocessor learns from targets."""
    return bool(getattr(preprocessor, "needs_targets", False))


def fit_supervised(preprocessor: SupervisedPreprocessor, rows: Array, targets: Mapping[str, Array]) -> Array:
    """Fit a preprocessor on training rows and their targets; return what it makes of these rows, out of fold.

    Raises:
        GraphError: If it cannot be used so: it runs inside the model, there are no targets, or rows get lost.
    """
    kind = type(preprocessor).__name__
    if getattr(preprocessor, "in_model", False) or not isinstance(preprocessor, SupervisedPreprocessor) or not targets:
        raise GraphError(
            describe_error(
                f"The preprocessor {kind} wants targets and cannot be fitted.",
                expected="in_model=False, a method transform_training, and a graph with targets",
                received=f"in_model={getattr(preprocessor, 'in_model', False)}, "
                f"transform_training={hasattr(preprocessor, 'transform_training')}, targets {list(targets)}",
            )
        )
    preprocessor.fit(rows, {name: read_only(target) for name, target in targets.items()})
    result = np.asarray(preprocessor.transform_training(rows))
    if len(result) != len(rows):
        raise GraphError(
            describe_error(
                f"The preprocessor {kind} changed the number of rows.",
                expected=f"{len(rows)} rows from transform_training()",
                received=f"shape {result.shape}",
            )
        )
    return result
