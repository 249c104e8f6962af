"""Domains: the sets of values that single hyperparameters range over."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.errors import SpaceError
from autokeras_core.search.domains import Boolean, Choice, Domain, Fixed, Float, Int, domain_from_json
from autokeras_core.search.values import as_value, same_value
from tests.light.search_spaces import domains


@given(domain=domains(), seed=st.integers(0, 1000))
@settings(max_examples=150, deadline=None)
def test_a_sample_is_in_its_domain_and_unchanged_by_coerce(domain: Domain, seed: int) -> None:
    """What is drawn is contained, plain, and already in the domain's own form."""
    drawn = domain.sample(np.random.default_rng(seed))

    assert domain.contains(drawn)
    assert repr(domain.coerce(drawn)) == repr(drawn)


@given(domain=domains())
@settings(max_examples=100, deadline=None)
def test_json_round_trip(domain: Domain) -> None:
    """`domain_from_json` inverts `to_json`."""
    assert domain_from_json(domain.to_json()) == domain


@given(domain=domains(finite=True))
@settings(max_examples=100, deadline=None)
def test_size_counts_the_grid(domain: Domain) -> None:
    """A finite domain lists as many different values as it says, all of them its own."""
    grid = list(domain.grid())

    assert len(grid) == len(set(map(repr, grid))) == domain.size
    assert all(domain.contains(value) and domain.coerce(value) == value for value in grid)


@pytest.mark.parametrize(("low", "high"), [(1, 4), (16, 20)])
def test_a_logarithmic_int_reaches_both_ends(low: int, high: int) -> None:
    """Rounding on the logarithmic scale loses no end value."""
    rng = np.random.default_rng(0)

    drawn = {Int(low, high, log=True).sample(rng) for _ in range(500)}

    assert drawn == set(range(low, high + 1))


def test_a_logarithmic_float_spends_equal_shares_on_equal_factors() -> None:
    """Half of the draws from [0.01, 1] lie below 0.1."""
    rng = np.random.default_rng(0)

    drawn = [float(Float(0.01, 1.0, log=True).sample(rng)) for _ in range(2000)]

    assert 0.45 < np.mean(np.array(drawn) < 0.1) < 0.55


def test_a_stepped_float_snaps_to_what_a_user_would_write() -> None:
    """0.1 + 0.2 is stored as 0.3, so that equal configurations have equal keys."""
    assert repr(Float(0.0, 1.0, step=0.1).coerce(0.1 + 0.2)) == "0.3"


def test_a_stepped_float_has_its_last_value() -> None:
    """1.0 // 0.1 is 9 in floating point; the range has 11 values all the same."""
    assert list(Float(0.0, 1.0, step=0.1).grid())[-1] == 1.0
    assert Float(0.0, 1.0, step=0.1).size == 11


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.int64(3), 3), (np.float32(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a"), (np.array(2), 2)],
    ids=["int64", "float32", "bool", "str", "0-d array"],
)
def test_numpy_values_become_plain(value: object, plain: object) -> None:
    """NumPy scalars are plain Python afterwards, down to `repr`."""
    converted = as_value(value)

    assert type(converted) is type(plain)
    assert repr(converted) == repr(plain)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, [1], np.array([1, 2]), {"a": 1}])
def test_other_values_are_refused(value: object) -> None:
    """What JSON and TOML cannot hold without loss is no hyperparameter value."""
    with pytest.raises(SpaceError, match="unsupported kind"):
        as_value(value)


def test_true_is_not_one_but_one_is_one_point_zero() -> None:
    """Python says `True == 1`; as hyperparameters they differ."""
    assert not same_value(True, 1)
    assert same_value(1, 1.0)


def test_an_integer_among_floats_is_a_float() -> None:
    """`Choice([0, 0.25])` holds floats only."""
    assert [type(value) for value in Choice([0, 0.25]).values] == [float, float]


def test_two_conditions_on_one_name_are_their_common_values() -> None:
    """All conditions must hold, and JSON holds one entry per name."""
    domain = Choice([1, 2], when=(("kind", ("a", "b")), ("kind", ("b", "c"))))

    assert domain.when == (("kind", ("b",)),)
    assert domain_from_json(domain.to_json()) == domain


@pytest.mark.parametrize(
    "make",
    [
        lambda: Choice([]),
        lambda: Choice([1, "a"]),
        lambda: Choice([1, 1]),
        lambda: Choice([1, 2], default=3),
        lambda: Int(5, 1),
        lambda: Int(1, 5, step=0),
        lambda: Int(0, 5, log=True),
        lambda: Int(2, 8, step=2, log=True),
        lambda: Int(1.5, 3),
        lambda: Int(1, 5, default=9),
        lambda: Int(1, 5, default=2.5),
        lambda: Float(1.0, 0.0),
        lambda: Float(0.0, 1.0, log=True),
        lambda: Float(0.1, 1.0, step=0.1, log=True),
        lambda: Float("0", 1.0),
        lambda: Float(0.0, 1.0, default=2.0),
        lambda: Fixed([1]),
        lambda: domain_from_json({"range": [1, 2]}),
    ],
)
def test_an_impossible_domain_is_an_error(make: object) -> None:
    """A domain that exists is valid; the message says what was expected and received."""
    with pytest.raises(SpaceError, match=r"Expected: .* Received: "):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (Choice([1, 2]), True),
        (Choice([1, 2]), 3),
        (Boolean(), 1),
        (Int(1, 9, step=2), 4),
        (Int(1, 9), 2.5),
        (Int(1, 9), True),
        (Float(0.0, 1.0), 1.5),
        (Float(0.0, 1.0, step=0.5), 0.3),
        (Float(0.0, 1.0), "a"),
        (Fixed(3), 4),
    ],
)
def test_a_value_outside_its_domain_is_an_error(domain: Domain, value: object) -> None:
    """`contains` and `coerce` agree on what is outside."""
    assert not domain.contains(value)
    with pytest.raises(SpaceError, match="outside its domain"):
        domain.coerce(value)


def test_a_continuous_float_cannot_be_listed() -> None:
    """There is no grid without a step."""
    with pytest.raises(SpaceError, match="cannot be listed"):
        list(Float(0.0, 1.0).grid())
