"""The sequence vectorizer: from texts to the numbers of their words, or of their characters, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

from ak_text._tokens import LAYER_ARGUMENTS, Tokens, bucketed, is_word_of_a_vocabulary, split
from autokeras_core import DataError, NotFittedError
from autokeras_core.errors import describe_error

__all__ = ["PADDING_AND_UNKNOWN", "SequenceVectorizer"]

Array: TypeAlias = np.ndarray[Any, Any]

PADDING_AND_UNKNOWN = 2
"""How many numbers go before those of tokens: that of padding, and that of tokens which are not known."""

_PERCENTILE = 95


class SequenceVectorizer:
    """Turns texts into sequences of token numbers: 0 is padding, 1 an unknown token, 2 the most frequent one.

    Sequences are as long as 95% of the training texts need, rounded up a little, and at most `sequence_length`. Longer
    texts are cut. The layer is `keras.layers.TextVectorization`; `transform` does the same, and is many times faster.

    Args:
        tokens: `"words"`: ASCII letters in lower case, punctuation stripped, split at white space; or `"characters"`.
        max_tokens: The largest number of different token numbers, padding and unknown included.
        sequence_length: The largest length of a sequence.

    Input shape:
        `(batch,)`, strings.

    Output shape:
        `(batch, length)` int32.

    Example:
        ```python
        vectorizer = SequenceVectorizer(max_tokens=5000, sequence_length=256)
        vectorizer.fit(np.array(["a fine film", "a dull film"], dtype=object))
        vectorizer.transform(np.array(["a new film"], dtype=object))[0, :4]  # array([2, 1, 3, 0], dtype=int32)
        ```
    """

    in_model = False

    def __init__(self, *, tokens: Tokens = "words", max_tokens: int = 20_000, sequence_length: int = 256) -> None:
        if tokens not in LAYER_ARGUMENTS or max_tokens <= PADDING_AND_UNKNOWN or sequence_length < 1:
            raise DataError(
                describe_error(
                    "A SequenceVectorizer has a malformed argument.",
                    expected=f"tokens as one of {list(LAYER_ARGUMENTS)}, max_tokens of 3 or more, sequence_length of 1 or "
                    "more",
                    received=f"tokens={tokens!r}, max_tokens={max_tokens!r}, sequence_length={sequence_length!r}",
                )
            )
        self.tokens: Tokens = tokens
        self.max_tokens = int(max_tokens)
        self.sequence_length = int(sequence_length)
        self._vocabulary: tuple[str, ...] = ()
        self._numbers: dict[str | bytes, int] = {}
        self._length = 0

    def fit(self, data: Array) -> None:
        """Learn tokens and the length of sequences from training rows, an object array of `str` of shape `(rows,)`.

        Raises:
            DataError: If the texts hold no token at all.
        """
        counter: Counter[str | bytes] = Counter()
        lengths = np.zeros(len(data), dtype=np.int64)
        for row, text in enumerate(data):
            tokens = split(text, self.tokens)
            counter.update(tokens)
            lengths[row] = len(tokens)
        frequent = (token if isinstance(token, str) else token.decode() for token, _ in counter.most_common())
        vocabulary = [token for token in frequent if is_word_of_a_vocabulary(token)]
        if not vocabulary:
            raise DataError(
                describe_error(
                    f"The training texts hold no {self.tokens}.",
                    expected="at least one text with some",
                    received=f"{len(data)} texts that are empty or punctuation only",
                )
            )
        self._learn(vocabulary[: self.max_tokens - PADDING_AND_UNKNOWN])
        self._length = min(bucketed(int(np.ceil(np.percentile(lengths, _PERCENTILE)))), self.sequence_length)

    def transform(self, batch: Array) -> Array:
        """Map texts of shape `(rows,)` to a new array of token numbers."""
        self._require_fitted()
        sequences = np.zeros((len(batch), self._length), dtype=np.int32)
        number = self._numbers.get
        for row, text in enumerate(batch):
            tokens = split(text, self.tokens, most=self._length)
            sequences[row, : len(tokens)] = [number(token, 1) for token in tokens]
        return sequences

    def to_layer(self) -> Any:
        """Return a new `keras.layers.TextVectorization` that holds what `fit` learned.

        Raises:
            NotFittedError: If called before `fit`.
        """
        self._require_fitted()
        return keras.layers.TextVectorization(
            vocabulary=list(self._vocabulary),
            output_mode="int",
            output_sequence_length=self._length,
            **LAYER_ARGUMENTS[self.tokens],
        )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The known tokens, whose numbers are 2, 3, ..."""
        return self._vocabulary

    @property
    def vocabulary_size(self) -> int:
        """How many different numbers there are, padding and unknown included."""
        self._require_fitted()
        return len(self._vocabulary) + PADDING_AND_UNKNOWN

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data."""
        return {"tokens": self.tokens, "max_tokens": self.max_tokens, "sequence_length": self.sequence_length}

    def get_state(self) -> dict[str, Any]:
        """Return the tokens and the length of sequences."""
        self._require_fitted()
        return {"vocabulary": list(self._vocabulary), "length": self._length}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._learn(list(state["vocabulary"]))
        self._length = int(state["length"])

    def _learn(self, vocabulary: Sequence[str]) -> None:
        self._vocabulary = tuple(vocabulary)
        is_bytes = self.tokens == "words"
        self._numbers = {
            token.encode() if is_bytes else token: number
            for number, token in enumerate(vocabulary, start=PADDING_AND_UNKNOWN)
        }

    def _require_fitted(self) -> None:
        if not self._vocabulary:
            raise NotFittedError(
                describe_error(
                    "The SequenceVectorizer knows no tokens yet.",
                    expected="a call of fit()",
                    received="an unfitted one",
                )
            )
