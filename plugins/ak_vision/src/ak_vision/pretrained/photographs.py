"""Pictures on the scale that photographs have: what stands before a pretrained network which is trained further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import keras
import numpy as np

from ak_vision.pretrained.pixels import check_channels, pixel_range
from autokeras_core.errors import NotFittedError, describe_error

__all__ = ["PHOTOGRAPH_DEVIATION", "PHOTOGRAPH_MEAN", "PhotographScaler"]

Array: TypeAlias = np.ndarray[Any, Any]

PHOTOGRAPH_MEAN = 0.449
"""The mean of ImageNet's pictures over all colours, of 0 to 1."""
PHOTOGRAPH_DEVIATION = 0.226
"""Their standard deviation."""


class PhotographScaler:
    """A preprocessor that standardises pictures as if they were photographs of ImageNet.

    A pretrained network must see black as black and white as white, so neither mean nor deviation of the training pictures
    matter. What the training pictures decide is which values stand for black and white, see `pixel_range`: these two
    are brought to where they are in standardised photographs, about -2 and 2.4. So augmentation may follow, and
    whatever a network wants can be computed from it.

    Input shape:
        `(rows, height, width, 1 or 3)`, any number type.

    Output shape:
        The same, float32.

    Example:
        ```python
        scaler = PhotographScaler()
        scaler.fit(pictures)
        scaler.transform(pictures)
        ```
    """

    in_model = True

    def __init__(self) -> None:
        self._range: tuple[float, float] | None = None

    def fit(self, data: Array) -> None:
        """Learn what stands for black and white.

        Raises:
            GraphError: If the pictures have another number of channels than 1 or 3.
        """
        check_channels(data.shape[-1], where="A pretrained network")
        self._range = pixel_range(data)

    def transform(self, batch: Array) -> Array:
        """Return the standardised pictures."""
        scale, offset = self._scale_and_offset()
        scaled: Array = batch.astype("float32") * np.float32(scale) + np.float32(offset)
        return scaled

    def to_layer(self) -> keras.layers.Layer:
        """Return the same mapping as a `keras.layers.Rescaling`."""
        scale, offset = self._scale_and_offset()
        return keras.layers.Rescaling(scale, offset=offset)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return what stands for black and white."""
        low, high = self._learned_range()
        return {"low": low, "high": high}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what stands for black and white."""
        self._range = float(state["low"]), float(state["high"])

    def _learned_range(self) -> tuple[float, float]:
        if self._range is None:
            raise NotFittedError(
                describe_error(
                    "A PhotographScaler was used before it learned anything.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._range

    def _scale_and_offset(self) -> tuple[float, float]:
        low, high = self._learned_range()
        width = high - low if high > low else 1.0
        return 1 / (width * PHOTOGRAPH_DEVIATION), -(low / width + PHOTOGRAPH_MEAN) / PHOTOGRAPH_DEVIATION
