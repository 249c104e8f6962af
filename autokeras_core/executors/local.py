"""The local executor: trials run one after the other in this process."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from autokeras_core.engine.trial import run_trial
from autokeras_core.errors import SearchError

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.executors.base import TrialObserver
    from autokeras_core.search.records import TrialJob, TrialOutcome

__all__ = ["LocalExecutor"]


class LocalExecutor:
    """Runs each trial in the calling process when it is waited for."""

    capacity = 1

    def __init__(self) -> None:
        self._jobs: deque[TrialJob] = deque()
        self._context: TrialContext | None = None
        self._observer: TrialObserver | None = None

    def open(self, context: TrialContext, observer: TrialObserver) -> None:
        """Keep the context: nothing has to be sent anywhere."""
        self._context, self._observer = context, observer

    def submit(self, job: TrialJob) -> None:
        """Queue a job."""
        self._jobs.append(job)

    def wait(self) -> TrialOutcome:
        """Run the oldest queued job and return its outcome."""
        if self._context is None or self._observer is None or not self._jobs:
            message = "The local executor has nothing to run: call open() and submit() first."
            raise SearchError(message)
        return run_trial(self._jobs.popleft(), self._context, self._observer)

    def close(self) -> None:
        """Forget the context and any job that has not run."""
        self._jobs.clear()
        self._context = self._observer = None
