"""RealMLPBlock: dense layers with the tricks that make them a good default for tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.blocks._periodic import count_periodic, with_periodic
from ak_tabular.blocks._tabular import FIRST_LAYER, TabularBlock, concatenated, flattened
from ak_tabular.spaces import REAL_MLP
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core import Space
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["RealMLPBlock"]

_SCALE_FACTOR = 6.0  # how much faster than weights the scale of a feature is learned, under Adam
_BIAS_FACTOR = 0.1  # how much slower biases are learned


class RealMLPBlock(TabularBlock):
    """Scales each feature by a learned factor, then applies dense layers in the neural tangent parametrisation.

    Weights start with variance 1, and what a layer computes is divided by the root of its width. Adam moves every
    weight by about the learning rate, so that rates of 0.02 to 0.2 suit any width; it wants `beta_2` = 0.95, and does
    best with the schedule `"cyclic"`. Scales are learned 6 times faster than weights, biases 10 times slower.

    Without periodic embeddings and dropout this is the simplified recipe of the paper, with both about the full one.

    Args:
        scaling: How numbers are scaled, `"robust"` or `"quantile"`, see `TableEncoder`; on tables of more than 500 numbers
            the latter only if it is asked for here.
        statistics: Which statistics of categories are added: `"none"`, `"frequency"` or `"target"`.
        periodic: Whether numbers get periodic embeddings.
        periodic_sigma: The standard deviation of their frequencies at the start.
        num_layers: The number of dense layers.
        units: The width of each.
        activation: `"selu"`, `"mish"` or `"relu"`; the paper has SELU for classification, Mish for regression.
        dropout: The share of each layer's outputs that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        `(batch, units)`, divided by the root of `units`, so that the head's layer is of the same kind.

    Example:
        ```python
        output = ClassificationHead(label_smoothing=0.1)(RealMLPBlock(periodic=True)(StructuredDataInput()))
        ```

    Reference:
        Holzmüller, Grinsztajn, Steinwart: Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular Data.
        NeurIPS 2024.
    """

    base_name: ClassVar[str] = "real_mlp"
    space: ClassVar[Space] = REAL_MLP
    one_hot_limit: ClassVar[int] = 8
    embedding_deviation: ClassVar[float] = 1.0

    def __init__(
        self,
        *,
        scaling: Any = None,
        statistics: Any = None,
        periodic: Any = None,
        periodic_sigma: Any = None,
        num_layers: Any = None,
        units: Any = None,
        activation: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            scaling=scaling,
            statistics=statistics,
            periodic=periodic,
            periodic_sigma=periodic_sigma,
            num_layers=num_layers,
            units=units,
            activation=activation,
            dropout=dropout,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        features = self.features(hp, inputs)
        numbers = with_periodic(features.numbers, hp)
        embedded = None if features.embedded is None else flattened(features.embedded)
        x = _scaled(concatenated([numbers, features.others, embedded]))
        for index in range(hp["num_layers"]):
            x = keras.layers.Activation(hp["activation"])(_dense(x, hp["units"]))
            if hp["dropout"] > 0:
                x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER + index))(x)
        return x * (1 / math.sqrt(hp["units"]))

    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the layers, and return the work."""
        count_periodic(hp, layout, work)
        work.values += work.width
        for _ in range(hp["num_layers"]):
            work.dense(hp["units"])
        return work


def _scaled(x: Tensor) -> Tensor:
    """Return features times learned factors, which start at 1."""
    width = int(x.shape[1])
    # Adam moves each variable by about the learning rate, whatever its gradient: w = c * v makes w move c times faster.
    initial = keras.initializers.Constant(1 / _SCALE_FACTOR)
    factors = keras.layers.EinsumDense("bf,f->bf", output_shape=(width,), kernel_initializer=initial)
    return factors(x * _SCALE_FACTOR)


def _dense(x: Tensor, units: int) -> Tensor:
    """Return a dense layer's output: weights of variance 1, the sum divided by the root of the layer's width."""
    weights = keras.layers.Dense(units, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=1.0))
    # A bias that is learned slowly is the weight of a small constant input.
    biases = keras.layers.Dense(
        units, use_bias=False, kernel_initializer=keras.initializers.RandomNormal(stddev=1 / _BIAS_FACTOR)
    )
    summed = weights(x * (1 / math.sqrt(int(x.shape[1]))))
    return keras.layers.Add()([summed, biases(keras.ops.ones_like(x[:, :1]) * _BIAS_FACTOR)])
