"""What guessing costs: the loss of a prediction that looks at no row. By it losses of several heads become comparable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from autokeras_core.builtin.losses import one_deviation_off

__all__ = ["loss_of_class_shares", "loss_of_mean"]

_LEAST_SHARE = 1e-7
_LEAST_LOSS = 0.1  # of a target with hardly any rows of a class: else its loss would be blown up
_VALUES_AT_ONCE = 2**20  # probabilities, 4 MiB; a loss may need several times as much for them


def loss_of_class_shares(
    loss: keras.losses.Loss, balance: Sequence[float], *, is_multi_label: bool, is_sparse: bool
) -> float:
    """Return what predicting the training rows' class shares for every row costs: the entropy, for crossentropy.

    Args:
        loss: A loss of one-hot or multi-hot targets, or of class numbers, and probabilities.
        balance: The share of each class, or of each label.
        is_multi_label: Whether a row may have several labels.
        is_sparse: Whether the loss takes class numbers.

    Returns:
        At least 0.1, and 1 where it cannot be told.
    """
    shares = np.clip(np.asarray(balance, dtype=np.float32), _LEAST_SHARE, 1 - _LEAST_SHARE)
    if is_multi_label:
        values = _values(loss, shares[None], shares[None])
    else:
        values = _values_of_classes(loss, shares, is_sparse=is_sparse) * shares
    return _usable(float(np.sum(values)), least=_LEAST_LOSS)


def loss_of_mean(loss: keras.losses.Loss, *, mean: Sequence[float], scale: Sequence[float]) -> float:
    """Return what predicting the mean for every row costs, for targets that are one standard deviation off.

    Args:
        loss: A loss of numbers in the targets' own units.
        mean: The mean of each target.
        scale: The standard deviation of each target.

    Returns:
        Above 0; 1 where it cannot be told.
    """
    values = _values(loss, *one_deviation_off(mean, scale))
    return _usable(float(np.mean(values)), least=float(np.finfo(np.float32).tiny))


def _values_of_classes(loss: keras.losses.Loss, shares: Any, *, is_sparse: bool) -> Any:
    """Return the loss of a row of each class where the shares are predicted, of a part of the classes at a time."""
    classes = np.arange(len(shares))
    step = max(1, min(len(shares), _VALUES_AT_ONCE // len(shares)))
    predictions = np.tile(shares, (step, 1))
    parts = []
    for start in range(0, len(shares), step):
        some = classes[start : start + step]
        targets = some if is_sparse else (some[:, None] == classes).astype(np.float32)
        parts.append(_values(loss, targets, predictions[: len(some)]))
    return np.concatenate(parts)


def _values(loss: keras.losses.Loss, y_true: Any, y_pred: Any) -> Any:
    """Return the loss of each row."""
    values = loss.call(keras.ops.convert_to_tensor(y_true), keras.ops.convert_to_tensor(y_pred))
    return keras.ops.convert_to_numpy(values).reshape(len(y_pred), -1).mean(axis=1)


def _usable(value: float, *, least: float) -> float:
    return max(value, least) if np.isfinite(value) and value > 0 else 1.0
