"""The block that chooses among others: its space, whom it asks, and candidates that cannot be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from autokeras_core.builtin.choice import ChoiceBlock
from autokeras_core.builtin.choice_space import choice_space
from autokeras_core.errors import GraphError, SpaceError
from autokeras_core.graph.fine_tuning import FineTuning
from autokeras_core.graph.operator import Block
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search.domains import Choice, Fixed
from autokeras_core.search.space import Space
from tests.light.graph_doubles import Conv, Dense, WideBlock


class Tells(Block):
    """A block that says by which name and seed it was asked."""

    space = Space({"width": Choice([1, 2])})

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return what it was asked with, behind the inputs."""
        return [*inputs, (hp.path, hp.seed, hp["width"])]

    def preprocessors(self, hp: Any) -> Any:
        """Return the path in place of a preprocessor."""
        return [hp.path]

    def cost(self, hp: Any) -> float:
        """Return a cost that the width decides."""
        return 10.0 * hp["width"]

    def members(self, hp: Any) -> int:
        """Return a number of members that the width decides."""
        return 3 + int(hp["width"])

    def fine_tuning(self, hp: Any) -> FineTuning:
        """Return a plan that the width decides."""
        return FineTuning(epochs=hp["width"])


class Unusable(Block):
    """A block that these data do not suit, and whose file is not there."""

    def search_space(self, profile: Any = None) -> Space:
        """Fail as soon as there are data."""
        if profile is not None:
            raise AssertionError("asked for its space")
        return Space()

    def check_available(self, profile: Any) -> None:
        """Fail."""
        raise AssertionError("looked for its file")

    def build(self, hp: Any, inputs: Any) -> Any:
        """Return the input."""
        return inputs


class ConvOrDense(ChoiceBlock):
    """A choice without a constructor of its own."""

    base_name = "either"

    def make_candidates(self) -> Sequence[str | Block]:
        """Return two blocks."""
        return [Conv(), Dense()]


class OneOf(ChoiceBlock):
    """A choice whose candidates are an argument."""

    base_name = "any"

    def __init__(self, *, candidates: Sequence[Any], block_type: Any = None, name: str | None = None) -> None:
        super().__init__(name=name, block_type=block_type, candidates=list(candidates))

    def make_candidates(self) -> Sequence[str | Block]:
        """Return the candidates as they were given."""
        given: Sequence[str | Block] = self.arguments["candidates"]
        return given


PROFILE: Any = object()


def view(block: Block, **values: Any) -> HyperparameterView:
    """Return the view of a configuration."""
    return HyperparameterView(values=block.search_space().validate(values), seed=5)


# The space


def test_the_space_is_the_choice_and_what_each_candidate_has() -> None:
    """The first candidate is the default; hyperparameters of the others are inactive."""
    space = ConvOrDense().search_space()

    assert space["block_type"] == Choice(["conv", "dense"])
    assert space == choice_space({"conv": Conv.space, "dense": Dense.space})
    assert {name.partition("/")[0] for name in space.defaults()} == {"block_type", "conv"}


@pytest.mark.parametrize(
    ("block_type", "names"),
    [("dense", ["dense"]), (Fixed("dense"), ["dense"]), (Choice(["dense", "conv"]), ["conv", "dense"])],
    ids=["name", "fixed", "choice"],
)
def test_block_type_leaves_the_others_out(block_type: Any, names: list[str]) -> None:
    """What can never be chosen is no part of the space; a choice keeps its own order."""
    space = ConvOrDense(block_type=block_type).search_space()

    assert {name.partition("/")[0] for name in space} == {"block_type", *names}
    assert space.defaults()["block_type"] == "dense"


@pytest.mark.parametrize("block_type", ["conv", Choice(["conv", "dense"])], ids=["one", "several"])
def test_candidates_that_are_not_chosen_need_not_be_usable(block_type: Any) -> None:
    """Neither their spaces nor their files are asked for."""
    block = OneOf(candidates=[Conv(), Dense(), Unusable(name="other")], block_type=block_type)

    block.check_available(PROFILE)

    assert not [name for name in block.search_space(PROFILE) if name.startswith("other")]


def test_a_candidate_that_does_not_suit_the_data_is_left_out_unless_it_is_named() -> None:
    """`suited` is asked where the choice is open."""

    class Picky(ConvOrDense):
        def suited(self, profile: Any) -> Sequence[str]:
            return ("dense",)

    assert Picky().search_space(PROFILE)["block_type"] == Choice(["dense"])
    assert Picky(block_type="conv").search_space(PROFILE)["block_type"] == Fixed("conv")


