"""The pins of constraints/ and the bounds of the pyproject.toml files agree."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

REPOSITORY = Path(__file__).parents[2]
PROJECTS = [REPOSITORY / "pyproject.toml", *sorted(REPOSITORY.glob("plugins/*/pyproject.toml"))]
OURS = {"autokeras-core", "ak-tabular", "ak-text", "ak-vision"}


def read_pins(name: str) -> dict[str, Version]:
    """Return the versions that a constraints file pins."""
    lines = (REPOSITORY / "constraints" / name).read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, version in pairs}


def read_requirements(*, is_lint_included: bool) -> list[Requirement]:
    """Return every third-party requirement of the four projects, but those of benchmarks, which tests do not run."""
    texts: list[str] = []
    for path in PROJECTS:
        project = tomllib.loads(path.read_text(encoding="utf-8"))
        texts += project["project"]["dependencies"] + project["build-system"]["requires"]
        groups = project.get("dependency-groups", {})
        texts += [
            each
            for group, entries in groups.items()
            for each in entries
            if isinstance(each, str) and group != "benchmark" and (is_lint_included or group != "lint")
        ]
    requirements = [Requirement(text) for text in texts]
    return [each for each in requirements if canonicalize_name(each.name) not in OURS]


def lower_bound(requirement: Requirement) -> Version:
    """Return the version after the requirement's `>=`."""
    (bound,) = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
    return bound


@pytest.mark.parametrize("requirement", read_requirements(is_lint_included=False), ids=str)
def test_lowest_pin_is_the_lower_bound(requirement: Requirement) -> None:
    """Each `>=` of a pyproject.toml is the version that `make test-lowest` tests."""
    assert read_pins("lowest.txt")[canonicalize_name(requirement.name)] == lower_bound(requirement)


def test_lowest_pins_nothing_else() -> None:
    """A dependency that was dropped is dropped from lowest.txt too."""
    names = {canonicalize_name(each.name) for each in read_requirements(is_lint_included=False)}

    assert set(read_pins("lowest.txt")) == names


@pytest.mark.parametrize("requirement", read_requirements(is_lint_included=True), ids=str)
def test_exact_pin_satisfies_the_requirement(requirement: Requirement) -> None:
    """What CI installs is a version that the pyproject.toml files allow."""
    assert requirement.specifier.contains(read_pins("py311.txt")[canonicalize_name(requirement.name)])


@pytest.mark.parametrize("name", ["lowest.txt", "py311.txt"])
def test_constraints_name_no_index(name: str) -> None:
    """Pins hold versions only: where packages come from is each machine's own setting."""
    text = (REPOSITORY / "constraints" / name).read_text(encoding="utf-8")

    assert "://" not in text
    assert "--" not in text
