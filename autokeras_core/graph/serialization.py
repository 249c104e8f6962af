"""Graphs as JSON and back, through the registry: no pickle, no class paths from files. Light: standard library only.

A file names a class by its registered name, `"ak_vision:resnet"`; a class of a user's script is `"local:Name"` and
is looked up among the classes passed in or defined in the process, never imported from where the file says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs

from autokeras_core.errors import AutoKerasError, GraphError, describe_error
from autokeras_core.graph._records import read_field, read_records, read_sources, refuse
from autokeras_core.graph.graph import BlockVertex, Graph, InputVertex, check_sources_exist
from autokeras_core.graph.local_classes import local_classes
from autokeras_core.graph.missing import MissingBlock
from autokeras_core.graph.operator import Block, Input, Operator
from autokeras_core.graph.topology import sort_names
from autokeras_core.names import LOCAL_NAMESPACE, format_name, parse_name

__all__ = ["Registered", "TypeRegistry", "graph_from_json", "graph_identity", "graph_to_json"]

SCHEMA = 1
_IDENTITY = ("type", "config")  # what `graph_identity` keeps of a block's record


class Registered(Protocol):
    """Which distribution a registered class comes from."""

    @property
    def distribution(self) -> str:
        """The distribution's name."""
        ...

    @property
    def version(self) -> str:
        """The distribution's version."""
        ...


class TypeRegistry(Protocol):
    """What saving and loading need of the registry."""

    def full_name_of(self, cls: type[Any], /) -> str | None:
        """Return the full name that a class is registered under, or `None`."""
        ...

    def get_operator(self, name: str, /) -> Registered:
        """Return where a registered block, head or input comes from."""
        ...

    def operator_class(self, name: str, /) -> type[Any]:
        """Return the class registered under a full name; raise `RegistryError` if there is none."""
        ...


def graph_to_json(graph: Graph, registry: TypeRegistry) -> dict[str, Any]:
    """Return a graph as JSON data, with the distribution and version that each class comes from.

    Args:
        graph: The graph.
        registry: What the plugins registered.

    Raises:
        GraphError: If two classes of scripts share a name, or a block's `get_config` returns something that is no
            JSON data.

    Example:
        ```python
        data = graph_to_json(graph, get_registry())
        data["blocks"][0]["type"]  # "ak_vision:conv"
        ```
    """
    return _Encoder(registry, with_provenance=True).graph(graph)


def graph_identity(graph: Graph, registry: TypeRegistry) -> dict[str, Any]:
    """Return a graph as JSON data without distributions and versions: equal for graphs that mean the same search.

    Raises:
        GraphError: As `graph_to_json`.
    """
    return _Encoder(registry, with_provenance=False).graph(graph)


def graph_from_json(
    data: Mapping[str, Any],
    registry: TypeRegistry,
    *,
    custom_blocks: Sequence[type[Operator]] = (),
    allow_missing: bool = False,
) -> Graph:
    """Return the graph that `graph_to_json` described.

    Args:
        data: The JSON data.
        registry: What the plugins registered.
        custom_blocks: Classes of your own that the graph uses. A class that is defined in this process is found
            without being listed.
        allow_missing: Whether a block (not an input or head) is replaced by a `MissingBlock` if its class is not here,
            or does not take its configuration: enough to look at the graph and to save it again, not to build it.

    Raises:
        GraphError: If the data has another schema or is malformed, a class is missing, several classes have the
            name, a block cannot be made from its configuration, or the graph is invalid; the message names the block.

    Example:
        ```python
        graph = graph_from_json(data, get_registry(), custom_blocks=[MyBlock])
        ```
    """
    return _Decoder(registry, _by_name(custom_blocks), allow_missing=allow_missing).graph(data)


