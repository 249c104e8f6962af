"""What a user sees while a search runs: a live display on a terminal, plain lines elsewhere, or nothing.

Light but for rich, which is imported only for the live display.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import attrs

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

    from autokeras_core.search.estimate import SearchEstimate
    from autokeras_core.search.records import EnsembleRecord, TrialOutcome

__all__ = ["LiveProgress", "PlainProgress", "Progress", "SearchOutline", "SilentProgress", "make_progress"]

_SHOWN_DIFFERENCES = 4


@attrs.frozen(kw_only=True)
class SearchOutline:
    """What is known when a search starts.

    Attributes:
        objective: The metric that is optimised.
        max_trials: How many trials will run at most, or `None`.
        time_limit: How many seconds there are, or `None`.
        rows: The number of training rows.
        validation_rows: The number of validation rows.
        directory: Where the search is kept.
        trials_done: How many trials an earlier run of the same search has finished, skipped ones left out.
        best: The best of those; `None` if there is none.
        workers: How many trials run at once.
    """

    objective: str
    max_trials: int | None
    time_limit: float | None
    rows: int
    validation_rows: int
    directory: str
    trials_done: int = 0
    best: TrialOutcome | None = None
    workers: int = 1


class Progress(Protocol):
    """Is told what happens in a search. Also a `TrialObserver`, for what happens inside trials."""

    def search_started(self, outline: SearchOutline) -> None:
        """A search starts."""
        ...

    def estimated(self, estimate: SearchEstimate) -> None:
        """At its start and after each trial: what is expected of the rest of the search."""
        ...

    def trial_started(self, trial_id: str, *, number: int, difference: Mapping[str, tuple[Any, Any]]) -> None:
        """A trial starts; `difference` holds old and new values against the best configuration so far."""
        ...

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Something happened inside a trial."""
        ...

    def trial_ended(self, outcome: TrialOutcome, best: TrialOutcome | None) -> None:
        """A trial has ended; `best` is the best completed one so far."""
        ...

    def search_ended(self, reason: str, best: TrialOutcome | None) -> None:
        """The search has ended, for better or worse."""
        ...

    def ensemble_selected(self, ensemble: EnsembleRecord) -> None:
        """After its end, an ensemble was put together that scores better than the best trial."""
        ...

    def note(self, text: str) -> None:
        """After its end, something else worth a line happened."""
        ...


class SilentProgress:
    """Shows nothing (`verbose=0`)."""

    def search_started(self, outline: SearchOutline) -> None:
        """Do nothing."""

    def estimated(self, estimate: SearchEstimate) -> None:
        """Do nothing."""

    def trial_started(self, trial_id: str, *, number: int, difference: Mapping[str, tuple[Any, Any]]) -> None:
        """Do nothing."""

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Do nothing."""

    def trial_ended(self, outcome: TrialOutcome, best: TrialOutcome | None) -> None:
        """Do nothing."""

    def search_ended(self, reason: str, best: TrialOutcome | None) -> None:
        """Do nothing."""

    def ensemble_selected(self, ensemble: EnsembleRecord) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""


@attrs.define
class PlainProgress:
    """Writes one line for each thing worth knowing, for logs, pipes and notebooks.

    Where several trials run at once, each line says which one it is about.

    Attributes:
        stream: Where to write; by default standard output.
    """

    stream: TextIO = attrs.field(factory=lambda: sys.stdout)
    _outline: SearchOutline | None = None
    _started: float = 0.0
    _numbers: dict[str, int] = attrs.field(factory=dict)
    _has_reader: bool = True

    def search_started(self, outline: SearchOutline) -> None:
        """Write what the search is about to do."""
        self._outline, self._started = outline, time.monotonic()
        self._write(f"Search: {describe_outline(outline)}")

    def estimated(self, estimate: SearchEstimate) -> None:
        """Write when the first model and the end are expected; after a trial, how many are left."""
        line = describe_estimate(estimate, now=time.time())
        self._write(f"  {line}" if estimate.trials_done else f"Expect {line}")

    def trial_started(self, trial_id: str, *, number: int, difference: Mapping[str, tuple[Any, Any]]) -> None:
        """Write the trial's number and what it changes."""
        self._numbers[trial_id] = number
        self._write(f"Trial {number}: {describe_difference(difference)}")

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Write a line for each epoch, and one where a trial goes on that was cut off."""
        if event == "epoch":
            line = f"epoch {fields['epoch']}/{fields['epochs']}  {describe_metrics(fields['metrics'])}"
            self._write(f"  {self._which(trial_id)}{line}")
        elif event == "resumed":
            self._write(f"  {self._which(trial_id)}goes on after epoch {fields['epoch']}, where it was cut off")

    def trial_ended(self, outcome: TrialOutcome, best: TrialOutcome | None) -> None:
        """Write the trial's result and the best so far."""
        assert self._outline is not None
        self._write(f"  {self._which(outcome.trial_id)}{describe_outcome(outcome, best, self._outline.objective)}")

    def search_ended(self, reason: str, best: TrialOutcome | None) -> None:
        """Write why the search ended and what it found."""
        assert self._outline is not None
        self._write(describe_end(reason, best, self._outline.objective, seconds=time.monotonic() - self._started))

    def ensemble_selected(self, ensemble: EnsembleRecord) -> None:
        """Write what the ensemble scores."""
        self._write(describe_ensemble(ensemble))

    def note(self, text: str) -> None:
        """Write the line."""
        self._write(text)

    def _which(self, trial_id: str) -> str:
        """Return what stands before a line about a trial; nothing where the last trial that began is the only one."""
        assert self._outline is not None
        return f"trial {self._numbers.get(trial_id, '?')}: " if self._outline.workers > 1 else ""

    def _write(self, line: str) -> None:
        if not self._has_reader:
            return
        try:
            print(line, file=self.stream, flush=True)
        except BrokenPipeError:  # nobody reads on, as with `| head`; that is no reason to end a search
            self._has_reader = False


