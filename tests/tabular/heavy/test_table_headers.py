"""The first lines of a CSV file: headers and rows of any length, and names with line breaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ak_tabular.files import locations, opening
from ak_tabular.files.locations import find_files
from ak_tabular.files.opening import open_table
from ak_tabular.files.source import TableSource
from ak_tabular.tables import as_table, read_numbers
from autokeras_core import DataError


def column(path: Path, index: int) -> list[float]:
    """Return a column of numbers of the table in a file."""
    table = open_table(path)
    rows = table.read(np.arange(len(table))) if isinstance(table, TableSource) else as_table(table)
    return read_numbers(rows, index, column=str(index)).tolist()


@pytest.mark.usefixtures("in_either_way")
def test_a_header_may_be_longer_than_what_is_read_at_first(tmp_path: Path) -> None:
    """Of 3,000 columns the names alone take more than 64 KiB."""
    path = tmp_path / "table.csv"
    names = [f"a column with a rather long name {index:04d}" for index in range(3_000)]
    rows = [",".join(str(row + index) for index in range(3_000)) for row in range(2)]
    path.write_text("\n".join([",".join(names), *rows]) + "\n")

    found = find_files(path)

    assert found.delimiter == ","
    assert list(found.names) == names
    assert column(path, 2_999) == [2_999, 3_000]


@pytest.mark.usefixtures("in_either_way")
def test_the_first_row_may_hold_a_text_of_any_length(tmp_path: Path) -> None:
    """Also one that is longer than a cell may be for Python's own reader; the delimiter is then the header's."""
    path = tmp_path / "table.csv"
    path.write_text("text;number\n" + "x" * 200_000 + ";1\ny;2\n")

    assert find_files(path).names == ("text", "number")
    assert column(path, 1) == [1, 2]


def test_a_line_without_an_end_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no table is not read as a whole to find that out."""
    monkeypatch.setattr(locations, "_MOST_BYTES_TO_LOOK_AT", 2**18)
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "x" * 2**19)

    with pytest.raises(DataError, match=r"table.csv.*1 whole lines in the first 262,144 bytes"):
        find_files(path)


def test_a_header_that_is_no_header_is_an_error(tmp_path: Path) -> None:
    """A quote that is never closed makes one name of everything behind it."""
    path = tmp_path / "table.csv"
    path.write_text('"a,b\n' + "1,2\n" * 50_000)

    with pytest.raises(DataError, match=r"table.csv.*a header that cannot be read"):
        find_files(path)


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_a_line_break_in_a_name_belongs_to_it(end: str, tmp_path: Path) -> None:
    """Spreadsheets write such headers; no part of one becomes a row."""
    path = tmp_path / "table.csv"
    path.write_bytes(f'"price{end}(EUR){end}net",count{end}1.5,2{end}2.5,3{end}'.encode())

    assert find_files(path).names == (f"price{end}(EUR){end}net", "count")
    assert column(path, 0) == [1.5, 2.5]
    assert column(path, 1) == [2, 3]


def test_types_are_sampled_behind_a_header_of_several_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the rest of the header would make text of numbers."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    path = tmp_path / "table.csv"
    path.write_text('"price\n(EUR)","count\n(all)"\n1.5,2\n2.5,3\n')

    table = open_table(path)

    assert [stored.kind for stored in table.store.columns] == ["number", "number"]
