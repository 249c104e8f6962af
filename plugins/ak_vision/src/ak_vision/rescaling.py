"""Brings pixel values into `[0, 1]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from autokeras_core.errors import NotFittedError, describe_error

__all__ = ["Rescaler"]


class Rescaler:
    """A preprocessor that maps the value range of the training pictures to `[0, 1]`.

    Pictures of `uint8` have the range 0 to 255 if any value is above 1, whatever the brightest pixel is; for all other
    kinds of numbers the range is the one that the training pictures have. Equal pictures map to 0.

    Example:
        ```python
        rescaler = Rescaler()
        rescaler.fit(pictures)
        rescaler.transform(pictures)  # float32
        ```
    """

    in_model = True

    def __init__(self) -> None:
        self._range: tuple[float, float] | None = None

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Learn the value range of training pictures of any shape."""
        low, high = float(data.min()), float(data.max())
        if data.dtype == np.uint8 and high > 1:
            low, high = 0.0, 255.0
        self._range = low, high

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the values as `float32`, mapped to `[0, 1]`; values outside the learned range lie outside it."""
        scale, offset = self._scale_and_offset()
        scaled: np.ndarray[Any, Any] = batch.astype("float32") * np.float32(scale) + np.float32(offset)
        return scaled

    def to_layer(self) -> keras.layers.Layer:
        """Return the same mapping as a `keras.layers.Rescaling`."""
        scale, offset = self._scale_and_offset()
        return keras.layers.Rescaling(scale, offset=offset)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return the learned value range."""
        low, high = self._learned_range()
        return {"low": low, "high": high}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the learned value range."""
        self._range = float(state["low"]), float(state["high"])

    def _learned_range(self) -> tuple[float, float]:
        if self._range is None:
            raise NotFittedError(
                describe_error(
                    "A Rescaler was used before it learned anything.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._range

    def _scale_and_offset(self) -> tuple[float, float]:
        low, high = self._learned_range()
        scale = 1.0 / (high - low) if high > low else 1.0
        return scale, -low * scale
