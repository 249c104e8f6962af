"""`autokeras export`: a model as one file or folder that needs only Keras or TensorFlow. Light until it is loaded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Literal, TypeAlias

import click

from autokeras_core.cli._models import load_model, model_argument, only_messages
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.errors import SearchError, describe_error

__all__ = ["export"]

_Kind: TypeAlias = Literal["keras", "savedmodel"]

_LOADERS: dict[_Kind, str] = {
    "keras": 'keras.models.load_model("{path}")',
    "savedmodel": 'tensorflow.saved_model.load("{path}").serve',
}


@click.command(short_help="Write a model for use without autokeras.")
@model_argument
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice(["keras", "savedmodel"]),
    help="A .keras file, or a TensorFlow SavedModel folder; by default what the suffix of OUT says.",
)
@click.option("--overwrite", is_flag=True, help="Replace OUT if it is there.")
@format_option
@pass_session
def export(
    session: Session, *, model: Path, output: Path, kind: _Kind | None, overwrite: bool, output_format: Format
) -> None:
    """Write a model, its preprocessing inside, so that only Keras and TensorFlow are needed to use it.

    MODEL is a saved model or the directory of a search. OUT is a file that ends in .keras, or a new folder for a SavedModel.
    """
    kind = kind or _kind_of(output)
    if output.exists() and not overwrite:
        raise SearchError(
            describe_error(
                "The model cannot be exported.",
                expected="OUT as a new file or folder, or --overwrite",
                received=f"{str(output)!r}, which exists",
            )
        )
    with only_messages(session):
        exported = load_model(session, model).export_model()
        _write_model(exported, output, kind)
    takes = [_describe(each.name, each) for each in exported.inputs]
    gives = [_describe(name, each) for name, each in zip(exported.output_names, exported.outputs, strict=True)]
    loader = _LOADERS[kind].format(path=output)
    write(
        output_format,
        tables=[
            Table(
                columns=("what", "value"),
                rows=[
                    ("model", str(output)),
                    ("load it with", loader),
                    *(("takes", text) for text in takes),
                    *(("returns", text) for text in gives),
                ],
            )
        ],
        data={"model": str(output), "kind": kind, "load": loader, "inputs": takes, "outputs": gives},
        names=[str(output)],
    )


def _kind_of(output: Path) -> _Kind:
    if output.suffix == ".keras":
        return "keras"
    if not output.suffix:
        return "savedmodel"
    message = f"{output.suffix} is no suffix of a model: end it in .keras, or in nothing for a SavedModel folder."
    raise click.BadParameter(message, param_hint="'OUT'")


def _write_model(model: Any, output: Path, kind: _Kind) -> None:
    """Write a Keras model so that it appears only when it is complete."""
    part = output.with_name(f".{os.getpid()}.part-{output.name}")
    try:
        if kind == "keras":
            model.save(part)
        else:
            model.export(part, verbose=False)
        if output.is_dir():
            shutil.rmtree(output)
        part.replace(output)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


def _describe(name: str, tensor: Any) -> str:
    """Return name, shape and dtype of a model's input or output: `image (rows, 28, 28) uint8`."""
    sides = ["rows", *("any" if side is None else str(side) for side in tensor.shape[1:])]
    return f"{name} ({', '.join(sides)}) {tensor.dtype}"
