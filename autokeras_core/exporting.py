"""Files for others: which exporter writes a model, where it may, and how nothing half-written is ever seen. Light."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from autokeras_core._loader import describe_exception
from autokeras_core.engine.storage import put_in_place
from autokeras_core.errors import AutoKerasError, PluginError, SearchError, describe_error
from autokeras_core.names import CORE_NAMESPACE
from autokeras_core.specs import ExporterSpec

if TYPE_CHECKING:
    import keras

    from autokeras_core.registry import RegisteredSpec, Registry

__all__ = ["Exporter", "check_place", "choose_exporter", "exporter_spec", "write_exported"]


class Exporter(Protocol):
    """What the core asks of an exporter. A plugin registers one with `autokeras_register_exporters`.

    Example:
        ```python
        class JSONExporter:
            def export(self, model, path):
                path.write_text(model.to_json())
        ```
    """

    def export(self, model: keras.Model, path: Path) -> None:
        """Write a model.

        Args:
            model: A Keras model that takes raw rows, preprocessing inside.
            path: Where: a new file with the descriptor's suffix, or a new folder if it has none. Whatever is raised, nothing
                of it is kept.
        """
        ...


def exporter_spec(registered: RegisteredSpec) -> ExporterSpec:
    """Return the descriptor of a registered exporter."""
    return cast("ExporterSpec", registered.spec)


def choose_exporter(registry: Registry, path: Path, *, kind: str | None = None) -> RegisteredSpec:
    """Return the exporter that writes to a path.

    Args:
        registry: The exporters that there are.
        path: Where the model is to be written.
        kind: The exporter's name, full or bare; by default the path's suffix tells. Where several have the same, the
            core's comes first: no plugin changes what a path means.

    Raises:
        RegistryError: If there is no exporter called `kind`.
        SearchError: If the path does not end as the exporter's files do, or no single exporter's do.

    Example:
        ```python
        choose_exporter(get_registry(), Path("model.keras")).full_name  # "core:keras"
        ```
    """
    if kind is not None:
        registered = registry.get("exporter", kind)
        if not _fits(path, exporter_spec(registered).suffix):
            raise _wrong_suffix(path, [registered])
        return registered
    known = registry.exporters
    suffixes = {exporter_spec(each).suffix for each in known}
    longest = max((suffix for suffix in suffixes if suffix and _fits(path, suffix)), key=len, default="")
    if not longest and path.suffix:
        raise _wrong_suffix(path, known)
    found = [each for each in known if exporter_spec(each).suffix == longest]
    if len(found) > 1 and found[0].namespace != CORE_NAMESPACE:
        raise SearchError(
            describe_error(
                f"Several exporters write what ends in {longest}.",
                expected=f"kind as one of {[each.full_name for each in found]}",
                received=f"path={str(path)!r} without a kind",
            )
        )
    return found[0]


def check_place(path: Path, spec: ExporterSpec, *, overwrite: bool, switch: str = "overwrite=True") -> None:
    """Check that a model may be written to a path.

    What is there is replaced only if the user says so. A folder is replaced only if it holds what the exporter writes and
    nothing else, so that a wrong path costs no one a file.

    Args:
        path: Where the model is to be written.
        spec: The exporter.
        overwrite: Whether to replace a model that is there.
        switch: How the user says so, for messages.

    Raises:
        SearchError: If it may not.
    """
    if not path.exists():
        return
    foreign = _foreign(path, spec)
    if foreign or not overwrite:
        what = "a new path" if foreign else f"a new path, or {switch}"
        raise SearchError(
            describe_error(
                "The model cannot be exported.",
                expected=f"{what}; only a model that was exported as {spec.name} is replaced" if foreign else what,
                received=f"{str(path)!r}, which {foreign or 'exists'}",
                advice="Choose another path." if foreign else "",
            )
        )


def write_exported(
    model: keras.Model, path: Path, *, exporter: RegisteredSpec, registry: Registry, overwrite: bool
) -> None:
    """Write a Keras model so that it appears under its name only when it is complete.

    Args:
        model: The model.
        path: Where; missing folders above are made.
        exporter: Which exporter writes it, see `choose_exporter`.
        registry: Where its class is looked up.
        overwrite: Whether to replace a model that is there.

    Raises:
        SearchError: If something else is there, or it cannot be written.
        PluginError: If the exporter fails.
    """
    spec = exporter_spec(exporter)
    check_place(path, spec, overwrite=overwrite)
    exporter_class: type[Exporter] = registry.load("exporter", exporter.full_name)
    place = path.resolve() if path.is_symlink() else path
    try:
        with _folder_beside(place) as folder:
            part = folder / path.name
            _call(exporter_class, model, part, exporter)
            _check_written(folder, part, exporter)
            if spec.suffix:
                part.replace(place)
            else:
                put_in_place(part, place)
    except OSError as error:
        raise SearchError(
            describe_error(
                "The model cannot be exported.",
                expected="a place that can be written",
                received=f"path={str(path)!r}: {type(error).__name__}: {error}",
            )
        ) from error


def _call(exporter_class: type[Exporter], model: keras.Model, part: Path, exporter: RegisteredSpec) -> None:
    try:
        exporter_class().export(model, part)
    except (AutoKerasError, OSError):
        raise
    # The plugin's own code runs here: whatever it raises is reported as the plugin's. Ctrl-C goes through.
    except (Exception, SystemExit) as error:
        raise _failed(exporter, "a written model", describe_exception(error)) from error


def _check_written(folder: Path, part: Path, exporter: RegisteredSpec) -> None:
    is_file = bool(exporter_spec(exporter).suffix)
    others = sorted(each.name for each in folder.iterdir() if each != part)
    if others or not (part.is_file() if is_file else part.is_dir()):
        what = "a file" if is_file else "a folder"
        raise _failed(exporter, f"{what} at the path that it was given, and nothing else", f"{others or 'no such'}")


def _failed(exporter: RegisteredSpec, expected: str, received: str) -> PluginError:
    return PluginError(
        describe_error(
            f"The exporter {exporter.full_name} of {exporter.distribution} {exporter.version} failed.",
            expected=expected,
            received=received,
            advice=f"Report this to the author of {exporter.distribution}.",
        )
    )


def _fits(path: Path, suffix: str) -> bool:
    return path.name.endswith(suffix) and len(path.name) > len(suffix)


def _wrong_suffix(path: Path, exporters: Iterable[RegisteredSpec]) -> SearchError:
    wanted = [
        f"a name that ends in {suffix} ({each.name})" if suffix else f"a name without a suffix ({each.name}, a folder)"
        for each in exporters
        for suffix in [exporter_spec(each).suffix]
    ]
    return SearchError(
        describe_error(
            "The path does not say in which format to write the model.",
            expected=" or ".join(wanted),
            received=f"path={str(path)!r}",
        )
    )


def _foreign(path: Path, spec: ExporterSpec) -> str:
    """Return what is at a path that no export of this kind wrote; empty if nothing is."""
    if spec.suffix:
        return "is a folder" if path.is_dir() else ""
    if not path.is_dir():
        return "is a file"
    names = {each.name for each in path.iterdir()}
    others = sorted(names - set(spec.entries))
    if others:
        return f"holds {', '.join(others[:5])}"
    return f"lacks {spec.entries[0]}" if names and spec.entries[0] not in names else ""


@contextmanager
def _folder_beside(place: Path) -> Iterator[Path]:
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = place.parent / f".{place.name}-{secrets.token_hex(4)}"
    folder.mkdir()  # not by `tempfile`, whose folders no one else may read
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
