"""NgramBlock: TF-IDF of words and word pairs, then dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import keras

from ak_text.preprocessors import TextVectorizer
from ak_text.spaces import NGRAM
from autokeras_core import Block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core import Preprocessor, Space
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["NgramBlock"]


class NgramBlock(Block):
    """Weighs the words and word pairs of a text by TF-IDF and puts dense layers behind them.

    Knows nothing of word order beyond pairs, learns in seconds, and is hard to beat on small and middling data sets.

    Args:
        max_tokens: How many of the most frequent words and word pairs are kept.
        ngrams: Words only (1), or word pairs too (2).
        num_layers: The number of dense layers.
        units: The width of each.
        dropout: The share of each layer's outputs that is dropped in training, and before the first.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(NgramBlock(ngrams=2)(TextInput()))
        ```
    """

    base_name: ClassVar[str] = "ngram"
    space: ClassVar[Space] = NGRAM

    def __init__(
        self,
        *,
        max_tokens: Any = None,
        ngrams: Any = None,
        num_layers: Any = None,
        units: Any = None,
        dropout: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name, max_tokens=max_tokens, ngrams=ngrams, num_layers=num_layers, units=units, dropout=dropout
        )

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return a TF-IDF vectorizer."""
        return [TextVectorizer(mode="tf_idf", max_tokens=hp["max_tokens"], ngrams=hp["ngrams"])]

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the output tensor, shape `(batch, units)`."""
        # Rows of unit length: a long text must not weigh more than a short one.
        x = keras.layers.UnitNormalization(axis=-1)(inputs)
        for _ in range(hp["num_layers"]):
            x = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
            x = keras.layers.Dense(hp["units"], activation="relu")(x)
        return keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
