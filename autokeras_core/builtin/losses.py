"""Losses of the heads: from what a user writes to a Keras loss, and losses whose gradients do not depend on units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.operator import Tensor
from autokeras_core.names import suggest

__all__ = [
    "FunctionLoss",
    "StandardizedSquaredError",
    "UnitFreeLoss",
    "as_loss",
    "loss_of_rows",
    "one_deviation_off",
    "values_of_rows",
]

Array: TypeAlias = np.ndarray[Any, Any]

_LARGEST_FACTOR = 1e30
_OF_BATCHES = (keras.losses.Dice, keras.losses.Tversky)  # Keras's own that have one value for all rows by default


class FunctionLoss(keras.losses.Loss):  # type: ignore[misc]  # keras ships no types
    """A loss given as a function of `(y_true, y_pred)`, with one value per row.

    Args:
        function: Returns one value per row, several (their mean counts), or one for the batch (each row counts with it).
        name: The loss's name; by default the function's.
        dtype: What targets and predictions are turned into; by default Keras's `floatx()`.
    """

    def __init__(
        self,
        function: Callable[[Tensor, Tensor], Tensor],
        *,
        name: str | None = None,
        reduction: str = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name=name or getattr(function, "__name__", "loss"), reduction=reduction, dtype=dtype)
        self.function = function

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each row."""
        return values_of_rows(self.function(y_true, y_pred), y_pred)

    def is_of_batch(self, y_true: Tensor, y_pred: Tensor) -> bool:
        """Return whether the function's value for these rows, two or more, is one for all of them."""
        shape = keras.ops.convert_to_tensor(self.function(y_true, y_pred)).shape
        return len(shape) == 0 or shape[0] != len(y_true)


class StandardizedSquaredError(keras.losses.Loss):  # type: ignore[misc]  # keras ships no types
    """Mean squared error in units of each target's standard deviation: 1 is what predicting the mean scores.

    So the loss, its gradients, and the weight of each of several targets do not depend on the targets' units.

    Args:
        scale: The standard deviation of each target on the training rows.

    Input shape:
        Two tensors `(batch_size, targets)` in the targets' own units.

    Output shape:
        `(batch_size,)` before reduction.
    """

    def __init__(
        self,
        scale: Sequence[float],
        *,
        name: str = "standardized_squared_error",
        reduction: str = "sum_over_batch_size",
    ) -> None:
        super().__init__(name=name, reduction=reduction)
        self.scale = tuple(float(width) for width in scale)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each row."""
        # The mean that standardising subtracts cancels out of the difference.
        scale = keras.ops.convert_to_tensor(self.scale, dtype=y_pred.dtype)
        return keras.ops.mean(keras.ops.square((y_true - y_pred) / scale), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "scale": list(self.scale)}


class UnitFreeLoss(keras.losses.Loss):  # type: ignore[misc]  # keras ships no types
    """A user's loss in the targets' own units, whose gradients are scaled by a constant.

    What is reported is exactly the user's loss. What is optimised is the loss times a positive constant, which has
    the same minimum: without it a squared error of targets around 1e6 has gradients around 1e12, one of targets around
    1e-6 gradients that Adam takes for rounding errors.

    Args:
        inner: The user's loss.
        factor: The constant.
    """

    def __init__(self, inner: keras.losses.Loss, *, factor: float) -> None:
        super().__init__(name=inner.name, reduction=inner.reduction, dtype=inner.dtype)
        self.inner = inner
        self.factor = factor

    @classmethod
    def for_targets(cls, inner: keras.losses.Loss, *, mean: Sequence[float], scale: Sequence[float]) -> UnitFreeLoss:
        """Return the loss with the factor 1 / (what predicting the mean costs more than predicting rightly)."""
        targets, predictions = one_deviation_off(mean, scale)
        at_mean = keras.ops.convert_to_numpy(_call(inner, targets, predictions))
        at_best = keras.ops.convert_to_numpy(_call(inner, targets, targets))
        excess = float(np.mean(at_mean - at_best))
        factor = 1.0 / excess if np.isfinite(excess) and excess > 1.0 / _LARGEST_FACTOR else 1.0
        return cls(inner, factor=factor)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Return the loss of each row."""
        values = self.inner.call(y_true, y_pred)
        scaled = values * self.factor
        # The bracket is exactly 0; only its gradient is not.
        return keras.ops.stop_gradient(values) + (scaled - keras.ops.stop_gradient(scaled))