class _Encoder:
    """Writes one graph."""

    def __init__(self, registry: TypeRegistry, *, with_provenance: bool) -> None:
        self._registry = registry
        self._with_provenance = with_provenance
        self._local: dict[str, type[Operator]] = {}

    def graph(self, graph: Graph) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "inputs": [{"name": vertex.name, **self.operator(vertex.operator, vertex.name)} for vertex in graph.inputs],
            "blocks": [
                {
                    "name": vertex.name,
                    **self.operator(vertex.operator, vertex.name),
                    "sources": [{source.kind: source.name} for source in vertex.sources],
                    "is_list": vertex.is_list,
                }
                for vertex in graph.blocks
            ],
            "heads": list(graph.heads),
            **({"loss_weights": dict(graph.loss_weights)} if graph.loss_weights else {}),
        }

    def operator(self, operator: Operator, where: str) -> dict[str, Any]:
        if isinstance(operator, MissingBlock):
            return operator.record if self._with_provenance else {key: operator.record[key] for key in _IDENTITY}
        return {**self._type_of(type(operator)), "config": self._config(operator.get_config(), where)}

    def _type_of(self, cls: type[Operator]) -> dict[str, Any]:
        full_name = self._registry.full_name_of(cls)
        distribution = version = None
        if full_name is not None:
            registered = self._registry.get_operator(full_name)
            distribution, version = registered.distribution, registered.version
        else:
            full_name = format_name(LOCAL_NAMESPACE, cls.__name__)
            other = self._local.setdefault(full_name, cls)
            if other is not cls:
                raise GraphError(
                    describe_error(
                        f"Two classes of the graph are called {cls.__name__!r}.",
                        expected="a different name for each class that no plugin registered",
                        received=f"{other.__module__}.{other.__qualname__} and {cls.__module__}.{cls.__qualname__}",
                        advice="Rename one of them.",
                    )
                )
        if not self._with_provenance:
            return {"type": full_name}
        return {"type": full_name, "distribution": distribution, "version": version}

    def _config(self, value: object, where: str) -> Any:
        if isinstance(value, Operator):
            return {"$operator": self.operator(value, where)}
        if isinstance(value, Mapping):
            return {str(key): self._config(item, where) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._config(item, where) for item in value]
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise GraphError(
            describe_error(
                f"The block {where!r} cannot be saved.",
                expected="JSON data, domains and blocks in its get_config()",
                received=f"{value!r} of type {type(value).__name__}",
                advice="Pass it by a name that can be written down, or do not save the model.",
            )
        )


@attrs.frozen
class _MissingClassError(Exception):
    """A class that is not here, with the reason and the record that names it: a block's own, or one inside of it."""

    record: Mapping[str, Any]
    reason: str


class _ConfigurationError(GraphError):
    """A class does not take a saved configuration, as one of a newer version may not."""


