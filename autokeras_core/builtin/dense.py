"""Fully connected layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from autokeras_core.builtin._tensors import as_numbers, flattened
from autokeras_core.builtin.spaces import DENSE
from autokeras_core.graph.operator import Block
from autokeras_core.graph.seeds import layer_seed

if TYPE_CHECKING:
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.domains import Domain

__all__ = ["DenseBlock"]


class DenseBlock(Block):
    """Fully connected ReLU layers, each with optional batch normalization and dropout.

    Every argument left out is tuned; a value fixes it, a domain such as `Choice([32, 64])` narrows it.

    Args:
        num_layers: How many layers.
        units: How many units each layer has.
        use_batch_norm: Whether each layer is followed by batch normalization, in front of the activation.
        dropout: The share of values that is dropped after each layer while training.
        name: The block's name in the graph, by default `dense`.

    Input shape:
        `(batch, features)`; of higher rank it is flattened.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = DenseBlock(num_layers=2, units=Choice([64, 128]))(ArrayInput())
        ```

    Reference:
        Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.
        Ioffe, Szegedy, "Batch Normalization", 2015.
    """

    base_name = "dense"
    space = DENSE

    def __init__(
        self,
        *,
        num_layers: int | Domain | None = None,
        units: int | Domain | None = None,
        use_batch_norm: bool | Domain | None = None,
        dropout: float | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, num_layers=num_layers, units=units, use_batch_norm=use_batch_norm, dropout=dropout)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the last layer's output."""
        x = flattened(self, as_numbers(self, inputs))
        for index in range(hp["num_layers"]):
            # Batch normalization brings its own bias.
            x = keras.layers.Dense(hp["units"], use_bias=not hp["use_batch_norm"])(x)
            if hp["use_batch_norm"]:
                # Searches are short: with Keras's 0.99 the averages would lag hundreds of steps behind the weights.
                x = keras.layers.BatchNormalization(momentum=0.9)(x)
            x = keras.layers.ReLU()(x)
            if hp["dropout"] > 0:
                x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, index))(x)
        return x
