"""NgramBlock: TF-IDF of words or characters and runs of them, then dense layers, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import keras

from ak_text.costs import ngram_cost
from ak_text.ngrams import NgramVectorizer
from ak_text.spaces import NGRAM, suit_tokens
from autokeras_core import Block
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core import Preprocessor, Space
    from autokeras_core.plugin import DataProfile, Domain, HyperparameterView, Tensor

__all__ = ["NgramBlock"]


class NgramBlock(Block):
    """Weighs the n-grams of a text by TF-IDF, and puts dense layers behind them, or none.

    Without a layer of its own what comes behind it (the head) is a linear model of the weights: for classes a logistic
    regression, which learns in seconds and is hard to beat on small and middling data sets.

    Args:
        tokens: What texts are cut into: `"words"` or `"characters"`; by default tuned, words first unless the texts'
            script puts no spaces between them.
        ngrams: Of words, runs of up to so many are counted.
        character_ngrams: Of characters, runs of up to so many are counted.
        max_tokens: How many of the most common n-grams are kept.
        sublinear_tf: Whether a second occurrence of an n-gram counts less than the first.
        num_layers: The number of dense layers, from 0 on.
        units: The width of each.
        dropout: The share of n-grams, and of each layer's outputs, that is dropped in training.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, units)`; without layers `(batch, n-grams)`.

    Example:
        ```python
        output = ClassificationHead()(NgramBlock(ngrams=2)(TextInput()))
        ```

    Reference:
        Wang, Manning: Baselines and Bigrams: Simple, Good Sentiment and Topic Classification. ACL 2012.
    """

    base_name: ClassVar[str] = "ngram"
    space: ClassVar[Space] = NGRAM

    def __init__(
        self,
        *,
        tokens: str | Domain | None = None,
        ngrams: int | Domain | None = None,
        character_ngrams: int | Domain | None = None,
        max_tokens: int | Domain | None = None,
        sublinear_tf: bool | Domain | None = None,
        num_layers: int | Domain | None = None,
        units: int | Domain | None = None,
        dropout: float | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            tokens=tokens,
            ngrams=ngrams,
            character_ngrams=character_ngrams,
            max_tokens=max_tokens,
            sublinear_tf=sublinear_tf,
            num_layers=num_layers,
            units=units,
            dropout=dropout,
        )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, narrowed by the arguments and suited to the data."""
        return suit_tokens(super().search_space(profile), profile)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the vectorizer."""
        return [
            NgramVectorizer(
                tokens=hp["tokens"],
                ngrams=hp["ngrams" if hp["tokens"] == "words" else "character_ngrams"],
                max_tokens=hp["max_tokens"],
                sublinear_tf=hp["sublinear_tf"],
            )
        ]

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs."""
        return ngram_cost(hp)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the dense layers' output, or the weights of all n-grams, `(batch, n-grams)`."""
        vectorizer = hp.preprocessors[-1]
        assert isinstance(vectorizer, NgramVectorizer)
        # From pairs to a row of weights, on the fly: as a whole they would not fit into memory. Number 0 is no n-gram.
        numbers = keras.ops.cast(inputs[..., 0], "int32")
        spread = keras.layers.CategoryEncoding(vectorizer.vocabulary_size + 1, output_mode="count", dtype="float32")
        x = spread(numbers, count_weights=inputs[..., 1])[:, 1:]
        for index in range(hp["num_layers"]):
            x = _dropped(x, hp, index)
            x = keras.layers.Dense(hp["units"], activation="relu")(x)
        return _dropped(x, hp, hp["num_layers"])


def _dropped(x: Tensor, hp: HyperparameterView, index: int) -> Tensor:
    return keras.layers.Dropout(hp["dropout"], seed=layer_seed(hp.seed, index))(x) if hp["dropout"] > 0 else x
