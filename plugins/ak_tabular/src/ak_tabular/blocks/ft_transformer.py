"""FTTransformerBlock: a token for each column, and attention between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_tabular.blocks._tabular import FIRST_LAYER, TabularBlock, flattened
from ak_tabular.spaces import FT_TRANSFORMER
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core import Space
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["FTTransformerBlock"]

_WIDENING = 4 / 3  # of the layers between attention, as in the paper


class FTTransformerBlock(TabularBlock):
    """Turns each column into a token, and lets the tokens attend to each other: a Feature Tokenizer Transformer.

    Numbers and categories have a token each; all other features (indicators, statistics, words) have one together. A
    last token of its own gathers what the head gets. Its time grows with the square of the number of columns.

    Args:
        scaling: How numbers are scaled, `"robust"` or `"quantile"`, see `TableEncoder`; on tables of more than 500 numbers
            the latter only if it is asked for here.
        statistics: Which statistics of categories are added: `"none"`, `"frequency"` or `"target"`.
        units: The width of a token.
        num_layers: The number of transformer layers.
        num_heads: The number of heads of each attention layer.
        dropout: The share of attention weights, and of inner values, that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(FTTransformerBlock(units=64)(StructuredDataInput()))
        ```

    Reference:
        Gorishniy et al.: Revisiting Deep Learning Models for Tabular Data. NeurIPS 2021.
    """

    base_name: ClassVar[str] = "ft_transformer"
    space: ClassVar[Space] = FT_TRANSFORMER
    one_hot_limit: ClassVar[int] = 0

    def __init__(
        self,
        *,
        scaling: Any = None,
        statistics: Any = None,
        units: Any = None,
        num_layers: Any = None,
        num_heads: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            scaling=scaling,
            statistics=statistics,
            units=units,
            num_layers=num_layers,
            num_heads=num_heads,
            dropout=dropout,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        tokens = self._tokens(hp, inputs)
        for index in range(hp["num_layers"]):
            tokens = _attention(tokens, hp, seed=layer_seed(hp.seed, FIRST_LAYER + 2 * index))
            tokens = _widened(tokens, hp, seed=layer_seed(hp.seed, FIRST_LAYER + 2 * index + 1))
        gathered = keras.layers.LayerNormalization()(tokens[:, 0])
        return keras.layers.Activation("relu")(gathered)

    def count(self, hp: HyperparameterView, layout: Layout, work: Work) -> Work:
        """Count the layers, and return the work."""
        units = hp["units"]
        work.multiply_adds += layout.others * units
        work.copies = 1 + layout.numbers + len(layout.codes) + (layout.others > 0)
        work.values += work.copies * units
        work.width = units
        for _ in range(hp["num_layers"]):
            for _ in range(4):
                work.dense(units)
            work.attend()
            inner = int(units * _WIDENING)
            work.dense(2 * inner)
            work.width = inner
            work.dense(units)
            work.values += 4 * work.copies * units
        return work

    def _embedding_units(self, hp: HyperparameterView) -> int:
        return int(hp["units"])

    def _tokens(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the tokens of a row, `(batch, tokens, units)`, the gathering one first."""
        units, features = hp["units"], self.features(hp, inputs)
        # One initializer for each: of one seed they would draw the same numbers, and a bias would be no direction of its own.
        uniform = [
            keras.initializers.RandomUniform(-(units**-0.5), units**-0.5, seed=layer_seed(hp.seed, index))
            for index in (1, 2, 3)
        ]
        first = keras.layers.Dense(units, use_bias=False, kernel_initializer=uniform[0])
        tokens = [keras.layers.Reshape((1, units))(first(keras.ops.ones_like(flattened(inputs)[:, :1])))]
        if features.numbers is not None:
            shape = (int(features.numbers.shape[1]), units)
            tokenizer = keras.layers.EinsumDense(
                "bn,nu->bnu",
                output_shape=shape,
                bias_axes="nu",
                kernel_initializer=uniform[1],
                bias_initializer=uniform[2],
            )
            tokens.append(tokenizer(features.numbers))
        if features.others is not None:
            tokens.append(keras.layers.Reshape((1, units))(keras.layers.Dense(units)(features.others)))
        if features.embedded is not None:
            tokens.append(features.embedded)
        return keras.layers.Concatenate(axis=1)(tokens)


def _attention(tokens: Tensor, hp: HyperparameterView, *, seed: int | None) -> Tensor:
    normal = keras.layers.LayerNormalization()(tokens)
    attention = keras.layers.MultiHeadAttention(
        hp["num_heads"], hp["units"] // hp["num_heads"], dropout=hp["dropout"], seed=seed
    )
    return keras.layers.Add()([tokens, attention(normal, normal)])


def _widened(tokens: Tensor, hp: HyperparameterView, *, seed: int | None) -> Tensor:
    """Return tokens after a dense layer with a ReLU gate (ReGLU) and one back to their width."""
    inner = int(hp["units"] * _WIDENING)
    normal = keras.layers.LayerNormalization()(tokens)
    gate = keras.layers.Dense(inner, activation="relu")(normal)
    gated = keras.layers.Multiply()([gate, keras.layers.Dense(inner)(normal)])
    gated = keras.layers.Dropout(hp["dropout"], seed=seed)(gated)
    return keras.layers.Add()([tokens, keras.layers.Dense(hp["units"])(gated)])
