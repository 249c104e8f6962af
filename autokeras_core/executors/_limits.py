"""When a trial hangs, and what becomes of one that waits for a worker. Light: attrs only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from autokeras_core.search.records import Failure

if TYPE_CHECKING:
    from autokeras_core.search.records import TrialJob

__all__ = ["after_waiting", "hang_of", "vain_wait_of"]

_SECONDS_TO_SAVE = 2.5  # a trial that was interrupted may have a model to save


def hang_of(job: TrialJob, *, seconds: float, overdue: float) -> Failure | None:
    """Return the failure of a trial that should have ended by now, and is in code that cannot be interrupted from within.

    Args:
        job: The trial's job.
        seconds: How long it has been running.
        overdue: For how many seconds the search has listened for its end since its time and grace were over.

    Returns:
        The failure; `None` if the trial may go on.
    """
    if job.seconds is None or overdue <= _SECONDS_TO_SAVE:
        return None
    reason = f"it hung: its worker was killed after {seconds:.1f} s, {job.seconds:.1f} s were given"
    return Failure(kind="timeout", reason=reason)


def after_waiting(job: TrialJob, *, seconds: float) -> TrialJob:
    """Return a job as a worker begins with it: that it had to wait costs it nothing, unless the search will end meanwhile.

    Args:
        job: The trial's job as it was submitted.
        seconds: How long it has been waiting.
    """
    if job.seconds is None or job.search_seconds is None:
        return job
    left = job.search_seconds - seconds
    given = max(0.0, min(job.seconds, left))
    return attrs.evolve(job, seconds=given, grace=max(0.0, min(job.grace, left + job.search_grace - given)))


def vain_wait_of(job: TrialJob, *, seconds: float) -> Failure | None:
    """Return the failure of a trial that no worker has begun with before the search's end.

    Args:
        job: The trial's job.
        seconds: How long it has been waiting.

    Returns:
        The failure; `None` if the trial may wait longer.
    """
    if job.search_seconds is None or seconds <= job.search_seconds:
        return None
    reason = f"no worker was free for it within {seconds:.1f} s, {job.search_seconds:.1f} s were left of the search"
    return Failure(kind="not_begun", reason=reason)
