"""Which texts are in scripts that put no spaces between words. Light: standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["has_no_spaces", "unspaced_share"]

# Thai and Lao, Burmese, Khmer, kana, and the ideographs of Chinese and Japanese. Not Hangul: Korean has spaces.
_UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff"
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u1780-\u17ff"
    "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001b000-\U0001b16f"
    "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
    "]+"
)

# An ideograph says about as much as three Latin letters: from here on half of what texts say is in such a script.
_SHARE_WITHOUT_SPACES = 0.3
# Characters on the average, the space behind a word among them.
_LONGEST_WORDS = 14
_LONGEST_IDEOGRAPHIC_WORDS = 4


def unspaced_share(texts: Sequence[str]) -> float:
    """Return the share of characters, but for white space, that are of scripts without spaces between words.

    Example:
        ```python
        unspaced_share(["播放周杰伦的歌", "play it"])  # 0.54
        ```
    """
    characters = sum(sum(map(len, text.split())) for text in texts)
    found = sum(sum(map(len, _UNSPACED.findall(text))) for text in texts if not text.isascii())
    return round(found / max(1, characters), 2)


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
