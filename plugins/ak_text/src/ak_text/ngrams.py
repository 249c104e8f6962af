"""The n-gram vectorizer: from texts to the TF-IDF weights of the n-grams that they have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import keras
import numpy as np

from ak_text._ngrams import KnownNgrams, common_ngrams
from ak_text._tokens import LAYER_ARGUMENTS, Tokens, bucketed
from autokeras_core import DataError, NotFittedError
from autokeras_core.errors import describe_error

__all__ = ["NgramVectorizer"]

Array: TypeAlias = np.ndarray[Any, Any]

_LONGEST_ROW = 2048
_PERCENTILE = 99.5
_ROWS_FOR_PRUNING = 10_000
_SMALLEST_NORM = 1e-12
# More would change little about which n-grams are common, and take long: every character begins one of each length.
_CHARACTERS_FOR_A_FIT: Mapping[Tokens, int] = MappingProxyType({"words": 50_000_000, "characters": 3_000_000})


class NgramVectorizer:
    """Turns texts into the TF-IDF weights of their words, characters, and runs of these.

    The vocabulary is made of the n-grams that occur in most training texts; from 10,000 texts on those of a single text are
    left out. A weight is `1 + log(count)` (or the count itself) times `1 + log((1 + n) / (1 + texts with it))`, and a
    text's weights are brought to the length 1: what scikit-learn's `TfidfVectorizer(sublinear_tf=True)` does.

    A table of all weights would be nearly all zeros, and too large from some 10,000 texts on. So a row is a list of
    pairs, the number of an n-gram (from 1 on) and its weight, filled up with zeros: as long as 99.5% of the training
    texts need. Of a text with more known n-grams than that the most common ones are left out.

    Of very many texts (50 million characters, or 3 million for runs of characters) an even part is learned from.

    The layer is `keras.layers.TextVectorization` and what makes pairs of its counts; `transform` does the same with
    NumPy, and is many times faster.

    Args:
        tokens: `"words"`: ASCII letters in lower case, punctuation stripped, split at white space; or `"characters"`.
        ngrams: Runs of up to so many tokens are counted.
        max_tokens: The largest number of n-grams.
        sublinear_tf: Whether a second occurrence counts less than the first.

    Input shape:
        `(batch,)`, strings.

    Output shape:
        `(batch, length, 2)` float32: numbers of n-grams and their weights.

    Example:
        ```python
        vectorizer = NgramVectorizer(max_tokens=5000, ngrams=2)
        vectorizer.fit(np.array(["a fine film", "a dull film"], dtype=object))
        vectorizer.transform(np.array(["fine film"], dtype=object))[0, :, 0]  # array([3., 2., 0., ...])
        ```

    Reference:
        Wang, Manning: Baselines and Bigrams: Simple, Good Sentiment and Topic Classification. ACL 2012.
    """

    in_model = False

    def __init__(
        self, *, tokens: Tokens = "words", ngrams: int = 1, max_tokens: int = 20_000, sublinear_tf: bool = True
    ) -> None:
        if tokens not in LAYER_ARGUMENTS or ngrams < 1 or max_tokens < 1:
            raise DataError(
                describe_error(
                    "An NgramVectorizer has a malformed argument.",
                    expected=f"tokens as one of {list(LAYER_ARGUMENTS)}, ngrams and max_tokens of 1 or more",
                    received=f"tokens={tokens!r}, ngrams={ngrams!r}, max_tokens={max_tokens!r}",
                )
            )
        self.tokens: Tokens = tokens
        self.ngrams = int(ngrams)
        self.max_tokens = int(max_tokens)
        self.sublinear_tf = bool(sublinear_tf)
        self._known: KnownNgrams | None = None
        self._weights: Array = np.zeros(0, dtype=np.float32)
        self._length = 0

    def fit(self, data: Array) -> None:
        """Learn n-grams and their weights from training rows, an object array of `str` of shape `(rows,)`.

        Raises:
            DataError: If the texts hold no token at all.
        """
        texts = _sample(data, _CHARACTERS_FOR_A_FIT[self.tokens])
        vocabulary, texts_with = common_ngrams(
            texts,
            tokens=self.tokens,
            longest=self.ngrams,
            most=self.max_tokens,
            least_texts=2 if len(texts) >= _ROWS_FOR_PRUNING else 1,
        )
        if not vocabulary:
            raise DataError(
                describe_error(
                    f"The training texts hold no {self.tokens} to learn from.",
                    expected="texts with some in common",
                    received=f"{len(data)} texts that are empty, punctuation only, or have no part in common",
                )
            )
        self._known = KnownNgrams(vocabulary, self.tokens)
        self._weights = (1.0 + np.log((1.0 + len(texts)) / (1.0 + texts_with))).astype(np.float32)
        lengths = np.zeros(len(texts), dtype=np.int64)
        for rows, _, _ in self._known.counts(texts):
            lengths += np.bincount(rows, minlength=len(texts))
        self._length = min(bucketed(int(np.ceil(np.percentile(lengths, _PERCENTILE)))), _LONGEST_ROW, len(vocabulary))

    def transform(self, batch: Array) -> Array:
        """Map texts of shape `(rows,)` to a new array of pairs."""
        known = self._fitted()
        pairs = np.zeros((len(batch), self._length, 2), dtype=np.float32)
        for rows, columns, counts in known.counts(batch):
            # Backwards: rows fall, and within a row the numbers do, so that the rarest n-grams come first.
            rows, columns, counts = rows[::-1], columns[::-1], counts[::-1].astype(np.float32)
            starts = np.flatnonzero(np.diff(rows, prepend=-1))
            lengths = np.diff(np.append(starts, len(rows)))
            places = np.arange(len(rows)) - np.repeat(starts, lengths)
            kept = places < self._length
            rows, columns, counts, places = rows[kept], columns[kept], counts[kept], places[kept]
            frequency = np.float32(1.0) + np.log(counts) if self.sublinear_tf else counts
            pairs[rows, places, 0] = columns + 1
            pairs[rows, places, 1] = frequency * self._weights[columns]
        norms = np.sqrt(np.square(pairs[:, :, 1]).sum(axis=1, keepdims=True))
        pairs[:, :, 1] /= np.maximum(norms, np.float32(_SMALLEST_NORM))
        return pairs

    def to_layer(self) -> Any:
        """Return a new Keras model of built-in layers and operations that maps strings to pairs.

        Raises:
            NotFittedError: If called before `fit`.
        """
        vocabulary = list(self._fitted().vocabulary)
        texts = keras.Input(shape=(), dtype="string")
        counting = keras.layers.TextVectorization(
            vocabulary=vocabulary, output_mode="count", ngrams=self.ngrams, **LAYER_ARGUMENTS[self.tokens]
        )
        counts = keras.ops.cast(counting(texts), "float32")[:, 1:]  # column 0: unknown n-grams
        is_there = keras.ops.cast(counts > 0, "float32")
        frequency = is_there * (1.0 + keras.ops.log(keras.ops.maximum(counts, 1.0))) if self.sublinear_tf else counts
        weighing = keras.layers.EinsumDense("bv,v->bv", output_shape=(len(vocabulary),), dtype="float32")
        weighing.trainable = False
        weights = weighing(frequency)
        weighing.set_weights([self._weights])
        numbers = is_there * keras.ops.arange(1, len(vocabulary) + 1, dtype="float32")
        rarest, _ = keras.ops.top_k(numbers, k=self._length)
        columns = keras.ops.cast(keras.ops.maximum(rarest - 1.0, 0.0), "int32")
        chosen = keras.ops.take_along_axis(weights, columns, axis=1) * keras.ops.cast(rarest > 0, "float32")
        norm = keras.ops.sqrt(keras.ops.sum(keras.ops.square(chosen), axis=1, keepdims=True))
        chosen = chosen / keras.ops.maximum(norm, _SMALLEST_NORM)
        return keras.Model(texts, keras.ops.stack([rarest, chosen], axis=-1))

    @property
    def vocabulary_size(self) -> int:
        """How many n-grams there are; their numbers go from 1 to this."""
        return len(self._fitted().vocabulary)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data."""
        return {
            "tokens": self.tokens,
            "ngrams": self.ngrams,
            "max_tokens": self.max_tokens,
            "sublinear_tf": self.sublinear_tf,
        }

    def get_state(self) -> dict[str, Any]:
        """Return n-grams, weights and the length of a row."""
        return {"vocabulary": list(self._fitted().vocabulary), "weights": self._weights, "length": self._length}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._known = KnownNgrams(list(state["vocabulary"]), self.tokens)
        self._weights = np.asarray(state["weights"], dtype=np.float32)
        self._length = int(state["length"])

    def _fitted(self) -> KnownNgrams:
        if self._known is None:
            raise NotFittedError(
                describe_error(
                    "The NgramVectorizer knows no n-grams yet.", expected="a call of fit()", received="an unfitted one"
                )
            )
        return self._known


def _sample(texts: Array, characters: int) -> Array:
    """Return texts at even distances with about so many characters together; all if they have no more."""
    total = sum(map(len, texts))
    return texts[:: max(1, -(-total // characters))]
