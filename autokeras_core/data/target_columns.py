"""Names of target columns: what y is where it holds no labels, but says which columns of x do. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

__all__ = ["column_names"]


def column_names(y: Any, heads: Sequence[str]) -> dict[str, list[str]]:
    """Return the names of columns that y consists of, by head; empty if it is anything else.

    Whether there are such columns only the data can tell: a list of texts may as well be labels.

    Args:
        y: The user's y. Names are a text, a whole number that a column is called, a list or tuple of texts, or a dict of a
            text for each head. With several heads a list has one name for each, in their order.
        heads: The names of the heads.

    Example:
        ```python
        column_names("price", ["regression"])  # {"regression": ["price"]}
        column_names(4, ["regression"])  # {"regression": ["4"]}, as of a table without a header
        column_names(["price", "rent"], ["regression"])  # {"regression": ["price", "rent"]}
        column_names(["price", "kind"], ["regression", "classification"])  # one each
        ```
    """
    if isinstance(y, Mapping):
        is_complete = set(y) == set(heads) and all(isinstance(name, str) for name in y.values())
        return {head: [y[head]] for head in heads} if is_complete else {}
    is_number = isinstance(y, Integral) and not isinstance(y, bool)
    names = [str(y)] if isinstance(y, str) or is_number else y
    if not isinstance(names, (list, tuple)) or not names or not all(isinstance(name, str) for name in names):
        return {}
    if len(heads) == 1:
        return {heads[0]: list(names)} if len(set(names)) == len(names) else {}  # labels repeat, names do not
    return {head: [name] for head, name in zip(heads, names, strict=True)} if len(names) == len(heads) else {}
