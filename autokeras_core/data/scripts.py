"""How much of texts is in scripts that put no spaces between words. Light: standard library only."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["unspaced_share"]

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


def unspaced_share(texts: Sequence[str]) -> float:
    """Return the share of characters, but for white space, that are of scripts without spaces between words.

    Example:
        ```python
        unspaced_share(["播放周杰伦的歌", "play it"])  # 0.538...
        ```
    """
    characters = sum(sum(map(len, text.split())) for text in texts)
    found = sum(sum(map(len, _UNSPACED.findall(text))) for text in texts if not text.isascii())
    return found / max(1, characters)
