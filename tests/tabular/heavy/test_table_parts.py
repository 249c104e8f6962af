"""Tables in several files, and in Parquet files that pandas wrote: one type for each column, and no index among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular.files.opening import open_table
from ak_tabular.files.source import TableSource
from ak_tabular.tables import as_table, read_texts, storage_of
from autokeras_core import DataError

Array = np.ndarray[Any, Any]


def read_all(location: Any) -> Array:
    """Return all rows of the table at a path, or in parts."""
    table = open_table(location)
    return table.read(np.arange(len(table))) if isinstance(table, TableSource) else as_table(table)


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([["x", "y"], ["", ""]], ["x", "y", None, None]),
        ([["", ""], ["x", "y"]], [None, None, "x", "y"]),
        ([["1", "2"], ["x", "7"]], ["1", "2", "x", "7"]),
        ([["1.50", ""], ["x", "7"]], ["1.50", None, "x", "7"]),
        ([["True", "False"], ["0", "5"]], ["True", "False", "0", "5"]),
        ([["01", "True"], ["x", "02"]], ["01", "True", "x", "02"]),
    ],
    ids=["nothing later", "nothing first", "numbers first", "fractions first", "truths and numbers", "text in both"],
)
def test_a_column_is_text_where_one_part_holds_text(
    cells: list[list[str]], expected: list[str | None], tmp_path: Path
) -> None:
    """Each cell is as it is written in the file, whatever its own part looks like."""
    paths = [tmp_path / f"part{number}.csv" for number in range(2)]
    for path, (first, second) in zip(paths, cells, strict=True):
        path.write_text(f"a,b\n{first},1\n{second},2\n")

    table = read_all(paths)

    assert read_texts(table, 0, column="a").tolist() == expected
    assert table["b"].tolist() == [1, 2, 1, 2]


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([["1", "2"], ["1.5", ""]], [1, 2, 1.5, np.nan]),
        ([["1", "2"], ["", ""]], [1, 2, np.nan, np.nan]),
        ([["9007199254740993", "2"], ["0.5", ""]], [2.0**53, 2, 0.5, np.nan]),
    ],
    ids=["fractions later", "nothing later", "large ones"],
)
def test_a_column_is_numbers_where_no_part_holds_text(
    cells: list[list[str]], expected: list[float], tmp_path: Path
) -> None:
    """Whole ones in one part, fractions or nothing in the other."""
    paths = [tmp_path / f"part{number}.csv" for number in range(2)]
    for path, (first, second) in zip(paths, cells, strict=True):
        path.write_text(f"a,b\n{first},1\n{second},2\n")

    table = read_all(paths)

    assert storage_of(table, 0) == "number"
    np.testing.assert_array_equal(table["a"], expected)


def test_parts_of_types_that_do_not_fit_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    """Parquet files say their types themselves: numbers and text make no column."""
    paths = [tmp_path / "first.parquet", tmp_path / "second.parquet"]
    pd.DataFrame({"a": [1, 2], "b": [1, 2]}).to_parquet(paths[0])
    pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}).to_parquet(paths[1])

    with pytest.raises(DataError, match=r"second.parquet.*incompatible types"):
        open_table(paths)


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize("name", [None, "key"])
def test_the_index_of_a_data_frame_is_no_column(name: str | None, tmp_path: Path) -> None:
    """Whether it has a name or not."""
    path = tmp_path / "table.parquet"
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}, index=pd.Index(["x", "y", "z"], name=name))
    frame.to_parquet(path)

    table = read_all(path)

    assert table.dtype.names == ("a", "b")
    assert table["b"].tolist() == [4, 5, 6]


def test_a_small_file_keeps_the_index_of_its_data_frame(tmp_path: Path) -> None:
    """Predictions get it; of parts only where all have one."""
    paths = [tmp_path / f"part{number}.parquet" for number in range(3)]
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}, index=["x", "y", "z"])
    frame.to_parquet(paths[0])
    frame.set_axis(["u", "v", "w"]).to_parquet(paths[1])
    frame.reset_index(drop=True).to_parquet(paths[2])

    found = [open_table(paths[0]), open_table(paths[:2]), open_table(paths[::2]), open_table(paths[::-2])]

    assert [list(table.index) for table in found[:2]] == [list("xyz"), list("xyzuvw")]
    assert [list(table.index) for table in found[2:]] == [list(range(6))] * 2
    assert [list(table.columns) for table in found] == [["a", "b"]] * 4
