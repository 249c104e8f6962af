"""Weights of rows for several heads: shared ones stay one array, others become a column for each head."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autokeras_core import DataError
from autokeras_core.data.head_weights import (
    rows_that_count,
    weights_by_head,
    weights_of_head,
    weights_of_heads,
    weights_of_rows,
)
from autokeras_core.data.labels import analyse_labels
from autokeras_core.data.profile import TargetProfile

KINDS = np.array(["a", "b", "b", "b"])
PRICES = np.array([1.0, 2.0, 3.0, 4.0])
LABELS = {"kind": KINDS, "price": PRICES}
TARGETS = {
    "kind": analyse_labels(KINDS, name="kind"),
    "price": TargetProfile(name="price", kind="regression", label_type="float", dtype="float64", outputs=1),
}


def made(sample_weight: Any, class_weight: Any) -> np.ndarray[Any, Any] | None:
    """Return the weights of both heads."""
    return weights_of_heads(sample_weight, class_weight, LABELS, TARGETS)


def test_without_weights_there_are_none() -> None:
    """Not an array of ones."""
    assert made(None, None) is None
    assert made({}, None) is None


def test_weights_for_all_heads_are_one_array() -> None:
    """With mean 1."""
    np.testing.assert_allclose(made([1, 1, 1, 5], None), [0.5, 0.5, 0.5, 2.5])


def test_weights_by_head_are_a_column_each() -> None:
    """A head that is not named has ones."""
    np.testing.assert_allclose(made({"price": [1, 1, 1, 5]}, None), [[1, 0.5], [1, 0.5], [1, 0.5], [1, 2.5]])


def test_balanced_stands_for_all_heads_with_classes() -> None:
    """Numbers have none."""
    np.testing.assert_allclose(made(None, "balanced"), [[2, 1], [2 / 3, 1], [2 / 3, 1], [2 / 3, 1]], rtol=1e-6)


@pytest.mark.parametrize("value", ["balanced", {"a": 3.0}], ids=["balanced", "by label"])
def test_class_weights_by_head(value: Any) -> None:
    """Both forms mean the same here, and multiply the rows' own weights of that head."""
    expected = np.array([3.0, 1, 1, 5]) / 2.5

    weights = made({"kind": [1, 1, 1, 5]}, {"kind": value})

    np.testing.assert_allclose(weights, np.column_stack([expected, np.ones(4)]), rtol=1e-6)


def test_a_single_head_may_be_named_or_not() -> None:
    """A dict by head and a dict by label are told apart by their values."""
    labels, targets = {"kind": KINDS}, {"kind": TARGETS["kind"]}

    by_label = weights_of_heads(None, {"a": 3.0}, labels, targets)
    by_head = weights_of_heads(None, {"kind": {"a": 3.0}}, labels, targets)

    np.testing.assert_allclose(by_label, [2, 2 / 3, 2 / 3, 2 / 3], rtol=1e-6)
    np.testing.assert_array_equal(by_head, by_label)


@pytest.mark.parametrize(
    ("sample_weight", "class_weight", "message"),
    [
        ({"prize": [1, 1, 1, 1]}, None, r"sample_weight names a head that is not there.*Did you mean 'price'\?"),
        (None, {"kinds": "balanced"}, r"class_weight names a head that is not there.*Did you mean 'kind'\?"),
        (None, {"a": 3.0}, r"class_weight is ambiguous.*{'kind': {label: weight}}"),
        (None, {"price": "balanced"}, "class_weight needs one class per row"),
        ({"price": [1, 1]}, None, r"shape \(4,\)"),
    ],
)
def test_what_cannot_be_used_is_said(sample_weight: Any, class_weight: Any, message: str) -> None:
    """With the names there are."""
    with pytest.raises(DataError, match=message):
        made(sample_weight, class_weight)


def test_balanced_without_a_head_with_classes_is_an_error() -> None:
    """Nothing could be balanced."""
    targets = {"price": TARGETS["price"], "other": TARGETS["price"]}

    with pytest.raises(DataError, match="class_weight is ambiguous"):
        weights_of_heads(None, "balanced", {"price": PRICES, "other": PRICES}, targets)


def test_rows_are_taken_of_each_heads_weights() -> None:
    """As of the rows themselves."""
    rows = np.array([2, 0])

    part = weights_of_rows({"kind": [1, 2, 3, 4], "price": None}, rows)

    np.testing.assert_array_equal(part["kind"], [3, 1])
    assert part["price"] is None


def test_weights_that_do_not_fit_the_rows_are_an_error() -> None:
    """Before any of them are taken."""
    with pytest.raises(DataError, match=r"shape \(4,\).*Received: shape \(3,\)"):
        rows_that_count({"kind": [1, 2, 3]}, ["kind", "price"], 4)


def test_a_row_has_the_targets_that_it_has_a_weight_for() -> None:
    """For all heads or by head; where all rows have one, nothing is to be told."""
    by_head = rows_that_count({"price": [0.5, 0, 2]}, ["kind", "price"], 3)
    shared = rows_that_count([0, 1, 1], ["kind", "price"], 3)
    full = rows_that_count([3, 1, 1], ["kind", "price"], 3)

    assert by_head["kind"] is None
    np.testing.assert_array_equal(by_head["price"], [True, False, True])
    assert [None if each is None else each.tolist() for each in shared.values()] == [[False, True, True]] * 2
    assert full == {"kind": None, "price": None}


def test_rows_that_are_left_out_have_no_target() -> None:
    """As rows of a source that cannot be read."""
    counted = rows_that_count({"price": [1, 1, 0]}, ["price"], 3, among=np.array([1, 2]))

    np.testing.assert_array_equal(counted["price"], [False, True, False])
    with pytest.raises(DataError, match="All weights of the target 'price' are 0"):
        rows_that_count({"price": [1, 1, 0]}, ["price"], 3, among=np.array([2]))


@pytest.mark.parametrize("part", ["training", "validation"])
def test_a_part_without_a_target_is_named_with_its_head(part: str) -> None:
    """Else nobody could tell which weights were meant."""
    with pytest.raises(DataError, match=f"target 'price' are 0.*4 {part} rows with the weight 0"):
        weights_of_heads({"price": [0, 0, 0, 0]}, None, LABELS, TARGETS, part=part)


def test_keras_gets_one_array_or_a_dict() -> None:
    """By name, in the order of the heads."""
    shared, apart = np.ones(3), np.array([[1, 2], [3, 4]])

    assert weights_by_head(shared, ["kind", "price"]) is shared
    np.testing.assert_array_equal(weights_by_head(apart, ["kind", "price"])["price"], [2, 4])


def test_a_head_has_its_own_weights_or_those_for_all() -> None:
    """Or none."""
    shared, apart = np.ones(3), np.array([[1, 2], [3, 4]])

    assert weights_of_head(None, "price", ["kind", "price"]) is None
    assert weights_of_head(shared, "price", ["kind", "price"]) is shared
    np.testing.assert_array_equal(weights_of_head(apart, "price", ["kind", "price"]), [2, 4])
