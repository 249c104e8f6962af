"""How long a search, and each of its trials, may take. Light: attrs only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import attrs

from autokeras_core.data.epochs import ROWS_PER_EPOCH
from autokeras_core.engine.deadline import Deadline
from autokeras_core.search.records import GRACE

__all__ = ["DEFAULT_MAX_TRIALS", "Budget", "deadline_of_trials", "ending_trials_after", "planned_epochs"]

DEFAULT_MAX_TRIALS = 10
"""How many trials a search runs if neither `max_trials` nor `time_limit` is given."""

_MOST_EPOCHS_FOR_STEPS = 256
_SHARE = 1 / 3
_MARGIN = 1.2  # on what a trial is thought to need
_SECONDS_TO_FINISH = 1.0
_SECONDS_TO_COMPLETE = 5.0  # for loading and choosing a model where the trials have used up all time
_SHORTEST_TRIAL = 2.0
_SHARE_OF_GRACE = 0.25
_SECONDS_TO_SAVE = 0.5
_WORTHWHILE = 0.5  # of the time a trial is known to need; with less it is cut too short to win

_END_OF_TRIALS: ContextVar[Deadline | None] = ContextVar("_END_OF_TRIALS", default=None)


@contextmanager
def ending_trials_after(seconds: float | None) -> Iterator[None]:
    """Have the trials of a search that is run in the `with` block end after so many seconds, whatever its time limit is.

    To complete a search that has a model, by way of a task, in what is left of its time, which may be nothing. The time
    limit is that of the whole search then, so that reading the data is not given up. What follows the last trial is done
    all the same: a search keeps time for that.

    Args:
        seconds: How long trials may go on, from now; `None` for as long as the time limit says.

    Example:
        ```python
        with ending_trials_after(0.0):  # chooses and refits, and starts no trial
            model.fit(x, y, time_limit=600)
        ```
    """
    token = _END_OF_TRIALS.set(None if seconds is None else Deadline.after(seconds))
    try:
        yield
    finally:
        _END_OF_TRIALS.reset(token)


def deadline_of_trials(deadline: Deadline | None) -> Deadline | None:
    """Return the deadline of a search's trials: that of the whole `fit`, where `ending_trials_after` says no other."""
    end = _END_OF_TRIALS.get()
    return deadline if end is None else end


def planned_epochs(rows: int, *, least_steps: int = 0, batch_size: int = 64) -> int:
    """Return for how many epochs to train at most if the user does not say.

    More rows need fewer passes, but more than proportionally many steps: the number falls with the fourth root of
    the rows, from 100 (below 80 rows) to 10 (above 800,000). Where a pass over the rows is more than one epoch, the
    number grows with the passes: the fourth root of the rows goes on to tell how many these are.

    Args:
        rows: The number of training rows.
        least_steps: How many training steps are wanted at least: with few rows up to 256 epochs are planned for them.
        batch_size: How many rows a step has.

    Example:
        ```python
        planned_epochs(3_200)  # 40
        planned_epochs(54_000)  # 20
        planned_epochs(640, least_steps=3_000, batch_size=32)  # 150
        ```
    """
    passes: float = 40 * (3200 / max(rows, 1)) ** 0.25
    if rows > ROWS_PER_EPOCH:
        return max(10, round(passes * rows / ROWS_PER_EPOCH))
    steps_per_epoch = math.ceil(max(rows, 1) / batch_size)
    for_steps = min(_MOST_EPOCHS_FOR_STEPS, math.ceil(least_steps / steps_per_epoch))
    return max(min(100, max(10, round(passes))), for_steps)


