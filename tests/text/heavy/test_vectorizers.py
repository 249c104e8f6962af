"""The vectorizers: two faces that agree on any text, fitted on training rows only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ak_text import NgramVectorizer, SequenceVectorizer
from autokeras_core import DataError, NotFittedError
from autokeras_core.testing import check_preprocessor

TRAIN = np.array(
    ["a fine film", "A dull, dull film!", "fine actors", "", "nul\0 nul \0", "Élan 電影 très"], dtype=object
)
OTHER = np.array(["fine new film", "", "nothing known here", "😀 שלום " * 50, "a " * 5000], dtype=object)

VECTORIZERS = pytest.mark.parametrize(
    "make",
    [
        lambda: NgramVectorizer(ngrams=2, max_tokens=50),
        lambda: NgramVectorizer(ngrams=3, max_tokens=12, sublinear_tf=False),
        lambda: NgramVectorizer(tokens="characters", ngrams=4, max_tokens=150),
        lambda: SequenceVectorizer(max_tokens=20, sequence_length=7),
        lambda: SequenceVectorizer(tokens="characters", max_tokens=20, sequence_length=30),
    ],
    ids=["word pairs", "few words in threes", "characters", "sequences", "characters in sequence"],
)
Make = Callable[[], Any]

# Tokens that occur in training, what separates tokens in some sense, and any other text that can be encoded.
PIECES = st.sampled_from(
    ["fine", "Film", "dull", "a", " ", "\t", "\x0b", "\x1c", "\u00a0", "\u3000", ".", "-", "'", "\0", "[UNK]"]
)
TEXTS = st.lists(PIECES | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), max_size=12).map("".join)


@VECTORIZERS
def test_vectorizer_keeps_the_contract(make: Make) -> None:
    """The core's kit: faces, configuration, state, and an input that is left alone."""
    check_preprocessor(make(), np.concatenate([TRAIN, OTHER] * 2))


@VECTORIZERS
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(train=st.lists(TEXTS, min_size=1, max_size=6), texts=st.lists(TEXTS, min_size=1, max_size=6))
@example(train=["a"], texts=["a" * 70_000, "ﷺ", "İ", "ß", "\r\n", "a\0", "\ufeff"])
def test_layer_equals_transform_on_any_text(make: Make, train: list[str], texts: list[str]) -> None:
    """What the layer gives equals what `transform` gives, to 1e-6, on whatever Unicode holds."""
    vectorizer = make()
    vectorizer.fit(as_rows([*train, "fine a film"]))
    rows = as_rows([*texts, *train])

    layered = np.asarray(vectorizer.to_layer()(rows.astype(object)))

    np.testing.assert_allclose(layered, vectorizer.transform(rows), rtol=0, atol=1e-6)


@VECTORIZERS
def test_saved_layer_equals_transform(make: Make, tmp_path: Path) -> None:
    """The layer, saved in a model of raw strings and loaded again, gives what `transform` gives."""
    vectorizer = fitted(make)
    raw = keras.Input(shape=(), dtype="string")
    keras.Model(raw, vectorizer.to_layer()(raw)).save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    np.testing.assert_allclose(loaded.predict(OTHER, verbose=0), vectorizer.transform(OTHER), rtol=0, atol=1e-6)


@VECTORIZERS
def test_state_round_trip_gives_the_same_numbers(make: Make) -> None:
    """A new vectorizer with another's state and configuration is the same mapping."""
    vectorizer = fitted(make)
    other = type(vectorizer)(**vectorizer.get_config())

    other.set_state(vectorizer.get_state())

    np.testing.assert_array_equal(other.transform(OTHER), vectorizer.transform(OTHER))
    assert other.vocabulary_size == vectorizer.vocabulary_size


@VECTORIZERS
def test_rows_do_not_depend_on_each_other(make: Make) -> None:
    """A text is mapped the same alone and among others; no text at all is fine."""
    vectorizer = fitted(make)

    whole = vectorizer.transform(np.concatenate([OTHER] * 20))

    np.testing.assert_array_equal(whole[: len(OTHER)], vectorizer.transform(OTHER))
    np.testing.assert_array_equal(whole[-1:], vectorizer.transform(OTHER[-1:]))
    assert vectorizer.transform(OTHER[:0]).shape == (0, *whole.shape[1:])


@VECTORIZERS
def test_unfitted_is_an_error(make: Make) -> None:
    """Transforming before fitting is an error."""
    with pytest.raises(NotFittedError):
        make().transform(TRAIN)


@pytest.mark.parametrize("make", [NgramVectorizer, SequenceVectorizer])
def test_texts_without_words_are_an_error(make: Make) -> None:
    """Training texts without any word are one clear error."""
    with pytest.raises(DataError, match="hold no words"):
        make().fit(as_rows(["", "...", " ", "x" * 101]))


@pytest.mark.parametrize(
    "arguments", [{"tokens": "syllables"}, {"max_tokens": 0}, {"ngrams": 0}], ids=lambda each: next(iter(each))
)
def test_malformed_argument_of_ngrams_is_an_error(arguments: dict[str, Any]) -> None:
    """An argument that cannot be meant is an error that says what is expected."""
    with pytest.raises(DataError, match="Expected: tokens as one of"):
        NgramVectorizer(**arguments)


