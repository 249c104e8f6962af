"""The pages of the documentation and the code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = (
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
    *sorted((REPOSITORY / "plugins").glob("*/README.md")),
    REPOSITORY / "examples" / "plugin" / "README.md",
)
# Pages for those who work on the library, or look up what has changed: they have links, and no code.
NOTES = (REPOSITORY / "CHANGELOG.md", REPOSITORY / "CONTRIBUTING.md")

# Pages whose commands build on one another and on the page's code: all is run in one folder, in the order of the page.
WALKTHROUGHS = (REPOSITORY / "docs" / "command-line.md",)

_BLOCK = re.compile(r"^```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def code_blocks(path: Path, *, language: str) -> Iterator[tuple[int, str]]:
    """Yield the number of lines above each fenced block of a language, and its code."""
    for line, found, code in all_blocks(path):
        if found == language:
            yield line, code


def all_blocks(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the number of lines above each fenced block with a language, that language, and the code."""
    text = path.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        yield text.count("\n", 0, match.start("code")), match["language"], match["code"]


def name_of(path: Path) -> str:
    """Return a page's name as test ids and messages show it."""
    return path.relative_to(REPOSITORY).as_posix()
