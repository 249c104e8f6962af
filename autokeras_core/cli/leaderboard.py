"""`autokeras leaderboard`: the trials of a search, read from its files alone, also while it runs. Light."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Literal, TypeAlias

import attrs
import click

from autokeras_core.cli._output import Format, Table, write, write_csv
from autokeras_core.search.events import INTERRUPTED
from autokeras_core.search.report import OpenTrial, SearchReport, read_report

__all__ = ["leaderboard"]

_BoardFormat: TypeAlias = Literal["csv"] | Format

# The columns of the CSV before those of metrics and hyperparameters.
_LEADING = (
    *("rank", "trial_id", "origin", "status", "score", "best_epoch", "epochs", "seconds", "parameters", "weight"),
    "reason",
)


@click.command(short_help="Show the trials of a search.")
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["table", "json", "csv", "names"]),
    default="table",
    show_default=True,
    help="How to write the result: a table, JSON, CSV with all metrics and hyperparameters, or the trials' names.",
)
def leaderboard(directory: Path, output_format: _BoardFormat) -> None:
    """Show the trials of a search, the best first, and of failed ones kind and reason.

    DIR is the directory of a search, also of one that is running, or of a saved model. Nothing is changed in it.
    """
    report = read_report(directory)
    if output_format == "csv":
        _write_csv(report)
        return
    board = report.leaderboard()
    header, cells = board.to_text()
    kept = [index for index, name in enumerate(header) if name != "origin" or report.origins]
    rows = [[row[index] for index in kept] for row in cells]
    rows += [_open_row([header[index] for index in kept], trial, report) for trial in report.open_trials]
    write(
        output_format,
        tables=[
            Table(title=_title(report), columns=[header[index] for index in kept], rows=rows),
            *([] if board.ensemble is None else [Table(title=str(board.ensemble), columns=(), rows=())]),
        ],
        data={
            "task": report.task,
            "state": report.state,
            "stop_reason": report.stop_reason,
            "objective": report.objective,
            "direction": "max" if report.maximise else "min",
            "best_score": report.best_score,
            "trials": board.to_records(),
            "open_trials": [attrs.asdict(trial) for trial in report.open_trials],
            "ensemble": None if board.ensemble is None else board.ensemble.to_json(),
        },
        names=[row.trial_id for row in board],
    )


def _title(report: SearchReport) -> str:
    """Return one line on the search as a whole."""
    reason = "" if report.stop_reason in ("", INTERRUPTED) else f": {report.stop_reason}"
    state = {"running": "running", "interrupted": f"interrupted{reason}", "finished": f"ended{reason}"}
    count = len(report.outcomes)
    best = "" if report.best_score is None else f", best {report.objective} {report.best_score:.4f}"
    return f"{report.task or 'Search'}, {state[report.state]}; {count} trial{'' if count == 1 else 's'}{best}"


def _open_row(header: list[str], trial: OpenTrial, report: SearchReport) -> list[str]:
    """Return the row of a trial that has not ended."""
    is_running = report.state == "running"
    known = {
        "trial": trial.trial_id,
        "seconds": f"{time.time() - trial.started:.1f}" if is_running else "-",
        "status": "running" if is_running else "not ended",
    }
    return [known.get(name, "-") for name in header]


def _write_csv(report: SearchReport) -> None:
    """Write everything that is known of each trial that ended, a column for each metric and hyperparameter."""
    records = report.leaderboard().to_flat_records()
    others = dict.fromkeys(name for record in records for name in record if name not in _LEADING)
    columns = [*_LEADING, *sorted(others, key=lambda name: not name.startswith("metric/"))]  # metrics first
    write_csv(sys.stdout, columns=columns, rows=([record.get(name) for name in columns] for record in records))
