"""Token numbers are those that the checkpoint's tokenizer gives, for any text, however long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ak_text import SubwordTokenizer
from autokeras_core import GraphError, NotFittedError, UnavailableError
from tests.text.heavy.checkpoints import (
    SPECIAL,
    VOCABULARY,
    WORDS,
    bert_tokenizer,
    reviews,
    roberta_tokenizer,
    write_checkpoint,
)

Array = np.ndarray[Any, Any]

ODD = [
    "",
    "a",
    "\x00\x00",
    "good\x00film",
    "فيلم جيد",
    "🎬🎉 good",
    "1234567 8.9",
    "x" * 500,
    "[MASK] [SEP]",
    "好的电影",
    " \n\t ",
]


def as_texts(texts: list[str]) -> Array:
    """Return an object array."""
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny BERT checkpoint."""
    return write_checkpoint(tmp_path_factory.mktemp("bert"))


def fitted(folder: Path, length: int = 16) -> SubwordTokenizer:
    """Return a tokenizer that was fitted on texts which fill its rows."""
    tokenizer = SubwordTokenizer(str(folder), length)
    tokenizer.fit(as_texts(["good film " * 50]))
    return tokenizer


def expected_ids(text: str, length: int) -> list[int]:
    """Return what the tokenizer itself makes of a whole text, cut to a length."""
    tokenizer = bert_tokenizer()
    tokenizer.enable_truncation(length)
    ids: list[int] = tokenizer.encode(text).ids
    return ids


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_odd_texts_have_the_tokenizers_numbers(text: str, folder: Path) -> None:
    """Nothing is stripped, cut or changed before the tokenizer sees it."""
    (row,) = fitted(folder).transform(as_texts([text]))

    ids = expected_ids(text, 16)
    assert row.tolist() == ids + [0] * (16 - len(ids))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(["good", "film", "\n", "  ", "x" * 150, "é", "\x00", "好", "."]), st.text(max_size=8)
        ),
        max_size=60,
    ),
    st.integers(4, 12),
)
def test_the_beginning_of_a_long_text_is_enough(parts: list[str], length: int) -> None:
    """Texts are cut at white space before they are tokenized, and still have the numbers of the whole text."""
    text = " ".join(parts)
    tokenizer = SubwordTokenizer("unused/name", length)
    tokenizer.set_state({"tokenizer.json": bert_tokenizer().to_str(), "width": length, "padding": 0})

    (row,) = tokenizer.transform(as_texts([text]))

    ids = expected_ids(text, length)
    assert row.tolist() == ids + [0] * (length - len(ids))


def test_a_document_of_100_000_words_is_read_at_its_beginning(folder: Path) -> None:
    """It takes no time, and has the numbers of the whole document."""
    document = "the film was good . " * 20_000

    (row,) = fitted(folder).transform(as_texts([document]))

    assert row.tolist() == expected_ids(document, 16)


def test_rows_are_as_long_as_the_longest_training_text(folder: Path) -> None:
    """No padding to a maximum that nobody needs; later texts are cut to that length."""
    tokenizer = SubwordTokenizer(str(folder), 64 - 32)
    tokenizer.fit(as_texts(["good film", "a fine film"]))

    assert tokenizer.transform(as_texts(["good " * 100, ""])).shape == (2, 16)


def test_no_row_is_longer_than_the_encoder_reads(folder: Path) -> None:
    """A checkpoint with few positions cuts texts earlier than asked for."""
    tokenizer = SubwordTokenizer(str(folder), 512)
    tokenizer.fit(as_texts(["good " * 600]))

    assert tokenizer.transform(as_texts(["good " * 600])).shape == (1, 40)


def test_no_texts_give_no_rows(folder: Path) -> None:
    """An empty batch has the width of a full one."""
    assert fitted(folder).transform(as_texts([])).shape == (0, 16)


