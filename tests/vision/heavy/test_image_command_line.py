"""The command line on folders of picture files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.heavy.command_lines import succeed
from tests.vision.heavy.image_folders import CHEAP, label_of, write_folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learned a folder per class."""
    root = tmp_path_factory.mktemp("pictures")
    write_folder(root / "photos", rows=90)
    succeed(
        *("fit", "ImageClassifier", root / "photos", "--max-trials", 1, "--epochs", 12, "--seed", 0, "--quiet"),
        *("--option", f"warm_starts={json.dumps([CHEAP])}", "--directory", root / "search", "--output", root / "model"),
    )
    return root / "model"


def test_predict_names_each_picture(model: Path, tmp_path: Path) -> None:
    """Pictures of a folder come by their names, with the path in front of what they are."""
    paths = write_folder(tmp_path / "new", rows=30, first=90)

    rows = list(csv.DictReader(io.StringIO(succeed("predict", model, tmp_path / "new"))))

    assert [Path(row["row"]) for row in rows] == sorted(paths, key=lambda path: (label_of(path), path.name))
    assert sum(row["prediction"] == label_of(Path(row["row"])) for row in rows) > 20


def test_predict_takes_paths_of_pictures(model: Path, tmp_path: Path) -> None:
    """What a shell makes of `*.png`, in this order."""
    paths = write_folder(tmp_path / "new", rows=3, first=90)

    rows = list(csv.DictReader(io.StringIO(succeed("predict", model, *reversed(paths)))))

    assert [row["row"] for row in rows] == [str(path) for path in reversed(paths)]


def test_evaluate_takes_a_folder_per_class(model: Path, tmp_path: Path) -> None:
    """The folders' names are the labels."""
    write_folder(tmp_path / "test", rows=30, first=90)

    metrics = json.loads(succeed("evaluate", model, tmp_path / "test", "--format", "json"))["metrics"]

    assert metrics["accuracy"] > 0.6


@pytest.fixture(scope="module")
def tabled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `table.csv`, of paths and labels, and with `model`, which learned it; its target is called `row`."""
    root = tmp_path_factory.mktemp("table")
    paths = write_folder(root / "photos", rows=30)
    lines = [f"{path.relative_to(root)},{label_of(path)}" for path in paths]
    (root / "table.csv").write_text("\n".join(["file,row", *lines]) + "\n", encoding="utf-8")
    succeed(
        *("fit", "ImageClassifier", root / "table.csv", "--target", "row", "--max-trials", 1, "--epochs", 1, "--quiet"),
        *("--option", f"warm_starts={json.dumps([CHEAP])}", "--directory", root / "search", "--output", root / "model"),
    )
    return root


def test_predict_takes_the_table_of_the_training(tabled: Path) -> None:
    """Labels may still be there; a target that is called as the column of paths costs neither."""
    rows = list(csv.DictReader(io.StringIO(succeed("predict", tabled / "model", tabled / "table.csv"))))

    assert list(rows[0]) == ["row", "prediction_row"]
    assert {Path(row["row"]).suffix for row in rows} == {".png"}
    assert {row["prediction_row"] for row in rows} <= {"zero", "one", "two"}


def test_evaluate_knows_the_target_of_a_table_of_paths(tabled: Path) -> None:
    """A saved model has its name."""
    written = json.loads(succeed("evaluate", tabled / "model", tabled / "table.csv", "--format", "json"))

    assert "accuracy" in written["metrics"]
