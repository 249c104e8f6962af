"""`autokeras fit` and `resume`: what they pass on, what they keep, and how they end. The task is a plugin's, without Keras."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from autokeras_core.cli._command import COMMAND_FILE, FitCommand
from autokeras_core.cli.main import main
from autokeras_core.errors import SearchError
from autokeras_core.search.report import read_report
from tests.light.conftest import PluginSite
from tests.light.searches import open_journal

PLUGIN = """
    from autokeras_core.plugin import TaskSpec, hookimpl

    @hookimpl
    def autokeras_register_tasks():
        return [TaskSpec(name="RankingTask", target="acme.tasks:RankingTask", summary="Ranks.", modality="structured")]
"""

# A search whose trials are lines of its data: a number is a score, and words do what they say.
TASKS = """
    import json
    import warnings
    from pathlib import Path
    from types import SimpleNamespace

    from autokeras_core.errors import DataError, DataWarning, SearchError
    from autokeras_core.search.records import Failure, TrialJob, TrialOutcome
    from autokeras_core.search.session import SearchSession

    CALLS = []

    class SearchModel:
        def __init__(self, *, max_trials, time_limit, directory, overwrite, seed=0, objective="val_score",
                     workers=1, tuner="mutation", executor="local", ensemble=None, refit=False, max_model_size=None,
                     block=None, task=""):
            CALLS.append({name: value for name, value in locals().items() if name not in ("self", "__class__")})
            self.arguments = CALLS[-1]

        def fit(self, x, y, *, validation_data, verbose, **options):
            CALLS[-1] |= {"x": x, "y": y, "validation_data": validation_data, "verbose": verbose, "fit": options}
            print("chatter of a library")
            lines = Path(x[0] if isinstance(x, list) else x).read_text().split()
            if "unusable" in lines:
                raise DataError("The data are of no use.")
            if "suspicious" in lines:
                warnings.warn("The data look odd.", DataWarning)
            manifest = {
                "identity": {"objective": ["val_score", "max"], "data": lines, "seed": self.arguments["seed"]},
                "about": {"task": "acme:RankingTask"},
            }
            session = SearchSession.open(
                self.arguments["directory"], manifest=manifest, overwrite=self.arguments["overwrite"]
            )
            try:
                if self.arguments.get("depths") == "broken":
                    raise SearchError("The search cannot begin.")
                return self._run(session, lines)
            finally:
                session.close()

        def _run(self, session, lines):
            done = len(session.outcomes)
            most = self.arguments["max_trials"] or len(lines)
            most += done if session.is_finished else 0
            reason = f"max_trials={most} reached"
            for number in range(done, min(most, len(lines))):
                job = TrialJob(
                    trial_id=str(number), configuration={}, epochs=1, seed=0, seconds=None, directory=""
                )
                session.journal.append("trial_started", **job.to_json())
                if lines[number] == "abort":
                    raise KeyboardInterrupt
                if lines[number] == "stop":
                    reason = "interrupted"
                    break
                is_failure = lines[number] == "fail"
                outcome = TrialOutcome(
                    trial_id=str(number),
                    configuration={},
                    status="failed" if is_failure else "completed",
                    score=None if is_failure else float(lines[number]),
                    failure=Failure(kind="bug", reason="no such luck") if is_failure else None,
                    elapsed=10.0 * (number + 1),
                )
                session.journal.append("trial_failed" if is_failure else "trial_completed", **outcome.to_json())
            session.journal.append("search_ended", reason=reason)
            if "useless" in lines:
                raise SearchError("The search trained no model.")
            return SimpleNamespace(stop_reason=reason)

        def save(self, path):
            path.mkdir()
            (path / "manifest.json").write_text("{}")

    class RankingTask(SearchModel):
        def __init__(self, *, sharpness=1, depths=(), **options):
            super().__init__(**options)
            CALLS[-1] |= {"sharpness": sharpness, "depths": depths}
