"""The core's public modules: what the reference page lists is what plugins may import, and all that they do."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
REFERENCE = (REPOSITORY / "docs" / "reference.md").read_text(encoding="utf-8")
# The names of each module that the page has a section for; that they are all of them is tested with the documentation.
PUBLIC = {
    module: set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    for module, section in re.findall(
        r"^## `(autokeras_core[\w.]*)`$(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL
    )
}
PLUGINS = [*sorted((REPOSITORY / "plugins").iterdir()), REPOSITORY / "examples" / "plugin"]


def imported_names(folder: Path) -> set[tuple[str, str, str]]:
    """Return file, module and name of each import from the core in the files of a folder, those for types included."""
    found = set()
    for path in sorted(folder.glob("src/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                found |= {(path.name, node.module, alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {(path.name, alias.name, "") for alias in node.names}
    return {each for each in found if each[1].partition(".")[0] == "autokeras_core"}


def test_contract_allows_plugins_the_documented_modules() -> None:
    """import-linter lets plugins import exactly the modules that have a section in the reference."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = [each for each in project["tool"]["importlinter"]["contracts"] if each["id"] == "public-names"]

    assert sorted(contract["ignore_imports"]) == sorted(f"** -> {module}" for module in PUBLIC)


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)
def test_plugin_imports_public_names_only(folder: Path) -> None:
    """Our plugins, and the one that shows how to write one, need nothing that others have not."""
    imported = imported_names(folder)

    assert imported
    for file, module, name in sorted(imported):
        assert module in PUBLIC, f"{file} imports {name} from {module}"
        assert name in PUBLIC[module], f"{file} imports {name} from {module}"
