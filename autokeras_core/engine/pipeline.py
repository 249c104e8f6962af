"""Host preprocessing on disk: features and their fitted preprocessors as JSON data and NumPy arrays, by registered name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.engine.features import Feature
from autokeras_core.errors import AutoKerasError, GraphError, SearchError, describe_error
from autokeras_core.graph.local_classes import local_classes
from autokeras_core.graph.operator import Preprocessor
from autokeras_core.names import LOCAL_NAMESPACE, format_name, parse_name

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import Graph
    from autokeras_core.registry import Registry
    from autokeras_core.search.values import Value

__all__ = [
    "FindClass",
    "check_class_names",
    "class_in_graph",
    "features_from_json",
    "features_to_json",
    "is_preprocessor",
]

Array: TypeAlias = np.ndarray[Any, Any]
FindClass: TypeAlias = Callable[[str, str], "type[Any] | None"]
"""Finds a class that no plugin registered, by its name and that of the input whose rows it takes."""

_ARRAY = "$array"
_TEXTS = "$texts"

# Classes of the user's own script have no registered name. Those that were saved in this process are found again here;
# another process is given them (`custom_classes=`), or finds them in the graph, as a search does whose models were saved by
# its workers. By name, and then by where they are defined: which of two is meant, nobody can tell.
_local_classes: dict[str, dict[tuple[str, str], type[Any]]] = {}


def features_to_json(features: Sequence[Feature], registry: Registry) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """Return features as JSON data, and the arrays that it refers to by name.

    Args:
        features: Features with their fitted host preprocessors.
        registry: Knows the preprocessors' names.

    Raises:
        SearchError: If a preprocessor's state is not plain data.
        GraphError: If two classes of scripts share a name.
    """
    arrays: dict[str, Array] = {}
    local: dict[str, type[Any]] = {}
    data = []
    for feature in features:
        chain = []
        for index, preprocessor in enumerate(feature.host):
            where = f"{feature.name}/{index}"
            chain.append(
                {
                    "type": _name_of(type(preprocessor), registry, local),
                    "config": _encode(preprocessor.get_config(), f"{where}/config", arrays),
                    "state": _encode(preprocessor.get_state(), f"{where}/state", arrays),
                }
            )
        data.append({"name": feature.name, "input": feature.input_name, "preprocessors": chain})
    for name, cls in local.items():
        _local_classes.setdefault(name, {})[cls.__module__, cls.__qualname__] = cls
    return data, arrays


def features_from_json(
    data: Sequence[Mapping[str, Any]],
    arrays: Mapping[str, Array],
    registry: Registry,
    *,
    custom_classes: Sequence[type[Any]] = (),
    find_class: FindClass | None = None,
) -> tuple[Feature, ...]:
    """Return the features that `features_to_json` described.

    Args:
        data: The JSON data.
        arrays: The arrays by name.
        registry: Finds the preprocessors' classes.
        custom_classes: Classes of a script that are not registered; what is no preprocessor's class is left aside.
        find_class: Finds those that are not among them; it is asked for no other. What neither knows is looked for among
            the classes of this process.

    Raises:
        SearchError: If a class is not found, or does not take its state.
        GraphError: If two of `custom_classes` share a name.
        RegistryError: If a registered name is unknown, with what to install.
    """
    custom = _by_name(custom_classes)
    features = []
    for item in data:
        chain = []
        for part in item["preprocessors"]:
            cls = _class_of(part["type"], item["input"], registry, custom=custom, find_class=find_class)
            try:
                preprocessor = cls(**_decode(part["config"], arrays))
                preprocessor.set_state(_decode(part["state"], arrays))
            except AutoKerasError:
                raise
            except Exception as error:
                raise SearchError(
                    describe_error(
                        f"The preprocessor {part['type']} of the input {item['input']!r} could not be restored.",
                        expected="the configuration and state that the same version saved",
                        received=f"{type(error).__name__}: {error}",
                        advice="Install the versions that the manifest lists.",
                    )
                ) from error
            chain.append(preprocessor)
        features.append(Feature(name=item["name"], input_name=item["input"], host=tuple(chain)))
    return tuple(features)


def check_class_names(features: Sequence[Feature], registry: Registry) -> None:
    """Check that files can tell the classes of preprocessors apart, which those of scripts are by their names alone.

    Args:
        features: The features of one model, or of several that are saved together.
        registry: Knows which classes are registered.

    Raises:
        GraphError: If two classes of scripts share a name.
    """
    local: dict[str, type[Any]] = {}
    for feature in features:
        for preprocessor in feature.host:
            _name_of(type(preprocessor), registry, local)


def class_in_graph(
    name: str,
    input_name: str,
    *,
    graph: Graph,
    configuration: Mapping[str, Value],
    profile: DataProfile,
    registry: Registry,
) -> type[Any] | None:
    """Return the class of a preprocessor that a configuration wants and no plugin registered; `None` if there is none.

    With this as `find_class`, `features_from_json` reads what another process has saved of the same graph.

    Args:
        name: The name of the class.
        input_name: The input whose rows it takes.
        graph: The graph.
        configuration: The values of all active hyperparameters, by path.
        profile: What analysis found out about the data.
        registry: Knows which classes are registered.
    """
    source = next(vertex.operator for vertex in graph.inputs if vertex.name == input_name)
    facts = profile.inputs[input_name]

    def named(wanted: Sequence[Preprocessor]) -> type[Any] | None:
        found = [each for each in wanted if type(each).__name__ == name and registry.full_name_of(type(each)) is None]
        # What is a layer of the model is not read by its name, unless it stands before what is none.
        return type(min(found, key=lambda each: each.in_model)) if found else None

    wanted, views = list(source.preprocessors(facts)), graph.views(configuration, profile)
    for block in graph.blocks:
        # Any seed will do where only classes are asked for.
        wanted += block.operator.preprocessors(attrs.evolve(views[block.name], seed=0))
    # The input's default ones come last: they are asked for where they have been used, since others may not even exist.
    return named(wanted) or named(source.default_preprocessors(facts))


def is_preprocessor(cls: Any) -> bool:
    """Return whether this is a preprocessor's class: any that has the methods will do."""
    return isinstance(cls, type) and all(hasattr(cls, name) for name in ("fit", "transform", "get_state", "set_state"))


