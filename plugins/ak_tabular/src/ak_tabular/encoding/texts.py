"""Text columns as the weights of their most frequent words and word pairs, or characters and pairs of them.

Keras has no layer that hashes the words of a text, so the words are those of the training rows, and both faces go
through one `keras.layers.TextVectorization`.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from autokeras_core.plugin import unspaced_share

__all__ = ["TextFeatures"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_ROWS_FOR_A_FIT = 20_000
_ROWS_PER_BATCH = 4_096
_NO_WORD = "[no word]"  # the layer strips brackets off texts, so this is in none
_LENGTH = 3.0  # of a text's features together: about the size of other features
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
# An ideograph says about as much as three Latin letters: from here on half of what texts say is in such a script.
_SHARE_WITHOUT_SPACES = 0.3
_LONGEST_CUT_WORDS = 4.0  # of texts in such a script that were cut into words beforehand, on the average
_FEWEST_CUT_WORDS = 1.5
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # TensorFlow lowers ASCII only


class TextFeatures:
    """Gives each frequent word and word pair of one column a feature: how often it is in the text, times its rarity.

    Where the script of most training rows puts no spaces between words, as in Chinese, Japanese and Thai, its characters
    stand for words. The features of a row are brought to one length, so that long texts do not outweigh short ones.

    Args:
        width: How many words and pairs; where there are fewer, the last features are 0.
    """

    def __init__(self, *, width: int) -> None:
        self._width = width
        self._by_characters = False
        self._words: list[str] = []
        self._weights = np.zeros(0, np.float32)
        self._layer: Any = None

    def fit(self, texts: Array) -> None:
        """Learn the words that are in most of the texts (`None` where missing), at most 20,000 rows of them."""
        step = max(1, -(-len(texts) // _ROWS_FOR_A_FIT))
        known = [text for text in texts[::step] if text is not None]
        self._by_characters = _has_no_spaces(known)
        texts_with = Counter(word for text in known for word in set(_words_of(text, by_characters=self._by_characters)))
        kept = sorted(texts_with.items(), key=lambda item: (-item[1], item[0]))[: self._width]
        self._words = [word for word, _ in kept]
        # Keras's own formula, a smoothed inverse document frequency.
        self._weights = np.array([np.log1p(len(known) / (1.0 + count)) for _, count in kept], dtype=np.float32)
        self._layer = None

    def transform(self, texts: Array) -> Array:
        """Return the features of texts of shape `(rows,)`, `(rows, width)` float32."""
        if self._layer is None:
            raw = keras.Input((1,), dtype="string")
            self._layer = keras.Model(raw, self.tensor(raw))
        filled = np.array([[text or ""] for text in texts], dtype=object).reshape(-1, 1)
        parts = [
            np.asarray(self._layer(tf.constant(filled[start : start + _ROWS_PER_BATCH], dtype=tf.string)))
            for start in range(0, len(filled), _ROWS_PER_BATCH)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, self._width), np.float32)

    def tensor(self, texts: Tensor) -> Tensor:
        """Return the features of a string tensor `(batch, 1)`."""
        layer = keras.layers.TextVectorization(
            vocabulary=["[UNK]", _NO_WORD, *self._words],
            idf_weights=[0.0, 0.0, *self._weights.tolist()],
            output_mode="tf_idf",
            split="character" if self._by_characters else "whitespace",
            ngrams=2,
        )
        weights = keras.ops.log1p(layer(keras.ops.squeeze(texts, axis=1))[:, 2:]) if self._words else None
        if weights is None:
            return layer(keras.ops.squeeze(texts, axis=1))[:, :1] * np.zeros((1, self._width), np.float32)
        length = keras.ops.sqrt(keras.ops.sum(keras.ops.square(weights), axis=1, keepdims=True))
        features = weights / keras.ops.maximum(length, 1e-6) * _LENGTH
        return keras.ops.pad(features, ((0, 0), (0, self._width - len(self._words))))

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        return {"words": list(self._words), "weights": self._weights, "by_characters": self._by_characters}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._by_characters = bool(state.get("by_characters", False))  # models of before knew words only
        self._words = [str(word) for word in state["words"]]
        self._weights = np.asarray(state["weights"], dtype=np.float32)
        self._layer = None


def _has_no_spaces(texts: Sequence[str]) -> bool:
    """Return whether most texts are in scripts that put no spaces between words, and were not cut into words either."""
    words = [word for text in texts for word in text.split()]
    characters = sum(map(len, words))
    is_cut = len(words) >= _FEWEST_CUT_WORDS * len(texts) and characters <= _LONGEST_CUT_WORDS * len(words)
    return unspaced_share(texts) >= _SHARE_WITHOUT_SPACES and not is_cut


def _words_of(text: str, *, by_characters: bool) -> Iterable[str]:
    """Yield the words and word pairs of a text, or characters and their pairs, as the layer splits it."""
    plain = _PUNCTUATION.sub("", text.translate(_LOWER))
    words = list(plain) if by_characters else plain.split()
    yield from (word for word in words if not word.isspace())
    yield from (f"{first} {second}" for first, second in pairwise(words) if not (first.isspace() or second.isspace()))
