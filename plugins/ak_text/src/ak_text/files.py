"""Texts in files: a folder with one folder of text files per class, a table with a text column.

Standard library and NumPy only: a table is a CSV file, or any object with `columns` whose columns `[]` returns.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.errors import DataError, DataWarning, describe_error
from autokeras_core.plugin import (
    LabelledTable,
    columns_named_by,
    frame_column_names,
    frame_columns,
    read_csv_columns,
    read_csv_names,
)

__all__ = [
    "Table",
    "class_folders",
    "file_paths",
    "find_text_column",
    "is_folder",
    "open_table",
    "read_files",
    "read_folder",
]

Array: TypeAlias = np.ndarray[Any, Any]

_SUFFIXES = frozenset({".txt", ".text", ".md"})
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_TEXT_COLUMNS = ("text", "texts", "review", "content", "body", "comment", "message", "sentence", "document", "tweet")


@attrs.frozen(kw_only=True)
class Table(LabelledTable):
    """A table with a text column."""

    def texts(self, text_column: str | None, *, without: Sequence[str] = ()) -> Array:
        """Return the texts.

        Args:
            text_column: The column that holds them; by default the only one, or the only one with a usual name.
            without: Columns that are labels.

        Raises:
            DataError: If there is no such column, or several could be meant.
        """
        column = _text_column(list(self.columns), without) if text_column is None else text_column
        if column is None:
            raise DataError(
                describe_error(
                    f"The text column of {self.where} is not clear.",
                    expected=f"one column named {', '.join(map(repr, _TEXT_COLUMNS[:4]))} or the like, or "
                    "TextInput(text_column=...)",
                    received=f"text_column=None, columns {list(self.columns)}",
                )
            )
        if column not in self.columns:
            raise DataError(
                describe_error(
                    f"The text column of {self.where} is missing.",
                    expected=f"a column {column!r}, which is that of the training table or text_column=",
                    received=f"columns {list(self.columns)}",
                    advice="Give the column that name, or pass its texts alone.",
                )
            )
        return self.columns[column]


def is_folder(data: Any) -> bool:
    """Return whether data is the path of a folder."""
    return isinstance(data, (str, Path)) and _exists(data) and Path(data).is_dir()


def open_table(data: Any) -> Table | None:
    """Return data as a table if it is one: the path of a CSV file, or an object with columns; else `None`.

    Raises:
        DataError: If a path is that of no table.
    """
    columns = frame_columns(data)
    if columns is not None:
        return Table(columns=columns, where=f"the table (of type {type(data).__name__})")
    if not isinstance(data, (str, Path)):
        return None
    path = Path(data)
    delimiter = _DELIMITERS.get(path.suffix.lower())
    if delimiter is None or not _exists(data):
        raise DataError(
            describe_error(
                "The text input got a single string that is the path of nothing that it reads.",
                expected="a folder with one folder of text files per class, or a CSV file with a text column",
                received=f"{str(data)[:200]!r}, which " + ("is no such file" if _exists(data) else "does not exist"),
                advice="Put a single text into a list: [text].",
            )
        )
    columns = read_csv_columns(path, delimiter=delimiter)
    return Table(columns=columns, where=f"the table {str(path)!r}", is_untyped=True)


def find_text_column(data: Any, y: Any) -> str | None:
    """Return which column of a table is its text column, without reading its rows; `None` if that is not clear.

    Args:
        data: The user's data, a table or anything else.
        y: Their labels, or the names of the columns that hold these.

    Raises:
        DataError: If a CSV file cannot be read.
    """
    columns = _columns_of(data)
    return _text_column(columns, columns_named_by(y, columns))


def class_folders(folder: str | Path) -> tuple[Array, Array]:
    """Return the texts in the class folders of a folder, and for each the name of its class folder.

    Hidden files and folders, files of other kinds (`.txt`, `.text` and `.md` are read) and folders inside class folders
    are not read; the latter two cost a warning.

    Raises:
        DataError: If there are no class folders with text files in them, or a file is not UTF-8; it names the file.
    """
    root = Path(folder)
    paths, ignored = _in_class_folders(root)
    texts = [_read(path) for path in paths]
    if not texts:
        raise DataError(
            describe_error(
                f"The folder {str(root)!r} holds no labelled texts.",
                expected="one folder for each class, named after it, with .txt files in it",
                received=f"{sum(each.is_dir() for each in root.iterdir())} folders without such files in them",
                advice="Pass the texts and y, or a table with a text column and the name of its target column.",
            )
        )
    if ignored:
        _warn(root, ignored)
    return _as_objects(texts), np.array([path.parent.name for path in paths])


def read_folder(folder: str | Path) -> Array:
    """Return the texts in the class folders of a folder, as training reads them; else those right in it. By name.

    Text files beside class folders with texts are not read, which costs a warning.

    Raises:
        DataError: If there are none, or a file is not UTF-8.
    """
    root = Path(folder)
    paths = _listed(root)
    return _as_objects([_read(path) for path in paths]) if paths else class_folders(root)[0]


def file_paths(data: Any) -> list[Path] | None:
    """Return the paths of text files that data name, or `None` if they name none.

    That is a folder: the text files of its class folders, else its own, in the order of `read_folder`, with a warning of
    what is not read. Or a path of a text file, or a list of such, as `Path` objects: strings in a list are texts.
    """
    if is_folder(data):
        return _listed(Path(data))
    paths = [data] if isinstance(data, os.PathLike) else data
    is_paths = isinstance(paths, (list, tuple)) and bool(paths) and all(isinstance(each, os.PathLike) for each in paths)
    named = [Path(each) for each in paths] if is_paths else []
    return named if named and all(path.suffix.lower() in _SUFFIXES for path in named) else None


def read_files(paths: Sequence[Path]) -> Array:
    """Return the texts in files.

    Raises:
        DataError: If one does not exist, or is not UTF-8; it is named.
    """
    gone = [str(path) for path in paths if not path.is_file()]
    if gone:
        raise DataError(
            describe_error(
                "Text files cannot be found.",
                expected=f"{len(paths)} existing files",
                received=f"nothing at {', '.join(gone[:3])}" + (f" and {len(gone) - 3} more" if len(gone) > 3 else ""),
            )
        )
    return _as_objects([_read(path) for path in paths])


def _columns_of(data: Any) -> list[str]:
    """Return the names of a table's columns; none of other data."""
    names = frame_column_names(data)
    if names is not None:
        return names
    delimiter = _DELIMITERS.get(Path(data).suffix.lower()) if isinstance(data, (str, Path)) else None
    is_file = delimiter is not None and _exists(data) and not is_folder(data)
    return read_csv_names(Path(data), delimiter=delimiter or ",") if is_file else []


