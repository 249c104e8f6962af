"""Pictures on the scale that photographs have: what stands before a pretrained network which is trained further."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from ak_vision._range_scaler import RangeScaler
from ak_vision.pretrained.pixels import check_channels, pixel_range

__all__ = ["PHOTOGRAPH_DEVIATION", "PHOTOGRAPH_MEAN", "PhotographScaler"]

Array: TypeAlias = np.ndarray[Any, Any]

PHOTOGRAPH_MEAN = 0.449
"""The mean of ImageNet's pictures over all colours, of 0 to 1."""
PHOTOGRAPH_DEVIATION = 0.226
"""Their standard deviation."""


class PhotographScaler(RangeScaler):
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

    def range_of(self, pictures: Array) -> tuple[float, float]:
        """Return which values stand for black and white.

        Raises:
            GraphError: If the pictures have another number of channels than 1 or 3.
        """
        check_channels(pictures.shape[-1], where="A pretrained network")
        return pixel_range(pictures)

    def scale_and_offset(self, low: float, high: float) -> tuple[float, float]:
        """Return what brings black and white to where they are in standardised photographs."""
        width = high - low if high > low else 1.0
        return 1 / (width * PHOTOGRAPH_DEVIATION), -(low / width + PHOTOGRAPH_MEAN) / PHOTOGRAPH_DEVIATION
