"""TextBlock: the choice among the text blocks."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, ClassVar

from ak_text.blocks.bert import BertBlock
from ak_text.pretrained.locations import check_pretrained
from ak_text.pretrained.space import has_few_texts
from ak_text.spaces import DEFAULT_CANDIDATES, TEXT, suit_choice, suited_candidates
from autokeras_core import GraphError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import ChoiceBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core import Block, Space
    from autokeras_core.plugin import DataProfile, Domain

__all__ = ["TextBlock"]


class TextBlock(ChoiceBlock):
    """Chooses among the text blocks; which one is tuned, too.

    Which blocks are tried is written down here, so installing another plugin changes no search. Which one is the default
    follows from the data: n-grams where there are less than 1,500 texts for each word of the median text, separable
    convolutions where there are more. Recurrent networks are tried from 2,000 training texts on, self-attention from
    5,000. A `block_type`, or candidates of your own, are taken as they are.

    Args:
        candidates: The blocks to choose from: registered names, or blocks with arguments of their own. Each has its part
            of the search space under its short name, e.g. `ngram/max_tokens`.
        block_type: The short name of the candidate, e.g. `"ngram"`, or a `Choice` of some; by default tuned.
        pretrained: Which pretrained encoder is a candidate, see `BertBlock`: a folder with its checkpoint or a name on
            the Hugging Face hub; `True` for nothing else than the default one, `False` for none. By default the default
            one is a candidate, and where it cannot be had, a search skips it. Below 500 texts one that you name is the only
            candidate: what it knows of the language counts more than what can be learned from so few.
        name: The block's name in the graph, by default `text`.

    Input shape:
        `(batch,)` strings, straight from a `TextInput`.

    Output shape:
        As that of the chosen candidate: `(batch, units)`.

    Example:
        ```python
        output = ClassificationHead()(TextBlock()(TextInput()))
        output = ClassificationHead()(TextBlock(candidates=["ak_text:ngram", EmbeddingBlock(vectors="glove.txt")])(TextInput()))
        ```

    Reference:
        Google's machine learning guides, "Text classification", step 2.5: choose a model.
    """

    base_name: ClassVar[str] = "text"
    space: ClassVar[Space] = TEXT

    def __init__(
        self,
        *,
        candidates: Sequence[str | Block] = DEFAULT_CANDIDATES,
        block_type: str | Domain | None = None,
        pretrained: bool | str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        if isinstance(pretrained, PathLike):  # as text it may be a name on the hub
            pretrained = check_pretrained(pretrained)
        super().__init__(name=name, block_type=block_type, candidates=list(candidates), pretrained=pretrained)

    def make_candidates(self) -> Sequence[str | Block]:
        """Return the candidates with the encoder that `pretrained` asks for.

        Raises:
            GraphError: If it is given beside candidates of the user's own, or names no checkpoint.
        """
        candidates: list[str | Block] = self.arguments["candidates"]
        pretrained = self.arguments.get("pretrained")
        if not self._has_default_candidates:
            if pretrained is not None:
                raise GraphError(
                    describe_error(
                        "TextBlock was given candidates of its own, and pretrained= too.",
                        expected="a BertBlock among the candidates, or the default candidates",
                        received=f"pretrained={pretrained!r}",
                        advice="Put BertBlock(pretrained=...) into candidates=.",
                    )
                )
            return candidates
        if pretrained is True:
            return [BertBlock()]
        if pretrained is False:
            return candidates
        return [*candidates, BertBlock(pretrained=pretrained)]

    def suited(self, profile: DataProfile | None) -> Sequence[str]:
        """Return the candidates that suit the number of texts; candidates of the user's own are taken as they are."""
        if not self._has_default_candidates:
            return tuple(self.candidates)
        if isinstance(self.arguments.get("pretrained"), str) and has_few_texts(profile):
            return (BertBlock.base_name,)
        return suited_candidates(self.candidates, profile)

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice and of every candidate, narrowed by the arguments and suited to the data."""
        space = super().search_space(profile)
        is_open = self._has_default_candidates and "block_type" not in self.arguments
        return suit_choice(space, profile) if is_open else space

    @property
    def _has_default_candidates(self) -> bool:
        return bool(self.arguments["candidates"] == list(DEFAULT_CANDIDATES))
