"""WideAndDeepBlock: a linear model beside dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.blocks._tabular import FIRST_LAYER, TabularBlock
from ak_tabular.spaces import WIDE_AND_DEEP
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core import Space
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["WideAndDeepBlock"]


class WideAndDeepBlock(TabularBlock):
    """Hands the head the features themselves beside what dense layers make of them.

    The head's layer is then a linear model of the features (which learns simple rules from few rows) and of the dense
    layers' output (which generalises), trained together.

    Args:
        scaling: How numbers are scaled, `"robust"` or `"quantile"`, see `TableEncoder`; on tables of more than 500 numbers
            the latter only if it is asked for here.
        statistics: Which statistics of categories are added: `"none"`, `"frequency"` or `"target"`.
        num_layers: The number of dense layers.
        units: The width of each.
        use_batch_norm: Whether to normalise each layer's output by batch.
        dropout: The share of each layer's outputs that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        `(batch, features + units)`.

    Example:
        ```python
        output = ClassificationHead()(WideAndDeepBlock()(StructuredDataInput()))
        ```

    Reference:
        Cheng et al.: Wide & Deep Learning for Recommender Systems. DLRS 2016.
    """

    base_name: ClassVar[str] = "wide_and_deep"
    space: ClassVar[Space] = WIDE_AND_DEEP

    def __init__(
        self,
        *,
        scaling: Any = None,
        statistics: Any = None,
        num_layers: Any = None,
        units: Any = None,
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
            use_batch_norm=use_batch_norm,
            dropout=dropout,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, features + units)`."""
        wide = self.features(hp, inputs).side_by_side()
        deep = wide
        for index in range(hp["num_layers"]):
            deep = keras.layers.Dense(hp["units"], kernel_initializer="he_normal")(deep)
            if hp["use_batch_norm"]:
                deep = keras.layers.BatchNormalization()(deep)
            deep = keras.layers.Activation("relu")(deep)
            deep = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER + index))(deep)
        return keras.layers.Concatenate()([wide, deep])

    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the layers, and return the work."""
        wide = work.width
        for _ in range(hp["num_layers"]):
            work.dense(hp["units"])
            work.values += work.width * hp["use_batch_norm"]
        work.values += wide + work.width
        work.width += wide
        return work