@attrs.define(kw_only=True)
class _Running:
    """What the live display shows of a trial."""

    title: str
    difference: str
    epoch: str = "building"
    share: float = 0.0


class LiveProgress:
    """A live display for terminals: for each running trial its difference from the best and epochs; best, time left."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console()
        self._live: Live | None = None
        self._outline: SearchOutline | None = None
        self._started = 0.0
        self._running: dict[str, _Running] = {}
        self._best = self._estimate = ""

    def search_started(self, outline: SearchOutline) -> None:
        """Open the display."""
        from rich.live import Live

        self._outline, self._started = outline, time.monotonic()
        self._best = describe_best(outline.best, outline.objective)
        self._console.print(f"Search: {describe_outline(outline)}", highlight=False, markup=False)
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4, transient=True)
        self._live.start()

    def estimated(self, estimate: SearchEstimate) -> None:
        """Show what is expected."""
        self._estimate = describe_estimate(estimate, now=time.time())

    def trial_started(self, trial_id: str, *, number: int, difference: Mapping[str, tuple[Any, Any]]) -> None:
        """Show the trial and what it changes."""
        assert self._outline is not None
        total = f"/{self._outline.max_trials}" if self._outline.max_trials is not None else ""
        self._running[trial_id] = _Running(title=f"{number}{total}", difference=describe_difference(difference))

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Show how far the trial is."""
        running = self._running.get(trial_id)
        if running is None:
            return
        if event == "batch":
            done = fields["epoch"] - 1 + fields["share"]
            running.share = done / max(fields["epochs"], 1)
            metrics = running.epoch.partition("  ")[2]
            running.epoch = f"{fields['epoch']}/{fields['epochs']}" + (f"  {metrics}" if metrics else "")
        elif event == "epoch":
            running.share = fields["epoch"] / max(fields["epochs"], 1)
            running.epoch = f"{fields['epoch']}/{fields['epochs']}  {describe_metrics(fields['metrics'])}"

    def trial_ended(self, outcome: TrialOutcome, best: TrialOutcome | None) -> None:
        """Print the trial's result above the display."""
        assert self._outline is not None
        running = self._running.pop(outcome.trial_id)
        self.note(f"Trial {running.title}: {describe_outcome(outcome, best, self._outline.objective)}")
        self._best = describe_best(best, self._outline.objective)

    def search_ended(self, reason: str, best: TrialOutcome | None) -> None:
        """Close the display and print the result."""
        assert self._outline is not None
        if self._live is not None:
            self._live.stop()
            self._live = None
        self.note(describe_end(reason, best, self._outline.objective, seconds=time.monotonic() - self._started))

    def ensemble_selected(self, ensemble: EnsembleRecord) -> None:
        """Print what the ensemble scores."""
        self.note(describe_ensemble(ensemble))

    def note(self, text: str) -> None:
        """Print the line."""
        self._console.print(text, highlight=False, markup=False)

    def _render(self) -> Group:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        shown: list[Table | ProgressBar] = []
        for running in list(self._running.values()):  # another thread than the search's draws
            trial = Table.grid(padding=(0, 2))
            trial.add_row("Trial", Text(running.title))
            trial.add_row("Changes", Text(running.difference))
            trial.add_row("Epoch", Text(running.epoch))
            shown += [trial, ProgressBar(total=1.0, completed=min(running.share, 1.0), width=60)]
        search = Table.grid(padding=(0, 2))
        search.add_row("Best so far", Text(self._best))
        search.add_row("Time", Text(self._time()))
        search.add_row("Expected", Text(self._estimate))
        return Group(*shown, search)

    def _time(self) -> str:
        spent = time.monotonic() - self._started
        limit = self._outline.time_limit if self._outline is not None else None
        left = f", {max(0.0, limit - spent):.0f} s left" if limit is not None else ""
        return f"{spent:.0f} s{left}"