def test_an_unknown_choice_is_an_error_where_it_is_written() -> None:
    """The error lists the candidates."""
    with pytest.raises(SpaceError, match="dense"):
        ConvOrDense(block_type="dence")


def test_a_configuration_makes_an_equal_block() -> None:
    """Candidates and choice come back."""
    block = OneOf(candidates=[Conv(filters=16), Dense(name="d")], block_type=Choice(["d", "conv"]), name="a")

    restored = OneOf.from_config(block.get_config())

    assert restored.name == "a"
    assert restored.search_space() == block.search_space()


# What is passed on


def test_the_chosen_candidate_is_asked_for_everything() -> None:
    """With its own part of the configuration, and a seed of its own."""
    block = OneOf(candidates=[Conv(), Tells()])
    hp = view(block, **{"block_type": "tells", "tells/width": 2})
    own = hp.scope("tells")

    assert block.build(hp, ["x"]) == ["x", ("tells", own.seed, 2)]
    assert block.preprocessors(hp) == ["tells"]
    assert (block.cost(hp), block.members(hp)) == (20.0, 5)
    assert block.fine_tuning(hp) == FineTuning(epochs=2)


def test_what_a_candidate_does_not_have_the_choice_has_not() -> None:
    """A plain block has no members, no cost, and no network to be trained further."""
    block = OneOf(candidates=[Conv(), Tells()])
    hp = view(block, block_type="conv")

    assert (block.cost(hp), block.members(hp), block.fine_tuning(hp)) == (None, None, None)
    assert not block.preprocessors(hp)


# Candidates that cannot be used


@pytest.mark.parametrize(
    ("candidates", "message"),
    [
        ([], "OneOf has no candidates"),
        ([7], "OneOf has a candidate that is no block"),
        ([Conv(), Conv(filters=16)], "OneOf has two candidates named 'conv'"),
    ],
    ids=["none", "number", "twice"],
)
def test_what_cannot_be_chosen_among_is_an_error(candidates: list[Any], message: str) -> None:
    """The error names the class of the choice."""
    with pytest.raises(GraphError, match=message):
        OneOf(candidates=candidates)


def test_arguments_of_a_define_by_run_candidate_are_an_error() -> None:
    """Nobody would read them: the candidate would be built with its defaults."""
    with pytest.raises(GraphError, match=r"declares no space.*WideBlock\(units=16\), where \['units'\].*in `space`"):
        OneOf(candidates=[Conv(), WideBlock(units=16)])


def test_a_define_by_run_candidate_without_arguments_is_fine() -> None:
    """It is built with the defaults that it asks for."""
    assert list(OneOf(candidates=[WideBlock()]).search_space()) == ["block_type"]


def test_settings_of_a_candidate_are_no_lost_arguments() -> None:
    """What its constructor names, its constructor reads."""
    assert "dense/norm" in OneOf(candidates=[Dense(label="x")]).search_space()


def test_an_unknown_argument_is_an_error() -> None:
    """A choice without a constructor of its own takes nothing but `block_type`."""
    with pytest.raises(GraphError, match="takes no argument 'blck_type'"):
        ConvOrDense(blck_type="conv")


def test_an_argument_of_a_space_that_is_not_searched_is_an_error() -> None:
    """The space is that of the candidates; what a subclass declares beside them would be lost."""

    class Shifted(ConvOrDense):
        space = Space({"shift": Choice([0, 1])})

    with pytest.raises(GraphError, match="takes no argument 'shift'"):
        Shifted(shift=1)


def test_a_candidate_may_know_its_hyperparameters_only_with_data() -> None:
    """Its arguments wait for these."""

    class Late(Unusable):
        def search_space(self, profile: Any = None) -> Space:
            return Space() if profile is None else Space({"width": Choice([1, 2])})

    block = OneOf(candidates=[Late(name="late", width=2)])

    assert block.candidates["late"].arguments["width"] == 2


def test_a_candidate_that_takes_any_argument_knows_them() -> None:
    """Its constructor hands them on, and it reads them itself."""

    class AnyDepth(Conv):
        def __init__(self, *, name: str | None = None, **options: object) -> None:
            super().__init__(name=name)
            self.arguments = {**self.arguments, **options}

    block = OneOf(candidates=[AnyDepth(name="deep", depth=3)])

    assert block.candidates["deep"].arguments["depth"] == 3
