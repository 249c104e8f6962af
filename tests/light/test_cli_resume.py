"""`autokeras resume`, and `fit` in the directory of a search: how a search goes on. The task is a plugin's, without Keras."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import attrs
import pytest

from autokeras_core.cli._command import COMMAND_FILE, FitCommand
from autokeras_core.errors import PluginError, SearchError
from autokeras_core.search.events import SEARCH_FAILED
from autokeras_core.search.report import read_report
from autokeras_core.search.session import write_json
from tests.light.ranking_task import Run, data_file, go_on, interrupted_search
from tests.light.searches import open_journal


def test_resume_completes_what_was_begun(run: Run) -> None:
    """It needs nothing but the directory: data, options and limits are those of the command."""
    data = interrupted_search(run, "--max-trials", "3", "--target", "a", "--option", "sharpness=2", "--epochs", "4")
    go_on(data)

    result = run("resume", "search")

    assert result.code == 0, result.stderr
    assert (result.call["x"], result.call["y"], result.call["sharpness"]) == (data, "a", 2)
    assert (result.call["fit"], result.call["max_trials"]) == ({"epochs": 4}, 3)
    assert len(read_report(Path("search")).outcomes) == 3


def test_resume_has_what_is_left_of_the_time_for_trials(run: Run) -> None:
    """A minute of which the first trial took ten seconds; reading the data is not refused for want of the others."""
    go_on(interrupted_search(run, "--time-limit", "60"))

    call = run("resume", "search").call

    assert call["time_limit"] == 60.0
    assert 0.0 < call["deadline_of_trials"].remaining() <= 50.0


def test_resume_of_a_search_whose_time_is_used_up_has_none_for_trials(run: Run) -> None:
    """It has a model: what follows the last trial is yet to be done, which takes as long as it takes."""
    go_on(interrupted_search(run, "--time-limit", "8"))

    call = run("resume", "search").call

    assert call["time_limit"] == 8.0
    assert call["deadline_of_trials"].expired


@pytest.mark.parametrize(
    "more", [("fit", "RankingTask", "data.txt", "--directory", "search"), ("resume", "search")], ids=["fit", "resume"]
)
def test_resume_goes_by_the_limit_of_the_run_that_it_completes(run: Run, more: tuple[str, ...]) -> None:
    """An hour was given once, of which 10 s were used, and a minute now: of that a part may be kept for a refit, not of both."""
    data = data_file("0.5 0.75 stop 0.8")
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1", "--time-limit", "1h")
    assert run(*more, "--time-limit", "60").code == 130
    go_on(data)

    call = run("resume", "search").call

    assert call["time_limit"] == 60.0
    assert 0.0 < call["deadline_of_trials"].remaining() <= 50.0


def test_resume_without_a_model_has_what_is_left_of_the_time_for_all(run: Run) -> None:
    """Nothing follows a trial that is not there; a second is what it has at least."""
    interrupted_search(run, "--time-limit", "8", text="fail abort 0.5")

    call = run("resume", "search").call

    assert (call["time_limit"], call["deadline_of_trials"]) == (1.0, None)


def test_resume_from_elsewhere_finds_the_data(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command keeps absolute paths, whatever it was given."""
    data = interrupted_search(run)
    directory = Path("search").absolute()
    go_on(data)
    monkeypatch.chdir(tmp_path)

    assert run("resume", str(directory)).call["x"] == data


def test_resume_of_an_ended_search_shows_its_result(run: Run) -> None:
    """Nothing is run; a line says how to go on all the same."""
    data_file("0.5 0.75")
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1")

    result = run("resume", "search")

    assert (result.code, result.calls) == (0, [])
    assert "0.5000 (trial 0)" in result.stdout
    assert "The search has ended: max_trials=1 reached." in result.stderr and "--max-trials N" in result.stderr


def test_resume_gives_an_ended_search_more(run: Run) -> None:
    """More trials, no other limit; what is left of them is known to the next resume."""
    data_file("0.5 0.75 0.8 stop 0.9")
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1", "--time-limit", "5m")

    result = run("resume", "search", "--max-trials", "4")
    kept = FitCommand.read(Path("search"))

    assert (result.code, result.call["max_trials"], result.call["time_limit"]) == (130, 4, None)
    assert read_report(Path("search")).best_score == 0.8
    assert (kept.max_trials, kept.time_limit) == (5, None)


def test_fit_again_gives_an_ended_search_more(run: Run) -> None:
    """As in Python: as many trials again. What is kept for `resume` is the number of all."""
    data_file("0.5 0.75 0.8 stop 0.9")
    arguments = ("fit", "RankingTask", "data.txt", "--directory", "search", "--time-limit", "1m", "--max-trials")
    run(*arguments, "1")

    result = run(*arguments, "4")
    kept = FitCommand.read(Path("search"))

    assert (result.code, result.call["max_trials"], result.call["time_limit"]) == (130, 4, 60.0)
    assert (kept.max_trials, kept.time_limit) == (5, 70.0)


