"""Scores of predictions on whole data sets, exact under sample weights.

Keras averages batch means, and divides a weighted loss by the number of rows instead of the weights' sum. Here a row
with the weight 2 counts exactly as the same row twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from autokeras_core.data.head_weights import weights_of_head
from autokeras_core.engine.losses import evaluation_losses, loss_factors
from autokeras_core.engine.preparation import head_of

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.search.space import Configuration

__all__ = ["metric_prefix", "objective_scorer", "score_outputs"]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_AT_ONCE = 8192
_ROWS_PER_UPDATE = 2**20
_VALUES_AT_ONCE = 2**24  # outputs, 64 MiB; a loss or metric may need many times as much for them


def metric_prefix(head: str, graph: Graph) -> str:
    """Return what stands before the names of a head's metrics in logs: nothing if it is the only one.

    Example:
        ```python
        metric_prefix("digit", graph)  # "digit_", one of two heads
        ```
    """
    return f"{head}_" if len(graph.heads) > 1 else ""


def score_outputs(
    graph: Graph,
    profile: DataProfile,
    configuration: Configuration,
    *,
    outputs: Mapping[str, Array],
    targets: Mapping[str, Array],
    weights: Array | None,
) -> dict[str, float]:
    """Return loss and metrics of a model's outputs.

    Args:
        graph: The graph, for its heads' losses and metrics.
        profile: What the targets are.
        configuration: The model's configuration.
        outputs: The model's outputs by head.
        targets: Encoded targets by head.
        weights: One weight per row, or one for each head, see `data.head_weights`; or `None`.

    Returns:
        `{"loss": ..., "accuracy": ...}`; with several heads every name but the total `loss` has its head before it,
        as in Keras's own logs. The total is the weighted sum of comparable losses, see `engine.losses`.
    """
    scores: dict[str, float] = {}
    total = 0.0
    losses, factors = evaluation_losses(graph, configuration, profile), loss_factors(graph, profile)
    for name in graph.heads:
        head, target, prefix = head_of(graph, name), profile.targets[name], metric_prefix(name, graph)
        own = weights_of_head(weights, name, graph.heads)
        loss = _mean_loss(losses[name], targets[name], outputs[name], own)
        total += factors[name] * loss
        if prefix:
            scores[f"{prefix}loss"] = loss
        for metric in head.metrics(target):
            for rows in _parts(outputs[name], most=_ROWS_PER_UPDATE):  # a metric may need many bytes a row
                part = None if own is None else own[rows]
                metric.update_state(targets[name][rows], outputs[name][rows], sample_weight=part)
            scores[f"{prefix}{metric.name}"] = float(metric.result()) if _has_targets(own) else math.nan
    return {"loss": total, **scores}


def objective_scorer(
    graph: Graph,
    profile: DataProfile,
    configuration: Configuration,
    *,
    name: str,
    targets: Mapping[str, Array],
    weights: Array | None,
) -> Callable[[Mapping[str, Array]], tuple[float, float]]:
    """Return a function from outputs to one metric and the total loss: `score_outputs`, for many outputs of the same rows.

    It leaves out all other metrics, and traces the one once: some of Keras's take half a second to trace.

    Args:
        graph: As for `score_outputs`.
        profile: As there.
        configuration: As there.
        name: The metric's name among those that `score_outputs` returns.
        targets: As there.
        weights: As there.
    """
    losses, factors = evaluation_losses(graph, configuration, profile), loss_factors(graph, profile)
    own = {head: weights_of_head(weights, head, graph.heads) for head in graph.heads}
    prefixes = {head: metric_prefix(head, graph) for head in graph.heads}
    by_name = {
        f"{prefixes[head]}{metric.name}": (head, metric)
        for head in graph.heads
        for metric in head_of(graph, head).metrics(profile.targets[head])
    }
    head, metric = by_name.get(name, (graph.heads[0], None))
    update = None if metric is None else tf.function(metric.update_state)

    def score(outputs: Mapping[str, Array]) -> tuple[float, float]:
        each = {head: _mean_loss(losses[head], targets[head], outputs[head], own[head]) for head in graph.heads}
        total = sum(factors[head] * loss for head, loss in each.items())
        if metric is None or update is None:
            known = {"loss": total, **{f"{prefixes[head]}loss": loss for head, loss in each.items() if prefixes[head]}}
            return known[name], total
        metric.reset_state()
        update(targets[head], outputs[head], sample_weight=own[head])
        return float(metric.result()) if _has_targets(own[head]) else math.nan, total

    return score


def _has_targets(weights: Array | None) -> bool:
    """Return whether any row has the target. There is no score otherwise, while Keras's metrics would say 0."""
    return weights is None or bool(weights.any())


def _mean_loss(loss: keras.losses.Loss, targets: Array, outputs: Array, weights: Array | None) -> float:
    if not _has_targets(weights):
        return math.nan
    per_row = np.concatenate(
        [_row_losses(loss, targets[rows], outputs[rows]) for rows in _parts(outputs, most=_ROWS_AT_ONCE)]
    )
    return float(np.average(per_row, weights=weights))


def _parts(outputs: Array, *, most: int) -> list[slice]:
    """Return parts of about equally many rows: `most` at most, and fewer where each has many outputs.

    Equal, since the mean that a user's own function returns of its rows counts alike for each part.
    """
    rows = len(outputs)
    at_once = max(1, min(most, _VALUES_AT_ONCE * rows // max(1, outputs.size)))
    step = max(1, -(-rows // max(1, -(-rows // at_once))))
    return [slice(start, start + step) for start in range(0, rows, step)]


def _row_losses(loss: keras.losses.Loss, targets: Array, outputs: Array) -> Array:
    y_true = keras.ops.convert_to_tensor(targets)
    y_pred = keras.ops.convert_to_tensor(outputs)
    if "Sparse" not in type(loss).__name__:
        y_true = keras.ops.cast(y_true, y_pred.dtype)
    values = keras.ops.convert_to_numpy(loss.call(y_true, y_pred)).astype("float64")
    return np.asarray(values.reshape(len(outputs), -1).mean(axis=1))
