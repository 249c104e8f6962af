"""Layer names that follow from the graph, not from a process-wide counter.

Keras names a layer `dense_17` by how many there have been in this process. Here the layers that a block made are
renamed after it, `image_dense`, `image_dense_2`, before the model is put together: the same graph gives the same
names in every process, and the names of a summary say which block a layer belongs to.

This is the one place that walks Keras's graph of operations. `_keras_history` and `_inbound_nodes` have no public
counterpart for tensors that are not part of a model yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from autokeras_core.graph.operator import Tensor
from autokeras_core.names import PATH_SEPARATOR

__all__ = ["LayerNames", "operation_of"]


def operation_of(tensor: Tensor) -> Any:
    """Return the Keras operation (a layer, or a `keras.ops` function) whose output a symbolic tensor is."""
    return tensor._keras_history.operation


class LayerNames:
    """Hands out names that are unique in one model.

    Args:
        reserved: Names that are taken from the start, e.g. of the model's inputs.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)
        self._seen: dict[int, Any] = {}

    def rename(self, output: Tensor, *, prefix: str, last: str | None = None) -> bool:
        """Rename all operations before a tensor that have not been renamed yet.

        Args:
            output: The tensor that a block returned.
            prefix: The block's name, put before what each operation is called.
            last: A name for the last operation, used as it is: it must be reserved for it.

        Returns:
            Whether there was a new operation that got the name `last`.
        """
        new = self._new_operations(output)
        final = operation_of(output)
        for operation in new:
            if last is not None and operation is final:
                continue
            name = _plain_name(operation)
            operation.name = self.unique(name if name.startswith(f"{prefix}_") else f"{prefix}_{name}")
        if last is None or not any(operation is final for operation in new):
            return False
        final.name = last
        return True

    def unique(self, name: str) -> str:
        """Return `name`, or `name_2`, `name_3`, ... if it is taken; no one gets the result again."""
        name = name.replace(PATH_SEPARATOR, "_")
        candidate, number = name, 2
        while candidate in self._taken:
            candidate, number = f"{name}_{number}", number + 1
        self._taken.add(candidate)
        return candidate

    def know(self, tensor: Tensor) -> None:
        """Leave the operation of a tensor as it is, e.g. an input's."""
        operation = operation_of(tensor)
        self._seen[id(operation)] = operation

    def _new_operations(self, output: Tensor) -> list[Any]:
        """Return what has not been seen yet, those nearer to the inputs first."""
        found: list[Any] = []
        pending = [output]
        while pending:
            history = pending.pop()._keras_history
            operation = history.operation
            if id(operation) in self._seen:
                continue
            self._seen[id(operation)] = operation  # kept, so that no other object gets this id
            found.append(operation)
            for node in operation._inbound_nodes:
                pending.extend(node.input_tensors)
        return found[::-1]


def _plain_name(operation: Any) -> str:
    """Return an operation's own name; without the counter if Keras made it up."""
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(operation).__name__).lower()
    name: str = operation.name
    # Keras writes `Conv2D` as `conv2d`, and `GlobalAveragePooling2D` as `global_average_pooling2d`.
    without_counter = re.sub(r"_\d+\Z", "", name)
    if without_counter.replace("_", "") == kind.replace("_", ""):
        return without_counter
    return name
