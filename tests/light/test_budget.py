"""The budget decides how long a trial may take and when no further one starts."""

from __future__ import annotations

import pytest

from autokeras_core.engine.deadline import Deadline
from autokeras_core.search.budget import Budget, deadline_of_trials, ending_trials_after, planned_epochs
from autokeras_core.search.records import GRACE
from tests.clocks import Clock


def test_epochs_fall_with_the_rows_within_limits() -> None:
    """More rows, fewer epochs, never outside 10 to 100."""
    planned = [planned_epochs(rows) for rows in (1, 150, 3_200, 54_000, 1_000_000)]

    assert planned == sorted(planned, reverse=True)
    assert planned[0] == 100
    assert planned[2] == 40
    assert planned[-1] == 10


def test_few_rows_get_epochs_enough_for_the_wanted_steps() -> None:
    """Where the rows make few steps, more epochs are planned, up to 256; with many rows nothing changes."""
    assert planned_epochs(640, least_steps=3_000, batch_size=32) == 150
    assert planned_epochs(50, least_steps=3_000, batch_size=32) == 256
    assert planned_epochs(54_000, least_steps=3_000, batch_size=128) == planned_epochs(54_000)


def test_without_a_time_limit_trials_have_none() -> None:
    """Only the number of trials counts then."""
    budget = Budget(max_trials=2, deadline=None)

    assert budget.seconds_for_next_trial() is None
    assert budget.reason_to_stop() is None

    budget.started_trials = 2

    assert budget.reason_to_stop() == "max_trials=2 reached"


def test_a_trial_gets_a_third_of_what_is_left() -> None:
    """With many trials to come, the first does not eat the budget."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline.after(91.0, clock=clock))

    assert budget.seconds_for_next_trial() == pytest.approx(30.0)


def test_a_share_may_be_asked_for() -> None:
    """A quick first trial takes less than a third."""
    budget = Budget(max_trials=None, deadline=Deadline.after(101.0, clock=Clock()))

    assert budget.seconds_for_next_trial(share=0.2) == pytest.approx(20.0)


def test_a_trial_gets_what_it_needs_and_a_little_more() -> None:
    """What is left over goes to those after it."""
    budget = Budget(max_trials=None, deadline=Deadline.after(101.0, clock=Clock()), started_trials=1)

    assert budget.seconds_for_next_trial(needed=50.0) == pytest.approx(60.0)


def test_a_trial_that_needs_more_than_there_is_gets_all() -> None:
    """It is annealed over the time it has."""
    budget = Budget(max_trials=None, deadline=Deadline.after(101.0, clock=Clock()), started_trials=1)

    assert budget.seconds_for_next_trial(needed=300.0) == pytest.approx(100.0)


def test_the_last_trial_gets_all_that_is_left() -> None:
    """With one trial to come there is nothing to save for."""
    clock = Clock()
    budget = Budget(max_trials=3, deadline=Deadline.after(91.0, clock=clock), started_trials=2)

    assert budget.seconds_for_next_trial() == pytest.approx(90.0)


def test_no_trial_starts_that_would_be_cut_to_nothing() -> None:
    """With less than half the time of the shortest whole trial left, the search is over."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline.after(100.0, clock=clock), started_trials=1, started_here=True)
    budget.note_trial(60.0, cut_short=False)

    clock.now = 60.0
    assert budget.reason_to_stop() is None

    clock.now = 75.0
    assert budget.reason_to_stop() == "time_limit reached"


def test_a_run_that_goes_on_begins_a_trial_although_earlier_ones_took_longer() -> None:
    """Who gives 120 s after trials of 400 s gets one of 119 s; after that it is over."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline.after(120.0, clock=clock), started_trials=3)
    budget.note_trial(400.0, cut_short=True)

    first = (budget.reason_to_stop(), budget.seconds_for_next_trial())
    budget.started_here = True

    assert first == (None, 119.0)
    assert budget.reason_to_stop() == "time_limit reached"


def test_a_run_that_goes_on_begins_nothing_in_no_time() -> None:
    """Less than two seconds are no time."""
    budget = Budget(max_trials=None, deadline=Deadline.after(2.5, clock=Clock()), started_trials=3)

    assert budget.reason_to_stop() == "time_limit reached"


def test_the_last_trial_that_is_worth_it_gets_all_the_rest() -> None:
    """Where a third of the rest is too little, the rest is not cut into useless slices."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline.after(181.0, clock=clock), started_trials=2)
    budget.note_trial(60.0, cut_short=True)
    budget.note_trial(40.0, cut_short=True)

    clock.now = 100.0

    assert budget.seconds_for_next_trial() == pytest.approx(80.0)


def test_a_whole_trial_says_more_than_those_that_were_cut_short() -> None:
    """A network that trained to its end in 10 s shows that 10 s are enough for one."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline.after(91.0, clock=clock), started_trials=2)
    budget.note_trial(60.0, cut_short=True)
    budget.note_trial(10.0, cut_short=False)

    assert budget.seconds_for_next_trial() == pytest.approx(30.0)


def test_something_is_tried_however_little_time_there_is() -> None:
    """The first trial always starts."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline.after(0.5, clock=clock))

    assert budget.reason_to_stop() is None


def test_a_reserve_is_not_spent_on_trials() -> None:
    """Seconds that are kept for what comes after the last trial are not left for it."""
    budgets = [Budget(max_trials=None, deadline=Deadline(60, clock=Clock()), reserve=reserve) for reserve in (0.0, 2.0)]

    without, kept = (budget.seconds_left for budget in budgets)

    assert (without, kept) == (59.0, 57.0)