def _text_column(columns: Sequence[str], without: Sequence[str]) -> str | None:
    """Return the only one of the columns, or the only one with a usual name; `None` if there is no such one."""
    candidates = [name for name in columns if name not in without]
    named = [name for name in candidates if name.lower() in _TEXT_COLUMNS]
    if len(named) == 1:
        return named[0]
    return candidates[0] if len(candidates) == 1 else None


def _in_class_folders(root: Path) -> tuple[list[Path], list[str]]:
    """Return the text files in a folder's class folders, a folder after the other by name, and what else is there."""
    directories = sorted(each for each in root.iterdir() if each.is_dir() and not each.name.startswith("."))
    listings = [_text_files(each) for each in directories]
    return [path for found, _ in listings for path in found], [path for _, unread in listings for path in unread]


def _listed(root: Path) -> list[Path]:
    """Return the text files of a folder's class folders, else those right in it; what is not read costs a warning."""
    found, _ = _text_files(root)
    of_classes, ignored = _in_class_folders(root)
    if not of_classes:
        return found
    if found:
        _warn(root, [str(path) for path in found], reason=", as its class folders hold texts")
    if ignored:
        _warn(root, ignored)
    return of_classes


def _text_files(folder: Path) -> tuple[list[Path], list[str]]:
    """Return the text files right in a folder by name, and what else is there."""
    entries = sorted((each for each in os.scandir(folder) if not each.name.startswith(".")), key=lambda each: each.name)
    is_text = [each.is_file() and Path(each.name).suffix.lower() in _SUFFIXES for each in entries]
    return (
        [Path(each.path) for each, kept in zip(entries, is_text, strict=True) if kept],
        [each.path for each, kept in zip(entries, is_text, strict=True) if not kept],
    )


def _read(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            describe_error(
                f"The text file {str(path)!r} cannot be read.",
                expected="a file in UTF-8",
                received=f"{error.reason} at byte {error.start}",
                advice="Convert it, e.g. path.write_text(path.read_text(encoding='latin-1'), encoding='utf-8').",
            )
        ) from error


def _warn(root: Path, ignored: Sequence[str], *, reason: str = "") -> None:
    more = f" and {len(ignored) - 3} more" if len(ignored) > 3 else ""
    message = f"{len(ignored)} files or folders in {str(root)!r} are not read{reason}: {', '.join(ignored[:3])}{more}"
    warnings.warn(message, DataWarning, stacklevel=3)


def _as_objects(texts: Sequence[str]) -> Array:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array


def _exists(data: str | Path) -> bool:
    try:
        return Path(data).exists()
    except (OSError, ValueError):  # too long for a path, or a null character in it
        return False
