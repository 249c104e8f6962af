"""What all trials of one search share: the graph, the prepared data, the objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import attrs

from autokeras_core.errors import SearchError, describe_error

if TYPE_CHECKING:
    import numpy as np

    from autokeras_core.data.profile import DataProfile
    from autokeras_core.engine.features import FeatureStore
    from autokeras_core.engine.precision import Precision
    from autokeras_core.graph.graph import Graph

__all__ = ["Direction", "Distribution", "Objective", "TrialContext", "checked_distribution"]

Direction: TypeAlias = Literal["min", "max"]
Distribution: TypeAlias = Literal["data_parallel"]
Array: TypeAlias = "np.ndarray[Any, Any]"


@attrs.frozen
class Objective:
    """The metric that a search optimises.

    Attributes:
        name: The metric's name in the training log, e.g. `"val_accuracy"`.
        direction: `"min"` or `"max"`.
    """

    name: str
    direction: Direction

    @property
    def maximise(self) -> bool:
        """Whether more of the metric is better."""
        return self.direction == "max"

    def is_better(self, score: float, than: float | None) -> bool:
        """Return whether `score` beats `than`; anything beats `None`."""
        if than is None:
            return True
        return score > than if self.maximise else score < than


@attrs.frozen(kw_only=True)
class TrialContext:
    """What all trials of one search share.

    Attributes:
        graph: The graph of blocks.
        profile: What analysis found out about the training rows.
        store: Computes and keeps the features of training and validation rows.
        train_targets: Encoded training targets by head.
        validation_targets: Encoded validation targets by head.
        train_weights: One weight per training row, or one for each head, see `data.head_weights`; or `None`.
        validation_weights: The same for validation rows, or `None`.
        objective: The metric to optimise.
        callbacks: The user's Keras callbacks; each trial gets its own copies.
        max_model_size: The largest number of parameters a model may have, or `None`.
        precision: What layers compute in while training; the model that a trial leaves computes in single precision.
        patience: How many epochs without improvement end a trial, as a share of its planned epochs.
        keeps_predictions: Whether a trial leaves its outputs on the validation rows beside its model, so that an ensemble
            can be chosen by them.
        exportable_ensemble: Whether only such models take part in one whose exported models take raw rows.
        distribution: `"data_parallel"` to train each trial on all devices of its machine, see `engine.devices`.
        seconds_between_checkpoints: How long a trial trains at least between two checkpoints; longer where they are
            expensive to write, see `engine.checkpoint`.
    """

    graph: Graph
    profile: DataProfile
    store: FeatureStore
    train_targets: Mapping[str, Array]
    validation_targets: Mapping[str, Array]
    train_weights: Array | None
    validation_weights: Array | None
    objective: Objective
    callbacks: Sequence[Any] = ()
    max_model_size: int | None = None
    precision: Precision = "float32"
    patience: float = 0.3
    keeps_predictions: bool = False
    exportable_ensemble: bool = False
    distribution: Distribution | None = None
    seconds_between_checkpoints: float = 5.0


def checked_distribution(distribution: Any) -> Distribution | None:
    """Return how a trial is spread over devices, as the user said it.

    Raises:
        SearchError: If there is no such way.
    """
    if distribution is None or distribution in get_args(Distribution):
        chosen: Distribution | None = distribution
        return chosen
    raise SearchError(
        describe_error(
            "distribution cannot be used.",
            expected=f"None, or one of {list(get_args(Distribution))}",
            received=f"distribution={distribution!r}",
        )
    )
