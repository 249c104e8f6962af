"""The text input: one string per row, from lists, arrays, Series, tables, and files."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from ak_text._scripts import has_no_spaces
from ak_text.files import (
    class_folders,
    file_paths,
    find_text_column,
    is_folder,
    open_table,
    read_files,
    read_folder,
)
from autokeras_core import DataError, Input
from autokeras_core.errors import describe_error
from autokeras_core.plugin import Decision, InputProfile, unspaced_share

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TextInput"]

Array: TypeAlias = np.ndarray[Any, Any]

_ACCEPTED = "a list, an array or a Series with one string per row, a table, or the path of a folder or a CSV file"


class TextInput(Input):
    """Takes one text per row: strings, or bytes that are UTF-8.

    They are given as

    * a list, an array or a Series of strings, and labels: `fit(texts, labels)`;
    * a table with a text column, as a CSV file or a data frame, and the name of the target column:
      `fit("reviews.csv", "stars")`;
    * a folder with one folder of text files per class, named after it: `fit("reviews/")`; or a list of the paths of text
      files, as `Path` objects.

    The exported model takes a batch of raw strings of shape `(batch,)`, e.g. `model.predict(np.array(texts, object))`.

    Args:
        text_column: The column of a table that holds the texts; by default the only one beside the target, or the one
            with a usual name (`text`, `review`, `content` and the like). Tables to predict on must have the same one.
        name: The input's name in the graph; by default `"text"`.

    Example:
        ```python
        text = TextInput()
        output = ClassificationHead()(TextBlock()(text))
        model = AutoModel(text, output, max_trials=3)
        ```
    """

    base_name: ClassVar[str] = "text"
    modality: ClassVar[str] = "text"
    default_block: ClassVar[str] = "ak_text:text"
    tasks: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"classification": "ak_text:TextClassifier", "regression": "ak_text:TextRegressor"}
    )

    def __init__(self, *, text_column: str | None = None, name: str | None = None) -> None:
        if text_column is not None and not isinstance(text_column, str):
            raise DataError(
                describe_error(
                    "TextInput has a malformed argument.",
                    expected="text_column as the name of a column, or None",
                    received=f"text_column={text_column!r}",
                )
            )
        super().__init__(name=name, text_column=text_column)

    def settle(self, x: Any, y: Any) -> Mapping[str, Any]:
        """Return which column of a training table holds the texts, so that later tables are read alike.

        Raises:
            DataError: If a CSV file cannot be read.
        """
        column = None if "text_column" in self.arguments else find_text_column(x, y)
        return {} if column is None else {"text_column": column}

    def unpack(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return texts and labels of a folder per class, or of a table and its target column; else x and y themselves.

        Raises:
            DataError: If x names texts, but there are no labels for them.
        """
        if is_folder(x):
            return class_folders(x) if y is None else (read_folder(x), y)
        table = open_table(x)
        if table is None:
            return x, y
        texts = table.texts(self.arguments.get("text_column"), without=table.targets(y))
        return texts, table.labels(y)

    def row_names(self, data: Any) -> Sequence[str] | None:
        """Return the paths of text files, in the order of the rows; `None` for other data."""
        paths = file_paths(data)
        return None if paths is None else [str(path) for path in paths]

    def adapt(self, data: Any) -> Array:
        """Return the texts as an object array of `str`, shape `(rows,)`; a column, `(rows, 1)`, is flattened.

        Raises:
            DataError: If there is no row axis, there are several columns, entries are masked, or a row holds no text; the
                message names the row, and the input if it has a name.
        """
        if is_folder(data):
            data = read_folder(data)
        elif (paths := file_paths(data)) is not None:
            data = read_files(paths)
        elif (table := open_table(data)) is not None:
            data = table.texts(self.arguments.get("text_column"))
        where = "text input" if self.name is None else f"text input {self.name!r}"
        values = _one_column(data, where)
        # A new array always: the user's own must not be shared where bytes are decoded.
        texts = np.empty(len(values), dtype=object)
        for row, value in enumerate(values):
            texts[row] = _as_text(value, row, where)
        return texts

    def analyse(self, data: Array, *, name: str) -> InputProfile:
        """Return facts about adapted training rows: how many words they have, and whether these stand apart."""
        words = np.array([len(text.split()) for text in data], dtype=np.int64)
        characters = np.array([len(text) for text in data], dtype=np.int64)
        median, long = (int(value) for value in np.percentile(words, [50, 95])) if len(words) else (0, 0)
        long_characters = int(np.percentile(characters, 95)) if len(words) else 0
        word_length = round(float(characters.sum() / max(1, words.sum())), 1)
        empty = int(np.count_nonzero(words == 0))
        facts = {
            "median_words": median,
            "words_95": long,
            "characters_95": long_characters,
            "mean_word_length": word_length,
            "unspaced_share": round(unspaced_share(data.tolist()), 2),
            "empty_texts": empty,
        }
        decisions = [Decision(f"input {name!r}", "text", "every row is a string")]
        decisions.append(
            Decision(
                f"length of {name!r}", f"{median} words", f"the median; 95% of the texts have at most {long} words"
            )
        )
        if has_no_spaces(facts):
            share = f"{facts['unspaced_share']:.0%} of the characters are of scripts without spaces"
            reason = f"{share}, and from space to space there are {word_length}"
            decisions.append(Decision(f"words of {name!r}", "do not stand apart", reason))
        if empty:
            decisions.append(Decision(f"empty texts in {name!r}", "kept", f"{empty} of {len(words)} have no word"))
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=(),
            dtype="str",
            rows=len(data),
            facts=facts,
            decisions=tuple(decisions),
        )

    def check(self, data: Array, profile: InputProfile) -> None:
        """Accept all adapted rows: any text can be predicted on; `adapt` rejected what is none."""

    def raw_spec(self, profile: InputProfile) -> tuple[tuple[int | None, ...], str]:
        """Return shape and dtype of the exported model's raw input: a scalar string per row."""
        return (), "string"


