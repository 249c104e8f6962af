"""Learning-rate schedules and deadlines are pure functions of progress and time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.schedule import SCHEDULES, learning_rate_at, patience_of
from autokeras_core.errors import SearchError, SpaceError
from tests.clocks import Clock


@given(st.sampled_from(SCHEDULES), st.floats(1e-7, 1.0), st.floats(0.0, 1.0))
def test_the_learning_rate_is_above_0_and_at_most_the_peak(schedule: str, peak: float, progress: float) -> None:
    """No schedule ever reaches 0, whatever the progress."""
    rate = learning_rate_at(schedule, peak, progress)

    assert 0.0099 * peak <= rate <= peak * (1 + 1e-12)


def test_cycles_double_in_length() -> None:
    """The cyclic schedule is at its lowest after 1, 3 and 7 of 15 parts, and at its peak half-way between in log time."""
    lows = [learning_rate_at("cyclic", 2.0, parts / 15) for parts in (0, 1, 3, 7, 15)]
    peaks = [learning_rate_at("cyclic", 2.0, (2 ** (cycle + 0.5) - 1) / 15) for cycle in range(4)]

    assert lows == pytest.approx([0.02] * 5)
    assert peaks == pytest.approx([2.0] * 4)


def test_cycles_are_waited_for() -> None:
    """Training with cycles is not given up before the last one is through; elsewhere the share is as it is."""
    assert patience_of("cosine", 0.3) == 0.3
    assert patience_of("cyclic", 0.3) == pytest.approx(8 / 15)
    assert patience_of("cyclic", 0.9) == 0.9


@pytest.mark.parametrize(("schedule", "warm_up"), [("cosine", 0.05), ("one_cycle", 0.3), ("linear", 0.1)])
def test_a_schedule_rises_to_its_peak_and_falls_to_a_hundredth(schedule: str, warm_up: float) -> None:
    """A tenth of the peak, the peak, a hundredth: at the start, after the warm-up, at the end."""
    rates = [learning_rate_at(schedule, 2.0, progress) for progress in (0.0, warm_up, 1.0)]

    assert rates == pytest.approx([0.2, 2.0, 0.02])


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "linear"])
def test_a_schedule_has_one_peak(schedule: str) -> None:
    """It rises, then falls, without a second rise."""
    rates = [learning_rate_at(schedule, 1.0, step / 200) for step in range(201)]
    top = rates.index(max(rates))

    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_a_constant_schedule_is_constant() -> None:
    """The peak at every point."""
    assert {learning_rate_at("constant", 0.3, step / 10) for step in range(11)} == {0.3}


def test_progress_outside_of_training_is_cut_off() -> None:
    """Beyond the end the rate is that of the end."""
    assert learning_rate_at("cosine", 1.0, 7.0) == learning_rate_at("cosine", 1.0, 1.0)
    assert learning_rate_at("cosine", 1.0, -1.0) == learning_rate_at("cosine", 1.0, 0.0)


def test_an_unknown_schedule_is_an_error_with_a_suggestion() -> None:
    """The message names the schedules there are."""
    with pytest.raises(SpaceError, match=r"Did you mean 'cosine'\?"):
        learning_rate_at("cosin", 1.0, 0.5)


@pytest.mark.parametrize("peak", [0.0, -1.0, math.nan, math.inf])
def test_a_peak_that_is_not_above_0_is_an_error(peak: float) -> None:
    """A learning rate of 0 would train nothing."""
    with pytest.raises(SpaceError, match="above 0"):
        learning_rate_at("constant", peak, 0.5)


def test_a_deadline_counts_down() -> None:
    """What is left, and whether it has passed, follow the clock."""
    clock = Clock(100.0)
    deadline = Deadline.after(10, clock=clock)

    clock.now += 4

    assert (deadline.remaining(), deadline.expired) == (6.0, False)


def test_a_deadline_that_passed_has_nothing_left() -> None:
    """No negative seconds."""
    clock = Clock(100.0)
    deadline = Deadline.after(10, clock=clock)

    clock.now += 11

    assert (deadline.remaining(), deadline.expired) == (0.0, True)


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_deadline_of_no_seconds_has_passed_at_once(seconds: float) -> None:
    """There are no seconds below 0."""
    deadline = Deadline.after(seconds, clock=Clock(100.0))

    assert (deadline.remaining(), deadline.expired) == (0.0, True)


def test_a_deadline_without_end_is_an_error() -> None:
    """No limit is `None`, not infinity."""
    with pytest.raises(SearchError, match="finite"):
        Deadline.after(math.inf)


def test_a_linear_schedule_falls_in_a_straight_line() -> None:
    """Equal steps of progress are equal steps of the rate."""
    rates = [learning_rate_at("linear", 1.0, progress) for progress in (0.1, 0.4, 0.7, 1.0)]

    assert rates == pytest.approx([1.0, 0.67, 0.34, 0.01])
