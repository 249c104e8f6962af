"""How commands write data: a table for people, JSON or bare names for programs. Light; rich only on a terminal."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TextIO, TypeAlias, TypeVar

import attrs
import click

__all__ = ["Format", "Table", "format_option", "write", "write_csv"]

Format: TypeAlias = Literal["table", "json", "names"]

JSON_SCHEMA = 1
"""The version of the JSON that commands write; it rises when a key changes its meaning or goes."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


@attrs.frozen(kw_only=True)
class Table:
    """Rows of text for people.

    Attributes:
        columns: The headings.
        rows: The cells, as many in each row as there are columns.
        title: A line above the table.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""


def format_option(function: _Function) -> _Function:
    """Give a command the option `--format`."""
    return click.option(
        "--format",
        "output_format",
        type=click.Choice(["table", "json", "names"]),
        default="table",
        show_default=True,
        help="How to write the result: a table, JSON, or names only.",
    )(function)


def write(output_format: Format, *, tables: Sequence[Table], data: Mapping[str, Any], names: Sequence[str]) -> None:
    """Write a command's result on stdout.

    Args:
        output_format: Which of the three forms.
        tables: The result for people.
        data: The result as JSON data; `"schema"` is added, and numbers that JSON does not know become `null`.
        names: The result as names.
    """
    if output_format == "json":
        click.echo(json.dumps({"schema": JSON_SCHEMA, **_finite(data)}, indent=2, ensure_ascii=False))
    elif output_format == "names":
        for name in names:
            click.echo(name)
    elif sys.stdout.isatty():
        _write_rich(tables)
    else:
        texts = [_as_text(table) for table in tables if table.rows or table.title]
        if texts:
            click.echo("\n\n".join(texts))


def write_csv(stream: TextIO, *, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as CSV with a header; `None` is an empty cell."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _finite(data: Any) -> Any:
    """Return JSON data with `None` for NaN and infinity, which the metric of a user may be."""
    if isinstance(data, Mapping):
        return {name: _finite(value) for name, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _as_text(table: Table) -> str:
    cells = [list(table.columns), *table.rows] if table.rows else []
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.columns))] if cells else []
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([table.title, *lines] if table.title else lines)


def _write_rich(tables: Sequence[Table]) -> None:
    # rich costs 50 ms, and only a terminal shows what it does.
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    console = Console()
    for table in tables:
        if table.title:
            console.print(Text(table.title, style="bold"))
        if not table.rows:
            continue
        drawn = RichTable(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for index, column in enumerate(table.columns):
            drawn.add_column(column, style="cyan" if index == 0 else "", overflow="fold")
        for row in table.rows:
            # As Text: a plugin's summary with square brackets is no markup.
            drawn.add_row(*(Text(cell) for cell in row))
        console.print(drawn)
