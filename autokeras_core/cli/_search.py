"""Runs a search for the commands `fit` and `resume`, and writes what came out. Light: see `_models`."""

from __future__ import annotations

import contextlib
import inspect
import os
import shlex
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import click

from autokeras_core.cli._command import COMMAND_FILE, FitCommand
from autokeras_core.cli._models import load_model, load_task, only_messages
from autokeras_core.cli._output import Format, Table, write
from autokeras_core.cli._session import Session
from autokeras_core.errors import SearchError, describe_error
from autokeras_core.names import suggest
from autokeras_core.search.budget import ending_trials_after
from autokeras_core.search.events import INTERRUPTED, TRIAL_STARTED
from autokeras_core.search.identity import OtherSearchError
from autokeras_core.search.journal import is_locked, read_events
from autokeras_core.search.opening import calling_when_opened
from autokeras_core.search.place import JOURNAL_FILE, prepare_place
from autokeras_core.search.report import SearchReport, read_report
from autokeras_core.search.session import write_json

__all__ = ["INTERRUPTED_CODE", "save_model", "search", "write_result"]

INTERRUPTED_CODE = 130
"""The exit code after Ctrl-C."""

_STOPPING = b"\nStopping; the best model so far is kept. Ctrl-C once more aborts.\n"

# Arguments of a task that the command line passes itself.
_OWN_ARGUMENTS = frozenset({"directory", "max_trials", "overwrite", "time_limit"})


def search(
    session: Session,
    command: FitCommand,
    *,
    directory: Path,
    max_trials: int | None,
    time_limit: float | None,
    seconds_of_trials: float | None = None,
    is_new: bool = False,
    overwrite: bool = False,
    is_quiet: bool = False,
) -> bool:
    """Run a search, or go on with the one in the directory, and save its model if the command says so.

    Args:
        session: The run of the command line.
        command: What to search for; kept in the directory.
        directory: Where the search is kept.
        max_trials: How many trials this run may make up to, as `AutoModel` counts them.
        time_limit: How many seconds this run may take.
        seconds_of_trials: After how many of them trials end; `None` where only the time limit ends them.
        is_new: Whether the directory was made for it, and goes if the search is refused.
        overwrite: Whether to delete a search that is there.
        is_quiet: Whether nothing of its course is shown.

    Returns:
        Whether Ctrl-C ended it. The best model so far is in the directory then.

    Raises:
        SearchError: If it cannot start, or finds no model.
        DataError: If the data cannot be used.
        click.exceptions.Exit: If Ctrl-C came before there was a model, or a second time.
    """
    with only_messages(session):
        with _kept_command(command, directory, is_new=is_new):
            task = load_task(session, command.task)
            _check_options(task, command)
            model = task(
                **_options(command),
                max_trials=max_trials,
                time_limit=time_limit,
                directory=directory,
                overwrite=overwrite,
            )
            with _stopping_gently(), ending_trials_after(seconds_of_trials):
                try:
                    history = model.fit(
                        command.x,
                        command.y,
                        validation_data=command.validation_data,
                        verbose=0 if is_quiet else 1,
                        **command.fit_options,
                    )
                except KeyboardInterrupt:
                    session.tell(_aborted(directory))
                    raise click.exceptions.Exit(INTERRUPTED_CODE) from None
                except SearchError as error:
                    if _has_trials(directory) and not isinstance(error, OtherSearchError):
                        session.tell(f"`{_command_on('leaderboard', directory)}` shows what became of each trial.")
                    raise
        if command.output is not None:
            model.save(command.output)
    return bool(history.stop_reason == INTERRUPTED)


def save_model(session: Session, directory: Path, output: Path) -> None:
    """Save the model of a search that has ended, with its preprocessing and record."""
    with only_messages(session):
        load_model(session, directory).save(output)


def write_result(report: SearchReport, *, model: Path, output_format: Format) -> None:
    """Write what a search found on stdout, and which commands use it."""
    best, score, ensemble = report.best, report.best_score, report.ensemble
    if best is None or score is None:
        reasons = sorted({outcome.failure.kind for outcome in report.outcomes if outcome.failure is not None})
        raise SearchError(
            describe_error(
                "The search has found no model.",
                expected="at least one trial that completes",
                received=f"{len(report.outcomes)} trials" + (f", all failed ({', '.join(reasons)})" if reasons else ""),
                advice=f"`{_command_on('leaderboard', report.directory)}` shows each trial's reason.",
            )
        )
    failed = sum(outcome.status == "failed" and not outcome.is_skipped for outcome in report.outcomes)
    pruned = sum(outcome.status == "pruned" for outcome in report.outcomes)
    who = f"trial {best.trial_id}" if ensemble is None else f"ensemble of {len(ensemble.weights)} trials"
    rows = [
        (f"best {report.objective}", f"{score:.4f} ({who})"),
        ("trials", f"{report.counted_trials} in {report.seconds:.0f} s ({pruned} ended early, {failed} failed)"),
        ("ended by", report.stop_reason or "nothing: it was cut off"),
        ("search", str(report.directory)),
        ("model", str(model)),
        ("next", f"{_command_on('predict', model)} DATA"),
        ("", f"{_command_on('evaluate', model)} DATA"),
        ("", f"{_command_on('export', model)} model.keras"),
        ("", _command_on("leaderboard", report.directory)),
        *([("", _command_on("resume", report.directory))] if report.state == "interrupted" else []),
    ]
    data = {
        "task": report.task,
        "directory": str(report.directory),
        "model": str(model),
        "state": report.state,
        "stop_reason": report.stop_reason,
        "seconds": report.seconds,
        "objective": report.objective,
        "direction": "max" if report.maximise else "min",
        "best_score": score,
        "best_trial": {
            "trial_id": best.trial_id,
            "score": best.score,
            "metrics": dict(best.metrics),
            "configuration": dict(best.configuration),
        },
        "ensemble": None if ensemble is None else ensemble.to_json(),
        "trials": report.counted_trials,
        "pruned": pruned,
        "failed": failed,
    }
    write(
        output_format,
        tables=[Table(columns=("what", "value"), rows=rows)],
        data={"search": data},
        names=[str(model)],
    )