class _Decoder:
    """Reads one graph."""

    def __init__(self, registry: TypeRegistry, custom: Mapping[str, type[Operator]], *, allow_missing: bool) -> None:
        self._registry = registry
        self._custom = custom
        self._allow_missing = allow_missing

    def graph(self, data: Mapping[str, Any]) -> Graph:
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, Mapping) else data
            raise GraphError(
                describe_error(
                    "The saved graph has an unknown schema.",
                    expected=f"schema={SCHEMA}",
                    received=f"schema={found!r}",
                    advice="Load it with the version of autokeras-core that saved it.",
                )
            )
        inputs = [self._input(record) for record in read_records(data, "inputs")]
        blocks = {record["name"]: record for record in read_records(data, "blocks")}
        if len(blocks) < len(data["blocks"]):
            names = [record["name"] for record in data["blocks"]]
            refuse("blocks", expected="a different name for each block", received=names)
        heads = read_field(data, "heads", list, "the graph")
        sources = {name: read_sources(record, name) for name, record in blocks.items()}
        for name in blocks:
            check_sources_exist(name, sources[name], inputs=[each.name for each in inputs], blocks=list(blocks))
        order = sort_names(
            {name: [source.name for source in sources[name] if source.kind == "block"] for name in blocks}
        )
        for head in heads:
            if not isinstance(head, str) or head not in blocks:
                refuse("heads", expected=f"names out of {list(blocks)}", received=head)
        return Graph(
            inputs=tuple(inputs),
            blocks=tuple(
                BlockVertex(
                    name=name,
                    operator=self._block(blocks[name], is_head=name in heads),
                    sources=sources[name],
                    is_list=read_field(blocks[name], "is_list", bool, name),
                )
                for name in order
            ),
            heads=tuple(heads),
            loss_weights=read_field(data, "loss_weights", dict, "the graph") if "loss_weights" in data else {},
        )

    def _input(self, record: Mapping[str, Any]) -> InputVertex:
        name = record["name"]
        try:
            operator = self.operator(record, name)
        except _MissingClassError as missing:
            raise _class_is_missing("input", name, missing) from None
        if not isinstance(operator, Input):
            refuse(name, expected="the type of an input", received=record["type"])
        return InputVertex(name=name, operator=operator)

    def _block(self, record: Mapping[str, Any], *, is_head: bool) -> Block:
        name = record["name"]
        may_be_missing = self._allow_missing and not is_head
        try:
            operator = self.operator(record, name)
        except _MissingClassError as missing:
            if may_be_missing:
                return _stand_in(record, reason=missing.reason)
            raise _class_is_missing("block", name, missing) from None
        except _ConfigurationError as error:
            if may_be_missing:
                return _stand_in(record, reason=str(error))
            raise
        if not isinstance(operator, Block):
            refuse(name, expected="the type of a block", received=record["type"])
        return operator

    def operator(self, record: Mapping[str, Any], where: str) -> Operator:
        cls = self._class_of(record, where)
        config = {key: self._value(value, where) for key, value in read_field(record, "config", dict, where).items()}
        try:
            operator = cls.from_config(config)
        # The code of a plugin or a script runs here: whatever it raises is reported with the block's name.
        except Exception as error:
            raise _ConfigurationError(
                describe_error(
                    f"The block {where!r} cannot be made from its saved configuration.",
                    expected=f"arguments of {cls.__name__}{_saved_by(record)}",
                    received=f"config={config!r}: {type(error).__name__}: {error}",
                )
            ) from error
        if not isinstance(operator, Operator):
            refuse(where, expected=f"an operator from {cls.__name__}.from_config", received=operator)
        return operator

    def _value(self, value: Any, where: str) -> Any:
        if isinstance(value, list):
            return [self._value(item, where) for item in value]
        if isinstance(value, dict):
            if set(value) == {"$operator"}:
                record = value["$operator"]
                if not isinstance(record, dict):
                    refuse(where, expected="a nested block as an object", received=record)
                return self.operator(record, where)
            return {key: self._value(item, where) for key, item in value.items()}
        return value

    def _class_of(self, record: Mapping[str, Any], where: str) -> type[Operator]:
        full_name = read_field(record, "type", str, where)
        namespace, name = parse_name(full_name)
        if namespace is None:
            refuse(where, expected="a full name, 'namespace:name', as its type", received=full_name)
        cls = self._local_class(name, record) if namespace == LOCAL_NAMESPACE else self._registered_class(record)
        if not issubclass(cls, Operator):
            refuse(where, expected=f"{full_name} to be an input, block or head", received=cls)
        return cls

    def _registered_class(self, record: Mapping[str, Any]) -> type[Any]:
        try:
            return self._registry.operator_class(record["type"])
        except AutoKerasError as error:  # the name is unknown, or the plugin's class cannot be imported
            raise _MissingClassError(record, str(error)) from error

    def _local_class(self, name: str, record: Mapping[str, Any]) -> type[Operator]:
        if name in self._custom:
            return self._custom[name]
        found = local_classes(name, Operator, self._registry)
        if len(found) > 1:
            raise GraphError(
                describe_error(
                    f"Several classes are called {name!r}.",
                    expected="one class of that name",
                    received=", ".join(f"{cls.__module__}.{cls.__qualname__}" for cls in found),
                    advice=f"Say which one: custom_blocks=[{name}].",
                )
            )
        if not found:
            reason = f"no class called {name!r} is defined in this process; pass custom_blocks=[{name}]"
            raise _MissingClassError(record, reason)
        return found[0]


def _by_name(custom_blocks: Sequence[type[Operator]]) -> dict[str, type[Operator]]:
    by_name: dict[str, type[Operator]] = {}
    for cls in custom_blocks:
        if not (isinstance(cls, type) and issubclass(cls, Operator)):
            raise GraphError(
                describe_error(
                    "custom_blocks holds something that is no class of a block.",
                    expected="classes, e.g. custom_blocks=[MyBlock]",
                    received=f"{cls!r}",
                )
            )
        if by_name.setdefault(cls.__name__, cls) is not cls:
            raise GraphError(
                describe_error(
                    f"custom_blocks holds two classes called {cls.__name__!r}.",
                    expected="different names",
                    received=f"custom_blocks={list(custom_blocks)!r}",
                )
            )
    return by_name


def _saved_by(record: Mapping[str, Any]) -> str:
    return f" as in {record['distribution']} {record['version']}, which saved it" if record.get("distribution") else ""


def _stand_in(record: Mapping[str, Any], *, reason: str) -> MissingBlock:
    return MissingBlock({key: record.get(key) for key in ("type", "distribution", "version", "config")}, reason=reason)


def _class_is_missing(what: str, name: str, missing: _MissingClassError) -> GraphError:
    return GraphError(
        describe_error(
            f"The class of the {what} {name!r} is not here.",
            expected=f"{missing.record['type']}{_saved_by(missing.record)}",
            received=missing.reason,
        )
    )
