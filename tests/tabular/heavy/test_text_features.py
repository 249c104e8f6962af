"""Features of text columns in scripts with and without spaces between words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ak_tabular.encoding.texts import TextFeatures

Array = np.ndarray[Any, Any]


def texts_of(*texts: str | None) -> Array:
    """Return texts as a column of a table."""
    return np.array([*texts, None], dtype=object)[:-1]


def fitted(*texts: str | None, width: int = 8) -> TextFeatures:
    """Return features of texts."""
    features = TextFeatures(width=width)
    features.fit(texts_of(*texts))
    return features


@pytest.mark.parametrize(
    ("texts", "new"),
    [
        (["手机很好用", "电池不好用", "屏幕很漂亮"], "好用"),
        (["とてもよかった", "よくなかった", "ふつうでした"], "よかった"),
        (["อาหารอร่อยมาก", "อาหารไม่อร่อย", "บริการช้า"], "อร่อย"),
    ],
    ids=["chinese", "japanese", "thai"],
)
def test_texts_without_spaces_share_their_characters(texts: list[str], new: str) -> None:
    """A text that training did not see has the features of what it is made of."""
    features = fitted(*texts, width=64)

    found = features.transform(texts_of(*texts, new))

    assert (found[3] > 0).sum() > 1
    assert (found[0] * found[3]).sum() > (found[2] * found[3]).sum()


def test_characters_and_their_pairs_are_counted() -> None:
    """White space is none of them, and no pair goes across it."""
    features = fitted("好吃 好喝", "好吃", "好吃", None, width=16)

    assert features.get_state()["words"] == ["吃", "好", "好 吃", "喝", "好 喝"]
    assert features.get_state()["by_characters"] is True


@pytest.mark.parametrize(
    "texts",
    [
        ["good day", "good night"],
        ["좋은 아침 입니다", "좋은 저녁 입니다"],
        ["我 喜欢 苹果", "我 喜欢 梨"],
        ["good 日", "bad"],
    ],
    ids=["latin", "korean", "cut", "few"],
)
def test_texts_with_spaces_are_split_into_words(texts: list[str]) -> None:
    """Also such in a script without, where someone has cut them into words."""
    features = fitted(*texts)

    assert features.get_state()["by_characters"] is False
    assert texts[0].split()[0] in features.get_state()["words"]


def test_both_faces_agree_on_characters_after_a_round_trip() -> None:
    """What is saved says how texts are split."""
    texts = texts_of("手机ABC很好用 !", "电池 不好用，", "a手", "", None, "𠀀路🙂")
    features = fitted(*texts, width=32)
    other = TextFeatures(width=32)

    other.set_state(features.get_state())

    filled = tf.constant([[text or ""] for text in texts])
    np.testing.assert_array_equal(other.transform(texts), features.transform(texts))
    np.testing.assert_allclose(np.asarray(other.tensor(filled)), features.transform(texts), atol=1e-6)
