"""The pacer tells from costs and measured speed what there is time for."""

from __future__ import annotations

import pytest

from autokeras_core.engine.deadline import Deadline
from autokeras_core.search.budget import Budget
from autokeras_core.search.pacing import Pacer
from autokeras_core.search.space import Configuration
from tests.clocks import Clock

ROWS = 1_000


def a_million_each(configuration: Configuration) -> float | None:
    """Cost as much as there are units; nothing is known of a configuration without any."""
    value = configuration.get("units")
    return 1e6 * value if isinstance(value, (int, float)) else None


def paced(seconds: float | None, *, measured: float | None = None, max_trials: int | None = None) -> Pacer:
    """Return a pacer with so many seconds left; an epoch of one unit took `measured` seconds in a trial before."""
    deadline = None if seconds is None else Deadline.after(seconds + 1.0, clock=Clock())
    budget = Budget(max_trials=max_trials, deadline=deadline)
    pacer = Pacer(cost=a_million_each, budget=budget, rows=ROWS, epochs=10)
    if measured is not None:
        budget.started_trials = 1
        pacer.note({"units": 1}, seconds_per_epoch=measured)
    return pacer


def test_what_one_trial_took_tells_what_another_will_need() -> None:
    """Four times the cost, four times the seconds."""
    pacer = paced(100.0)

    pacer.note({"units": 16}, seconds_per_epoch=0.5)

    assert pacer.seconds_needed({"units": 64}) == pytest.approx(20.0)


def test_several_trials_tell_more_than_one() -> None:
    """The middle one of the speeds counts, so one odd trial does no harm."""
    pacer = paced(100.0)

    for seconds in (0.5, 0.6, 50.0):
        pacer.note({"units": 10}, seconds_per_epoch=seconds)

    assert pacer.seconds_needed({"units": 10}) == pytest.approx(6.0)


def test_networks_of_a_kind_are_measured_by_their_own() -> None:
    """A transformer's seconds per unit of cost say little of those of dense layers."""
    pacer = paced(100.0)

    pacer.note({"block_type": "dense", "units": 1}, seconds_per_epoch=1.0)
    pacer.note({"block_type": "attention", "units": 1}, seconds_per_epoch=5.0)

    assert pacer.seconds_needed({"block_type": "dense", "units": 2}) == pytest.approx(20.0)
    assert pacer.seconds_needed({"block_type": "attention", "units": 2}) == pytest.approx(100.0)
    assert pacer.seconds_needed({"block_type": "recurrent", "units": 2}) == pytest.approx(60.0)


def test_what_epochs_do_not_explain_is_time_to_start() -> None:
    """A slow machine takes longer to build a network, too; a trial gets that time besides its epochs'."""
    pacer = paced(1_000.0)

    pacer.note({"units": 1}, seconds_per_epoch=1.0, seconds=14.0, epochs=10)
    pacer.budget.started_trials = 1

    assert pacer.seconds_for({"units": 1}) == pytest.approx(1.2 * (4.0 + 10.0))


def test_a_trial_that_was_not_measured_tells_nothing() -> None:
    """Neither does one whose cost is not known."""
    pacer = paced(100.0)
    before = pacer.seconds_needed({"units": 10})

    pacer.note({"units": 10}, seconds_per_epoch=0.0)
    pacer.note({}, seconds_per_epoch=7.0)

    assert pacer.seconds_needed({"units": 10}) == before


def test_of_unknown_cost_nothing_is_refused() -> None:
    """Blocks that do not know their cost are searched as if there were no pacer."""
    pacer = paced(1.0, measured=1.0)

    assert pacer.seconds_needed({}) is None
    assert pacer.admits({})
    assert pacer.choose([{}, {"units": 10_000}]) == 0
    assert pacer.seconds_for({}) == pacer.budget.seconds_for_next_trial()


def test_without_a_time_limit_all_come_in_order() -> None:
    """However expensive the last one is."""
    pacer = paced(None, measured=100.0)

    assert pacer.admits({"units": 10_000})
    assert pacer.choose([{"units": 2}, {"units": 10_000}]) == 0
    assert pacer.seconds_for({"units": 10_000}) is None


def test_the_first_model_is_a_quick_one() -> None:
    """A fifth of the time is enough to train the cheapest network, and tells how fast the machine is."""
    pacer = paced(100.0)

    assert pacer.choose([{"units": 10}, {"units": 200}]) == 0
    assert pacer.seconds_for({"units": 10}) == pytest.approx(20.0)


def test_a_short_time_is_not_cut_into_slices() -> None:
    """Where a fifth would hardly do more than build a network, the first trial is the main one."""
    pacer = paced(12.0)

    assert pacer.choose([{"units": 10}, {"units": 200}, {"units": 2_000}]) == 1
    assert pacer.seconds_for({"units": 200}) == pytest.approx(12.0)


def test_something_is_tried_before_the_speed_is_known() -> None:
    """What is thought of the machine may be wrong, so the cheapest gets its chance."""
    pacer = paced(1.0)

    assert pacer.admits({"units": 1_000_000})
    assert pacer.choose([{"units": 1_000_000}, {"units": 2_000_000}]) == 0


def test_with_time_for_all_the_cheapest_comes_next() -> None:
    """Each one is trained to its end then, and gets a little more than it needs."""
    pacer = paced(100.0, measured=1.0)

    assert pacer.choose([{"units": 2}, {"units": 3}]) == 0
    assert pacer.seconds_for({"units": 2}) == pytest.approx(1.2 * (2.5 + 20.0))


def test_with_too_little_time_for_all_the_largest_that_fits_comes_next() -> None:
    """One that gets a quarter of its epochs is worth more than several that get none to speak of."""
    pacer = paced(100.0, measured=1.0)

    chosen = pacer.choose([{"units": 4}, {"units": 8}, {"units": 30}, {"units": 50}])

    assert chosen == 2
    assert pacer.seconds_for({"units": 30}) == pytest.approx(100.0)


def test_a_preferred_one_comes_before_more_expensive_ones() -> None:
    """A pretrained network is worth more than a larger one from scratch."""
    pacer = paced(100.0, measured=1.0)
    pacer.is_preferred = [{"units": 8}, {"units": 50}].__contains__

    assert pacer.choose([{"units": 4}, {"units": 8}, {"units": 30}, {"units": 50}]) == 1


def test_what_cannot_finish_is_not_started() -> None:
    """With a tenth of the time it needs, a network learns too little."""
    pacer = paced(20.0, measured=1.0)

    assert not pacer.admits({"units": 20})
    assert pacer.has_refused
    assert pacer.choose([{"units": 20}]) is None
    assert pacer.admits({"units": 2})
    assert not pacer.has_refused


def test_nothing_untried_is_nothing_chosen() -> None:
    """There is no first one of none."""
    assert paced(10.0).choose([]) is None


def test_with_several_workers_there_is_time_for_more() -> None:
    """All three go on in their order where two workers have the time for them that one has not."""
    configurations: list[Configuration] = [{"units": 1}, {"units": 2}, {"units": 3}]
    alone, together = paced(80.0, measured=1.0), paced(80.0, measured=1.0)
    together.budget.workers = 2
    for pacer in (alone, together):
        pacer.note({"units": 1}, seconds_per_epoch=2.0)

    assert alone.choose(configurations) != 0
    assert together.choose(configurations) == 0
