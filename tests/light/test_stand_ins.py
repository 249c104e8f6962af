"""Labels of rows that count for nothing: the first one that counts stands in for them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.stand_ins import known_targets, with_stand_ins

COUNTS = np.array([False, True, True, False])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([None, 3, 5, float("nan")], [3, 3, 5, 3]),
        (["?", "b", "a", None], ["b", "b", "a", "b"]),
        ([None, [1, 0], [0, 1], None], [[1, 0], [1, 0], [0, 1], [1, 0]]),
        (np.array([np.nan, 0.5, 2.5, np.inf]), [0.5, 0.5, 2.5, 0.5]),
        (np.array([[np.nan, 1], [3, 4], [5, 6], [7, np.nan]]), [[3, 4], [3, 4], [5, 6], [3, 4]]),
        (np.array([None, "b", "a", np.nan], dtype=object), ["b", "b", "a", "b"]),
        (CodedLabels(np.array([0, 1, 2, 0]), np.array(["?", "b", "a"], dtype=object)), ["b", "b", "a", "b"]),
    ],
    ids=["list", "texts", "rows", "floats", "columns", "objects", "coded"],
)
def test_the_first_label_that_counts_stands_in_for_those_that_do_not(labels: Any, expected: list[Any]) -> None:
    """Whatever was there, and in whatever form labels are."""
    assert np.asarray(with_stand_ins(labels, COUNTS, where="y")).tolist() == expected


@pytest.mark.parametrize(
    ("values", "dtype"), [([1, 2], np.int64), ([1.5, 2], np.float64), ([True, False], np.bool_), (["a", "b"], object)]
)
def test_objects_that_only_a_missing_value_made_objects_are_numbers_again(values: list[Any], dtype: Any) -> None:
    """Text stays as it is."""
    labels = np.array([None, *values, None], dtype=object)

    assert with_stand_ins(labels, COUNTS, where="y").dtype == dtype


def test_objects_that_only_a_text_made_objects_are_numbers_again() -> None:
    """Any value may stand where there is no label."""
    labels = np.array(["?", 1.5, 2.0, "?"], dtype=object)

    assert with_stand_ins(labels, COUNTS, where="y").dtype == np.float64


def test_truths_among_numbers_stay_objects() -> None:
    """They are of two types, which is an error elsewhere."""
    labels = np.array([None, True, 2, None], dtype=object)

    assert with_stand_ins(labels, COUNTS, where="y").dtype == object


def test_labels_of_another_number_of_rows_are_left_as_they_are() -> None:
    """That error tells the numbers of rows."""
    assert with_stand_ins([1, None], COUNTS, where="y") == [1, None]


def test_targets_of_rows_without_weight_are_unknown() -> None:
    """Head by head; one whose rows all count keeps its own type."""
    targets = {"kind": np.eye(2, dtype=np.uint8), "price": np.array([[1.0], [2.0]], np.float32)}

    known = known_targets(targets, np.array([[0, 1], [2, 1]], np.float32))

    np.testing.assert_array_equal(known["kind"], [[np.nan, np.nan], [0, 1]])
    assert known["price"] is targets["price"]
    assert targets["kind"].tolist() == [[1, 0], [0, 1]]
    assert known_targets(targets, None) is targets
