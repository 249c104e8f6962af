"""The example plugin and the page about it say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from autokeras_core import hookspecs
from autokeras_core.names import namespace_of

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = REPOSITORY / "examples" / "plugin"
PAGE = (REPOSITORY / "docs" / "write-a-plugin.md").read_text()


def block_with(language: str, text: str) -> str:
    """Return the code block of the page that contains `text`."""
    (found,) = [code for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if text in code]
    return str(found)


@pytest.mark.parametrize(
    ("file", "start"),
    [
        ("spaces.py", "GATED = Space("),
        ("blocks.py", "class GatedBlock(Block):"),
        ("plugin.py", "@hookimpl\ndef autokeras_register_blocks"),
    ],
)
def test_page_shows_the_code_of_the_example(file: str, start: str) -> None:
    """What the page prints of a file is what the file holds."""
    code = block_with("python", start)

    shown = code[code.index(start) :]

    assert shown in (EXAMPLE / "src" / "ak_gated" / file).read_text()


def test_page_shows_the_metadata_of_the_example() -> None:
    """The lines of pyproject.toml on the page are those of the example."""
    shown = tomllib.loads(block_with("toml", "[project]"))["project"]
    real = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]

    assert shown == {key: real[key] for key in shown}
    assert list(real["entry-points"]["autokeras"]) == [namespace_of(real["name"])]


def test_page_lists_every_hook() -> None:
    """The table of hooks is complete, with the hooks' arguments."""
    listed = set(re.findall(r"^\| `(autokeras_\w+)\(", PAGE, re.MULTILINE))

    assert listed == {name for name in vars(hookspecs) if name.startswith("autokeras_")}
