"""Standardising numbers: the block that asks for it, and the preprocessor that does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np

from autokeras_core.errors import DataError, NotFittedError, describe_error
from autokeras_core.graph.operator import Block

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Preprocessor, Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["Normalization", "Normalizer"]

Array: TypeAlias = np.ndarray[Any, Any]

_CHUNK_BYTES = 64 * 2**20
_SMALLEST, _LARGEST = 1e-6, 1e18  # deviations that Keras's layer divides by as they are; their squares are float32 too
_LARGEST_EXPONENT = 126  # of a power of two in float32


class Normalization(Block):
    """Standardise each channel with the mean and variance that it has on the training rows.

    The block is transparent: what stands behind it may ask for preprocessing too. It must stand behind one input.

    Args:
        name: The block's name in the graph, by default `normalization`.

    Input shape:
        `(batch, ..., channels)`.

    Output shape:
        As the input.

    Example:
        ```python
        output = DenseBlock()(Normalization()(ArrayInput()))
        ```
    """

    base_name = "normalization"

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)

    @property
    def is_transparent(self) -> bool:
        """True: the preprocessor in front of the block does the work."""
        return True

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return a new `Normalizer`."""
        return (Normalizer(),)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the input."""
        return inputs


class Normalizer:
    """A preprocessor that shifts and scales each channel to mean 0 and variance 1 on the training rows.

    Mean and variance are taken over all axes but the last, from finite values only. A channel that is constant is
    shifted to 0 and not scaled.

    Example:
        ```python
        normalizer = Normalizer()
        normalizer.fit(rows)
        normalizer.transform(rows)  # float32
        ```
    """

    in_model = True
    after_defaults = True

    def __init__(self) -> None:
        self._mean: Array | None = None
        self._variance: Array | None = None

    def fit(self, data: Array) -> None:
        """Learn mean and variance of each channel.

        Args:
            data: Training rows of shape `(rows, ..., channels)`, numbers or bools.

        Raises:
            DataError: If the data is no numbers, or has no channel axis.
        """
        if data.ndim < 2 or data.dtype.kind not in "biuf":
            raise DataError(
                describe_error(
                    "Data cannot be normalized.",
                    expected="numbers of shape (rows, ..., channels)",
                    received=f"dtype {data.dtype}, shape {data.shape}",
                )
            )
        count = np.zeros(data.shape[-1])
        total = np.zeros(data.shape[-1])
        for values, is_finite in _chunks(data):
            count += is_finite.sum(axis=0)
            total += values.sum(axis=0)
        mean = total / np.maximum(count, 1)
        # A second pass: the difference of two large sums would lose what a small variance consists of.
        squares = np.zeros(data.shape[-1])
        for values, is_finite in _chunks(data):
            squares += np.where(is_finite, (values - mean) ** 2, 0).sum(axis=0)
        variance = squares / np.maximum(count, 1)
        # Below the resolution of float32 a difference is rounding, not information.
        smallest = (float(np.finfo(np.float32).eps) * np.abs(mean)) ** 2
        self._mean = mean
        self._variance = np.where(variance <= smallest, 1.0, variance)

    def transform(self, batch: Array) -> Array:
        """Return the standardised rows, float32.

        Raises:
            DataError: If the rows have another number of channels than the training rows.
            NotFittedError: If `fit` was not called.
        """
        mean, variance = self._fitted()
        if batch.ndim < 2 or batch.shape[-1] != len(mean):
            raise DataError(
                describe_error(
                    "Rows cannot be normalized as the training rows were.",
                    expected=f"{len(mean)} channels on the last axis",
                    received=f"shape {batch.shape}",
                )
            )
        # Step by step what the Keras layers do, so that both faces round alike.
        factors = _factors(variance)
        scaled_mean, scaled_variance = (mean * factors).astype(np.float32), (variance * factors**2).astype(np.float32)
        deviation = np.maximum(np.sqrt(scaled_variance), np.float32(keras.config.epsilon()))
        values = batch.astype(np.float32)
        if (factors != 1).any():
            values *= factors.astype(np.float32)
        standardized: Array = (values - scaled_mean) / deviation
        return standardized

    def to_layer(self) -> keras.layers.Layer:
        """Return the same mapping as a `keras.layers.Normalization`, behind a `Rescaling` where numbers are tiny or huge.

        Raises:
            NotFittedError: If `fit` was not called.
        """
        mean, variance = self._fitted()
        factors = _factors(variance)
        scaled_mean, scaled_variance = (mean * factors).tolist(), (variance * factors**2).tolist()
        normalization = keras.layers.Normalization(axis=-1, mean=scaled_mean, variance=scaled_variance)
        if (factors == 1).all():
            return normalization
        return keras.Sequential([keras.layers.Rescaling(factors.tolist()), normalization])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return mean and variance, float64 arrays of shape `(channels,)`.

        Raises:
            NotFittedError: If `fit` was not called.
        """
        mean, variance = self._fitted()
        return {"mean": mean, "variance": variance}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore mean and variance."""
        self._mean = np.asarray(state["mean"], dtype=np.float64)
        self._variance = np.asarray(state["variance"], dtype=np.float64)

    def _fitted(self) -> tuple[Array, Array]:
        if self._mean is None or self._variance is None:
            raise NotFittedError(
                describe_error(
                    "The Normalizer has learned nothing yet.",
                    expected="fit(rows) first",
                    received="no mean and variance",
                )
            )
        return self._mean, self._variance


def _factors(variance: Array) -> Array:
    """Return what to multiply each channel by, so that its deviation is one that Keras divides by; 1 for most.

    Keras takes a deviation below 1e-7 for 1e-7: nanometres in metres would all but vanish. A power of two rounds nothing.
    """
    deviation = np.sqrt(variance)
    exponents = np.clip(-np.floor(np.log2(deviation)), -_LARGEST_EXPONENT, _LARGEST_EXPONENT)
    return np.where((deviation < _SMALLEST) | (deviation > _LARGEST), 2.0**exponents, 1.0)


def _chunks(data: Array) -> Iterator[tuple[Array, Array]]:
    """Yield parts of the data as float64 of shape `(values, channels)`, with 0 for what is not finite, and a mask.

    In parts, since a set of pictures as float64 is eight times its size.
    """
    bytes_per_row = max(8 * data[:1].size, 1)
    rows = max(_CHUNK_BYTES // bytes_per_row, 1)
    for start in range(0, len(data), rows):
        values = data[start : start + rows].astype(np.float64).reshape(-1, data.shape[-1])
        is_finite = np.isfinite(values)
        yield np.where(is_finite, values, 0.0), is_finite
