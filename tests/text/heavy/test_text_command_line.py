"""The command line on texts: a folder per class, and a table with a text column."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd

from tests.heavy.command_lines import succeed

NGRAM = '[{"text/block_type": "ngram", "training/batch_size": 32, "training/learning_rate": 0.03}]'


def test_folder_of_texts_is_learned_and_named(tmp_path: Path) -> None:
    """Each text file of a folder gets a line with its path."""
    for number in range(40):
        for name, word in (("good", "fine"), ("bad", "dull")):
            path = tmp_path / "reviews" / name / f"{number:02d}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"a {word} film, number {number}", encoding="utf-8")
    new = tmp_path / "new"
    new.mkdir()
    (new / "a.txt").write_text("a dull book", encoding="utf-8")
    (new / "b.txt").write_text("a fine book", encoding="utf-8")

    succeed(
        *("fit", "TextClassifier", tmp_path / "reviews", "--max-trials", 1, "--epochs", 10, "--seed", 0, "--quiet"),
        *("--option", f"warm_starts={NGRAM}", "--directory", tmp_path / "search"),
    )
    rows = list(csv.DictReader(io.StringIO(succeed("predict", tmp_path / "search", new))))

    assert [row["row"] for row in rows] == [str(new / "a.txt"), str(new / "b.txt")]
    assert [row["prediction"] for row in rows] == ["bad", "good"]


def test_text_column_is_an_option_of_the_task(tmp_path: Path) -> None:
    """A table whose text column is not clear is told which it is, and keeps that with the model."""
    frame = pd.DataFrame(
        {"title": ["fine", "dull"] * 20, "words": ["a fine film", "a dull film"] * 20, "stars": [5, 1] * 20}
    )
    frame.to_csv(tmp_path / "reviews.csv", index=False)

    succeed(
        *("fit", "TextClassifier", tmp_path / "reviews.csv", "--target", "stars", "--option", "text_column=words"),
        *("--max-trials", 1, "--epochs", 1, "--seed", 0, "--quiet", "--option", f"warm_starts={NGRAM}"),
        *("--directory", tmp_path / "search"),
    )

    assert len(succeed("predict", tmp_path / "search", tmp_path / "reviews.csv").splitlines()) == 41
    assert succeed("evaluate", tmp_path / "search", tmp_path / "reviews.csv").splitlines()[0].split() == [
        "metric",
        "value",
    ]
