"""Text columns by latent semantic analysis: the weights of words and word pairs, brought down to some directions.

Keras has no layer that hashes the words of a text, so the words are those of the training rows, and both faces go
through one `keras.layers.TextVectorization`.
"""

from __future__ import annotations

import hashlib
import re
import string
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import attrs
import keras
import numpy as np
import tensorflow as tf

from ak_tabular.encoding.directions import principal_directions, sparse_rows
from autokeras_core.plugin import unspaced_share

__all__ = ["TextFeatures"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_ROWS_FOR_A_FIT = 20_000
_CHARACTERS_FOR_A_FIT = 10_000_000
_COLUMNS_REMEMBERED = 32  # two megabytes each
_ROWS_PER_BATCH = 1_024
_MOST_WORDS = 4_000
_FEWEST_TEXTS = 2  # that have a word, where there are more words than features
_NO_WORD = "[no word]"  # the layer strips brackets off texts, so this is in none
_LENGTH = 3.0  # of a text's features together: about the size of other features
_PUNCTUATION = re.compile(f"[{re.escape(string.punctuation)}]")
# An ideograph says about as much as three Latin letters: from here on half of what texts say is in such a script.
_SHARE_WITHOUT_SPACES = 0.3
_LONGEST_CUT_WORDS = 4.0  # of texts in such a script that were cut into words beforehand, on the average
_FEWEST_CUT_WORDS = 1.5
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)  # TensorFlow lowers ASCII only


