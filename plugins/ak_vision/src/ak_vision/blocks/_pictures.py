"""What image blocks share: what they do to their input first, and how they normalize feature maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from autokeras_core import Block, GraphError
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from autokeras_core.plugin import Tensor

__all__ = ["MOMENTUM", "as_pictures", "normalized"]

MOMENTUM = 0.95
"""The momentum of batch normalization. Searches are short: with 0.99, the default of Keras, or the 0.999 of some
published networks, the moving averages would lag hundreds of steps behind."""


def as_pictures(block: Block, inputs: Tensor) -> Tensor:
    """Return a batch of pictures as floats, so that a block may also stand right behind raw pictures.

    Args:
        block: The block that asks, for the error message.
        inputs: A tensor of shape `(batch, height, width, channels)` of any number type.

    Raises:
        GraphError: If the tensor is no batch of pictures.
    """
    shape = getattr(inputs, "shape", None)
    if shape is None or len(shape) != 4:
        received = f"a tensor of shape {tuple(shape)}" if shape is not None else f"{inputs!r}"
        raise GraphError(
            describe_error(
                f"{block!r} was built on something that is no batch of pictures.",
                expected="one tensor of shape (batch, height, width, channels)",
                received=received,
                advice="Put it behind an ImageInput or another image block.",
            )
        )
    if not keras.backend.is_float_dtype(inputs.dtype):
        return keras.layers.Rescaling(1.0)(inputs)
    return inputs


def normalized(x: Tensor, *, activation: str | None = None, starts_at_zero: bool = False) -> Tensor:
    """Return a feature map after batch normalization, and after an activation if one is named.

    Args:
        x: A feature map.
        activation: A name that Keras knows, e.g. `"relu"` or `"silu"`.
        starts_at_zero: Whether the scale starts at 0, so that a residual block starts as the identity.
    """
    x = keras.layers.BatchNormalization(momentum=MOMENTUM, gamma_initializer="zeros" if starts_at_zero else "ones")(x)
    return x if activation is None else keras.layers.Activation(activation)(x)
