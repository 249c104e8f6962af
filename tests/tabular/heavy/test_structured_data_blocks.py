"""The structured-data blocks: they build, train, and every hyperparameter does something."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from ak_tabular import MLPBlock, ResidualMLPBlock, StructuredDataBlock
from autokeras_core import Block, Choice, SpaceError
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block


def view(block: Block, **values: Any) -> HyperparameterView:
    """Return the view of a configuration: the given values, defaults otherwise."""
    return HyperparameterView(values=block.search_space().validate(values), seed=1)


def built(block: Block, hp: HyperparameterView, shape: tuple[int, ...] = (5,)) -> keras.Model:
    """Return the block as a model."""
    keras.utils.clear_session()
    inputs = keras.Input(shape)
    return keras.Model(inputs, block.build(hp, inputs))


@pytest.mark.parametrize("block", [MLPBlock(), ResidualMLPBlock()], ids=lambda block: type(block).__name__)
def test_block_keeps_the_contract(block: Block) -> None:
    """The core's kit: config, training, an effect of every hyperparameter, saving and exporting."""
    check_block(block, input_shape=(5,))


@pytest.mark.parametrize(("short", "block"), [("mlp", MLPBlock()), ("residual", ResidualMLPBlock())])
def test_choice_builds_the_chosen_block(short: str, block: Block) -> None:
    """StructuredDataBlock with `block_type` is that block with the values below it."""
    choice = StructuredDataBlock()
    hp = view(choice, block_type=short, **{f"{short}/units": 64})

    assert built(choice, hp).to_json() == built(block, view(block, units=64)).to_json()


def test_higher_rank_is_flattened() -> None:
    """Behind other inputs, too: further axes become features."""
    assert built(MLPBlock(), view(MLPBlock()), (4, 3)).output_shape == (None, 128)
    assert built(ResidualMLPBlock(), view(ResidualMLPBlock()), (4, 3)).output_shape == (None, 128)


def test_arguments_narrow_the_space() -> None:
    """A value fixes a hyperparameter, a domain narrows it, a wrong value is an error."""
    space = MLPBlock(num_layers=2, units=Choice([48, 96])).search_space()

    assert space["num_layers"].size == 1
    assert list(space["units"].grid()) == [48, 96]
    with pytest.raises(SpaceError):
        MLPBlock(activation="tanh")


def test_fixed_choice_leaves_the_other_branch_out() -> None:
    """`block_type=` leaves only the chosen block's hyperparameters."""
    names = set(StructuredDataBlock(block_type="mlp").search_space())

    assert "mlp/units" in names
    assert not any(name.startswith("residual/") for name in names)


@pytest.mark.parametrize("block", [MLPBlock(units=Choice([48, 96])), StructuredDataBlock(block_type="mlp", name="t")])
def test_config_round_trip(block: Block) -> None:
    """`from_config(get_config())` is the same block."""
    again = type(block).from_config(block.get_config())

    assert again.get_config() == block.get_config()
    assert again.search_space() == block.search_space()
