"""EmbeddingBlock: a learned vector per word, averaged or convolved, then a dense layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_text.preprocessors import TextVectorizer
from ak_text.spaces import EMBEDDING
from autokeras_core import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core import Preprocessor, Space
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["EmbeddingBlock"]


class EmbeddingBlock(Block):
    """Learns a vector for each word; texts become the mean of theirs, or what a separable convolution finds in them.

    Args:
        max_tokens: How many of the most frequent words get their own vector.
        sequence_length: How many words of a text are read.
        embedding_dim: The length of a word's vector.
        encoder: `"pooling"`, the mean over the words, or `"separable_conv"`, which sees their order.
        filters: The number of filters of the convolution.
        kernel_size: How many neighbouring words a filter sees.
        units: The width of the dense layer.
        dropout: The share of vectors' entries, and of the dense layer's outputs, that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(EmbeddingBlock(encoder="separable_conv")(TextInput()))
        ```
    """

    base_name: ClassVar[str] = "embedding"
    space: ClassVar[Space] = EMBEDDING

    def __init__(
        self,
        *,
        max_tokens: Any = None,
        sequence_length: Any = None,
        embedding_dim: Any = None,
        encoder: Any = None,
        filters: Any = None,
        kernel_size: Any = None,
        units: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            max_tokens=max_tokens,
            sequence_length=sequence_length,
            embedding_dim=embedding_dim,
            encoder=encoder,
            filters=filters,
            kernel_size=kernel_size,
            units=units,
            dropout=dropout,
        )

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return a vectorizer that makes sequences of word numbers."""
        return [TextVectorizer(mode="int", max_tokens=hp["max_tokens"], sequence_length=hp["sequence_length"])]

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        # The mask is made here, not by `mask_zero=True`: Keras's masked mean divides by zero for a text without words.
        is_word = keras.ops.expand_dims(keras.ops.cast(keras.ops.not_equal(inputs, 0), "float32"), -1)
        x = keras.layers.Embedding(hp["max_tokens"], hp["embedding_dim"])(inputs)
        x = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x) * is_word
        if hp["encoder"] == "separable_conv":
            x = keras.layers.SeparableConv1D(hp["filters"], hp["kernel_size"], padding="same", activation="relu")(x)
            x = keras.layers.GlobalMaxPooling1D()(x)
        else:
            x = keras.ops.sum(x, axis=1) / keras.ops.maximum(keras.ops.sum(is_word, axis=1), 1.0)
        x = keras.layers.Dense(hp["units"], activation="relu")(x)
        return keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
