"""Sub-modules: the groups of hyperparameters that a mutation may change together. Light: numpy and attrs only.

The paper groups hyperparameters hierarchically by their place in the model: a sub-module is one hyperparameter, a
layer, or the entire model. Names are paths, so the sub-modules are the nodes of the trie of the names: its leaves
(one hyperparameter), its inner nodes (a block, a layer of it), and its root (the entire model).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs
import numpy as np

from autokeras_core.errors import SpaceError, describe_error
from autokeras_core.names import PATH_SEPARATOR, join_path, split_path

__all__ = ["SubModule", "parent_path", "select_submodule", "selection_probabilities", "submodules"]

_Floats: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]


@attrs.frozen(kw_only=True)
class SubModule:
    """A node of the trie of hyperparameter names.

    Attributes:
        path: Where it stands: a hyperparameter's name, a prefix of names such as `"image/resnet"`, or `""` for the
            entire model.
        names: The hyperparameters at and below it, in the order of the space.
    """

    path: str
    names: tuple[str, ...]

    @property
    def size(self) -> int:
        """The paper's n_i: how many hyperparameters the sub-module has."""
        return len(self.names)

    def covers(self, name: str) -> bool:
        """Return whether a hyperparameter, active or not, stands at or below the sub-module."""
        return not self.path or name == self.path or name.startswith(self.path + PATH_SEPARATOR)


def submodules(names: Iterable[str]) -> tuple[SubModule, ...]:
    """Return every sub-module of a configuration, the entire model first.

    Args:
        names: The hyperparameters that count: those that are active and can take more than one value.

    Returns:
        The nodes of the trie in the order in which `names` reach them; none if there are no names. A block with one
        hyperparameter and that hyperparameter are two nodes.

    Example:
        ```python
        [node.path for node in submodules(["conv/filters", "conv/kernel_size", "units"])]
        # ["", "conv", "conv/filters", "conv/kernel_size", "units"]
        ```
    """
    members: dict[str, list[str]] = {}
    for name in names:
        parts = split_path(name)
        for depth in range(len(parts) + 1):
            members.setdefault(join_path(*parts[:depth]), []).append(name)
    return tuple(SubModule(path=path, names=tuple(below)) for path, below in members.items())


def parent_path(path: str) -> str:
    """Return the path of the sub-module around this one; the entire model (`""`) is its own parent."""
    return join_path(*split_path(path)[:-1])


def selection_probabilities(counts: Sequence[int]) -> _Floats:
    """Return how likely each sub-module is to be selected: equations (1) and (2) of the paper.

    Larger sub-modules are less likely: `p` is proportional to `1 / n`.

    Args:
        counts: `n_1, ..., n_K`, how many hyperparameters each sub-module has; all at least 1.

    Returns:
        Probabilities of shape `(K,)`, float64, that sum to 1.

    Raises:
        SpaceError: If there are no sub-modules, or one of them is empty.

    Example:
        ```python
        selection_probabilities([1, 1, 2])  # array([0.4, 0.4, 0.2])
        ```
    """
    if not counts or min(counts) < 1:
        raise SpaceError(
            describe_error(
                "There is nothing to select from.",
                expected="at least one sub-module, each with at least one hyperparameter",
                received=f"counts={list(counts)}",
            )
        )
    raw = 1.0 / (np.asarray(counts, dtype=np.float64) + 1.0)  # eq. (1)
    logits = np.log(raw / (1.0 - raw))  # eq. (2): logit(1 / (n + 1)) = -ln n
    exponentials = np.exp(logits - logits.max())  # softmax, shifted so that nothing overflows
    probabilities: _Floats = exponentials / exponentials.sum()
    return probabilities


def select_submodule(candidates: Sequence[SubModule], *, rng: np.random.Generator) -> SubModule:
    """Draw one sub-module with the probabilities of equation (2).

    Args:
        candidates: What `submodules` returned; not empty.
        rng: The source of randomness.
    """
    probabilities = selection_probabilities([candidate.size for candidate in candidates])
    return candidates[int(rng.choice(len(candidates), p=probabilities))]
