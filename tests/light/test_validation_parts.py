"""What `validation_data` may be: parts of data, or data that hold their labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autokeras_core.data.validation_parts import validation_parts
from autokeras_core.errors import DataError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where there are the files a.csv, b.csv and c.csv."""
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text("x,label\n1,2\n")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "files",
    [["a.csv", "b.csv"], ("a.csv", "b.csv", "c.csv"), [Path("a.csv"), Path("b.csv")]],
    ids=["two", "three", "paths"],
)
def test_files_alone_are_the_parts_of_a_table(files: Any) -> None:
    """Where y named columns of the training data, it names those of these files, too."""
    assert validation_parts(files, "label") == (files, "label", None)


@pytest.mark.parametrize("data", [("a.csv", "label"), ["a.csv", "target"], (["a.csv", "b.csv"], "label")])
def test_files_and_the_name_of_a_column_are_x_and_y(data: Any) -> None:
    """A name is no file."""
    assert validation_parts(data, "label") == (*data, None)


def test_two_files_are_x_and_y_where_y_was_no_name() -> None:
    """What they mean is then for the input to say."""
    assert validation_parts(("a.csv", "b.csv"), None) == ("a.csv", "b.csv", None)


def test_weights_may_come_third() -> None:
    """Behind x and y."""
    assert validation_parts(([1], [2], [3]), None) == ([1], [2], [3])


def test_a_table_without_labels_is_an_error() -> None:
    """Unless y named columns."""
    with pytest.raises(DataError, match="validation_data of type dict"):
        validation_parts({"x": [1]}, None)
