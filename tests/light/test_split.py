"""The split into training and validation rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.data.split import split_rows
from autokeras_core.errors import DataError

_shares = st.floats(0.01, 0.99)


@settings(deadline=None)
@given(rows=st.integers(2, 300), share=_shares, seed=st.integers(0, 2**32))
def test_the_parts_are_disjoint_and_complete(rows: int, share: float, seed: int) -> None:
    """Every row is in exactly one part, and neither part is empty."""
    train, validation = split_rows(rows, share, seed=seed)

    assert sorted([*train, *validation]) == list(range(rows))
    assert min(len(train), len(validation)) >= 1


@settings(deadline=None)
@given(labels=st.lists(st.integers(0, 6), min_size=2, max_size=200), share=_shares, seed=st.integers(0, 1000))
def test_a_stratified_split_has_every_class_in_both_parts(labels: list[int], share: float, seed: int) -> None:
    """A class with two rows or more is in both parts; the parts are still disjoint and complete."""
    strata = np.array(labels)

    train, validation = split_rows(len(labels), share, seed=seed, strata=strata)

    assert sorted([*train, *validation]) == list(range(len(labels)))
    assert min(len(train), len(validation)) >= 1
    for label in set(labels):
        if labels.count(label) >= 2:
            assert label in strata[train]
            assert label in strata[validation]


def test_classes_keep_their_shares() -> None:
    """A stratified split of 90 and 10 rows takes 18 and 2."""
    strata = np.array([0] * 90 + [1] * 10)

    _, validation = split_rows(100, 0.2, seed=1, strata=strata)

    assert np.bincount(strata[validation]).tolist() == [18, 2]


@settings(deadline=None)
@given(labels=st.lists(st.sampled_from("ab"), min_size=40, max_size=200), seed=st.integers(0, 99))
def test_class_shares_are_off_by_less_than_a_row(labels: list[str], seed: int) -> None:
    """Each class gives its exact share, rounded (or the one row it must give)."""
    strata = np.array(labels)

    _, validation = split_rows(len(labels), 0.25, seed=seed, strata=strata)

    for label in set(labels):
        exact = round(len(labels) * 0.25) * labels.count(label) / len(labels)
        assert abs((strata[validation] == label).sum() - exact) <= 1


@pytest.mark.parametrize("strata", [None, np.arange(50) % 3], ids=["plain", "stratified"])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_repeats_the_split(seed: int, strata: np.ndarray | None) -> None:
    """Equal seeds, 0 included, give equal splits."""
    first = split_rows(50, 0.2, seed=seed, strata=strata)
    second = split_rows(50, 0.2, seed=seed, strata=strata)

    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_seeds_differ() -> None:
    """Seeds 0 and 1 give different splits."""
    assert set(split_rows(50, 0.2, seed=0)[1]) != set(split_rows(50, 0.2, seed=1)[1])


def test_both_parts_are_shuffled() -> None:
    """Rows in their file's order do not stay in it."""
    train, validation = split_rows(200, 0.5, seed=0, strata=np.repeat([0, 1], 100))

    assert not np.array_equal(train, np.sort(train))
    assert not np.array_equal(validation, np.sort(validation))


def test_the_callers_strata_are_not_changed() -> None:
    """A read-only array of classes is enough."""
    strata = np.array([1, 0, 1, 0])
    strata.setflags(write=False)

    split_rows(4, 0.5, seed=0, strata=strata)

    assert strata.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_an_impossible_share_is_refused(share: float) -> None:
    """A share outside (0, 1) is named in the error."""
    with pytest.raises(DataError, match="validation_split="):
        split_rows(10, share, seed=0)


def test_a_single_row_cannot_be_split() -> None:
    """One row is too few for two parts."""
    with pytest.raises(DataError, match="at least 2 rows"):
        split_rows(1, 0.5, seed=0)


def test_strata_of_another_length_are_refused() -> None:
    """One class per row is needed."""
    with pytest.raises(DataError, match=r"shape \(3,\)"):
        split_rows(3, 0.5, seed=0, strata=np.zeros(2))


@settings(deadline=None)
@given(
    labels=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=4, max_size=60),
    share=_shares,
    seed=st.integers(0, 1000),
)
def test_a_target_that_some_rows_lack_is_in_both_parts(labels: list[tuple[int, bool]], share: float, seed: int) -> None:
    """Wherever two rows or more have it; and the parts are still disjoint and complete."""
    strata, has_target = np.array([label for label, _ in labels]), np.array([has for _, has in labels])

    train, validation = split_rows(len(labels), share, seed=seed, strata=strata, has_target=[has_target])

    assert sorted([*train, *validation]) == list(range(len(labels)))
    if np.count_nonzero(has_target) >= 2:
        assert has_target[train].any()
        assert has_target[validation].any()


def test_a_target_in_single_rows_of_their_classes_is_in_both_parts() -> None:
    """Each row is the only one of its class that has the target, or that has not."""
    has_target = np.array([False, False, False, True, True])

    train, validation = split_rows(5, 0.75, seed=0, strata=np.array([0, 1, 2, 0, 1]), has_target=[has_target])

    assert has_target[train].any()
    assert has_target[validation].any()


def test_targets_of_several_heads_are_in_both_parts() -> None:
    """Three rows in a hundred have each."""
    first, second = np.arange(100) % 33 == 1, np.arange(100) % 33 == 2

    for seed in range(20):
        _, validation = split_rows(100, 0.1, seed=seed, has_target=[first, second])

        assert first[validation].any()
        assert second[validation].any()


@pytest.mark.parametrize("heads", [1, 8, 12, 20])
@pytest.mark.parametrize("has_classes", [False, True])
def test_many_partly_missing_targets_leave_the_size_of_the_parts(heads: int, has_classes: bool) -> None:
    """Each pattern of targets is one of few rows then; still each target is in both parts."""
    rng = np.random.default_rng(0)
    has_target = list(rng.random((heads, 500)) < 0.5)
    strata = rng.integers(0, 10, 500) if has_classes else None

    train, validation = split_rows(500, 0.2, seed=0, strata=strata, has_target=has_target)

    assert 95 <= len(validation) <= 105
    for each in has_target:
        assert each[train].any()
        assert each[validation].any()


def test_rare_targets_are_moved_into_both_parts() -> None:
    """Two rows in a thousand have each of three targets."""
    has_target = [np.isin(np.arange(1000), [place, place + 10]) for place in (0, 300, 600)]

    for seed in range(20):
        train, validation = split_rows(1000, 0.1, seed=seed, has_target=has_target)

        assert sorted([*train, *validation]) == list(range(1000))
        assert all(each[train].any() and each[validation].any() for each in has_target)
