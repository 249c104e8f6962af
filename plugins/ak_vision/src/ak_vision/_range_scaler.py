"""What preprocessors share that map a learned range of pixel values to a fixed one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeAlias

import keras
import numpy as np

from autokeras_core.errors import NotFittedError, describe_error

__all__ = ["RangeScaler"]

Array: TypeAlias = np.ndarray[Any, Any]


class RangeScaler(ABC):
    """Base class of preprocessors that learn two values, and scale and shift pictures so that these become fixed ones.

    A subclass says which two they are (`range_of`), and what they become (`scale_and_offset`).
    """

    in_model = True

    def __init__(self) -> None:
        self._range: tuple[float, float] | None = None

    @abstractmethod
    def range_of(self, pictures: Array) -> tuple[float, float]:
        """Return the two values that training pictures are judged by."""

    @abstractmethod
    def scale_and_offset(self, low: float, high: float) -> tuple[float, float]:
        """Return what pictures are multiplied by, and what is added then."""

    def fit(self, data: Array) -> None:
        """Learn from training pictures, of shape `(rows, ...)`."""
        self._range = self.range_of(data)

    def transform(self, batch: Array) -> Array:
        """Return the scaled pictures as `float32`; values outside the learned range lie outside the fixed one."""
        scale, offset = self.scale_and_offset(*self._learned_range())
        scaled: Array = batch.astype("float32") * np.float32(scale) + np.float32(offset)
        return scaled

    def to_layer(self) -> keras.layers.Layer:
        """Return the same mapping as a `keras.layers.Rescaling`."""
        scale, offset = self.scale_and_offset(*self._learned_range())
        return keras.layers.Rescaling(scale, offset=offset)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return the learned values."""
        low, high = self._learned_range()
        return {"low": low, "high": high}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the learned values."""
        self._range = float(state["low"]), float(state["high"])

    def _learned_range(self) -> tuple[float, float]:
        if self._range is None:
            raise NotFittedError(
                describe_error(
                    f"A {type(self).__name__} was used before it learned anything.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._range
