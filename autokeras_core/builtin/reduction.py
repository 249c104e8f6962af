"""From feature maps and sequences to vectors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras

from autokeras_core.builtin._tensors import as_numbers, flattened, pooled
from autokeras_core.builtin.spaces import REDUCTION
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.operator import Block

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.domains import Domain

__all__ = ["Flatten", "SpatialReduction", "TemporalReduction"]


class Flatten(Block):
    """Lay all axes behind the batch out in one.

    Args:
        name: The block's name in the graph, by default `flatten`.

    Input shape:
        `(batch, ...)` with a fixed shape behind the batch axis.

    Output shape:
        `(batch, features)`; an input of this rank is returned as it is.

    Example:
        ```python
        output = Flatten()(ConvBlock()(ImageInput()))
        ```
    """

    base_name = "flatten"

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the flattened tensor."""
        return flattened(self, as_numbers(self, inputs))


class SpatialReduction(Block):
    """Reduce a feature map to a vector.

    Args:
        reduction_type: `"flatten"`, or mean (`"global_avg"`) or maximum (`"global_max"`) of each channel over all
            positions; left out it is tuned.
        name: The block's name in the graph, by default `spatial_reduction`.

    Input shape:
        `(batch, ..., channels)`, e.g. `(batch, height, width, channels)`.

    Output shape:
        `(batch, channels)` for the global ones, `(batch, features)` for `"flatten"`; an input of rank 2 is returned
        as it is.

    Example:
        ```python
        output = SpatialReduction(reduction_type="global_avg")(ConvBlock()(ImageInput()))
        ```

    Reference:
        Lin, Chen, Yan, "Network In Network", 2013, section 3.2 (global average pooling).
    """

    base_name = "spatial_reduction"
    space = REDUCTION

    def __init__(self, *, reduction_type: str | Domain | None = None, name: str | None = None) -> None:
        super().__init__(name=name, reduction_type=reduction_type)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the vector."""
        x = as_numbers(self, inputs)
        if hp["reduction_type"] == "flatten":
            return flattened(self, x)
        return pooled(x, reduction_type=hp["reduction_type"])


class TemporalReduction(Block):
    """Reduce a sequence to a vector.

    Args:
        reduction_type: `"flatten"`, or mean (`"global_avg"`) or maximum (`"global_max"`) of each feature over time;
            left out it is tuned.
        name: The block's name in the graph, by default `temporal_reduction`.

    Input shape:
        `(batch, time, ...)`; axes behind the time are laid out in one.

    Output shape:
        `(batch, features)` for the global ones, `(batch, time * features)` for `"flatten"`; an input of rank 2 is
        returned as it is.

    Example:
        ```python
        output = TemporalReduction()(RNNBlock(return_sequences=True)(ArrayInput()))
        ```
    """

    base_name = "temporal_reduction"
    space = REDUCTION

    def __init__(self, *, reduction_type: str | Domain | None = None, name: str | None = None) -> None:
        super().__init__(name=name, reduction_type=reduction_type)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the vector."""
        x = as_numbers(self, inputs)
        if hp["reduction_type"] == "flatten":
            return flattened(self, x)
        if len(x.shape) > 3:
            x = _one_feature_axis(self, x)
        return pooled(x, reduction_type=hp["reduction_type"])


def _one_feature_axis(block: Block, inputs: Tensor) -> Tensor:
    """Return `(batch, time, features)` for `(batch, time, ...)`; the time may vary."""
    features = inputs.shape[2:]
    if None in features:
        raise GraphError(
            describe_error(
                f"{block!r} cannot lay out axes whose length varies.",
                expected="a fixed shape behind the time axis",
                received=f"shape {tuple(inputs.shape)}",
            )
        )
    return keras.layers.Reshape((-1, math.prod(features)))(inputs)
