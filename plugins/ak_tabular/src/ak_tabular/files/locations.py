"""Where a table lies: one CSV or Parquet file, or its parts, with their column names. No Keras, no Arrow for CSV.

Of CSV files the first lines are looked at: for the delimiter, and for the header, which must be there.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import attrs

from ak_tabular.frames import shorten
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = [
    "TableFiles",
    "find_files",
    "index_columns",
    "is_location",
    "not_utf8",
    "numbered_names",
    "open_bytes",
]

FileFormat: TypeAlias = Literal["csv", "parquet"]

_FORMATS: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_COMPRESSED = {".gz": gzip.open, ".bz2": bz2.open}
_EXPECTED = "a CSV file (.csv, .tsv, .txt, also with .gz or .bz2), a Parquet file (.parquet, .pq), or a list of such"
_DELIMITERS = ",;\t|"
_BYTES_TO_LOOK_AT = 64 * 2**10
_MOST_BYTES_TO_LOOK_AT = 16 * 2**20  # longer lines cannot be read anyway
_LINES_TO_LOOK_AT = 20
_FEWEST_LINES = 2  # the header and a row
_COMPRESSION = 6  # what text typically shrinks to a part of; only to tell small files from large ones
_BYTES_PER_CELL = 8


@attrs.frozen(kw_only=True)
class TableFiles:
    """The files of one table.

    Attributes:
        paths: The parts, in order.
        format: Of all of them.
        delimiter: What stands between the cells of a CSV file.
        headers: The columns of each part, in its own order.
        size: About how many bytes the table has as text or numbers, compressed or not.
        header_lines: How many lines of a CSV file its header takes: a name in quotes may have line breaks.
    """

    paths: tuple[Path, ...]
    format: FileFormat
    headers: tuple[tuple[str, ...], ...]
    size: int
    delimiter: str = ","
    header_lines: Mapping[Path, int] = attrs.field(factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order of the first part."""
        return self.headers[0]

    @property
    def where(self) -> str:
        """What to call the table in messages."""
        more = f" and {len(self.paths) - 1} more" if len(self.paths) > 1 else ""
        return f"{str(self.paths[0])!r}{more}"


def is_location(data: Any) -> bool:
    """Return whether data is a path or a list of paths, instead of a table."""
    if isinstance(data, (list, tuple)):
        return bool(data) and all(
            isinstance(each, os.PathLike) or (isinstance(each, str) and _format_of(Path(each)) is not None)
            for each in data
        )
    return isinstance(data, (str, os.PathLike))


def find_files(location: Any, *, numbered: Collection[str] = ()) -> TableFiles:
    """Return the files that a path or a list of paths names.

    Args:
        location: The path, or the paths.
        numbered: Names of columns that are numbers: a first line of nothing else is the header of a CSV file, no row.

    Raises:
        DataError: If one does not exist, is no CSV or Parquet file, is empty or has no header, or if the parts differ in
            format or columns.
    """
    paths = tuple(Path(each) for each in (location if isinstance(location, (list, tuple)) else [location]))
    formats = {_existing_format(path) for path in paths}
    if len(formats) > 1:
        raise DataError(
            describe_error(
                "The parts of a table are of different formats.",
                expected="CSV files only, or Parquet files only",
                received=f"{[str(path) for path in paths]}",
            )
        )
    (found,) = formats
    delimiter = _delimiter_of(paths[0]) if found == "csv" else ","
    header_lines: dict[Path, int] = {}
    headers: list[list[str]] = []
    for path in paths:
        if found == "csv":
            names, header_lines[path] = _csv_header(path, delimiter, numbered)
        else:
            names = _parquet_header(path)
        headers.append(names)
    for path, header in zip(paths, headers, strict=True):
        if set(header) != set(headers[0]):
            raise DataError(
                describe_error(
                    f"The part {str(path)!r} has other columns than the first part of the table.",
                    expected=f"{headers[0]}, in any order",
                    received=f"missing {sorted(set(headers[0]) - set(header))}, "
                    f"unknown {sorted(set(header) - set(headers[0]))}",
                )
            )
    size = sum(_size_of(path, found) for path in paths)
    return TableFiles(
        paths=paths,
        format=found,
        headers=tuple(map(tuple, headers)),
        size=size,
        delimiter=delimiter,
        header_lines=header_lines,
    )


