"""Mutation: sub-modules, equations (1) and (2), and what a mutation may change."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from autokeras_core.errors import SpaceError
from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
from autokeras_core.search.mutation import draw_untried, mutate
from autokeras_core.search.space import Space, configuration_key
from autokeras_core.search.submodules import (
    SubModule,
    parent_path,
    select_submodule,
    selection_probabilities,
    submodules,
)
from tests.light.search_spaces import spaces

NESTED = Space(
    {
        "image/block_type": Choice(["conv", "resnet"]),
        "image/conv/filters": Choice([16, 32, 64], when={"image/block_type": "conv"}),
        "image/conv/kernel_size": Choice([3, 5], when={"image/block_type": "conv"}),
        "image/resnet/version": Choice(["v1", "v2"], when={"image/block_type": "resnet"}),
        "classification/dropout": Choice([0.0, 0.25, 0.5]),
        "classification/units": Fixed(10),
        "training/learning_rate": Float(1e-4, 1e-1, log=True),
    }
)


# Sub-modules, and the equations of the paper


def test_submodules_are_the_nodes_of_the_trie_of_names() -> None:
    """Single hyperparameters, blocks and layers, and the entire model, each once."""
    found = submodules(NESTED.tunable(NESTED.defaults()))

    assert {node.path: node.size for node in found} == {
        "": 5,
        "image": 3,
        "image/block_type": 1,
        "image/conv": 2,
        "image/conv/filters": 1,
        "image/conv/kernel_size": 1,
        "classification": 1,
        "classification/dropout": 1,
        "training": 1,
        "training/learning_rate": 1,
    }


def test_a_name_that_is_a_prefix_of_another_is_one_node_with_it() -> None:
    """`conv` is a hyperparameter and the place of `conv/filters`: one sub-module of two."""
    assert submodules(["conv", "conv/filters"]) == (
        SubModule(path="", names=("conv", "conv/filters")),
        SubModule(path="conv", names=("conv", "conv/filters")),
        SubModule(path="conv/filters", names=("conv/filters",)),
    )


def test_no_names_have_no_submodules() -> None:
    """A space with nothing to tune has nothing to mutate, not even the entire model."""
    assert submodules([]) == ()


def test_a_submodule_covers_its_own_names_only() -> None:
    """`image` is no part of `image_2`."""
    image = SubModule(path="image", names=("image/a",))

    assert image.covers("image/a") and image.covers("image")
    assert not image.covers("image_2/a")
    assert SubModule(path="", names=("image/a",)).covers("image_2/a")


def test_the_parent_of_a_path_is_the_path_around_it() -> None:
    """Up to the entire model, which has itself."""
    assert [parent_path("a/b/c"), parent_path("a"), parent_path("")] == ["a/b", "", ""]


def test_equations_one_and_two_by_hand() -> None:
    """For n = (1, 2, 4): raw p = (1/2, 1/3, 1/5), odds p/(1-p) = (1, 1/2, 1/4), normalised (4/7, 2/7, 1/7)."""
    raw = [Fraction(1, n + 1) for n in (1, 2, 4)]
    assert raw == [Fraction(1, 2), Fraction(1, 3), Fraction(1, 5)]
    odds = [p / (1 - p) for p in raw]  # exp(logit(p)), which the softmax normalises
    assert odds == [1, Fraction(1, 2), Fraction(1, 4)]

    probabilities = selection_probabilities([1, 2, 4])

    np.testing.assert_allclose(probabilities, [4 / 7, 2 / 7, 1 / 7], rtol=1e-12)


@given(counts=st.lists(st.integers(1, 10_000), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_probabilities_are_proportional_to_one_over_n(counts: list[int]) -> None:
    """sigma(-ln n) is 1/n, normalised; it sums to one."""
    inverse = 1.0 / np.array(counts)

    probabilities = selection_probabilities(counts)

    np.testing.assert_allclose(probabilities, inverse / inverse.sum(), rtol=1e-9)
    assert probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("counts", [[], [0, 1], [-1]])
def test_empty_submodules_cannot_be_selected(counts: list[int]) -> None:
    """logit(1 / (0 + 1)) is infinite."""
    with pytest.raises(SpaceError, match="nothing to select"):
        selection_probabilities(counts)


@pytest.mark.parametrize("start", [{}, {"image/block_type": "resnet"}], ids=["conv branch", "resnet branch"])
def test_selection_follows_equation_two_on_a_conditional_nested_space(start: dict[str, str]) -> None:
    """20,000 selections pass a chi-square test against 1/n of the active, non-fixed hyperparameters."""
    rng = np.random.default_rng(2024)
    candidates = submodules(NESTED.tunable(NESTED.complete(start)))
    inverse = np.array([1.0 / candidate.size for candidate in candidates])

    drawn = Counter(select_submodule(candidates, rng=rng).path for _ in range(20_000))

    observed = [drawn[candidate.path] for candidate in candidates]
    assert chisquare(observed, 20_000 * inverse / inverse.sum()).pvalue > 0.01


def test_mutations_follow_equation_two_where_repeats_cannot_happen() -> None:
    """With continuous values no draw is rejected, so `mutate` itself passes the chi-square test."""
    names = ["a/x", "a/y", "a/z", "b/x", "c"]
    space = Space({name: Float(0.0, 1.0) for name in names})
    start = space.defaults()
    candidates = submodules(names)
    inverse = np.array([1.0 / candidate.size for candidate in candidates])
    rng = np.random.default_rng(7)

    paths: Counter[str] = Counter()
    for _ in range(20_000):
        mutation = mutate(start, space=space, rng=rng)
        assert mutation is not None
        paths[mutation.path] += 1

    observed = [paths[candidate.path] for candidate in candidates]
    assert chisquare(observed, 20_000 * inverse / inverse.sum()).pvalue > 0.01


def test_the_values_of_the_selected_submodule_are_drawn_uniformly() -> None:
    """Resampling a choice of 5 gives each of the 4 other values equally often."""
    space = Space({"units": Choice([1, 2, 3, 4, 5])})
    rng = np.random.default_rng(3)

    drawn = Counter(mutate({"units": 3}, space=space, rng=rng).configuration["units"] for _ in range(4000))  # type: ignore[union-attr]

    assert set(drawn) == {1, 2, 4, 5}
    assert chisquare(list(drawn.values())).pvalue > 0.01


# What a mutation changes


@given(space=spaces(), seed=st.integers(0, 10_000))
@settings(max_examples=200, deadline=None)
def test_a_mutation_changes_one_submodule_and_nothing_else(space: Space, seed: int) -> None:
    """Values in their domains; inactive names absent; fixed ones and all outside the sub-module untouched."""
    rng = np.random.default_rng(seed)
    before = space.sample(rng)

    mutation = mutate(before, space=space, rng=rng)

    if mutation is None:
        assert space.size == 1
        return
    after = mutation.configuration
    assert space.validate(after) == after
    assert space.active(after) == tuple(after)
    assert configuration_key(after) != configuration_key(before)
    selected = SubModule(path=mutation.path, names=())
    changed = [name for name in before if name in after and repr(before[name]) != repr(after[name])]
    assert all(selected.covers(name) for name in changed)
    assert all(space[name].size > 1 for name in changed)
    for name in after:
        if name not in before and not selected.covers(name):
            assert after[name] == space[name].default


@given(space=spaces(finite=True, max_size=5), seed=st.integers(0, 10_000))
@settings(max_examples=50, deadline=None)
def test_a_finite_space_is_tried_completely_and_without_repeats(space: Space, seed: int) -> None:
    """Mutating until `None` visits every configuration exactly once."""
    assume(space.size <= 120)
    rng = np.random.default_rng(seed)
    current = space.sample(rng)
    tried = {configuration_key(current)}

    while (mutation := mutate(current, space=space, rng=rng, tried=tried)) is not None:
        current = mutation.configuration
        assert configuration_key(current) not in tried
        tried.add(configuration_key(current))

    assert tried == {configuration_key(each) for each in space.configurations()}


def test_a_newly_activated_branch_outside_the_submodule_gets_defaults() -> None:
    """Only the block type is mutated: what it switches on elsewhere starts from its defaults."""
    space = Space(
        {"kind": Choice(["a", "b"]), "b/units": Int(1, 100, default=7, when={"kind": "b"}), "other": Float(0.0, 1.0)}
    )
    rng = np.random.default_rng(0)
    mutations = [mutate({"kind": "a"}, space=space, rng=rng) for _ in range(200)]

    switched = [each for each in mutations if each and each.path == "kind"]

    assert switched
    assert all(each.configuration["b/units"] == 7 for each in switched)


def test_a_branch_that_becomes_inactive_is_left_out() -> None:
    """No value of the old branch stays behind."""
    rng = np.random.default_rng(1)
    mutations = [mutate(NESTED.defaults(), space=NESTED, rng=rng) for _ in range(200)]

    switched = [each.configuration for each in mutations if each and each.configuration["image/block_type"] == "resnet"]

    assert switched
    assert all("image/resnet/version" in each and "image/conv/filters" not in each for each in switched)


def test_an_exhausted_submodule_is_widened_to_the_one_around_it() -> None:
    """Where all values of the selected hyperparameter were tried, its block is resampled, not the search ended."""
    space = Space({"a/x": Boolean(), "a/y": Choice(list(range(50))), "b": Choice(list(range(50)))})
    start = space.defaults()
    tried = {configuration_key({**start, "a/x": True})}
    rng = np.random.default_rng(5)

    paths = {mutate(start, space=space, rng=rng, tried=tried).path for _ in range(300)}  # type: ignore[union-attr]

    assert "a/x" not in paths
    assert {"a", "a/y", "b", ""} <= paths


def test_widening_goes_to_the_nearest_submodule_around() -> None:
    """The probability of an exhausted hyperparameter falls to its block, not to the entire model."""
    space = Space({"a/x": Boolean(), "a/y": Float(0.0, 1.0), "b": Float(0.0, 1.0)})
    start = space.defaults()
    tried = {configuration_key({**start, "a/x": True})}
    weights = {"": 1 / 3, "a": 1 / 2 + 1, "a/y": 1.0, "b": 1.0}  # 1/n; "a" has that of "a/x" besides its own
    rng = np.random.default_rng(11)

    paths: Counter[str] = Counter()
    for _ in range(5000):
        mutation = mutate(start, space=space, rng=rng, tried=tried)
        assert mutation is not None
        paths[mutation.path] += 1

    expected = 5000 * np.array(list(weights.values())) / sum(weights.values())
    assert set(paths) == set(weights)
    assert chisquare([paths[path] for path in weights], expected).pvalue > 0.01


def test_the_last_untried_configuration_is_found() -> None:
    """Of 10,000 configurations one is left: the mutation is that one, and then there is none."""
    space = Space({"a": Int(1, 100), "b": Int(1, 100)})
    last = {"a": 77, "b": 13}
    tried = {configuration_key(each) for each in space.configurations()} - {configuration_key(last)}
    rng = np.random.default_rng(0)

    mutation = mutate({"a": 1, "b": 1}, space=space, rng=rng, tried=tried)

    assert mutation is not None
    assert (mutation.configuration, mutation.path) == (last, "")
    assert mutate(last, space=space, rng=rng, tried=tried) is None


def test_a_space_without_choices_has_no_mutation() -> None:
    """Everything fixed: one configuration, which is the one to start from."""
    assert mutate({}, space=Space({"a": Fixed(1)}), rng=np.random.default_rng(0)) is None
    assert mutate({}, space=Space(), rng=np.random.default_rng(0)) is None


def test_equal_generators_give_equal_mutations() -> None:
    """The generator is the only source of randomness, and the arguments are not changed."""
    start = NESTED.defaults()
    tried: set[tuple[tuple[str, str], ...]] = set()

    first = [mutate(start, space=NESTED, rng=np.random.default_rng(seed), tried=tried) for seed in range(20)]
    second = [mutate(start, space=NESTED, rng=np.random.default_rng(seed), tried=tried) for seed in range(20)]

    assert first == second
    assert start == NESTED.defaults()
    assert tried == set()


def test_drawing_untried_configurations_covers_a_finite_space() -> None:
    """Drawing until `None` gives every configuration once."""
    space = Space({"a": Choice([1, 2, 3]), "b": Boolean(when={"a": 1})})
    tried: set[tuple[tuple[str, str], ...]] = set()
    rng = np.random.default_rng(0)

    while (drawn := draw_untried(space, rng=rng, tried=tried)) is not None:
        assert configuration_key(drawn) not in tried
        tried.add(configuration_key(drawn))

    assert len(tried) == space.size == 4


def test_a_range_of_a_single_number_ends_as_exhausted() -> None:
    """A continuous range may hold one floating-point number only: the search ends instead of hanging."""
    space = Space({"rate": Float(1.0, float(np.nextafter(1.0, 2.0)))})
    tried = {configuration_key({"rate": 1.0}), configuration_key({"rate": float(np.nextafter(1.0, 2.0))})}

    assert draw_untried(space, rng=np.random.default_rng(0), tried=tried) is None
