"""Brings pixel values into `[0, 1]`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ak_vision._range_scaler import RangeScaler

__all__ = ["Rescaler"]

Array: TypeAlias = np.ndarray[Any, Any]


class Rescaler(RangeScaler):
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

    def range_of(self, pictures: Array) -> tuple[float, float]:
        """Return the range of the values of training pictures of any shape."""
        low, high = float(pictures.min()), float(pictures.max())
        return (0.0, 255.0) if pictures.dtype == np.uint8 and high > 1 else (low, high)

    def scale_and_offset(self, low: float, high: float) -> tuple[float, float]:
        """Return what brings the range to `[0, 1]`."""
        scale = 1.0 / (high - low) if high > low else 1.0
        return scale, -low * scale
