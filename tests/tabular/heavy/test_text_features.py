"""Features of text columns: words and characters, and the directions in which they are summed up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from ak_tabular.encoding.directions import principal_directions, sparse_rows
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


SUBJECTS = (
    ("goal", "match", "team", "coach", "league", "striker", "stadium", "referee"),
    ("bank", "share", "market", "profit", "loan", "bond", "investor", "dividend"),
)


def sentences(count: int) -> list[str]:
    """Return sentences of four words each, in turn about either subject."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(SUBJECTS[index % 2], 4, replace=False)) for index in range(count)]


def likeness(one: Array, other: Array) -> float:
    """Return the cosine of the angle between two rows of features."""
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def test_words_of_one_subject_are_alike_without_a_text_in_common() -> None:
    """They occur with the same other words, and lie in one direction."""
    features = fitted(*sentences(200), width=2)

    goal, referee, bank = features.transform(texts_of("goal", "referee", "bank"))

    assert likeness(goal, referee) > 0.9
    assert abs(likeness(goal, bank)) < 0.1


def test_words_of_a_single_text_make_room_for_those_of_several() -> None:
    """Where there are more words than features, what one text alone has says nothing of others."""
    features = fitted(*(f"{text} only{index}" for index, text in enumerate(sentences(50))), width=4)

    words = features.get_state()["words"]

    assert set(SUBJECTS[0]) < set(words)
    assert not any("only" in word for word in words)


def test_few_words_are_features_of_their_own() -> None:
    """There is nothing to sum up."""
    features = fitted("red", "green", "red", width=4)

    assert "directions" not in features.get_state()
    np.testing.assert_allclose(features.transform(texts_of("red", "green")), [[3, 0, 0, 0], [0, 3, 0, 0]], atol=1e-6)


def test_features_of_a_row_do_not_depend_on_the_rows_beside_it() -> None:
    """Not in the last digit either: predictions for one row are those for a table."""
    texts = texts_of(*sentences(300))
    features = fitted(*texts, width=16)

    together = features.transform(texts)

    np.testing.assert_array_equal(features.transform(texts[7:8]), together[7:8])


def test_another_encoder_learns_the_same_of_the_same_texts() -> None:
    """And something else of others, or for another width."""
    states = [
        fitted(*sentences(count), width=width).get_state()["directions"]
        for count, width in [(50, 4), (50, 4), (60, 4), (50, 3)]
    ]

    np.testing.assert_array_equal(states[0], states[1])
    assert not np.array_equal(states[0], states[2])
    assert states[3].shape[1] == 3


def test_missing_and_unknown_texts_are_zeros() -> None:
    """In all directions."""
    features = fitted(*sentences(50), width=4)

    assert not features.transform(texts_of(None, "", "nonsense")).any()


def test_a_saved_keras_model_sums_up_as_the_fitted_features_do(tmp_path: Path) -> None:
    """The directions are weights of the model."""
    texts = texts_of(*sentences(50))
    features = fitted(*texts, width=4)
    other = TextFeatures(width=4)
    other.set_state(features.get_state())
    raw = keras.Input((1,), dtype="string")
    keras.Model(raw, other.tensor(raw)).save(tmp_path / "texts.keras")

    loaded = keras.saving.load_model(tmp_path / "texts.keras")

    found = np.asarray(loaded(tf.constant([[text] for text in texts])))
    np.testing.assert_allclose(found, features.transform(texts), atol=1e-6)
    np.testing.assert_array_equal(other.transform(texts), features.transform(texts))


def test_features_fitted_before_there_were_directions_are_restored() -> None:
    """Models of then have the words' weights alone."""
    features = TextFeatures(width=3)

    features.set_state({"words": ["red", "green"], "weights": np.ones(2, np.float32)})

    np.testing.assert_allclose(features.transform(texts_of("red")), [[3, 0, 0]], atol=1e-6)


def sparse_matrix(rows: int, columns: int) -> Array:
    """Return random weights of which nine in ten are 0, some columns far larger than others."""
    rng = np.random.default_rng(0)
    scales = (0.5 ** np.arange(columns)).astype(np.float32)
    return np.where(rng.random((rows, columns)) < 0.1, rng.random((rows, columns)), 0).astype(np.float32) * scales


def test_principal_directions_are_those_of_the_singular_value_decomposition() -> None:
    """Up to their signs, which make the largest number positive."""
    matrix = sparse_matrix(400, 60)
    _, _, exact = np.linalg.svd(matrix, full_matrices=False)

    found = principal_directions(sparse_rows([matrix[:150], matrix[150:]]), 5)

    np.testing.assert_allclose(np.abs(np.sum(exact[:5] * found.T, axis=1)), 1, atol=1e-4)
    assert (found[np.abs(found).argmax(axis=0), np.arange(5)] > 0).all()


def test_principal_directions_beyond_the_number_of_rows_are_zeros() -> None:
    """Three rows lie in three directions."""
    matrix = sparse_matrix(400, 60)[:3] + np.eye(3, 60, dtype=np.float32)

    found = principal_directions(sparse_rows([matrix]), 5)

    np.testing.assert_allclose(found.T @ found, np.diag([1, 1, 1, 0, 0]), atol=1e-5)
    np.testing.assert_allclose(matrix @ found @ found.T, matrix, atol=1e-5)


def test_repeated_rows_have_no_directions_of_rounding_noise() -> None:
    """What no row has in training would be noise in a new one."""
    matrix = np.repeat(sparse_matrix(400, 60)[:12] + np.eye(12, 60, dtype=np.float32), 30, axis=0)

    found = principal_directions(sparse_rows([matrix]), 20)

    assert np.count_nonzero(found.any(axis=0)) == 12


@pytest.mark.parametrize(
    "texts", [["\0", "\0"], ["a\0", "a"], ["b a\0", "b a"]], ids=["alone", "behind a word", "in a pair"]
)
def test_null_characters_are_read_past(texts: list[str]) -> None:
    """NumPy's strings end before them, so two words of a vocabulary would be the same, or one would be empty."""
    features = TextFeatures(width=4)
    features.fit(np.array(texts, dtype=object))

    assert np.isfinite(features.transform(np.array(texts, dtype=object))).all()
