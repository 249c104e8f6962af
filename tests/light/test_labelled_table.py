"""Tables of which `y` may name columns: which these are, and what labels they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autokeras_core.data.csv_table import read_csv_columns
from autokeras_core.data.labelled_table import LabelledTable, columns_named_by
from autokeras_core.errors import DataError

COLUMNS = {"text": np.array(["a", "b"]), "stars": np.array([5, 1]), "0": np.array([7, 8])}
TABLE = LabelledTable(columns=COLUMNS, where="the table")


@pytest.mark.parametrize(
    ("y", "names"),
    [
        ("stars", ["stars"]),
        (0, ["0"]),
        (np.int64(0), ["0"]),
        (["stars", "0"], ["stars", "0"]),
        ({"score": "stars", "other": "0"}, ["stars", "0"]),
        (["stars", "stars"], []),
        (["good", "bad"], []),
        (np.array([1, 2]), []),
        (True, []),
        ([], []),
        ("grade", []),
    ],
    ids=["text", "int", "numpy", "list", "heads", "labels", "others", "array", "bool", "empty", "unknown"],
)
def test_columns_are_named_by_texts_and_whole_numbers(y: Any, names: list[str]) -> None:
    """Anything else, and names of which one is unknown, are labels."""
    assert columns_named_by(y, list(COLUMNS)) == names


@pytest.mark.parametrize("y", [None, {}, "grade", 3, {"score": "stars", "other": "grade"}], ids=str)
def test_a_name_that_is_no_column_is_an_error(y: Any) -> None:
    """It lists the columns; a list of unknown texts may be labels."""
    with pytest.raises(DataError, match=r"labels of the table are missing.*'stars'"):
        TABLE.targets(y)

    assert TABLE.targets(["good", "bad"]) == []


@pytest.mark.parametrize("y", ["stars", ["stars"]], ids=["name", "list of one"])
def test_one_column_is_one_label_a_row(y: Any) -> None:
    """Of the type that it has."""
    assert TABLE.labels(y).tolist() == [5, 1]


def test_several_columns_stand_side_by_side() -> None:
    """A label a column, in their order."""
    assert TABLE.labels(["0", "stars"]).tolist() == [[7, 5], [8, 1]]


def test_each_head_has_its_column() -> None:
    """A dict of names gives a dict of labels."""
    labels = TABLE.labels({"score": "stars", "other": "0"})

    assert {head: each.tolist() for head, each in labels.items()} == {"score": [5, 1], "other": [7, 8]}


def test_labels_themselves_are_returned_as_they_are() -> None:
    """Where `y` names no column."""
    y = ["good", "bad"]

    assert TABLE.labels(y) is y


def test_labels_of_a_file_without_types_look_as_they_are_read(tmp_path: Path) -> None:
    """Numbers where all are."""
    path = tmp_path / "table.csv"
    path.write_text("stars,code\n5,x\n1,y\n", encoding="utf-8")
    table = LabelledTable(columns=read_csv_columns(path), where="the table", is_untyped=True)

    assert table.labels("stars").dtype == np.int64
    assert table.labels("code").tolist() == ["x", "y"]