@attrs.define(kw_only=True)
class Budget:
    """What is left of a search's trials and seconds.

    Attributes:
        max_trials: How many trials may be started; `None` for no limit.
        deadline: When the trials and what follows them must have ended; `None` for no limit.
        started_trials: How many trials were started, in earlier runs of the same search too.
        skipped_trials: How many of them turned out to need what cannot be had, and count as none.
        reserve: How many of the seconds are kept for what comes after the last trial, such as choosing an ensemble.
        workers: How many trials run at once.
        started_here: Whether this run of the search has started a trial, or gone on with one.
    """

    max_trials: int | None
    deadline: Deadline | None
    started_trials: int = 0
    skipped_trials: int = 0
    reserve: float = 0.0
    workers: int = 1
    started_here: bool = False
    _whole: float | None = None
    _cut: float = 0.0

    @property
    def trials_left(self) -> float:
        """How many more trials may be started."""
        return float("inf") if self.max_trials is None else max(0, self.max_trials - self._counted_trials)

    @property
    def seconds_left(self) -> float | None:
        """How many seconds trials may still take; `None` for no limit."""
        return None if self.deadline is None else self._seconds_left

    @property
    def has_started(self) -> bool:
        """Whether a trial that counts was started."""
        return self._counted_trials > 0

    def seconds_for_next_trial(self, *, needed: float | None = None, share: float | None = None) -> float | None:
        """Return how long the next trial may take; `None` for no limit.

        Where it is known what the trial needs, it gets that and a little more. Where nothing is known it gets a third of
        what is left, or an equal share if fewer than three trials are to come: so the first model does not eat the
        budget of the second, and what a trial leaves over goes to those after it. Where too little would be left for
        another trial, the next one gets all and is the last.

        Args:
            needed: How many seconds the trial is thought to take; `None` where that is not known.
            share: The share of the time that is left, in place of a third.
        """
        if self.deadline is None:
            return None
        left = self._seconds_left
        equal = left / max(self._rounds_left, 1)
        if needed is not None:
            seconds = max(_MARGIN * needed, equal)
            return seconds if left - seconds >= max(self._worthwhile, _SHORTEST_TRIAL) else left
        seconds = max((_SHARE if share is None else share) * left, equal)
        return seconds if seconds >= self._worthwhile else left

    def grace_for(self, seconds: float | None, *, has_model: bool) -> float:
        """Return how much longer than it may a trial is left alone before it is interrupted.

        A trial ends by itself soon after its time is up, so this is for what hangs. As long as there is no model, a
        trial may go on up to a little beyond the whole time limit: a first model that comes late is worth more than none.
        After that it may take a quarter longer than it was given, or two seconds, and so that its model can be saved in time.

        Args:
            seconds: How long the trial may take; `None` for no limit.
            has_model: Whether the search has a model already.
        """
        if self.deadline is None or seconds is None:
            return GRACE
        most = max(0.0, self.deadline.remaining_until_interruption() - seconds)
        return min(max(0.0, most - _SECONDS_TO_SAVE), max(GRACE, _SHARE_OF_GRACE * seconds)) if has_model else most

    def time_to_wait(self, *, has_model: bool) -> tuple[float | None, float]:
        """Return how long a trial may wait for a worker, and how much longer one is left alone that has begun by then.

        Once there is a model no trial begins in the time that is kept for what comes after the last one.

        Args:
            has_model: Whether the search has a model already.
        """
        if self.deadline is None:
            return None, GRACE
        seconds = self._seconds_left if has_model else self.deadline.remaining()
        most = self.deadline.remaining_until_interruption() - (_SECONDS_TO_SAVE if has_model else 0.0)
        return seconds, max(0.0, most - seconds)

    def note_trial(self, seconds: float, *, cut_short: bool) -> None:
        """Take note of how long a completed trial took, and whether its time ended it."""
        if cut_short:
            self._cut = max(seconds, self._cut)
        else:
            self._whole = seconds if self._whole is None else min(seconds, self._whole)

    def reason_to_stop(self) -> str | None:
        """Return why no further trial should start, or `None` if one should.

        The first trial of a run that goes on with a search is begun in any time in which something can be trained, also if
        that is less than the trials before took: the time was given for something.
        """
        if self.trials_left <= 0:
            return f"max_trials={self.max_trials} reached"
        if self.deadline is None or self._counted_trials == 0:
            return None  # something must be tried, however little time there is
        least = self._worthwhile if self.started_here else _SHORTEST_TRIAL
        return "time_limit reached" if self._seconds_left < least else None

    def deadline_to_complete(self, deadline: Deadline | None) -> Deadline | None:
        """Return when what follows the last trial must have ended.

        That is with the whole `fit`. Where `ending_trials_after` has given the trials a deadline of their own, it is theirs; but
        what is kept for this, and some seconds to load a model, are there in any case.

        Args:
            deadline: When the whole `fit` must have ended; `None` for no limit.
        """
        if self.deadline is None or self.deadline is deadline:
            return deadline
        return Deadline.after(max(self.deadline.remaining(), self.reserve + _SECONDS_TO_COMPLETE))

    @property
    def is_time_up(self) -> bool:
        """Whether too little time is left for any trial."""
        return self.deadline is not None and self._seconds_left < _SHORTEST_TRIAL

    @property
    def is_all_over(self) -> bool:
        """Whether a trial would be interrupted before it began: what is allowed beyond the limit has passed, too."""
        return self.deadline is not None and self.deadline.remaining_until_interruption() <= 0.0

    @property
    def _counted_trials(self) -> int:
        return self.started_trials - self.skipped_trials

    @property
    def _rounds_left(self) -> float:
        """How often the workers can still be given a trial each."""
        return self.trials_left if math.isinf(self.trials_left) else math.ceil(self.trials_left / self.workers)

    @property
    def _seconds_left(self) -> float:
        assert self.deadline is not None
        return max(0.0, self.deadline.remaining() - _SECONDS_TO_FINISH - self.reserve)

    @property
    def _worthwhile(self) -> float:
        """The least time that a trial is worth starting with: a part of the shortest one that trained to its end.

        Where all were cut short, of the longest of them.
        """
        if self._counted_trials == 0:
            return 0.0
        known = self._whole if self._whole is not None else self._cut
        return max(_SHORTEST_TRIAL, _WORTHWHILE * known)
