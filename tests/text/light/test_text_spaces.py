"""The search spaces of the text blocks are pure data, suited to texts without Keras; so are tokens."""

from __future__ import annotations

import pytest

from ak_text._tokens import bucketed, is_word_of_a_vocabulary, split
from ak_text.spaces import EMBEDDING, NGRAM, RNN, SEPARABLE_CONV, TEXT, TRANSFORMER, prefers_ngrams, suit_tokens
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.plugin import Choice, Space


def profile(*, rows: int = 1_000, words: int = 100, length: float = 6.0) -> DataProfile:
    """Return the profile of some texts."""
    facts = {"median_words": words, "words_95": words, "characters_95": words * 6, "mean_word_length": length}
    part = InputProfile(name="text", modality="text", shape=(), dtype="str", rows=rows, facts=facts)
    return DataProfile(rows=rows, inputs={"text": part}, targets={})


@pytest.mark.parametrize(
    "space",
    [NGRAM, EMBEDDING, SEPARABLE_CONV, RNN, TRANSFORMER],
    ids=["ngram", "embedding", "conv", "rnn", "attention"],
)
def test_only_an_open_choice_of_tokens_is_suited(space: Space) -> None:
    """Long words make characters the default, unless the user fixed or narrowed what tokens are."""
    fixed = space.narrow({"tokens": Choice(["words"])})

    assert suit_tokens(space, profile(length=40.0)).defaults()["tokens"] == "characters"
    assert suit_tokens(space, profile()) == space
    assert suit_tokens(space, None) == space
    assert suit_tokens(fixed, profile(length=40.0)) == fixed


@pytest.mark.parametrize(
    ("rows", "words", "expected"),
    [(149_999, 100, True), (150_000, 100, False), (1_000, 0, True), (2_000, 0, False)],
    ids=["few", "many", "few without words", "many without words"],
)
def test_rule_of_rows_per_word(rows: int, words: int, expected: bool) -> None:
    """The rule of thumb: n-grams below 1,500 texts per word of the median text."""
    assert prefers_ngrams(profile(rows=rows, words=words)) is expected


@pytest.mark.parametrize(("rows", "expected"), [(22_499, True), (22_500, False)], ids=["few", "many"])
def test_rule_of_rows_counts_characters_where_words_do_not_stand_apart(rows: int, expected: bool) -> None:
    """A text of one run of 30 Chinese characters has fifteen words, not one."""
    assert prefers_ngrams(profile(rows=rows, words=1, length=30.0)) is expected


def test_default_configuration_is_a_linear_model_of_word_pairs() -> None:
    """What a search without predefined configurations begins with is the cheapest strong model."""
    defaults = TEXT.defaults()

    assert (defaults["block_type"], defaults["ngram/num_layers"], defaults["ngram/ngrams"]) == ("ngram", 0, 2)


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        ("It's FINE - really.", "words", [b"its", b"fine", b"really"]),
        ("Élan\u00a0x\ty", "words", ["Élan\u00a0x".encode(), b"y"]),
        ("Ab. c", "characters", ["a", "b", ".", " ", "c"]),
        ("", "words", []),
        ("", "characters", []),
    ],
    ids=["punctuation", "not ASCII", "characters", "no words", "no characters"],
)
def test_tokens_of_a_text(text: str, tokens: str, expected: list[object]) -> None:
    """Only ASCII is put in lower case, dropped or split at."""
    assert split(text, tokens) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("most", [0, 1, 2, 5])
@pytest.mark.parametrize("tokens", ["words", "characters"])
def test_first_tokens_are_those_of_the_whole_text(tokens: str, most: int) -> None:
    """Asking for a few tokens gives the first ones of all."""
    assert split("a bc d", tokens, most=most) == split("a bc d", tokens)[:most]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("token", "expected"),
    [("a", True), ("", False), ("a\0", False), ("a\0b", True), ("x" * 100, True), ("x" * 101, False)],
    ids=["letter", "empty", "null at the end", "null inside", "long", "too long"],
)
def test_what_a_vocabulary_takes(token: str, expected: bool) -> None:
    """Tokens that NumPy's strings would change, or that would make a vocabulary huge, stay out of it."""
    assert is_word_of_a_vocabulary(token) is expected


def test_buckets_are_few_and_never_too_short() -> None:
    """Lengths are rounded up to 16, 24, 32, 48, ..."""
    assert sorted({bucketed(length) for length in range(1, 130)}) == [16, 24, 32, 48, 64, 96, 128, 192]
    assert all(length <= bucketed(length) < max(17, 1.6 * length) for length in range(1, 3_000))
