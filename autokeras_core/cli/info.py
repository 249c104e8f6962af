"""`autokeras info`: the versions that a bug report needs, read from metadata: nothing heavy is imported. Light."""

from __future__ import annotations

import platform

import click

from autokeras_core import __version__
from autokeras_core._metadata import find_distribution
from autokeras_core.cli._describe import plugin_data, provenance_text
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session

__all__ = ["info"]

_PACKAGES = ("keras", "tensorflow", "keras-tuner", "numpy", "pluggy", "attrs", "click", "rich", "importlib-metadata")

# TensorFlow comes under several distribution names; they bring the same import.
_ALTERNATIVES = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel")}


@click.command(short_help="Show versions, for a bug report.")
@format_option
@pass_session
def info(session: Session, output_format: Format) -> None:
    """Show the versions of Python, autokeras-core, its plugins and what they stand on."""
    records = session.manager.records
    packages = {name: _version(name) for name in _PACKAGES}
    rows = [
        ("python", platform.python_version()),
        ("platform", platform.platform()),
        ("autokeras-core", __version__),
        *((f"plugin {record.namespace}", f"{provenance_text(record)}, {record.status}") for record in records),
        *((name, version or "not installed") for name, version in packages.items()),
    ]
    write(
        output_format,
        tables=[Table(columns=("what", "version"), rows=rows)],
        data={
            "python": platform.python_version(),
            "platform": platform.platform(),
            "autokeras-core": __version__,
            "plugins": [plugin_data(record) for record in records],
            "packages": packages,
        },
        names=[name for name, _ in rows],
    )


def _version(name: str) -> str | None:
    found = (find_distribution(alternative) for alternative in _ALTERNATIVES.get(name, (name,)))
    return next((distribution.version for distribution in found if distribution is not None), None)
