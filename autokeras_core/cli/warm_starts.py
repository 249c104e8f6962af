"""`autokeras warm-starts`: the configurations that a search tries first. Light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session

if TYPE_CHECKING:
    from autokeras_core.search.warm_starts import WarmStart

__all__ = ["warm_starts"]


@click.group("warm-starts")
def warm_starts() -> None:
    """List predefined configurations."""


@warm_starts.command("list")
@click.option(
    "--task", metavar="T", required=True, help="The task: a full name, or a bare one such as ImageClassifier."
)
@format_option
@pass_session
def list_warm_starts(session: Session, task: str, output_format: Format) -> None:
    """List the configurations that a task's search tries first.

    A search orders them by what they cost on its data, where blocks say so, and skips those that are for other data.
    """
    # Here, not above: it brings the TOML reader, which no other command needs.
    from autokeras_core.search.warm_starts import read_files

    registered = session.registry.get("task", task)
    files = read_files(session.registry, registered.full_name)
    for file in files:
        if file.problem:  # a search goes on without it
            session.tell(f"Warning: the warm starts {file.registered.full_name!r} cannot be used: {file.problem}")
    found = [start for file in files for start in file.starts]
    write(
        output_format,
        tables=[
            Table(
                title=start.name + (f": {start.summary}" if start.summary else ""),
                columns=("hyperparameter", "value"),
                rows=[
                    *((path, str(value)) for path, value in start.values.items()),
                    *((("(downloads)", "pretrained weights"),) if start.downloads else ()),
                    *((("(requires)", ", ".join(start.requires)),) if start.requires else ()),
                    *((f"({name})", f"{limit:,}") for name, limit in _limits(start).items()),
                    *((("(preferred)", "to more expensive ones, where time is short"),) if start.preferred else ()),
                    ("(from)", start.plugin),
                ],
            )
            for start in found
        ],
        data={
            "task": registered.full_name,
            "warm_starts": [
                {
                    "name": start.name,
                    "summary": start.summary,
                    "values": dict(start.values),
                    "requires": list(start.requires),
                    "downloads": start.downloads,
                    "preferred": start.preferred,
                    **_limits(start),
                    "plugin": start.plugin,
                }
                for start in found
            ],
        },
        names=[start.name for start in found],
    )
    if not found:
        session.tell(f"No plugin brings warm starts for {registered.full_name}.")


def _limits(start: WarmStart) -> dict[str, int]:
    """Return for which data a configuration is meant, as far as it says so."""
    limits = {
        "min_rows": start.min_rows or None,
        "max_rows": start.max_rows,
        "max_columns": start.max_columns,
        "max_classes": start.max_classes,
    }
    return {name: limit for name, limit in limits.items() if limit is not None}
