"""Fixtures for tests on real wheels: build them, and install them in environments where nothing else of ours is.

An environment gets third-party packages (TensorFlow, Keras, pluggy, ...) from a *farm*: a folder of links to those of
the running environment, without our own distributions and without `.pth` files, which editable installations use. So
what a test finds of ours can only come from the wheels that it installed, and nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import textwrap
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest

REPOSITORY = Path(__file__).parents[2]

_OWN = ("autokeras_core", "ak_", "_editable_impl_", "__editable__")
_VARIABLES = ("PATH", "HOME", "KERAS_HOME", "TMPDIR", "LANG", "SYSTEMROOT", "LD_LIBRARY_PATH")


@attrs.frozen
class Environment:
    """A virtual environment with nothing of ours but the wheels installed in it.

    Attributes:
        folder: Where it is; commands run in its subfolder `work`.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def install(self, *wheels: Path) -> None:
        """Install wheels as pip does for a user, without their dependencies and without an index."""
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet", "--no-deps", "--no-index"]
            + ["--disable-pip-version-check", "--no-compile", *map(str, wheels)],
            check=True,
            capture_output=True,
            text=True,
        )

    def run(self, code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python code in a fresh process of the environment."""
        return self._call(str(self.python), "-c", textwrap.dedent(code), *arguments, **variables)

    def autokeras(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the command `autokeras` that pip installed."""
        return self._call(str(self.folder / "bin" / "autokeras"), *arguments, **variables)

    def json(self, *arguments: str) -> Any:
        """Run `autokeras ... --format json` and return the data."""
        process = self.autokeras(*arguments, "--format", "json")
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout)

    def _call(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        # Nothing of the running environment's own variables (PYTHONPATH, AUTOKERAS_...) gets in.
        inherited = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONNOUSERSITE": "1"}
        return subprocess.run(
            command, cwd=work, env={**inherited, **quiet, **variables}, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="session")
def third_party_farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of links to the third-party packages of the running environment."""
    farm = tmp_path_factory.mktemp("farm")
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(folder).iterdir():
            is_own = entry.name.lower().replace("-", "_").startswith(_OWN)
            if not is_own and entry.suffix != ".pth" and entry.name != "__pycache__":
                (farm / entry.name).symlink_to(entry)
    return farm


@pytest.fixture(scope="session")
def empty_environment(tmp_path_factory: pytest.TempPathFactory, third_party_farm: Path) -> Callable[..., Environment]:
    """Make a new environment with the given wheels, and nothing else of ours."""

    def make(*wheels: Path) -> Environment:
        folder = tmp_path_factory.mktemp("environment")
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
        environment = Environment(folder)
        (site_packages,) = folder.glob("lib/python*/site-packages")
        (site_packages / "third_party_farm.pth").write_text(f"{third_party_farm}\n")
        environment.install(*wheels)
        return environment

    return make


@pytest.fixture(scope="session")
def build_wheel(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Build the wheel of a project folder, once in a session."""
    built: dict[Path, Path] = {}

    def build(project: Path) -> Path:
        if project not in built:
            folder = tmp_path_factory.mktemp("wheels")
            subprocess.run(
                [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
                cwd=project,
                check=True,
                capture_output=True,
                text=True,
            )
            (built[project],) = folder.glob("*.whl")
        return built[project]

    return build


@pytest.fixture(scope="session")
def core_wheel(build_wheel: Callable[[Path], Path]) -> Path:
    """The wheel of autokeras-core."""
    return build_wheel(REPOSITORY)


@pytest.fixture(scope="session")
def build_plugin(build_wheel: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a throw-away plugin and build its wheel.

    Its package has the distribution's name, a module `plugin` with the given code, and the given further modules.
    """

    def build(
        distribution: str,
        code: str,
        *,
        version: str = "1.0",
        requires: str = "autokeras-core",
        entry_point: str | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> Path:
        project = tmp_path_factory.mktemp(distribution)
        package = distribution.replace("-", "_")
        source = project / package
        source.mkdir()
        (source / "__init__.py").touch()
        for name, text in {"plugin": code, **(modules or {})}.items():
            (source / f"{name}.py").write_text(textwrap.dedent(text))
        (project / "pyproject.toml").write_text(
            textwrap.dedent(f"""
                [build-system]
                requires = ["hatchling"]
                build-backend = "hatchling.build"

                [project]
                name = "{distribution}"
                version = "{version}"
                dependencies = ["{requires}"]

                [project.entry-points.autokeras]
                {entry_point or package} = "{package}.plugin"

                [tool.hatch.build.targets.wheel]
                packages = ["{package}"]
            """)
        )
        return build_wheel(project)

    return build
