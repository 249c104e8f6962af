"""Counting n-grams with NumPy: which ones are common in texts, and which known ones a text has how often."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np

from ak_text._tokens import Tokens, is_word_of_a_vocabulary, split

__all__ = ["KnownNgrams", "common_ngrams"]

Array: TypeAlias = np.ndarray[Any, Any]

_CHARACTERS_AT_ONCE = 4_000_000


def common_ngrams(
    texts: Array, *, tokens: Tokens, longest: int, most: int, least_texts: int
) -> tuple[list[str], Array]:
    """Return the n-grams that occur in most texts, and in how many of them each does.

    Args:
        texts: Strings, shape `(rows,)`.
        tokens: What texts are cut into.
        longest: Runs of up to so many tokens count.
        most: How many n-grams to return at most.
        least_texts: In how many texts an n-gram must occur.

    Returns:
        The n-grams, the most common first, their tokens joined by spaces as Keras does it, and int64 of the same length.
    """
    numbers: dict[str | bytes, int] = {}
    common = np.zeros(0, dtype=np.int64)  # by token: its number if it is common, else -1
    keys: list[Array] = []
    counts: list[Array] = []
    tables: list[_Table] = []
    for length in range(1, longest + 1):
        counter = _Counter()
        for rows, ids in _pieces(texts, tokens, numbers, grows=length == 1):
            if length == 1:
                counter.add(ids, rows)
                continue
            nodes = common[ids]
            for step, table in enumerate(tables, start=1):
                nodes = table.step(nodes, ids, rows, step, len(numbers))
            found, places = _keys(nodes, ids, rows, length - 1, len(numbers))
            counter.add(found, rows[places])
        kept, texts_with = counter.most_common(least_texts)
        keys.append(kept)
        counts.append(texts_with)
        # The next length is built on these only: a run of tokens is in no more texts than its beginning.
        if length == 1:
            common = np.full(len(numbers), -1, dtype=np.int64)
            common[kept] = kept
        else:
            tables.append(_Table(keys=kept, nodes=np.arange(len(kept))))
    return _named(numbers, keys, counts, most=most)


@attrs.define
class KnownNgrams:
    """A vocabulary of n-grams, to be looked up in texts.

    Args:
        vocabulary: The n-grams, as `common_ngrams` returns them.
        tokens: What texts are cut into.
    """

    vocabulary: Sequence[str]
    tokens: Tokens
    _numbers: dict[str | bytes, int] = attrs.field(init=False, factory=dict)
    _columns: Array = attrs.field(init=False)
    _levels: list[_Table] = attrs.field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        """Build a tree of all beginnings of the n-grams, one table for each length."""
        parts: list[Sequence[str | bytes]] = [_tokens_of(ngram, self.tokens) for ngram in self.vocabulary]
        for ngram in parts:
            for token in ngram:
                self._numbers.setdefault(token, len(self._numbers))
        width = max(1, len(self._numbers))
        columns = [-1] * len(self._numbers)
        levels: list[dict[int, int]] = [{} for _ in range(max(map(len, parts), default=1) - 1)]
        for column, ngram in enumerate(parts):
            node = self._numbers[ngram[0]]
            for level, token in zip(levels, ngram[1:], strict=False):
                node = level.setdefault(node * width + self._numbers[token], len(columns))
                if node == len(columns):
                    columns.append(-1)
            columns[node] = column
        self._columns = np.array([*columns, -1], dtype=np.int64)  # the last one: no node
        self._levels = [_Table.of(level) for level in levels]

    def counts(self, texts: Array) -> Iterator[tuple[Array, Array, Array]]:
        """Yield, for one piece of the texts after another, what known n-grams they have.

        Args:
            texts: Strings, shape `(rows,)`.

        Yields:
            Row, column and number of occurrences, int64; by rising row, then rising column.
        """
        for rows, ids in _pieces(texts, self.tokens, self._numbers, grows=False):
            nodes, found = ids, [(rows, self._columns[ids])]
            for step, level in enumerate(self._levels, start=1):
                nodes = level.step(nodes, ids, rows, step, max(1, len(self._numbers)))
                found.append((rows[: len(nodes)], self._columns[nodes]))
            row, column = (np.concatenate(part) for part in zip(*found, strict=True))
            is_known = column >= 0
            width = max(1, len(self.vocabulary))
            codes, occurrences = np.unique(row[is_known] * width + column[is_known], return_counts=True)
            yield codes // width, codes % width, occurrences


@attrs.frozen
class _Table:
    """From a node (the beginning of an n-gram) and the next token's number, as one key, to the node of both."""

    keys: Array
    nodes: Array

    @classmethod
    def of(cls, nodes: Mapping[int, int]) -> _Table:
        keys = np.array(sorted(nodes), dtype=np.int64)
        return cls(keys=keys, nodes=np.array([nodes[key] for key in keys.tolist()], dtype=np.int64))

    def step(self, nodes: Array, ids: Array, rows: Array, step: int, width: int) -> Array:
        """Return the nodes of runs that are one token longer than those of `nodes`; -1 where there is none."""
        longer = np.full(max(0, len(ids) - step), -1, dtype=np.int64)
        keys, places = _keys(nodes, ids, rows, step, width)
        if len(self.keys):
            found = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            is_found = self.keys[found] == keys
            longer[places[is_found]] = self.nodes[found[is_found]]
        return longer


