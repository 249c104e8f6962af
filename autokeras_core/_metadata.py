"""Metadata of installed distributions: the only user of importlib_metadata, so provenance has one source. Light."""

from __future__ import annotations

from typing import Any

import attrs
import importlib_metadata

__all__ = ["InstalledDistribution", "PluginEntryPoint", "find_distribution", "find_plugin_entry_points"]


@attrs.frozen(kw_only=True)
class InstalledDistribution:
    """What the metadata of an installed distribution says.

    Attributes:
        name: The name as its author spells it, e.g. `"ak-vision"`.
        version: The version; `"unknown"` where the metadata has none.
        editable: Whether it was installed with `pip install -e` (its `direct_url.json` says so).
        requires: Its `Requires-Dist` lines.
    """

    name: str
    version: str
    editable: bool = False
    requires: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class PluginEntryPoint:
    """An entry point that names a plugin's module.

    Attributes:
        name: The left side, e.g. `"ak_vision"`.
        value: The right side, e.g. `"ak_vision.plugin"`.
        distribution: The distribution that declares it.
        problem: Why the metadata could not be read, where they could not; empty if all is well.
    """

    name: str
    value: str
    distribution: InstalledDistribution
    problem: str = ""


def find_plugin_entry_points(group: str) -> tuple[PluginEntryPoint, ...]:
    """Return the entry points of a group, in the order of their names; nothing is imported.

    Where a distribution is found twice on the import path, the first one counts, as it does for imports. Metadata
    that cannot be read are reported in the result; those of distributions outside the group do not matter.

    Args:
        group: The entry-point group, `"autokeras"` for plugins.
    """
    found: dict[str, list[PluginEntryPoint]] = {}
    # Not `importlib_metadata.entry_points(group=...)`: there, one broken file of any distribution is an error for all.
    for distribution in importlib_metadata.distributions():
        text = _entry_points_text(distribution)
        if f"[{group}]" not in text:
            continue
        description, problem = _describe_safely(distribution)
        is_shadowed = not problem and _entry_points_text(importlib_metadata.distribution(description.name)) != text
        if description.name in found or is_shadowed:
            continue
        found[description.name] = []
        try:
            for entry_point in distribution.entry_points.select(group=group):
                found[description.name].append(
                    PluginEntryPoint(
                        name=entry_point.name, value=entry_point.value, distribution=description, problem=problem
                    )
                )
        except (TypeError, ValueError):
            # What importlib_metadata raises for a line without "=".
            found[description.name] = [
                PluginEntryPoint(
                    name=description.name,
                    value="",
                    distribution=description,
                    problem="its entry_points.txt is malformed.",
                )
            ]
    flat = [entry_point for entry_points in found.values() for entry_point in entry_points]
    return tuple(sorted(flat, key=lambda each: (each.name, each.distribution.name)))


def find_distribution(name: str) -> InstalledDistribution | None:
    """Return the metadata of the distribution `name`, or `None` if it is not installed.

    Example:
        ```python
        find_distribution("keras").version  # "3.15.1", without importing Keras
        ```
    """
    try:
        return _describe(importlib_metadata.distribution(name))
    except importlib_metadata.PackageNotFoundError:
        return None


# importlib_metadata's releases disagree on the type of a distribution (`Distribution`, `IDistribution`): hence `Any`.


def _entry_points_text(distribution: Any) -> str:
    try:
        return distribution.read_text("entry_points.txt") or ""
    except (OSError, UnicodeError):
        return ""


def _describe_safely(distribution: Any) -> tuple[InstalledDistribution, str]:
    try:
        return _describe(distribution), ""
    # A missing METADATA file, one without a name (a KeyError up to importlib_metadata 8.0), one in no encoding, a
    # direct_url.json that is no JSON.
    except (KeyError, OSError, ValueError) as error:
        return InstalledDistribution(name="unknown", version="unknown"), f"its metadata cannot be read: {error}."


def _describe(distribution: Any) -> InstalledDistribution:
    metadata = distribution.metadata
    if metadata is None:  # as releases of importlib_metadata say that there is no METADATA file, and others raise
        message = "there is none"
        raise ValueError(message)
    return InstalledDistribution(
        name=metadata["Name"] or "unknown",
        version=metadata["Version"] or "unknown",
        editable=_is_editable(distribution),
        requires=tuple(distribution.requires or ()),
    )


def _is_editable(distribution: Any) -> bool:
    # `origin` is the parsed direct_url.json, and `None` for a distribution that came from an index.
    directory = getattr(distribution.origin, "dir_info", None)
    return bool(getattr(directory, "editable", False))
