"""StructuredDataBlock: the choice among the structured-data blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ak_tabular.blocks._tabular import most_tokens
from ak_tabular.blocks.ft_transformer import FTTransformerBlock
from ak_tabular.blocks.mlp import MLPBlock
from ak_tabular.blocks.real_mlp import RealMLPBlock
from ak_tabular.blocks.residual import ResidualMLPBlock
from ak_tabular.blocks.tabm import TabMBlock
from ak_tabular.blocks.wide_and_deep import WideAndDeepBlock
from ak_tabular.spaces import STRUCTURED_DATA
from autokeras_core.plugin import ChoiceBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core import Block, Space
    from autokeras_core.plugin import DataProfile, Domain

__all__ = ["StructuredDataBlock"]

_MOST_TOKENS = (
    300  # attention takes memory by their square: a batch of 2,000 tokens does not fit into that of many machines
)


class StructuredDataBlock(ChoiceBlock):
    """Chooses among the structured-data blocks; which one is tuned, too.

    Args:
        block_type: `"mlp"` (the default of the search space), `"real_mlp"`, `"tabm"`, `"residual"`, `"ft_transformer"` or
            `"wide_and_deep"`; a `Choice` of some of them; by default tuned, and on more than 300 columns of numbers and
            categories without `"ft_transformer"`, which would take too much memory there.
        name: The block's name in the graph.

    Input shape:
        The rows of a `StructuredDataInput`; or numbers `(batch, features)`, further axes are flattened.

    Output shape:
        As that of the chosen block.

    Example:
        ```python
        output = ClassificationHead()(StructuredDataBlock()(StructuredDataInput()))
        ```
    """

    base_name: ClassVar[str] = "structured"
    space: ClassVar[Space] = STRUCTURED_DATA

    def __init__(self, *, block_type: str | Domain | None = None, name: str | None = None) -> None:
        super().__init__(block_type=block_type, name=name)

    def make_candidates(self) -> Sequence[Block]:
        """Return all structured-data blocks, the plain one first."""
        return (
            MLPBlock(),
            RealMLPBlock(),
            TabMBlock(),
            ResidualMLPBlock(name="residual"),  # as its part of the space is called
            FTTransformerBlock(),
            WideAndDeepBlock(),
        )

    def suited(self, profile: DataProfile | None) -> Sequence[str]:
        """Return all candidates, but on very many columns the one that would take too much memory there."""
        has_too_many = profile is not None and most_tokens(profile) > _MOST_TOKENS
        return tuple(name for name in self.candidates if not (has_too_many and name == FTTransformerBlock.base_name))
