"""The subword tokenizer of a checkpoint as a preprocessor: texts in, token numbers out, the same as Hugging Face's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ak_text.pretrained.layout import EncoderLayout, read_layout
from ak_text.pretrained.locations import check_pretrained, checkpoint_folder
from autokeras_core import GraphError, NotFittedError
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from os import PathLike

    from tokenizers import Tokenizer

__all__ = ["SubwordTokenizer"]

Array: TypeAlias = np.ndarray[Any, Any]

_TEXTS_AT_ONCE = 512
_STEP_OF_LENGTHS = 16
_SHORTEST = 4
_TEXTS_TO_MEASURE = 2_000
# Texts are cut before they are tokenized: at white space, behind so many characters for each token that is wanted.
_CHARACTERS_PER_TOKEN = 16


class SubwordTokenizer:
    """Turns texts into the token numbers of a pretrained encoder, padded to one length.

    It is the checkpoint's own `tokenizer.json` (or one made from its `vocab.txt`), run by the `tokenizers` package on
    all cores: the numbers are those of Hugging Face's tokenizers. It is saved with the model.

    A tokenizer cannot be part of a Keras model: what is exported takes token numbers instead of texts, see `to_layer`.

    Args:
        pretrained: The folder of a checkpoint, or its name on the Hugging Face hub.
        sequence_length: How many tokens of a text are read at most, with the two special ones at its ends.

    Input shape:
        `(rows,)`, strings.

    Output shape:
        `(rows, tokens)`, int32: as long as the longest training text, `sequence_length` at most.

    Example:
        ```python
        tokenizer = SubwordTokenizer("models/all-MiniLM-L6-v2", sequence_length=128)
        tokenizer.fit(np.array(["a fine film", "dull"], dtype=object))
        tokenizer.transform(np.array(["dull"], dtype=object))  # [[101, 10634, 102, 0, ...]]
        ```
    """

    in_model = False
    output_spec = ((None,), "int32")
    state_files = ("tokenizer.json",)

    def __init__(self, pretrained: str | PathLike[str], sequence_length: int) -> None:
        self._pretrained = check_pretrained(pretrained)
        if sequence_length < _SHORTEST:
            raise GraphError(
                describe_error(
                    "A SubwordTokenizer is to read too few tokens.",
                    expected=f"a sequence_length of at least {_SHORTEST}",
                    received=f"sequence_length={sequence_length!r}",
                )
            )
        self._sequence_length = int(sequence_length)
        self._width = 0
        self._padding = 0
        self._tokenizer: Tokenizer | None = None

    def fit(self, data: Array) -> None:
        """Read the tokenizer, and find out how many tokens the training texts have.

        Raises:
            GraphError: If the checkpoint's tokenizer cannot be read.
            UnavailableError: If the checkpoint can neither be found nor downloaded.
        """
        folder = checkpoint_folder(self._pretrained)
        layout = read_layout(folder)
        self._padding = layout.padding
        self._use(_read_tokenizer(folder, layout), min(self._sequence_length, layout.longest))
        if len(data) <= _TEXTS_TO_MEASURE or max(map(len, data)) < self._width:
            longest = max((len(ids) for ids in self._token_lists(data)), default=0)
            # In steps, so that texts of much the same length get the same width.
            self._width = min(self._width, max(_STEP_OF_LENGTHS, -(-longest // _STEP_OF_LENGTHS) * _STEP_OF_LENGTHS))
            self._fitted().enable_truncation(self._width)

    def transform(self, batch: Array) -> Array:
        """Return the token numbers of texts, int32 of shape `(rows, tokens)`."""
        self._fitted()
        numbers = np.full((len(batch), self._width), self._padding, dtype=np.int32)
        for row, ids in enumerate(self._token_lists(batch)):
            numbers[row, : len(ids)] = ids
        return numbers

    def to_layer(self) -> Any:
        """Raise: there is no Keras layer that splits texts into subwords.

        Raises:
            GraphError: Always; the message says what to do.
        """
        raise GraphError(
            describe_error(
                f"The tokenizer of {self._pretrained!r} cannot be part of a Keras model.",
                expected="a model that is saved with save(), whose predict() takes raw texts",
                received="a request for a Keras layer that splits texts into subwords",
                advice=self.outside_the_model,
            )
        )

    @property
    def outside_the_model(self) -> str:
        """What an exported Keras model takes instead of raw rows, as a sentence."""
        return (
            "The exported Keras model takes token numbers, int32 of shape (batch, tokens), as the tokenizer.json that "
            "save() writes makes them; save() and load() keep tokenizer and model together, and predict from raw texts."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"pretrained": self._pretrained, "sequence_length": self._sequence_length}

    def get_state(self) -> dict[str, Any]:
        """Return the tokenizer as the text of its `tokenizer.json`, and the length of the rows."""
        return {"tokenizer.json": self._fitted().to_str(), "width": self._width, "padding": self._padding}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the tokenizer; the checkpoint is not needed."""
        from tokenizers import Tokenizer  # heavy enough to come late

        self._padding = int(state["padding"])
        self._use(Tokenizer.from_str(state["tokenizer.json"]), int(state["width"]))

    def _use(self, tokenizer: Tokenizer, width: int) -> None:
        # Checkpoints carry whatever padding and truncation somebody last used.
        tokenizer.no_padding()
        tokenizer.enable_truncation(width)
        self._tokenizer, self._width = tokenizer, width

    def _token_lists(self, texts: Array) -> list[list[int]]:
        """Return the token numbers of each text, not padded."""
        found: list[list[int]] = []
        for start in range(0, len(texts), _TEXTS_AT_ONCE):
            found += self._tokenized([str(text) for text in texts[start : start + _TEXTS_AT_ONCE]])
        return found

    def _tokenized(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokenize the beginnings of long texts; those whose beginning did not fill the row are tokenized as a whole."""
        tokenizer, most = self._fitted(), self._width * _CHARACTERS_PER_TOKEN
        beginnings = [_beginning(text, most) for text in texts]
        found = [encoding.ids for encoding in tokenizer.encode_batch_fast(beginnings)]
        again = [
            row for row, ids in enumerate(found) if len(ids) < self._width and len(beginnings[row]) < len(texts[row])
        ]
        if again:
            for row, encoding in zip(again, tokenizer.encode_batch_fast([texts[row] for row in again]), strict=True):
                found[row] = encoding.ids
        return found

    def _fitted(self) -> Tokenizer:
        if self._tokenizer is None:
            raise NotFittedError(
                describe_error(
                    f"The tokenizer of {self._pretrained!r} was used before it was read.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._tokenizer


def _beginning(text: str, most: int) -> str:
    """Return the words of a text that end within so many characters; all of it if that is not many more."""
    if len(text) <= 2 * most:
        return text
    end = max(text.rfind(" ", 0, most), text.rfind("\n", 0, most))
    return text[:end] if end > 0 else text


def _read_tokenizer(folder: Path, layout: EncoderLayout) -> Tokenizer:
    """Return the tokenizer of a checkpoint.

    Raises:
        GraphError: If it cannot be read, or knows more tokens than the encoder.
    """
    from tokenizers import Tokenizer

    try:
        if (folder / "tokenizer.json").is_file():
            tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        elif layout.kind != "roberta":
            tokenizer = _word_pieces(folder)
        else:
            message = "there is no tokenizer.json, and vocab.txt does not belong to an encoder in the manner of RoBERTa"
            raise ValueError(message)
        if tokenizer.get_vocab_size() > layout.vocabulary_size:
            message = f"it knows {tokenizer.get_vocab_size():,} tokens, and config.json says {layout.vocabulary_size:,}"
            raise ValueError(message)
    except Exception as error:  # tokenizers raises plain exceptions
        raise GraphError(
            describe_error(
                "The tokenizer of a checkpoint cannot be read.",
                expected=f"a tokenizer.json (or the vocab.txt of a BERT) in {str(folder)!r}",
                received=" ".join(f"{type(error).__name__}: {error}".split())[:300],
                advice="Check that it belongs to this checkpoint.",
            )
        ) from error
    return tokenizer


def _word_pieces(folder: Path) -> Tokenizer:
    """Return BERT's tokenizer, made from its list of word pieces and what `tokenizer_config.json` says."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    # The number of a token is that of its line, and only a line feed ends one: some tokens are line separators themselves.
    with (folder / "vocab.txt").open(encoding="utf-8") as lines:
        vocabulary = {line.removesuffix("\n"): number for number, line in enumerate(lines)}
    unknown, cls, separator, padding, mask = (
        _token(config, name, default)
        for name, default in (
            ("unk_token", "[UNK]"),
            ("cls_token", "[CLS]"),
            ("sep_token", "[SEP]"),
            ("pad_token", "[PAD]"),
            ("mask_token", "[MASK]"),
        )
    )
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    tokenizer.add_special_tokens([each for each in (unknown, cls, separator, padding, mask) if each in vocabulary])
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=bool(config.get("do_lower_case", True)),
        handle_chinese_chars=bool(config.get("tokenize_chinese_chars", True)),
        strip_accents=config.get("strip_accents"),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls} $A {separator}",
        special_tokens=[(cls, vocabulary[cls]), (separator, vocabulary[separator])],
    )
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _token(config: Mapping[str, Any], name: str, default: str) -> str:
    token = config.get(name, default)
    return str(token["content"] if isinstance(token, dict) else token)
