"""CSV files as columns of texts, and a column of them as labels."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from autokeras_core.data.csv_table import label_column, read_csv_columns, read_csv_names
from autokeras_core.errors import DataError


def written(folder: Path, content: str, *, encoding: str = "utf-8") -> Path:
    """Return the path of a new CSV file."""
    path = folder / "table.csv"
    path.write_bytes(content.encode(encoding))
    return path


def texts(*values: str) -> np.ndarray:
    """Return a column."""
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ('a,b\n1,"x, y"\n\n2,\n', ","),
        ("\ufeffa;b\n1;x, y\n2;\n", ","),
        ("a\tb\r\n1\tx, y\r\n2\t\r\n", "\t"),
    ],
    ids=["comma", "semicolon", "tab"],
)
def test_columns_hold_what_is_in_the_file(tmp_path: Path, content: str, delimiter: str) -> None:
    """Quotes, a byte order mark and empty lines are no content; values are left as they are."""
    columns = read_csv_columns(written(tmp_path, content), delimiter=delimiter)

    assert {name: column.tolist() for name, column in columns.items()} == {"a": ["1", "2"], "b": ["x, y", ""]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "0 rows"),
        ("a,b\n", "0 rows"),
        ("a,b\n1,2\n3\n", "row 2 has 1 values"),
        ("a,a\n1,2\n", "distinct column names"),
    ],
    ids=["empty", "names only", "short row", "equal names"],
)
def test_malformed_table_is_an_error_that_names_the_file(tmp_path: Path, content: str, message: str) -> None:
    """The message says which file, and what is wrong with it."""
    with pytest.raises(DataError, match=rf"table\.csv.*{message}"):
        read_csv_columns(written(tmp_path, content))


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ('text\tstars\nfine\t5\n"good" film\t4\ndull\t1\n', "\t"),
        ('text\tstars\nfine\t5\n"good\t4\ndull\t1\nthe "best"\t5\n', "\t"),
        ('text,stars\nfine,5\n"good,4\ndull,1\n', ","),
        ('text,stars\nfine,5\n"a \\"good\\" film",4\n', ","),
    ],
    ids=["closed early", "closed in a later row", "never closed", "backslashes"],
)
def test_stray_quote_is_an_error_that_names_its_row(tmp_path: Path, content: str, delimiter: str) -> None:
    """It does not swallow the rows up to the next quote; the message says what to do."""
    message = r"table\.csv.*row that begins in line 3\. .*double the quotes.*quoting=csv\.QUOTE_NONE"

    with pytest.raises(DataError, match=message):
        read_csv_columns(written(tmp_path, content), delimiter=delimiter)


def test_lines_within_quotes_count_where_a_stray_quote_is_named(tmp_path: Path) -> None:
    """The number is that of the line in the file, as an editor shows it."""
    path = written(tmp_path, 'text,stars\n"fine\nand\ngood",5\n\n"dull,1\n')

    with pytest.raises(DataError, match="row that begins in line 6"):
        read_csv_columns(path)


def test_quote_within_a_value_is_a_character_like_others(tmp_path: Path) -> None:
    """Only one that a value begins with encloses it."""
    columns = read_csv_columns(written(tmp_path, 'text,stars\na 5" disc,5\nthe "best" film,4\n"say ""no""",1\n'))

    assert columns["text"].tolist() == ['a 5" disc', 'the "best" film', 'say "no"']


def test_another_encoding_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    """Latin-1 is not read as something else."""
    path = written(tmp_path, "text,label\nschön,a\n", encoding="latin-1")

    with pytest.raises(DataError, match=r"table\.csv.*UTF-8.*UnicodeDecodeError"):
        read_csv_columns(path)


def test_one_long_text_does_not_make_all_rows_as_long(tmp_path: Path) -> None:
    """A column takes the memory of its texts, not that of the longest in each row."""
    path = written(tmp_path, "text,label\n" + "x" * 20_000 + ",a\n" + "y,b\n" * 4_999)
    tracemalloc.start()

    columns = read_csv_columns(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(columns["text"]) == 5_000
    assert peak < 20 * 2**20


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("5", "1"), [5, 1]),
        (("5", "1.5"), [5.0, 1.5]),
        (("5", "unknown"), ["5", "unknown"]),
        (("12345678901234567890", "12345678901234567891"), ["12345678901234567890", "12345678901234567891"]),
        (("1_000", "1000"), ["1_000", "1000"]),
    ],
    ids=["whole numbers", "numbers", "strings", "20 digits", "underscores"],
)
def test_labels_are_numbers_where_all_are(values: tuple[str, ...], expected: list[object]) -> None:
    """One that is no number makes all of them strings, and so does one that no number of 64 bits can hold."""
    assert label_column(texts(*values), name="label", where="the table").tolist() == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("x", "", "y", " "), "'label' of the table has no label in 2 rows.*row 2 of 4"),
        (("1", "2", ""), "no label in 1 row.*row 3 of 3"),
    ],
    ids=["strings", "numbers"],
)
def test_missing_label_is_an_error(values: tuple[str, ...], message: str) -> None:
    """An empty cell is no class of its own; the message names the column and the first row."""
    with pytest.raises(DataError, match=message):
        label_column(texts(*values), name="label", where="the table")


def test_names_of_columns_are_read_without_the_rows(tmp_path: Path) -> None:
    """They are there although no row could be read further down."""
    path = written(tmp_path, "text;stars\n" + "a fine film;5\n" * 10_000)
    path.write_bytes(path.read_bytes() + "schön;5\n".encode("latin-1"))

    assert read_csv_names(path) == ["text", "stars"]


def test_empty_file_has_no_names(tmp_path: Path) -> None:
    """That it is no table is for those to say who read its rows."""
    assert read_csv_names(written(tmp_path, "")) == []
