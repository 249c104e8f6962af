"""With only one of our plugins installed its tasks are there, and the others' say what to install."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[2]

TASKS = {
    "ak-vision": ("ImageClassifier", "ImageRegressor"),
    "ak-text": ("TextClassifier", "TextRegressor"),
    "ak-tabular": ("StructuredDataClassifier", "StructuredDataRegressor"),
}


@pytest.fixture(scope="module", params=TASKS)
def alone(
    request: pytest.FixtureRequest,
    build_wheel: Callable[[Path], Path],
    empty_environment: Callable[..., Any],
    core_wheel: Path,
) -> tuple[str, Any]:
    """A distribution, and an environment with the core and it alone."""
    project = REPOSITORY / "plugins" / request.param.replace("-", "_")
    return request.param, empty_environment(core_wheel, build_wheel(project))


def test_all_is_well_with_the_plugin(alone: tuple[str, Any]) -> None:
    """The plugin loads from its wheel without a word on stderr, the other two are absent."""
    distribution, environment = alone

    data = environment.json("plugins", "doctor")

    assert data["healthy"] is True
    assert {plugin["distribution"] for plugin in data["plugins"]} == {"autokeras-core", distribution}


def test_its_tasks_can_be_imported(alone: tuple[str, Any]) -> None:
    """`from autokeras_core.tasks import ...` gives the plugin's own classes."""
    distribution, environment = alone
    names = TASKS[distribution]

    process = environment.run(f"from autokeras_core.tasks import {', '.join(names)}; print({names[0]}.__module__)")

    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(distribution.replace("-", "_"))


def test_tasks_of_the_others_say_what_to_install(alone: tuple[str, Any]) -> None:
    """`from autokeras_core.tasks import ...` of an absent plugin's task is an ImportError with the package's name."""
    distribution, environment = alone
    absent = [(name, owner) for owner, names in TASKS.items() if owner != distribution for name in names]

    for name, owner in absent:
        process = environment.run(f"from autokeras_core.tasks import {name}")

        assert process.returncode == 1
        assert process.stderr.splitlines()[-1].endswith(f"{name} comes with {owner}: pip install {owner}")


def test_command_line_says_what_to_install(alone: tuple[str, Any]) -> None:
    """`warm-starts list` for an absent plugin's task is one line with the package's name."""
    distribution, environment = alone
    owner = next(owner for owner in TASKS if owner != distribution)
    task = TASKS[owner][0]

    process = environment.autokeras("warm-starts", "list", "--task", task)

    assert process.returncode == 1
    assert process.stderr == f"Error: {task} comes with {owner}: pip install {owner}\n"


def test_its_warm_starts_are_in_the_wheel(alone: tuple[str, Any]) -> None:
    """The TOML files of the plugin's tasks are read from the installed wheel."""
    distribution, environment = alone

    for task in TASKS[distribution]:
        assert environment.json("warm-starts", "list", "--task", task)["warm_starts"]
