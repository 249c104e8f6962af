"""The tasks of all installed plugins, by class name: `from autokeras_core.tasks import ImageClassifier`. Light.

The names are not fixed: they come from the registry, and the class is imported on first use. A task that a missing
plugin would bring is an `ImportError` that says which package to install.
"""

from __future__ import annotations

from typing import Any

from autokeras_core.errors import RegistryError
from autokeras_core.registry import get_registry

__all__ = ["MissingTaskError"]


class MissingTaskError(RegistryError, ImportError):
    """No installed plugin brings a task of this name."""


def __getattr__(name: str) -> Any:
    # Python and tools ask modules for names such as `__path__`; task names are class names.
    if not name[:1].isupper():
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    try:
        return get_registry().load("task", name)
    except RegistryError as error:
        # Not an AttributeError: `from ... import` would replace its message by "cannot import name".
        raise MissingTaskError(str(error)) from None


def __dir__() -> list[str]:
    return sorted({*__all__, *(registered.name for registered in get_registry().tasks)})
