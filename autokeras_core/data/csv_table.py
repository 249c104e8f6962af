"""CSV files as columns of texts, for inputs that need no types but those of labels. Standard library and NumPy only."""

from __future__ import annotations

import contextlib
import csv
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autokeras_core.errors import DataError, describe_error

__all__ = ["label_column", "read_csv_columns", "read_csv_names"]

Array: TypeAlias = np.ndarray[Any, Any]

_LONGEST_CELL = 2**31 - 1  # the default of the csv module cuts long texts off with an error


def read_csv_columns(path: Path, *, delimiter: str = ",") -> dict[str, Array]:
    """Return the columns of a CSV file in UTF-8, whose first line names them; empty lines are left out.

    A value that begins with a quote ends with one, and quotes within it are doubled.

    Args:
        path: The file.
        delimiter: What stands between two values; a file with semicolons and no comma in its first line is read with
            semicolons where this is a comma.

    Returns:
        An object array of `str` for each column: what is in the file, unchanged.

    Raises:
        DataError: If it is no such file, a row has another number of values, or a quote encloses no whole value; the
            message names file and row.

    Example:
        ```python
        read_csv_columns(Path("reviews.csv"))["stars"]  # array(["5", "1"], dtype=object)
        ```
    """
    names, *rows = [*_rows(path, delimiter)] or [[]]
    rows = [row for row in rows if row]
    wrong = next((number for number, row in enumerate(rows, start=1) if len(row) != len(names)), None)
    if not rows or wrong is not None or len(set(names)) != len(names):
        received = f"columns {names}, {len(rows)} rows"
        raise _no_table(path, received + (f"; row {wrong} has {len(rows[wrong - 1])} values" if wrong else ""))
    return {name: _as_objects([row[column] for row in rows]) for column, name in enumerate(names)}


def read_csv_names(path: Path, *, delimiter: str = ",") -> list[str]:
    """Return the names of the columns of a CSV file without reading on; none if it is empty.

    Args:
        path: The file.
        delimiter: As of `read_csv_columns`.

    Raises:
        DataError: If it is no CSV file in UTF-8.

    Example:
        ```python
        read_csv_names(Path("reviews.csv"))  # ["text", "stars"]
        ```
    """
    with contextlib.closing(_rows(path, delimiter)) as rows:
        return next(rows, [])


def label_column(texts: Array, *, name: str, where: str) -> Array:
    """Return a column of a CSV file as labels: numbers where all are, as other readers of tables do; else strings.

    Whole numbers that are too long for 64 bits stay strings: as floats, several of them would be one. What only a programming
    language takes for a number (`"1_000"`) is none.

    Args:
        texts: The column, as `read_csv_columns` returns it.
        name: Its name, for messages.
        where: What the table is, for messages, e.g. `"the table 'reviews.csv'"`.

    Raises:
        DataError: If a row has no label; the message counts such rows and names the first, the one below the column
            names being row 1.

    Example:
        ```python
        label_column(np.array(["5", "1"], dtype=object), name="stars", where="the table")  # array([5, 1])
        ```
    """
    blank = [row for row, text in enumerate(texts, start=1) if not text.strip()]
    if blank:
        raise DataError(
            describe_error(
                f"The column {name!r} of {where} has no label in {len(blank)} {'row' if len(blank) == 1 else 'rows'}.",
                expected="a label in every row",
                received=f"nothing, first in row {blank[0]} of {len(texts)}",
                advice="Drop those rows, or write a label of their own into them.",
            )
        )
    labels = texts.astype(str)
    if any("_" in text for text in texts):
        return labels
    for dtype in (np.int64, np.float64):
        try:
            return labels.astype(dtype)
        except OverflowError:
            return labels
        except ValueError:
            continue
    return labels


def _rows(path: Path, delimiter: str) -> Generator[list[str]]:
    """Yield the rows of a CSV file as they are read, the names of its columns first."""
    before = csv.field_size_limit(min(sys.maxsize, _LONGEST_CELL))
    lines = 0  # of the rows that were read
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            if delimiter == "," and ";" in header and "," not in header:
                delimiter = ";"
            file.seek(0)
            # Strict, else a quote that nothing closes makes one value of all rows up to the next quote, without a word.
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for row in reader:
                yield row
                lines = reader.line_num
    except UnicodeDecodeError as error:
        raise _no_table(path, f"{type(error).__name__}: {error}") from error
    except csv.Error as error:
        received = f"a quote that encloses no whole value, in the row that begins in line {lines + 1}"
        raise _no_table(path, received, advice=_advice_on_quotes(delimiter)) from error
    finally:
        csv.field_size_limit(before)


def _advice_on_quotes(delimiter: str) -> str:
    return (
        "Put that value between quotes and double the quotes in it; or, if no value of the file stands between quotes, "
        f"pass the frame of pandas.read_csv(path, sep={delimiter!r}, quoting=csv.QUOTE_NONE)."
    )


def _no_table(path: Path, received: str, *, advice: str = "") -> DataError:
    return DataError(
        describe_error(
            f"The table {str(path)!r} cannot be read.",
            expected="a CSV file in UTF-8: a line of distinct column names, then rows with as many values",
            received=received,
            advice=advice,
        )
    )


def _as_objects(texts: Sequence[str]) -> Array:
    """Return texts as they are: an array of strings would be as wide as the longest in each row."""
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array
