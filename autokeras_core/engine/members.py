"""Members: several predictions for one row by one network, as in TabM. How they are trained, measured and averaged.

A block that returns `(batch, members, units)` says so with `Block.members`. The head behind it then predicts once for each
member. Trained is the mean of the members' losses: each member has to be right by itself. Predicted is the mean of the
members' outputs, and so that is what metrics and the validation loss are about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from autokeras_core.builtin.metrics import ConvertedMetric
from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Tensor

__all__ = ["MemberLoss", "MemberOutput", "check_members", "mean_over_members", "metric_of_mean"]


class MemberOutput(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Hands on the members' outputs while training, and their mean as the only member otherwise.

    It stands in the model that is trained only, never in one that is saved.

    Input shape:
        `(batch, members, outputs)`.

    Output shape:
        `(batch, members, outputs)` while training, else `(batch, 1, outputs)`.
    """

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name, dtype="float32")

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the members, or their mean."""
        return inputs if training else keras.ops.mean(inputs, axis=1, keepdims=True)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape, whose number of members varies."""
        return (input_shape[0], None, *input_shape[2:])


class MemberLoss(keras.losses.Loss):  # type: ignore[misc]  # Keras ships no types
    """The mean over the members of another loss.

    Args:
        inner: The loss of one prediction for each row.

    Input shape:
        Targets as the inner loss takes them, and outputs `(batch, members, outputs)`.

    Output shape:
        `(batch,)` before reduction.
    """

    def __init__(self, inner: keras.losses.Loss) -> None:
        super().__init__(name=inner.name, reduction=inner.reduction)
        self.inner = inner

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each row."""
        members, outputs = y_pred.shape[1:]
        values = self.inner.call(
            keras.ops.repeat(y_true, members, axis=0), keras.ops.reshape(y_pred, (-1, outputs))
        )  # a member's prediction is a row of its own
        if len(values.shape) > 1:
            values = keras.ops.mean(values, axis=tuple(range(1, len(values.shape))))
        return keras.ops.mean(keras.ops.reshape(values, (-1, members)), axis=1)


def metric_of_mean(metric: keras.metrics.Metric) -> ConvertedMetric:
    """Return a metric, under the same name, of the mean over the members: of outputs `(batch, members, outputs)`."""
    return ConvertedMetric(metric, convert=_with_mean)


def _with_mean(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    return y_true, keras.ops.mean(y_pred, axis=1)


def mean_over_members(tensor: Tensor) -> Tensor:
    """Return the mean `(batch, units)` of `(batch, members, units)`, by a layer of Keras's own."""
    return keras.layers.GlobalAveragePooling1D(dtype=tensor.dtype)(tensor)


def check_members(members: Any, output: Tensor, *, where: str) -> None:
    """Check that an output has as many members as were promised.

    Args:
        members: What `Block.members` returned.
        output: The tensor that the block or head returned.
        where: What returned it, for the message.

    Raises:
        GraphError: If it has not one output for each member, or `members` is no whole number above 0.
    """
    is_count = isinstance(members, int) and not isinstance(members, bool) and members > 0
    if not is_count or len(output.shape) != 3 or output.shape[1] != members or output.shape[2] is None:
        raise GraphError(
            describe_error(
                f"{where} did not return one output for each member.",
                expected=f"shape (batch, members, units) with members={members!r}, a whole number above 0",
                received=f"shape {tuple(output.shape)}",
            )
        )
