"""A trial's context as files: large arrays are mapped into memory, the rest is pickled, and what cannot be is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead, DataError, SearchError
from autokeras_core.data.rows import Rows
from autokeras_core.engine.context import TrialContext
from autokeras_core.executors.context_files import new_folder, read_context, write_context
from tests.heavy.automodels import digits
from tests.heavy.engine_doubles import TRAIN, Center, Wants, make_case


def make_context(**options: Any) -> TrialContext:
    """Return a context with large training rows, which are among the targets, too."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Wants(Center(2.0))(start)))
    large = np.arange(100_000, dtype="float32").reshape(-1, 5)
    targets = {"a": large, "b": large, "small": case.targets["classification"][:TRAIN]}
    return case.context(**{"train_targets": targets, "validation_targets": {}, **options})


def test_a_new_folder_takes_the_place_of_those_that_a_killed_search_left(tmp_path: Path) -> None:
    """What others have in the cache stays."""
    (tmp_path / "cache" / "workers-left").mkdir(parents=True)
    (tmp_path / "cache" / "ray-left").mkdir()

    folder = new_folder(tmp_path / "cache", prefix="workers-")

    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["ray-left", folder.name]
    assert folder.name.startswith("workers-")


def test_a_context_comes_back(tmp_path: Path) -> None:
    """Graph, profile, targets and settings are the same."""
    context = make_context(max_model_size=1234)
    write_context(context, tmp_path / "files")

    read = read_context(tmp_path / "files")

    assert read.profile == context.profile
    assert (read.objective, read.max_model_size) == (context.objective, 1234)
    assert [vertex.name for vertex in read.graph.blocks] == [vertex.name for vertex in context.graph.blocks]
    assert list(read.graph.space()) == list(context.graph.space())
    for name, target in context.train_targets.items():
        np.testing.assert_array_equal(read.train_targets[name], target)


def test_large_arrays_are_mapped_and_written_once(tmp_path: Path) -> None:
    """The same array in two places is one file, which takes no memory of its own; nobody can change it."""
    write_context(make_context(), tmp_path / "files")

    read = read_context(tmp_path / "files")

    assert len(list((tmp_path / "files").glob("*.npy"))) == 1
    first, second = read.train_targets["a"], read.train_targets["b"]
    assert isinstance(first.base, np.memmap) and type(first) is np.ndarray
    assert not first.flags.writeable
    assert np.shares_memory(first, second)


def test_a_table_of_very_many_columns_comes_back(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """Its file's header lists them all, whatever alphabet their names are in; nobody is warned of how it is written."""
    table = np.zeros(3, dtype=[(f"Größe → {index}", "f8") for index in range(5_000)])
    table["Größe → 4999"] = [1, 2, 3]
    write_context(make_context(train_targets={"table": table}), tmp_path / "files")

    read = read_context(tmp_path / "files").train_targets["table"]

    assert isinstance(read.base, np.memmap)
    np.testing.assert_array_equal(read, table)
    assert not [warning for warning in recwarn if "Stored array" in str(warning.message)]


def test_the_store_begins_anew(tmp_path: Path) -> None:
    """The same rows go through the same preprocessors, which are fitted again on the other side."""
    context = make_context()
    stream = context.store.extend(context.store.stream("array"), [Center(2.0)])
    write_context(context, tmp_path / "files")

    store = read_context(tmp_path / "files").store
    again = store.extend(store.stream("array"), [Center(2.0)])

    assert store.fits == 1
    assert again.key == stream.key
    np.testing.assert_array_equal(again.preprocessors[0].mean, stream.preprocessors[0].mean)  # type: ignore[attr-defined]


class DefinedInTheScript(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """What a class of a user's own script looks like to pickle."""


@pytest.fixture
def in_the_script(monkeypatch: pytest.MonkeyPatch) -> type:
    """Return a class that says it is defined in the script that runs."""
    monkeypatch.setattr(DefinedInTheScript, "__module__", "__main__")
    return DefinedInTheScript


def test_a_class_of_the_script_itself_is_an_error_with_a_way_out(in_the_script: type, tmp_path: Path) -> None:
    """A worker would look for it in its own main module; the message says what to do."""
    with pytest.raises(SearchError) as caught:
        write_context(make_context(callbacks=[in_the_script()]), tmp_path / "files")

    message = str(caught.value)
    assert "the callback DefinedInTheScript: 'DefinedInTheScript' is defined in the script or notebook" in message
    assert "Move your own classes and functions from the script" in message


def test_a_lambda_is_an_error_that_names_the_callback(tmp_path: Path) -> None:
    """Whatever pickle does not take is named by its place."""
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)

    with pytest.raises(SearchError, match=r"the callback LambdaCallback: .*lambda.*workers=1"):
        write_context(make_context(callbacks=[callback]), tmp_path / "files")


def test_no_room_is_an_error_that_says_where(tmp_path: Path) -> None:
    """Here, since the folder is a file."""
    (tmp_path / "files").write_text("")

    with pytest.raises(SearchError, match="cannot be written for the workers.*directory="):
        write_context(make_context(), tmp_path / "files")


def test_what_cannot_be_imported_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker says so instead of dying."""
    write_context(make_context(callbacks=[DefinedInTheScript()]), tmp_path / "files")
    monkeypatch.delattr(f"{__name__}.DefinedInTheScript")

    with pytest.raises(SearchError, match="A worker cannot read.*DefinedInTheScript"):
        read_context(tmp_path / "files")


class NotHere:
    """A source of rows on a disk that a worker does not see."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _not_here, ()


def _not_here() -> NotHere:
    message = "The rows are on another machine."
    raise DataError(message)


def test_rows_that_a_worker_does_not_see_are_an_error_of_the_data(tmp_path: Path) -> None:
    """It is the source's own, which knows what to do; nothing has to be installed."""
    write_context(make_context(train_targets={"rows": NotHere()}), tmp_path / "files")

    with pytest.raises(DataError, match="The rows are on another machine"):
        read_context(tmp_path / "files")


@attrs.frozen(eq=False)
class Tenfold:
    """A source of rows, ten times as many as it holds."""

    rows: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of all rows together."""
        return (len(self), *self.rows.shape[1:])

    @property
    def dtype(self) -> Any:
        """The dtype of the rows."""
        return self.rows.dtype

    def __len__(self) -> int:
        return 10 * len(self.rows)

    def read(self, rows: Any) -> Any:
        """Return rows."""
        return self.rows[rows % len(self.rows)]


def test_a_source_keeps_its_arrays_in_files(tmp_path: Path) -> None:
    """What a source holds is shared like any array."""
    x, _ = digits(1797)
    source: Rows = Tenfold(x)  # type: ignore[assignment]  # as much of a source as is needed here
    write_context(make_context(train_targets={"rows": source}), tmp_path / "files")

    read: Any = read_context(tmp_path / "files").train_targets["rows"]

    assert isinstance(read.rows.base, np.memmap)
    np.testing.assert_array_equal(read.read(np.array([1, 1798])), x[[1, 1]])
