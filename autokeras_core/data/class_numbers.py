"""Which class a label stands for, whatever type a reader of files took it for. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autokeras_core.data.profile import LabelType, TargetProfile

__all__ = ["class_numbers"]

# Not "01" and "1_000", which are other labels than "1" and "1000".
_INTEGER = re.compile("0|-?[1-9][0-9]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TRUTHS = {"true": True, "false": False}


def class_numbers(profile: TargetProfile, label_type: LabelType) -> dict[Any, int]:
    """Return the number of each class by the labels of a type that stand for it; nothing if none of that type do.

    Integers and floats stand for equal ones. Where the classes are strings, a number or a truth value stands for the class
    that is written like it, if there is only one: a file whose rows happen to have few of the classes, and only such as look
    like numbers, is read as numbers.

    Example:
        ```python
        profile = analyse_labels(["True", "False", "Unknown"], name="head")
        class_numbers(profile, "bool")  # {False: 0, True: 1}
        ```
    """
    classes: dict[Any, int] = {label: number for number, label in enumerate(profile.classes)}
    if label_type == profile.label_type or {label_type, profile.label_type} == {"int", "float"}:
        return classes  # 1 and 1.0 are the same key
    if profile.label_type != "str":
        return {}
    if label_type == "bool":
        return _written(classes, lambda text: _TRUTHS.get(text.lower()))
    if label_type == "float":
        return _written(classes, _as_number)
    if label_type == "int":  # a reader of files may have made integers of "1.0" and "2.0", too
        return _written(classes, _as_number) | _written(classes, _as_integer)
    return {}


def _written(classes: dict[Any, int], read: Callable[[str], Any]) -> dict[Any, int]:
    """Return the number of each class by the value that its text is read as, where no other class is read as the same."""
    found: dict[Any, list[int]] = {}
    for text, number in classes.items():
        value = read(text)
        if value is not None:
            found.setdefault(value, []).append(number)
    return {value: numbers[0] for value, numbers in found.items() if len(numbers) == 1}


def _as_integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _as_number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)  # exact however long it is, and equal to the float of the same value
    return float(text) if _NUMBER.fullmatch(text) else None
