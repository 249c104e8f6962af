"""Light modules stay light: what a process imports is looked at from outside, in `sys.modules` of a fresh one."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from autokeras_core.cli.main import cli
from tests.light.searches import write_search

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
(CONTRACT,) = [each for each in PROJECT["tool"]["importlinter"]["contracts"] if each["id"] == "light"]

HEAVY = {*CONTRACT["forbidden_modules"], "torch"}

# Those of plugins that are installed. What lint-imports reads is looked at here as it is run.
LIGHT_MODULES = [name for name in CONTRACT["source_modules"] if importlib.util.find_spec(name.partition(".")[0])]

IMPORT_ALL = """
import importlib, pkgutil, sys
module = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
    importlib.import_module(found.name)
"""

RUN_COMMANDS = """
import json, sys
from autokeras_core.cli.main import main
for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit as exited:
        assert exited.code == 0, (arguments, exited.code)
"""


def modules_after(code: str, *arguments: str) -> set[str]:
    """Return the top-level packages in `sys.modules` of a fresh process that ran `code`."""
    report = "\nimport sys; print(*sys.modules, file=sys.stderr)"
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code + report, *arguments], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    return {name.partition(".")[0] for name in process.stderr.splitlines()[-1].split()}


def command_paths(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every command."""
    yield path
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from command_paths(child, (*path, name))


@pytest.mark.parametrize("module", LIGHT_MODULES)
def test_light_module_imports_nothing_heavy(module: str) -> None:
    """Importing a light module, or all of a light package, leaves Keras, TensorFlow and the like out of the process."""
    assert modules_after(IMPORT_ALL, module) & HEAVY == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["blocks", "list"],
        ["blocks", "list", "--format", "json"],
        ["plugins", "list"],
        ["plugins", "doctor"],
        ["tasks", "list"],
        ["info"],
    ],
    ids=" ".join,
)
def test_listing_imports_nothing_heavy(arguments: list[str]) -> None:
    """Listing what there is needs neither Keras nor TensorFlow, nor (piped) rich, nor NumPy."""
    modules = modules_after(RUN_COMMANDS, json.dumps([arguments]))

    assert modules & (HEAVY | {"numpy", "rich"}) == set()


def test_showing_every_block_imports_nothing_heavy() -> None:
    """`blocks show` reads the space from the descriptor: no block's class is imported."""
    names = subprocess.run(
        [sys.executable, "-m", "autokeras_core.cli", "blocks", "list", "--format", "names"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert names

    modules = modules_after(RUN_COMMANDS, json.dumps([["blocks", "show", name] for name in names]))

    assert modules & HEAVY == set()


def test_listing_warm_starts_of_every_task_imports_nothing_heavy() -> None:
    """`warm-starts list` reads TOML from the plugins' wheels, no task's class."""
    names = subprocess.run(
        [sys.executable, "-m", "autokeras_core.cli", "tasks", "list", "--format", "names"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    modules = modules_after(RUN_COMMANDS, json.dumps([["warm-starts", "list", "--task", name] for name in names]))

    assert modules & HEAVY == set()


def test_leaderboard_imports_nothing_heavy(tmp_path: Path) -> None:
    """`leaderboard` reads a search's files: no NumPy either."""
    write_search(tmp_path)

    modules = modules_after(
        RUN_COMMANDS,
        json.dumps([["leaderboard", str(tmp_path), "--format", form] for form in ("table", "json", "csv")]),
    )

    assert modules & (HEAVY | {"numpy", "rich"}) == set()


def test_help_of_every_command_imports_nothing_heavy() -> None:
    """`--help` of every command of the tree is light."""
    paths = list(command_paths(cli))

    modules = modules_after(RUN_COMMANDS, json.dumps([[*path, "--help"] for path in paths]))

    assert len(paths) > 8
    assert modules & HEAVY == set()
