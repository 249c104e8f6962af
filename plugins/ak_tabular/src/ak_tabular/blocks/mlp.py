"""MLPBlock: dense layers one behind the other, or none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.blocks._tabular import FIRST_LAYER, TabularBlock
from ak_tabular.spaces import MLP
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core import Space
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["MLPBlock"]


class MLPBlock(TabularBlock):
    """Puts dense layers one behind the other: the first network to try on a table.

    Without any, the head's own layer stands right behind the features: a linear model, for tables of few rows.

    Args:
        scaling: How numbers are scaled, `"robust"` or `"quantile"`, see `TableEncoder`; on tables of more than 500 numbers
            the latter only if it is asked for here.
        statistics: Which statistics of categories are added: `"none"`, `"frequency"` or `"target"`.
        num_layers: The number of dense layers; with 0 of them the four arguments that follow do not matter.
        units: The width of each.
        activation: `"relu"`, or `"selu"`, which keeps activations normalised by itself.
        use_batch_norm: Whether to normalise each layer's output by batch.
        dropout: The share of each layer's outputs that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        `(batch, units)`; without layers the features themselves.

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
        scaling: Any = None,
        statistics: Any = None,
        num_layers: Any = None,
        units: Any = None,
        activation: Any = None,
        use_batch_norm: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            scaling=scaling,
            statistics=statistics,
            num_layers=num_layers,
            units=units,
            activation=activation,
            use_batch_norm=use_batch_norm,
            dropout=dropout,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        x = self.features(hp, inputs).side_by_side()
        for index in range(hp["num_layers"]):
            activation = hp["activation"]
            # SELU keeps its promise of normalised activations with LeCun's initialisation only.
            initializer = "lecun_normal" if activation == "selu" else "he_normal"
            x = keras.layers.Dense(hp["units"], kernel_initializer=initializer)(x)
            if hp["use_batch_norm"]:
                x = keras.layers.BatchNormalization()(x)
            x = keras.layers.Activation(activation)(x)
            x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER + index))(x)
        return x

    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the layers, and return the work."""
        for _ in range(hp["num_layers"]):
            work.dense(hp["units"])
            work.values += work.width * hp["use_batch_norm"]
        return work
