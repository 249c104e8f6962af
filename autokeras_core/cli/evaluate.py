"""`autokeras evaluate`: how good a model is on other data. Light until the model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autokeras_core.cli._command import COMMAND_FILE, FitCommand
from autokeras_core.cli._models import data_argument, data_of, load_model, model_argument, only_messages
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._parameters import split_names
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.errors import DataError

if TYPE_CHECKING:
    from autokeras_core import AutoModel

__all__ = ["evaluate"]


@click.command(short_help="Measure a model on other data.")
@model_argument
@data_argument
@click.option(
    "--target",
    metavar="COL",
    multiple=True,
    help="The column that was to be predicted; by default that of the training data.",
)
@format_option
@pass_session
def evaluate(
    session: Session, *, model: Path, data: tuple[Path, ...], target: tuple[str, ...], output_format: Format
) -> None:
    """Measure loss and metrics of a model on data that hold their labels.

    MODEL is a saved model or the directory of a search. DATA is as for `autokeras fit`.
    """
    with only_messages(session):
        loaded = load_model(session, model)
        names = split_names(target) or _known_target(loaded, model, data)
        try:
            metrics = loaded.evaluate(data_of(data), names[0] if len(names) == 1 else list(names) or None)
        except DataError as error:
            if names or data[0].is_dir():
                raise
            message = f"{error} If a column of the data is the target, name it: --target COL."
            raise DataError(message) from error
    write(
        output_format,
        tables=[
            Table(columns=("metric", "value"), rows=[(name, f"{value:.6g}") for name, value in metrics.items()]),
        ],
        data={"model": str(model), "metrics": metrics},
        names=list(metrics),
    )


def _known_target(loaded: AutoModel, model: Path, data: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the target columns of the training data, where they are known and data are no folder of classes."""
    if data[0].is_dir():
        return ()
    if (model / COMMAND_FILE).exists():
        return FitCommand.read(model).target
    return tuple(name for target in loaded.analysis.targets.values() for name in target.columns)
