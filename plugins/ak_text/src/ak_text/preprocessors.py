"""The text vectorizer: from strings to TF-IDF weights or to sequences of word numbers, by one Keras layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from autokeras_core import DataError, NotFittedError
from autokeras_core.errors import describe_error

__all__ = ["TextVectorizer"]

Array: TypeAlias = np.ndarray[Any, Any]
Mode: TypeAlias = Literal["tf_idf", "int"]

_ROWS_PER_BATCH = 512
_UNKNOWN = "[UNK]"


class TextVectorizer:
    """Turns texts into numbers: ASCII letters in lower case, punctuation stripped, split at white space.

    The vocabulary is that of the training rows: their `max_tokens` most frequent words (and word pairs). Both faces
    are one and the same `keras.layers.TextVectorization`, so they agree.

    Args:
        mode: `"tf_idf"`: one weight per word or n-gram; unknown ones weigh nothing, since on new texts most n-grams
            are unknown and would outweigh all others. `"int"`: a sequence of word numbers; 0 is padding, 1 unknown.
        max_tokens: The largest number of columns, or of different word numbers.
        ngrams: Words only (1), or words and all runs of up to that many words; `"int"` takes 1.
        sequence_length: The length of the sequences; longer texts are cut, shorter ones padded. For `"int"` only.

    Input shape:
        `(batch,)`, strings.

    Output shape:
        `(batch, tokens)` float32, or `(batch, sequence_length)` int32.

    Example:
        ```python
        vectorizer = TextVectorizer(mode="tf_idf", max_tokens=5000, ngrams=2)
        vectorizer.fit(np.array(["a fine film", "a dull film"], dtype=object))
        vectorizer.transform(np.array(["fine film"], dtype=object)).shape  # (1, 9)
        ```
    """

    in_model = False

    def __init__(
        self, *, mode: Mode = "tf_idf", max_tokens: int = 10_000, ngrams: int = 1, sequence_length: int | None = None
    ) -> None:
        if mode not in ("tf_idf", "int") or (mode == "int") != (sequence_length is not None) or max_tokens < 3:
            raise DataError(
                describe_error(
                    "A TextVectorizer has arguments that do not go together.",
                    expected="mode='tf_idf', or mode='int' with a sequence_length; max_tokens of 3 or more",
                    received=f"mode={mode!r}, sequence_length={sequence_length!r}, max_tokens={max_tokens!r}",
                )
            )
        self.mode: Mode = mode
        self.max_tokens = int(max_tokens)
        self.ngrams = int(ngrams)
        self.sequence_length = None if sequence_length is None else int(sequence_length)
        self._vocabulary: tuple[str, ...] | None = None
        self._weights: Array | None = None
        self._layer: Any = None  # keras.layers.TextVectorization: Keras ships no types

    def fit(self, data: Array) -> None:
        """Learn vocabulary and weights from training rows, an object array of `str` of shape `(rows,)`.

        Raises:
            DataError: If the texts hold no word at all.
        """
        settings = self._settings() if self.mode == "int" else {**self._settings(), "output_mode": "multi_hot"}
        layer = keras.layers.TextVectorization(max_tokens=self.max_tokens, **settings)
        # In batches: n-grams of all rows at once would take a multiple of the texts' own memory.
        layer.adapt(tf.data.Dataset.from_tensor_slices(tf.constant(data, dtype=tf.string)).batch(_ROWS_PER_BATCH))
        # Keras's vocabulary went through NumPy, which strips null characters off: "a\0" and "a" are one word twice,
        # and "\0" is none at all.
        learned = dict.fromkeys(str(token) for token in layer.get_vocabulary(include_special_tokens=False))
        vocabulary = tuple(token for token in learned if token)
        if not vocabulary:
            raise DataError(
                describe_error(
                    "The training texts hold no words.",
                    expected="at least one text with a word",
                    received=f"{len(data)} texts that are empty or punctuation only",
                )
            )
        self._vocabulary, self._layer = vocabulary, None
        if self.mode == "tf_idf":
            counter = keras.layers.TextVectorization(vocabulary=list(vocabulary), **settings)
            texts_with = sum(part.sum(axis=0) for part in _in_batches(counter, data))[1:]  # column 0: unknown words
            # Keras's own formula, a smoothed inverse document frequency.
            self._weights = np.log1p(len(data) / (1.0 + texts_with)).astype(np.float32)

    def transform(self, batch: Array) -> Array:
        """Map texts of shape `(rows,)` to a new array of numbers."""
        if self._layer is None:
            self._layer = self.to_layer()
        dtype = np.float32 if self.mode == "tf_idf" else np.int32
        return np.concatenate([part.astype(dtype) for part in _in_batches(self._layer, batch)])

    def to_layer(self) -> Any:
        """Return a new `keras.layers.TextVectorization` that holds what `fit` learned.

        Raises:
            NotFittedError: If called before `fit`.
        """
        if self._vocabulary is None:
            raise NotFittedError(
                describe_error(
                    "The TextVectorizer knows no words yet.", expected="a call of fit()", received="an unfitted one"
                )
            )
        if self._weights is None:
            return keras.layers.TextVectorization(vocabulary=list(self._vocabulary), **self._settings())
        return keras.layers.TextVectorization(
            vocabulary=[_UNKNOWN, *self._vocabulary],
            idf_weights=[0.0, *self._weights.tolist()],
            **self._settings(),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data."""
        return {
            "mode": self.mode,
            "max_tokens": self.max_tokens,
            "ngrams": self.ngrams,
            "sequence_length": self.sequence_length,
        }

    def get_state(self) -> dict[str, Any]:
        """Return vocabulary and weights."""
        state: dict[str, Any] = {"vocabulary": list(self._vocabulary or ())}
        if self._weights is not None:
            state["weights"] = self._weights
        return state

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore vocabulary and weights."""
        self._vocabulary = tuple(state["vocabulary"])
        self._weights = np.asarray(state["weights"], dtype=np.float32) if "weights" in state else None
        self._layer = None

    def _settings(self) -> dict[str, Any]:
        if self.mode == "int":
            return {"output_mode": "int", "output_sequence_length": self.sequence_length}
        return {"output_mode": "tf_idf", "ngrams": self.ngrams if self.ngrams > 1 else None}


def _in_batches(layer: Any, texts: Array) -> Iterator[Array]:
    """Yield the layer's output for the texts, one batch at a time; one empty batch if there is no text."""
    for start in range(0, max(1, len(texts)), _ROWS_PER_BATCH):
        yield np.asarray(layer(tf.constant(texts[start : start + _ROWS_PER_BATCH], dtype=tf.string)))