def as_loss(loss: Any, *, head: str) -> keras.losses.Loss:
    """Return a Keras loss for what a user passed as `loss=`.

    Args:
        loss: The name of a Keras loss, a function of `(y_true, y_pred)`, a Keras loss or its class.
        head: The head, for messages.

    Raises:
        GraphError: If it is none of these, or a loss that expects logits.
    """
    if isinstance(loss, str):
        try:
            resolved = keras.losses.get(loss)
        except ValueError:
            known = sorted(name for name in vars(keras.losses) if name.islower() and not name.startswith("_"))
            raise GraphError(
                describe_error(
                    f"{head} has an unknown loss.",
                    expected="the name of a Keras loss, a function of (y_true, y_pred), or a keras.losses.Loss",
                    received=f"loss={loss!r}",
                    advice=suggest(loss, known),
                )
            ) from None
        return loss_of_rows(resolved)
    if isinstance(loss, type) and issubclass(loss, keras.losses.Loss):
        loss = loss()
    if isinstance(loss, keras.losses.Loss):
        if loss.get_config().get("from_logits"):
            raise GraphError(
                describe_error(
                    f"The loss of {head} expects logits, but the head returns probabilities.",
                    expected="a loss with from_logits=False",
                    received=f"{type(loss).__name__}(from_logits=True)",
                )
            )
        return loss_of_rows(loss)
    if callable(loss):
        return loss_of_rows(loss)
    raise GraphError(
        describe_error(
            f"{head} has an unusable loss.",
            expected="the name of a Keras loss, a function of (y_true, y_pred), or a keras.losses.Loss",
            received=f"loss={loss!r}",
        )
    )


def loss_of_rows(loss: Any) -> keras.losses.Loss:
    """Return a loss whose `call` has one value per row, as nearly all of Keras and those of this library have.

    Args:
        loss: A Keras loss or a function of `(y_true, y_pred)`; one of a user's own may return what `values_of_rows` takes.
    """
    if not isinstance(loss, keras.losses.Loss):
        return FunctionLoss(loss)
    is_of_rows = getattr(keras.losses, type(loss).__name__, None) is type(loss) and not isinstance(loss, _OF_BATCHES)
    if is_of_rows or isinstance(loss, (FunctionLoss, StandardizedSquaredError, UnitFreeLoss)):
        return loss
    return FunctionLoss(loss.call, name=loss.name, reduction=loss.reduction, dtype=loss.dtype)


def values_of_rows(values: Any, y_pred: Tensor) -> Tensor:
    """Return one value per row, of what a user's function of targets and predictions returned: only so can rows be weighted.

    Args:
        values: One value per row; several, of which the mean is taken; or one for the batch, which is repeated.
        y_pred: The predictions, for the number of rows.
    """
    values = keras.ops.convert_to_tensor(values)
    if len(values.shape) == 0:
        return keras.ops.broadcast_to(values, keras.ops.shape(y_pred)[:1])
    return keras.ops.mean(values, axis=tuple(range(1, len(values.shape)))) if len(values.shape) > 1 else values


def one_deviation_off(mean: Sequence[float], scale: Sequence[float]) -> tuple[Array, Array]:
    """Return targets of two rows, one standard deviation below and above the mean, and the mean as predictions of both."""
    center, width = np.asarray([mean], dtype=np.float32), np.asarray([scale], dtype=np.float32)
    return np.concatenate([center - width, center + width]), np.concatenate([center, center])


def _call(loss: keras.losses.Loss, y_true: Any, y_pred: Any) -> Tensor:
    return loss.call(*(keras.ops.convert_to_tensor(each, dtype=loss.dtype) for each in (y_true, y_pred)))
