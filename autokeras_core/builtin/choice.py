"""The base class of blocks that choose among other blocks. Light: no Keras here."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from autokeras_core.builtin.choice_space import choice_space
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph._arguments import plain_argument
from autokeras_core.graph.fine_tuning import FineTuning, OffersFineTuning
from autokeras_core.graph.operator import Block, Operator
from autokeras_core.names import suggest
from autokeras_core.registry import block
from autokeras_core.search.domains import Choice
from autokeras_core.search.space import Space

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.operator import Preprocessor, Tensor
    from autokeras_core.graph.view import HyperparameterView
    from autokeras_core.search.domains import Domain

__all__ = ["ChoiceBlock"]


class ChoiceBlock(Block):
    """Chooses among other blocks, its candidates; which one is tuned, as `block_type`.

    Each candidate has its part of the search space under its short name, its own or that of its class, e.g.
    `resnet/version`. Whatever the core asks of the block, it asks of the one that is chosen. A subclass says what the
    candidates are (`make_candidates`), and may say which of them suit the data (`suited`).

    Args:
        block_type: The short name of the candidate, or a `Choice` of some: the others need not be usable here. By
            default tuned.
        name: The block's name in the graph.
        arguments: Further arguments of the subclass, as for any block.

    Attributes:
        candidates: All candidates by their short names, in order.

    Raises:
        GraphError: If there are no candidates, two of them have one name, one is no block, or one was given arguments
            that nobody would read.
        SpaceError: If `block_type` is none of the candidates.

    Example:
        ```python
        class SomeDenseBlock(ChoiceBlock):
            def make_candidates(self):
                return [DenseBlock(name="narrow", units=16), DenseBlock(name="wide", units=512)]


        output = SomeDenseBlock()(node)  # tunes `block_type`, `narrow/num_layers`, `wide/num_layers`, ...
        ```
    """

    def __init__(self, *, block_type: str | Domain | None = None, name: str | None = None, **arguments: object) -> None:
        if arguments and type(self).__init__ is ChoiceBlock.__init__:  # a subclass's own knows what it passes on
            unknown = sorted(arguments)
            self._refuse(
                f"takes no argument {unknown[0]!r}",
                expected="block_type or name",
                received=f"{unknown}",
                advice=suggest(unknown[0], ["block_type", "name"]),
            )
        super().__init__(name=name, **arguments)
        # Narrowed in `search_space`: its values are the candidates, which the class's space cannot know.
        if block_type is not None:
            given = plain_argument(block_type, f"{type(self).__name__}: block_type", operator=Operator)
            self.arguments = {**self.arguments, "block_type": given}
        self.candidates: Mapping[str, Block] = self._by_short_name(self.make_candidates())
        self.search_space()  # a wrong argument is an error where it is written

    @abstractmethod
    def make_candidates(self) -> Sequence[str | Block]:
        """Return the candidates, the default first: registered names, or blocks with arguments of their own.

        Called once, by the constructor; `arguments` are there by then.
        """

    def suited(self, profile: DataProfile | None) -> Sequence[str]:
        """Return the short names of the candidates that are tried on these data where `block_type` is left open.

        Args:
            profile: What analysis found; `None` where nothing is known.
        """
        return tuple(self.candidates)

    def possible(self, profile: DataProfile | None) -> tuple[str, ...]:
        """Return the short names of the candidates that may be chosen: those of `block_type`, or that suit the data.

        Raises:
            SpaceError: If `block_type` is none of the candidates.
        """
        if "block_type" not in self.arguments:
            return tuple(self.suited(profile))
        every = Space({"block_type": Choice(tuple(self.candidates))})
        given = every.narrow({"block_type": self.arguments["block_type"]})["block_type"]
        return tuple(name for name in self.candidates if given.contains(name))

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space of the choice and of each candidate that may be chosen."""
        spaces = {name: self.candidates[name].search_space(profile) for name in self.possible(profile)}
        return choice_space(spaces).narrow({"block_type": self.arguments.get("block_type")})

    def check_available(self, profile: DataProfile) -> None:
        """Look whether all is here that the candidates need which may be chosen.

        Raises:
            UnavailableError: If something cannot be had.
        """
        for name in self.possible(profile):
            self.candidates[name].check_available(profile)

    def chosen(self, hp: HyperparameterView) -> tuple[Block, HyperparameterView]:
        """Return the candidate that a configuration names, and its own view of the configuration."""
        name = hp["block_type"]
        return self.candidates[name], hp.scope(name)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return what the chosen candidate wants in front of it."""
        candidate, own = self.chosen(hp)
        return candidate.preprocessors(own)

    def members(self, hp: HyperparameterView) -> int | None:
        """Return how many predictions for each row the chosen candidate prepares."""
        candidate, own = self.chosen(hp)
        return candidate.members(own)

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one row costs the chosen candidate."""
        candidate, own = self.chosen(hp)
        return candidate.cost(own)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the chosen candidate's output tensor."""
        candidate, own = self.chosen(hp)
        return candidate.build(own, inputs)

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return how the chosen candidate wants its pretrained network to be trained further, if it has one."""
        candidate, own = self.chosen(hp)
        return candidate.fine_tuning(own) if isinstance(candidate, OffersFineTuning) else None

    def _by_short_name(self, candidates: Sequence[str | Block]) -> dict[str, Block]:
        """Return new or given blocks by the names that they have in the search space."""
        blocks: dict[str, Block] = {}
        for candidate in candidates:
            made: Any = block(candidate) if isinstance(candidate, str) else candidate
            if not isinstance(made, Block):
                self._refuse(
                    "has a candidate that is no block",
                    expected="registered names such as 'core:dense', or blocks such as DenseBlock()",
                    received=f"candidates={list(candidates)!r}",
                )
            short = made.name or made.default_name()
            if short in blocks:
                self._refuse(
                    f"has two candidates named {short!r}",
                    expected="different names",
                    received=f"candidates={list(candidates)!r}",
                    advice=f"Give one of them a name, e.g. {type(made).__name__}(name='other').",
                )
            self._check_arguments(made)
            blocks[short] = made
        if not blocks:
            self._refuse("has no candidates", expected="at least one", received="candidates=[]")
        return blocks

    def _check_arguments(self, candidate: Block) -> None:
        """Refuse arguments that wait for what `build` asks for by itself: of candidates the core does not know that."""
        if type(candidate).search_space is not Operator.search_space:
            return  # it may know its hyperparameters only once there are data
        constructor = type(candidate).__init__
        settings = inspect.signature(constructor).parameters
        if constructor is not Operator.__init__ and any(each.kind is each.VAR_KEYWORD for each in settings.values()):
            return  # it takes whatever it is given, and knows what it does with it
        others = [name for name in candidate.arguments if name not in settings and name not in candidate.space]
        lost = [name for name in others if name not in candidate.search_space()]
        if lost:
            self._refuse(
                "has a candidate that declares no space, so its arguments would be lost",
                expected="hyperparameters of its `space`, or arguments that its constructor names",
                received=f"{candidate!r}, where {lost} are neither",
                advice="Declare its hyperparameters in `space`, and read them with hp['name'].",
            )

    def _refuse(self, what: str, *, expected: str, received: str, advice: str = "") -> NoReturn:
        where = f"{type(self).__name__} {what}."
        raise GraphError(describe_error(where, expected=expected, received=received, advice=advice))
