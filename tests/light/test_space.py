"""Spaces: named domains with conditions, and the configurations they allow."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autokeras_core.errors import SpaceError
from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int
from autokeras_core.search.space import Space, configuration_key
from tests.light.search_spaces import spaces

NESTED = Space(
    {
        "block_type": Choice(["conv", "resnet"]),
        "conv/filters": Choice([16, 32], when={"block_type": "conv"}),
        "resnet/version": Choice(["v1", "v2"], when={"block_type": "resnet"}),
        "resnet/bottleneck": Boolean(when={"resnet/version": "v2"}),
    }
)


@given(space=spaces())
@settings(max_examples=100, deadline=None)
def test_json_round_trip(space: Space) -> None:
    """A space survives being written to a file, order and conditions included."""
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space


@given(space=spaces(), seed=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_a_sample_is_a_complete_valid_configuration(space: Space, seed: int) -> None:
    """Every active name has a value of its domain, no inactive one has any."""
    drawn = space.sample(np.random.default_rng(seed))

    assert space.validate(drawn) == drawn
    assert space.active(drawn) == tuple(drawn)


@given(space=spaces(), seed=st.integers(0, 1000), kept=st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_complete_and_validate_are_idempotent(space: Space, seed: int, kept: int) -> None:
    """Completing a part of a configuration gives a configuration, and again changes nothing."""
    drawn = space.sample(np.random.default_rng(seed))

    completed = space.complete(dict(list(drawn.items())[:kept]))

    assert space.complete(completed) == completed
    assert space.validate(completed) == completed


@given(space=spaces(finite=True, max_size=5))
@settings(max_examples=80, deadline=None)
def test_size_counts_the_configurations(space: Space) -> None:
    """`size` is computed, `configurations` lists: they agree, and nothing is listed twice."""
    assume(space.size <= 2000)

    listed = list(space.configurations())

    assert len(listed) == len({configuration_key(each) for each in listed}) == space.size
    assert all(space.validate(each) == each for each in listed)


@given(space=spaces(finite=True, max_size=5), data=st.data())
@settings(max_examples=120, deadline=None)
def test_narrowing_leaves_no_unreachable_branch(space: Space, data: st.DataObject) -> None:
    """Every hyperparameter of a narrowed space is active in some configuration of it."""
    assume(space.size <= 2000)
    name = data.draw(st.sampled_from(list(space)))
    value = data.draw(st.sampled_from(list(space[name].grid())))

    narrowed = space.narrow({name: value})

    reached = {active for configuration in narrowed.configurations() for active in configuration}
    assert reached == set(narrowed)


def test_narrowing_sees_conditions_that_exclude_each_other() -> None:
    """`c` needs a value of `a` that `b`, which it needs too, forbids once `a` is narrowed."""
    space = Space(
        {
            "a": Choice([1, 2, 3]),
            "b": Boolean(when={"a": [1, 2]}),
            "c": Boolean(when={"a": [2, 3], "b": True}),
        }
    )

    assert list(space.narrow({"a": Choice([1, 3])})) == ["a", "b"]


def test_narrowing_keeps_what_was_not_given() -> None:
    """`None` stands for an argument that the user left open."""
    narrowed = NESTED.narrow({"conv/filters": None, "block_type": "conv"})

    assert dict(narrowed) == {"block_type": Fixed("conv"), "conv/filters": NESTED["conv/filters"]}


def test_a_fixed_value_may_be_new_but_not_of_another_kind() -> None:
    """`filters=48` is the user's own choice, `filters="48"` is a mistake."""
    assert NESTED.narrow({"conv/filters": 48})["conv/filters"].default == 48
    with pytest.raises(SpaceError, match="does not fit"):
        NESTED.narrow({"conv/filters": "48"})
    with pytest.raises(SpaceError, match="does not fit"):
        NESTED.narrow({"block_type": "restnet"})


@pytest.mark.parametrize(
    ("name", "argument", "problem"),
    [
        pytest.param("block_type", Choice(["conv", "restnet"]), "Did you mean 'resnet'", id="a typo in a Choice"),
        pytest.param("block_type", Fixed("restnet"), "Did you mean 'resnet'", id="a typo that is Fixed"),
        pytest.param("conv/filters", Choice(["16", "32"]), "expected: a int as in", id="strings for integers"),
        pytest.param("conv/filters", Float(16, 32), "expected: a int as in", id="a Float for integers"),
        pytest.param("resnet/bottleneck", Int(0, 1), "expected: a bool as in", id="an Int for a boolean"),
    ],
)
def test_a_domain_is_checked_as_a_single_value_is(name: str, argument: Domain, problem: str) -> None:
    """Else a typo in a `Choice` would be found in the middle of a search, or would silently build something else."""
    with pytest.raises(SpaceError, match=rf"(?i)does not fit.*{problem}"):
        NESTED.narrow({name: argument})