def _name_of(cls: type[Any], registry: Registry, local: dict[str, type[Any]]) -> str:
    """Return the name that stands for a class; `local` holds the model's classes of scripts so far, by name."""
    registered = registry.full_name_of(cls)
    if registered is not None:
        return registered
    other = local.setdefault(cls.__name__, cls)
    if other is not cls:
        raise GraphError(
            describe_error(
                f"Two classes of preprocessors are called {cls.__name__!r}.",
                expected="a different name for each class that no plugin registered",
                received=f"{_place_of(other)} and {_place_of(cls)}",
                advice="Rename one of them.",
            )
        )
    return format_name(LOCAL_NAMESPACE, cls.__name__)


def _class_of(
    name: str, input_name: str, registry: Registry, *, custom: Mapping[str, type[Any]], find_class: FindClass | None
) -> type[Any]:
    namespace, short = parse_name(name)
    if namespace != LOCAL_NAMESPACE:
        return registry.load("preprocessor", name)
    if short in custom:
        return custom[short]
    found = None if find_class is None else find_class(short, input_name)
    if found is not None:
        return found
    known = list(_local_classes.get(short, {}).values()) or local_classes(short, Preprocessor, registry)
    if len(known) == 1:
        return known[0]
    raise SearchError(
        describe_error(
            f"The preprocessor {short!r} is a class of a script, and is not known here.",
            expected="the class itself",
            received=" and ".join(map(_place_of, known)) or "no class of that name derived from Preprocessor",
            advice=f"Import it and pass custom_blocks=[{short}], or register it in a plugin.",
        )
    )


def _by_name(classes: Sequence[type[Any]]) -> dict[str, type[Any]]:
    by_name: dict[str, type[Any]] = {}
    for cls in filter(is_preprocessor, classes):
        other = by_name.setdefault(cls.__name__, cls)
        if other is not cls:
            raise GraphError(
                describe_error(
                    f"custom_blocks holds two preprocessors called {cls.__name__!r}.",
                    expected="different names",
                    received=f"{_place_of(other)} and {_place_of(cls)}",
                )
            )
    return by_name


def _place_of(cls: type[Any]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _encode(value: Any, where: str, arrays: dict[str, Array]) -> Any:
    """Return plain data; arrays are put into `arrays` and referred to by name."""
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":  # others, such as dates, are no JSON data
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:  # NumPy stores these by pickle only
            return {_TEXTS: _texts(value, where), "shape": list(value.shape)}
        arrays[where] = value
        return {_ARRAY: where}
    if isinstance(value, Mapping):
        _check_keys(value, where)
        return {key: _encode(item, f"{where}/{key}", arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item, f"{where}/{index}", arrays) for index, item in enumerate(value)]
    raise _not_savable(
        where,
        expected="JSON data and NumPy arrays",
        received=f"a value of type {type(value).__name__}",
        advice="Change what its get_state() and get_config() return.",
    )


def _check_keys(mapping: Mapping[Any, Any], where: str) -> None:
    """Refuse keys that JSON would turn into texts: they would come back as others."""
    for key in mapping:
        if not isinstance(key, str):
            raise _not_savable(
                where,
                expected="mappings with texts as keys, as in JSON",
                received=f"the key {key!r} of type {type(key).__name__}",
                advice="Return lists or arrays of keys and values.",
            )


def _texts(value: Array, where: str) -> list[str]:
    flat = value.reshape(-1).tolist()
    if value.dtype.kind != "O" or not all(isinstance(item, str) for item in flat):
        raise _not_savable(
            where,
            expected="arrays of numbers, or of strings",
            received="an array of Python objects",
            advice="Change what its get_state() returns.",
        )
    return flat


def _not_savable(where: str, *, expected: str, received: str, advice: str) -> SearchError:
    what = f"A preprocessor's state cannot be saved: {where}."
    return SearchError(describe_error(what, expected=expected, received=received, advice=advice))


def _decode(value: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(value, Mapping):
        if _ARRAY in value:
            return arrays[value[_ARRAY]]
        if _TEXTS in value:
            return np.array(value[_TEXTS], dtype=object).reshape(value["shape"])
        return {key: _decode(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item, arrays) for item in value]
    return value
