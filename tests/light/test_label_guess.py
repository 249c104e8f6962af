"""Whether targets look like classes, where the user does not say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autokeras_core.data.label_guess import look_like_classes
from autokeras_core.errors import DataError


def draw(values: int, rows: int) -> np.ndarray[Any, Any]:
    """Return integers from 0 on, each of them among the rows."""
    return np.arange(rows) % values


@pytest.mark.parametrize(
    "labels",
    [
        ["spam", "ham", "spam"],
        np.array([True, False, True]),
        [3, 5, 3],
        draw(20, 25),
        draw(100, 1_000),
        draw(5, 100).astype(float),
        np.array([0.5, 1.0, 1.5, 2.0] * 10),
        np.eye(4)[draw(4, 20)],
        np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]]),
        draw(3, 9).reshape(-1, 1),
        np.array(["a", "b"] * 3, dtype=object),
    ],
    ids=[
        *("words", "booleans", "few-integers", "twenty", "a-hundred-with-ten-rows-each", "whole-floats", "grades"),
        *("one-hot", "multi-hot", "column", "objects"),
    ],
)
def test_what_repeats_is_a_class(labels: Any) -> None:
    """Words, booleans, columns of 0 and 1, and numbers that come again and again."""
    assert look_like_classes(labels)


@pytest.mark.parametrize(
    "labels",
    [
        np.linspace(0, 1, 100),
        draw(100, 400),
        draw(1_001, 50_000),
        draw(50, 10_000).astype(float),
        [0.1, 0.2, 0.3, 0.4],
        np.arange(12).reshape(6, 2),
        np.array([1.5, 2.5, 3.5], dtype=object),
    ],
    ids=["fractions", "too-few-rows-each", "very-many", "floats", "few-fractions", "two-columns", "objects"],
)
def test_numbers_of_many_values_are_no_classes(labels: Any) -> None:
    """They are to be estimated."""
    assert not look_like_classes(labels)


def test_what_is_no_label_is_an_error() -> None:
    """It names the data in the user's words."""
    with pytest.raises(DataError, match=r"y\['price'\] holds missing"):
        look_like_classes([1.0, float("nan")], "y['price']")