@pytest.mark.parametrize(
    "arguments", [{"tokens": "syllables"}, {"max_tokens": 2}, {"sequence_length": 0}], ids=lambda each: next(iter(each))
)
def test_malformed_argument_of_sequences_is_an_error(arguments: dict[str, Any]) -> None:
    """An argument that cannot be meant is an error that says what is expected."""
    with pytest.raises(DataError, match="Expected: tokens as one of"):
        SequenceVectorizer(**arguments)


@pytest.mark.parametrize("sublinear_tf", [True, False], ids=["sublinear", "counts"])
@pytest.mark.parametrize("ngrams", [1, 2, 3])
def test_weights_are_those_of_scikit_learn(ngrams: int, sublinear_tf: bool) -> None:
    """On texts that both cut alike, a row holds the weights that scikit-learn's TfidfVectorizer gives."""
    text = pytest.importorskip("sklearn.feature_extraction.text")
    texts = ["red blue red", "blue green blue blue", "green red green", "red"]
    theirs = text.TfidfVectorizer(ngram_range=(1, ngrams), sublinear_tf=sublinear_tf)
    expected = theirs.fit_transform(texts).toarray()
    vectorizer = NgramVectorizer(ngrams=ngrams, sublinear_tf=sublinear_tf)
    vectorizer.fit(as_rows(texts))

    pairs = vectorizer.transform(as_rows(texts))

    names = vectorizer.get_state()["vocabulary"]
    columns = {name: column for column, name in enumerate(theirs.get_feature_names_out())}
    dense = np.zeros_like(expected)
    for row, place in np.argwhere(pairs[:, :, 0] > 0):
        number, weight = pairs[row, place]
        dense[row, columns[names[int(number) - 1]]] = weight
    assert len(names) == len(columns)
    np.testing.assert_allclose(dense, expected, atol=1e-6)


def test_most_common_ngrams_are_kept() -> None:
    """With a small `max_tokens` those are kept that occur in most texts, words before pairs where equal."""
    vectorizer = NgramVectorizer(ngrams=2, max_tokens=3)

    vectorizer.fit(as_rows(["a b", "a b", "a c", "b"]))

    assert vectorizer.get_state()["vocabulary"] == ["a", "b", "a b"]


def test_ngrams_of_one_text_alone_are_left_out_of_many() -> None:
    """From 10,000 texts on, an n-gram of one text only is not learned."""
    vectorizer = NgramVectorizer()

    vectorizer.fit(as_rows(["often"] * 9_999 + ["often once"]))

    assert vectorizer.get_state()["vocabulary"] == ["often"]


def test_unknown_words_weigh_nothing() -> None:
    """A text of unknown words is all zeros."""
    assert not fitted(lambda: NgramVectorizer(ngrams=2)).transform(OTHER[2:3]).any()


def test_long_text_loses_its_most_common_ngrams() -> None:
    """Of a text with more n-grams than a row has places, those of most training texts are left out."""
    vectorizer = NgramVectorizer()
    words = [f"word{index}" for index in range(40)]
    vectorizer.fit(as_rows([*words, "common", "common", "common x"]))

    (row,) = vectorizer.transform(as_rows([" ".join([*words, "common"])]))

    assert len(row) == 16
    assert row[:, 0].all()
    assert 1 not in row[:, 0]  # "common", in most texts, has number 1
    np.testing.assert_allclose(np.square(row[:, 1]).sum(), 1.0, atol=1e-6)


def test_max_tokens_counts_padding_and_unknown() -> None:
    """Sequences hold numbers below `max_tokens`."""
    assert fitted(lambda: SequenceVectorizer(max_tokens=6)).transform(TRAIN).max() == 5


def test_length_is_what_95_of_100_texts_need() -> None:
    """Sequences are as long as nearly all texts need, rounded up, and never longer than asked for."""
    rows = as_rows(["word " * 20] * 96 + ["word " * 500] * 4)

    lengths = {}
    for most in (256, 20):
        vectorizer = SequenceVectorizer(sequence_length=most)
        vectorizer.fit(rows)
        lengths[most] = vectorizer.transform(rows).shape[1]

    assert lengths == {256: 24, 20: 20}


def test_huge_text_is_quick_and_agrees() -> None:
    """100,000 words, and a word of 100,000 letters, go through both faces."""
    rows = as_rows([" ".join(f"word{index % 7000}" for index in range(100_000)), "x" * 100_000, "word1 word2"])
    for vectorizer in (NgramVectorizer(ngrams=2), SequenceVectorizer(sequence_length=512)):
        vectorizer.fit(rows)

        layered = np.asarray(vectorizer.to_layer()(rows))

        np.testing.assert_allclose(layered, vectorizer.transform(rows), rtol=0, atol=1e-6)


def as_rows(texts: list[str]) -> np.ndarray[Any, Any]:
    """Return texts as an object array."""
    rows = np.empty(len(texts), dtype=object)
    rows[:] = texts
    return rows


def fitted(make: Make) -> Any:
    """Return a vectorizer fitted on the training texts."""
    vectorizer = make()
    vectorizer.fit(TRAIN)
    return vectorizer
