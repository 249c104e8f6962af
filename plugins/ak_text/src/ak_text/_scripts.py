"""Which texts are in scripts that put no spaces between words. Light: standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["has_no_spaces"]

# An ideograph says about as much as three Latin letters: from here on half of what texts say is in such a script.
_SHARE_WITHOUT_SPACES = 0.3
# Characters on the average, the space behind a word among them.
_LONGEST_WORDS = 14
_LONGEST_IDEOGRAPHIC_WORDS = 4


def has_no_spaces(facts: Mapping[str, Any]) -> bool:
    """Return whether most words of an input's texts do not stand apart.

    They do not where a good share of the characters is of a script without spaces, as in Chinese, Japanese and Thai, unless
    the texts were cut into words beforehand: then there are several short ones in a text. Nor do they where what stands
    between two spaces is longer than words are.

    Args:
        facts: What analysis found out about the input. Those of older searches do not tell scripts.
    """
    word_length = facts.get("mean_word_length", 0.0)
    is_cut = facts.get("median_words", 0) > 1 and word_length <= _LONGEST_IDEOGRAPHIC_WORDS
    is_unspaced = facts.get("unspaced_share", 0.0) >= _SHARE_WITHOUT_SPACES and not is_cut
    return bool(is_unspaced or word_length > _LONGEST_WORDS)
