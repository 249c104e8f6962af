"""Numbers scaled: robustly with smooth clipping, or to a normal distribution; missing ones become the middle.

Reference:
    Robust scaling with smooth clipping is that of RealMLP: Holzmüller, Grinsztajn, Steinwart: Better by Default.
    NeurIPS 2024.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, TypeAlias

import keras
import numpy as np

__all__ = ["QuantileScaler", "RobustScaler", "flushed", "flushed_tensor"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_LARGEST = 1e18  # its square still fits into float32
_SMALLEST = 1e-30
_KNOTS = 256  # a power of 2: a knot is found in 8 steps
_WIDEST = 1e37
_FEWEST_ROWS_PER_KNOT = 2


def flushed(numbers: Array) -> Array:
    """Return float32 numbers with 0 for those so small that the difference of two would be below float32's range.

    TensorFlow reads numbers below that range as 0, NumPy does not; without them both compute the same.
    """
    return np.where(np.abs(numbers) < _SMALLEST, np.float32(0), numbers)


def flushed_tensor(numbers: Tensor) -> Tensor:
    """Return the same of a tensor."""
    return keras.ops.where(keras.ops.abs(numbers) < _SMALLEST, 0.0, numbers)


class RobustScaler:
    """Centres columns at their medians and divides them by their interquartile ranges, then clips smoothly to (-3, 3).

    Where the interquartile range is 0, half the range is taken; a constant column becomes 0. Missing values become 0,
    the median.
    """

    def __init__(self) -> None:
        self._center = np.zeros(0, np.float32)
        self._factor = np.zeros(0, np.float32)

    def fit(self, numbers: Array) -> None:
        """Learn medians and ranges of flushed float32 numbers, shape `(rows, columns)`, NaN where missing."""
        scales = [_center_and_factor(numbers[:, index]) for index in range(numbers.shape[1])]
        self._center = np.array([center for center, _ in scales], dtype=np.float32)
        self._factor = np.array([factor for _, factor in scales], dtype=np.float32)

    def transform(self, numbers: Array) -> Array:
        """Return scaled numbers of the same shape."""
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (numbers - self._center) * self._factor
        scaled = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST), -_LARGEST, _LARGEST)
        clipped: Array = scaled / np.sqrt(1 + np.square(scaled / 3))
        return clipped

    def tensor(self, numbers: Tensor) -> Tensor:
        """Return the same of a tensor."""
        scaled = (numbers - self._center) * self._factor
        scaled = keras.ops.nan_to_num(scaled, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)
        scaled = keras.ops.clip(scaled, -_LARGEST, _LARGEST)
        return scaled / keras.ops.sqrt(1 + keras.ops.square(scaled / 3))

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        return {"center": self._center, "factor": self._factor}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._center = np.asarray(state["center"], dtype=np.float32)
        self._factor = np.asarray(state["factor"], dtype=np.float32)


class QuantileScaler:
    """Maps each column onto a normal distribution, by straight lines between its quantiles.

    Missing values become 0, the median of the result. What lies beyond the training rows becomes their end.
    """

    def __init__(self) -> None:
        self._knots = np.zeros((0, _KNOTS), np.float32)
        self._values = np.zeros((0, _KNOTS), np.float32)

    def fit(self, numbers: Array) -> None:
        """Learn the quantiles of flushed float32 numbers, shape `(rows, columns)`, NaN where missing."""
        columns = [_knots_and_values(numbers[:, index]) for index in range(numbers.shape[1])]
        self._knots = np.array([knots for knots, _ in columns], dtype=np.float32).reshape(-1, _KNOTS)
        self._values = np.array([values for _, values in columns], dtype=np.float32).reshape(-1, _KNOTS)

    def transform(self, numbers: Array) -> Array:
        """Return normally distributed numbers of the same shape."""
        result = np.zeros(numbers.shape, np.float32)
        per_width = self._per_width()
        for index in range(numbers.shape[1]):
            known = np.clip(numbers[:, index], self._knots[index, 0], self._knots[index, -1])
            is_missing = np.isnan(known)
            known = np.where(is_missing, self._knots[index, 0], known)
            left = np.clip(np.searchsorted(self._knots[index], known, side="right") - 1, 0, _KNOTS - 2)
            share = np.clip((known - self._knots[index][left]) * per_width[index][left], 0, 1)
            low, high = self._values[index][left], self._values[index][left + 1]
            result[:, index] = np.where(is_missing, 0, low + share * (high - low))
        return result

    def tensor(self, numbers: Tensor) -> Tensor:
        """Return the same of a tensor, by binary search in all columns at once."""
        ops = keras.ops
        knots, values = self._knots.reshape(-1), self._values.reshape(-1)
        first = (np.arange(len(self._knots)) * _KNOTS).astype("int32")
        is_missing = ops.isnan(numbers)
        known = ops.where(is_missing, self._knots[:, 0], numbers)
        known = ops.minimum(ops.maximum(known, self._knots[:, 0]), self._knots[:, -1])
        left = ops.zeros_like(known, dtype="int32") + first
        step = _KNOTS // 2
        while step:
            is_right = ops.take(knots, left + step) <= known
            left = ops.where(is_right, left + step, left)
            step //= 2
        left = ops.minimum(left, first + _KNOTS - 2)
        per_width = ops.take(self._per_width().reshape(-1), left)
        share = ops.clip((known - ops.take(knots, left)) * per_width, 0, 1)
        low, high = ops.take(values, left), ops.take(values, left + 1)
        return ops.where(is_missing, 0.0, low + share * (high - low))

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        return {"knots": self._knots, "values": self._values}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._knots = np.asarray(state["knots"], dtype=np.float32)
        self._values = np.asarray(state["values"], dtype=np.float32)

    def _per_width(self) -> Array:
        """Return 1 / width of the piece to the right of each knot, 0 where there is none."""
        widths = np.diff(self._knots.astype(np.float64), axis=1, append=self._knots[:, -1:].astype(np.float64))
        with np.errstate(divide="ignore"):
            return np.where(widths > 0, np.minimum(1 / widths, 1e37), 0).astype(np.float32)


def _center_and_factor(values: Array) -> tuple[float, float]:
    """Return a column's median and what to multiply by: 1 / IQR, or 2 / range, or 0 for a constant column."""
    known = np.clip(values[~np.isnan(values)].astype(np.float64), -_WIDEST, _WIDEST)
    if not len(known):
        return 0.0, 0.0
    low, median, high = np.quantile(known, [0.25, 0.5, 0.75])
    spread = high - low if high > low else (known.max() - known.min()) / 2
    factor = 1 / spread if spread > 0 else 0.0
    # Beyond what float32 holds a spread is rounding noise, or a factor that TensorFlow reads as 0.
    limits = np.finfo(np.float32)
    return _plain(median), float(factor) if limits.tiny <= factor <= 1 / _SMALLEST else 0.0


