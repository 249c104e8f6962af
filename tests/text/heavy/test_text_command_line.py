"""The command line on texts: a folder per class, and a table with a text column."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from tests.heavy.command_lines import autokeras, succeed

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


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `reviews.csv`, and with `model`, a model that learned its column `stars`."""
    root = tmp_path_factory.mktemp("rated")
    frame = pd.DataFrame({"phrase": ["a fine film", "a dull film"] * 20, "stars": [5, 1] * 20})
    frame.to_csv(root / "reviews.csv", index=False)
    succeed(
        *("fit", "TextClassifier", root / "reviews.csv", "--target", "stars", "--max-trials", 1, "--epochs", 1),
        *("--option", f"warm_starts={NGRAM}", "--directory", root / "search", "--output", root / "model", "--quiet"),
    )
    return root


def test_saved_model_of_a_table_knows_its_target(rated: Path) -> None:
    """`evaluate` of the very table needs no --target."""
    written = json.loads(succeed("evaluate", rated / "model", rated / "reviews.csv", "--format", "json"))

    assert "accuracy" in written["metrics"]


def test_predictions_have_the_name_of_the_target(rated: Path) -> None:
    """As those for other tables have; the column itself may still be there."""
    lines = succeed("predict", rated / "model", rated / "reviews.csv").splitlines()

    assert lines[0] == "stars"
    assert len(lines) == 41


def test_evaluate_asks_for_a_target_that_nobody_named(tmp_path: Path) -> None:
    """A model of a folder per class knows no column: the error says how to name one."""
    for name, word in (("good", "fine"), ("bad", "dull")):
        (tmp_path / "reviews" / name).mkdir(parents=True)
        for number in range(20):
            (tmp_path / "reviews" / name / f"{number}.txt").write_text(f"a {word} film", encoding="utf-8")
    pd.DataFrame({"text": ["a fine film"], "verdict": ["good"]}).to_csv(tmp_path / "new.csv", index=False)
    succeed(
        *("fit", "TextClassifier", tmp_path / "reviews", "--max-trials", 1, "--epochs", 1, "--quiet"),
        *("--option", f"warm_starts={NGRAM}", "--directory", tmp_path / "search", "--output", tmp_path / "model"),
    )

    result = autokeras("evaluate", tmp_path / "model", tmp_path / "new.csv")

    assert (result.code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].endswith("name it: --target COL.")
    assert "loss" in succeed("evaluate", tmp_path / "model", tmp_path / "new.csv", "--target", "verdict")