def test_the_first_model_may_come_a_little_after_the_time_limit() -> None:
    """A trial that overruns its share is left alone until the limit, and two seconds more, as long as there is no model."""
    budget = Budget(max_trials=None, deadline=Deadline.after(60.0, clock=Clock()))

    assert budget.grace_for(20.0, has_model=False) == pytest.approx(60.0 + 2.0 - 20.0)


def test_once_there_is_a_model_a_trial_that_hangs_is_soon_interrupted() -> None:
    """A quarter longer than it was given, or two seconds, never so long that its model would be saved too late."""
    budget = Budget(max_trials=None, deadline=Deadline.after(60.0, clock=Clock()))

    assert budget.grace_for(20.0, has_model=True) == pytest.approx(5.0)
    assert budget.grace_for(2.0, has_model=True) == pytest.approx(2.0)
    assert budget.grace_for(58.0, has_model=True) == pytest.approx(3.5)
    assert budget.grace_for(60.0, has_model=True) == pytest.approx(1.5)


def test_what_is_allowed_beyond_a_long_limit_grows_with_it() -> None:
    """A fiftieth of the limit."""
    budget = Budget(max_trials=None, deadline=Deadline.after(1_000.0, clock=Clock()))

    assert budget.grace_for(1_000.0, has_model=True) == pytest.approx(19.5)


def test_what_is_allowed_beyond_a_limit_is_allowed_once() -> None:
    """Each stage of a search would get two seconds of its own otherwise."""
    clock = Clock()
    deadline = Deadline(10.0, clock=clock)

    clock.now = 11.0
    assert deadline.remaining_until_interruption() == pytest.approx(1.0)

    clock.now = 20.0
    assert deadline.remaining_until_interruption() == 0.0


def test_a_trial_may_wait_for_a_worker_until_the_search_ends() -> None:
    """Without a model until the limit itself; with one, until what comes after the last trial; then none begins."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline(60.0, clock=clock), reserve=4.0)

    assert budget.time_to_wait(has_model=False) == pytest.approx((60.0, 2.0))
    assert budget.time_to_wait(has_model=True) == pytest.approx((55.0, 6.5))

    clock.now = 61.0
    assert budget.time_to_wait(has_model=False) == pytest.approx((0.0, 1.0))


def test_without_a_limit_a_trial_waits_for_as_long_as_it_takes() -> None:
    """There is no end that it could miss."""
    assert Budget(max_trials=1, deadline=None).time_to_wait(has_model=True)[0] is None


def test_all_is_over_when_a_trial_would_be_interrupted_at_once() -> None:
    """Two seconds beyond the limit; never without one."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline(60.0, clock=clock))

    clock.now = 61.9
    assert not budget.is_all_over

    clock.now = 62.0
    assert budget.is_all_over
    assert not Budget(max_trials=1, deadline=None).is_all_over


def test_time_is_up_when_no_trial_could_do_anything() -> None:
    """With less than two seconds for trials; never without a limit."""
    clock = Clock()
    budget = Budget(max_trials=None, deadline=Deadline(60.0, clock=clock))

    clock.now = 57.0
    assert not budget.is_time_up

    clock.now = 57.5
    assert budget.is_time_up
    assert not Budget(max_trials=1, deadline=None).is_time_up


def test_without_a_limit_nothing_is_interrupted_sooner() -> None:
    """The grace of a trial without a time of its own is not used."""
    assert Budget(max_trials=1, deadline=None).grace_for(None, has_model=True) == GRACE


def test_trials_end_with_the_whole_fit_where_nobody_says_otherwise() -> None:
    """Who completes a search says when they end, and only while it runs."""
    whole = Deadline(60.0, clock=Clock())

    with ending_trials_after(0.0):
        inside = deadline_of_trials(whole)
    with ending_trials_after(None):
        unsaid = deadline_of_trials(whole)

    assert inside is not None and inside.expired
    assert unsaid is whole
    assert deadline_of_trials(whole) is whole


def test_what_follows_the_last_trial_ends_with_the_whole_fit() -> None:
    """That is one deadline for all; without one there is none here either."""
    whole = Deadline(60.0, clock=Clock())

    assert Budget(max_trials=None, deadline=whole, reserve=100.0).deadline_to_complete(whole) is whole
    assert Budget(max_trials=1, deadline=None).deadline_to_complete(None) is None


@pytest.mark.parametrize(("left", "expected"), [(0.0, 1000.0), (9000.0, 9000.0)], ids=["used up", "time enough"])
def test_where_trials_have_a_deadline_of_their_own_what_follows_has_its_time_in_any_case(
    left: float, expected: float
) -> None:
    """What is kept for it, and a little to load a model; or what the trials have left."""
    budget = Budget(max_trials=None, deadline=Deadline(left, clock=Clock()), reserve=1000.0)

    deadline = budget.deadline_to_complete(Deadline(60.0, clock=Clock()))

    assert deadline is not None
    assert deadline.remaining() == pytest.approx(expected, abs=100.0)


def test_where_nothing_was_kept_there_are_some_seconds_to_load_a_model() -> None:
    """The trials have used up all of their time."""
    budget = Budget(max_trials=None, deadline=Deadline(0.0, clock=Clock()))

    deadline = budget.deadline_to_complete(Deadline(60.0, clock=Clock()))

    assert deadline is not None and not deadline.expired
