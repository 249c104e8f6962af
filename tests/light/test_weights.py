"""Weights of rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.data.labels import analyse_labels
from autokeras_core.data.targets import analyse_targets
from autokeras_core.data.weights import combine_weights
from autokeras_core.errors import DataError

_LABELS = np.array(["a", "b", "b", "b"])
_PROFILE = analyse_labels(_LABELS, name="head")


def test_no_weights_are_none() -> None:
    """Without weights there is nothing to multiply."""
    assert combine_weights(None, None, _LABELS, _PROFILE) is None


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any))
def test_weights_have_mean_one_and_keep_their_ratios(weights: list[int]) -> None:
    """Normalising changes no ratio, so an integer weight counts as that many rows."""
    combined = combine_weights(weights, None, _LABELS, _PROFILE)

    assert combined is not None
    assert combined.dtype == np.float32
    np.testing.assert_allclose(combined, np.array(weights) / np.mean(weights), rtol=1e-6)


def test_class_weights_are_keyed_by_the_users_labels() -> None:
    """A class that is left out weighs 1."""
    combined = combine_weights(None, {"a": 3.0}, _LABELS, _PROFILE)

    np.testing.assert_allclose(combined, [2.0, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)


@pytest.mark.parametrize("labels", [[3, 5, 5, 5], [False, True, True, True], [[1, 0], [0, 1], [0, 1], [0, 1]]])
def test_class_weights_fit_every_kind_of_label(labels: list[object]) -> None:
    """Integers, booleans and one-hot columns are keys as well."""
    profile = analyse_labels(labels, name="head")

    combined = combine_weights(None, {np.array(profile.classes)[0]: 3}, np.array(labels), profile)

    np.testing.assert_allclose(combined, [2.0, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)


def test_balanced_weights_give_each_class_the_same_sum() -> None:
    """Both classes weigh half of all rows."""
    combined = combine_weights(None, "balanced", _LABELS, _PROFILE)

    np.testing.assert_allclose(combined, [2.0, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)


def test_rows_without_weight_are_not_counted_for_balanced_weights() -> None:
    """Both classes weigh half of the rows that count."""
    labels = np.array(["a", "a", "a", "b", "b", "b"])

    combined = combine_weights([1, 0, 0, 1, 1, 1], "balanced", labels, analyse_labels(labels, name="head"))

    np.testing.assert_allclose(combined, [3, 0, 0, 1, 1, 1], rtol=1e-6)


def test_sample_and_class_weights_multiply() -> None:
    """Both kinds together are their product."""
    combined = combine_weights([1, 0, 1, 1], {"a": 2}, _LABELS, _PROFILE)

    np.testing.assert_allclose(combined, [2.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("sample_weight", "class_weight", "words"),
    [
        ([1, 1], None, "shape (2,)"),
        ([1, 1, -2, 1], None, "-2.0 at row 2"),
        ([1, np.nan, 1, 1], None, "the first at row 1"),
        ([0, 0, 0, 0], None, "All weights of the target 'head' are 0"),
        ([0, 1, 1, 1], {"b": 0}, "All weights of the target 'head' are 0"),
        (["1", "1", "1", "1"], None, "does not hold numbers"),
        (None, {"c": 1}, "unknown class"),
        (None, {"a": -1}, "class weight of 'a'"),
        (None, {"a": "much"}, "'much'"),
        (None, [1, 2], "class_weight=[1, 2]"),
        (None, "balance", "'balance'"),
    ],
)
def test_impossible_weights_are_one_clear_error(sample_weight: object, class_weight: object, words: str) -> None:
    """Wrong lengths, signs, numbers and classes are named."""
    with pytest.raises(DataError, match=r"Expected: .* Received: ") as caught:
        combine_weights(sample_weight, class_weight, _LABELS, _PROFILE)

    assert words in str(caught.value)


def test_class_weights_need_classes() -> None:
    """A regression target has no classes to weigh."""
    targets = np.array([1.0, 2.0])

    with pytest.raises(DataError, match="Use sample_weight"):
        combine_weights(None, {1.0: 2}, targets, analyse_targets(targets, name="head"))


def test_the_callers_weights_are_not_changed() -> None:
    """A read-only array of weights is enough."""
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    weights.setflags(write=False)

    combine_weights(weights, "balanced", _LABELS, _PROFILE)

    assert weights.tolist() == [1.0, 2.0, 3.0, 4.0]