"""


@attrs.frozen
class Result:
    """What a run of the command line did, and the task's calls in it."""

    code: int
    stdout: str
    stderr: str
    calls: list[dict[str, Any]]

    @property
    def call(self) -> dict[str, Any]:
        """The only call of the task."""
        (only,) = self.calls
        return only


Run = Callable[..., Result]


@pytest.fixture
def run(
    plugin_site: PluginSite, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run the command line in this process and in a folder of its own, with the plugin `acme` installed."""
    plugin_site.install("acme", PLUGIN, modules={"tasks": TASKS})
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run_command(*arguments: str) -> Result:
        import acme.tasks  # type: ignore[import-not-found]  # the plugin of this test

        acme.tasks.CALLS.clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as exited:
            main(arguments)
        captured = capsys.readouterr()
        return Result(exited.value.code, captured.out, captured.err, list(acme.tasks.CALLS))  # type: ignore[arg-type]

    return run_command


def data_file(text: str, name: str = "data.txt") -> Path:
    """Write a data file in the working directory; return its absolute path."""
    path = Path.cwd() / name
    path.write_text(text)
    return path


def test_options_reach_the_task(run: Run) -> None:
    """What is said on the command line is what the task is made and fitted with."""
    data, valid = data_file("0.5"), data_file("0.6", "valid.txt")

    result = run(
        *("fit", "RankingTask", "data.txt", "--target", "a,b", "--time-limit", "2m", "--max-trials", "3"),
        *("--epochs", "4", "--batch-size", "8", "--validation-data", "valid.txt", "--class-weight", "balanced"),
        *("--objective", "val_score:max", "--tuner", "random", "--executor", "process", "--workers", "auto"),
        *("--no-ensemble", "--refit", "--max-model-size", "1000", "--seed", "0", "--directory", "search"),
        *("--option", "sharpness=2", "--option", "depths=[1, 2]"),
    )

    assert result.code == 0, result.stderr
    assert result.call == {
        "x": data,
        "y": ["a", "b"],
        "time_limit": 120.0,
        "max_trials": 3,
        "fit": {"epochs": 4, "batch_size": 8, "class_weight": "balanced"},
        "validation_data": valid,
        "objective": ("val_score", "max"),
        "tuner": "random",
        "executor": "process",
        "workers": "auto",
        "ensemble": False,
        "refit": True,
        "max_model_size": 1000,
        "seed": 0,
        "directory": Path.cwd() / "search",
        "overwrite": False,
        "sharpness": 2,
        "depths": [1, 2],
        "verbose": 1,
        "block": None,
        "task": "",
    }


def test_what_is_not_said_is_left_to_the_task(run: Run) -> None:
    """Only options that are given are passed on; without --target the data hold their labels."""
    data_file("0.5")

    call = run("fit", "acme:RankingTask", "data.txt").call

    assert (call["y"], call["validation_data"], call["fit"]) == (None, None, {})
    assert (call["seed"], call["workers"], call["ensemble"], call["max_trials"]) == (0, 1, None, None)


def test_several_paths_are_the_parts_of_the_data(run: Run) -> None:
    """They reach the task as a list of paths."""
    paths = [data_file("0.5", "a.txt"), data_file("0.5", "b.txt")]

    assert run("fit", "RankingTask", "a.txt", "b.txt").call["x"] == paths


@pytest.mark.parametrize("name", ["RankingTask", "acme:RankingTask", "ranking-task", "rankingtask", "ranking_task"])
def test_task_may_be_written_in_several_ways(run: Run, name: str) -> None:
    """A full name, a bare one, or the bare one as it is typed in a shell."""
    data_file("0.5")

    result = run("fit", name, "data.txt", "--directory", "search")

    assert result.code == 0
    assert FitCommand.read(Path("search")).task == "acme:RankingTask"


def test_unknown_task_is_one_line_with_a_suggestion(run: Run) -> None:
    """Nothing is made, and the nearest name is named."""
    data_file("0.5")

    result = run("fit", "RankingTsk", "data.txt")

    assert (result.code, result.stdout, result.calls) == (1, "", [])
    assert "Did you mean 'RankingTask'" in result.stderr
    assert [path.name for path in Path.cwd().iterdir()] == ["data.txt"]


def test_unknown_option_of_the_task_is_one_line(run: Run) -> None:
    """All that the task does not take is named, with what it takes; no folder is left."""
    data_file("0.5")

    result = run("fit", "RankingTask", "data.txt", "--option", "sharpnes=2", "--option", "block=3")

    assert (result.code, result.calls) == (1, [])
    assert "does not take sharpnes and block" in result.stderr
    assert "'depths'" in result.stderr and "Did you mean 'sharpness'" in result.stderr
    assert [path.name for path in Path.cwd().iterdir()] == ["data.txt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("gone.txt",),
        ("data.txt", "--max-trials", "0"),
        ("data.txt", "--time-limit", "soon"),
        ("data.txt", "--validation-split", "1"),
        ("data.txt", "--validation-data", "gone.txt"),
        ("data.txt", "--option", "sharpness"),
        ("data.txt", "--option", "sharpness=1", "--option", "sharpness=2"),
        ("data.txt", "--seed", "0", "--option", "seed=1"),
        (),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    """It is found before anything is imported or made."""
    data_file("0.5")

    result = run("fit", "RankingTask", *arguments)

    assert (result.code, result.calls) == (2, [])


def test_result_is_on_stdout_and_everything_else_on_stderr(run: Run) -> None:
    """Programs read the result; what libraries print and what data are warned of is for people."""
    data_file("0.5 fail 0.75 suspicious")

    result = run("fit", "RankingTask", "data.txt", "--max-trials", "3", "--directory", "search", "--format", "json")

    found = json.loads(result.stdout)
    assert (found["schema"], found["search"]["best_score"]) == (1, 0.75)
    assert found["search"]["best_trial"]["trial_id"] == "2"
    counts = {name: found["search"][name] for name in ("trials", "pruned", "failed", "seconds")}
    assert counts == {"trials": 3, "pruned": 0, "failed": 1, "seconds": 30.0}
    assert found["search"]["model"] == found["search"]["directory"] == str(Path.cwd() / "search")
    assert "chatter of a library" in result.stderr
    assert "Warning: The data look odd." in result.stderr.splitlines()


def test_table_names_the_next_commands(run: Run) -> None:
    """People read what was found, where it is, and how to use it."""
    data_file("0.5")

    lines = run("fit", "RankingTask", "data.txt", "--directory", "search", "--output", "model").stdout.splitlines()

    assert any(line.split() == ["best", "val_score", "0.5000", "(trial", "0)"] for line in lines)
    assert any(line.endswith(f"autokeras predict {Path.cwd() / 'model'} DATA") for line in lines)
    assert any(line.endswith(f"autokeras leaderboard {Path.cwd() / 'search'}") for line in lines)


def test_default_directory_is_new_and_named_after_the_task(run: Run) -> None:
    """Two searches one after the other get folders of their own in the working directory."""
    data_file("0.5")

    first = run("fit", "RankingTask", "data.txt", "--format", "names").stdout.strip()
    second = run("fit", "RankingTask", "data.txt", "--format", "names").stdout.strip()

    assert first != second
    assert Path(first).parent == Path.cwd() and Path(first).name.startswith("autokeras-RankingTask-")


def test_output_gets_the_model(run: Run) -> None:
    """The model is saved there, and that is what is named."""
    data_file("0.5")

    result = run("fit", "RankingTask", "data.txt", "--output", "model", "--format", "names")

    assert result.stdout.strip() == str(Path.cwd() / "model")
    assert (Path("model") / "manifest.json").is_file()


def test_output_that_is_taken_is_found_before_the_search(run: Run) -> None:
    """A folder with something else in it is an error at once, not after an hour."""
    data_file("0.5")
    Path("model").mkdir()
    Path("model/thesis.txt").touch()

    result = run("fit", "RankingTask", "data.txt", "--output", "model")

    assert (result.code, result.calls) == (1, [])
    assert "'model', which holds something else" in result.stderr


def test_refused_data_leave_no_folder(run: Run) -> None:
    """An error in the data is one line, and nothing is left behind."""
    data_file("unusable")

    result = run("fit", "RankingTask", "data.txt")

    assert (result.code, result.stderr.splitlines()[-1]) == (1, "Error: The data are of no use.")
    assert [path.name for path in Path.cwd().iterdir()] == ["data.txt"]


def test_error_before_the_first_trial_leaves_no_folder(run: Run) -> None:
    """What the search made in a folder of its own before it failed goes with it."""
    data_file("0.5")

    result = run("fit", "RankingTask", "data.txt", "--option", "depths=broken", "--directory", "search")
    kept = run("fit", "RankingTask", "data.txt", "--directory", "other")

    assert (result.code, kept.code) == (1, 0)
    assert "cannot begin" in result.stderr
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["data.txt", "other"]


def test_refused_search_leaves_the_other_one_as_it_was(run: Run) -> None:
    """A directory with a search on other data keeps its command, and is an error that names the ways out."""
    data_file("0.5")
    other = data_file("0.6", "other.txt")
    run("fit", "RankingTask", "other.txt", "--directory", "search")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert result.code == 1
    assert "holds another search" in result.stderr and "--overwrite" in result.stderr
    assert FitCommand.read(Path("search")).data == (other,)


def test_overwrite_starts_anew(run: Run) -> None:
    """The old search is deleted, and the new command kept."""
    data = data_file("0.5")
    data_file("0.6", "other.txt")
    run("fit", "RankingTask", "other.txt", "--directory", "search")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--overwrite")

    assert result.code == 0
    assert FitCommand.read(Path("search")).data == (data,)
    assert read_report(Path("search")).best_score == 0.5


def test_ctrl_c_keeps_the_best_and_is_exit_code_130(run: Run) -> None:
    """The result so far is written, the model saved, and the way on named."""
    data_file("0.5 stop 0.75")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--output", "model")

    assert result.code == 130
    assert "0.5000 (trial 0)" in result.stdout
    assert f"autokeras resume {Path.cwd() / 'search'}" in result.stdout
    assert Path("model/manifest.json").is_file()


def test_abort_says_what_is_left(run: Run) -> None:
    """After a second Ctrl-C nothing is on stdout; stderr says where the best model so far is."""
    data_file("0.5 abort")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert (result.code, result.stdout) == (130, "")
    assert f"(val_score 0.5000) is kept in {Path.cwd() / 'search'}" in result.stderr


def test_ctrl_c_before_a_model_says_how_to_go_on(run: Run) -> None:
    """There is no result yet, but the search can be resumed."""
    data_file("abort")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert (result.code, result.stdout) == (130, "")
    assert f"before a model was trained. `autokeras resume {Path.cwd() / 'search'}`" in result.stderr
    assert run("resume", "search").code == 130


def test_search_without_a_model_is_an_error(run: Run) -> None:
    """Where every trial failed, the error names the command that shows why."""
    data_file("fail")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert (result.code, result.stdout) == (1, "")
    assert "all failed (bug)" in result.stderr and "autokeras leaderboard" in result.stderr


def test_failed_search_names_the_command_that_shows_why(run: Run) -> None:
    """Before the error's line, where there are trials to look at; what was done stays."""
    data_file("fail useless")

    result = run("fit", "RankingTask", "data.txt", "--max-trials", "1")

    *_, hint, error = result.stderr.splitlines()
    (directory,) = (path for path in Path.cwd().iterdir() if path.is_dir())
    assert (result.code, error) == (1, "Error: The search trained no model.")
    assert f"`autokeras leaderboard {directory}`" in hint


def test_unexpected_error_is_one_line_and_debug_shows_more(run: Run) -> None:
    """Whatever a library raises is one line; its traceback is there for those who ask."""
    data_file("nonsense")

    plain = run("fit", "RankingTask", "data.txt")
    verbose = run("--debug", "fit", "RankingTask", "data.txt")

    assert plain.code == verbose.code == 1
    assert plain.stderr.splitlines()[-1].startswith("Error: ValueError: could not convert string to float: 'nonsense'")
    assert "Traceback" not in plain.stderr
    assert "Traceback" in verbose.stderr


def interrupted_search(run: Run, *options: str, text: str = "0.5 stop 0.75 0.8") -> Path:
    """Leave a search that Ctrl-C ended after its first trial; return the path of its data."""
    data = data_file(text)
    assert run("fit", "RankingTask", "data.txt", "--directory", "search", *options).code == 130
    return data


def go_on(data: Path) -> None:
    """Let the data stop the search no more, without being others to it."""
    tasks = __import__("acme.tasks", fromlist=["SearchModel"])
    before = tasks.SearchModel._run
    tasks.SearchModel._run = lambda self, session, lines: before(
        self, session, ["0.7" if line == "stop" else line for line in lines]
    )


def test_resume_completes_what_was_begun(run: Run) -> None:
    """It needs nothing but the directory: data, options and limits are those of the command."""
    data = interrupted_search(run, "--max-trials", "3", "--target", "a", "--option", "sharpness=2", "--epochs", "4")
    go_on(data)

    result = run("resume", "search")

    assert result.code == 0, result.stderr
    assert (result.call["x"], result.call["y"], result.call["sharpness"]) == (data, "a", 2)
    assert (result.call["fit"], result.call["max_trials"]) == ({"epochs": 4}, 3)
    assert len(read_report(Path("search")).outcomes) == 3


def test_resume_has_what_is_left_of_the_time(run: Run) -> None:
    """A minute of which the first trial took ten seconds."""
    go_on(interrupted_search(run, "--time-limit", "60"))

    assert run("resume", "search").call["time_limit"] == 50.0


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


def test_resume_with_more_time_is_not_bound_to_the_trials_before(run: Run) -> None:
    """A limit in place of the old ones: --time-limit alone lets it try as many as fit in."""
    data_file("0.5 0.75")
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1")

    call = run("resume", "search", "--time-limit", "30").call

    assert (call["max_trials"], call["time_limit"]) == (None, 30.0)
    assert FitCommand.read(Path("search")).time_limit == 40.0  # of which 10 were used up


def test_resume_says_that_the_data_are_gone(run: Run) -> None:
    """One line with the path and the option that helps, before anything is imported."""
    data = interrupted_search(run)
    data.unlink()

    result = run("resume", "search")

    assert (result.code, result.calls) == (1, [])
    assert f"nothing at {data}" in result.stderr and "--data PATH" in result.stderr


def test_resume_takes_moved_data_and_remembers_where_they_are(run: Run) -> None:
    """The same data elsewhere are the same search."""
    data = interrupted_search(run)
    go_on(data)
    moved = data.rename(data.with_name("moved.txt"))

    result = run("resume", "search", "--data", "moved.txt")

    assert (result.code, result.call["x"]) == (0, moved)
    assert FitCommand.read(Path("search")).data == (moved,)


def test_resume_refuses_changed_data(run: Run) -> None:
    """Other data in the same place are an error that says so, and the search stays as it was."""
    data = interrupted_search(run)
    data.write_text("0.1 0.2")

    result = run("resume", "search")

    assert (result.code, result.stdout) == (1, "")
    assert "The data are not those that the search was begun with" in result.stderr
    assert read_report(Path("search")).best_score == 0.5


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
        output=tmp_path / "model",
    )
    (tmp_path / COMMAND_FILE).write_text(json.dumps(command.to_json()))

    assert FitCommand.read(tmp_path) == command


def test_directory_may_be_moved(run: Run) -> None:
    """A search's directory is resumed where it is."""
    data = interrupted_search(run)
    go_on(data)
    shutil.move("search", "elsewhere")

    assert run("resume", "elsewhere").call["directory"] == Path.cwd() / "elsewhere"
