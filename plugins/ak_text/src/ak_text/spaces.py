"""The search spaces of the text blocks, as data. Light: the core's pure space only.

The class of a block and its descriptor share one space, so what `autokeras blocks show` prints is what is searched.
Functions below suit a space to the data; they leave alone what the user fixed or narrowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ak_text._scripts import has_no_spaces
from ak_text.pretrained.space import BERT
from autokeras_core.plugin import Boolean, Choice, Space, choice_space

if TYPE_CHECKING:
    from autokeras_core.plugin import DataProfile

__all__ = [
    "BERT",
    "DEFAULT_CANDIDATES",
    "EMBEDDING",
    "NGRAM",
    "PRETRAINED_CANDIDATE",
    "RNN",
    "ROWS_TO_LEARN_FROM",
    "SEPARABLE_CONV",
    "TEXT",
    "TRANSFORMER",
    "prefers_ngrams",
    "suit_choice",
    "suit_tokens",
    "suited_candidates",
]

_TOKENS = Choice(["words", "characters"])

NGRAM = Space(
    {
        "tokens": _TOKENS,
        "ngrams": Choice([1, 2, 3], default=2, when={"tokens": "words"}),
        "character_ngrams": Choice([3, 4, 5], default=4, when={"tokens": "characters"}),
        "max_tokens": Choice([5_000, 10_000, 20_000, 30_000], default=20_000),
        "sublinear_tf": Boolean(default=True),
        "num_layers": Choice([0, 1, 2], default=0),
        "units": Choice([32, 64, 128, 256], default=64, when={"num_layers": (1, 2)}),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.25),
    }
)
"""TF-IDF of words or characters and runs of them, then dense layers, or none: the head alone is a linear model."""

_SEQUENCE = Space(
    {
        "tokens": _TOKENS,
        "max_tokens": Choice([5_000, 10_000, 20_000, 30_000], default=20_000),
        "sequence_length": Choice([64, 128, 256, 512], default=256),
        "embedding_dim": Choice([32, 64, 128], default=64),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.25),
    }
)

EMBEDDING = Space(
    {
        **_SEQUENCE,
        "pooling": Choice(["mean", "max", "mean_and_max"]),
        "num_layers": Choice([0, 1, 2], default=1),
        "units": Choice([32, 64, 128, 256], default=64, when={"num_layers": (1, 2)}),
    }
)
"""A vector per word, then the mean or the maximum over the words, then dense layers."""

SEPARABLE_CONV = Space(
    {
        **_SEQUENCE,
        "num_blocks": Choice([1, 2, 3], default=2),
        "num_layers": Choice([1, 2], default=1),
        "filters": Choice([32, 64, 128], default=64),
        "kernel_size": Choice([3, 5], default=3),
    }
)
"""A vector per word, then blocks of separable convolutions and pooling."""

RNN = Space(
    {
        **_SEQUENCE,
        "layer_type": Choice(["gru", "lstm"]),
        "bidirectional": Boolean(default=True),
        "num_layers": Choice([1, 2], default=1),
        "units": Choice([32, 64, 128], default=64),
    }
)
"""A vector per word, then recurrent layers."""

TRANSFORMER = Space(
    {
        **_SEQUENCE,
        "num_layers": Choice([1, 2, 4], default=1),
        "num_heads": Choice([2, 4, 8], default=2),
        "feed_forward_units": Choice([32, 64, 128, 256], default=64),
    }
)
"""A vector per word and place, then layers of self-attention."""

_CANDIDATES: Mapping[str, Space] = MappingProxyType(
    {
        "ngram": NGRAM,
        "embedding": EMBEDDING,
        "separable_conv": SEPARABLE_CONV,
        "text_rnn": RNN,
        "transformer": TRANSFORMER,
    }
)

DEFAULT_CANDIDATES = tuple(f"ak_text:{name}" for name in _CANDIDATES)
"""The blocks that the text block chooses among unless it is told otherwise, the default first."""

PRETRAINED_CANDIDATE = "ak_text:bert"
"""The pretrained encoder that is one more candidate, unless the user wants none."""

TEXT = choice_space({**_CANDIDATES, "bert": BERT})
"""A choice of all; n-grams stand first: on most small and middling data sets they are hard to beat."""

ROWS_TO_LEARN_FROM: Mapping[str, int] = MappingProxyType({"text_rnn": 2_000, "transformer": 5_000})
"""From how many training texts on a search tries a default candidate of the text block, where that is not any number."""

_ROWS_PER_WORD = 1500
_CHARACTERS_PER_WORD = 2  # of Chinese; of Japanese about as many


def suited_candidates(names: Iterable[str], profile: DataProfile | None) -> tuple[str, ...]:
    """Return the default candidates of the text block that a search tries on so many texts.

    Recurrent networks and self-attention that begin with nothing learn little from few, and take the longest for it.

    Args:
        names: The short names of all candidates.
        profile: What analysis found; `None` leaves out nothing.
    """
    return tuple(name for name in names if profile is None or profile.rows >= ROWS_TO_LEARN_FROM.get(name, 0))


def prefers_ngrams(profile: DataProfile | None) -> bool:
    """Return whether n-grams are likely to be better than networks that read words in order.

    They are where there are few texts for their length: less than 1,500 times the median number of words. Where the script
    puts no spaces between words, two characters count as a word.

    Args:
        profile: What analysis found; `None` answers yes.

    Reference:
        Google's machine learning guides, "Text classification", step 2.5: choose a model.
    """
    if profile is None:
        return True
    words = [_median_words(part.facts) for part in profile.inputs.values() if part.modality == "text"]
    return profile.rows < _ROWS_PER_WORD * max([*words, 1])


def suit_choice(space: Space, profile: DataProfile | None) -> Space:
    """Return the space of the text block with the default of `block_type` suited to the texts: see `prefers_ngrams`.

    Args:
        space: The space of the block, whose candidates are the default ones or some of them.
        profile: What analysis found.
    """
    preferred = "ngram" if prefers_ngrams(profile) else "separable_conv"
    names = tuple(space["block_type"].grid())
    return Space({**space, "block_type": Choice(names, default=preferred)}) if preferred in names else space


def suit_tokens(space: Space, profile: DataProfile | None) -> Space:
    """Return the space with the default of `tokens` suited to the texts.

    Where the script puts no spaces between words, as in Chinese, Japanese and Thai, or what stands between two spaces is
    longer than words are, texts are cut into characters by default.

    Args:
        space: The space of a block, perhaps narrowed.
        profile: What analysis found; `None` leaves the space as it is.
    """
    if profile is None or space.get("tokens") != _TOKENS:
        return space
    if not any(has_no_spaces(part.facts) for part in profile.inputs.values() if part.modality == "text"):
        return space
    return Space({**space, "tokens": Choice(_TOKENS.values, default="characters")})


def _median_words(facts: Mapping[str, Any]) -> float:
    """Return how many words the median text has, about so many where none stand apart."""
    words = float(facts["median_words"])
    return words * facts["mean_word_length"] / _CHARACTERS_PER_WORD if has_no_spaces(facts) else words
