"""When a trial hangs, and when it has waited in vain for a worker. Light: attrs only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core.search.records import Failure

if TYPE_CHECKING:
    from autokeras_core.search.records import TrialJob

__all__ = ["hang_of", "vain_wait_of"]

_SECONDS_TO_SAVE = 2.5  # a trial that was interrupted may have a model to save


def hang_of(job: TrialJob, *, seconds: float, overdue: float) -> Failure | None:
    """Return the failure of a trial that should have ended by now, and is in code that cannot be interrupted from within.

    Args:
        job: The trial's job.
        seconds: How long it has been running.
        overdue: For how many of the seconds since its time and grace were over its end could have been heard of.

    Returns:
        The failure; `None` if the trial may go on.
    """
    if job.seconds is None or overdue <= _SECONDS_TO_SAVE:
        return None
    reason = f"it hung: its worker was killed after {seconds:.1f} s, {job.seconds:.1f} s were given"
    return Failure(kind="timeout", reason=reason)


def vain_wait_of(job: TrialJob, *, seconds: float) -> Failure | None:
    """Return the failure of a trial that no worker has begun with, though its time is over.

    Args:
        job: The trial's job.
        seconds: How long it has been waiting.

    Returns:
        The failure; `None` if the trial may wait longer.
    """
    if job.seconds is None or seconds <= job.seconds + job.grace:
        return None
    reason = f"no worker was free for it within {seconds:.1f} s, {job.seconds:.1f} s were given"
    return Failure(kind="timeout", reason=reason)
