"""TextBlock: the choice among the text blocks."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from ak_text.blocks.embedding import EmbeddingBlock
from ak_text.blocks.ngram import NgramBlock
from ak_text.spaces import TEXT
from autokeras_core import Block

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autokeras_core import Preprocessor, Space
    from autokeras_core.graph.operator import Tensor
    from autokeras_core.graph.view import HyperparameterView

__all__ = ["TextBlock"]

_CANDIDATES: Mapping[str, type[Block]] = MappingProxyType({"ngram": NgramBlock, "embedding": EmbeddingBlock})


class TextBlock(Block):
    """Chooses among the text blocks; which one is tuned, too.

    Args:
        block_type: `"ngram"` (tried first) or `"embedding"`; by default tuned.
        name: The block's name in the graph.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(TextBlock()(TextInput()))
        ```
    """

    base_name: ClassVar[str] = "text"
    space: ClassVar[Space] = TEXT

    def __init__(self, *, block_type: Any = None, name: str | None = None) -> None:
        super().__init__(name=name, block_type=block_type)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return what the chosen block wants."""
        kind = hp["block_type"]
        return _CANDIDATES[kind]().preprocessors(hp.scope(kind))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the chosen block's output tensor."""
        kind = hp["block_type"]
        return _CANDIDATES[kind]().build(hp.scope(kind), inputs)
