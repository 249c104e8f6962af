"""Metrics that are a mean over the classes, or labels, of those that the rows can tell something of.

Keras's own count a class without rows as 0: a perfect model has less than 1 as soon as a rare label is missing from the
rows that it is asked about.
"""

from __future__ import annotations

import keras

from autokeras_core.builtin._fine_auc import FineAUC
from autokeras_core.graph.operator import Tensor

__all__ = ["MeanAUC", "MeanF1"]


class MeanAUC(FineAUC):
    """The mean area under the ROC curve over the labels with both positive and negative rows; 0 if there is none.

    Args:
        labels: The number of labels, or of classes that are each asked for against the others.
        name: The name in logs.

    Input shape:
        Targets of 0 and 1 and probabilities, both `(batch_size, labels)`.
    """

    def __init__(self, labels: int, *, name: str = "auc") -> None:
        super().__init__(labels=labels, name=name)

    def result(self) -> Tensor:
        """Return the mean area."""
        positives, negatives = (
            self.true_positives + self.false_negatives,
            self.false_positives + self.true_negatives,
        )
        recall = keras.ops.divide_no_nan(self.true_positives.value, positives)
        fallout = keras.ops.divide_no_nan(self.false_positives.value, negatives)
        areas = keras.ops.sum((fallout[:-1] - fallout[1:]) * (recall[:-1] + recall[1:]) / 2, axis=0)
        return _mean_of_counted(areas, (positives[0] > 0) & (negatives[0] > 0))


class MeanF1(keras.metrics.F1Score):  # type: ignore[misc]  # keras ships no types
    """The mean F1 score over the classes that rows have or that are predicted; 0 if there is none.

    Args:
        threshold: From which probability on a label is predicted; `None` predicts the likeliest class of each row.
        name: The name in logs.

    Input shape:
        Targets of 0 and 1 and probabilities, both `(batch_size, classes)`.
    """

    def __init__(self, *, threshold: float | None = None, name: str = "f1") -> None:
        super().__init__(average="macro", threshold=threshold, name=name)

    def result(self) -> Tensor:
        """Return the mean score."""
        if not self._built:  # no rows yet
            return super().result()
        errors = self.false_positives + self.false_negatives
        scores = keras.ops.divide_no_nan(2 * self.true_positives, 2 * self.true_positives + errors)
        return _mean_of_counted(scores, self.true_positives + errors > 0)


def _mean_of_counted(values: Tensor, is_counted: Tensor) -> Tensor:
    counted = keras.ops.cast(is_counted, values.dtype)
    return keras.ops.divide_no_nan(keras.ops.sum(values * counted), keras.ops.sum(counted))
