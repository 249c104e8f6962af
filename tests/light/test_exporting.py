"""Which exporter writes a model, where it may write, and what is left when it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autokeras_core.errors import PluginError, RegistryError, SearchError
from autokeras_core.exporting import check_place, choose_exporter, exporter_spec, write_exported
from autokeras_core.plugin import ExporterSpec
from autokeras_core.registry import Registry

PLUGIN = """
    from autokeras_core.plugin import ExporterSpec, hookimpl

    @hookimpl
    def autokeras_register_exporters():
        return [
            ExporterSpec(name="notes", target="{package}.formats:Notes", summary="Notes.", suffix=".notes"),
            ExporterSpec(name="own_keras", target="{package}.formats:Notes", summary="Notes.", suffix=".keras"),
            ExporterSpec(name="folder", target="{package}.formats:Folder", summary="A folder.", entries=("a", "b")),
            ExporterSpec(name="failing", target="{package}.formats:Failing", summary="Fails.", suffix=".failing"),
            ExporterSpec(name="full", target="{package}.formats:Full", summary="No room.", suffix=".full"),
            ExporterSpec(name="idle", target="{package}.formats:Idle", summary="Writes nothing.", suffix=".idle"),
            ExporterSpec(name="unmade", target="{package}.formats:Unmade", summary="Cannot be made.", suffix=".unmade"),
        ]
"""
FORMATS = """
    class Notes:
        def export(self, model, path):
            path.write_text(f"notes on {model}")

    class Folder:
        def export(self, model, path):
            path.mkdir()
            (path / "a").write_text(f"notes on {model}")

    class Failing:
        def export(self, model, path):
            path.write_text("half of it")
            raise ValueError("no such layer")

    class Full:
        def export(self, model, path):
            path.write_text("half of it")
            raise OSError("no space left")

    class Idle:
        def export(self, model, path):
            pass

    class Unmade:
        def __init__(self):
            raise RuntimeError("no licence")
"""


def install(site: Any, name: str) -> None:
    """Install a plugin with exporters."""
    site.install(name, PLUGIN.format(package=name), modules={"formats": FORMATS})


@pytest.fixture
def registry(plugin_site: Any) -> Registry:
    """The core's exporters and those of one plugin."""
    install(plugin_site, "acme")
    return Registry(plugin_site.load())


def export(registry: Registry, path: Path, kind: str, *, overwrite: bool = False) -> None:
    """Write what stands for a model with the exporter of that name."""
    exporter = choose_exporter(registry, path, kind=kind)
    write_exported("a model", path, exporter=exporter, registry=registry, overwrite=overwrite)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("model.keras", None, "core:keras"),
        ("served", None, "core:savedmodel"),
        ("model.notes", None, "acme:notes"),
        ("model.v2", "savedmodel", "core:savedmodel"),
        ("model.keras", "own_keras", "acme:own_keras"),
        ("model", "acme:folder", "acme:folder"),
    ],
)
def test_exporter_follows_from_its_name_or_the_suffix(
    registry: Registry, path: str, kind: str | None, expected: str
) -> None:
    """A name decides, else the suffix; where a plugin has a suffix of the core's, the core's exporter stays."""
    assert choose_exporter(registry, Path(path), kind=kind).full_name == expected


@pytest.mark.parametrize(
    ("path", "kind"), [("model.h5", None), ("model", "keras"), ("model.keras", "notes"), (".notes", "notes")]
)
def test_path_that_fits_no_exporter_is_an_error(registry: Registry, path: str, kind: str | None) -> None:
    """The message names the suffixes that would do."""
    with pytest.raises(SearchError, match=r"(\.keras|\.notes) \("):
        choose_exporter(registry, Path(path), kind=kind)


def test_unknown_exporter_is_answered_with_the_nearest(registry: Registry) -> None:
    """As for every registered name."""
    with pytest.raises(RegistryError, match="no exporter called 'nots'.*Did you mean 'notes'"):
        choose_exporter(registry, Path("model.notes"), kind="nots")


def test_suffix_of_two_plugins_needs_a_name(plugin_site: Any) -> None:
    """Which plugin is meant is not guessed."""
    install(plugin_site, "acme")
    install(plugin_site, "other")

    with pytest.raises(SearchError, match="'acme:notes', 'other:notes'"):
        choose_exporter(Registry(plugin_site.load()), Path("model.notes"))