def test_a_list_of_word_pieces_is_enough(folder: Path, tmp_path: Path) -> None:
    """`vocab.txt` alone gives the numbers of `tokenizer.json`."""
    other = write_checkpoint(tmp_path / "vocabulary")
    (other / "tokenizer.json").unlink()
    (other / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    texts = as_texts([*ODD, *reviews(20)[0]])

    np.testing.assert_array_equal(fitted(other).transform(texts), fitted(folder).transform(texts))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_word_pieces_that_are_line_separators_have_lines_of_their_own(tmp_path: Path, line_end: str) -> None:
    """Chinese BERT has such tokens: those behind them keep the numbers of their lines."""
    folder = write_checkpoint(tmp_path)
    (folder / "tokenizer.json").unlink()
    words = [*SPECIAL, "\u2028", "\u0085", "\x0b", "\x0c", "\x1c", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8", newline=line_end)

    (row,) = fitted(folder, 4).transform(as_texts(["good film"]))

    assert row.tolist() == [2, words.index("good"), words.index("film"), 3]


def test_cased_word_pieces_keep_their_case(tmp_path: Path) -> None:
    """`tokenizer_config.json` says whether letters are lowered."""
    folder = write_checkpoint(tmp_path)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"do_lower_case": False, "unk_token": {"content": "[UNK]"}})
    )

    (row,) = fitted(folder, 4).transform(as_texts(["GOOD film"]))

    assert row.tolist() == [2, VOCABULARY.index("[UNK]"), VOCABULARY.index("film"), 3]


def test_roberta_pads_with_its_own_token(tmp_path: Path) -> None:
    """Padding is what the encoder's config says, and numbers are the tokenizer's."""
    tokenizer = SubwordTokenizer(str(write_checkpoint(tmp_path, kind="roberta")), 16)
    tokenizer.fit(as_texts(["ab" * 20]))

    (row,) = tokenizer.transform(as_texts(["ab é"]))

    ids = roberta_tokenizer().encode("ab é").ids
    assert row.tolist() == ids + [1] * (16 - len(ids))


def test_what_is_saved_needs_no_checkpoint(folder: Path) -> None:
    """The state holds the tokenizer itself, as JSON data."""
    tokenizer = fitted(folder)
    restored = SubwordTokenizer("gone/away", 16)
    restored.set_state(json.loads(json.dumps(tokenizer.get_state())))

    np.testing.assert_array_equal(restored.transform(as_texts(ODD)), tokenizer.transform(as_texts(ODD)))


def test_fitting_changes_no_text(folder: Path) -> None:
    """The user's texts stay as they are."""
    texts = as_texts([*ODD])
    before = texts.copy()
    fitted(folder).transform(texts)

    assert texts.tolist() == before.tolist()


def test_there_is_no_layer_of_it(folder: Path) -> None:
    """The error says what an exported model takes, and what takes raw texts."""
    with pytest.raises(
        GraphError, match=r"cannot be part of a Keras model.*takes token numbers.*save\(\) and load\(\)"
    ):
        fitted(folder).to_layer()


def test_before_a_fit_it_says_so(folder: Path) -> None:
    """There is no tokenizer yet."""
    with pytest.raises(NotFittedError, match="before it was read"):
        SubwordTokenizer(str(folder), 16).transform(as_texts(["good"]))


def test_a_tokenizer_of_another_checkpoint_is_an_error(tmp_path: Path) -> None:
    """One that knows more words than the encoder would read beyond its vectors."""
    folder = write_checkpoint(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "vocab_size": 30}))

    with pytest.raises(GraphError, match=r"tokenizer of a checkpoint cannot be read.*config\.json says 30"):
        fitted(folder)


def test_a_damaged_tokenizer_is_an_error(tmp_path: Path) -> None:
    """Whatever the package raises, the message names the file."""
    folder = write_checkpoint(tmp_path)
    (folder / "tokenizer.json").write_text("{}")

    with pytest.raises(GraphError, match=r"tokenizer of a checkpoint cannot be read.*tokenizer\.json"):
        fitted(folder)


def test_too_few_tokens_are_an_error(folder: Path) -> None:
    """Two of them are the special ones."""
    with pytest.raises(GraphError, match="sequence_length of at least 4"):
        SubwordTokenizer(str(folder), 3)


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """It names the path."""
    with pytest.raises(UnavailableError, match="which is no folder"):
        SubwordTokenizer(str(tmp_path / "nowhere"), 16).fit(as_texts(["good"]))
