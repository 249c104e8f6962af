"""`autokeras plugins`: what is installed, and what is wrong with it. Light."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from textwrap import indent

import click

from autokeras_core.cli._describe import count_text, plugin_data, problem_data, provenance_text
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.manager import PluginProblem, PluginRecord

__all__ = ["plugins"]

_STATUS_TEXT = {"loaded": "in use", "disabled": "switched off", "failed": "skipped"}

_STAGE_TEXT = {
    "metadata": "its metadata; none of its code was run",
    "namespace": "its metadata; none of its code was run",
    "requirement": "its metadata; none of its code was run",
    "import": "the import of its plugin module",
    "hooks": "its hooks",
    "descriptors": "what its hooks returned; nothing of it was registered",
    "commands": "its commands; everything else of it is in use",
    "observer": "an observer hook; everything else of it is in use",
    "warm starts": "a file of warm starts; everything else of it is in use",
}


@click.group()
def plugins() -> None:
    """List plugins and find out what is wrong with one."""


@plugins.command("list")
@format_option
@pass_session
def list_plugins(session: Session, output_format: Format) -> None:
    """List the installed plugins."""
    records = session.manager.records
    write(
        output_format,
        tables=[
            Table(
                columns=("plugin", "status", "from", "registers"),
                rows=[
                    (record.namespace, _STATUS_TEXT[record.status], provenance_text(record), count_text(record))
                    for record in records
                ],
            )
        ],
        data={"plugins": [plugin_data(record) for record in records]},
        names=[record.namespace for record in records],
    )


@plugins.command("doctor")
@format_option
@click.pass_context
def doctor(context: click.Context, output_format: Format) -> None:
    """Check every installed plugin and explain what is wrong: what, why, and what to do.

    With --format names, only the plugins that something is wrong with are written.
    """
    session = context.ensure_object(Session)
    session.is_quiet = True
    root = context.find_root().command
    reserved = root.commands if isinstance(root, click.Group) else ()
    problems: dict[str, list[PluginProblem]] = {}
    records = session.manager.records
    for record in records:
        if record.problem is not None:
            problems.setdefault(_key(record), []).append(record.problem)
    for record, problem in [*session.plugin_commands(reserved).problems, *_problems_of_warm_starts(session)]:
        problems.setdefault(_key(record), []).append(problem)
    write(
        output_format,
        tables=[
            Table(title="\n".join(_explain(record, problems.get(_key(record), []))), columns=(), rows=())
            for record in records
        ],
        data={
            "healthy": not problems,
            "plugins": [
                {
                    **plugin_data(record),
                    "heavy_imports": list(record.heavy_imports),
                    "problems": [problem_data(problem) for problem in problems.get(_key(record), [])],
                }
                for record in records
            ],
        },
        names=[record.entry_point for record in records if _key(record) in problems],
    )


def _problems_of_warm_starts(session: Session) -> Iterator[tuple[PluginRecord, PluginProblem]]:
    """Yield what is wrong with files of warm starts, which a search finds only when it wants them."""
    # Here, not above: it brings the TOML reader, which most commands do not need.
    from autokeras_core.search.warm_starts import read_file

    records = {record.namespace: record for record in session.manager.loaded}
    for registered in session.registry.warm_starts:
        # stdout carries data only: reading a file imports its package, which may print.
        with contextlib.redirect_stdout(sys.stderr):
            file = read_file(registered)
        if file.problem:
            yield (
                records[registered.namespace],
                PluginProblem(
                    stage="warm starts",
                    reason=f"its warm starts {registered.name!r} cannot be used: {file.problem}.",
                    advice=f"Reinstall {registered.distribution}, or report this to its author.",
                ),
            )


def _key(record: PluginRecord) -> str:
    # A distribution may declare several entry points, of which one is right.
    return f"{record.distribution} {record.entry_point} {record.module}"


def _explain(record: PluginRecord, problems: list[PluginProblem]) -> Iterator[str]:
    yield f"{record.entry_point} ({provenance_text(record)}, {record.module}): {_STATUS_TEXT[record.status]}"
    if record.status == "loaded":
        yield f"  registers: {count_text(record) or 'nothing'}"
    for problem in problems:
        yield f"  what: {problem.reason}"
        yield f"  where: {_STAGE_TEXT[problem.stage]}"
        yield f"  what to do: {problem.advice}"
        if problem.details:
            yield "  details:"
            yield indent(problem.details, "    ")
    if record.heavy_imports:
        yield f"  note: importing {record.module} imports {', '.join(record.heavy_imports)}, which slows every command."
