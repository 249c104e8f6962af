"""A `fit` command as data: what a search's directory keeps of it, so that `resume` needs nothing else. Light."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from autokeras_core.errors import DataError, SearchError, describe_error

__all__ = ["COMMAND_FILE", "FitCommand"]

COMMAND_FILE = "command.json"
"""The name of the file in a search's directory."""

_SCHEMA = 1


@attrs.frozen(kw_only=True)
class FitCommand:
    """What to search for, in terms of the command line.

    Attributes:
        task: The task's full name.
        data: Absolute paths of the data: one, or the parts of one table.
        target: The names of the target columns; none where the data hold their labels otherwise.
        validation_data: The absolute path of the data to validate on, or `None`.
        options: Keyword arguments of the task's constructor, JSON data.
        fit_options: Keyword arguments of `fit`, JSON data.
        max_trials: How many trials the search may have in all its runs; `None` for no limit.
        time_limit: How many seconds of searching in all its runs; `None` for no limit.
        seconds_before: How many of these were used up when the limit was set: the rest is what one run was given.
        output: Where the found model is saved, an absolute path; `None` if it stays in the search's directory.
    """

    task: str
    data: tuple[Path, ...]
    target: tuple[str, ...] = ()
    validation_data: Path | None = None
    options: Mapping[str, Any] = attrs.field(factory=dict)
    fit_options: Mapping[str, Any] = attrs.field(factory=dict)
    max_trials: int | None = None
    time_limit: float | None = None
    seconds_before: float = 0.0
    output: Path | None = None

    @property
    def x(self) -> Path | list[Path]:
        """The data as `fit` takes them: a path, or a list of several."""
        return self.data[0] if len(self.data) == 1 else list(self.data)

    @property
    def y(self) -> str | list[str] | None:
        """The target as `fit` takes it: the name of a column, a list of several, or `None`."""
        return (self.target[0] if len(self.target) == 1 else list(self.target)) if self.target else None

    def check_data(self) -> None:
        """Check that the data are where they were.

        Raises:
            DataError: If a path does not exist; all that are gone are named.
        """
        begun_with = [("--data PATH", path) for path in self.data]
        if self.validation_data is not None:
            begun_with.append(("--validation-data PATH", self.validation_data))
        gone = [(option, path) for option, path in begun_with if not path.exists()]
        if gone:
            options = dict.fromkeys(option for option, _ in gone)
            raise DataError(
                describe_error(
                    "The data of the search are not where they were.",
                    expected=f"the files that the search was begun with: {_listed(begun_with)}",
                    received=f"nothing at {_listed(gone)}",
                    advice=f"If they were moved, say where they are now: {' and '.join(options)}.",
                )
            )

    def to_json(self) -> dict[str, Any]:
        """Return the command as JSON data."""
        return {
            "schema": _SCHEMA,
            "task": self.task,
            "data": [str(path) for path in self.data],
            "target": list(self.target),
            "validation_data": None if self.validation_data is None else str(self.validation_data),
            "options": dict(self.options),
            "fit_options": dict(self.fit_options),
            "max_trials": self.max_trials,
            "time_limit": self.time_limit,
            "seconds_before": self.seconds_before,
            "output": None if self.output is None else str(self.output),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FitCommand:
        """Return the command that `to_json` described."""
        return cls(
            task=data["task"],
            data=_paths(data["data"]),
            target=tuple(data["target"]),
            validation_data=None if data["validation_data"] is None else Path(data["validation_data"]),
            options=data["options"],
            fit_options=data["fit_options"],
            max_trials=data["max_trials"],
            time_limit=data["time_limit"],
            seconds_before=data.get("seconds_before", 0.0),  # commands of an earlier version do not say
            output=None if data["output"] is None else Path(data["output"]),
        )

    @classmethod
    def read(cls, directory: Path) -> FitCommand:
        """Return the command that a search's directory holds.

        Raises:
            SearchError: If it holds none, or one of another format.
        """
        path = directory / COMMAND_FILE
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SearchError(
                describe_error(
                    "There is no search here that `autokeras resume` could go on with.",
                    expected=f"the directory of a search that `autokeras fit` started, with {COMMAND_FILE}",
                    received=f"{str(directory)!r} ({error})",
                    advice="A search that was started from Python goes on with fit() and the same directory=.",
                )
            ) from error
        if not isinstance(data, dict) or data.get("schema") != _SCHEMA:
            found = data.get("schema") if isinstance(data, dict) else None
            raise SearchError(
                describe_error(
                    "The command of the search was written in another format.",
                    expected=f"schema {_SCHEMA}",
                    received=f"schema {found!r} in {str(path)!r}",
                    advice="Use the version of autokeras-core that wrote it.",
                )
            )
        return cls.from_json(data)


def _listed(data: Sequence[tuple[str, Path]]) -> str:
    return ", ".join(str(path) for _, path in data)


def _paths(names: Sequence[str]) -> tuple[Path, ...]:
    return tuple(Path(name) for name in names)
