"""From a path to a table: a data frame if it is small, a source of rows on disk otherwise, and the labels with either."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ak_tabular.files.locations import find_files
from ak_tabular.frames import shorten, suggest, take_targets
from autokeras_core import DataError
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from ak_tabular.files.locations import TableFiles
    from ak_tabular.files.source import TableSource
    from autokeras_core.plugin import CodedLabels

__all__ = ["BYTES_IN_MEMORY", "is_streamed", "names_target", "open_labelled_table", "open_table"]

Array: TypeAlias = np.ndarray[Any, Any]

BYTES_IN_MEMORY = 128 * 2**20
"""Up to which size a table is read into memory."""


def open_table(location: Any, *, kinds: Mapping[str, str] | None = None, numbered: Collection[str] = ()) -> Any:
    """Return the table that a path or a list of paths names: a data frame, or a `TableSource` if it is large.

    Args:
        location: A path, or a list of the paths of its parts.
        kinds: The kinds of columns that the user has named.
        numbered: Names of columns that are numbers, see `find_files`.

    Raises:
        DataError: If there is no such table, or it cannot be read.
    """
    files = find_files(location, numbered=numbered)
    return _store(files, (), kinds or {})[0] if is_streamed(files) else _read(files, ())


def is_streamed(files: TableFiles) -> bool:
    """Return whether a table is too large to be read into memory."""
    return files.size > BYTES_IN_MEMORY


def names_target(location: Any, y: Any, *, numbered: Collection[str] = ()) -> bool:
    """Return whether `y` names columns of the table that a path names, instead of being labels.

    A text does, and a dict of texts by head; a list of different texts does if the table has all these columns.
    """
    if isinstance(y, str):
        return True
    names = list(y.values()) if isinstance(y, Mapping) else y
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) for name in names):
        return False
    if isinstance(y, Mapping):
        return True
    return len(set(names)) == len(names) and set(names) <= set(find_files(location, numbered=numbered).names)


def open_labelled_table(
    location: Any, target: Any, *, kinds: Mapping[str, str] | None = None, numbered: Collection[str] = ()
) -> tuple[Any, Any]:
    """Return the table that a path names without its target columns, and the labels that these hold.

    Args:
        location: A path, or a list of the paths of its parts.
        target: The name of the target column, a list of several, or a dict of them by head.
        kinds: The kinds of columns that the user has named.
        numbered: Names of columns that are numbers, see `find_files`.

    Raises:
        DataError: As `open_table`; or if there is no such column.
    """
    files = find_files(location, numbered=numbered)
    targets = [target] if isinstance(target, str) else list(target.values() if isinstance(target, Mapping) else target)
    for name in targets:
        if name not in files.names or len(files.names) <= len(targets):
            raise DataError(
                describe_error(
                    f"The table in {files.where} has no column of the target's name, or no other columns.",
                    expected=f"one of the columns {shorten(files.names)}",
                    received=f"y={name!r}",
                    advice=suggest(name, files.names),
                )
            )
    if not is_streamed(files):
        return take_targets(_read(files, targets), target)
    table, labels = _store(files, targets, kinds or {})
    if isinstance(target, str):
        return table, labels[target]
    if isinstance(target, Mapping):
        return table, {head: labels[name] for head, name in target.items()}
    return table, np.stack([np.asarray(labels[name]) for name in targets], axis=1)


def _read(files: TableFiles, targets: Sequence[str]) -> Any:
    from ak_tabular.files.arrow import read_whole

    return read_whole(files, targets=targets)


def _store(
    files: TableFiles, targets: Sequence[str], kinds: Mapping[str, str]
) -> tuple[TableSource, dict[str, Array | CodedLabels]]:
    from ak_tabular.files.arrow import column_types
    from ak_tabular.files.source import TableSource
    from ak_tabular.files.writing import store_table

    dropped = [name for name, kind in kinds.items() if kind == "dropped" and name not in targets]
    types = column_types(files, dropped=dropped)
    types |= {name: "text" for name, kind in kinds.items() if name in types and kind in ("categorical", "text")}
    dates = [target for target in targets if types[target] == "time"]
    if dates:
        raise DataError(
            describe_error(
                f"The target column {dates[0]!r} of {files.where} cannot be predicted.",
                expected="numbers, booleans or text",
                received="dates",
                advice="Turn them into numbers first, e.g. into days from a fixed one.",
            )
        )
    store, labels = store_table(files, types, targets)
    return TableSource.of(store, where=files.where, targets=targets), labels
