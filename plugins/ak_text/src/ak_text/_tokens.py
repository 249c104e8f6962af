"""How a text is cut into tokens: exactly as `keras.layers.TextVectorization` does it, at many times its speed.

Standard library only. Keras standardises and splits UTF-8 bytes, so this does too: only ASCII letters are put in lower
case, and only ASCII white space separates words.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

__all__ = ["LAYER_ARGUMENTS", "LONGEST_TOKEN", "Tokens", "bucketed", "is_word_of_a_vocabulary", "split"]

Tokens: TypeAlias = Literal["words", "characters"]
"""What a text is cut into."""

LAYER_ARGUMENTS: Mapping[Tokens, Mapping[str, Any]] = MappingProxyType(
    {
        "words": MappingProxyType({"standardize": "lower_and_strip_punctuation", "split": "whitespace"}),
        "characters": MappingProxyType({"standardize": "lower", "split": "character"}),
    }
)
"""The arguments with which `keras.layers.TextVectorization` cuts in the same way."""

LONGEST_TOKEN = 100
"""The longest token, in characters, that a vocabulary takes: a vocabulary is held as wide as its longest token."""

_PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"
_SMALLEST_BUCKET = 16


def split(text: str, tokens: Tokens, *, most: int | None = None) -> list[str] | list[bytes]:
    """Return the tokens of a text, or the first few of them: words as bytes of UTF-8, or characters.

    Args:
        text: A valid Unicode string.
        tokens: What to cut it into.
        most: How many tokens to return at most; by default all.

    Example:
        ```python
        split("It's fine.", "words")  # [b"its", b"fine"]
        split("It's", "characters")  # ["i", "t", "'", "s"]
        ```
    """
    data = text.encode().lower()  # of bytes: ASCII letters only
    if tokens == "characters":
        return list(data.decode() if most is None else data.decode()[:most])
    words = data.translate(None, _PUNCTUATION).split(None, -1 if most is None else most)
    return words if most is None else words[:most]


def is_word_of_a_vocabulary(token: str) -> bool:
    """Return whether a token may stand in a vocabulary.

    A vocabulary goes through NumPy's strings, which lose null characters at their end.
    """
    return 0 < len(token) <= LONGEST_TOKEN and not token.endswith("\0")


def bucketed(length: int) -> int:
    """Return the next of 16, 24, 32, 48, 64, 96, ... that is at least `length`, so that few lengths occur."""
    bucket = _SMALLEST_BUCKET
    while bucket < length:
        bucket += bucket // 2 if bucket & (bucket - 1) == 0 else bucket // 3
    return bucket