def _knots_and_values(values: Array) -> tuple[Array, Array]:
    """Return a column's different quantiles, and the quantile of the normal distribution that each is mapped to.

    Both are filled up at the end with their last value, to a length of `_KNOTS`.
    """
    known = np.clip(values[~np.isnan(values)].astype(np.float64), -_WIDEST, _WIDEST)
    if not len(known):
        return np.zeros(_KNOTS), np.zeros(_KNOTS)
    count = int(np.clip(len(known) // _FEWEST_ROWS_PER_KNOT, 2, _KNOTS))
    shares = np.linspace(0, 1, count)
    quantiles = np.array([_plain(each) for each in np.quantile(known, shares)], dtype=np.float32)
    knots, places = np.unique(quantiles, return_inverse=True)
    middle = np.bincount(places, weights=shares) / np.bincount(places)
    # The ends are mapped to what the first and last of so many normally distributed numbers are about.
    least = 1 / (2 * count + 1)
    normal = NormalDist()
    targets = np.array([normal.inv_cdf(float(share)) for share in np.clip(middle, least, 1 - least)])
    if len(knots) == 1:
        targets[:] = 0
    fill = _KNOTS - len(knots)
    return np.pad(knots, (0, fill), mode="edge"), np.pad(targets, (0, fill), mode="edge")


def _plain(number: float) -> float:
    return 0.0 if abs(number) < _SMALLEST else float(number)
