"""What a search expects of itself: when there is a first model, how many trials come, when it ends. Light: attrs only."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from autokeras_core.search.pacing import Pacer
    from autokeras_core.search.records import TrialOutcome
    from autokeras_core.search.space import Configuration

__all__ = ["SearchEstimate", "estimate_search"]


@attrs.frozen(kw_only=True)
class SearchEstimate:
    """What is expected of the rest of a search.

    Attributes:
        trials_done: How many trials have ended, skipped ones left out.
        trials_left: How many more may end, those included that run or go on; `None` for no limit.
        predefined_left: How many of the configurations that it begins with are to come.
        seconds_to_first_model: When there will be a model; `None` if there is one, or that is not known.
        seconds_left: When the search will have ended; `None` if that is not known. At most what its time limit leaves.
        ends_by_time: Whether the time limit, not the number of trials, is what ends it.
    """

    trials_done: int
    trials_left: int | None
    predefined_left: int
    seconds_to_first_model: float | None
    seconds_left: float | None
    ends_by_time: bool


def estimate_search(
    pacer: Pacer,
    outcomes: Sequence[TrialOutcome],
    predefined: Sequence[Configuration],
    *,
    under_way: Sequence[Configuration] = (),
) -> SearchEstimate:
    """Estimate the rest of a search from the costs of what is to come, and from how long trials took.

    A trial often takes less than all of its epochs would: it no longer improves, or is pruned. By how much less, the trials
    so far tell. What comes after the predefined configurations is thought to take as long as the trials before it, and what is
    under way as long as if it began now.

    Args:
        pacer: Knows costs, speed and the budget.
        outcomes: The trials that have ended.
        predefined: All configurations that the search begins with, in order.
        under_way: The configurations of the trials that run, and of those that an earlier run did not finish.

    Returns:
        The estimate. Without costs, nothing is known of seconds before the first trial has ended.
    """
    budget = pacer.budget
    ended = [outcome for outcome in outcomes if not outcome.is_skipped]
    tried = [*(outcome.configuration for outcome in outcomes), *under_way]
    to_come = [configuration for configuration in predefined if configuration not in tried]
    may_start = None if math.isinf(budget.trials_left) else int(budget.trials_left)
    trials_left = None if may_start is None else len(under_way) + may_start
    seconds = [_expected(pacer, ended, configuration) for configuration in (*under_way, *to_come)]
    known = [each for each in seconds if each is not None]
    first = known[0] if known and len(known) == len(seconds) else None
    if first is not None and budget.seconds_left is not None:
        first = min(first, budget.seconds_left)
    rest = None if trials_left is None else _rest(ended, seconds, trials_left=trials_left, workers=budget.workers)
    limit = None if budget.deadline is None else budget.deadline.remaining()
    ends_by_time = limit is not None and (rest is None or rest > limit)
    return SearchEstimate(
        trials_done=len(ended),
        trials_left=trials_left,
        predefined_left=len(to_come) if may_start is None else min(len(to_come), may_start),
        seconds_to_first_model=None if any(outcome.score is not None for outcome in ended) else first,
        seconds_left=limit if ends_by_time else rest,
        ends_by_time=ends_by_time,
    )


def _expected(pacer: Pacer, ended: Sequence[TrialOutcome], configuration: Configuration) -> float | None:
    """Return how long a configuration's trial will take, as far as that is known."""
    whole = pacer.seconds_of_trial(configuration)
    if whole is None:
        return _mean(ended)
    shares = [
        outcome.seconds / needed
        for outcome in ended
        if outcome.failure is None and (needed := pacer.seconds_of_trial(outcome.configuration))
    ]
    return whole * min(1.0, statistics.median(shares)) if shares else whole


def _rest(
    ended: Sequence[TrialOutcome], expected: Sequence[float | None], *, trials_left: int, workers: int
) -> float | None:
    """Return how long so many more trials will take together, of the first of which it is known what is expected."""
    coming = expected[:trials_left]
    known = [each for each in coming if each is not None]
    mean = _mean(ended)
    if mean is None:
        mean = statistics.fmean(known) if known else None
    if len(known) < len(coming) or (mean is None and trials_left > len(coming)):
        return None if trials_left else 0.0
    return (sum(known) + (trials_left - len(coming)) * (mean or 0.0)) / workers


def _mean(ended: Sequence[TrialOutcome]) -> float | None:
    seconds = [outcome.seconds for outcome in ended if outcome.failure is None]
    return statistics.fmean(seconds) if seconds else None
