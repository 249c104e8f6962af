"""TextVectorizer: two faces that agree, fitted on training rows only."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from ak_text import TextVectorizer
from autokeras_core import DataError, NotFittedError
from autokeras_core.testing import check_preprocessor

TRAIN = np.array(["a fine film", "A dull, dull film!", "fine actors", "", "nul\0 nul \0"], dtype=object)
OTHER = np.array(["fine new film", "", "nothing known here", "😀 שלום " * 50, "a " * 5000], dtype=object)

MODES = pytest.mark.parametrize(
    "arguments",
    [
        {"mode": "tf_idf", "max_tokens": 50, "ngrams": 2},
        {"mode": "tf_idf", "max_tokens": 6, "ngrams": 1},
        {"mode": "int", "max_tokens": 20, "sequence_length": 7},
    ],
    ids=["bigrams", "words", "sequences"],
)


def fitted(**arguments: object) -> TextVectorizer:
    """Return a vectorizer fitted on the training texts."""
    vectorizer = TextVectorizer(**arguments)  # type: ignore[arg-type]
    vectorizer.fit(TRAIN)
    return vectorizer


@MODES
def test_vectorizer_keeps_the_contract(arguments: dict[str, object]) -> None:
    """The core's kit: faces, configuration, state, and an input that is left alone."""
    check_preprocessor(TextVectorizer(**arguments), np.concatenate([TRAIN, OTHER] * 2))  # type: ignore[arg-type]


@MODES
def test_saved_layer_equals_transform(arguments: dict[str, object], tmp_path: Path) -> None:
    """The layer, saved in a model of raw strings and loaded again, gives what `transform` gives."""
    vectorizer = fitted(**arguments)
    raw = keras.Input(shape=(), dtype="string")
    keras.Model(raw, vectorizer.to_layer()(raw)).save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    np.testing.assert_allclose(loaded.predict(OTHER, verbose=0), vectorizer.transform(OTHER), rtol=0, atol=1e-6)


@MODES
def test_state_round_trip_gives_the_same_numbers(arguments: dict[str, object]) -> None:
    """A new vectorizer with another's state and configuration is the same mapping."""
    vectorizer = fitted(**arguments)
    other = TextVectorizer(**vectorizer.get_config())

    other.set_state(vectorizer.get_state())

    np.testing.assert_array_equal(other.transform(OTHER), vectorizer.transform(OTHER))


@MODES
def test_transform_works_in_batches_of_any_size(arguments: dict[str, object]) -> None:
    """Rows do not depend on which others stand beside them; no row at all is fine."""
    vectorizer = fitted(**arguments)

    whole = vectorizer.transform(np.concatenate([OTHER] * 120))

    np.testing.assert_array_equal(whole[: len(OTHER)], vectorizer.transform(OTHER))
    np.testing.assert_array_equal(whole[-1:], vectorizer.transform(OTHER[-1:]))
    assert vectorizer.transform(OTHER[:0]).shape == (0, whole.shape[1])


def test_unknown_words_weigh_nothing() -> None:
    """A text of unknown words is all zeros in TF-IDF."""
    assert not fitted(mode="tf_idf", max_tokens=50, ngrams=2).transform(OTHER[2:3]).any()


def test_weights_are_those_of_keras() -> None:
    """The weights equal those that Keras learns by itself in TF-IDF mode."""
    layer = keras.layers.TextVectorization(output_mode="tf_idf")
    layer.adapt(TRAIN[:4])
    vectorizer = TextVectorizer(mode="tf_idf", max_tokens=50)
    vectorizer.fit(TRAIN[:4])

    expected = np.asarray(layer(TRAIN[:4]))[:, 1:]

    np.testing.assert_allclose(vectorizer.transform(TRAIN[:4])[:, 1:], expected, atol=1e-6)


def test_max_tokens_limits_columns() -> None:
    """`max_tokens` counts the columns, the one of unknown words included."""
    assert fitted(mode="tf_idf", max_tokens=6).transform(OTHER).shape == (5, 6)
    assert fitted(mode="int", max_tokens=6, sequence_length=3).transform(TRAIN).max() == 5


def test_texts_without_words_are_an_error() -> None:
    """Training texts without any word are one clear error."""
    with pytest.raises(DataError, match="hold no words"):
        TextVectorizer(mode="tf_idf").fit(np.array(["", "...", " "], dtype=object))


def test_arguments_must_go_together() -> None:
    """Sequences need a length, TF-IDF takes none."""
    with pytest.raises(DataError, match="sequence_length"):
        TextVectorizer(mode="int")


def test_unfitted_is_an_error() -> None:
    """Transforming before fitting is an error."""
    with pytest.raises(NotFittedError):
        TextVectorizer().transform(TRAIN)
