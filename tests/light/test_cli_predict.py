"""`autokeras predict`: where predictions are written, and whose they are. The model is a double, without Keras."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

from autokeras_core.data.profile import DataProfile, TargetProfile
from tests.light.ranking_task import Run

TARGET = TargetProfile(name="classification", kind="regression", label_type="float", dtype="float64", outputs=1)


Lengths: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]


def nothing() -> None:
    """Do nothing."""


class FolderModel:
    """Predicts the length of each file of a folder, or of a list; something may happen before it reads them, or after."""

    analysis = DataProfile(rows=1, inputs={}, targets={"classification": TARGET})

    def __init__(self, *, before: Callable[[], object] = nothing, after: Callable[[], object] = nothing) -> None:
        self.before = before
        self.after = after

    def row_names(self, data: Path) -> list[str]:
        """Return the paths of the files."""
        return [str(path) for path in sorted(data.iterdir())]

    def predict(self, data: Path | list[Path]) -> Lengths:
        """Return their lengths."""
        self.before()
        paths = data if isinstance(data, list) else sorted(data.iterdir())
        lengths = [float(path.stat().st_size) for path in paths]
        self.after()
        return np.array(lengths)


class NumberingModel(FolderModel):
    """Calls the files of a folder by numbers."""

    def row_names(self, data: Path) -> list[str]:
        """Return the numbers."""
        return [str(number) for number, _ in enumerate(data.iterdir())]


class TableModel(FolderModel):
    """Predicts the length of each line of a file, which it calls by it."""

    def row_names(self, data: Path) -> list[str]:
        """Return the lines."""
        return data.read_text().splitlines()

    def predict(self, data: Path | list[Path]) -> Lengths:
        """Return their lengths."""
        assert isinstance(data, Path)
        self.before()
        return np.array([float(len(line)) for line in data.read_text().splitlines()])


@pytest.fixture
def folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder `new` with two files, beside a folder `model` that is loaded as a model of them."""
    use(FolderModel(), monkeypatch)
    Path("model").mkdir()
    Path("new").mkdir()
    Path("new/a.txt").write_text("a")
    Path("new/c.txt").write_text("ccc")
    return Path("new")


def use(model: FolderModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a model loaded, whatever directory is named."""
    monkeypatch.setattr("autokeras_core.cli.predict.load_model", lambda session, path: model)


LINES = ["row,prediction", "new/a.txt,1.0", "new/c.txt,3.0"]


@pytest.mark.usefixtures("folder")
def test_predictions_are_written_to_a_device(run: Run) -> None:
    """It is no file that could be replaced: a link to one stays one, and nothing is made beside it."""
    Path("nowhere").symlink_to("/dev/null")

    result = run("predict", "model", "new", "--output", "nowhere")

    assert (result.code, result.stdout) == (0, "")
    assert Path("nowhere").is_char_device()
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["model", "new", "nowhere"]


@pytest.mark.usefixtures("folder")
def test_predictions_are_written_to_a_named_pipe(run: Run) -> None:
    """Who reads it gets them, and the pipe stays."""
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)

    assert run("predict", "model", "new", "--output", "pipe").code == 0

    assert os.read(reader, 1000).decode().splitlines() == LINES
    assert Path("pipe").is_fifo()
    os.close(reader)


@pytest.mark.usefixtures("folder")
def test_predictions_are_written_to_standard_output_by_its_name(run: Run) -> None:
    """Whatever it was sent to, be it a file that something is in."""
    assert run("predict", "model", "new", "--output", "/dev/stdout").stdout.splitlines() == LINES


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("place", ["/dev/fd", "/proc/self/fd"])
def test_predictions_are_written_behind_what_is_in_an_open_file(run: Run, place: str) -> None:
    """As a shell's `3>> all.csv` means it: the file is not replaced."""
    if not Path(place).exists():
        pytest.skip("This system names open files otherwise.")
    with Path("all.csv").open("a") as opened:
        opened.write("earlier\n")
        opened.flush()

        assert run("predict", "model", "new", "--output", f"{place}/{opened.fileno()}").code == 0

        opened.write("later\n")

    assert Path("all.csv").read_text().splitlines() == ["earlier", *LINES, "later"]


@pytest.mark.usefixtures("folder")
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="This system does not show other processes' files.")
def test_predictions_are_written_behind_what_is_in_another_process_open_file(run: Run) -> None:
    """Such as the log of a container's first process."""
    Path("log").write_text("earlier\n")
    with Path("log").open("a") as log, subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=log) as other:
        assert run("predict", "model", "new", "--output", f"/proc/{other.pid}/fd/1").code == 0

    assert Path("log").read_text().splitlines() == ["earlier", *LINES]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("is_there", [True, False], ids=["an earlier file", "nothing"])
