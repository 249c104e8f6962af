"""Where pictures and their labels are: a folder per class, a table with a path column, a list of paths.

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
from autokeras_core.plugin import LabelledTable, frame_column_names, frame_columns, read_csv_columns

__all__ = ["Table", "class_folders", "file_paths", "is_folder", "is_location", "open_table"]

Array: TypeAlias = np.ndarray[Any, Any]

_SUFFIXES = frozenset({".bmp", ".gif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png"})
_UNREAD_SUFFIXES = frozenset({".avif", ".heic", ".heif", ".jp2", ".svg", ".tif", ".tiff", ".webp"})
_TABLE_SUFFIXES = {".csv": ",", ".tsv": "\t", ".txt": ","}
_PATH_COLUMNS = ("path", "file", "filename", "image", "file_name", "filepath", "file_path", "image_path", "picture")


@attrs.frozen(kw_only=True)
class Table(LabelledTable):
    """A table with a path column.

    Attributes:
        folder: The folder that relative paths start from.
    """

    folder: Path

    def paths(self, path_column: str | None) -> list[str]:
        """Return the paths of the pictures.

        Args:
            path_column: The column that holds them; by default it is found by its name.

        Raises:
            DataError: If there is no such column, or several could be meant.
        """
        known = [name for name in self.columns if name.lower() in _PATH_COLUMNS]
        if path_column is None and len(known) == 1:
            path_column = known[0]
        if path_column is None or path_column not in self.columns:
            raise DataError(
                describe_error(
                    f"The path column of {self.where} is not clear.",
                    expected=f"one column named {', '.join(map(repr, _PATH_COLUMNS[:4]))} or the like, or "
                    "ImageInput(path_column=...)",
                    received=f"path_column={path_column!r}, columns {list(self.columns)}",
                )
            )
        return [os.path.join(self.folder, str(path)) for path in self.columns[path_column]]  # noqa: PTH118 - many


def is_folder(data: Any) -> bool:
    """Return whether data is the path of a folder."""
    return isinstance(data, (str, Path)) and Path(data).is_dir()


def is_location(data: Any) -> bool:
    """Return whether data says where pictures are, instead of being pictures."""
    if isinstance(data, (str, Path)) or frame_column_names(data) is not None:
        return True
    if isinstance(data, (list, tuple)):
        return bool(data) and isinstance(data[0], (str, os.PathLike))
    if not _is_column(data):
        return False
    values = np.asarray(data)
    return bool(len(values)) and isinstance(values[0], (str, os.PathLike))


def open_table(data: Any) -> Table | None:
    """Return data as a table if it is one: a CSV file, or an object with columns; else `None`.

    Raises:
        DataError: If the file cannot be read as a table.
    """
    columns = frame_columns(data)
    if columns is not None:
        return Table(columns=columns, folder=Path(), where=f"the table (of type {type(data).__name__})")
    if not isinstance(data, (str, Path)) or Path(data).is_dir() or Path(data).suffix.lower() in _SUFFIXES:
        return None
    path = Path(data)
    delimiter = _TABLE_SUFFIXES.get(path.suffix.lower())
    if delimiter is None or not path.is_file():
        raise DataError(
            describe_error(
                "Pictures cannot be found.",
                expected="a folder with one folder per class, a CSV file with a path column, or a list of files",
                received=f"{str(data)!r}, which " + ("is no such file" if path.exists() else "does not exist"),
                advice="Read other tables yourself, e.g. with pandas, and pass the data frame."
                if path.exists()
                else "",
            )
        )
    columns = read_csv_columns(path, delimiter=delimiter)
    return Table(columns=columns, folder=path.parent, where=f"the table {str(path)!r}", is_untyped=True)


def class_folders(folder: str | Path) -> tuple[list[str], Array]:
    """Return the pictures in the class folders of a folder, and for each the name of its class folder.

    Hidden files and folders, files that are no pictures, and folders inside class folders are not read. A picture of a
    kind that is not read and a nested folder with pictures cost a warning.

    Raises:
        DataError: If there are no class folders with pictures in them.
    """
    root = Path(folder)
    paths: list[str] = []
    labels: list[str] = []
    ignored: list[str] = []
    for directory in _subfolders(root):
        found, unread = _pictures(directory)
        ignored += unread + [str(nested) for nested in _subfolders(directory) if _holds_pictures(nested)]
        paths += found
        labels += [directory.name] * len(found)
    if not paths:
        nested = next((name for name in ignored if Path(name).is_dir()), "")
        raise DataError(
            describe_error(
                f"The folder {str(root)!r} holds no labelled pictures.",
                expected="one folder for each class, named after it, with the pictures in it",
                received=_contents(root),
                advice=f"Pass a folder further down: pictures are in {nested!r}."
                if nested
                else "Pass the paths and y, or a table with a path column and the name of its target column.",
            )
        )
    if ignored:
        _warn(f"{len(ignored)} files or folders in {str(root)!r} are not read", ignored)
    return paths, np.array(labels)


def file_paths(data: Any) -> list[str]:
    """Return the paths in a list, an array, or a folder: those of its class folders, else its own pictures; by name.

    Pictures beside class folders with pictures, and those of kinds that are not read, cost a warning.

    Raises:
        DataError: If there are none, or an entry is no path.
    """
    if isinstance(data, (str, Path)):
        path = Path(data)
        if not path.is_dir():
            return [str(path)]
        found, unread = _pictures(path)
        if unread:
            _warn(f"{len(unread)} files in {str(path)!r} are not read", unread)
        if not any(_pictures(each)[0] for each in _subfolders(path)):
            return found or class_folders(path)[0]
        if found:
            _warn(f"{len(found)} files in {str(path)!r} are not read, as its class folders hold pictures", found)
        return class_folders(path)[0]
    values = list(data) if isinstance(data, (list, tuple)) else np.asarray(data).reshape(-1).tolist()
    bad = next((row for row, value in enumerate(values) if not isinstance(value, (str, os.PathLike))), None)
    if bad is not None:
        raise DataError(
            describe_error(
                "A list of picture files holds something that is no path.",
                expected="a str or Path in every row",
                received=f"{values[bad]!r} in row {bad}",
            )
        )
    return [os.fspath(value) for value in values]


def _is_column(data: Any) -> bool:
    """Return whether data has one axis: an array, or a column of a frame of any kind; Arrow's have no shape."""
    is_of_arrow = hasattr(data, "to_pylist")
    return hasattr(data, "__array__") and (is_of_arrow or len(getattr(data, "shape", ())) == 1)


def _subfolders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _pictures(folder: Path) -> tuple[list[str], list[str]]:
    """Return the pictures right in a folder, and those of kinds that are not read; sorted by name."""
    names = sorted(each.name for each in os.scandir(folder) if each.is_file() and not each.name.startswith("."))
    suffixes = {name: os.path.splitext(name)[1].lower() for name in names}  # noqa: PTH122 - many names
    paths = {name: os.path.join(folder, name) for name in names}  # noqa: PTH118
    return (
        [paths[name] for name in names if suffixes[name] in _SUFFIXES],
        [paths[name] for name in names if suffixes[name] in _UNREAD_SUFFIXES],
    )


def _holds_pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in _SUFFIXES for path in folder.rglob("*"))


def _contents(folder: Path) -> str:
    folders = _subfolders(folder)
    names = ", ".join(repr(each.name) for each in folders[:5])
    pictures, _ = _pictures(folder)
    return (
        f"{len(folders)} folders{f' ({names})' if names else ''} without pictures in them, and {len(pictures)} pictures"
    )


def _warn(message: str, names: Sequence[str]) -> None:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    warnings.warn(f"{message}: {', '.join(names[:3])}{more}", DataWarning, stacklevel=2)
