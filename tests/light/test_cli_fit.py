"""`autokeras fit`: what it passes on, what it keeps, and how it ends. The task is a plugin's, without Keras."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from autokeras_core.cli._command import COMMAND_FILE, FitCommand
from autokeras_core.errors import SearchError
from autokeras_core.search.report import read_report
from tests.light.ranking_task import Run, data_file


def test_options_reach_the_task(run: Run) -> None:
    """What is said on the command line is what the task is made and fitted with."""
    data, valid = data_file("0.5"), data_file("0.6", "valid.txt")

    result = run(
        *("fit", "RankingTask", "data.txt", "--target", "a,b", "--time-limit", "2m", "--max-trials", "3"),
        *("--epochs", "4", "--batch-size", "8", "--validation-data", "valid.txt", "--class-weight", "balanced"),
        *("--objective", "val_score:max", "--tuner", "random", "--executor", "process", "--workers", "auto"),
        *("--metric", "auc", "--metric", "f1"),
        *("--no-ensemble", "--refit", "--max-model-size", "1000", "--seed", "0", "--directory", "search"),
        *("--option", "sharpness=2", "--option", "depths=[1, 2]"),
    )

    assert result.code == 0, result.stderr
    assert result.call == {
        "x": data,
        "y": ["a", "b"],
        "time_limit": 120.0,
        "deadline_of_trials": None,
        "max_trials": 3,
        "fit": {"epochs": 4, "batch_size": 8, "class_weight": "balanced"},
        "validation_data": valid,
        "objective": ("val_score", "max"),
        "metrics": ["auc", "f1"],
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


@pytest.mark.parametrize(
    ("said", "is_path"), [("weights.h5", True), ("models/small", True), ("models/none", False), ("models", False)]
)
def test_paths_in_options_are_found_from_elsewhere(run: Run, said: str, is_path: bool) -> None:
    """What is there is meant, as for data; a word alone could be anything."""
    data_file("0.5")
    Path("models/small").mkdir(parents=True)
    Path("weights.h5").touch()

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--option", f"depths={said}")

    assert result.call["depths"] == (str(Path(said).absolute()) if is_path else said)


def test_what_is_not_said_is_left_to_the_task(run: Run) -> None:
    """Only options that are given are passed on; without --target the data hold their labels."""
    data_file("0.5")

    call = run("fit", "acme:RankingTask", "data.txt").call

    assert (call["y"], call["validation_data"], call["fit"]) == (None, None, {})
    assert (call["seed"], call["workers"], call["ensemble"], call["max_trials"]) == (0, 1, None, None)
    assert call["metrics"] is None


def test_metrics_are_kept_for_resume(run: Run) -> None:
    """A search that goes on measures the same: the directory knows them."""
    data_file("0.5 0.6")
    run("fit", "RankingTask", "data.txt", "--metric", "auc", "--max-trials", "1", "--directory", "search")

    call = run("resume", "search", "--max-trials", "1").call

    assert call["metrics"] == ["auc"]


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
        ("data.txt", "--metric", "auc", "--option", 'metrics=["f1"]'),
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


def test_next_commands_can_be_pasted_into_a_shell(run: Run) -> None:
    """Paths with blanks in them are quoted."""
    data_file("0.5 stop")

    lines = run(
        *("fit", "RankingTask", "data.txt", "--directory", "my search", "--output", "my  model")
    ).stdout.splitlines()

    search, model = f"'{Path.cwd()}/my search'", f"'{Path.cwd()}/my  model'"
    assert [line[line.index("autokeras ") :] for line in lines if "autokeras " in line] == [
        f"autokeras predict {model} DATA",
        f"autokeras evaluate {model} DATA",
        f"autokeras export {model} model.keras",
        f"autokeras leaderboard {search}",
        f"autokeras resume {search}",
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [("0.5 abort", "resume"), ("abort", "resume"), ("fail", "leaderboard"), ("fail fail useless", "leaderboard")],
    ids=["aborted", "aborted before a model", "without a model", "failed"],
)
def test_messages_name_commands_that_can_be_pasted_into_a_shell(run: Run, text: str, name: str) -> None:
    """Two blanks in a path are not one, though a message is one line."""
    data_file(text)

    result = run("fit", "RankingTask", "data.txt", "--max-trials", "2", "--directory", "my  search")

    assert f"`autokeras {name} '{Path.cwd()}/my  search'`" in result.stderr


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
    assert "cannot be saved here" in result.stderr and "'model' with thesis.txt" in result.stderr


@pytest.mark.parametrize("other", ["manifest.json", "README.md"])
def test_output_with_files_of_others_is_found_before_the_search(run: Run, other: str) -> None:
    """Whatever a save would refuse afterwards: another program's manifest, or a file beside a saved model."""
    data_file("0.5")
    run("fit", "RankingTask", "data.txt", "--output", "model")
    Path("model", other).write_text('{"name": "a web page"}')

    result = run("fit", "RankingTask", "data.txt", "--output", "model")

    assert (result.code, result.calls) == (1, [])
    assert f"'model' with {other}" in result.stderr


