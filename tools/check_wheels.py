"""Install the wheels of dist/ with their real dependencies, each plugin alone beside the core, and use them.

Run by `make test-wheels`. One environment serves all: TensorFlow's 2 GB are unpacked once, and between two plugins
whatever the first brought is taken out again. Every state is checked by `pip check`, by the command line and by a
search on a few rows.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
ENVIRONMENT = REPOSITORY / ".venv-wheels"
PYTHON = ENVIRONMENT / "bin" / "python"

SEARCHES = {
    "ak-vision": """
from autokeras_core.tasks import ImageClassifier as Task
x = numpy.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype="uint8")
""",
    "ak-text": """
from autokeras_core.tasks import TextClassifier as Task
x = ["a warm day", "a cold night"] * 20
""",
    "ak-tabular": """
from autokeras_core.tasks import StructuredDataClassifier as Task
x = numpy.random.default_rng(0).normal(size=(40, 3))
""",
}
SEARCH = """
import numpy
{data}
y = ["one", "two"] * 20
task = Task(max_trials=1, seed=0)
task.fit(x, y, epochs=1, verbose=0)
assert set(task.predict(x).tolist()) <= {{"one", "two"}}
"""
TASKS = {
    "ak-vision": ("ImageClassifier", "ImageRegressor"),
    "ak-text": ("TextClassifier", "TextRegressor"),
    "ak-tabular": ("StructuredDataClassifier", "StructuredDataRegressor"),
}
FILES = {
    "autokeras-core": ("autokeras_core/py.typed",),
    "ak-vision": ("ak_vision/py.typed", "ak_vision/warm_starts/image_classifier.toml"),
    "ak-text": ("ak_text/py.typed", "ak_text/warm_starts/text_classifier.toml"),
    "ak-tabular": ("ak_tabular/py.typed", "ak_tabular/warm_starts/structured_data_classifier.toml"),
}


class CheckError(Exception):
    """A check that failed, with what was seen."""


def run(*command: object, is_ok: bool = True) -> str:
    """Run a command outside the checkout's root, where nothing of ours is importable; return what it printed.

    Args:
        command: The program and its arguments.
        is_ok: Whether it must exit with 0, or must not.
    """
    process = subprocess.run(
        [str(part) for part in command], cwd=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if (process.returncode == 0) is not is_ok:
        message = f"{command} exited with {process.returncode}:\n{process.stdout}{process.stderr}"
        raise CheckError(message)
    return process.stdout + process.stderr


def require(claim: bool, *, message: str) -> None:
    """Raise if a claim does not hold."""
    if not claim:
        raise CheckError(message)


def wheel_of(distribution: str) -> Path:
    """Return the one wheel of a distribution in dist/."""
    (wheel,) = (REPOSITORY / "dist").glob(f"{distribution.replace('-', '_')}-*.whl")
    return wheel


def pip(*arguments: object) -> str:
    """Run the environment's pip."""
    return run(PYTHON, "-m", "pip", *arguments)


def installed() -> set[str]:
    """Return the names of the installed distributions."""
    return {line.split("==")[0].split(" @ ")[0] for line in pip("freeze", "--all").splitlines() if line}


def check_files(distribution: str) -> None:
    """Check that a wheel holds its data files and the text of the licence, and none of the tests."""
    wheel = zipfile.ZipFile(wheel_of(distribution))
    names = wheel.namelist()
    missing = [name for name in FILES[distribution] if name not in names]
    require(not missing, message=f"{wheel_of(distribution).name} lacks {missing}")
    licences = [wheel.read(name) for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    is_ours = licences == [(REPOSITORY / "LICENSE").read_bytes()]
    require(is_ours, message=f"{wheel_of(distribution).name} lacks the text of the licence")
    top = {name.split("/")[0] for name in names if ".dist-info" not in name}
    require(top == {distribution.replace("-", "_")}, message=f"{wheel_of(distribution).name} holds {sorted(top)}")


def check_state(plugin: str | None) -> None:
    """Check the environment with the core and one plugin, or with the core alone."""
    pip("check")
    names = run(ENVIRONMENT / "bin" / "autokeras", "blocks", "list", "--format", "names").split()
    expected = {"core"} | ({plugin.replace("-", "_")} if plugin else set())
    require({name.split(":")[0] for name in names} == expected, message=f"blocks list shows {names}")
    run(ENVIRONMENT / "bin" / "autokeras", "plugins", "doctor")
    for owner, tasks in TASKS.items():
        for task in tasks:
            said = run(PYTHON, "-c", f"from autokeras_core.tasks import {task}", is_ok=owner == plugin)
            hint = f"{task} comes with {owner}: pip install {owner}"
            require(owner == plugin or hint in said, message=f"no install hint for {task}: {said}")
    if plugin:
        run(PYTHON, "-c", SEARCH.format(data=SEARCHES[plugin]))


def main() -> int:
    """Check the core alone, then each plugin alone; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="the interpreter to make the environment with")
    parser.add_argument("--constraints", required=True, type=Path, help="the pins to install under")
    options = parser.parse_args()
    constraints = options.constraints.resolve()

    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([options.python, "-m", "venv", str(ENVIRONMENT)], check=True)
    try:
        pip("install", "--quiet", "--upgrade", "pip>=25.1")
        for distribution in FILES:
            check_files(distribution)
        pip("install", "--quiet", "-c", constraints, wheel_of("autokeras-core"))
        check_state(None)
        print("autokeras-core alone: passed", flush=True)
        before = installed()
        for plugin in SEARCHES:
            pip("install", "--quiet", "-c", constraints, wheel_of(plugin))
            check_state(plugin)
            print(f"autokeras-core and {plugin}: passed", flush=True)
            pip("uninstall", "--quiet", "--yes", *sorted(installed() - before))
    except CheckError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
