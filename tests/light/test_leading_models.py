"""What is put together where few validation rows cannot tell models apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autokeras_core.search.selection import select_leading, standard_error

Array = np.ndarray[Any, Any]


def outputs_off_by(*errors: float) -> list[list[Array]]:
    """Return outputs of models that are each off by so much, all in the same direction, from targets of 0."""
    return [[np.full((4, 1), error, np.float32)] for error in errors]


def closeness(outputs: Any) -> tuple[float, ...]:
    """Return a score: the negative mean distance to 0."""
    return (-float(np.mean(np.abs(outputs[0]))),)


def test_models_that_are_equal_up_to_the_tolerance_take_equal_parts() -> None:
    """Of the best alone, the best two, and so on, the longest that is not clearly worse."""
    candidates = outputs_off_by(0.5, 0.1, 0.2)

    selection = select_leading(candidates, closeness, tolerance=0.06, members=8)

    assert selection.weights == {1: 0.5, 2: 0.5}
    assert selection.single == 1
    assert selection.score[0] == pytest.approx(-0.15)
    assert selection.single_score[0] == pytest.approx(-0.1)


def test_without_tolerance_the_best_mean_is_taken() -> None:
    """Errors in opposite directions make up for each other, and a third model would not help."""
    candidates = outputs_off_by(0.1, -0.1, 0.5)

    assert select_leading(candidates, closeness, tolerance=0.0, members=8).weights == {0: 0.5, 1: 0.5}


def test_a_clearly_worse_model_is_left_out() -> None:
    """The best one stays alone then."""
    selection = select_leading(outputs_off_by(0.1, 3.0), closeness, tolerance=0.06, members=8)

    assert selection.weights == {0: 1.0}
    assert not selection.is_ensemble


def test_a_worse_mean_on_the_way_does_not_end_it() -> None:
    """Two that err alike are worse than the best alone; a third one makes up for both."""
    candidates = outputs_off_by(0.1, 0.3, -0.4)

    assert set(select_leading(candidates, closeness, tolerance=0.0, members=8).weights) == {0, 1, 2}


def test_there_are_no_more_members_than_asked_for() -> None:
    """However equal the models are."""
    selection = select_leading(outputs_off_by(0.1, 0.11, 0.12, 0.13), closeness, tolerance=1.0, members=3)

    assert set(selection.weights) == {0, 1, 2}


def test_scores_that_are_no_numbers_take_no_part() -> None:
    """A model whose score is NaN ranks last, and a mean that it is part of is the worst."""
    candidates = outputs_off_by(np.nan, 0.1)

    assert select_leading(candidates, closeness, tolerance=10.0, members=8).weights == {1: 1.0}


def test_what_was_scored_in_time_is_chosen_from() -> None:
    """With no time at all that is the best model alone."""
    selection = select_leading(
        outputs_off_by(0.1, 0.1001), closeness, tolerance=1.0, members=8, is_time_up=lambda: True
    )

    assert selection.weights == {0: 1.0}


def test_no_candidates_are_an_error() -> None:
    """There is nothing to select from."""
    with pytest.raises(ValueError, match="no candidates"):
        select_leading([], closeness, tolerance=0.0, members=8)


def test_the_standard_error_of_a_mean_is_that_of_the_textbook() -> None:
    """The standard deviation, divided by the root of the number of rows; on average, since groups are few."""
    rng = np.random.default_rng(0)
    losses = rng.normal(size=(200, 160))

    errors = [standard_error(lambda kept, row=row: float(row[kept].mean()), rows=160) for row in losses]

    assert float(np.sqrt(np.mean(np.square(errors)))) == pytest.approx(1 / np.sqrt(160), rel=0.1)


def test_rows_that_are_sorted_have_no_larger_standard_error() -> None:
    """Neighbours go to different groups, so that no group is one class."""
    labels = np.repeat([0.0, 1.0], 80)

    assert standard_error(lambda kept: float(labels[kept].mean()), rows=160) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_very_few_rows_have_a_standard_error(rows: int) -> None:
    """Of a single row nothing can be told; of two and three each is left out once."""
    values = np.arange(3.0)

    error = standard_error(lambda kept: float(values[kept].mean()), rows=rows)

    assert error == pytest.approx(0.0 if rows == 1 else np.std(values[:rows], ddof=1) / np.sqrt(rows))


def test_a_score_that_is_no_number_on_some_rows_has_no_standard_error() -> None:
    """Then nothing is known of chance, and only what scores best is taken."""
    assert standard_error(lambda kept: float("nan"), rows=50) == 0.0


def test_what_is_as_good_as_allowed_up_to_rounding_counts() -> None:
    """Shares of rows come in single precision: 26 of 28 are one row less than 27 of 28, and no more."""
    shares = iter([np.float32(27 / 28), np.float32(26 / 28), np.float32(26 / 28)])

    selection = select_leading(
        outputs_off_by(0.1, 0.2), lambda outputs: (float(next(shares)),), tolerance=1 / 28, members=8
    )

    assert set(selection.weights) == {0, 1}
