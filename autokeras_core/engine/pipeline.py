"""Host preprocessing on disk: features and their fitted preprocessors as JSON data and NumPy arrays, by registered name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from autokeras_core.engine.features import Feature
from autokeras_core.errors import AutoKerasError, SearchError, describe_error
from autokeras_core.graph.operator import Preprocessor
from autokeras_core.names import LOCAL_NAMESPACE, format_name, parse_name

if TYPE_CHECKING:
    from autokeras_core.registry import Registry

__all__ = ["features_from_json", "features_to_json"]

Array: TypeAlias = np.ndarray[Any, Any]

_ARRAY = "$array"
_TEXTS = "$texts"

# Classes of the user's own script have no registered name. Those that were saved in this process are found again here,
# so that a search can load its own models; another process is given them (`custom_classes=`).
_local_classes: dict[str, type[Any]] = {}


def features_to_json(features: Sequence[Feature], registry: Registry) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """Return features as JSON data, and the arrays that it refers to by name.

    Args:
        features: Features with their fitted host preprocessors.
        registry: Knows the preprocessors' names.

    Raises:
        SearchError: If a preprocessor's state is not plain data.
    """
    arrays: dict[str, Array] = {}
    data = []
    for feature in features:
        chain = []
        for index, preprocessor in enumerate(feature.host):
            where = f"{feature.name}/{index}"
            chain.append(
                {
                    "type": _name_of(type(preprocessor), registry),
                    "config": _encode(preprocessor.get_config(), f"{where}/config", arrays),
                    "state": _encode(preprocessor.get_state(), f"{where}/state", arrays),
                }
            )
        data.append({"name": feature.name, "input": feature.input_name, "preprocessors": chain})
    return data, arrays


def features_from_json(
    data: Sequence[Mapping[str, Any]],
    arrays: Mapping[str, Array],
    registry: Registry,
    *,
    custom_classes: Sequence[type[Any]] = (),
) -> tuple[Feature, ...]:
    """Return the features that `features_to_json` described.

    Args:
        data: The JSON data.
        arrays: The arrays by name.
        registry: Finds the preprocessors' classes.
        custom_classes: Classes of a script that are not registered.

    Raises:
        SearchError: If a class is not found, or does not take its state.
        RegistryError: If a registered name is unknown, with what to install.
    """
    features = []
    for item in data:
        chain = []
        for part in item["preprocessors"]:
            cls = _class_of(part["type"], registry, custom_classes)
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


def _name_of(cls: type[Any], registry: Registry) -> str:
    registered = registry.full_name_of(cls)
    if registered is not None:
        return registered
    _local_classes[cls.__name__] = cls
    return format_name(LOCAL_NAMESPACE, cls.__name__)


def _class_of(name: str, registry: Registry, custom_classes: Sequence[type[Any]]) -> type[Any]:
    namespace, short = parse_name(name)
    if namespace != LOCAL_NAMESPACE:
        return registry.load("preprocessor", name)
    given = [cls for cls in custom_classes if cls.__name__ == short]
    if given:
        return given[0]
    if short in _local_classes:
        return _local_classes[short]
    defined = [cls for cls in Preprocessor.__subclasses__() if cls.__name__ == short]
    if len(defined) == 1:
        return defined[0]
    raise SearchError(
        describe_error(
            f"The preprocessor {short!r} is a class of a script, and is not known here.",
            expected="the class itself",
            received=f"{len(defined)} classes of that name derived from Preprocessor",
            advice=f"Import it and pass custom_blocks=[{short}], or register it in a plugin.",
        )
    )


def _encode(value: Any, where: str, arrays: dict[str, Array]) -> Any:
    """Return plain data; arrays are put into `arrays` and referred to by name."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "O":  # NumPy stores these by pickle only
            return {_TEXTS: _texts(value, where), "shape": list(value.shape)}
        arrays[where] = value
        return {_ARRAY: where}
    if isinstance(value, Mapping):
        return {str(key): _encode(item, f"{where}/{key}", arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item, f"{where}/{index}", arrays) for index, item in enumerate(value)]
    raise SearchError(
        describe_error(
            f"A preprocessor's state cannot be saved: {where}.",
            expected="JSON data and NumPy arrays",
            received=f"a value of type {type(value).__name__}",
            advice="Change what its get_state() and get_config() return.",
        )
    )


def _texts(value: Array, where: str) -> list[str]:
    flat = value.reshape(-1).tolist()
    if not all(isinstance(item, str) for item in flat):
        raise SearchError(
            describe_error(
                f"A preprocessor's state cannot be saved: {where}.",
                expected="arrays of numbers, or of strings",
                received="an array of Python objects",
                advice="Change what its get_state() returns.",
            )
        )
    return flat


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
