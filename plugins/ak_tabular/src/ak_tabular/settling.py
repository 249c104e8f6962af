"""What the training data of a table settle about the input that takes it, and later data. No Keras here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ak_tabular.files.locations import find_files, is_location, numbered_names
from ak_tabular.files.opening import is_streamed
from ak_tabular.frames import columns_named_by, names_in

__all__ = ["settled_arguments"]


def settled_arguments(x: Any, y: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a `StructuredDataInput` that its training data settle.

    Args:
        x: The user's training data.
        y: The targets, or which columns of x these are.
        arguments: The arguments that the user gave.

    Returns:
        `numbered_columns`, where the data have such and the user named none. And `column_types` without the targets,
        where it has some: they are no columns that are learned from. In a streamed file it says how they are read.

    Raises:
        DataError: If x is a file that is no table.
    """
    files = find_files(x, numbered=arguments.get("numbered_columns", ())) if is_location(x) else None
    names = names_in(x) if files is None else files.names
    settled: dict[str, Any] = {}
    if "numbered_columns" not in arguments and (numbered := numbered_names(names)):
        settled["numbered_columns"] = numbered
    types, targets = arguments.get("column_types", {}), columns_named_by(y, names)
    if not types.keys().isdisjoint(targets) and (files is None or not is_streamed(files)):
        settled["column_types"] = {name: kind for name, kind in types.items() if name not in targets}
    return settled
