"""`autokeras blocks`: what networks can be built from. Light."""

from __future__ import annotations

from typing import Any

import click

from autokeras_core.cli._describe import condition_text, domain_kind, provenance_data, provenance_text
from autokeras_core.cli._output import Format, Table, format_option, write
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.errors import RegistryError, describe_error
from autokeras_core.names import suggest
from autokeras_core.registry import RegisteredSpec
from autokeras_core.search.domains import Fixed
from autokeras_core.search.space import Space
from autokeras_core.specs import BlockSpec, HeadSpec, InputSpec

__all__ = ["blocks"]


@click.group()
def blocks() -> None:
    """List blocks and show their search spaces."""


@blocks.command("list")
@click.option("--modality", metavar="M", help="Only blocks for this modality (those for any are among them).")
@click.option("--plugin", metavar="P", help="Only blocks of this plugin or distribution.")
@format_option
@pass_session
def list_blocks(session: Session, modality: str | None, plugin: str | None, output_format: Format) -> None:
    """List the blocks of all installed plugins."""
    found = list(session.registry.blocks)
    if plugin is not None:
        namespace = _namespace(session, plugin)
        found = [registered for registered in found if registered.namespace == namespace]
    if modality is not None:
        _check_modality(session, modality)
        found = [registered for registered in found if {modality, "any"} & set(_block(registered).modalities)]
    write(
        output_format,
        tables=[
            Table(
                columns=("block", "modalities", "summary", "from"),
                rows=[
                    (
                        registered.full_name,
                        ", ".join(_block(registered).modalities),
                        registered.spec.summary,
                        provenance_text(registered),
                    )
                    for registered in found
                ],
            )
        ],
        data={"blocks": [_listing(registered) for registered in found]},
        names=[registered.full_name for registered in found],
    )
    if not found:
        session.tell("No block matches.")


@blocks.command("show")
@click.argument("name")
@format_option
@pass_session
def show_block(session: Session, name: str, output_format: Format) -> None:
    """Show one block (or head, or input): where it comes from and what is tuned.

    NAME is a full name such as core:dense, or a bare one that only one plugin uses.
    """
    registered = session.registry.get_operator(name)
    spec = registered.spec
    space = spec.space if isinstance(spec, (BlockSpec, HeadSpec)) else Space()
    facts = [("name", registered.full_name), ("kind", spec.kind), ("from", provenance_text(registered))]
    facts.append(("summary", spec.summary))
    if isinstance(spec, BlockSpec):
        facts += [
            ("modalities", ", ".join(spec.modalities)),
            ("accepts", spec.accepts or "not said"),
            ("returns", spec.returns or "not said"),
            ("stability", spec.stability),
            ("downloads", "pretrained weights, in some configurations" if spec.downloads else "nothing"),
            ("requires", ", ".join(spec.requires) or "nothing more"),
        ]
    elif isinstance(spec, InputSpec):
        facts.append(("modality", spec.modality))
    write(
        output_format,
        tables=[
            Table(columns=("field", "value"), rows=facts),
            Table(
                title="Hyperparameters" if space else "No hyperparameters are declared.",
                columns=("hyperparameter", "kind", "values", "default", "when"),
                rows=[
                    (
                        path,
                        domain_kind(domain),
                        str(domain),
                        str(domain.default),
                        condition_text(domain.when) or "always",
                    )
                    for path, domain in space.items()
                ],
            ),
        ],
        data={"block": {**_listing(registered), "space": space.to_json()}},
        names=[path for path, domain in space.items() if not isinstance(domain, Fixed)],
    )


def _listing(registered: RegisteredSpec) -> dict[str, Any]:
    spec = registered.spec
    data = {**provenance_data(registered), "kind": spec.kind}
    if isinstance(spec, BlockSpec):
        data |= {
            "modalities": list(spec.modalities),
            "accepts": spec.accepts,
            "returns": spec.returns,
            "stability": spec.stability,
            "downloads": spec.downloads,
            "requires": list(spec.requires),
        }
    elif isinstance(spec, InputSpec):
        data["modality"] = spec.modality
    return data


def _block(registered: RegisteredSpec) -> BlockSpec:
    assert isinstance(registered.spec, BlockSpec)
    return registered.spec


def _namespace(session: Session, plugin: str) -> str:
    record = session.manager.find(plugin)
    if record is None or record.status != "loaded":
        known = [each.namespace for each in session.manager.loaded]
        state = "installed" if record is None else "in use; see `autokeras plugins doctor`"
        raise RegistryError(
            describe_error(
                f"No plugin {plugin!r} is {state}.",
                expected=f"one of {known}",
                received=f"--plugin {plugin}",
                advice=suggest(plugin, known),
            )
        )
    return record.namespace


def _check_modality(session: Session, modality: str) -> None:
    known = sorted({each for registered in session.registry.blocks for each in _block(registered).modalities})
    if modality not in known:
        raise RegistryError(
            describe_error(
                f"No block is for the modality {modality!r}.",
                expected=f"one of {known}",
                received=f"--modality {modality}",
                advice=suggest(modality, known),
            )
        )
