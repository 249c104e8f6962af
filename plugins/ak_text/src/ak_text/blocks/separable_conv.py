"""SeparableConvBlock: a vector per word, then blocks of separable convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras

from ak_text.blocks._sequence import FIRST_LAYER, SequenceBlock
from ak_text.costs import separable_conv_cost
from ak_text.spaces import SEPARABLE_CONV
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core import Space
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["SeparableConvBlock"]

_POOL = 2


class SeparableConvBlock(SequenceBlock):
    """Finds runs of words that matter, wherever they are in a text, by separable convolutions over their vectors.

    It sees the order of neighbouring words, and wants many texts for their length.

    Args:
        tokens: What texts are cut into: `"words"` or `"characters"`; by default tuned, words first unless the texts'
            script puts no spaces between them.
        max_tokens: How many of the most frequent tokens get a vector of their own.
        sequence_length: How many tokens of a text are read at most.
        embedding_dim: The length of a token's vector.
        dropout: The share of the vectors' entries that is dropped in training.
        num_blocks: The number of blocks; between two of them neighbours are pooled.
        num_layers: The number of convolutions in each.
        filters: The filters of each convolution.
        kernel_size: How many neighbours a filter sees.
        vectors: The path of a file of word vectors (GloVe, word2vec or fastText as text) to begin with.
        train_vectors: Whether these are trained further; by default tuned.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, filters)`

    Example:
        ```python
        output = ClassificationHead()(SeparableConvBlock(filters=64)(TextInput()))
        ```

    Reference:
        Chollet: Xception: Deep Learning with Depthwise Separable Convolutions. CVPR 2017.
        Kim: Convolutional Neural Networks for Sentence Classification. EMNLP 2014.
    """

    base_name: ClassVar[str] = "separable_conv"
    space: ClassVar[Space] = SEPARABLE_CONV

    def __init__(
        self,
        *,
        tokens: str | Domain | None = None,
        max_tokens: int | Domain | None = None,
        sequence_length: int | Domain | None = None,
        embedding_dim: int | Domain | None = None,
        dropout: float | Domain | None = None,
        num_blocks: int | Domain | None = None,
        num_layers: int | Domain | None = None,
        filters: int | Domain | None = None,
        kernel_size: int | Domain | None = None,
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
            num_blocks=num_blocks,
            num_layers=num_layers,
            filters=filters,
            kernel_size=kernel_size,
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs."""
        return separable_conv_cost(hp, self.width(hp))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one vector per text."""
        x, is_token = self.embedded(hp, inputs)
        x *= keras.ops.expand_dims(keras.ops.cast(is_token, x.dtype), -1)
        for block in range(hp["num_blocks"]):
            for _ in range(hp["num_layers"]):
                x = keras.layers.SeparableConv1D(hp["filters"], hp["kernel_size"], padding="same", activation="relu")(x)
            if block < hp["num_blocks"] - 1:
                x = keras.layers.MaxPooling1D(_POOL, padding="same")(x)
        x = keras.layers.GlobalMaxPooling1D()(x)
        if hp["dropout"] > 0:
            x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER))(x)
        return x