def test_a_domain_may_have_new_numbers_and_integers_for_floats() -> None:
    """The declared range is what is sensible, not what is possible; texts are names of what there is."""
    space = Space({"units": Int(8, 64), "dropout": Float(0.0, 0.5), "kind": Choice(["a", "b", "c"])})

    narrowed = space.narrow(
        {"units": Choice([100, 200], default=200), "dropout": Choice([0, 1]), "kind": Choice(["c", "b"])}
    )

    assert dict(narrowed) == {
        "units": Choice([100, 200], default=200),
        "dropout": Choice([0.0, 1.0]),
        "kind": Choice(["c", "b"]),
    }
    assert isinstance(narrowed["dropout"].default, float)


def test_numpy_strings_narrow_like_strings() -> None:
    """A value read from an array is a NumPy string."""
    assert NESTED.narrow({"block_type": np.str_("conv")})["block_type"] == Fixed("conv")


def test_the_size_of_a_continuous_space_is_infinite() -> None:
    """Even where only one branch is continuous."""
    space = Space({"optimizer": Choice(["adam", "sgd"]), "momentum": Float(0.0, 0.9, when={"optimizer": "sgd"})})

    assert math.isinf(space.size)


def test_defaults_activate_only_their_branch() -> None:
    """Names of other branches have no value."""
    assert NESTED.defaults() == {"block_type": "conv", "conv/filters": 16}
    assert NESTED.complete({"block_type": "resnet", "resnet/version": "v2"}) == {
        "block_type": "resnet",
        "resnet/version": "v2",
        "resnet/bottleneck": False,
    }


def test_tunable_leaves_out_fixed_and_inactive_names() -> None:
    """What a mutation may change: active, and more than one value."""
    space = NESTED.narrow({"conv/filters": 16})

    assert space.tunable(space.defaults()) == ("block_type",)


def test_validate_reports_all_problems_at_once() -> None:
    """An unknown name (with a suggestion), a wrong value and an inactive name in one message."""
    with pytest.raises(SpaceError) as caught:
        NESTED.validate({"conv/filterz": 16, "conv/filters": 17, "resnet/version": "v1"})

    message = str(caught.value)
    assert "Did you mean 'conv/filters'" in message
    assert "value=17" in message
    assert "'resnet/version' is given but inactive here" in message


def test_an_unknown_name_is_a_space_error_and_a_key_error() -> None:
    """`space[name]` behaves like a mapping, with advice."""
    with pytest.raises(KeyError) as caught:
        NESTED["block_typ"]

    assert isinstance(caught.value, SpaceError)
    assert "Did you mean 'block_type'?" in str(caught.value)


@pytest.mark.parametrize(
    ("domains", "problem"),
    [
        ({"a b": Int(1, 2)}, "is not a path"),
        ({"a": 3}, "expected a Choice"),
        ({"a": Int(1, 2, when={"b": 1})}, "is not declared before it"),
        ({"b": Int(1, 2), "a": Int(1, 2, when={"b": 7})}, "can never be"),
    ],
)
def test_a_badly_declared_space_is_an_error(domains: dict[str, object], problem: str) -> None:
    """Malformed names, non-domains, and conditions that cannot be met."""
    with pytest.raises(SpaceError, match=problem):
        Space(domains)  # type: ignore[arg-type]


def test_under_moves_conditions_and_part_undoes_it() -> None:
    """A block's space is put under its name in the graph, and found again."""
    moved = NESTED.under("image")

    assert moved["image/resnet/version"].when == (("image/block_type", ("resnet",)),)
    assert moved.part("image") == NESTED


def test_spaces_with_a_common_name_cannot_be_combined() -> None:
    """Neither by `|` nor by `combine`."""
    with pytest.raises(SpaceError, match="share names"):
        NESTED | NESTED
    with pytest.raises(SpaceError, match="share names"):
        Space.combine(NESTED, NESTED)


def test_a_composite_space_is_built_from_conditioned_parts() -> None:
    """A candidate's own conditions stay beside the composite block's."""
    candidate = Space({"kind": Choice(["x", "y"]), "depth": Int(1, 3, when={"kind": "y"})})

    space = Space.combine(
        Space({"block_type": Choice(["other", "this"])}),
        candidate.under("this").conditioned("block_type", "this"),
    )

    assert space["this/depth"].when == (("block_type", ("this",)), ("this/kind", ("y",)))
    assert space.size == 1 + 1 + 3


def test_equal_spaces_are_equal_and_hash_alike() -> None:
    """Spaces are values, and their order counts."""
    first = Space({"a": Int(1, 2), "b": Boolean()})

    assert first == Space({"a": Int(1, 2), "b": Boolean()})
    assert hash(first) == hash(Space({"a": Int(1, 2), "b": Boolean()}))
    assert first != Space({"b": Boolean(), "a": Int(1, 2)})


def test_the_key_of_a_configuration_ignores_order_but_not_types() -> None:
    """True and 1 are different values."""
    assert configuration_key({"a": 1, "b": 2}) == configuration_key({"b": 2, "a": 1})
    assert configuration_key({"a": 1}) != configuration_key({"a": True})
