"""Names: distributions, namespaces, registered names and hyperparameter paths. Light: standard library only.

Two kinds of names are an interface that files on disk hold:

* a registered name, `"ak_vision:resnet"`: the namespace of the distribution that registered it, and a short name;
* a hyperparameter path, `"image/resnet/version"`: where in the graph a hyperparameter lives.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = [
    "CORE_NAMESPACE",
    "LOCAL_NAMESPACE",
    "PATH_SEPARATOR",
    "TRAINING_PATH",
    "format_name",
    "is_path",
    "is_path_part",
    "is_short_name",
    "join_path",
    "namespace_of",
    "parse_name",
    "snake_case",
    "split_path",
    "suggest",
]

CORE_NAMESPACE = "core"
"""The namespace of the core's own blocks; no other distribution may claim it."""

LOCAL_NAMESPACE = "local"
"""The namespace of blocks that a user's script defines; no distribution may claim it."""

PATH_SEPARATOR = "/"

TRAINING_PATH = "training"
"""What the training hyperparameters live under (`training/learning_rate`); no block may have this name."""

_SHORT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_PATH_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*\Z")


def namespace_of(distribution: str) -> str:
    """Return the namespace of a distribution: its normalised name with underscores.

    Args:
        distribution: A distribution name in any spelling, e.g. `"Ak-Vision"`.

    Returns:
        For `autokeras-core` the reserved `"core"`, otherwise e.g. `"ak_vision"`.

    Example:
        ```python
        namespace_of("Ak.Vision")  # "ak_vision"
        ```
    """
    namespace = re.sub(r"[-_.]+", "_", distribution).lower()
    return CORE_NAMESPACE if namespace == "autokeras_core" else namespace


def is_short_name(name: str) -> bool:
    """Return whether `name` may be registered: a letter, then letters, digits and underscores."""
    return bool(_SHORT_NAME.match(name))


def format_name(namespace: str, name: str) -> str:
    """Return the full registered name, `"namespace:name"`."""
    return f"{namespace}:{name}"


def parse_name(text: str) -> tuple[str | None, str]:
    """Split a registered name into namespace and short name; the namespace is `None` for a bare name.

    Example:
        ```python
        parse_name("ak_vision:resnet")  # ("ak_vision", "resnet")
        parse_name("resnet")  # (None, "resnet")
        ```
    """
    namespace, colon, name = text.rpartition(":")
    return (namespace if colon else None), name


def split_path(path: str) -> tuple[str, ...]:
    """Return the parts of a hyperparameter path; the empty path has none."""
    return tuple(path.split(PATH_SEPARATOR)) if path else ()


def join_path(*parts: str) -> str:
    """Join parts (or paths) to one hyperparameter path, leaving out empty ones.

    Example:
        ```python
        join_path("image", "", "resnet/version")  # "image/resnet/version"
        ```
    """
    return PATH_SEPARATOR.join(part for part in parts if part)


def is_path(path: str) -> bool:
    """Return whether `path` is a well-formed, non-empty hyperparameter path."""
    return bool(path) and all(_PATH_PART.match(part) for part in split_path(path))


def is_path_part(name: str) -> bool:
    """Return whether `name` is a well-formed path of one part, as the name of an operator must be."""
    return bool(_PATH_PART.match(name))


def snake_case(class_name: str) -> str:
    """Return a class name in snake case, e.g. `"MyBlock"` as `"my_block"`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", class_name)
    return spaced.lower()


def suggest(name: str, candidates: Iterable[str]) -> str:
    """Return a sentence `Did you mean ...?` for the nearest candidates, or an empty string.

    Example:
        ```python
        suggest("resnt", ["resnet", "conv"])  # "Did you mean 'resnet'?"
        ```
    """
    close = difflib.get_close_matches(name, list(candidates), n=3, cutoff=0.6)
    return f"Did you mean {' or '.join(map(repr, close))}?" if close else ""
