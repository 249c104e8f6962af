"""`autokeras tasks`: what can be learned. Light."""

from __future__ import annotations

from typing import Any

import click

from autokeras_core.cli._describe import provenance_data, provenance_text
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.registry import RegisteredSpec
from autokeras_core.specs import TaskSpec

__all__ = ["tasks"]


@click.group()
def tasks() -> None:
    """List tasks."""


@tasks.command("list")
@format_option
@pass_session
def list_tasks(session: Session, output_format: Format) -> None:
    """List the tasks of all installed plugins; import one with `from autokeras_core.tasks import NAME`."""
    found = session.registry.tasks
    write(
        output_format,
        tables=[
            Table(
                columns=("task", "modality", "summary", "from"),
                rows=[
                    (
                        registered.full_name,
                        _task(registered).modality,
                        registered.spec.summary,
                        provenance_text(registered),
                    )
                    for registered in found
                ],
            )
        ],
        data={"tasks": [_listing(registered) for registered in found]},
        names=[registered.full_name for registered in found],
    )
    if not found:
        session.tell("No task is installed. For pictures: pip install ak-vision; text: ak-text; tables: ak-tabular.")


def _task(registered: RegisteredSpec) -> TaskSpec:
    assert isinstance(registered.spec, TaskSpec)
    return registered.spec


def _listing(registered: RegisteredSpec) -> dict[str, Any]:
    task = _task(registered)
    return {**provenance_data(registered), "modality": task.modality, "blocks": list(task.blocks)}
