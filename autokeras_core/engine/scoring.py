"""Scores of predictions on whole data sets, exact under sample weights.

Keras averages batch means, and divides a weighted loss by the number of rows instead of the weights' sum. Here a row
with the weight 2 counts exactly as the same row twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from autokeras_core.engine.preparation import head_of
from autokeras_core.graph.view import HyperparameterView

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.search.space import Configuration

__all__ = ["score_outputs"]

_ROWS_AT_ONCE = 8192


def score_outputs(
    graph: Graph,
    profile: DataProfile,
    configuration: Configuration,
    *,
    outputs: Mapping[str, np.ndarray[Any, Any]],
    targets: Mapping[str, np.ndarray[Any, Any]],
    weights: np.ndarray[Any, Any] | None,
) -> dict[str, float]:
    """Return loss and metrics of a model's outputs.

    Args:
        graph: The graph, for its heads' losses and metrics.
        profile: What the targets are.
        configuration: The model's configuration (label smoothing is part of the loss).
        outputs: The model's outputs by head.
        targets: Encoded targets by head.
        weights: One weight per row, or `None`.

    Returns:
        `{"loss": ..., "accuracy": ...}`; with several heads every name but the total `loss` has its head before it,
        as in Keras's own logs.
    """
    several = len(graph.heads) > 1
    scores: dict[str, float] = {}
    total = 0.0
    for name in graph.heads:
        head, target = head_of(graph, name), profile.targets[name]
        view = HyperparameterView(values=configuration, path=name, profile=profile)
        loss = _mean_loss(head.loss(view, target), targets[name], outputs[name], weights)
        total += loss
        prefix = f"{name}_" if several else ""
        if several:
            scores[f"{prefix}loss"] = loss
        for metric in head.metrics(target):
            metric.update_state(targets[name], outputs[name], sample_weight=weights)
            scores[f"{prefix}{metric.name}"] = float(metric.result())
    return {"loss": total, **scores}


def _mean_loss(
    loss: Any, targets: np.ndarray[Any, Any], outputs: np.ndarray[Any, Any], weights: np.ndarray[Any, Any] | None
) -> float:
    per_row = np.concatenate(
        [
            _row_losses(loss, targets[start : start + _ROWS_AT_ONCE], outputs[start : start + _ROWS_AT_ONCE])
            for start in range(0, len(outputs), _ROWS_AT_ONCE)
        ]
    )
    return float(np.average(per_row, weights=weights))


def _row_losses(loss: Any, targets: np.ndarray[Any, Any], outputs: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    function = loss.call if isinstance(loss, keras.losses.Loss) else keras.losses.get(loss)
    function = function.call if isinstance(function, keras.losses.Loss) else function
    y_true = keras.ops.convert_to_tensor(targets)
    y_pred = keras.ops.convert_to_tensor(outputs)
    if not isinstance(loss, keras.losses.Loss) or "Sparse" not in type(loss).__name__:
        y_true = keras.ops.cast(y_true, y_pred.dtype)
    values = keras.ops.convert_to_numpy(function(y_true, y_pred)).astype("float64")
    return np.asarray(values.reshape(len(outputs), -1).mean(axis=1))