def _command_on(name: str, path: Path) -> str:
    """Return a command as one types it, whatever is in the path."""
    return f"autokeras {name} {shlex.quote(str(path))}"


def _options(command: FitCommand) -> dict[str, Any]:
    """Return the constructor's arguments as Python has them: JSON knows no tuples."""
    options = dict(command.options)
    if isinstance(options.get("objective"), list):
        options["objective"] = tuple(options["objective"])
    return options


def _check_options(task: type[Any], command: FitCommand) -> None:
    """Check that the task takes the options, before anything is made.

    Raises:
        SearchError: If it does not; all wrong ones are named.
    """
    parameters = _keyword_parameters(task)
    known = sorted(set(parameters) - _OWN_ARGUMENTS)
    unknown = [name for name in command.options if name not in known]
    if unknown:
        raise SearchError(
            describe_error(
                f"{command.task} does not take {' and '.join(unknown)}.",
                expected=f"options out of {known}",
                received=", ".join(f"{name}={command.options[name]!r}" for name in unknown),
                advice=" ".join(filter(None, (suggest(name, known) for name in unknown)))
                or "Limits, seed, folder and the like have command-line options of their own: see --help.",
            )
        )


def _keyword_parameters(task: type[Any]) -> set[str]:
    """Return the keyword arguments of a class; where it passes on others, those of its base classes' too."""
    names: set[str] = set()
    for cls in task.__mro__:
        if "__init__" not in vars(cls):
            continue
        parameters = inspect.signature(vars(cls)["__init__"]).parameters.values()
        names |= {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}
        if not any(each.kind is each.VAR_KEYWORD for each in parameters):
            break
    return names - {"block", "task"}  # what a task is made of


@contextlib.contextmanager
def _kept_command(command: FitCommand, directory: Path, *, is_new: bool) -> Iterator[None]:
    """Keep the command in the search's directory, as soon as that is known to hold the command's search.

    Until then it may hold another one, whose command stays, whatever ends this run. Where no search has begun a trial it is
    kept at once, so that `resume` can do what was cut off while it read the data; if it is refused, it goes.
    """
    prepare_place(directory)
    path = directory / COMMAND_FILE
    is_free, before = _is_free(directory), _content(path)
    is_known = False

    def keep() -> None:
        nonlocal is_known
        write_json(path, command.to_json())
        is_known = True

    if is_free:
        write_json(path, command.to_json())
    try:
        with calling_when_opened(keep):
            yield
    except (KeyboardInterrupt, click.exceptions.Exit):
        raise  # nobody refused it
    except BaseException:
        if is_locked(directory / JOURNAL_FILE):
            raise  # another process has begun its search here meanwhile: all that is there is its own
        is_refused = is_free and not is_known
        if is_refused and before is not None:
            path.write_bytes(before)
        elif is_refused:
            path.unlink()
        if is_new and not _has_trials(directory):
            shutil.rmtree(directory)
        raise


def _is_free(directory: Path) -> bool:
    """Return whether no search has begun a trial in a directory, and none is about to."""
    if is_locked(directory / JOURNAL_FILE):
        return False
    try:
        return not _has_trials(directory)
    except SearchError:  # a journal that cannot be read may tell of trials
        return False


def _has_trials(directory: Path) -> bool:
    """Return whether a search has begun a trial."""
    journal = directory / JOURNAL_FILE
    return journal.exists() and any(event["event"] == TRIAL_STARTED for event in read_events(journal))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


@contextlib.contextmanager
def _stopping_gently() -> Iterator[None]:
    """Say at the first Ctrl-C what it does; the search then ends, which may take some seconds."""
    if threading.current_thread() is not threading.main_thread():  # only there are signals handled
        yield
        return
    is_first = True

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal is_first
        if is_first:
            os.write(2, _STOPPING)  # not by way of sys.stderr, which may be in the middle of writing
        is_first = False
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _aborted(directory: Path) -> str:
    """Return what is left after a search was aborted."""
    resume = f"`{_command_on('resume', directory)}` goes on with it."
    try:
        report = read_report(directory)
    except SearchError:
        return f"Interrupted before the search began. {resume}"
    if report.best is None:
        return f"Interrupted before a model was trained. {resume}"
    score = f"{report.objective} {report.best_score:.4f}"
    return f"Aborted. The best model so far ({score}) is kept in {directory}. {resume}"
