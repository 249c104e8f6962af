"""What the driver asks of an executor: to run trials somewhere. Light: protocols only.

An executor is registered by a plugin (`autokeras_register_executors`) and chosen by name, `executor="local"`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from autokeras_core.engine.context import TrialContext
    from autokeras_core.search.records import TrialJob, TrialOutcome

__all__ = ["Executor", "TrialObserver"]


class TrialObserver(Protocol):
    """Is told what happens inside running trials; used for the progress display. Must be quick."""

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Take note of an event.

        * `"built"`: `parameters`, how many the model has;
        * `"resumed"`: `epoch`, the last one of an earlier run, from whose checkpoint the trial goes on;
        * `"batch"`: `epoch`, `epochs` (how many there will be) and `share` of the epoch, from 0 to 1;
        * `"epoch"`: `epoch`, `epochs` and `metrics`, its values by name.
        """
        ...


@runtime_checkable
class Executor(Protocol):
    """Runs trials. One driver thread owns it: `open`, then `submit` and `wait` in turn, then `close`.

    The class that a plugin registers is made without arguments, or as `cls(workers=n)` if its constructor takes that and the
    user says how many (`n` may be `"auto"`).

    Attributes:
        capacity: How many jobs may be submitted before `wait` must return one. It may fall while trials run, as workers are
            lost for good; it is asked for anew before each submission.
    """

    capacity: int

    def open(self, context: TrialContext, observer: TrialObserver) -> None:
        """Get ready to run trials of one search."""
        ...

    def submit(self, job: TrialJob) -> None:
        """Accept a job; it may start at once or in `wait`."""
        ...

    def wait(self) -> TrialOutcome:
        """Return the outcome of a submitted job when one has ended, whichever it is.

        A failed trial is an outcome, no exception. One whose worker died has the kind `"crash"` or `"oom"`, and is submitted
        once more; one whose worker had to be killed, since it did not end in time, has the kind `"timeout"`. One that no
        worker was free for within its `search_seconds`, or whose time was up before it could go on from its checkpoint, has
        the kind `"not_begun"`: it stays as it is, for a later run.
        """
        ...

    def close(self) -> None:
        """Stop running trials and free what `open` took, also where Ctrl-C comes meanwhile."""
        ...
