"""The losses of a graph's heads: how they add up, and what they are while validating.

Several heads' losses are made comparable before they are added: each is divided by what a guess costs that looks at no row
(`Head.guess_loss`), and multiplied by its weight. So 1 is a guess, 0 is perfect, whatever the units and the number of
classes; a head in dollars does not outweigh one in probabilities. A single head's loss stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from autokeras_core.builtin.losses import FunctionLoss, UnitFreeLoss, loss_of_rows
from autokeras_core.data.head_weights import weights_of_head
from autokeras_core.engine.preparation import head_of
from autokeras_core.errors import SearchError, describe_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autokeras_core.data.profile import DataProfile
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.graph.graph import Graph
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.search.values import Value

__all__ = [
    "LossPhases",
    "PhasedLoss",
    "check_left_out_rows",
    "evaluation_losses",
    "loss_factors",
    "training_losses",
]


class PhasedLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras ships no types
    """One loss while training, another while validating: label smoothing makes a loss that says little by itself.

    Args:
        training: The loss to train on.
        validation: The loss to report on validation rows.
    """

    def __init__(self, training: keras.losses.Loss, validation: keras.losses.Loss) -> None:
        super().__init__(name=training.name, reduction=training.reduction)
        self.training = training
        self.validation = validation
        # A variable, since the function that is traced for validation must not hold a constant.
        self.is_validating = keras.Variable(0.0, trainable=False, name="is_validating")

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each row."""
        share = keras.ops.cast(self.is_validating, y_pred.dtype)
        return share * self.validation.call(y_true, y_pred) + (1 - share) * self.training.call(y_true, y_pred)


class LossPhases(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Tells losses whether rows are trained on or validated.

    Args:
        losses: The losses of a model; all but `PhasedLoss` are left alone.
    """

    def __init__(self, losses: Iterable[Any]) -> None:
        super().__init__()
        self._losses = [loss for loss in losses if isinstance(loss, PhasedLoss)]

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Report the loss that says how good predictions are."""
        for loss in self._losses:
            loss.is_validating.assign(1.0)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Go on training on the other."""
        for loss in self._losses:
            loss.is_validating.assign(0.0)


def training_losses(
    graph: Graph, configuration: Mapping[str, Value], profile: DataProfile
) -> dict[str, keras.losses.Loss]:
    """Return the loss of each head to train a model with; on validation rows it is another one where `LossPhases` is told."""
    losses = {}
    for name in graph.heads:
        trained, evaluated = _losses_of(graph, name, configuration, profile)
        losses[name] = trained if evaluated is None else PhasedLoss(trained, evaluated)
    return losses


def evaluation_losses(
    graph: Graph, configuration: Mapping[str, Value], profile: DataProfile
) -> dict[str, keras.losses.Loss]:
    """Return the loss of each head that says how good predictions are."""
    losses = {}
    for name in graph.heads:
        trained, evaluated = _losses_of(graph, name, configuration, profile)
        losses[name] = evaluated or trained
    return losses


def loss_factors(graph: Graph, profile: DataProfile) -> dict[str, float]:
    """Return what the loss of each head is multiplied by in their sum; 1 for a single head."""
    if len(graph.heads) == 1:
        return {graph.heads[0]: 1.0}
    return {
        name: graph.loss_weights.get(name, 1.0) / head_of(graph, name).guess_loss(profile.targets[name])
        for name in graph.heads
    }


def check_left_out_rows(model: keras.Model, configuration: Mapping[str, Value], context: TrialContext) -> None:
    """Check that each head's loss can leave out the rows of weight 0, those without its target.

    Args:
        model: The model of the configuration, for the shape of its outputs.
        configuration: The configuration.
        context: The graph, and what it is trained and validated on.

    Raises:
        SearchError: If a loss cannot: it is one number for a whole batch, whatever the weights of its rows.
    """
    graph, parts = context.graph, (context.train_weights, context.validation_weights)
    for name in graph.heads:
        if not any(_leaves_rows_out(weights, name, graph) for weights in parts):
            continue
        loss, _ = _losses_of(graph, name, configuration, context.profile)
        loss = loss.inner if isinstance(loss, UnitFreeLoss) else loss
        y_true = np.asarray(context.train_targets[name][:2], dtype=np.float32)
        y_pred = np.full((len(y_true), *model.output[name].shape[1:]), 0.5, dtype=np.float32)
        rows = keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred)
        if isinstance(loss, FunctionLoss) and loss.is_of_batch(*rows):
            raise SearchError(
                describe_error(
                    f"The loss of the head {name!r} cannot leave out the rows of weight 0.",
                    expected="a loss with one value per row",
                    received=f"{loss.name!r} with one value for the whole batch",
                    advice="Return the values of the rows, e.g. the mean over the last axis alone.",
                )
            )


def _leaves_rows_out(weights: Any, head: str, graph: Graph) -> bool:
    """Return whether a row has the weight 0 for a head."""
    return weights is not None and not np.all(weights_of_head(weights, head, graph.heads))


def _losses_of(
    graph: Graph, name: str, configuration: Mapping[str, Value], profile: DataProfile
) -> tuple[keras.losses.Loss, keras.losses.Loss | None]:
    """Return a head's loss, and the one to report if that is another."""
    head, target = head_of(graph, name), profile.targets[name]
    view = graph.views(configuration, profile)[name]
    trained, evaluated = _as_object(head.loss(view, target)), head.evaluation_loss(view, target)
    if len(graph.heads) > 1 and isinstance(trained, UnitFreeLoss):
        trained = trained.inner  # its units are taken out by `loss_factors`
    return trained, None if evaluated is None else _as_object(evaluated)


def _as_object(loss: Any) -> keras.losses.Loss:
    """Return a Keras loss for what a head returned: a loss, its name or a function."""
    return loss_of_rows(loss if callable(loss) else keras.losses.get(loss))
