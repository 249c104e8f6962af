"""The exceptions of the library. Light: standard library only.

AutoKerasError
 ├── PluginError             a plugin could not be loaded, or what it registered is invalid
 ├── RegistryError           (LookupError) a name is unknown or ambiguous
 ├── SpaceError              (ValueError) a search space or a configuration is invalid
 ├── GraphError              (ValueError) a graph of blocks is invalid
 ├── DataError               (ValueError) data that was passed in cannot be used
 ├── SearchError             (RuntimeError) a search could not start, continue or find a model
 ├── NotFittedError          (RuntimeError) a result was asked for before `fit`
 └── UnavailableError        (RuntimeError) something cannot be had here and now, e.g. pretrained weights
"""

from __future__ import annotations

__all__ = [
    "AutoKerasError",
    "DataError",
    "DataWarning",
    "ExportWarning",
    "GraphError",
    "NotFittedError",
    "PluginError",
    "PluginWarning",
    "RegistryError",
    "SearchError",
    "SpaceError",
    "UnavailableError",
    "describe_error",
]


class AutoKerasError(Exception):
    """Base class of everything the library raises on purpose.

    Example:
        ```python
        try:
            classifier.fit(pictures, labels)
        except AutoKerasError as error:
            print(error)  # what, where, expected, received, what to do next
        ```
    """


class PluginError(AutoKerasError):
    """A plugin could not be loaded, or what it registered is invalid."""


class RegistryError(AutoKerasError, LookupError):
    """A registered name is unknown, or a bare name is ambiguous."""


class SpaceError(AutoKerasError, ValueError):
    """A search space is badly declared, or a configuration does not fit it."""


class GraphError(AutoKerasError, ValueError):
    """A graph of blocks is invalid: a cycle, a missing input, a wrong number of inputs."""


class DataError(AutoKerasError, ValueError):
    """Data that was passed in cannot be used as it is."""


class SearchError(AutoKerasError, RuntimeError):
    """A search could not start, could not continue, or found no model."""


class NotFittedError(AutoKerasError, RuntimeError):
    """A result was asked for before `fit` (or `load`) provided one."""


class UnavailableError(AutoKerasError, RuntimeError):
    """Something that a configuration needs cannot be had here and now, e.g. pretrained weights without a network.

    A search skips such a configuration, says so in its log, and counts it as no trial.
    """


class DataWarning(UserWarning):
    """Something about the data should be looked at: files that cannot be read are left out, a column is the target.

    Silence with `warnings.filterwarnings`.
    """


class ExportWarning(UserWarning):
    """An exported model takes something else than raw rows, e.g. token numbers. Silence with `warnings.filterwarnings`."""


class PluginWarning(UserWarning):
    """A plugin was skipped. Silence with `AUTOKERAS_DISABLE_PLUGINS=name` or `warnings.filterwarnings`."""


def describe_error(what: str, *, expected: str, received: str, advice: str = "") -> str:
    """Build a message in the house form: what and where, expected, received, what to do next.

    Args:
        what: What went wrong and where, a whole sentence.
        expected: What would have been right, without a closing full stop.
        received: What was found instead, usually `name=value!r`.
        advice: What to do next, a whole sentence; left out if empty.

    Returns:
        One line of text.

    Example:
        ```python
        describe_error(
            "x and y differ in length.",
            expected="as many rows in y as in x",
            received="len(x)=10, len(y)=9",
            advice="Check how y was cut.",
        )
        ```
    """
    message = f"{what} Expected: {expected}. Received: {received}."
    return f"{message} {advice}" if advice else message
