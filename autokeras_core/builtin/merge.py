"""Several branches become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from autokeras_core.builtin._tensors import as_numbers, as_vectors
from autokeras_core.builtin.spaces import MERGE
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.operator import Block

if TYPE_CHECKING:
    from autokeras_core.graph.node import Node, NodeLike
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.domains import Domain

__all__ = ["Merge"]


class Merge(Block):
    """Join several branches to one tensor.

    Branches of one rank that agree in all axes but the last (two feature maps of one size) are joined there, position
    by position. All others are first reduced to vectors by global average pooling: an image branch and a table have
    no positions in common. What is added is first brought to one width, the largest, by a linear layer where needed.

    Args:
        merge_type: `"concatenate"` or `"add"`; left out it is tuned.
        name: The block's name in the graph, by default `merge`.

    Input shape:
        Two or more tensors, each `(batch, ..., channels)`.

    Output shape:
        `(batch, ..., channels)`: the sum of all channels for `"concatenate"`, the largest number for `"add"`;
        `(batch, channels)` where the branches had to be reduced.

    Example:
        ```python
        output = Merge()([ConvBlock()(image_input), DenseBlock()(array_input)])
        ```
    """

    base_name = "merge"
    space = MERGE

    def __init__(self, *, merge_type: str | Domain | None = None, name: str | None = None) -> None:
        super().__init__(name=name, merge_type=merge_type)

    def __call__(self, inputs: NodeLike | Sequence[NodeLike]) -> Node:
        """Join the nodes of a list; return the output node.

        Raises:
            GraphError: If there are fewer than two.
        """
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise _too_few(self, inputs)
        return super().__call__(inputs)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the joined tensor."""
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise _too_few(self, inputs)
        branches = [as_numbers(self, branch) for branch in inputs]
        if not _share_positions(branches):
            branches = [as_vectors(branch) for branch in branches]
        if hp["merge_type"] == "concatenate":
            return keras.layers.Concatenate(axis=-1)(branches)
        width = max(int(branch.shape[-1]) for branch in branches)
        return keras.layers.Add()(
            [branch if branch.shape[-1] == width else keras.layers.Dense(width)(branch) for branch in branches]
        )


def _share_positions(branches: Sequence[Tensor]) -> bool:
    """Return whether all branches have the same axes between batch and channels, none of a varying length.

    Two lengths that vary need not be equal when rows come, although both read `None` here.
    """
    positions = {tuple(branch.shape[1:-1]) for branch in branches}
    return len(positions) == 1 and None not in next(iter(positions))


def _too_few(block: Merge, inputs: object) -> GraphError:
    return GraphError(
        describe_error(
            f"{block!r} has nothing to join.",
            expected="a list of at least two nodes",
            received=f"{inputs!r}",
            advice="Leave it out, or pass the other branches: Merge()([a, b]).",
        )
    )
