"""The metadata of the four distributions: alike where they must be, and complete."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[2]
FOLDERS = [REPOSITORY, *sorted(path.parent for path in REPOSITORY.glob("plugins/*/pyproject.toml"))]
PLUGINS = FOLDERS[1:]
DISTRIBUTIONS = {"PIL": "pillow", "importlib_metadata": "importlib-metadata", "keras_tuner": "keras-tuner"}
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def read_project(folder: Path) -> dict[str, Any]:
    """Return the table `project` of a folder's pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def read_bounds(requirements: list[str]) -> dict[str, str]:
    """Return the version specifier of each requirement, by the distribution's name."""
    parsed = [Requirement(each) for each in requirements]
    return {canonicalize_name(each.name): str(each.specifier) for each in parsed}


def imported_distributions(folder: Path) -> set[str]:
    """Return the distributions that a plugin's modules import, without the standard library."""
    names = set()
    for path in folder.glob("src/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                names.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
    third_party = names - sys.stdlib_module_names - {folder.name}
    return {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in third_party}


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_plugin_requires_what_it_imports(folder: Path) -> None:
    """All but TensorFlow, which users may have as `tensorflow-cpu`."""
    required = set(read_bounds(read_project(folder)["dependencies"]))

    assert imported_distributions(folder) - {"tensorflow"} == required


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_plugin_has_the_bounds_of_the_core(folder: Path) -> None:
    """What the core and a plugin both require, they require in the same versions."""
    core = read_bounds(read_project(REPOSITORY)["dependencies"])
    plugin = read_bounds(read_project(folder)["dependencies"])

    assert {name: plugin[name] for name in plugin if name in core} == {
        name: core[name] for name in core if name in plugin
    }


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_plugin_has_the_classifiers_of_the_core(folder: Path) -> None:
    """They are published for the same versions of Python and the same audience."""
    assert read_project(folder)["classifiers"] == read_project(REPOSITORY)["classifiers"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_distribution_holds_the_licence(folder: Path) -> None:
    """Each folder that a wheel is built from has the text, and says so; it is the same everywhere."""
    project = read_project(folder)

    assert (project["license"], project["license-files"]) == ("Apache-2.0", ["LICENSE"])
    assert (folder / "LICENSE").read_bytes() == (REPOSITORY / "LICENSE").read_bytes()


def test_readme_lists_the_extras() -> None:
    """The README's table of extras is the one of the core, no extra left out."""
    listed = re.findall(r"^\| `\[(\w+)\]` \|", README, re.MULTILINE)

    assert sorted(listed) == sorted(read_project(REPOSITORY)["optional-dependencies"])


def test_readme_lists_what_a_small_installation_needs() -> None:
    """Where `tensorflow-cpu` stands for TensorFlow, all other requirements of the core and ak-vision are named."""
    (line,) = re.findall(r"^pip install tensorflow-cpu (.+)$", README, re.MULTILINE)
    core, vision = (read_bounds(read_project(folder)["dependencies"]) for folder in (FOLDERS[0], FOLDERS[-1]))

    assert set(line.split()) == {*core, *vision} - {"tensorflow", "autokeras-core"}
