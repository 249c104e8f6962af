"""Classes of a user's script: found by their name among those that are defined in this process. Light."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

__all__ = ["local_classes"]


class _Names(Protocol):
    """Which classes plugins registered."""

    def full_name_of(self, cls: type[Any], /) -> str | None:
        """Return the full name that a class is registered under, or `None`."""
        ...


def local_classes(name: str, base: type[Any], registry: _Names) -> list[type[Any]]:
    """Return the classes called `name` that derive from `base`, directly or not, and that no plugin registered.

    A class that is defined anew (a notebook's cell run again) replaces the former one.
    """
    found = {
        (cls.__module__, cls.__qualname__): cls
        for cls in _subclasses(base)
        if cls.__name__ == name and registry.full_name_of(cls) is None
    }
    return list(found.values())


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    """Yield all subclasses, in the order of their definition."""
    for child in cls.__subclasses__():
        yield child
        yield from _subclasses(child)
