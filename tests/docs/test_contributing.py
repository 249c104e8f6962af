"""CONTRIBUTING says of the Makefile what is so."""

from __future__ import annotations

import re

from tests.docs.pages import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
_NUMBERS = {"": 1, " two": 2, " three": 3, " four": 4}


def test_make_test_runs_what_the_table_says() -> None:
    """`make test` runs the commands below it in the table, in their order, but for the last ones."""
    listed = re.findall(r"^\| `make ([\w-]+)` \|", CONTRIBUTING, re.MULTILINE)
    (number,) = re.findall(r"everything below but the last( \w+)?,", CONTRIBUTING)
    recipe = MAKEFILE.partition("\ntest: ")[2].partition("\n\n")[0]

    run = re.findall(r"\$\(MAKE\) --no-print-directory ([\w-]+)", recipe)

    assert listed[0] == "test"
    assert listed[1 : -_NUMBERS[number]] == run


def test_every_command_of_the_table_is_a_target() -> None:
    """No command of the table is gone from the Makefile."""
    listed = re.findall(r"^\| `make ([\w-]+)` \|", CONTRIBUTING, re.MULTILINE)

    assert set(listed) <= set(re.findall(r"^([\w-]+):", MAKEFILE, re.MULTILINE))