def test_fit_again_completes_an_interrupted_search(run: Run) -> None:
    """The trials that it has are part of the number that it may have."""
    go_on(interrupted_search(run, "--max-trials", "3"))

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "3")

    assert (result.code, result.call["max_trials"]) == (0, 3)
    assert FitCommand.read(Path("search")).max_trials == 3
    assert len(read_report(Path("search")).outcomes) == 3


@pytest.mark.parametrize(
    "again", [("resume", "search"), ("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "4")]
)
def test_an_interrupted_search_that_had_been_given_more_is_completed(run: Run, again: tuple[str, ...]) -> None:
    """One trial, then four more of which two were run: two are left, and the number of all stays five."""
    data = data_file("0.5 0.75 0.8 stop 0.9 0.95")
    arguments = ("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials")
    run(*arguments, "1")
    assert run(*arguments, "4").code == 130
    go_on(data)

    result = run(*again)

    assert (result.code, result.call["max_trials"]) == (0, 4)
    assert FitCommand.read(Path("search")).max_trials == 5
    assert len(read_report(Path("search")).outcomes) == 5


def test_resume_with_more_time_is_not_bound_to_the_trials_before(run: Run) -> None:
    """A limit in place of the old ones: --time-limit alone lets it try as many as fit in."""
    data_file("0.5 0.75")
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1")

    call = run("resume", "search", "--time-limit", "30").call

    assert (call["max_trials"], call["time_limit"], call["deadline_of_trials"]) == (None, 30.0, None)
    assert FitCommand.read(Path("search")).time_limit == 40.0  # of which 10 were used up


def test_resume_says_that_the_data_are_gone(run: Run) -> None:
    """One line with the path and the option that helps, before anything is imported."""
    data = interrupted_search(run)
    data.unlink()

    result = run("resume", "search")

    assert (result.code, result.calls) == (1, [])
    assert f"nothing at {data}" in result.stderr and "--data PATH" in result.stderr


def test_resume_names_every_option_for_data_that_are_gone(run: Run) -> None:
    """Both those to train and those to validate on were moved."""
    valid = data_file("0.6", "valid.txt")
    data = interrupted_search(run, "--validation-data", "valid.txt")
    data.unlink()
    valid.unlink()

    result = run("resume", "search")

    assert f"nothing at {data}, {valid}" in result.stderr
    assert "--data PATH and --validation-data PATH" in result.stderr


def test_resume_takes_moved_data_and_remembers_where_they_are(run: Run) -> None:
    """The same data elsewhere are the same search."""
    data = interrupted_search(run)
    go_on(data)
    moved = data.rename(data.with_name("moved.txt"))

    result = run("resume", "search", "--data", "moved.txt")

    assert (result.code, result.call["x"]) == (0, moved)
    assert FitCommand.read(Path("search")).data == (moved,)


class LoadedModel:
    """What a search's directory is loaded as, without Keras."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self, path: Path) -> None:
        """Leave where the model comes from."""
        path.mkdir()
        (path / "model.txt").write_text(str(self.path))


def search_with_output(output: Path, *, run: Run, text: str) -> None:
    """Leave a search whose command says where its model goes, whatever `fit` says to that today."""
    data_file(text)
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1")
    command = FitCommand.read(Path("search"))
    write_json(Path("search") / COMMAND_FILE, attrs.evolve(command, output=output.absolute()).to_json())


def test_resume_saves_the_model_elsewhere_if_told_so(run: Run) -> None:
    """`--output` takes the place of the one that `fit` was given, also for the next time."""
    go_on(interrupted_search(run, "--output", "model"))

    result = run("resume", "search", "--output", "other", "--format", "names")

    assert result.stdout.strip() == str(Path.cwd() / "other")
    assert (Path("other") / "manifest.json").is_file()
    assert FitCommand.read(Path("search")).output == Path.cwd() / "other"


def test_resume_of_an_ended_search_saves_its_model(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search whose model could not be saved where it was told to is saved elsewhere; no trial is run."""
    search_with_output(Path("search"), run=run, text="0.5 0.75")
    monkeypatch.setattr("autokeras_core.cli._search.load_model", lambda session, path: LoadedModel(path))

    result = run("resume", "search", "--output", "other")

    assert (result.code, result.calls) == (0, [])
    assert Path("other/model.txt").read_text() == str(Path.cwd() / "search")
    assert FitCommand.read(Path("search")).output == Path.cwd() / "other"


def test_resume_shows_the_result_where_the_old_output_cannot_be(run: Run) -> None:
    """A search that was copied from another machine: its model is in it, and how to save it elsewhere is said."""
    search_with_output(Path("data.txt/model"), run=run, text="0.5 0.75")

    result = run("resume", "search", "--format", "names")

    assert (result.code, result.stdout.strip()) == (0, str(Path.cwd() / "search"))
    assert "Warning: The model cannot be saved." in result.stderr and "--output PATH" in result.stderr
    assert FitCommand.read(Path("search")).output == Path.cwd() / "data.txt/model"


def test_resume_shows_the_result_where_the_model_cannot_be_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that it needs is not installed any more, or not on this machine: a warning says so."""
    search_with_output(Path("model"), run=run, text="0.5 0.75")

    def load_model(session: object, path: Path) -> LoadedModel:
        raise PluginError("The plugin 'gone' is not installed.")

    monkeypatch.setattr("autokeras_core.cli._search.load_model", load_model)

    result = run("resume", "search", "--format", "names")

    assert (result.code, result.stdout.strip()) == (0, str(Path.cwd() / "search"))
    assert "Warning: The plugin 'gone' is not installed." in result.stderr


def test_resume_that_is_told_where_to_save_the_model_must_be_able_to(run: Run) -> None:
    """Then it is no warning, and the command keeps the place that it had."""
    search_with_output(Path("model"), run=run, text="0.5 0.75")

    result = run("resume", "search", "--output", "data.txt/model")

    assert (result.code, result.stdout) == (1, "")
    assert FitCommand.read(Path("search")).output == Path.cwd() / "model"


def test_resume_says_that_the_output_is_in_the_way(run: Run) -> None:
    """What `fit` was told before it knew better is found before the search, and the way out is named."""
    search_with_output(Path("search/model"), run=run, text="0.5 0.75")

    result = run("resume", "search", "--max-trials", "1")

    assert (result.code, result.calls) == (1, [])
    assert "cannot be saved where the search is kept" in result.stderr and "another --output" in result.stderr


def test_resume_refuses_an_output_inside_the_search(run: Run) -> None:
    """It is as wrong here as it is in `fit`; the command stays as it was."""
    go_on(interrupted_search(run, "--output", "model"))

    result = run("resume", "search", "--output", "search/model")

    assert (result.code, result.calls) == (1, [])
    assert FitCommand.read(Path("search")).output == Path.cwd() / "model"


def test_resume_refuses_changed_data(run: Run) -> None:
    """Other data in the same place are an error that says so, and the search stays as it was."""
    data = interrupted_search(run)
    data.write_text("0.1 0.2")

    result = run("resume", "search")

    assert (result.code, result.stdout) == (1, "")
    assert "The data are not those that the search was begun with" in result.stderr
    assert read_report(Path("search")).best_score == 0.5


def test_resume_gives_a_search_without_a_model_its_trials_once_more(run: Run) -> None:
    """What made all of them fail has been mended meanwhile."""
    data_file("fail fail 0.5 useless")
    assert run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "2").code == 1
    with open_journal(Path("search")) as journal:
        journal.append(SEARCH_FAILED, reason="the last trials all failed in the same way")

    result = run("resume", "search")

    assert result.call["max_trials"] == 2


def test_resume_of_a_running_search_is_refused(run: Run) -> None:
    """Two processes never write to one search."""
    go_on(interrupted_search(run))

    with open_journal(Path("search")):
        result = run("resume", "search")

    assert result.code == 1
    assert "Another search is running in this directory" in result.stderr


def test_resume_of_a_search_from_python_says_how(run: Run) -> None:
    """A directory without a command cannot be resumed from here."""
    Path("search").mkdir()

    result = run("resume", "search")

    assert (result.code, result.calls) == (1, [])
    assert COMMAND_FILE in result.stderr and "fit() and the same directory=" in result.stderr


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2}'])
def test_unreadable_command_is_one_error(tmp_path: Path, text: str) -> None:
    """A damaged file, or one of another format, is named."""
    (tmp_path / COMMAND_FILE).write_text(text)

    with pytest.raises(SearchError, match=COMMAND_FILE):
        FitCommand.read(tmp_path)


def test_command_survives_its_file(tmp_path: Path) -> None:
    """What is written is what is read."""
    command = FitCommand(
        task="acme:RankingTask",
        data=(tmp_path / "a", tmp_path / "b"),
        target=("x", "y"),
        validation_data=tmp_path / "c",
        options={"sharpness": 2},
        fit_options={"epochs": 3},
        max_trials=4,
        time_limit=5.5,
        seconds_before=1.5,
        output=tmp_path / "model",
    )
    (tmp_path / COMMAND_FILE).write_text(json.dumps(command.to_json()))

    assert FitCommand.read(tmp_path) == command


def test_command_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """It does not say how much of its time was used up before: then all of it is one run's."""
    command = FitCommand(task="acme:RankingTask", data=(tmp_path / "a",), time_limit=5.5)
    data = command.to_json()
    del data["seconds_before"]

    assert FitCommand.from_json(data) == command


def test_directory_may_be_moved(run: Run) -> None:
    """A search's directory is resumed where it is."""
    data = interrupted_search(run)
    go_on(data)
    shutil.move("search", "elsewhere")

    assert run("resume", "elsewhere").call["directory"] == Path.cwd() / "elsewhere"
