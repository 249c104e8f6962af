"""Bring pictures into the one layout that the blocks take: `(rows, height, width, channels)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from autokeras_core.errors import NotFittedError, describe_error

__all__ = ["AddChannel", "ChannelsLast"]


class AddChannel:
    """A preprocessor that gives pictures without a channel axis one: `(rows, h, w)` to `(rows, h, w, 1)`.

    Example:
        ```python
        add_channel = AddChannel()
        add_channel.fit(pictures)  # (rows, 28, 28)
        add_channel.transform(pictures).shape  # (rows, 28, 28, 1)
        ```
    """

    in_model = True

    def __init__(self) -> None:
        self._shape: tuple[int, ...] | None = None

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Learn the size of the pictures, shape `(rows, height, width)`."""
        self._shape = tuple(int(side) for side in data.shape[1:])

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return a view with one more axis."""
        return batch[..., np.newaxis]

    def to_layer(self) -> keras.layers.Layer:
        """Return the same mapping as a `keras.layers.Reshape`."""
        return keras.layers.Reshape((*self._learned_shape(), 1))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return the learned size."""
        return {"shape": list(self._learned_shape())}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the learned size."""
        self._shape = tuple(int(side) for side in state["shape"])

    def _learned_shape(self) -> tuple[int, ...]:
        if self._shape is None:
            raise NotFittedError(
                describe_error(
                    "An AddChannel was used before it learned the size of the pictures.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._shape


class ChannelsLast:
    """A preprocessor that moves the channel axis to the end: `(rows, c, h, w)` to `(rows, h, w, c)`; learns nothing.

    Example:
        ```python
        ChannelsLast().transform(pictures).shape  # (rows, 3, 32, 32) becomes (rows, 32, 32, 3)
        ```
    """

    in_model = True

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Do nothing: the mapping depends on no data."""

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return a view with the second axis at the end."""
        return np.moveaxis(batch, 1, -1)

    def to_layer(self) -> keras.layers.Layer:
        """Return the same mapping as a `keras.layers.Permute`."""
        return keras.layers.Permute((2, 3, 1))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments: none."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return what was learned: nothing."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Do nothing: there is no state."""