def test_output_below_a_file_is_found_before_the_search(run: Run) -> None:
    """No folder can be made there."""
    data_file("0.5")

    result = run("fit", "RankingTask", "data.txt", "--output", "data.txt/model")

    assert (result.code, result.calls) == (1, [])
    assert "The model cannot be saved." in result.stderr and "Not a directory" in result.stderr


@pytest.mark.parametrize("switch", [(), ("--overwrite",)], ids=["plain", "overwrite"])
@pytest.mark.parametrize("name", ["trials", "cache", "oracle"])
def test_search_is_refused_beside_a_folder_that_it_would_delete(run: Run, name: str, switch: tuple[str, ...]) -> None:
    """A user's own folder, in a directory without a search: an error at once, and all stays as it was."""
    data_file("0.5")
    Path(name).mkdir()
    Path(name, "thesis.txt").touch()

    result = run("fit", "RankingTask", "data.txt", "--directory", ".", *switch)

    assert (result.code, result.calls) == (1, [])
    assert f"holds {name} and no search" in result.stderr and "another directory" in result.stderr
    assert sorted(str(path) for path in Path().rglob("*")) == sorted(["data.txt", name, f"{name}/thesis.txt"])


@pytest.mark.parametrize("switch", [(), ("--overwrite",)], ids=["plain", "overwrite"])
def test_search_is_refused_where_a_model_is_saved(run: Run, switch: tuple[str, ...]) -> None:
    """Its directory would go on telling of the old model: an error before anything is imported."""
    data_file("0.5")
    Path("model").mkdir()
    Path("model/automodel.json").write_text("{}")

    result = run("fit", "RankingTask", "data.txt", "--directory", "model", *switch)

    assert (result.code, result.calls) == (1, [])
    assert "holds a saved model" in result.stderr and "another directory" in result.stderr
    assert [path.name for path in Path("model").iterdir()] == ["automodel.json"]


@pytest.mark.parametrize(
    ("directory", "output"),
    [("model", "model"), ("model", "./other/../model"), ("search", "search/model"), ("model/search", "model")],
    ids=["same", "same path otherwise written", "inside", "around"],
)
def test_output_in_the_way_of_the_search_is_found_before_it(run: Run, directory: str, output: str) -> None:
    """Where the search is kept no model can be saved: an error at once, and nothing is made."""
    data_file("0.5")

    result = run("fit", "RankingTask", "data.txt", "--directory", directory, "--output", output)

    assert (result.code, result.calls) == (1, [])
    assert "cannot be saved where the search is kept" in result.stderr and "another --output" in result.stderr
    assert [path.name for path in Path.cwd().iterdir()] == ["data.txt"]


