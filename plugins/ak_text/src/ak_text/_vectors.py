"""Word vectors from a local text file, as GloVe, word2vec and fastText publish them. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autokeras_core import GraphError
from autokeras_core.errors import describe_error

__all__ = ["matrix_of_words", "vector_length"]

Array: TypeAlias = np.ndarray[Any, Any]

_FORMAT = "lines of a word and its numbers, separated by single spaces, as in glove.6B.50d.txt"


def vector_length(path: str) -> int:
    """Return how many numbers a word has in a file of word vectors.

    Raises:
        GraphError: If there is no such file, or it is of another kind.
    """
    for number, line in _lines(path):
        return len(_numbers(path, number, line, length=None))
    raise _malformed(path, "no line of that kind")


def matrix_of_words(path: str, words: Sequence[str], *, before: int) -> Array:
    """Return the vectors of words as float32, in their order; words that the file lacks get the mean of the others.

    Args:
        path: The file.
        words: The words.
        before: How many rows to put first, for padding and unknown words: the mean too.

    Raises:
        GraphError: If the file is malformed, or has none of the words.

    Example:
        ```python
        matrix_of_words("glove.6B.50d.txt", ["film", "actor"], before=2).shape  # (4, 50)
        ```
    """
    length = vector_length(path)
    rows = {word.encode(): row for row, word in enumerate(words, start=before)}
    matrix = np.full((before + len(words), length), np.nan, dtype=np.float32)
    for number, line in _lines(path):
        row = rows.pop(line.partition(b" ")[0], None)  # the first of several equal words counts
        if row is not None:
            matrix[row] = _numbers(path, number, line, length=length)
    is_missing = np.isnan(matrix[:, 0])
    if is_missing.all():
        raise GraphError(
            describe_error(
                f"The word vectors {path!r} have none of the words of the training texts.",
                expected="vectors of words in lower case, in the language of the texts",
                received=f"{len(words)} words such as {list(words[:3])}",
            )
        )
    matrix[is_missing] = matrix[~is_missing].mean(axis=0)
    return matrix


def _lines(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield the numbers of lines (from 1 on) and lines; without word2vec's first line of two numbers."""
    if not Path(path).is_file():
        raise GraphError(
            describe_error(
                "The file of word vectors is not there.", expected="a text file", received=f"vectors={path!r}"
            )
        )
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, start=1):
            stripped = line.rstrip()
            is_header = number == 1 and len(stripped.split(b" ")) == 2
            if stripped and not is_header:
                yield number, stripped


def _numbers(path: str, number: int, line: bytes, *, length: int | None) -> Array:
    try:
        values = np.array(line.split(b" ")[1:], dtype=np.float32)
    except ValueError:
        raise _malformed(path, f"line {number} with something else") from None
    if not len(values) or not np.isfinite(values).all() or (length is not None and len(values) != length):
        raise _malformed(path, f"line {number} with {len(values)} numbers, not {length or 'any'}")
    return values


def _malformed(path: str, received: str) -> GraphError:
    return GraphError(
        describe_error(
            f"The word vectors {path!r} cannot be read.",
            expected=_FORMAT,
            received=received,
            advice="Unpack an archive first; binary files are not read.",
        )
    )
