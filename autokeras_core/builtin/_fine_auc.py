"""The area under the ROC curve, close to the exact one also where positives are rare or probabilities close together."""

from __future__ import annotations

from typing import Any

import keras

from autokeras_core.graph.operator import Tensor

__all__ = ["FineAUC"]

_MOST_THRESHOLDS = 2_000
_ENOUGH_THRESHOLDS = 400
_FEWEST_THRESHOLDS = 100
# Each is updated in every step: so many that it takes no time, and so many that it takes no longer than the step itself.
_THRESHOLDS_OF_ALL_LABELS = 50_000
_MOST_THRESHOLDS_OF_ALL_LABELS = 400_000
_DENSE_UP_TO = 4.0  # log-odds; half of all thresholds are within them
_LARGEST_LOG_ODDS = 88.0  # float32 holds no smaller probability than exp(-87.3), but for 0


class FineAUC(keras.metrics.AUC):  # type: ignore[misc]  # keras ships no types
    """The area under the ROC curve.

    Keras's own has thresholds 0.005 apart. Where one row in a thousand is positive, nearly all probabilities are below the
    first of them, and the area comes out as 0.65 instead of 0.86. Only the order of the predictions counts for the area, so
    they may be spread before they are counted: this one's thresholds are evenly spaced in `s(z) = z / (|z| + 4)`, `z` the
    log-odds, which tells apart rare positives, rare negatives, probabilities close to 1/2, and very sure ones. Thresholds
    that are even take time for each row once; a list of uneven ones takes Keras time and memory for each row and threshold.

    Args:
        labels: The number of labels, whose areas are averaged; `None` for a single yes-or-no question. The more there are, the
            fewer thresholds each has: from 2,000 to 400, and beyond a thousand labels down to 100.
        name: The name in logs.

    Input shape:
        Targets of 0 and 1 and probabilities of the same shape; with labels `(batch_size, labels)`.
    """

    def __init__(self, *, labels: int | None = None, name: str = "auc") -> None:
        super().__init__(
            num_thresholds=_thresholds_each(labels or 1),
            multi_label=labels is not None,
            num_labels=labels,
            name=name,
        )
        self.labels = labels

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Take a batch into account."""
        super().update_state(y_true, _spread(y_pred), sample_weight=sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"labels": self.labels, "name": self.name}


def _thresholds_each(labels: int) -> int:
    wanted = max(_ENOUGH_THRESHOLDS, min(_MOST_THRESHOLDS, _THRESHOLDS_OF_ALL_LABELS // labels))
    return max(_FEWEST_THRESHOLDS, min(wanted, _MOST_THRESHOLDS_OF_ALL_LABELS // labels))


def _spread(probabilities: Tensor) -> Tensor:
    """Return numbers from 0 to 1 in the order of the probabilities, with room between those near 0, near 1 and at 1/2."""
    bounded = keras.ops.clip(keras.ops.cast(keras.ops.convert_to_tensor(probabilities), "float32"), 0.0, 1.0)
    log_odds = keras.ops.log(bounded) - keras.ops.log1p(-bounded)  # infinite for 0 and 1
    log_odds = keras.ops.clip(log_odds, -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS)
    return (1.0 + log_odds / (keras.ops.abs(log_odds) + _DENSE_UP_TO)) / 2.0
