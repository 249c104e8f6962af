"""Warm starts: the predefined configurations that plugins carry as TOML files. Light: attrs and packaging only.

A file looks like this:

    schema = 1
    task = "ak_vision:ImageClassifier"

    [[configuration]]
    name = "small-resnet"
    summary = "A small ResNet for small pictures."
    requires = ["some-distribution>=1"]   # may be left out
    downloads = false                     # whether it fetches pretrained weights; may be left out
    min_rows = 1000                       # how many training rows it wants; may be left out, as the next three
    max_rows = 50000
    max_columns = 100                     # of all tables among the inputs together
    max_classes = 200                     # of the target that has the most
    [configuration.values]
    "image/block_type" = "resnet"

A file that is malformed is its author's mistake: a search goes on without it, and warns. A configuration that does not
fit here (the user narrowed the space, a distribution is not installed, there are too few rows) is skipped with the
reason.
"""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
from packaging.requirements import InvalidRequirement, Requirement

from autokeras_core._metadata import find_distribution
from autokeras_core.errors import SpaceError
from autokeras_core.names import is_path, suggest
from autokeras_core.search.space import Configuration, Space
from autokeras_core.search.values import Value
from autokeras_core.specs import WarmStartSpec

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.registry import RegisteredSpec, Registry

__all__ = ["WarmStart", "WarmStartFile", "read_file", "read_files", "usable_warm_starts"]

_SCHEMA = 1
_LIMITS = ("min_rows", "max_rows", "max_columns", "max_classes")
_KEYS = frozenset({"schema", "task", "configuration"})
_CONFIGURATION_KEYS = frozenset({"name", "summary", "values", "requires", "downloads", "preferred"} | set(_LIMITS))


@attrs.frozen(kw_only=True)
class WarmStart:
    """A predefined configuration, not yet checked against a search space.

    Attributes:
        name: Its name, unique in its file.
        summary: One line for listings.
        values: Values by hyperparameter path; what is left out gets its default.
        requires: Distributions it needs beyond the plugin's own dependencies, e.g. `("some-distribution>=1",)`.
        downloads: Whether it fetches pretrained weights.
        preferred: Whether it comes before more expensive ones where there is not time enough for all.
        min_rows: The fewest training rows it is meant for.
        max_rows: The most, or `None`.
        max_columns: The most columns of tables that it is meant for, or `None`.
        max_classes: The most classes (or labels) of a target that it is meant for, or `None`.
        plugin: The full name of the file's descriptor, e.g. `"ak_vision:image_classifier"`.
    """

    name: str
    summary: str
    values: Mapping[str, Value]
    requires: tuple[str, ...] = ()
    downloads: bool = False
    preferred: bool = False
    min_rows: int = 0
    max_rows: int | None = None
    max_columns: int | None = None
    max_classes: int | None = None
    plugin: str


@attrs.frozen(kw_only=True)
class WarmStartFile:
    """A plugin's file of predefined configurations, as far as it can be used.

    Attributes:
        registered: The descriptor, and whose it is.
        starts: The file's configurations in order; none if something is wrong with it.
        problem: What is wrong with it, in one line; empty if nothing is.
    """

    registered: RegisteredSpec
    starts: tuple[WarmStart, ...] = ()
    problem: str = ""


def read_files(registry: Registry, task: str) -> list[WarmStartFile]:
    """Return the files of predefined configurations that the installed plugins carry for a task, the plugins by name.

    Args:
        registry: What the plugins registered.
        task: The task's full name, e.g. `"ak_vision:ImageClassifier"`.
    """
    return [
        read_file(registered)
        for registered in registry.warm_starts
        if isinstance(registered.spec, WarmStartSpec) and registered.spec.task == task
    ]


def read_file(registered: RegisteredSpec) -> WarmStartFile:
    """Return what a file of predefined configurations holds, or what is wrong with it.

    Args:
        registered: The descriptor of a `WarmStartSpec`.
    """
    spec = registered.spec
    assert isinstance(spec, WarmStartSpec)
    problems, data = _read(spec)
    problems = problems or _problems_of_file(data, spec)
    if problems:
        problem = f"{spec.package}/{spec.resource}: " + "; ".join(problems)
        return WarmStartFile(registered=registered, problem=" ".join(problem.split()))
    starts = tuple(_start_of(entry, plugin=registered.full_name) for entry in data["configuration"])
    return WarmStartFile(registered=registered, starts=starts)


def usable_warm_starts(
    starts: Iterable[WarmStart], space: Space, *, profile: DataProfile | None = None
) -> tuple[list[tuple[WarmStart, Configuration]], list[tuple[WarmStart, str]]]:
    """Check predefined configurations against the real space and what is installed.

    A hyperparameter that the user fixed keeps the user's value, and the rest of a configuration is used with it.

    Args:
        starts: The configurations of all files together, see `read_files`.
        space: The search space, as narrowed by the user.
        profile: What analysis found out about the data; `None` leaves limits on rows, columns and classes aside.

    Returns:
        Those that can be used, each with its complete configuration, and those that cannot, each with the reason.
        One that is the same configuration as an earlier one is among the latter.
    """
    usable: list[tuple[WarmStart, Configuration]] = []
    unusable: list[tuple[WarmStart, str]] = []
    for start in starts:
        reasons = [*map(_unmet, start.requires), "" if profile is None else _beyond_limits(start, profile)]
        reason = "; ".join(filter(None, reasons))
        if reason:
            unusable.append((start, reason))
            continue
        try:
            configuration = space.validate(space.with_fixed(start.values))
        except SpaceError as error:
            unusable.append((start, str(error)))
            continue
        same = next((other.name for other, known in usable if known == configuration), None)
        if same is None:
            usable.append((start, configuration))
        else:
            unusable.append((start, f"It is the same configuration as {same!r} in this search space."))
    return usable, unusable


