"""`autokeras export`: a model as one file or folder that needs only Keras or TensorFlow. Light until it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autokeras_core.cli._models import load_model, model_argument, only_messages
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.errors import SearchError
from autokeras_core.exporting import check_place, choose_exporter, exporter_spec, write_exported

if TYPE_CHECKING:
    from autokeras_core.registry import RegisteredSpec

__all__ = ["export"]


@click.command(short_help="Write a model for use without autokeras.")
@model_argument
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    metavar="NAME",
    help="keras (a .keras file), savedmodel (a folder), or an exporter of a plugin; by default what the suffix of OUT says.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace a model that is at OUT. A folder that holds anything else is never replaced.",
)
@format_option
@pass_session
def export(
    session: Session, *, model: Path, output: Path, kind: str | None, overwrite: bool, output_format: Format
) -> None:
    """Write a model, its preprocessing inside, so that only Keras and TensorFlow are needed to use it.

    MODEL is a saved model or the directory of a search. OUT is a file that ends in .keras, a new folder for a SavedModel, or
    what an exporter of a plugin writes.
    """
    exporter = _exporter_for(session, output, kind)
    spec = exporter_spec(exporter)
    check_place(output, spec, overwrite=overwrite, switch="--overwrite")
    with only_messages(session):
        exported = load_model(session, model).export_model()
        write_exported(exported, output, exporter=exporter, registry=session.registry, overwrite=overwrite)
    takes = [_describe(each.name, each) for each in exported.inputs]
    gives = [_describe(name, each) for name, each in zip(exported.output_names, exported.outputs, strict=True)]
    loader = spec.loader.replace("{path}", str(output))
    write(
        output_format,
        tables=[
            Table(
                columns=("what", "value"),
                rows=[
                    ("model", str(output)),
                    *([("load it with", loader)] if loader else []),
                    *(("takes", text) for text in takes),
                    *(("returns", text) for text in gives),
                ],
            )
        ],
        data={"model": str(output), "kind": exporter.name, "load": loader, "inputs": takes, "outputs": gives},
        names=[str(output)],
    )


def _exporter_for(session: Session, output: Path, kind: str | None) -> RegisteredSpec:
    try:
        return choose_exporter(session.registry, output, kind=kind)
    except SearchError as error:  # about the path: wrong usage
        raise click.BadParameter(str(error), param_hint="'OUT'") from error


def _describe(name: str, tensor: Any) -> str:
    """Return name, shape and dtype of a model's input or output: `image (rows, 28, 28) uint8`."""
    sides = ["rows", *("any" if side is None else str(side) for side in tensor.shape[1:])]
    return f"{name} ({', '.join(sides)}) {tensor.dtype}"
