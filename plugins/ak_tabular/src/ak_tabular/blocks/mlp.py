"""MLPBlock: dense layers one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.spaces import MLP
from autokeras_core import Block

if TYPE_CHECKING:
    from autokeras_core import Space
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["MLPBlock"]


class MLPBlock(Block):
    """Puts dense layers one behind the other: the first network to try on a table.

    Args:
        num_layers: The number of dense layers.
        units: The width of each.
        activation: `"relu"`, or `"selu"`, which keeps activations normalised by itself.
        use_batch_norm: Whether to normalise each layer's output by batch.
        dropout: The share of each layer's outputs that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        `(batch, features)`, what a `StructuredDataInput` hands over; further axes are flattened.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(MLPBlock(activation="selu")(StructuredDataInput()))
        ```
    """

    base_name: ClassVar[str] = "mlp"
    space: ClassVar[Space] = MLP

    def __init__(
        self,
        *,
        num_layers: Any = None,
        units: Any = None,
        activation: Any = None,
        use_batch_norm: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            num_layers=num_layers,
            units=units,
            activation=activation,
            use_batch_norm=use_batch_norm,
            dropout=dropout,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        activation = hp["activation"]
        # SELU keeps its promise of normalised activations with LeCun's initialisation only.
        initializer = "lecun_normal" if activation == "selu" else "he_normal"
        x = keras.layers.Flatten()(inputs) if len(inputs.shape) > 2 else inputs
        for _ in range(hp["num_layers"]):
            x = keras.layers.Dense(hp["units"], kernel_initializer=initializer)(x)
            if hp["use_batch_norm"]:
                x = keras.layers.BatchNormalization()(x)
            x = keras.layers.Activation(activation)(x)
            x = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
        return x
