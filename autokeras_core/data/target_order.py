"""Target columns of later data in the order of the training data's: found by name, as a table's columns are. Light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autokeras_core.data.adapters import name_inputs
from autokeras_core.data.frames import label_names
from autokeras_core.errors import DataError, describe_error

__all__ = ["check_names", "labels_in_order", "names_in_order"]


def names_in_order(names: Mapping[str, list[str]], trained: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return names of target columns as training had them, if they are the same ones in another order.

    Args:
        names: The names by head, as the user lists them.
        trained: Those of the training data by head.

    Example:
        ```python
        names_in_order({"head": ["b", "a"]}, {"head": ["a", "b"]})  # {"head": ["a", "b"]}
        names_in_order({"x": ["b"], "y": ["a"]}, {"x": ["a"], "y": ["b"]})  # {"x": ["a"], "y": ["b"]}
        ```
    """
    given = [name for each in names.values() for name in each]
    before = [name for head in names for name in trained.get(head, ())]
    return {head: list(trained[head]) for head in names} if sorted(given) == sorted(before) else dict(names)


def check_names(names: Sequence[str], trained: Sequence[str], *, head: str) -> None:
    """Check that several target columns have the names that they had in training.

    A single one may be called otherwise: there is no other that it could be taken for.

    Raises:
        DataError: If a name is missing, or is none of training's.
    """
    if len(trained) < 2 or not names or sorted(names) == sorted(trained):
        return
    missing = [name for name in trained if name not in names]
    unknown = [name for name in names if name not in trained]
    received = [f"without {missing}"] * bool(missing) + [f"with the unknown {unknown}"] * bool(unknown)
    raise DataError(
        describe_error(
            f"The target {head!r} has other columns than in training.",
            expected=f"the columns {list(trained)}, in any order",
            received=f"columns {' and '.join(received) or list(names)}",
            advice="Rename them; columns of 0 and 1 that these rows do not show can be put in by "
            "frame.reindex(columns=..., fill_value=0).",
        )
    )


def labels_in_order(y: Any, heads: Sequence[str], trained: Mapping[str, Sequence[str]]) -> Any:
    """Return the user's y with the columns of its frames as they stood in training; what has no names as it is.

    Args:
        y: The targets: labels, or a list or dict of them by head.
        heads: The names of the heads.
        trained: The names of the target columns in training, by head; none where they had none.

    Raises:
        DataError: If the columns of a frame have other names than in training.
    """
    if all(len(each) < 2 for each in trained.values()):
        return y
    named = name_inputs(y, list(heads), what="y")
    return {head: _in_order(labels, trained.get(head, ()), head=head) for head, labels in named.items()}


def _in_order(labels: Any, trained: Sequence[str], *, head: str) -> Any:
    names = label_names(labels)
    check_names(names, trained, head=head)
    # Columns of one name cannot be told apart: they stay where they are.
    if len(trained) < 2 or not names or names == list(trained) or len(set(trained)) < len(trained):
        return labels
    # Asked of the class: a pandas frame also has a column as an attribute, and it may be called "select".
    return labels.select(list(trained)) if hasattr(type(labels), "select") else labels[list(trained)]
