"""The public names: sorted, importable, and documented."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from tests.docs.pages import REPOSITORY

MODULES = (
    "autokeras_core",
    "autokeras_core.errors",
    "autokeras_core.plugin",
    "autokeras_core.task",
    "autokeras_core.testing",
    "ak_tabular",
    "ak_text",
    "ak_vision",
)
PAIRS = [(module, name) for module in MODULES for name in importlib.import_module(module).__all__]


def reference_names(module: str) -> list[str]:
    """Return the names that the reference page lists for a module, in its order."""
    text = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
    _, _, section = text.partition(f"\n## `{module}`\n")
    assert section, f"docs/reference.md has no section for {module}"
    return re.findall(r"^\| `(\w+)` \|", section.partition("\n## ")[0], re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_all_is_sorted(module: str) -> None:
    """`__all__` is sorted, so that a reader finds a name."""
    names = importlib.import_module(module).__all__

    assert list(names) == sorted(names)


@pytest.mark.parametrize("module", MODULES)
def test_reference_lists_exactly_the_public_names(module: str) -> None:
    """No public name is undocumented, no documented name is gone, and each is listed once, in their order."""
    assert reference_names(module) == list(importlib.import_module(module).__all__)


@pytest.mark.parametrize(("module", "name"), PAIRS)
def test_name_exists_and_says_what_it_is(module: str, name: str) -> None:
    """Every name of `__all__` can be imported; classes and functions have a docstring of their own."""
    value = getattr(importlib.import_module(module), name)

    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__doc__