def _beyond_limits(start: WarmStart, profile: DataProfile) -> str:
    """Return why a configuration does not suit the size of the data, or an empty string."""
    if profile.rows < start.min_rows:
        return f"It is for {start.min_rows:,} training rows or more, and there are {profile.rows:,}."
    if start.max_rows is not None and profile.rows > start.max_rows:
        return f"It is for {start.max_rows:,} training rows at most, and there are {profile.rows:,}."
    if start.max_columns is not None and (columns := _columns_of(profile)) > start.max_columns:
        return f"It is for {start.max_columns:,} columns at most, and there are {columns:,}."
    classes = max((len(target.classes) for target in profile.targets.values()), default=0)
    if start.max_classes is not None and classes > start.max_classes:
        return f"It is for {start.max_classes:,} classes at most, and there are {classes:,}."
    return ""


def _columns_of(profile: DataProfile) -> int:
    """Return how many columns all tables have together: an input of a table lists them in its fact `columns`."""
    facts = [part.facts.get("columns") for part in profile.inputs.values()]
    return sum(len(each) for each in facts if isinstance(each, (list, tuple)))


def _unmet(requirement: str) -> str:
    """Return why a requirement is not met, or an empty string."""
    wanted = Requirement(requirement)
    if wanted.marker is not None and not wanted.marker.evaluate():
        return ""
    found = find_distribution(wanted.name)
    if found is None:
        return f"It needs {requirement}, which is not installed: pip install '{requirement}'"
    if not wanted.specifier.contains(found.version, prereleases=True):
        return f"It needs {requirement}, and {found.name} {found.version} is installed: pip install '{requirement}'"
    return ""


def _read(spec: WarmStartSpec) -> tuple[list[str], Mapping[str, Any]]:
    """Return why a file cannot be read, if it cannot, and what is in it."""
    try:
        text = importlib.resources.files(spec.package).joinpath(spec.resource).read_text(encoding="utf-8")
    # A plugin boundary: importing its package runs its code, which may raise anything. Ctrl-C goes through.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return [f"it cannot be read: {type(error).__name__}: {error}"], {}
    try:
        return [], tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return [f"it is no TOML: {error}"], {}


def _start_of(entry: Mapping[str, Any], *, plugin: str) -> WarmStart:
    return WarmStart(
        name=entry["name"],
        summary=entry["summary"],
        values=dict(entry["values"]),
        requires=tuple(entry.get("requires", ())),
        downloads=entry.get("downloads", False),
        preferred=entry.get("preferred", False),
        min_rows=entry.get("min_rows", 0),
        max_rows=entry.get("max_rows"),
        max_columns=entry.get("max_columns"),
        max_classes=entry.get("max_classes"),
        plugin=plugin,
    )


def _problems_of_file(data: Mapping[str, Any], spec: WarmStartSpec) -> list[str]:
    if data.get("schema") != _SCHEMA:
        return [f"schema={data.get('schema')!r}, and this version reads schema {_SCHEMA}"]
    problems = _unknown(data, _KEYS, "the file")
    if data.get("task") != spec.task:
        problems.append(f"task={data.get('task')!r}, and it is registered for {spec.task!r}")
    entries = data.get("configuration")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        return [*problems, "there is no [[configuration]] table"]
    for number, entry in enumerate(entries, start=1):
        problems += _problems_of_entry(entry, f"configuration {number}")
    names = [str(entry.get("name")) for entry in entries]
    problems += [f"the name {name!r} is used more than once" for name in sorted(set(names)) if names.count(name) > 1]
    return problems


def _problems_of_entry(entry: Mapping[str, Any], where: str) -> list[str]:
    problems = _unknown(entry, _CONFIGURATION_KEYS, where)
    for key in ("name", "summary"):
        text = entry.get(key)
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            problems.append(f"{where} has {key}={text!r}, expected one line of text")
    problems += [
        f"{where} has {key}={entry[key]!r}, expected true or false"
        for key in ("downloads", "preferred")
        if not isinstance(entry.get(key, False), bool)
    ]
    problems += [
        f"{where} has {key}={entry[key]!r}, expected a whole number of 1 or more"
        for key in _LIMITS
        if key in entry and (not isinstance(entry[key], int) or isinstance(entry[key], bool) or entry[key] < 1)
    ]
    values = entry.get("values")
    if not isinstance(values, dict):
        problems.append(f"{where} has no [configuration.values]")
    else:
        problems += [
            f"{where} has {name!r} = {value!r}, expected a hyperparameter path and a bool, number or string"
            for name, value in values.items()
            if not is_path(name) or not isinstance(value, (bool, int, float, str))
        ]
    return problems + _problems_of_requirements(entry.get("requires", []), where)


def _problems_of_requirements(requires: object, where: str) -> list[str]:
    if not isinstance(requires, list):
        return [f"{where} has requires={requires!r}, expected a list of requirements"]
    problems: list[str] = []
    for requirement in requires:
        try:
            Requirement(requirement)
        except (InvalidRequirement, TypeError):
            problems.append(f"{where} requires {requirement!r}, expected a requirement such as 'name>=1'")
    return problems


def _unknown(table: Mapping[str, Any], known: frozenset[str], where: str) -> list[str]:
    return [f"{where} has an unknown key {key!r}. {suggest(key, known)}".rstrip() for key in table if key not in known]
