"""TextRNNBlock: a vector per word, then recurrent layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras

from ak_text.blocks._sequence import FIRST_LAYER, SequenceBlock
from ak_text.costs import rnn_cost
from ak_text.spaces import RNN
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core import Space
    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["TextRNNBlock"]

_LAYERS = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM}


class TextRNNBlock(SequenceBlock):
    """Reads a text word by word with recurrent layers; padding is skipped.

    It sees the order of all words. On a processor it is slow, since each word waits for the one before.

    Args:
        tokens: What texts are cut into: `"words"` or `"characters"`; by default tuned, words first unless the texts'
            script puts no spaces between them.
        max_tokens: How many of the most frequent tokens get a vector of their own.
        sequence_length: How many tokens of a text are read at most.
        embedding_dim: The length of a token's vector.
        dropout: The share of the vectors' entries that is dropped in training.
        layer_type: `"gru"` or `"lstm"`.
        bidirectional: Whether each layer also reads the text backwards; both results are concatenated.
        num_layers: The number of layers.
        units: The units of each, in each direction.
        vectors: The path of a file of word vectors (GloVe, word2vec or fastText as text) to begin with.
        train_vectors: Whether these are trained further; by default tuned.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, units)`, twice as wide if bidirectional.

    Example:
        ```python
        output = ClassificationHead()(TextRNNBlock(layer_type="lstm")(TextInput()))
        ```

    Reference:
        Hochreiter, Schmidhuber: Long Short-Term Memory. Neural Computation 9 (1997).
        Cho et al.: Learning Phrase Representations using RNN Encoder-Decoder. EMNLP 2014 (GRU).
    """

    base_name: ClassVar[str] = "text_rnn"
    space: ClassVar[Space] = RNN

    def __init__(
        self,
        *,
        tokens: str | Domain | None = None,
        max_tokens: int | Domain | None = None,
        sequence_length: int | Domain | None = None,
        embedding_dim: int | Domain | None = None,
        dropout: float | Domain | None = None,
        layer_type: str | Domain | None = None,
        bidirectional: bool | Domain | None = None,
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
            layer_type=layer_type,
            bidirectional=bidirectional,
            num_layers=num_layers,
            units=units,
        )

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs."""
        return rnn_cost(hp, self.width(hp))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one vector per text; zeros for a text without any token."""
        x, is_token = self.embedded(hp, inputs)
        has_tokens = keras.ops.any(is_token, axis=1, keepdims=True)
        # On a GPU cuDNN takes no text without a place to read: one without tokens is read as if it were full of them,
        # and what comes out is set to the zeros that a mask of nothing leaves on a processor.
        mask = keras.ops.logical_or(is_token, keras.ops.logical_not(has_tokens))
        for index in range(hp["num_layers"]):
            layer = _LAYERS[hp["layer_type"]](hp["units"], return_sequences=index < hp["num_layers"] - 1)
            layer = keras.layers.Bidirectional(layer) if hp["bidirectional"] else layer
            x = layer(x, mask=mask)
        x *= keras.ops.cast(has_tokens, x.dtype)
        if hp["dropout"] > 0:
            x = keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, FIRST_LAYER))(x)
        return x
