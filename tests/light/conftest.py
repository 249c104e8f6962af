"""Fixtures of the light tests: throw-away plugins, installed in a folder on the import path."""

from __future__ import annotations

import importlib
import json
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from autokeras_core._metadata import find_plugin_entry_points
from autokeras_core.cli.main import main
from autokeras_core.manager import PluginManager, PluginRecord, load_plugins, set_manager
from tests.light.ranking_task import PLUGIN, TASKS, Result, Run


class PluginSite:
    """A folder that stands for `site-packages`, with real metadata of throw-away distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages: set[str] = set()

    def install(
        self,
        distribution: str,
        plugin: str,
        *,
        version: str = "1.0",
        package: str | None = None,
        entry_points: Mapping[str, str] | None = None,
        requires: Sequence[str] = ("autokeras-core",),
        is_editable: bool = False,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        """Install a distribution whose package has a `plugin` module with the code `plugin`."""
        package = package or distribution.replace("-", "_")
        self.packages.add(package)
        source = self.folder / package
        source.mkdir()
        (source / "__init__.py").touch()
        for name, code in {"plugin": plugin, **(modules or {})}.items():
            (source / f"{name}.py").write_text(textwrap.dedent(code))
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in requires]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        declared = entry_points or {package: f"{package}.plugin"}
        lines = ["[autokeras]", *(f"{name} = {value}" for name, value in declared.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
        if is_editable:
            (info / "direct_url.json").write_text(json.dumps({"url": "file:///src", "dir_info": {"editable": True}}))
        importlib.invalidate_caches()

    def load(self, **options: Any) -> PluginManager:
        """Load the core and the plugins of this folder, without those of the running environment."""
        own = [
            entry_point
            for entry_point in find_plugin_entry_points("autokeras")
            if (
                self.folder
                / f"{entry_point.distribution.name.replace('-', '_')}-{entry_point.distribution.version}.dist-info"
            ).exists()
        ]
        return load_plugins(own, **options)

    def record(self, name: str, **options: Any) -> PluginRecord:
        """Load the plugins and return what became of one."""
        record = self.load(**options).find(name)
        assert record is not None
        return record

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a process that sees this folder."""
        return {**os.environ, "PYTHONPATH": str(self.folder)}


@pytest.fixture
def plugin_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginSite]:
    """A folder for throw-away plugins; no plugin of it is left in the process afterwards."""
    monkeypatch.delenv("AUTOKERAS_DISABLE_PLUGINS", raising=False)
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    set_manager(None)
    site = PluginSite(folder)
    yield site
    set_manager(None)
    for name in list(sys.modules):
        if name.partition(".")[0] in site.packages:
            del sys.modules[name]


@pytest.fixture
def run(
    plugin_site: PluginSite, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run the command line in this process and in a folder of its own, with the plugin `acme` installed."""
    plugin_site.install("acme", PLUGIN, modules={"tasks": TASKS})
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run_command(*arguments: str) -> Result:
        import acme.tasks  # type: ignore[import-not-found]  # the plugin of this test

        acme.tasks.CALLS.clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        captured = capsys.readouterr()
        return Result(exited.value.code, captured.out, captured.err, list(acme.tasks.CALLS))  # type: ignore[arg-type]

    return run_command
