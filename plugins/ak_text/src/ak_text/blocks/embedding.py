"""EmbeddingBlock: a vector per word, the mean or maximum of them, dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras

from ak_text.blocks._sequence import FIRST_LAYER, SequenceBlock, masked_mean
from ak_text.costs import embedding_cost
from ak_text.spaces import EMBEDDING
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core import Space
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["EmbeddingBlock"]

_LARGE = 1e4  # half precision ends at 65,504


class EmbeddingBlock(SequenceBlock):
    """Learns a vector for each word; a text becomes the mean of its words' vectors, or their maximum, or both.

    It knows nothing of the words' order, is cheap, and good for many short texts.

    Args:
        tokens: What texts are cut into: `"words"` or `"characters"`; by default tuned, words first unless the texts'
            script puts no spaces between them.
        max_tokens: How many of the most frequent tokens get a vector of their own.
        sequence_length: How many tokens of a text are read at most.
        embedding_dim: The length of a token's vector.
        dropout: The share of the vectors' entries, and of each layer's outputs, that is dropped in training.
        pooling: How the vectors of a text become one: `"mean"`, `"max"`, or `"mean_and_max"`, both side by side.
        num_layers: The number of dense layers behind, from 0 on.
        units: The width of each.
        vectors: The path of a file of word vectors (GloVe, word2vec or fastText as text) to begin with.
        train_vectors: Whether these are trained further; by default tuned.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, units)`; without layers `(batch, embedding_dim)`, or twice as wide for both poolings.

    Example:
        ```python
        output = ClassificationHead()(EmbeddingBlock(vectors="glove.6B.50d.txt")(TextInput()))
        ```

    Reference:
        Joulin, Grave, Bojanowski, Mikolov: Bag of Tricks for Efficient Text Classification. EACL 2017.
    """

    base_name: ClassVar[str] = "embedding"
    space: ClassVar[Space] = EMBEDDING

    def __init__(
        self,
        *,
        tokens: str | Domain | None = None,
        max_tokens: int | Domain | None = None,
        sequence_length: int | Domain | None = None,
        embedding_dim: int | Domain | None = None,
        dropout: float | Domain | None = None,
        pooling: str | Domain | None = None,
        num_layers: int | Domain | None = None,
        units: int | Domain | None = None,
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
            pooling=pooling,
            num_layers=num_layers,
            units=units,
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs."""
        return embedding_cost(hp, self.width(hp))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one vector per text."""
        x, is_token = self.embedded(hp, inputs)
        pooled = []
        if hp["pooling"] in ("mean", "mean_and_max"):
            pooled.append(masked_mean(x, is_token))
        if hp["pooling"] in ("max", "mean_and_max"):
            pooled.append(_masked_max(x, is_token))
        x = keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
        for index in range(hp["num_layers"]):
            x = keras.layers.Dense(hp["units"], activation="relu")(x)
            if hp["dropout"] > 0:
                x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER + index))(x)
        return x


def _masked_max(x: Tensor, is_token: Tensor) -> Tensor:
    """Return the maximum over the places that hold a token; zeros for a text without any."""
    weights = keras.ops.expand_dims(keras.ops.cast(is_token, x.dtype), -1)
    largest = keras.ops.max(x + (weights - 1.0) * _LARGE, axis=1)
    return largest * keras.ops.max(weights, axis=1)
