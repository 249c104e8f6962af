"""`autokeras warm-starts`: the configurations that a search tries first. Light."""

from __future__ import annotations

import click

from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session

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
    """List the configurations that a task's search tries first, in order."""
    # Here, not above: it brings the TOML reader, which no other command needs.
    from autokeras_core.search.warm_starts import read_warm_starts

    registered = session.registry.get("task", task)
    found = read_warm_starts(session.registry, registered.full_name)
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
                    "plugin": start.plugin,
                }
                for start in found
            ],
        },
        names=[start.name for start in found],
    )
    if not found:
        session.tell(f"No plugin brings warm starts for {registered.full_name}.")
