"""ResidualMLPBlock: dense layers in blocks that are added to their input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.blocks._tabular import FIRST_LAYER, TabularBlock
from ak_tabular.spaces import RESIDUAL_MLP
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core import Space
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["ResidualMLPBlock"]


class ResidualMLPBlock(TabularBlock):
    """A residual network of dense layers: deeper than a plain one can be without losing its gradients.

    Args:
        scaling: How numbers are scaled, `"robust"` or `"quantile"`, see `TableEncoder`; on tables of more than 500 numbers
            the latter only if it is asked for here.
        statistics: Which statistics of categories are added: `"none"`, `"frequency"` or `"target"`.
        num_blocks: The number of residual blocks.
        units: The width of the path that the blocks are added to.
        expansion: How many times wider the layer inside a block is.
        dropout: The share of outputs that is dropped in training, inside each block.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = RegressionHead()(ResidualMLPBlock(num_blocks=3)(StructuredDataInput()))
        ```

    Reference:
        Gorishniy et al.: Revisiting Deep Learning Models for Tabular Data. NeurIPS 2021 ("ResNet").
    """

    base_name: ClassVar[str] = "residual_mlp"
    space: ClassVar[Space] = RESIDUAL_MLP

    def __init__(
        self,
        *,
        scaling: Any = None,
        statistics: Any = None,
        num_blocks: Any = None,
        units: Any = None,
        expansion: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            scaling=scaling,
            statistics=statistics,
            num_blocks=num_blocks,
            units=units,
            expansion=expansion,
            dropout=dropout,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        x = self.features(hp, inputs).side_by_side()
        x = keras.layers.Dense(hp["units"])(x)
        for index in range(hp["num_blocks"]):
            inner = keras.layers.BatchNormalization()(x)
            inner = keras.layers.Dense(hp["expansion"] * hp["units"], activation="relu")(inner)
            inner = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER + index))(inner)
            inner = keras.layers.Dense(hp["units"])(inner)
            x = keras.layers.Add()([x, inner])
        x = keras.layers.BatchNormalization()(x)
        return keras.layers.Activation("relu")(x)

    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the layers, and return the work."""
        work.dense(hp["units"])
        for _ in range(hp["num_blocks"]):
            work.dense(hp["expansion"] * hp["units"])
            work.dense(hp["units"])
            work.values += 2 * hp["units"]
        return work
