"""Lazy public names (PEP 562): a package lists where its names live; importing it imports none of them. Light."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(package: str, targets: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package whose public names are imported on first use.

    Args:
        package: The package's `__name__`.
        targets: The module of each public name.

    Example:
        ```python
        __getattr__, __dir__ = lazy_names(__name__, {"AutoModel": "autokeras_core.automodel"})
        ```
    """

    def get_attribute(name: str) -> Any:
        if name not in targets:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        return getattr(importlib.import_module(targets[name]), name)

    def list_names() -> list[str]:
        return sorted(targets)

    return get_attribute, list_names
