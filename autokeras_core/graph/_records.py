"""Reads the records of a saved graph, each field checked: a damaged file is an error that says where. Light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.graph import Source

__all__ = ["read_field", "read_records", "read_sources", "refuse"]

_Checked = TypeVar("_Checked")


def read_records(data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects, each of which has a name."""
    records: list[dict[str, Any]] = read_field(data, key, list, "the graph")
    for record in records:
        if not isinstance(record, dict):
            refuse(key, expected="objects", received=record)
        read_field(record, "name", str, key)
    return records


def read_sources(record: Mapping[str, Any], name: str) -> tuple[Source, ...]:
    """Return what a block's record says it is applied to."""
    sources = []
    for item in read_field(record, "sources", list, name):
        match item:
            case {"input": str(source)} if len(item) == 1:
                sources.append(Source("input", source))
            case {"block": str(source)} if len(item) == 1:
                sources.append(Source("block", source))
            case _:
                refuse(name, expected='sources like {"input": name} or {"block": name}', received=item)
    return tuple(sources)


def read_field(record: Mapping[str, Any], key: str, kind: type[_Checked], where: str) -> _Checked:
    """Return a field of a record; raise `GraphError` if it is missing or of another type."""
    value = record.get(key)
    if not isinstance(value, kind):
        refuse(where, expected=f"{key!r} to be a {kind.__name__}", received=value)
    return value


def refuse(where: str, *, expected: str, received: object) -> NoReturn:
    """Raise a `GraphError` that says where the saved graph is malformed."""
    raise GraphError(
        describe_error(f"The saved graph is malformed at {where!r}.", expected=expected, received=f"{received!r}")
    )
