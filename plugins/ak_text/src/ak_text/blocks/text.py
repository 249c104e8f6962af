"""TextBlock: the choice among the text blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ak_text.blocks.bert import BertBlock
from ak_text.pretrained.space import has_few_texts
from ak_text.spaces import TEXT, prefers_ngrams, suited_candidates, text_space
from autokeras_core import Block, GraphError, block
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autokeras_core import FineTuning, Preprocessor, Space
    from autokeras_core.plugin import DataProfile, HyperparameterView, Tensor

__all__ = ["TextBlock"]

DEFAULT_CANDIDATES = (
    "ak_text:ngram",
    "ak_text:embedding",
    "ak_text:separable_conv",
    "ak_text:text_rnn",
    "ak_text:transformer",
)

_NGRAM = "ngram"
_IN_ORDER = "separable_conv"
_ENCODER = "bert"


class TextBlock(Block):
    """Chooses among the text blocks; which one is tuned, too.

    Which blocks are tried is written down here, so installing another plugin changes no search. Which one is the default
    follows from the data: n-grams where there are less than 1,500 texts for each word of the median text, separable
    convolutions where there are more. Recurrent networks are tried from 2,000 training texts on, self-attention from
    5,000. A `block_type`, or candidates of your own, are taken as they are.

    Args:
        candidates: The blocks to choose from: registered names, or blocks with arguments of their own. Each has its part
            of the search space under its short name, e.g. `ngram/max_tokens`.
        block_type: The short name of the candidate, e.g. `"ngram"`; by default tuned.
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
        block_type: Any = None,
        pretrained: bool | str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, candidates=list(candidates), pretrained=pretrained)
        # Narrowed below: its values are the candidates, which the class's space cannot know.
        if block_type is not None:
            self.arguments = {**self.arguments, "block_type": block_type}
        self._candidates = _by_short_name(self._with_encoder(candidates))
        self.search_space()  # a wrong argument is an error where it is written

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice and of every candidate, narrowed by the arguments and suited to the data."""
        block_type = self.arguments.get("block_type")
        names: Sequence[str] = tuple(self._candidates)
        default = None
        if self._has_default_candidates and block_type is None:
            names = suited_candidates(names, profile)
            if isinstance(self.arguments.get("pretrained"), str) and has_few_texts(profile):
                names = (_ENCODER,)
            default = next((name for name in names if name == (_NGRAM if prefers_ngrams(profile) else _IN_ORDER)), None)
        elif isinstance(block_type, str) and block_type in self._candidates:
            names = (block_type,)  # the others may name files that need not be there
        spaces = {name: self._candidates[name].search_space(profile) for name in names}
        return text_space(spaces, default=default).narrow({"block_type": block_type})

    def check_available(self, profile: DataProfile) -> None:
        """Look whether all is here that the candidates need which may be chosen.

        Raises:
            UnavailableError: If something cannot be had.
        """
        for name in self.search_space(profile)["block_type"].grid():
            self._candidates[str(name)].check_available(profile)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return what the chosen candidate wants."""
        return self._chosen(hp).preprocessors(hp.scope(hp["block_type"]))

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one text costs."""
        return self._chosen(hp).cost(hp.scope(hp["block_type"]))

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the chosen candidate's output tensor."""
        return self._chosen(hp).build(hp.scope(hp["block_type"]), inputs)

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return how the chosen candidate wants its pretrained encoder to be trained further, if it has one."""
        offered = getattr(self._chosen(hp), "fine_tuning", None)
        plan: FineTuning | None = None if offered is None else offered(hp.scope(hp["block_type"]))
        return plan

    def _chosen(self, hp: HyperparameterView) -> Block:
        return self._candidates[hp["block_type"]]

    @property
    def _has_default_candidates(self) -> bool:
        return bool(self.arguments["candidates"] == list(DEFAULT_CANDIDATES))

    def _with_encoder(self, candidates: Sequence[str | Block]) -> Sequence[str | Block]:
        """Return the candidates with the encoder that `pretrained` asks for."""
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


def _by_short_name(candidates: Sequence[str | Block]) -> dict[str, Block]:
    """Return new or given blocks by the short names they have in the search space."""
    blocks: dict[str, Block] = {}
    for candidate in candidates:
        made: Any = block(candidate) if isinstance(candidate, str) else candidate
        if not isinstance(made, Block):
            raise GraphError(
                describe_error(
                    "TextBlock has a candidate that is no block.",
                    expected="registered names such as 'ak_text:ngram', or blocks such as NgramBlock()",
                    received=f"candidates={list(candidates)!r}",
                )
            )
        short = made.name or made.default_name()
        if short in blocks:
            raise GraphError(
                describe_error(
                    f"TextBlock has two candidates named {short!r}.",
                    expected="different names",
                    received=f"candidates={list(candidates)!r}",
                    advice="Give one of them a name, e.g. NgramBlock(name='wide').",
                )
            )
        blocks[short] = made
    if not blocks:
        raise GraphError(
            describe_error("TextBlock has no candidates.", expected="at least one", received="candidates=[]")
        )
    return blocks