def _keys(nodes: Array, ids: Array, rows: Array, step: int, width: int) -> tuple[Array, Array]:
    """Return the keys of all runs of `step + 1` tokens inside one text, and where they begin."""
    length = max(0, len(ids) - step)
    last = ids[step:]
    is_run = (nodes[:length] >= 0) & (last >= 0) & (rows[:length] == rows[step:])
    places = np.flatnonzero(is_run)
    return nodes[places] * width + last[places], places


@attrs.define
class _Counter:
    """In how many texts keys occur, added up piece by piece."""

    keys: Array = attrs.field(factory=lambda: np.zeros(0, dtype=np.int64))
    texts: Array = attrs.field(factory=lambda: np.zeros(0, dtype=np.int64))

    def add(self, keys: Array, rows: Array) -> None:
        """Count the texts of a piece; no text stands in two pieces."""
        found, inverse = np.unique(keys, return_inverse=True)
        width = max(1, len(found))
        pairs = np.unique(rows * width + inverse)
        texts = np.bincount(pairs % width, minlength=len(found))
        if not len(self.keys):
            self.keys, self.texts = found, texts
            return
        both, inverse = np.unique(np.concatenate([self.keys, found]), return_inverse=True)
        self.texts = np.bincount(inverse, weights=np.concatenate([self.texts, texts])).astype(np.int64)
        self.keys = both

    def most_common(self, least: int) -> tuple[Array, Array]:
        """Return the keys that occur in enough texts, rising, and their counts."""
        is_common = self.texts >= least
        return self.keys[is_common], self.texts[is_common]


def _pieces(
    texts: Array, tokens: Tokens, numbers: dict[str | bytes, int], *, grows: bool
) -> Iterator[tuple[Array, Array]]:
    """Yield rows and token numbers of one piece of the texts after another; a token without a number has -1."""
    start = 0
    while start < len(texts):
        size, stop = 0, start
        while stop < len(texts) and (stop == start or size + len(texts[stop]) <= _CHARACTERS_AT_ONCE):
            size += len(texts[stop])
            stop += 1
        cut = _characters if tokens == "characters" else _words
        lengths, ids = cut(texts[start:stop], numbers, grows=grows)
        yield np.repeat(np.arange(start, stop, dtype=np.int64), lengths), ids
        start = stop


def _words(texts: Array, numbers: dict[str | bytes, int], *, grows: bool) -> tuple[Array, Array]:
    """Return how many words each text has, and the numbers of all of them."""
    found: list[Sequence[str | bytes]] = [split(text, "words") for text in texts]
    if grows:
        for words in found:
            for word in dict.fromkeys(words):
                numbers.setdefault(word, len(numbers))
    lengths = np.fromiter(map(len, found), dtype=np.int64, count=len(found))
    number = numbers.get
    ids = (number(word, -1) for words in found for word in words)
    return lengths, np.fromiter(ids, dtype=np.int64, count=int(lengths.sum()))


def _characters(texts: Array, numbers: dict[str | bytes, int], *, grows: bool) -> tuple[Array, Array]:
    """Return how many characters each text has, and the numbers of all of them."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    # Not `str.lower`: that changes more than ASCII, and the number of characters too.
    lowered = "".join(texts).encode().lower().decode()
    points = np.frombuffer(lowered.encode("utf-32-le"), dtype="<u4")
    different, inverse = np.unique(points, return_inverse=True)
    if grows:
        for point in different.tolist():
            numbers.setdefault(chr(point), len(numbers))
    ids = np.array([numbers.get(chr(point), -1) for point in different.tolist()], dtype=np.int64)
    return lengths, ids[inverse] if len(ids) else np.zeros(0, dtype=np.int64)


def _named(
    numbers: Mapping[str | bytes, int], keys: Sequence[Array], counts: Sequence[Array], *, most: int
) -> tuple[list[str], Array]:
    """Return the most common n-grams of all lengths by name, and their counts; of equally common ones the shorter first."""
    names = [token if isinstance(token, str) else token.decode() for token in numbers]
    lengths = np.concatenate([np.full(len(each), index + 1) for index, each in enumerate(counts)])
    places = np.concatenate([np.arange(len(each)) for each in counts])
    texts = np.concatenate(counts)
    vocabulary: list[str] = []
    kept: list[int] = []
    for index in np.argsort(-texts, kind="stable").tolist():
        if len(vocabulary) == most:
            break
        parts: list[str] = []
        place = int(places[index])
        for length in range(int(lengths[index]), 1, -1):
            place, token = divmod(int(keys[length - 1][place]), len(numbers))
            parts.append(names[token])
        parts.append(names[place if lengths[index] > 1 else int(keys[0][place])])
        ngram = " ".join(reversed(parts))
        if is_word_of_a_vocabulary(ngram):
            vocabulary.append(ngram)
            kept.append(index)
    return vocabulary, texts[kept]


def _tokens_of(ngram: str, tokens: Tokens) -> list[str] | list[bytes]:
    """Return the tokens of an n-gram; between characters, which may be spaces themselves, every second one is a space."""
    return list(ngram[::2]) if tokens == "characters" else ngram.encode().split(b" ")
