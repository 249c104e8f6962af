"""StructuredDataBlock: the choice among the structured-data blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from ak_tabular.blocks._tabular import most_tokens, without
from ak_tabular.blocks.ft_transformer import FTTransformerBlock
from ak_tabular.blocks.mlp import MLPBlock
from ak_tabular.blocks.real_mlp import RealMLPBlock
from ak_tabular.blocks.residual import ResidualMLPBlock
from ak_tabular.blocks.tabm import TabMBlock
from ak_tabular.blocks.wide_and_deep import WideAndDeepBlock
from ak_tabular.spaces import STRUCTURED_DATA
from autokeras_core import Block, Space

if TYPE_CHECKING:
    from autokeras_core import Preprocessor
    from autokeras_core.plugin import DataProfile, HyperparameterView, Tensor

__all__ = ["StructuredDataBlock"]

_MOST_TOKENS = (
    300  # attention takes memory by their square: a batch of 2,000 tokens does not fit into that of many machines
)

_CANDIDATES: Mapping[str, type[Block]] = MappingProxyType(
    {
        "mlp": MLPBlock,
        "real_mlp": RealMLPBlock,
        "tabm": TabMBlock,
        "residual": ResidualMLPBlock,
        "ft_transformer": FTTransformerBlock,
        "wide_and_deep": WideAndDeepBlock,
    }
)


class StructuredDataBlock(Block):
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

    def __init__(self, *, block_type: Any = None, name: str | None = None) -> None:
        super().__init__(name=name, block_type=block_type)

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice, and of each block that may be chosen, suited to the data."""
        space = super().search_space(profile)
        if profile is None:
            return space
        if "block_type" not in self.arguments and most_tokens(profile) > _MOST_TOKENS:
            space = space.narrow({"block_type": without(space["block_type"], "ft_transformer")})
        suited = [Space({"block_type": space["block_type"]})]
        for name, candidate in _CANDIDATES.items():
            if len(space.part(name)):
                suited.append(candidate().search_space(profile).under(name).conditioned("block_type", name))
        return Space.combine(*suited)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the preprocessors of the chosen block."""
        block, own = self._chosen(hp)
        return block.preprocessors(own)

    def members(self, hp: HyperparameterView) -> int | None:
        """Return the members of the chosen block."""
        block, own = self._chosen(hp)
        return block.members(own)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one row costs the chosen block."""
        block, own = self._chosen(hp)
        return block.cost(own)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the chosen block's output tensor."""
        block, own = self._chosen(hp)
        return block.build(own, inputs)

    def _chosen(self, hp: HyperparameterView) -> tuple[Block, HyperparameterView]:
        kind = hp["block_type"]
        return _CANDIDATES[kind](), hp.scope(kind)
