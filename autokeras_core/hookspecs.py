"""The hooks that plugins implement. Light: pluggy and descriptors only.

Every hook is optional. A plugin is a light module, named by an entry point in the group `autokeras`; it returns
descriptors, so loading it imports neither Keras nor TensorFlow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

    from autokeras_core.specs import (
        BlockSpec,
        ExecutorSpec,
        ExporterSpec,
        HeadSpec,
        InputSpec,
        PreprocessorSpec,
        TaskSpec,
        WarmStartSpec,
    )

__all__ = ["ENTRY_POINT_GROUP", "PROJECT_NAME", "hookimpl", "hookspec"]

PROJECT_NAME = "autokeras"
ENTRY_POINT_GROUP = "autokeras"

hookspec = pluggy.HookspecMarker(PROJECT_NAME)
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)


@hookspec
def autokeras_register_blocks() -> list[BlockSpec]:
    """Return the descriptors of the plugin's blocks."""
    raise NotImplementedError


@hookspec
def autokeras_register_preprocessors() -> list[PreprocessorSpec]:
    """Return the descriptors of the plugin's preprocessors."""
    raise NotImplementedError


@hookspec
def autokeras_register_heads() -> list[HeadSpec]:
    """Return the descriptors of the plugin's heads."""
    raise NotImplementedError


@hookspec
def autokeras_register_inputs() -> list[InputSpec]:
    """Return the descriptors of the plugin's inputs."""
    raise NotImplementedError


@hookspec
def autokeras_register_tasks() -> list[TaskSpec]:
    """Return the descriptors of the plugin's tasks."""
    raise NotImplementedError


@hookspec
def autokeras_register_warm_starts() -> list[WarmStartSpec]:
    """Return the descriptors of the plugin's files of predefined configurations."""
    raise NotImplementedError


@hookspec
def autokeras_register_executors() -> list[ExecutorSpec]:
    """Return the descriptors of the plugin's executors."""
    raise NotImplementedError


@hookspec
def autokeras_register_exporters() -> list[ExporterSpec]:
    """Return the descriptors of the plugin's exporters."""
    raise NotImplementedError


@hookspec
def autokeras_match_input(profile: Mapping[str, Any]) -> tuple[str, float] | None:
    """Say how well one of the plugin's inputs fits raw data; `automodel_for` takes the surest input of all plugins.

    Args:
        profile: Plain facts about the data: `type` (`"ndarray"`, `"list"`, `"DataFrame"`, ...); `dtype`, as NumPy writes it,
            or `"str"` and `"path"` for objects that are such; and `shape`, the rows first. A table with named columns has
            two axes and the dtype `"object"`.

    Returns:
        The input's short name and a confidence in `[0, 1]`, or `None` if no input of the plugin fits.
    """
    raise NotImplementedError


@hookspec
def autokeras_register_commands(cli: click.Group) -> None:
    """Add commands to the command line, e.g. with `@cli.command()`; import nothing heavy before one runs."""


@hookspec
def autokeras_trial_completed(trial: Mapping[str, Any]) -> None:
    """Observe a finished trial: the journal's record of it, as JSON data. An error here never ends the search."""