def make_progress(verbose: int) -> Progress:
    """Return the display for `verbose`: 0 nothing, 1 live on a terminal and lines elsewhere, 2 always lines."""
    if verbose == 0:
        return SilentProgress()
    if verbose == 1 and sys.stdout.isatty():
        return LiveProgress()
    return PlainProgress()


def describe_outline(outline: SearchOutline) -> str:
    """Return one line on what a search is about to do."""
    limits = [f"at most {outline.max_trials} trials"] if outline.max_trials is not None else []
    limits += [f"at most {outline.time_limit:g} s"] if outline.time_limit is not None else []
    limits += [f"{outline.workers} at once"] if outline.workers > 1 else []
    resumed = f", {outline.trials_done} trials done before" if outline.trials_done else ""
    return (
        f"optimise {outline.objective}, {', '.join(limits) or 'no limit'}; {outline.rows:,} rows to train on, "
        f"{outline.validation_rows:,} to validate{resumed}; kept in {outline.directory}"
    )


def describe_estimate(estimate: SearchEstimate, *, now: float) -> str:
    """Return what is expected of the rest of a search.

    Args:
        estimate: The estimate.
        now: The time of day, in seconds since 1970, as `time.time` returns it.

    Example:
        ```python
        describe_estimate(estimate, now=time.time())
        # "a first model after about 6 s; 8 predefined networks to begin with; the end at about 14:05:10"
        ```
    """
    parts = []
    if estimate.seconds_to_first_model is not None:
        parts.append(f"a first model after about {_seconds(estimate.seconds_to_first_model)}")
    if estimate.trials_done:
        left = "" if estimate.trials_left is None else f", {estimate.trials_left} left at most"
        parts.append(f"{estimate.trials_done} {'trials' if estimate.trials_done > 1 else 'trial'} done{left}")
    if estimate.predefined_left:
        networks = "networks" if estimate.predefined_left > 1 else "network"
        beginning = "still to come" if estimate.trials_done else "to begin with"
        parts.append(f"{estimate.predefined_left} predefined {networks} {beginning}")
    if estimate.seconds_left is not None:
        end = time.strftime("%H:%M:%S", time.localtime(now + estimate.seconds_left))
        about = "by" if estimate.ends_by_time else "at about"
        parts.append(f"the end {about} {end}, in {_seconds(estimate.seconds_left)}")
    return "; ".join(parts) or "nothing yet: how long a trial takes is not known"


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def describe_difference(difference: Mapping[str, tuple[Any, Any]]) -> str:
    """Return what a configuration changes against the best, shortened to a few hyperparameters."""
    if not difference:
        return "first configuration"
    shown = [f"{name}: {_value(old)} -> {_value(new)}" for name, (old, new) in difference.items()]
    more = f" and {len(shown) - _SHOWN_DIFFERENCES} more" if len(shown) > _SHOWN_DIFFERENCES else ""
    return ", ".join(shown[:_SHOWN_DIFFERENCES]) + more


def describe_metrics(metrics: Mapping[str, float]) -> str:
    """Return metrics as text, e.g. `loss 0.1234  val_accuracy 0.9876`."""
    return "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())


def describe_outcome(outcome: TrialOutcome, best: TrialOutcome | None, objective: str) -> str:
    """Return one line on how a trial ended."""
    if outcome.failure is not None and outcome.is_skipped:
        return f"skipped, and not counted: {outcome.failure.reason}"
    if outcome.failure is not None:
        return f"failed after {outcome.seconds:.1f} s ({outcome.failure.kind}): {outcome.failure.reason}"
    cut = ", cut short by the time limit" if outcome.cut_short else ""
    if outcome.status == "pruned":
        cut = ", pruned: others did better by then"
    standing = "" if best is None else "best so far" if best.trial_id == outcome.trial_id else f"best {best.score:.4f}"
    return (
        f"{objective} {outcome.score:.4f} in {outcome.seconds:.1f} s "
        f"(epoch {outcome.best_epoch} of {outcome.epochs}{cut}; {outcome.parameters:,} parameters); {standing}"
    )


def describe_best(best: TrialOutcome | None, objective: str) -> str:
    """Return what the best trial scores, and which it is."""
    return f"{objective} {best.score:.4f} (trial {best.trial_id})" if best else "none yet"


def describe_end(reason: str, best: TrialOutcome | None, objective: str, *, seconds: float) -> str:
    """Return one line on how a search ended."""
    found = f"best {describe_best(best, objective)}" if best else "no model"
    return f"Search ended after {seconds:.1f} s: {reason}; {found}"


def describe_ensemble(ensemble: EnsembleRecord) -> str:
    """Return one line on an ensemble and its members, e.g. `Ensemble of 2: ...; trial 3 x 0.67, trial 0 x 0.33`."""
    members = ", ".join(f"trial {trial_id} x {weight:.2f}" for trial_id, weight in ensemble.weights.items())
    line = str(ensemble)
    return f"{line[0].upper()}{line[1:]}; {members}"


def _value(value: Any) -> str:
    return "-" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
