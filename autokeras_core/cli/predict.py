"""`autokeras predict`: what a model says about new data, as CSV or JSON lines. Light until the model is loaded."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import sys
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO, TypeAlias

import click

from autokeras_core.cli._models import data_argument, data_of, load_model, model_argument, only_messages
from autokeras_core.cli._output import write_csv
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.errors import DataError, describe_error

if TYPE_CHECKING:
    from autokeras_core import AutoModel
    from autokeras_core.data.profile import TargetProfile

__all__ = ["predict"]

_RowFormat: TypeAlias = Literal["csv", "jsonl"]
_Columns: TypeAlias = dict[str, Sequence[Any]]

_STANDARD_OUTPUT = 1
_DESCRIPTORS = {"/dev/stdout": _STANDARD_OUTPUT, "/dev/stderr": 2}
_OPEN_FILE = re.compile(r"/(?:dev|proc/(?P<process>[^/]+))/fd/(?P<number>\d+)")


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
    if row_format is None:
        row_format = "jsonl" if output is not None and output.suffix in (".jsonl", ".json", ".ndjson") else "csv"
    with _opened(output) as stream:  # first of all: where nothing can be written, nothing is worth predicting
        with only_messages(session):
            loaded = load_model(session, model)
            columns = _columns(loaded, data_of(data), wants_probabilities=proba)
        _write(stream, columns, row_format)
    if output is not None:
        session.tell(f"Wrote {len(next(iter(columns.values())))} predictions to {output}.")


def _columns(model: AutoModel, data: Path | list[Path], *, wants_probabilities: bool) -> _Columns:
    """Return predictions by column, behind one that names the rows, where they have names.

    Raises:
        DataError: If the data cannot be used, or were others when they were read than when their rows were named.
    """
    targets = model.analysis.targets
    names = model.row_names(data)
    data = _named_files(data, names)  # and no others: files come and go in a folder
    predicted = model.predict_proba(data) if wants_probabilities else model.predict(data)
    if wants_probabilities:
        targets = {name: target for name, target in targets.items() if target.is_classification}
    # What a model returns for several heads is a list or a dict, as its labels were.
    values = [predicted] if len(model.analysis.targets) == 1 else predicted
    values = values.values() if isinstance(values, dict) else values
    columns: _Columns = {} if names is None else {"row": names}
    for (head, target), array in zip(targets.items(), values, strict=True):
        if names is not None and len(names) != len(array):
            raise _changed(len(names), len(array))
        prefix = f"{head}/" if len(targets) > 1 else ""
        wide = array.reshape(len(array), -1)
        named = _probability_names(target) if wants_probabilities else _names(target, wide.shape[1])
        for column, name in enumerate(named):
            columns[_free_name(f"{prefix}{name}", columns)] = wide[:, column]
    return columns


def _named_files(data: Path | list[Path], names: Sequence[str] | None) -> Path | list[Path]:
    """Return the files of a folder that its rows are named after, in their order; other data as they are.

    One that has gone since is among them, so that the input says so. An input may name rows by what is no path.
    """
    if isinstance(data, list) or not data.is_dir():
        return data
    paths = [Path(name) for name in names or ()]
    return paths if any(path.is_file() for path in paths) else data


def _changed(named: int, read: int) -> DataError:
    return DataError(
        describe_error(
            "The data have changed while they were read, so that nobody can tell which prediction is whose.",
            expected=f"{named} rows, as there were at first",
            received=f"{read} rows",
            advice="Predict once more, when nothing is written to them.",
        )
    )


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
    """Open standard output, or a file that appears only when it is complete, in a folder that is made if need be.

    What is there and no file, such as a device or a named pipe, cannot be replaced: it is written to as it is. So is what
    somebody has opened already and names as `/dev/stdout` or the like, be it a file: with `>>` there is something in it.
    """
    opened = None if output is None else _already_open(output)
    if output is None or opened == _STANDARD_OUTPUT:
        yield sys.stdout
        return
    if opened is not None:
        target = opened if isinstance(opened, Path) else os.dup(opened)
        with open(target, "a", encoding="utf-8", newline="") as stream:  # noqa: PTH123 - of a number, too
            yield stream
        return
    if output.exists() and not output.is_file():
        with output.open("w", encoding="utf-8", newline="") as stream:  # an error if it is a folder
            yield stream
        return
    place = output.resolve()  # where a link leads to; the link stays
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.{os.getpid()}.part")  # hidden: the folder may be the one that is read
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)


def _already_open(output: Path) -> int | Path | None:
    """Return which open file of this process a path stands for, by its number; of another process, the path itself.

    That is `None` for all other paths. What is behind such a path may be a file like any other: only its name tells.
    """
    path = str(output.absolute())
    match = _OPEN_FILE.fullmatch(path)
    if not output.exists() or (match is None and path not in _DESCRIPTORS):
        return None
    if match is None:
        return _DESCRIPTORS[path]
    is_own = match["process"] in (None, "self", "thread-self", str(os.getpid()))
    return int(match["number"]) if is_own else output