def test_predictions_through_a_link_are_where_the_link_leads(run: Run, is_there: bool) -> None:
    """The link stays a link."""
    Path("days").mkdir()
    Path("latest.csv").symlink_to("days/today.csv")
    if is_there:
        Path("days/today.csv").write_text("old")

    assert run("predict", "model", "new", "--output", "latest.csv").code == 0

    assert Path("latest.csv").is_symlink()
    assert Path("days/today.csv").read_text().splitlines() == LINES
    assert [path.name for path in Path("days").iterdir()] == ["today.csv"]


@pytest.mark.usefixtures("folder")
def test_folder_of_the_output_is_made(run: Run) -> None:
    """As `export` makes it."""
    assert run("predict", "model", "new", "--output", "days/today/new.csv").code == 0

    assert Path("days/today/new.csv").read_text().splitlines() == LINES


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("output", ["model", "new/a.txt/new.csv"], ids=["a folder", "below a file"])
def test_output_that_cannot_be_written_is_found_before_the_model_is_loaded(
    run: Run, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Predicting may take hours."""
    loaded: list[Path] = []
    monkeypatch.setattr("autokeras_core.cli.predict.load_model", lambda session, path: loaded.append(path))

    result = run("predict", "model", "new", "--output", output)

    assert (result.code, loaded) == (1, [])
    assert output.removesuffix("/new.csv") in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("when", ["before", "after"])
def test_predictions_are_those_of_the_files_that_were_there(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """A file that comes before the others are read, or while they are predicted on, is none of them."""
    use(FolderModel(**{when: (folder / "b.txt").touch}), monkeypatch)

    assert run("predict", "model", str(folder)).stdout.splitlines() == LINES


def test_a_file_that_goes_is_not_taken_for_one_that_comes(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder has as many as before; the one that is gone is named, and nothing is written."""
    use(FolderModel(before=lambda: (folder / "a.txt").rename(folder / "b.txt")), monkeypatch)

    result = run("predict", "model", str(folder), "--output", "new.csv")

    assert result.code == 1
    assert "new/a.txt" in result.stderr.splitlines()[-1]
    assert not Path("new.csv").exists()


def test_a_folder_whose_rows_are_not_called_by_paths_is_predicted_on_as_a_whole(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an input calls its rows is its own affair."""
    use(NumberingModel(), monkeypatch)

    assert run("predict", "model", str(folder)).stdout.splitlines() == ["row,prediction", "0,1.0", "1,3.0"]


@pytest.mark.usefixtures("folder")
def test_rows_that_come_before_the_others_are_read_are_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which prediction is whose cannot be told then; nothing is written."""
    table = Path("table.csv")
    table.write_text("a\nccc\n")
    use(TableModel(before=lambda: table.write_text("a\nbb\nccc\n")), monkeypatch)

    result = run("predict", "model", "table.csv", "--output", "new.csv")

    assert result.code == 1
    assert "Expected: 2 rows" in result.stderr and "Received: 3 rows" in result.stderr
    assert not Path("new.csv").exists()
