"""The search space of the pretrained encoder, as data. Light: the core's pure space only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ak_text._scripts import has_no_spaces
from autokeras_core.plugin import Choice, Space

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile

__all__ = ["BERT", "DEFAULT_ENCODER", "SEQUENCE_LENGTHS", "has_few_texts", "suit_encoder"]

DEFAULT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
"""The checkpoint that is used if the user names none: six layers, 22 million parameters, good features as they are."""

SEQUENCE_LENGTHS = (32, 64, 128, 256, 512)
"""How many tokens of a text may be read."""

_DEFAULT_LENGTH = 128

BERT = Space(
    {
        "sequence_length": Choice(SEQUENCE_LENGTHS, default=_DEFAULT_LENGTH),
        "pooling": Choice(["mean", "cls"]),
        "hidden_units": Choice([0, 128, 256], default=0),
        "dropout": Choice([0.0, 0.1, 0.25, 0.5], default=0.1),
        "fine_tune": Choice(["none", "top", "all"]),
        "fine_tune_learning_rate": Choice(
            [1e-5, 2e-5, 5e-5, 1e-4, 2e-4], default=5e-5, when={"fine_tune": ("top", "all")}
        ),
        "layer_decay": Choice([0.7, 0.85, 1.0], default=0.85, when={"fine_tune": ("top", "all")}),
    }
)
"""A frozen encoder whose features are computed once, then fine-tuning."""

_FEW_TEXTS = 500
_TOKENS_BY_DEFAULT = 300_000  # of all training texts; a small encoder reads 10,000 a second on two cores
_LONGEST_DEFAULT = 256
_TOKENS_PER_WORD = 1.3  # of running English text
_CHARACTERS_PER_TOKEN = 4.0
_SPECIAL_TOKENS = 2


def has_few_texts(profile: DataProfile | None) -> bool:
    """Return whether there are fewer than 500 training texts, as far as is known."""
    return profile is not None and profile.rows < _FEW_TEXTS


def suit_encoder(space: Space, profile: DataProfile | None, *, given: Collection[str] = ()) -> Space:
    """Return the space suited to the training texts; what the user fixed or narrowed is left alone.

    * Lengths that nearly all texts are shorter than are left out: the longest that stays is the first in which 95% of
      them are likely to fit. The default is 128 tokens, or 256 where the texts are few.
    * Below 500 texts the encoder stays frozen: millions of weights would be fitted to them, and the few validation rows
      cannot tell whether that was for the better.

    Args:
        space: The space of a block, perhaps narrowed.
        profile: What analysis found; `None` leaves the space as it is.
        given: The names of what the user fixed or narrowed.
    """
    if profile is None:
        return space
    suited = dict(space)
    tokens = [_tokens(part.facts) for part in profile.inputs.values() if "words_95" in part.facts]
    if tokens and "sequence_length" not in given:
        longest = next((length for length in SEQUENCE_LENGTHS if length >= max(tokens)), SEQUENCE_LENGTHS[-1])
        few = profile.rows * _LONGEST_DEFAULT <= _TOKENS_BY_DEFAULT
        suited["sequence_length"] = Choice(
            tuple(length for length in SEQUENCE_LENGTHS if length <= longest),
            default=min(longest, _LONGEST_DEFAULT if few else _DEFAULT_LENGTH),
        )
    suited_space = Space(suited)
    if has_few_texts(profile) and "fine_tune" not in given:
        return suited_space.narrow({"fine_tune": "none"})
    return suited_space


def _tokens(facts: Mapping[str, Any]) -> float:
    if has_no_spaces(facts):  # each character is a token
        return float(facts["characters_95"]) + _SPECIAL_TOKENS
    words, width = float(facts["words_95"]), float(facts.get("mean_word_length", 0.0))
    return words * max(_TOKENS_PER_WORD, width / _CHARACTERS_PER_TOKEN) + _SPECIAL_TOKENS
