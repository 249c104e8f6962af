"""What the pages say is so: their code runs, their commands work, their links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import NOTES, PAGES, REPOSITORY, WALKTHROUGHS, all_blocks, code_blocks, name_of

WITH_PYTHON = [page for page in PAGES if any(code_blocks(page, language="python")) and page not in WALKTHROUGHS]
COMMANDS = [
    pytest.param(line, id=f"{name_of(page)}: {line}")
    for page in PAGES
    if page not in WALKTHROUGHS
    for _, code in code_blocks(page, language="bash")
    for line in code.splitlines()
]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY)}


def test_every_kind_of_page_is_found() -> None:
    """The tests below have something to test: the README, the guides, and the README of each plugin."""
    names = {name_of(page) for page in WITH_PYTHON}

    assert {"README.md", "docs/get-started.md", "docs/concepts.md", "docs/write-a-plugin.md"} <= names
    assert {f"plugins/{plugin}/README.md" for plugin in ("ak_tabular", "ak_text", "ak_vision")} <= names
    assert COMMANDS


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_code_runs(page: Path, tmp_path: Path) -> None:
    """A reader who types a page's code, from top to bottom, sees no error."""
    process = subprocess.run(
        [sys.executable, "-m", "tests.docs.run_page", str(page)],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("line", COMMANDS)
def test_command_works(line: str, tmp_path: Path) -> None:
    """A command in a bash block exits with 0 and prints something."""
    run_command(line, tmp_path)


def run_command(line: str, folder: Path) -> None:
    """Run a command of a page in a folder; it must exit with 0 and print something."""
    program, *arguments = shlex.split(line)
    assert program == "autokeras", "other commands belong in a block without a language, or in a console block"
    process = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, f"{line}\n{process.stderr}"
    assert process.stdout, line


@pytest.mark.parametrize("page", WALKTHROUGHS, ids=name_of)
def test_walkthrough_works(page: Path, tmp_path: Path) -> None:
    """A reader who types a page's code and commands, in their order and in one folder, sees no error."""
    for line, language, code in all_blocks(page):
        if language == "python":
            source = "\n" * line + code
            subprocess.run([sys.executable, "-c", source], cwd=tmp_path, check=True)
        elif language == "bash":
            for command in code.splitlines():
                run_command(command, tmp_path)

    assert any(tmp_path.iterdir())


@pytest.mark.parametrize("page", [*PAGES, *NOTES], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link is a file, and its anchor a heading in it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), f"{name_of(page)} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{name_of(page)} links to {target}"
