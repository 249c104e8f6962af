"""StructuredDataBlock: the choice among the structured-data blocks."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from ak_tabular.blocks.mlp import MLPBlock
from ak_tabular.blocks.residual import ResidualMLPBlock
from ak_tabular.spaces import STRUCTURED_DATA
from autokeras_core import Block

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autokeras_core import Space
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["StructuredDataBlock"]

_CANDIDATES: Mapping[str, type[Block]] = MappingProxyType({"mlp": MLPBlock, "residual": ResidualMLPBlock})


class StructuredDataBlock(Block):
    """Chooses among the structured-data blocks; which one is tuned, too.

    Args:
        block_type: `"mlp"` (tried first) or `"residual"`; by default tuned.
        name: The block's name in the graph.

    Input shape:
        `(batch, features)`, what a `StructuredDataInput` hands over.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(StructuredDataBlock()(StructuredDataInput()))
        ```
    """

    base_name: ClassVar[str] = "structured"
    space: ClassVar[Space] = STRUCTURED_DATA

    def __init__(self, *, block_type: Any = None, name: str | None = None) -> None:
        super().__init__(name=name, block_type=block_type)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the chosen block's output tensor."""
        kind = hp["block_type"]
        return _CANDIDATES[kind]().build(hp.scope(kind), inputs)
