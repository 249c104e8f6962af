"""`autokeras predict`: what a model says about new data, as CSV or JSON lines. Light until the model is loaded."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sys
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

import click

from autokeras_core.cli._models import data_argument, data_of, load_model, model_argument, only_messages
from autokeras_core.cli._output import write_csv
from autokeras_core.cli._session import Session, pass_session

if TYPE_CHECKING:
    from autokeras_core import AutoModel
    from autokeras_core.data.profile import TargetProfile

__all__ = ["predict"]

_RowFormat: TypeAlias = Literal["csv", "jsonl"]
_Columns: TypeAlias = dict[str, Sequence[Any]]


@click.command(short_help="Predict on new data.")
@model_argument
@data_argument
@click.option("--proba", is_flag=True, help="Write the probability of each class instead.")
@click.option("--output", metavar="PATH", type=click.Path(path_type=Path), help="Write to this file, not to stdout.")
@click.option(
    "--format",
    "row_format",
    type=click.Choice(["csv", "jsonl"]),
    help="CSV with a header, or a JSON object on each line; by default what the output's suffix says, else CSV.",
)
@pass_session
def predict(
    session: Session,
    *,
    model: Path,
    data: tuple[Path, ...],
    proba: bool,
    output: Path | None,
    row_format: _RowFormat | None,
) -> None:
    """Predict on new data: one line for each row, in the order of the rows.

    MODEL is a saved model or the directory of a search. DATA is as for `autokeras fit`; the target may be left out. Rows that
    are files, such as pictures in a folder, have their path in the column `row`. A target of that name is `prediction_row`.
    """
    with only_messages(session):
        loaded = load_model(session, model)
        columns = _columns(loaded, data_of(data), wants_probabilities=proba)
    if row_format is None:
        row_format = "jsonl" if output is not None and output.suffix in (".jsonl", ".json", ".ndjson") else "csv"
    with _opened(output) as stream:
        _write(stream, columns, row_format)
    if output is not None:
        session.tell(f"Wrote {len(next(iter(columns.values())))} predictions to {output}.")


def _columns(model: AutoModel, data: Path | list[Path], *, wants_probabilities: bool) -> _Columns:
    """Return predictions by column, those that name the rows first."""
    targets = model.analysis.targets
    predicted = model.predict_proba(data) if wants_probabilities else model.predict(data)
    if wants_probabilities:
        targets = {name: target for name, target in targets.items() if target.is_classification}
    # What a model returns for several heads is a list or a dict, as its labels were.
    values = [predicted] if len(model.analysis.targets) == 1 else predicted
    values = values.values() if isinstance(values, dict) else values
    names = model.row_names(data)
    columns: _Columns = {} if names is None else {"row": names}
    for (head, target), array in zip(targets.items(), values, strict=True):
        prefix = f"{head}/" if len(targets) > 1 else ""
        wide = array.reshape(len(array), -1)
        named = _probability_names(target) if wants_probabilities else _names(target, wide.shape[1])
        for column, name in enumerate(named):
            columns[_free_name(f"{prefix}{name}", columns)] = wide[:, column]
    return columns


def _free_name(name: str, taken: Container[str]) -> str:
    """Return a name for a column of predictions that no other has: a target may be called as the column of paths is."""
    longer = f"prediction_{name}"
    names = itertools.chain([name, longer], (f"{longer}_{number}" for number in itertools.count(2)))
    return next(each for each in names if each not in taken)


def _names(target: TargetProfile, count: int) -> list[str]:
    """Return the names of a head's predictions: the target's columns, where they have names."""
    if len(target.columns) == count:
        return list(target.columns)
    return ["prediction"] if count == 1 else [f"prediction_{number}" for number in range(count)]


def _probability_names(target: TargetProfile) -> list[str]:
    labels = target.columns if target.kind == "multi-label" and target.columns else target.classes
    return [f"probability_{label}" for label in labels]


def _write(stream: TextIO, columns: _Columns, row_format: _RowFormat) -> None:
    rows = zip(*columns.values(), strict=True)
    if row_format == "csv":
        write_csv(stream, columns=list(columns), rows=rows)
        return
    for row in rows:
        stream.write(json.dumps(dict(zip(columns, map(_plain, row), strict=True)), ensure_ascii=False) + "\n")


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as JSON has it: a float32 with the digits that it has, not with those of a float64."""
    plain = value.item() if hasattr(value, "item") else value
    return float(str(value)) if isinstance(plain, float) else plain


@contextlib.contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """Open standard output, or a file that appears only when it is complete."""
    if output is None:
        yield sys.stdout
        return
    part = output.with_name(f"{output.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
