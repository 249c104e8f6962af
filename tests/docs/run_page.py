"""Run the Python code of one Markdown page, block after block in one namespace, as a reader would: a script."""

from __future__ import annotations

import sys
import types
from pathlib import Path

from tests.docs.pages import code_blocks


def main(path: Path) -> None:
    """Run the page; an exception's traceback names the page and its line."""
    # A module of its own, so that classes of the page have somewhere to belong.
    module = types.ModuleType("page")
    sys.modules["page"] = module
    for line, code in code_blocks(path, language="python"):
        padded = "\n" * line + code
        exec(compile(padded, str(path), "exec"), module.__dict__)  # the page is ours


if __name__ == "__main__":
    main(Path(sys.argv[1]))
