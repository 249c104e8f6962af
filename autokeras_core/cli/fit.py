"""`autokeras fit` and `autokeras resume`: search for a model for data in files. Light until the search starts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

import attrs
import click

from autokeras_core.cli._command import COMMAND_FILE, FitCommand
from autokeras_core.cli._models import data_argument
from autokeras_core.cli._output import Format, format_option
from autokeras_core.cli._parameters import ASSIGNMENT, DURATION, OBJECTIVE, WORKERS, split_names
from autokeras_core.cli._places import check_output, new_directory
from autokeras_core.cli._search import INTERRUPTED_CODE, save_model, search, write_result
from autokeras_core.cli._session import Session, pass_session
from autokeras_core.errors import AutoKerasError, RegistryError, SearchError, describe_error
from autokeras_core.search.identity import SEARCH_SPACE, OtherSearchError
from autokeras_core.search.place import JOURNAL_FILE
from autokeras_core.search.report import SearchReport, read_report
from autokeras_core.search.session import write_json

__all__ = ["fit", "resume"]

_PATH = click.Path(path_type=Path)
_EXISTING_PATH = click.Path(exists=True, path_type=Path)
_SHORTEST_RUN = 1.0  # seconds; of a search without a model, however much of its time is used up

quiet_option = click.option("-q", "--quiet", "is_quiet", is_flag=True, help="Show nothing of the search's course.")


@click.command(short_help="Search for a model for data in files.")
@click.argument("task")
@data_argument
@click.option("--target", metavar="COL", multiple=True, help="The column to predict; several: repeated, or A,B.")
@click.option("--time-limit", metavar="TIME", type=DURATION, help="How long to search: seconds, or 10m, 1h30m.")
@click.option("--max-trials", metavar="N", type=click.IntRange(min=1), help="How many configurations to try at most.")
@click.option("--epochs", metavar="N", type=click.IntRange(min=1), help="How many epochs a trial has at most.")
@click.option("--batch-size", metavar="N", type=click.IntRange(min=1), help="Rows per training step.")
@click.option(
    "--validation-split",
    metavar="SHARE",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    help="The share of rows to validate on.",
)
@click.option("--validation-data", metavar="PATH", type=_EXISTING_PATH, help="Data to validate on instead.")
@click.option("--class-weight", type=click.Choice(["balanced"]), help="Make all classes count alike.")
@click.option("--objective", metavar="METRIC[:min|max]", type=OBJECTIVE, help="What to optimise, e.g. val_loss.")
@click.option(
    "--metric",
    metavar="NAME",
    multiple=True,
    help="What to measure instead of the task's own metrics; several: repeated.",
)
@click.option("--tuner", metavar="NAME", help="How configurations are proposed, e.g. mutation or random.")
@click.option("--executor", metavar="NAME", help="Where trials run, e.g. local or process.")
@click.option("--workers", metavar="N|auto", type=WORKERS, help="How many trials run at once.")
@click.option("--ensemble/--no-ensemble", default=None, help="Whether the best models may answer together.")
@click.option("--refit/--no-refit", default=None, help="Whether to train the best once more on all rows.")
@click.option("--max-model-size", metavar="N", type=click.IntRange(min=1), help="The most parameters of a model.")
@click.option("--seed", metavar="N", type=int, help="Makes the search repeatable.")
@click.option(
    "--option",
    "assignments",
    metavar="NAME=VALUE",
    type=ASSIGNMENT,
    multiple=True,
    help="Another argument of the task; VALUE is JSON, True, False, None or text. May be repeated.",
)
@click.option("--directory", metavar="DIR", type=_PATH, help="Where the search is kept; by default a new folder here.")
@click.option("--overwrite", is_flag=True, help="Delete a search that is in DIR, instead of going on with it.")
@click.option("--output", metavar="PATH", type=_PATH, help="Save the model there; by default it stays in DIR.")
@quiet_option
@format_option
@pass_session
def fit(
    session: Session,
    *,
    task: str,
    data: tuple[Path, ...],
    target: tuple[str, ...],
    time_limit: float | None,
    max_trials: int | None,
    epochs: int | None,
    batch_size: int | None,
    validation_split: float | None,
    validation_data: Path | None,
    class_weight: str | None,
    objective: str | tuple[str, str] | None,
    metric: tuple[str, ...],
    tuner: str | None,
    executor: str | None,
    workers: int | Literal["auto"] | None,
    ensemble: bool | None,
    refit: bool | None,
    max_model_size: int | None,
    seed: int | None,
    assignments: tuple[tuple[str, Any], ...],
    directory: Path | None,
    overwrite: bool,
    output: Path | None,
    is_quiet: bool,
    output_format: Format,
) -> None:
    """Search for the best model for data, and keep it.

    TASK is one of `autokeras tasks list`, e.g. ImageClassifier. DATA is what the task reads: a table as a CSV or Parquet
    file (or its parts) with --target, a folder with one folder of files for each class, or a table of paths or texts.

    The search is kept in a directory. If that holds a search already, on the same data and with the same settings, this goes
    on with it. Ctrl-C ends the search and keeps the best model so far; Ctrl-C twice aborts.
    """
    options = _given(
        objective=objective,
        metrics=list(metric) or None,
        tuner=tuner,
        executor=executor,
        workers=workers,
        ensemble=ensemble,
        refit=refit,
        max_model_size=max_model_size,
        seed=seed,
    )
    check_output(output, directory=directory)
    full_name = _task_name(session, task)
    command = FitCommand(
        task=full_name,
        data=tuple(path.absolute() for path in data),
        target=split_names(target),
        validation_data=None if validation_data is None else validation_data.absolute(),
        options=options | _assigned(assignments, options),
        fit_options=_given(
            epochs=epochs, batch_size=batch_size, validation_split=validation_split, class_weight=class_weight
        ),
        max_trials=max_trials,
        time_limit=time_limit,
        output=None if output is None else output.absolute(),
    )
    is_new = directory is None or not directory.exists()
    directory = new_directory(full_name) if directory is None else directory.absolute()
    try:
        is_interrupted = search(
            session,
            command if overwrite else _continuing(command, directory),
            directory=directory,
            max_trials=max_trials,
            time_limit=time_limit,
            is_new=is_new,
            overwrite=overwrite,
            is_quiet=is_quiet,
        )
    except OtherSearchError as error:
        if SEARCH_SPACE in error.different:
            raise  # it names the hyperparameter
        raise SearchError(
            describe_error(
                f"The directory {str(directory)!r} holds another search.",
                expected="the same data, task and options, to go on with it",
                received=f"a different {', '.join(error.different)}",
                advice="Give another --directory, or --overwrite to delete that search.",
            )
        ) from error
    _finish(command, directory, output_format, is_interrupted=is_interrupted)


@click.command(short_help="Go on with a search.")
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--time-limit", metavar="TIME", type=DURATION, help="How long to search now, in place of what is left.")
@click.option("--max-trials", metavar="N", type=click.IntRange(min=1), help="How many more to try, likewise.")
@click.option("--data", metavar="PATH", type=_EXISTING_PATH, multiple=True, help="Where the data are now.")
@click.option("--validation-data", metavar="PATH", type=_EXISTING_PATH, help="Where those to validate on are now.")
@click.option("--output", metavar="PATH", type=_PATH, help="Save the model there, not where `fit` was told to.")
@quiet_option
@format_option
@pass_session
def resume(
    session: Session,
    *,
    directory: Path,
    time_limit: float | None,
    max_trials: int | None,
    data: tuple[Path, ...],
    validation_data: Path | None,
    output: Path | None,
    is_quiet: bool,
    output_format: Format,
) -> None:
    """Go on with a search that `autokeras fit` started, in what was left of its limits.

    DIR is the search's directory, which knows the rest. A search that was interrupted, by Ctrl-C or because its process died,
    is completed. One that has ended shows its result, and goes on if --time-limit or --max-trials gives it more.
    """
    directory = directory.absolute()
    command = FitCommand.read(directory)
    if data:
        command = attrs.evolve(command, data=tuple(path.absolute() for path in data))
    if validation_data is not None:
        command = attrs.evolve(command, validation_data=validation_data.absolute())
    if output is not None:
        check_output(output, directory=directory)
        command = attrs.evolve(command, output=output.absolute())
    report = read_report(directory) if (directory / JOURNAL_FILE).exists() else None
    is_more = time_limit is not None or max_trials is not None
    if report is not None and report.state == "finished" and not is_more:
        session.tell(
            f"The search has ended: {report.stop_reason}. To go on with it, say for how long: --time-limit TIME, or "
            "--max-trials N."
        )
        if report.best is not None:
            command = _saved(session, command, directory, is_told=output is not None)
        _finish(command, directory, output_format, is_interrupted=False)
        return
    command.check_data()
    check_output(command.output, directory=directory)
    if is_more:
        command = _extended(command, report, time_limit=time_limit, max_trials=max_trials)
    left = _left(command, report, is_new_time=time_limit is not None)
    try:
        is_interrupted = search(session, command, directory=directory, is_quiet=is_quiet, **attrs.asdict(left))
    except OtherSearchError as error:
        if SEARCH_SPACE in error.different:
            raise  # it names the hyperparameter
        raise _cannot_resume(command, error) from error
    _finish(command, directory, output_format, is_interrupted=is_interrupted)


def _saved(session: Session, command: FitCommand, directory: Path, *, is_told: bool) -> FitCommand:
    """Save the model of a search that has ended where its command says, if that is yet to be done; return the command.

    Where `fit` was told to may be a path of another machine, and a plugin may be missing. That it fails then is a warning,
    since nobody has asked for it now: the model stays where it is, in the search's directory, and the command that is
    returned has no output.

    Raises:
        AutoKerasError: If it cannot be loaded, or saved where this run was told to.
    """
    try:
        if command.output is None or (command.output.exists() and not is_told):
            return command
        check_output(command.output, directory=directory)
        save_model(session, directory, command.output)
    except (OSError, AutoKerasError) as error:
        if is_told:
            raise
        session.tell(f"Warning: {error} To save the model elsewhere: --output PATH.")
        return attrs.evolve(command, output=None)
    write_json(directory / COMMAND_FILE, command.to_json())
    return command


def _cannot_resume(command: FitCommand, error: OtherSearchError) -> SearchError:
    """Return an error that says why a search cannot be continued, which was begun with the same command."""
    if "data" in error.different:
        return SearchError(
            describe_error(
                "The data are not those that the search was begun with.",
                expected="the same rows, in the same order",
                received=f"others in {', '.join(map(str, command.data))}",
                advice="Put the old data back, or search anew with `autokeras fit` in another --directory.",
            )
        )
    return SearchError(
        describe_error(
            "The search cannot be continued as it was begun.",
            expected="the plugins in the versions that began it",
            received=f"with those that are installed, a different {', '.join(error.different)}",
            advice="`autokeras plugins list` shows them. Search anew with `autokeras fit` in another --directory.",
        )
    )


def _continuing(command: FitCommand, directory: Path) -> FitCommand:
    """Return the command with limits for all runs of the search that the directory may hold.

    What this run may do comes on top of what was done when the search last ended; the trials of an interrupted run since
    then are part of its number.
    """
    if not (directory / JOURNAL_FILE).exists():
        return command
    report = read_report(directory)
    trials, seconds = command.max_trials, command.time_limit
    if trials is not None:
        trials += report.finished_trials
    if seconds is not None:
        command = attrs.evolve(command, time_limit=seconds + report.seconds, seconds_before=report.seconds)
    return attrs.evolve(command, max_trials=trials)


def _extended(
    command: FitCommand, report: SearchReport | None, *, time_limit: float | None, max_trials: int | None
) -> FitCommand:
    """Return the command with limits so much above what is used up by now, in place of those it had."""
    trials_done, seconds = (0, 0.0) if report is None else (report.counted_trials, report.seconds)
    return attrs.evolve(
        command,
        max_trials=None if max_trials is None else trials_done + max_trials,
        time_limit=None if time_limit is None else seconds + time_limit,
        seconds_before=0.0 if time_limit is None else seconds,
    )


@attrs.frozen(kw_only=True)
class _Left:
    """The limits of a run that completes a search, as `search` takes them."""

    max_trials: int | None
    time_limit: float | None
    seconds_of_trials: float | None = None


def _left(command: FitCommand, report: SearchReport | None, *, is_new_time: bool) -> _Left:
    """Return the limits of a run that completes the search, as `AutoModel` counts: trials from where it last ended.

    What is left of the time may not suffice to read the data. Where there is a model that is no error: what is left is for
    trials, and what follows the last one is done in any case; how long that may be goes by the limit of the run that is
    completed, not of all. Who says now how long the run may take means all of it.
    """
    trials, seconds = command.max_trials, command.time_limit
    if report is None:
        return _Left(max_trials=trials, time_limit=seconds)
    if trials is not None:
        left = trials - report.finished_trials
        # Python may have added to the search since then; one that found no model gets its trials once more.
        trials = left if left > 0 else trials if report.best is None else 1
    if seconds is None:
        return _Left(max_trials=trials, time_limit=None)
    rest = max(0.0, seconds - report.seconds)
    if report.best is None or is_new_time:
        return _Left(max_trials=trials, time_limit=max(_SHORTEST_RUN, rest))
    return _Left(max_trials=trials, time_limit=seconds - command.seconds_before, seconds_of_trials=rest)


def _finish(command: FitCommand, directory: Path, output_format: Format, *, is_interrupted: bool) -> None:
    """Write the result, and set the exit code."""
    write_result(read_report(directory), model=command.output or directory, output_format=output_format)
    if is_interrupted:
        raise click.exceptions.Exit(INTERRUPTED_CODE)


def _task_name(session: Session, task: str) -> str:
    """Return the full name of a task; in a bare one neither case nor hyphens matter."""
    try:
        return session.registry.get("task", task).full_name
    except RegistryError:
        plain = re.sub(r"[-_]", "", task).lower()
        found = [each.full_name for each in session.registry.tasks if each.name.lower() == plain]
        if len(found) == 1:
            return found[0]
        raise


def _given(**values: Any) -> dict[str, Any]:
    """Return what was said on the command line: what is `None` was not, and is left to the task."""
    return {name: value for name, value in values.items() if value is not None}


def _assigned(assignments: tuple[tuple[str, Any], ...], options: dict[str, Any]) -> dict[str, Any]:
    """Return what `--option` says, each name once."""
    assigned: dict[str, Any] = {}
    for name, value in assignments:
        if name in assigned or name in options:
            message = f"{name} is given twice."
            raise click.BadParameter(message, param_hint="'--option'")
        assigned[name] = _wherever(value)
    return assigned


def _wherever(value: Any) -> Any:
    """Return the absolute path of what an option names here, so that `resume` finds it from elsewhere; other values as they are."""
    is_path = isinstance(value, str) and (os.sep in value or Path(value).suffix != "")
    return str(Path(value).absolute()) if is_path and Path(value).exists() else value
