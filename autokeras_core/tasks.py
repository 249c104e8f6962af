"""The tasks of all installed plugins, by class name: `from autokeras_core.tasks import ImageClassifier`. Light.

The names are not fixed: they come from the registry, and the class is imported on first use. A task that a missing
plugin would bring is an `ImportError` that says which package to install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autokeras_core.errors import RegistryError, describe_error
from autokeras_core.registry import get_registry
from autokeras_core.specs import ClassSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core.registry import RegisteredSpec

__all__ = ["MissingTaskError"]


class MissingTaskError(RegistryError, ImportError):
    """No installed plugin brings a task of this name, or several do."""


def __getattr__(name: str) -> Any:
    # Python and tools ask modules for names such as `__path__`; task names are class names.
    if not name[:1].isupper():
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    registry = get_registry()
    try:
        return registry.load("task", name)
    except RegistryError as error:
        found = [each for each in registry.tasks if each.name == name]
        # Not an AttributeError: `from ... import` would replace its message by "cannot import name".
        raise MissingTaskError(_which_one(name, found) if found else str(error)) from None


def _which_one(name: str, found: Sequence[RegisteredSpec]) -> str:
    """Return what to write where several plugins bring a task: an import takes no full name."""
    places = [each.spec.target.partition(":") for each in found if isinstance(each.spec, ClassSpec)]
    return describe_error(
        f"Several plugins bring a task called {name!r}.",
        expected=" or ".join(f"`from {module} import {attribute}`" for module, _, attribute in places),
        received=f"an import of {name!r}, which may be {' or '.join(each.full_name for each in found)}",
        advice="Import it from the plugin that you mean, or switch the other off with AUTOKERAS_DISABLE_PLUGINS.",
    )


def __dir__() -> list[str]:
    return sorted({*__all__, *(registered.name for registered in get_registry().tasks)})
