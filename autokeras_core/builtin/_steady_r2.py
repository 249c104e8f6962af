"""The coefficient of determination, also of targets far from 0, and of rows that do not differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from autokeras_core.graph.operator import Tensor

__all__ = ["SteadyR2"]

_LEAST_SPREAD = 1e-6  # of the mean square: what float32 leaves of numbers that are all the same


class SteadyR2(keras.metrics.R2Score):  # type: ignore[misc]  # keras ships no types
    """The coefficient of determination R2.

    Keras takes the variance of the targets for a difference of sums of squares. In float32 nothing is left of it where they are
    around 17,000 and differ by 5: the score is minus infinity, which Keras calls 0. R2 is the same of standardised numbers,
    so they are standardised first. As with Keras, targets that are all the same have a score of 0.

    Args:
        mean: The mean of each target over the training rows.
        scale: Their standard deviation: one for all targets, so that the relation of their variances stays.
        class_aggregation: As for `keras.metrics.R2Score`.
        name: The name in logs.

    Input shape:
        Targets and predictions `(batch_size, targets)`.
    """

    def __init__(
        self,
        *,
        mean: Sequence[float],
        scale: float,
        class_aggregation: str | None = "uniform_average",
        name: str = "r2",
    ) -> None:
        super().__init__(class_aggregation=class_aggregation, name=name)
        self.mean, self.scale = tuple(mean), scale

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None) -> None:
        """Take a batch into account."""
        mean = keras.ops.convert_to_tensor(self.mean, dtype="float32")
        true, predicted = ((keras.ops.cast(values, "float32") - mean) / self.scale for values in (y_true, y_pred))
        super().update_state(true, predicted, sample_weight=sample_weight)

    def result(self) -> Tensor:
        """Return the score: one number, or one for each target if they are not aggregated."""
        spread = self.squared_sum - self.sum * (self.sum / self.count)
        spread = keras.ops.where(spread > _LEAST_SPREAD * self.squared_sum, spread, 0.0)
        scores = keras.ops.where(spread > 0, 1 - keras.ops.divide_no_nan(self.total_mse, spread), 0.0)
        if self.class_aggregation == "uniform_average":
            return keras.ops.mean(scores)
        if self.class_aggregation == "variance_weighted_average":
            return keras.ops.divide_no_nan(keras.ops.sum(spread * scores), keras.ops.sum(spread))
        return scores

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        options = {"class_aggregation": self.class_aggregation, "name": self.name}
        return {"mean": list(self.mean), "scale": self.scale, **options}