def _one_column(data: Any, where: str) -> Sequence[Any] | Array:
    """Return the rows of the user's data, or say why it is no single column."""
    if isinstance(data, (list, tuple)):
        return data
    if isinstance(data, (bytes, Mapping)) or not (isinstance(data, np.ndarray) or hasattr(data, "__array__")):
        raise DataError(
            describe_error(
                f"The {where} got something that is no column of texts.",
                expected=_ACCEPTED,
                received=f"a {type(data).__name__}",
                advice="Put a single text into a list: [text]." if isinstance(data, bytes) else "",
            )
        )
    if isinstance(data, np.ma.MaskedArray) and np.ma.is_masked(data):
        raise DataError(
            describe_error(
                f"The {where} got a masked array.",
                expected="an array without masked values",
                received=f"{int(np.ma.getmaskarray(data).sum())} masked of {data.size}",
                advice="Fill the masked values in, e.g. with .filled('').",
            )
        )
    values = np.asarray(data)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise DataError(
            describe_error(
                f"The {where} got an array of the wrong shape.",
                expected="one text per row, shape (rows,) or (rows, 1)",
                received=f"shape {values.shape}",
                advice="Join the columns to one text per row, or use a TextInput for each.",
            )
        )
    return values


def _as_text(value: object, row: int, where: str) -> str:
    if isinstance(value, str):
        text = str(value)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise _no_text(row, where, f"a string that is no valid Unicode: {error.reason}") from error
        return text
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise _no_text(row, where, f"bytes that are not UTF-8: {error.reason} at byte {error.start}") from error
    raise _no_text(row, where, f"{value!r} of type {type(value).__name__}")


def _no_text(row: int, where: str, received: str) -> DataError:
    return DataError(
        describe_error(
            f"Row {row} of the {where} holds no text.",
            expected="a string (or UTF-8 bytes) in every row",
            received=received,
            advice="Drop the row, or fill it with an empty string.",
        )
    )
