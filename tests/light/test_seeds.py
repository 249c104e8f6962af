"""Seeds: each block, each part of a composite block and each random layer has one of its own, always the same."""

from __future__ import annotations

from autokeras_core.graph.seeds import derive_seed, layer_seed
from autokeras_core.graph.view import HyperparameterView


def test_derived_seeds_differ_by_name_and_repeat() -> None:
    """Each block gets its own seed, the same every time."""
    assert derive_seed(0, "a") == derive_seed(0, "a")
    assert len({derive_seed(seed, name) for seed in (0, 1) for name in ("a", "b")}) == 4


def test_seeds_of_layers_differ_and_repeat() -> None:
    """Each random layer of a block gets its own seed, the same every time."""
    assert layer_seed(5, 3) == layer_seed(5, 3)
    assert len({layer_seed(5, index) for index in range(10)}) == 10


def test_without_a_seed_layers_have_none() -> None:
    """What is built without a seed draws other numbers each time."""
    assert layer_seed(None, 3) is None
    assert HyperparameterView(values={}).scope("dense").seed is None


def test_parts_of_a_composite_block_have_seeds_of_their_own() -> None:
    """Otherwise the first random layer of one part would draw what that of another draws; equal paths have equal seeds."""
    hp = HyperparameterView(values={}, seed=5)

    seeds = [hp.seed, hp.scope("augmentation").seed, hp.scope("conv").seed, hp.scope("conv").scope("conv").seed]

    assert len(set(seeds)) == 4
    assert hp.scope("conv").seed == hp.scope("conv").seed
