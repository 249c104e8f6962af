"""Bad plugins, published as wheels: each costs one warning line that names it, never the program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

GOOD = """
    from autokeras_core.plugin import BlockSpec, Choice, Space, hookimpl

    @hookimpl
    def autokeras_register_blocks():
        return [
            BlockSpec(name="fine", target="ak_fine.blocks:FineBlock", summary="A block.",
                      space=Space({"units": Choice([8, 16])}))
        ]
"""

DUPLICATE = """
    from autokeras_core.plugin import BlockSpec, hookimpl

    @hookimpl
    def autokeras_register_blocks():
        return [BlockSpec(name="twice", target="ak_twice.blocks:Block", summary="A block.")] * 2
"""

RUBBISH = """
    from autokeras_core.plugin import hookimpl

    @hookimpl
    def autokeras_register_blocks():
        return [object, 3, "resnet"]
"""

BAD: dict[str, dict[str, Any]] = {
    "ak-raises": {"code": "raise RuntimeError('no such luck')", "reason": "RuntimeError: no such luck"},
    "ak-exits": {"code": "import sys; sys.exit('goodbye')", "reason": "SystemExit: goodbye"},
    "ak-newer": {"code": GOOD, "requires": "autokeras-core>=99", "reason": "it needs autokeras-core>=99"},
    "ak-foreign": {"code": GOOD, "entry_point": "ak_vision", "reason": "claims the foreign namespace 'ak_vision'"},
    "ak-twice": {"code": DUPLICATE, "reason": "registers the name 'twice' more than once"},
    "ak-rubbish": {"code": RUBBISH, "reason": "which is no BlockSpec"},
}


@pytest.fixture(scope="module")
def environment(build_plugin: Callable[..., Path], empty_environment: Callable[..., Any], core_wheel: Path) -> Any:
    """The core, one good plugin and all bad ones."""
    bad = [
        build_plugin(name, each["code"], **{key: each[key] for key in ("requires", "entry_point") if key in each})
        for name, each in BAD.items()
    ]
    return empty_environment(core_wheel, build_plugin("ak-fine", GOOD), *bad)


def test_each_costs_one_line_and_the_program_goes_on(environment: Any) -> None:
    """The good block is listed, the exit code is 0, and stderr has one line for each bad plugin and no more."""
    process = environment.autokeras("blocks", "list", "--format", "names")

    assert process.returncode == 0
    assert "ak_fine:fine" in process.stdout.splitlines()
    assert len(process.stderr.splitlines()) == len(BAD)


@pytest.mark.parametrize("name", BAD)
def test_the_line_names_the_plugin_and_the_reason(environment: Any, name: str) -> None:
    """A bad plugin's one line says which it is, and why it was skipped."""
    process = environment.autokeras("tasks", "list")

    (line,) = [line for line in process.stderr.splitlines() if f"({name} 1.0)" in line]
    assert process.returncode == 0
    assert BAD[name]["reason"] in line


@pytest.mark.parametrize("name", BAD)
def test_doctor_explains(environment: Any, name: str) -> None:
    """`plugins doctor` says of each bad plugin what, where and what to do."""
    data = environment.json("plugins", "doctor")

    (plugin,) = [plugin for plugin in data["plugins"] if plugin["distribution"] == name]
    (problem,) = plugin["problems"]
    assert data["healthy"] is False
    assert plugin["status"] == "failed"
    assert BAD[name]["reason"] in problem["reason"]
    assert problem["advice"]


def test_library_warns_once_of_each(environment: Any) -> None:
    """In Python each bad plugin is one PluginWarning, and the registry works."""
    process = environment.run(
        """
        import json, warnings
        from autokeras_core import PluginWarning
        from autokeras_core.registry import get_registry
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            names = [each.full_name for each in get_registry().blocks]
            get_registry()
        texts = [str(each.message) for each in caught if each.category is PluginWarning]
        print(json.dumps({"names": names, "texts": texts}))
        """
    )

    data = json.loads(process.stdout)
    assert "ak_fine:fine" in data["names"]
    assert len(data["texts"]) == len(BAD)
    assert all(sum(f"({name} 1.0)" in text for text in data["texts"]) == 1 for name in BAD)


def test_bad_plugins_can_be_switched_off(environment: Any) -> None:
    """Switched off, they cost no line either."""
    names = [name.replace("-", "_") for name in BAD]

    process = environment.autokeras("blocks", "list", AUTOKERAS_DISABLE_PLUGINS=",".join(names))

    assert (process.returncode, process.stderr) == (0, "")
