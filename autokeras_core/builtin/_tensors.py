"""What generic blocks and heads do to their inputs first. Heavy: imports Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from autokeras_core.errors import GraphError, describe_error

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Block, Tensor

__all__ = ["as_numbers", "as_vectors", "dense_outputs", "flattened", "head_vectors", "pooled"]

_AVERAGE_POOLING = {
    3: keras.layers.GlobalAveragePooling1D,
    4: keras.layers.GlobalAveragePooling2D,
    5: keras.layers.GlobalAveragePooling3D,
}
_MAX_POOLING = {
    3: keras.layers.GlobalMaxPooling1D,
    4: keras.layers.GlobalMaxPooling2D,
    5: keras.layers.GlobalMaxPooling3D,
}


def as_numbers(block: Block, inputs: Tensor) -> Tensor:
    """Return one tensor of numbers as floats, so that a block may also stand right behind raw data.

    Args:
        block: The block that asks, for the error message.
        inputs: A tensor of shape `(batch, ..., channels)` of any number type.

    Raises:
        GraphError: If it is a list, a tensor of text, has no axis behind the batch, or its last one varies.
    """
    if isinstance(inputs, (list, tuple)):
        raise GraphError(
            describe_error(
                f"{block!r} takes one tensor.",
                expected="a block called on one node",
                received=f"a list of {len(inputs)}",
                advice="Put Merge() in front of it.",
            )
        )
    dtype = keras.backend.standardize_dtype(inputs.dtype)
    if dtype == "string" or len(inputs.shape) < 2 or inputs.shape[-1] is None:
        raise GraphError(
            describe_error(
                f"{block!r} was built on something that is no batch of numbers.",
                expected="a tensor of numbers of shape (batch, ..., channels), the number of channels fixed",
                received=f"shape {tuple(inputs.shape)}, dtype {dtype}",
            )
        )
    if not keras.backend.is_float_dtype(dtype):
        return keras.layers.Rescaling(1.0)(inputs)
    return inputs


def flattened(block: Block, inputs: Tensor) -> Tensor:
    """Return a tensor of shape `(batch, features)`, all axes behind the batch laid out in one.

    Raises:
        GraphError: If the length of an axis varies: the number of features would vary too.
    """
    if len(inputs.shape) == 2:
        return inputs
    if None in inputs.shape[1:]:
        raise GraphError(
            describe_error(
                f"{block!r} cannot flatten an axis whose length varies.",
                expected="a fixed shape behind the batch axis",
                received=f"shape {tuple(inputs.shape)}",
                advice="Reduce it by pooling: SpatialReduction or TemporalReduction with 'global_avg' or 'global_max'.",
            )
        )
    return keras.layers.Flatten()(inputs)


def pooled(inputs: Tensor, *, reduction_type: str) -> Tensor:
    """Return a tensor of shape `(batch, channels)`: mean or maximum over all axes between batch and channels.

    Args:
        inputs: A tensor of shape `(batch, ..., channels)`; without such axes it is returned as it is.
        reduction_type: `"global_avg"` or `"global_max"`.
    """
    rank = len(inputs.shape)
    if rank <= 2:
        return inputs
    if rank > 5:
        # Keras pools up to three axes: what is beyond is laid out in the first of them.
        inputs = keras.layers.Reshape((-1, *inputs.shape[-3:]))(inputs)
        rank = 5
    pooling = _MAX_POOLING if reduction_type == "global_max" else _AVERAGE_POOLING
    return pooling[rank]()(inputs)


def as_vectors(inputs: Tensor) -> Tensor:
    """Return a tensor of shape `(batch, channels)` by average pooling, if it is not one already."""
    return pooled(inputs, reduction_type="global_avg")


def head_vectors(inputs: Tensor, *, head: str, members: int | None) -> Tensor:
    """Return one vector per row, by average pooling of feature maps; with members, one for each, as they are.

    Args:
        inputs: What the head was called on.
        head: The head's name, for the error message.
        members: How many members the head predicts for, if any.

    Raises:
        GraphError: If it is a list.
    """
    if isinstance(inputs, (list, tuple)):
        raise GraphError(
            describe_error(
                f"The head {head!r} was called on a list.",
                expected="one node",
                received=f"{len(inputs)} nodes",
                advice="Put Merge() before it.",
            )
        )
    return inputs if members is not None else as_vectors(inputs)


def dense_outputs(features: Tensor, outputs: int, members: int | None, *, activation: str | None, name: str) -> Tensor:
    """Return a dense layer's output in single precision; with members each has a layer of its own."""
    if members is None:
        return keras.layers.Dense(outputs, activation=activation, dtype="float32", name=name)(features)
    layer = keras.layers.EinsumDense(
        "bmi,mio->bmo",
        output_shape=(members, outputs),
        bias_axes="mo",
        activation=activation,
        dtype="float32",
        name=name,
    )
    return layer(features)
