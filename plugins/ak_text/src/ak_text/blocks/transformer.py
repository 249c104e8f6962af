"""TransformerEncoderBlock: a vector per word and place, then self-attention."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras

from ak_text.blocks._sequence import FIRST_LAYER, SequenceBlock, masked_mean
from ak_text.costs import transformer_cost
from ak_text.spaces import TRANSFORMER
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core import Space
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["TransformerEncoderBlock"]


class TransformerEncoderBlock(SequenceBlock):
    """Lets each word of a text look at all others, by layers of self-attention that are trained from scratch.

    It sees the order of words at any distance, and wants a great many texts: with fewer a pretrained network or n-grams
    are better.

    Args:
        tokens: What texts are cut into: `"words"` or `"characters"`; by default tuned, words first unless the texts'
            script puts no spaces between them.
        max_tokens: How many of the most frequent tokens get a vector of their own.
        sequence_length: How many tokens of a text are read at most.
        embedding_dim: The length of a token's vector.
        dropout: The share of the vectors' entries, and of each layer's outputs, that is dropped in training.
        num_layers: The number of layers of self-attention.
        num_heads: The number of heads of each.
        feed_forward_units: The width of the dense layer inside each.
        vectors: The path of a file of word vectors (GloVe, word2vec or fastText as text) to begin with.
        train_vectors: Whether these are trained further; by default tuned.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, embedding_dim)`

    Example:
        ```python
        output = ClassificationHead()(TransformerEncoderBlock(num_layers=2)(TextInput()))
        ```

    Reference:
        Vaswani et al.: Attention Is All You Need. NeurIPS 2017.
        Xiong et al.: On Layer Normalization in the Transformer Architecture. ICML 2020.
    """

    base_name: ClassVar[str] = "transformer"
    space: ClassVar[Space] = TRANSFORMER

    def __init__(
        self,
        *,
        tokens: str | Domain | None = None,
        max_tokens: int | Domain | None = None,
        sequence_length: int | Domain | None = None,
        embedding_dim: int | Domain | None = None,
        dropout: float | Domain | None = None,
        num_layers: int | Domain | None = None,
        num_heads: int | Domain | None = None,
        feed_forward_units: int | Domain | None = None,
        vectors: str | PathLike[str] | None = None,
        train_vectors: bool | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            vectors=vectors,
            train_vectors=train_vectors,
            tokens=tokens,
            max_tokens=max_tokens,
            sequence_length=sequence_length,
            embedding_dim=embedding_dim,
            dropout=dropout,
            num_layers=num_layers,
            num_heads=num_heads,
            feed_forward_units=feed_forward_units,
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs."""
        return transformer_cost(hp, self.width(hp))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one vector per text."""
        x, is_token = self.embedded(hp, inputs)
        length, width = x.shape[1:]
        places = keras.ops.cumsum(keras.ops.ones_like(inputs), axis=1) - 1
        x += keras.layers.Embedding(length, width)(places)
        mask = keras.ops.expand_dims(is_token, 1)
        for index in range(FIRST_LAYER, FIRST_LAYER + 2 * hp["num_layers"], 2):  # a layer has two dropouts
            attention = keras.layers.MultiHeadAttention(hp["num_heads"], max(1, width // hp["num_heads"]))
            normal = keras.layers.LayerNormalization()(x)
            x += self._dropped(attention(normal, normal, attention_mask=mask), hp, index)
            normal = keras.layers.LayerNormalization()(x)
            inner = keras.layers.Dense(hp["feed_forward_units"], activation="gelu")(normal)
            x += self._dropped(keras.layers.Dense(width)(inner), hp, index + 1)
        return masked_mean(keras.layers.LayerNormalization()(x), is_token)

    @staticmethod
    def _dropped(x: Tensor, hp: HyperparameterView, index: int) -> Tensor:
        return keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, index))(x) if hp["dropout"] > 0 else x
