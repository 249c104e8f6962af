"""The estimate: what a search expects of itself, and how what has ended corrects it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from autokeras_core.engine.deadline import Deadline
from autokeras_core.search.budget import Budget
from autokeras_core.search.estimate import SearchEstimate, estimate_search
from autokeras_core.search.pacing import Pacer
from autokeras_core.search.records import Failure, TrialOutcome
from autokeras_core.search.space import Configuration
from tests.clocks import Clock

ROWS, EPOCHS = 1_000, 10
START = 2.5  # what building a network takes, until it was measured
PREDEFINED: list[Configuration] = [{"units": 1}, {"units": 4}]


def cost(configuration: Configuration) -> float | None:
    """Cost as much as there are units: one is a second an epoch, at the speed that is assumed before any is measured."""
    units = configuration.get("units")
    return units / (1.2e-11 * ROWS) if isinstance(units, int) else None


def trial(number: int, configuration: Configuration, seconds: float, **fields: Any) -> TrialOutcome:
    """Return a trial that took so long."""
    values: dict[str, Any] = {"status": "completed", "score": 0.5, "seconds": seconds, **fields}
    return TrialOutcome(trial_id=str(number), configuration=configuration, **values)


def estimate(
    *outcomes: TrialOutcome,
    max_trials: int | None = 3,
    limit: float | None = None,
    predefined: list[Configuration] | None = None,
    under_way: Sequence[Configuration] = (),
    workers: int = 1,
) -> SearchEstimate:
    """Return the estimate of a search after some trials, while others are under way."""
    deadline = None if limit is None else Deadline.after(limit, clock=Clock())
    started = len(outcomes) + len(under_way)
    budget = Budget(max_trials=max_trials, deadline=deadline, started_trials=started, workers=workers)
    pacer = Pacer(cost=cost, budget=budget, rows=ROWS, epochs=EPOCHS)
    return estimate_search(pacer, outcomes, PREDEFINED if predefined is None else predefined, under_way=under_way)


def test_before_the_first_trial_costs_tell() -> None:
    """One unit is ten seconds of training, four are forty; a third trial is thought to take their mean."""
    found = estimate()

    assert found.seconds_to_first_model == pytest.approx(START + 10)
    assert found.seconds_left == pytest.approx((START + 10) + (START + 40) + (START + 25))
    assert (found.trials_done, found.trials_left, found.predefined_left) == (0, 3, 2)


def test_a_time_limit_ends_a_search_that_would_take_longer() -> None:
    """Neither the end nor the first model is expected after it."""
    found = estimate(limit=9.0)

    assert (found.seconds_left, found.ends_by_time) == (9.0, True)
    assert found.seconds_to_first_model == pytest.approx(8.0)  # a second is kept to finish


def test_a_search_that_will_end_before_its_limit_is_not_said_to_use_it() -> None:
    """The trials end it."""
    found = estimate(limit=1_000.0)

    assert (found.seconds_left, found.ends_by_time) == (pytest.approx(82.5), False)


def test_trials_that_took_less_correct_the_estimate() -> None:
    """The first took half of what all its epochs would: the second will, too, and the third takes as long as the first."""
    found = estimate(trial(0, {"units": 1}, (START + 10) / 2))

    assert found.seconds_to_first_model is None
    assert found.seconds_left == pytest.approx((START + 40) / 2 + (START + 10) / 2)
    assert (found.trials_done, found.trials_left, found.predefined_left) == (1, 2, 1)


def test_without_costs_nothing_is_known_before_the_first_trial() -> None:
    """After it, the others are thought to take as long."""
    unknown: list[Configuration] = [{}, {"a": 1}]

    assert estimate(predefined=unknown).seconds_left is None
    assert estimate(predefined=unknown).seconds_to_first_model is None
    assert estimate(trial(0, {}, 7.0), predefined=unknown).seconds_left == pytest.approx(14.0)


def test_a_failed_trial_leaves_the_first_model_to_come() -> None:
    """The next one is expected to bring it; how long the failed one took says nothing."""
    failed = trial(0, {"units": 1}, 1.0, status="failed", score=None, failure=Failure(kind="nan", reason="nan"))

    found = estimate(failed)

    assert found.seconds_to_first_model == pytest.approx(START + 40)


def test_a_skipped_trial_is_not_counted() -> None:
    """Another one takes its place."""
    skipped = trial(0, {"units": 1}, 1.0, status="failed", score=None, failure=Failure(kind="unavailable", reason="no"))

    assert estimate(skipped).trials_done == 0


def test_workers_share_the_trials() -> None:
    """Two at once take half the time."""
    assert estimate(workers=2).seconds_left == pytest.approx(82.5 / 2)


def test_a_trial_that_goes_on_is_still_to_come() -> None:
    """Three of four are done and one was cut off: it takes its time, although no further one may be started."""
    done = [trial(number, {"a": number}, 7.0) for number in range(3)]

    found = estimate(*done, max_trials=4, predefined=[], under_way=[{"a": 9}])

    assert (found.trials_done, found.trials_left, found.seconds_left) == (3, 1, 7.0)


def test_the_trials_under_way_come_first() -> None:
    """The first of them brings the first model, and they are no predefined ones to come any more."""
    found = estimate(under_way=[{"units": 4}])

    assert found.seconds_to_first_model == pytest.approx(START + 40)
    assert found.seconds_left == pytest.approx(estimate().seconds_left)
    assert (found.trials_left, found.predefined_left) == (3, 1)


def test_without_any_limit_no_end_is_expected() -> None:
    """Then only Ctrl-C or the end of the space ends it."""
    found = estimate(max_trials=None)

    assert (found.seconds_left, found.trials_left) == (None, None)


def test_at_the_end_nothing_is_left() -> None:
    """All trials have run."""
    done = [trial(number, {"units": number}, 5.0) for number in range(3)]

    assert (estimate(*done).seconds_left, estimate(*done).trials_left) == (0.0, 0)