def numbered_names(names: Iterable[str]) -> list[str]:
    """Return those of names of columns that are numbers, such as years."""
    return [name for name in names if _is_number(name)]


def open_bytes(path: Path) -> IO[bytes]:
    """Return a file opened for reading, decompressed on the way if its name says that it is compressed."""
    opener: Any = _COMPRESSED.get(path.suffix.lower())
    opened: IO[bytes] = path.open("rb") if opener is None else opener(path, "rb")
    return opened


def index_columns(schema: Any) -> list[str]:
    """Return the columns of a Parquet file that are the index of the data frame that pandas wrote there.

    Args:
        schema: The file's Arrow schema.
    """
    described = (schema.pandas_metadata or {}).get("index_columns", ())  # an index of numbers in a row is no column
    return [name for name in described if isinstance(name, str) and name in schema.names]


def _format_of(path: Path) -> FileFormat | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in _COMPRESSED:
        return "csv" if _FORMATS.get(suffixes[-2]) == "csv" else None
    return _FORMATS.get(suffixes[-1]) if suffixes else None


def _existing_format(path: Path) -> FileFormat:
    found = _format_of(path)
    if found is None or not path.is_file():
        raise DataError(
            describe_error(
                "There is no table at this path.",
                expected=_EXPECTED,
                received=f"{str(path)!r}, which "
                + ("has another suffix" if path.is_file() else "is a folder" if path.is_dir() else "does not exist"),
                advice="For the parts in a folder: sorted(Path(folder).glob('*.csv'))."
                if path.is_dir()
                else f"Relative paths start from {str(Path.cwd())!r}."
                if not path.exists()
                else "",
            )
        )
    return found


def _first_lines(path: Path) -> list[str]:
    """Return the first lines of a CSV file with their ends: the header and a row at least, and none that is cut off.

    Raises:
        DataError: If the file cannot be read, or its lines are too long.
    """
    size = _BYTES_TO_LOOK_AT
    try:
        with open_bytes(path) as file:
            start = file.read(size)
            while (
                len(start) == size and not _holds_a_row(_lines_of(start, path)[:-1]) and size < _MOST_BYTES_TO_LOOK_AT
            ):
                start += file.read(3 * size)
                size *= 4
    except (OSError, EOFError) as error:
        received = f"{type(error).__name__}: {error}"
        raise DataError(
            describe_error(f"The file {str(path)!r} cannot be read.", expected="a readable file", received=received)
        ) from error
    lines = _lines_of(start, path)
    if len(start) < size:
        return lines
    if len(lines) < _FEWEST_LINES + 1:
        raise DataError(
            describe_error(
                f"The file {str(path)!r} holds no table.",
                expected="a first line with the names of the columns, and rows of at most a few megabytes",
                received=f"{len(lines) - 1} whole lines in the first {size:,} bytes",
            )
        )
    return lines[:-1]


def not_utf8(path: Path, received: str) -> DataError:
    """Return the error about a CSV file in another encoding.

    Args:
        path: The file.
        received: What is no text in it, and where.
    """
    return DataError(
        describe_error(
            f"The file {str(path)!r} is not UTF-8.",
            expected="text in UTF-8",
            received=received,
            advice="Read it yourself, e.g. with pandas.read_csv(path, encoding=...), and pass the data frame.",
        )
    )


