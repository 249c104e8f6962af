"""Losses and metrics as JSON data, for saved graphs: names and plain arguments only, never code or class paths.

* a name stays a name;
* an object of Keras's own is `{"$keras": "losses.Huber", "config": plain arguments}`; a class or function of its own is the
  name alone. The module tells `"metrics.MeanSquaredError"` from the loss;
* a class or function registered with `keras.saving.register_keras_serializable` is `{"$registered": name, ...}`;
* anything else is `{"$unsaved": name}`: the graph can be saved and its model predicts, but it cannot be trained again
  before the object is given anew; using it says so.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import attrs
import keras

from autokeras_core.errors import GraphError, describe_error

__all__ = ["UnsavedObject", "from_json", "to_json"]

_TAGS = ("$keras", "$registered", "$unsaved")
_MODULES = ("losses", "metrics")
_NO_MEASURES = ("deserialize", "get", "serialize")  # functions beside the losses and metrics in these modules


@attrs.frozen
class UnsavedObject:
    """Stands for a loss or metric that a saved graph could not hold.

    Attributes:
        name: The name of the function or class.
    """

    name: str

    def error(self, head: str) -> GraphError:
        """Return the error for the attempt to use it."""
        return GraphError(
            describe_error(
                f"{head} was saved with {self.name!r}, which could not be stored.",
                expected="a name, an object of keras.losses or keras.metrics, or one that is registered",
                received=f"{self.name!r}, neither of them",
                advice="Decorate it with @keras.saving.register_keras_serializable() before saving.",
            )
        )


def to_json(value: Any) -> Any:
    """Return a loss or metric (or a list of them) as JSON data."""
    if isinstance(value, (list, tuple)):
        return [to_json(part) for part in value]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, UnsavedObject):
        return {"$unsaved": value.name}
    kind = value if callable(value) and hasattr(value, "__name__") else type(value)
    tag, name = _tagged_name(kind)
    if tag == "$unsaved" or kind is value:
        return {tag: name}
    config = _plain_config(value)
    return {"$unsaved": name} if config is None else {tag: name, "config": config}


def from_json(value: Any) -> Any:
    """Return what `to_json` described; what cannot be found becomes an `UnsavedObject`."""
    if isinstance(value, list):
        return [from_json(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    tag = next((tag for tag in _TAGS if tag in value), None)
    if tag is None or not isinstance(value[tag], str):
        raise GraphError(
            describe_error(
                "A saved loss or metric cannot be read.", expected=f"a name or one of {_TAGS}", received=f"{value!r}"
            )
        )
    name, config = value[tag], value.get("config")
    kind = _own_object(name) if tag == "$keras" else keras.saving.get_registered_object(name)
    if tag == "$unsaved" or kind is None or (config is not None and not _is_plain(config)):
        return UnsavedObject(name)
    return kind if config is None else kind.from_config(dict(config))


def _tagged_name(kind: Any) -> tuple[str, str]:
    """Return how a class or function is found again: the tag and the name under it."""
    for module in _MODULES:
        if _own_object(f"{module}.{kind.__name__}") is kind:
            return "$keras", f"{module}.{kind.__name__}"
    registered = keras.saving.get_registered_name(kind)
    if keras.saving.get_registered_object(registered) is kind:
        return "$registered", registered
    return "$unsaved", kind.__name__


def _own_object(name: str) -> Any:
    """Return the loss or metric, class or function, that Keras itself has under a name, or `None`.

    Args:
        name: The name with its module, `"losses.Huber"`; one without is a loss's, else a metric's, as in older files.
    """
    module, _, short = name.rpartition(".")
    modules = _MODULES if not module else tuple(each for each in _MODULES if each == module)
    found = (getattr(getattr(keras, each), short, None) for each in modules)
    return next((each for each in found if _is_measure(each)), None)


def _is_measure(found: Any) -> bool:
    if isinstance(found, type):
        return issubclass(found, (keras.losses.Loss, keras.metrics.Metric))
    return inspect.isfunction(found) and found.__name__ not in _NO_MEASURES


def _plain_config(value: Any) -> dict[str, Any] | None:
    """Return an object's arguments, or `None` if they are not plain data or do not make the same object again."""
    try:
        # Keras 3.15 leaves arguments such as Huber's `delta` out of `get_config`. They are what the loss calls its
        # function with, and have no public name.
        config = dict(value.get_config()) | dict(getattr(value, "_fn_kwargs", {}))
        if not _is_plain(config):
            return None
        copy = type(value).from_config(dict(config))
    except Exception:  # noqa: BLE001 - a user's own code: without a usable get_config the object cannot be stored
        return None
    return config if getattr(copy, "_fn_kwargs", None) == getattr(value, "_fn_kwargs", None) else None


def _is_plain(config: Mapping[str, Any]) -> bool:
    # No nested mappings: they are how Keras would describe further objects to import.
    scalars = (str, int, float, bool, type(None))
    return all(
        isinstance(value, scalars)
        or (isinstance(value, (list, tuple)) and all(isinstance(part, scalars) for part in value))
        for value in config.values()
    )