class TextFeatures:
    """Describes each text of one column by some numbers, learned from which words and word pairs occur together.

    Each of the most frequent 4,000 words and pairs that at least two texts have weighs: how often it is in the text,
    times its rarity. A row's weights are brought to one length, so that long texts do not outweigh short ones, and then
    to the directions in which training rows differ most (latent semantic analysis). Where there are no more words than
    features, their weights are the features.

    Where the script of most training rows puts no spaces between words, as in Chinese, Japanese and Thai, its characters
    stand for words.

    Args:
        width: How many features; where there are fewer words or training rows, the last ones are 0.

    Reference:
        Deerwester, Dumais, Furnas, Landauer, Harshman: Indexing by Latent Semantic Analysis. Journal of the American
        Society for Information Science 41 (1990).
    """

    def __init__(self, *, width: int) -> None:
        self._width = width
        self._learned = _Learned(words=(), weights=np.zeros(0, np.float32))
        self._layer: Any = None

    def fit(self, texts: Array) -> None:
        """Learn words and directions from texts (`None` where missing), from fewer rows if they are many or long.

        At most 20,000 rows are looked at, and of long texts so many that they have some ten million characters together.
        """
        step = max(1, -(-len(texts) // _ROWS_FOR_A_FIT))
        known = [text for text in texts[::step] if text is not None]
        known = known[:: max(1, -(-sum(map(len, known)) // _CHARACTERS_FOR_A_FIT))]
        self._learned = _learned_of(known, self._width)
        self._layer = None

    def transform(self, texts: Array) -> Array:
        """Return the features of texts of shape `(rows,)`, `(rows, width)` float32."""
        if self._layer is None:
            raw = keras.Input((1,), dtype="string")
            self._layer = keras.Model(raw, self.tensor(raw))
        parts = [np.asarray(self._layer(part)) for part in _batches(texts)]
        return np.concatenate(parts) if parts else np.zeros((0, self._width), np.float32)

    def tensor(self, texts: Tensor) -> Tensor:
        """Return the features of a string tensor `(batch, 1)`."""
        weights = self._learned.weigh(texts)
        if self._learned.directions is not None:
            # In double precision, so that a row's features do not depend on how many rows there are beside it.
            onto = keras.layers.Dense(self._width, use_bias=False, trainable=False, dtype="float64")
            features = onto(weights)
            onto.set_weights([self._learned.directions])
            return keras.ops.cast(features, "float32")
        return keras.ops.pad(weights, ((0, 0), (0, self._width - weights.shape[1])))

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        learned = self._learned
        state = {"words": list(learned.words), "weights": learned.weights, "by_characters": learned.by_characters}
        return state if learned.directions is None else {**state, "directions": learned.directions}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        directions = state.get("directions")  # none where there are no more words than features
        self._learned = _Learned(
            words=tuple(str(word) for word in state["words"]),
            weights=np.asarray(state["weights"], dtype=np.float32),
            by_characters=bool(state.get("by_characters", False)),
            directions=None if directions is None else np.asarray(directions, dtype=np.float32),
        )
        self._layer = None


@attrs.frozen(kw_only=True)
class _Learned:
    """What the texts of a column have taught: the words that count, how rare they are, and the directions if any."""

    words: tuple[str, ...]
    weights: Array
    by_characters: bool = False
    directions: Array | None = None

    def weigh(self, texts: Tensor) -> Tensor:
        """Return the weights of the words of a string tensor `(batch, 1)`, `(batch, words)`; one of 0 if none is known."""
        layer = keras.layers.TextVectorization(
            vocabulary=["[UNK]", _NO_WORD, *self.words],
            idf_weights=[0.0, 0.0, *self.weights.tolist()],
            output_mode="tf_idf",
            split="character" if self.by_characters else "whitespace",
            ngrams=2,
        )
        counts = layer(keras.ops.squeeze(texts, axis=1))
        if not self.words:
            return counts[:, :1] * 0.0
        weights = keras.ops.log1p(counts[:, 2:])
        length = keras.ops.sqrt(keras.ops.sum(keras.ops.square(weights), axis=1, keepdims=True))
        return weights / keras.ops.maximum(length, 1e-6) * _LENGTH


_REMEMBERED: OrderedDict[tuple[bytes, int], _Learned] = OrderedDict()


def _learned_of(texts: Sequence[str], width: int) -> _Learned:
    """Return what texts teach; what the same ones taught before, if that is remembered.

    The encoders of a search differ in other things: they all learn the same of a column.
    """
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\xff")  # which is in no UTF-8
    key = (digest.digest(), width)
    learned = _REMEMBERED.get(key) or _learn(texts, width)
    _REMEMBERED[key] = learned
    if len(_REMEMBERED) > _COLUMNS_REMEMBERED:
        _REMEMBERED.popitem(last=False)
    return learned


def _learn(texts: Sequence[str], width: int) -> _Learned:
    """Return what texts teach."""
    by_characters = _has_no_spaces(texts)
    kept = _frequent(texts, by_characters=by_characters, width=width)
    learned = _Learned(
        words=tuple(word for word, _ in kept),
        # Keras's own formula, a smoothed inverse document frequency.
        weights=np.array([np.log1p(len(texts) / (1.0 + count)) for _, count in kept], dtype=np.float32),
        by_characters=by_characters,
    )
    if len(kept) <= width:
        return learned
    raw = keras.Input((1,), dtype="string")
    weigh = keras.Model(raw, learned.weigh(raw))
    rows = sparse_rows(np.asarray(weigh(part)) for part in _batches(texts))
    return attrs.evolve(learned, directions=principal_directions(rows, width))


def _batches(texts: Sequence[str | None] | Array) -> Iterator[Tensor]:
    """Yield string tensors `(batch, 1)`, empty where a text is missing."""
    for start in range(0, len(texts), _ROWS_PER_BATCH):
        yield tf.constant([[text or ""] for text in texts[start : start + _ROWS_PER_BATCH]], dtype=tf.string)


def _frequent(texts: Sequence[str], *, by_characters: bool, width: int) -> list[tuple[str, int]]:
    """Return the words and pairs that are in most of the texts, and in how many each is.

    What only one text has says nothing of others, so it is there only where it fits into the width.
    """
    texts_with = Counter(word for text in texts for word in set(_words_of(text, by_characters=by_characters)))
    shared = [item for item in texts_with.items() if item[1] >= _FEWEST_TEXTS]
    found = shared if len(shared) >= width else list(texts_with.items())
    kept = sorted(found, key=lambda item: (-item[1], item[0]))
    return kept[: _MOST_WORDS if len(shared) >= width else width]


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
    yield from (word for word in words if _is_word(word))
    yield from (f"{first} {second}" for first, second in pairwise(words) if not first.isspace() and _is_word(second))


def _is_word(word: str) -> bool:
    """Return whether a word may end an entry of a vocabulary: Keras holds it as NumPy's strings, which lose null characters there."""
    return not (word.isspace() or word.endswith("\0"))