def _lines_of(start: bytes, path: Path) -> list[str]:
    """Return the lines of a file's first bytes with their ends, as CSV knows them; the last one may be cut off."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        text = decoder.decode(start, final=len(start) < _BYTES_TO_LOOK_AT)  # else the last character may be cut off
    except UnicodeDecodeError as error:
        raise not_utf8(path, f"{error.reason} at byte {error.start}") from error
    return list(io.StringIO(text, newline=""))


def _holds_a_row(lines: list[str]) -> bool:
    """Return whether whole lines are a header and a row, wherever line breaks stand in quotes."""
    rows, quotes = 0, 0
    for line in lines:
        quotes += line.count('"')
        rows += quotes % 2 == 0
    return rows >= _FEWEST_LINES


def _delimiter_of(path: Path) -> str:
    """Return the delimiter that cuts the first lines into equally many cells, and most of them."""
    if ".tsv" in [suffix.lower() for suffix in path.suffixes]:
        return "\t"
    lines = _first_lines(path)
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        counts = _cells_of_rows(lines[:_LINES_TO_LOOK_AT], delimiter)
        if len(counts) == 1 and (count := counts.pop()) > most:
            best, most = delimiter, count
    if most > 1 or not lines:
        return best
    return max(_DELIMITERS, key=lambda each: (len(_names_and_lines(lines, each)[0]), each == ","))


def _cells_of_rows(lines: list[str], delimiter: str) -> set[int]:
    """Return how many cells the rows have; none if a cell is longer than Python's reader takes."""
    try:
        return {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
    except csv.Error:
        return set()


def _names_and_lines(lines: list[str], delimiter: str) -> tuple[list[str], int]:
    """Return the cells of the first row, and how many lines it takes; none if a cell is too long for a name."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        return next(reader, []), reader.line_num
    except csv.Error:
        return [], 0


def _csv_header(path: Path, delimiter: str, numbered: Collection[str]) -> tuple[list[str], int]:
    """Return the names of the columns, and how many lines they take."""
    lines = _first_lines(path)
    names, header_lines = _names_and_lines(lines, delimiter)
    if not names or len(lines) <= header_lines:
        received = f"a header of {len(names)} columns and no row"
        if not names:
            received = "a header that cannot be read" if lines else "an empty file"
        raise DataError(
            describe_error(
                f"The file {str(path)!r} holds no table.",
                expected="a first line with the names of the columns, and at least one row",
                received=received,
            )
        )
    if len(numbered_names(names)) == len(names) and not _are_names(names, numbered):
        raise DataError(
            describe_error(
                f"The file {str(path)!r} has no header.",
                expected="a first line with the names of the columns",
                received=f"a first line of numbers: {shorten(names)}",
                advice="Add the names; say that they are numbers, by StructuredDataInput(numbered_columns=[...]); or read the file yourself, e.g. with pandas.read_csv(path, header=None).",
            )
        )
    # As pandas names them: the first column of what `frame.to_csv(path)` writes has no name.
    return _checked_names([name or f"Unnamed: {index}" for index, name in enumerate(names)], path), header_lines


def _are_names(numbers: list[str], numbered: Collection[str]) -> bool:
    """Return whether a first line of numbers is a header, and no row that happens to hold the same numbers.

    Columns without names are called 0, 1, 2 and so on, which cells may well be: they are names in this order only.

    Args:
        numbers: The cells of the line.
        numbered: Names of columns that are numbers.
    """
    known = set(numbered)
    if len(set(numbers)) < len(numbers) or not set(numbers) <= known:
        return False
    are_places = known == {str(place) for place in range(len(known))}
    return not are_places or numbers == sorted(numbers, key=int)


def _parquet_header(path: Path) -> list[str]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise DataError(
            describe_error(
                f"The file {str(path)!r} is no Parquet file.",
                expected="a whole Parquet file",
                received=f"{type(error).__name__}: {error}",
            )
        ) from error
    with file:
        if not file.metadata.num_rows:
            raise DataError(
                describe_error(f"The file {str(path)!r} holds no rows.", expected="at least one", received="none")
            )
        index = index_columns(file.schema_arrow)
        return _checked_names([name for name in file.schema_arrow.names if name not in index], path)


def _checked_names(names: list[str], path: Path) -> list[str]:
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated or "" in names:
        raise DataError(
            describe_error(
                f"The columns of {str(path)!r} have no proper names.",
                expected="each column with its own name",
                received=f"repeated {repeated}" if repeated else f"a column without a name in {shorten(names)}",
                advice="Correct the header.",
            )
        )
    return names


def _size_of(path: Path, found: FileFormat) -> int:
    if found == "csv":
        return path.stat().st_size * (_COMPRESSION if path.suffix.lower() in _COMPRESSED else 1)
    from pyarrow.parquet import read_metadata

    metadata = read_metadata(path)
    cells = int(metadata.num_rows) * int(metadata.num_columns)
    return max(path.stat().st_size, cells * _BYTES_PER_CELL)


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return True
