"""Kinds of command-line values: durations, numbers of workers, names of columns, assignments. Light."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import click

if TYPE_CHECKING:
    _Type: TypeAlias = click.ParamType[Any]
else:
    _Type = click.ParamType  # which takes no parameters at run time before click 8.2

__all__ = ["ASSIGNMENT", "DURATION", "OBJECTIVE", "WORKERS", "split_names"]

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+\Z")
_PART = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_NUMBER = re.compile(r"\d+(?:\.\d+)?\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_PYTHON = {"True": True, "False": False, "None": None}  # as our pages write them; the text "False" would count as true


class Duration(_Type):
    """A time above zero: seconds (`90`), or numbers with units (`10m`, `1h30m`)."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the duration in seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        text = value.strip().lower()
        seconds = 0.0
        if _NUMBER.match(text):
            seconds = float(text)
        elif _DURATION.match(text):
            seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
        if seconds <= 0.0:
            self.fail(f"{value!r} is no duration. Write seconds (90), or 90s, 10m, 1h30m, 2d.", param, ctx)
        return seconds


class Workers(_Type):
    """A number of workers, or `auto`."""

    name = "workers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | Literal["auto"]:
        """Return the number, or `"auto"`."""
        if value == "auto":
            return "auto"
        try:
            workers = int(value)
        except ValueError:
            workers = 0
        if workers < 1:
            self.fail(f"{value!r} is neither a number above 0 nor auto.", param, ctx)
        return workers


class ObjectiveName(_Type):
    """A metric's name, with its direction behind a colon where that is not known: `val_accuracy`, `val_score:max`."""

    name = "objective"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | tuple[str, str]:
        """Return the name, or a pair of name and direction."""
        if isinstance(value, tuple):
            return value
        name, colon, direction = value.partition(":")
        if not name or (colon and direction not in ("min", "max")):
            self.fail(f"{value!r} is neither METRIC nor METRIC:min nor METRIC:max.", param, ctx)
        return (name, direction) if colon else name


class Assignment(_Type):
    """`NAME=VALUE`, where the value is JSON, one of Python's `True`, `False` and `None`, or else text."""

    name = "assignment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        """Return the name and the value."""
        if isinstance(value, tuple):
            return value
        name, equals, text = value.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not _NAME.match(name):
            self.fail(f"{value!r} is not of the form NAME=VALUE.", param, ctx)
        if text in _PYTHON:
            return name, _PYTHON[text]
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text


DURATION = Duration()
"""The parameter type of a duration, in seconds."""

WORKERS = Workers()
"""The parameter type of a number of workers."""

OBJECTIVE = ObjectiveName()
"""The parameter type of an objective."""

ASSIGNMENT = Assignment()
"""The parameter type of `NAME=VALUE`."""


def split_names(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that a repeatable option lists, separated by commas.

    A name with a comma in it is written in double quotes, as in a CSV file: `--target '"price, net"'`. Spaces behind a comma
    that separates names are left out. All others are part of a name: the header `age, job` has a column `" job"`.

    Example:
        ```python
        split_names(("a, b", " c"))  # ("a", "b", " c")
        ```
    """
    return tuple(name for value in values for name in _names_in(value) if name.strip())


def _names_in(value: str) -> list[str]:
    """Return the names in one value."""
    bare = value.lstrip(" ")
    names = next(csv.reader([bare], skipinitialspace=True), [])
    if names and not bare.startswith('"'):
        names[0] = value[: len(value) - len(bare)] + names[0]
    return names