def test_output_behind_a_link_to_the_search_is_found_before_it(run: Run) -> None:
    """A link to the search's directory is that directory."""
    data_file("0.5")
    Path("search").mkdir()
    Path("model").symlink_to("search")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--output", "model")

    assert (result.code, result.calls) == (1, [])
    assert "cannot be saved where the search is kept" in result.stderr


def test_output_around_the_default_directory_is_found_before_the_search(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty working directory is no place for the model: the new folder of the search comes into it."""
    data = data_file("0.5")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")

    result = run("fit", "RankingTask", str(data), "--output", ".")

    assert (result.code, result.calls) == (1, [])
    assert "cannot be saved where the search is kept" in result.stderr
    assert list(Path.cwd().iterdir()) == []


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


def test_refused_command_is_not_kept_with_a_search_from_python(run: Run) -> None:
    """The directory has no command then, and `evaluate` would take the target of this one from it."""
    data_file("0.5")
    data_file("0.6", "other.txt")
    run("fit", "RankingTask", "other.txt", "--directory", "search")
    (Path("search") / COMMAND_FILE).unlink()

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--target", "wrong")

    assert result.code == 1
    assert not (Path("search") / COMMAND_FILE).exists()


def test_ctrl_c_while_the_data_are_read_keeps_the_command_of_the_search_that_is_there(run: Run) -> None:
    """Nobody knows yet that it is another one: `resume` goes on with the one that is there."""
    data_file("endless")
    other = data_file("0.6", "other.txt")
    run("fit", "RankingTask", "other.txt", "--directory", "search")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert result.code == 130
    assert FitCommand.read(Path("search")).data == (other,)


def test_command_of_another_search_is_never_in_the_directory(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even until the search is refused: the process may be killed before."""
    data_file("0.5")
    other = data_file("0.6", "other.txt")
    run("fit", "RankingTask", "other.txt", "--directory", "search")
    tasks = importlib.import_module("acme.tasks")
    before, kept = tasks.SearchModel.fit, []

    def looking(self: Any, *arguments: Any, **options: Any) -> Any:
        kept.append(FitCommand.read(Path("search")).data)
        return before(self, *arguments, **options)

    monkeypatch.setattr(tasks.SearchModel, "fit", looking)

    run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert kept == [(other,)]


def test_command_of_a_new_search_is_kept_before_its_data_are_read(run: Run) -> None:
    """Reading them may take long, and be cut off: `resume` begins anew."""
    data = data_file("endless")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search")

    assert result.code == 130
    assert FitCommand.read(Path("search")).data == (data,)


def test_command_that_is_put_right_takes_the_place_of_one_that_was_refused(run: Run) -> None:
    """The directory was there, and no trial had begun."""
    data_file("0.5")
    Path("search").mkdir()
    refused = run("fit", "RankingTask", "data.txt", "--option", "depths=broken", "--directory", "search")

    result = run("fit", "RankingTask", "data.txt", "--directory", "search", "--seed", "1")

    assert (refused.code, result.code) == (1, 0)
    assert FitCommand.read(Path("search")).options == {"seed": 1}


def test_command_of_a_search_that_went_on_and_failed_is_kept(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk was full after two of three further trials: the next `resume` has their number, and not the old one."""
    data_file("0.5 0.75 0.8 0.9")
    run("fit", "RankingTask", "data.txt", "--directory", "search", "--max-trials", "1")
    tasks = importlib.import_module("acme.tasks")
    before = tasks.SearchModel._run

    def fail_later(self: Any, session: Any, lines: list[str]) -> None:
        before(self, session, lines[:3])
        message = "The disk is full."
        raise SearchError(message)

    monkeypatch.setattr(tasks.SearchModel, "_run", fail_later)

    result = run("resume", "search", "--max-trials", "3")

    assert (result.code, FitCommand.read(Path("search")).max_trials) == (1, 4)


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
