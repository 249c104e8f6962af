"""When a trial hangs. Light: attrs only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autokeras_core.search.records import Failure

if TYPE_CHECKING:
    from autokeras_core.search.records import TrialJob

__all__ = ["hang_of"]

_SECONDS_TO_SAVE = 2.5  # a trial that was interrupted may have a model to save


def hang_of(job: TrialJob, *, seconds: float) -> Failure | None:
    """Return the failure of a trial that should have ended by now, and is in code that cannot be interrupted from within.

    Args:
        job: The trial's job.
        seconds: How long it has been running.

    Returns:
        The failure; `None` if the trial may go on.
    """
    if job.seconds is None or seconds <= job.seconds + job.grace + _SECONDS_TO_SAVE:
        return None
    reason = f"it hung: its worker was killed after {seconds:.1f} s, {job.seconds:.1f} s were given"
    return Failure(kind="timeout", reason=reason)
