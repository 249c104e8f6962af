"""Resolve the newest versions that the pyproject.toml files allow, and rewrite constraints/py311.txt.

Run by `make constraints`, with Python 3.11. Nothing is installed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PLUGINS = ("ak_tabular", "ak_text", "ak_vision")
GROUPS = ("lint", "test", "demo")
HEADER = """\
# Exact versions of everything that `make demo` and `make test` install, for Python 3.11.
# To refresh: `make constraints` (resolves the newest versions that the pyproject.toml files allow and rewrites this
# file), then `make test`.
"""


def resolve() -> dict[str, str]:
    """Return the version of every third-party distribution that an installation of all would have."""
    projects = [argument for folder in (".", *(f"plugins/{name}" for name in PLUGINS)) for argument in ("-e", folder)]
    groups = [argument for group in GROUPS for argument in ("--group", group)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        # --ignore-installed: what happens to be in the running environment must not stay as it is.
        options = ["--dry-run", "--quiet", "--ignore-installed", "--report", str(report)]
        subprocess.run(
            [sys.executable, "-m", "pip", "install", *options, *projects, *groups], cwd=REPOSITORY, check=True
        )
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    versions = {each["metadata"]["name"].lower().replace("_", "-"): each["metadata"]["version"] for each in found}
    ours = {"autokeras-core", *(name.replace("_", "-") for name in PLUGINS)}
    return {name: version for name, version in sorted(versions.items()) if name not in ours}


def main() -> int:
    """Rewrite the file; return the exit status."""
    if sys.version_info[:2] != (3, 11):
        print(f"Error: the pins are for Python 3.11. Received: {sys.version.split()[0]}.", file=sys.stderr)
        return 1
    pins = "".join(f"{name}=={version}\n" for name, version in resolve().items())
    (REPOSITORY / "constraints" / "py311.txt").write_text(HEADER + pins, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
