"""When a search gives up since its trials fail, and what it says then. Light: attrs only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.search.records import NO_FINITE_SCORE

if TYPE_CHECKING:
    from autokeras_core.search.records import TrialOutcome

__all__ = ["check_failures", "no_model", "why_nothing_can_be_had"]

_IDENTICAL_FAILURES = 3
_SKIPS_IN_A_ROW = 10


def check_failures(outcomes: Sequence[TrialOutcome]) -> None:
    """Raise if the last trials failed in the same way: where none has a model, it is no configuration's fault.

    A loss that diverges may be: only where no score is a number, NaN counts.

    Args:
        outcomes: All trials of a search that has no model, in the order in which they ended.

    Raises:
        SearchError: If they did.
    """
    last = outcomes[-_IDENTICAL_FAILURES:]
    if len(last) < _IDENTICAL_FAILURES or len({outcome.failure for outcome in last}) > 1:
        return
    failure = last[-1].failure
    if failure is not None and (failure.kind == "bug" or NO_FINITE_SCORE in failure.reason):
        message = f"The last {_IDENTICAL_FAILURES} trials all failed in the same way: {failure.reason}"
        raise SearchError(message)


def why_nothing_can_be_had(outcomes: Sequence[TrialOutcome]) -> str | None:
    """Return why a search must stop if it keeps proposing what cannot be had here, or `None`.

    Args:
        outcomes: All trials in the order in which they ended.
    """
    last = outcomes[-_SKIPS_IN_A_ROW:]
    if len(last) < _SKIPS_IN_A_ROW or not all(outcome.is_skipped for outcome in last):
        return None
    return f"the last {_SKIPS_IN_A_ROW} configurations need something that cannot be had"


def no_model(outcomes: Sequence[TrialOutcome], *, stop_reason: str) -> SearchError:
    """Return the error of a search that has ended without a model.

    Args:
        outcomes: All its trials.
        stop_reason: Why it ended.
    """
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    if failures and all(outcome.is_skipped for outcome in outcomes):
        return SearchError(failures[0].reason)  # one clear sentence, which names the ways out
    if not failures:
        return SearchError(
            describe_error(
                "The search ended before it trained a model.",
                expected="time for at least one trial",
                received=f"no trial, stopped because: {stop_reason}",
                advice="Give a larger time_limit.",
            )
        )
    reasons = "; ".join(sorted({f"{failure.kind}: {failure.reason}" for failure in failures}))
    return SearchError(
        describe_error(
            "The search trained no model.",
            expected="at least one trial that completes",
            received=f"{len(failures)} failed ({reasons})",
            advice="See leaderboard() or the journal for each trial's reason.",
        )
    )
