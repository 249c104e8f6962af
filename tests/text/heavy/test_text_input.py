"""TextInput: what it takes, and what it says about the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ak_text import TextInput
from autokeras_core import DataError

TEXTS = ["a fine film", "", "naïve 😀", "שלום"]


@pytest.mark.parametrize(
    "data",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS, dtype=object)[:, None],
        [text.encode() for text in TEXTS],
        pd.Series(TEXTS),
        pd.Series(TEXTS, dtype=object),
    ],
    ids=["list", "tuple", "unicode", "object", "column", "bytes", "series", "object series"],
)
def test_every_source_becomes_the_same_texts(data: object) -> None:
    """Lists, arrays, Series and bytes become one object array of str."""
    texts = TextInput().adapt(data)

    assert texts.dtype == object
    assert texts.tolist() == TEXTS
    assert all(type(text) is str for text in texts)


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), 3, pd.NA, b"\xff\xfe", "\ud800"],
    ids=["None", "NaN", "int", "NA", "bytes", "surrogate"],
)
def test_row_without_text_is_named(value: object) -> None:
    """A row that holds no text is an error that says which row."""
    with pytest.raises(DataError, match="Row 2 "):
        TextInput().adapt(["a", "b", value])


@pytest.mark.parametrize(
    "data",
    [b"one text", {"a": ["b"]}, 7, np.array([["a", "b"]]), np.array("a")],
    ids=["bytes", "dict", "int", "two columns", "scalar"],
)
def test_what_is_no_column_is_an_error(data: object) -> None:
    """Anything but one column of texts is an error that says what is expected."""
    with pytest.raises(DataError, match="Expected: .*one (string|text) per row"):
        TextInput().adapt(data)


@pytest.mark.parametrize(
    "data",
    [["a", None], b"one text", np.array([["a", "b"]]), np.ma.masked_array(["a", "b"], mask=[False, True])],
    ids=["no text", "bytes", "two columns", "masked"],
)
def test_errors_name_an_input_that_has_a_name(data: object) -> None:
    """Of two inputs of texts it must be seen which one is meant."""
    with pytest.raises(DataError, match="text input 'title' "):
        TextInput(name="title").adapt(data)


def test_masked_texts_are_an_error_that_counts_them() -> None:
    """What a mask hides is no text; an array that hides nothing is one like others."""
    texts = np.array(["a", "hidden", "b"])

    with pytest.raises(DataError, match=r"masked array.*1 masked of 3.*\.filled"):
        TextInput().adapt(np.ma.masked_array(texts, mask=[False, True, False]))

    assert TextInput().adapt(np.ma.masked_array(texts)).tolist() == ["a", "hidden", "b"]


@pytest.mark.parametrize("data", ["one text", "x" * 10_000, "nul\0"], ids=["short", "long", "null"])
def test_single_string_is_an_error_that_says_what_to_do(data: str) -> None:
    """A string that is no path is taken for a single text, and the error says where to put it."""
    with pytest.raises(DataError, match=r"does not exist.*Put a single text into a list"):
        TextInput().adapt(data)


def test_callers_array_is_not_changed() -> None:
    """Bytes are decoded into a new array."""
    data = np.array([b"a", b"b"], dtype=object)

    TextInput().adapt(data)

    assert data.tolist() == [b"a", b"b"]


def test_analysis_gives_lengths_with_reasons() -> None:
    """The profile says how long the texts are, and that empty ones are kept."""
    text_input = TextInput()

    profile = text_input.analyse(text_input.adapt(["a b c", "a", ""]), name="text")

    assert profile.facts == {
        "median_words": 1,
        "words_95": 2,
        "characters_95": 4,
        "mean_word_length": 1.5,
        "unspaced_share": 0.0,
        "empty_texts": 1,
    }
    assert any("1 of 3 have no word" in decision.reason for decision in profile.decisions)
    assert text_input.raw_spec(profile) == ((), "string")


def test_analysis_says_where_words_do_not_stand_apart() -> None:
    """The number of words says little then, and how texts are cut follows from it."""
    text_input = TextInput()

    profile = text_input.analyse(text_input.adapt(["播放周杰伦的歌", "ok 好的"]), name="text")

    reasons = [each.reason for each in profile.decisions if each.value == "do not stand apart"]
    assert reasons == ["82% of the characters are of scripts without spaces, and from space to space there are 4.0"]
