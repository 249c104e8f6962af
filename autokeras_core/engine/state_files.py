"""Texts of a preprocessor's state that lie in files of their own in a saved directory, where other programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autokeras_core.engine.storage import damaged, is_plain_name

if TYPE_CHECKING:
    from autokeras_core.engine.features import Feature

__all__ = ["read_state_files", "write_state_files"]

_FILE = "$file"


def write_state_files(
    data: Sequence[Mapping[str, Any]], features: Sequence[Feature], folder: Path, *, prefix: str
) -> None:
    """Move the entries that `state_files` of a preprocessor names out of the JSON data, each into a file of that name.

    A tokenizer has `state_files = ("tokenizer.json",)` and keeps its text under that name in its state. A second file of
    one name gets a number.

    Args:
        data: What `features_to_json` returned; it is changed.
        features: The features it describes.
        folder: Where the files go.
        prefix: What stands before their names.
    """
    for item, feature in zip(data, features, strict=True):
        for part, preprocessor in zip(item["preprocessors"], feature.host, strict=True):
            for name in getattr(preprocessor, "state_files", ()):
                path = _free(folder / f"{prefix}{name}")
                path.write_text(part["state"][name], encoding="utf-8", newline="\n")
                part["state"][name] = {_FILE: path.name}


def read_state_files(data: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Put the texts of files back into the JSON data that `write_state_files` took them from.

    Args:
        data: The JSON data; it is changed.
        folder: Where the files are.

    Raises:
        SearchError: If the data name a file outside of the folder.
    """
    for item in data:
        for part in item["preprocessors"]:
            for name, value in part["state"].items():
                if isinstance(value, dict) and set(value) == {_FILE}:
                    part["state"][name] = _read(folder, value[_FILE])


def _free(path: Path) -> Path:
    number = 2
    free = path
    while free.exists():
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return free


def _read(folder: Path, name: object) -> str:
    if not is_plain_name(name):
        raise damaged(folder, f"a preprocessor refers to {name!r}, which is no plain file name")
    return (folder / name).read_text(encoding="utf-8")