@pytest.mark.parametrize("entries", [["a", "b"], ["a"], []], ids=["whole", "without-what-may-be-missing", "empty"])
def test_folder_of_an_earlier_export_is_replaced(registry: Registry, tmp_path: Path, entries: list[str]) -> None:
    """All of it, if the user says so."""
    path = tmp_path / "model"
    path.mkdir()
    for name in entries:
        (path / name).write_text("earlier")

    export(registry, path, "folder", overwrite=True)

    assert {each.name: each.read_text() for each in path.iterdir()} == {"a": "notes on a model"}
    assert [each for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize("entries", [["a", "thesis"], ["b"]], ids=["more", "not-what-is-always-there"])
def test_folder_with_anything_else_is_never_replaced(registry: Registry, tmp_path: Path, entries: list[str]) -> None:
    """Whatever the user says."""
    path = tmp_path / "model"
    path.mkdir()
    for name in entries:
        (path / name).write_text("precious")

    with pytest.raises(SearchError, match="which (holds thesis|lacks a)"):
        export(registry, path, "folder", overwrite=True)

    assert {each.name: each.read_text() for each in path.iterdir()} == dict.fromkeys(entries, "precious")


@pytest.mark.parametrize(("kind", "is_folder"), [("notes", True), ("folder", False)], ids=["file", "folder"])
def test_folder_and_file_do_not_replace_each_other(
    registry: Registry, tmp_path: Path, kind: str, is_folder: bool
) -> None:
    """A file is no earlier folder, and the other way round."""
    path = tmp_path / "model.notes"
    path.mkdir() if is_folder else path.touch()

    with pytest.raises(SearchError, match=r"which is a (folder|file)"):
        export(registry, path, kind, overwrite=True)

    assert path.is_dir() == is_folder


def test_exporter_that_does_not_say_what_it_writes_replaces_no_folder(tmp_path: Path) -> None:
    """Without `entries` nobody knows whose folder it is."""
    (tmp_path / "something").touch()
    spec = ExporterSpec(name="folder", target="acme.formats:Folder", summary="A folder.")

    with pytest.raises(SearchError, match="holds something"):
        check_place(tmp_path, spec, overwrite=True)


def test_nothing_is_replaced_unasked(registry: Registry, tmp_path: Path) -> None:
    """Without `overwrite` what is there stays, and the message says how to replace it."""
    path = tmp_path / "model.notes"
    path.write_text("earlier")

    with pytest.raises(SearchError, match="overwrite=True"):
        export(registry, path, "notes")

    assert path.read_text() == "earlier"


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("failing", PluginError, "acme:failing of acme 1.0 failed.*ValueError: no such layer"),
        ("full", SearchError, "no space left"),
        ("idle", PluginError, "acme:idle of acme 1.0 failed.*no such"),
        ("unmade", PluginError, "acme:unmade of acme 1.0 failed.*RuntimeError: no licence"),
    ],
)
def test_export_that_fails_leaves_what_was_there(
    registry: Registry, tmp_path: Path, kind: str, error: type[Exception], message: str
) -> None:
    """An earlier model stays, nothing half-written is left, and the error says whose fault it is."""
    path = tmp_path / "models" / f"model.{kind}"
    path.parent.mkdir()
    path.write_text("earlier")

    with pytest.raises(error, match=message):
        export(registry, path, kind, overwrite=True)

    assert path.read_text() == "earlier"
    assert list(path.parent.iterdir()) == [path]


def test_link_stays_a_link(registry: Registry, tmp_path: Path) -> None:
    """What it points to is replaced."""
    target, link = tmp_path / "target.notes", tmp_path / "link.notes"
    target.write_text("earlier")
    link.symlink_to(target)

    export(registry, link, "notes", overwrite=True)

    assert link.is_symlink()
    assert target.read_text() == "notes on a model"


@pytest.mark.parametrize("suffix", ["keras", ".", ".a/b", "..", 3])
def test_malformed_suffix_is_an_error(suffix: Any) -> None:
    """A suffix starts with a dot, or there is none."""
    with pytest.raises(PluginError, match="malformed suffix"):
        ExporterSpec(name="odd", target="acme.formats:Odd", summary="Odd.", suffix=suffix)


def test_suffixes_are_known_without_the_class(registry: Registry) -> None:
    """So that a wrong path is an error before anything is imported or loaded."""
    suffixes = {each.full_name: exporter_spec(each).suffix for each in registry.exporters[:2]}

    assert suffixes == {"core:keras": ".keras", "core:savedmodel": ""}
