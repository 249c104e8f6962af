"""Where a table lies: one CSV or Parquet file, or its parts, with their column names. No Keras, no Arrow for CSV.

Of CSV files the first lines are looked at: for the delimiter, and for the header, which must be there.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import os
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

import attrs

from ak_tabular.frames import shorten
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = ["FileFormat", "TableFiles", "find_files", "is_location", "open_bytes"]

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
_BYTES_TO_LOOK_AT = 64 * 1024
_LINES_TO_LOOK_AT = 20
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
    """

    paths: tuple[Path, ...]
    format: FileFormat
    headers: tuple[tuple[str, ...], ...]
    size: int
    delimiter: str = ","

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


def find_files(location: Any) -> TableFiles:
    """Return the files that a path or a list of paths names.

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
    headers = [_csv_header(path, delimiter) if found == "csv" else _parquet_header(path) for path in paths]
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
    return TableFiles(paths=paths, format=found, headers=tuple(map(tuple, headers)), size=size, delimiter=delimiter)


def open_bytes(path: Path) -> IO[bytes]:
    """Return a file opened for reading, decompressed on the way if its name says that it is compressed."""
    opener: Any = _COMPRESSED.get(path.suffix.lower())
    opened: IO[bytes] = path.open("rb") if opener is None else opener(path, "rb")
    return opened


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
    """Return the first lines of a CSV file, without one that is cut off."""
    try:
        with open_bytes(path) as file:
            start = file.read(_BYTES_TO_LOOK_AT)
    except (OSError, EOFError) as error:
        received = f"{type(error).__name__}: {error}"
        raise DataError(
            describe_error(f"The file {str(path)!r} cannot be read.", expected="a readable file", received=received)
        ) from error
    try:
        text = start.decode("utf-8-sig", errors="strict" if len(start) < _BYTES_TO_LOOK_AT else "ignore")
    except UnicodeDecodeError as error:
        raise DataError(
            describe_error(
                f"The file {str(path)!r} is not UTF-8.",
                expected="text in UTF-8",
                received=f"{error.reason} at byte {error.start}",
                advice="Read it yourself, e.g. with pandas.read_csv(path, encoding=...), and pass the data frame.",
            )
        ) from error
    lines = text.splitlines()
    return lines[:-1] if len(start) == _BYTES_TO_LOOK_AT and len(lines) > 1 else lines


def _delimiter_of(path: Path) -> str:
    """Return the delimiter that cuts the first lines into equally many cells, and most of them."""
    if ".tsv" in [suffix.lower() for suffix in path.suffixes]:
        return "\t"
    lines = _first_lines(path)[:_LINES_TO_LOOK_AT]
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        counts = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        if len(counts) == 1 and (count := counts.pop()) > most:
            best, most = delimiter, count
    if most > 1 or not lines:
        return best
    return max(_DELIMITERS, key=lambda each: (len(next(csv.reader(lines[:1], delimiter=each), [])), each == ","))


def _csv_header(path: Path, delimiter: str) -> list[str]:
    lines = _first_lines(path)
    names = next(csv.reader(lines, delimiter=delimiter), [])
    if not names or len(lines) < 2:
        raise DataError(
            describe_error(
                f"The file {str(path)!r} holds no table.",
                expected="a first line with the names of the columns, and at least one row",
                received="an empty file" if not names else f"a header of {len(names)} columns and no row",
            )
        )
    if all(_is_number(name) for name in names):
        raise DataError(
            describe_error(
                f"The file {str(path)!r} has no header.",
                expected="a first line with the names of the columns",
                received=f"a first line of numbers: {shorten(names)}",
                advice="Add the names; or read the file yourself, e.g. with pandas.read_csv(path, header=None).",
            )
        )
    # As pandas names them: the first column of what `frame.to_csv(path)` writes has no name.
    return _checked_names([name or f"Unnamed: {index}" for index, name in enumerate(names)], path)


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
        return _checked_names(list(file.schema_arrow.names), path)


def _checked_names(names: list[str], path: Path) -> list[str]:
    repeated = sorted({name for name in names if names.count(name) > 1})
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
