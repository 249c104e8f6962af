"""Where pictures come from: columns of paths, folders and tables; what an input takes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from ak_vision import ImageInput
from ak_vision.files import open_files
from autokeras_core.errors import DataError, DataWarning
from tests.vision.heavy.image_folders import write_folder
from tests.vision.heavy.picture_files import Array, gradient, read, save


class Column:
    """What a column of a polars frame has of an array."""

    def __init__(self, values: list[str]) -> None:
        self._values = np.array(values, dtype=object)
        self.shape = self._values.shape
        self.dtype = "String"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self._values


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_size": (0, 5)},
        {"image_size": 5},
        {"color": "green"},
        {"broken_share": 1.5},
        {"path_column": 3},
    ],
)
def test_arguments_that_cannot_be_used_are_an_error(arguments: dict[str, Any]) -> None:
    """The message names the argument."""
    with pytest.raises(DataError, match=next(iter(arguments))):
        ImageInput(**arguments)


def test_an_input_with_all_arguments_can_be_saved() -> None:
    """Its configuration gives an equal input."""
    made = ImageInput(image_size=(8, 9), color="grey", path_column="p", broken_share=0.1)

    assert ImageInput.from_config(made.get_config()).arguments == made.arguments


@pytest.mark.parametrize(
    "column",
    [
        np.array,
        lambda paths: np.array([Path(path) for path in paths], dtype=object),
        pd.Series,
        lambda paths: pd.Series(paths, dtype="string", index=[7.5, 8.5]),
        lambda paths: pd.Series(paths, dtype="category"),
        pa.array,
        lambda paths: pa.chunked_array([paths[:1], paths[1:]]),
        Column,
    ],
    ids=["array", "objects", "pandas", "string", "category", "Arrow", "chunked Arrow", "polars"],
)
def test_a_column_of_paths_of_any_kind_is_read(tmp_path: Path, column: Any) -> None:
    """As a list of them is, in its order."""
    paths = [save(tmp_path / f"{row}.png", gradient(5, 6)[:, :: 1 - 2 * row]) for row in range(2)]

    files = ImageInput().adapt(column(paths))

    assert ImageInput().row_names(column(paths)) == paths
    np.testing.assert_array_equal(files.read(np.arange(2)), read(open_files(paths, name="image")))  # type: ignore[union-attr]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_whose_name_is_no_utf8_is_read(tmp_path: Path) -> None:
    """Archives from elsewhere bring such names."""
    path = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")
    Image.fromarray(gradient(5, 6)).save(path)

    np.testing.assert_array_equal(read(open_files([path], name="image"))[0], gradient(5, 6))


def test_files_of_relative_paths_are_read_after_the_process_has_changed_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their paths start from where it was when they were opened; so may workers read them, wherever those are."""
    (tmp_path / "elsewhere").mkdir()
    save(tmp_path / "a.png", gradient(5, 6))
    monkeypatch.chdir(tmp_path)
    files = ImageInput().adapt(["a.png"])

    monkeypatch.chdir("elsewhere")

    np.testing.assert_array_equal(read(files)[0], gradient(5, 6))  # type: ignore[arg-type]


def test_relative_paths_lead_through_links_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On another machine the link may lead elsewhere, and `..` behind it is the folder above its target."""
    (tmp_path / "disk" / "photos").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "photos")
    save(tmp_path / "disk" / "a.png", gradient(5, 6))
    monkeypatch.chdir(tmp_path)

    files = open_files(["link/../a.png"], name="image")

    assert files.paths.tolist() == [f"{tmp_path}/link/../a.png"]
    assert not files.headers.problems


def test_files_fit_a_model_of_uint8_arrays(tmp_path: Path) -> None:
    """They are decoded to the size and the channels that the arrays had, with or without a channel axis."""
    path = save(tmp_path / "a.png", gradient(5, 6))
    image = ImageInput()
    for shape in [(3, 4, 7), (3, 4, 7, 3)]:
        profile = image.analyse(image.adapt(np.full(shape, 9, "uint8")), name="image")

        matched = image.match(image.adapt([path]), profile)

        assert matched.shape == (1, *shape[1:])
        assert matched.read(np.array([0])).shape == matched.shape  # type: ignore[union-attr]


def test_files_do_not_fit_a_model_of_float_arrays(tmp_path: Path) -> None:
    """Nobody can know how those were scaled."""
    path = save(tmp_path / "a.png", gradient(5, 6))
    image = ImageInput()
    profile = image.analyse(image.adapt(np.full((3, 4, 7, 3), 0.5, "float32")), name="image")

    with pytest.raises(DataError, match="trained on other arrays"):
        image.match(image.adapt([path]), profile)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"file,label\na.png,x\nb.png,\n", r"'label' of the table .* no label in 1 row.*row 2 of 2"),
        ("file,label\na.png,schön\n".encode("latin-1"), r"table\.csv.*UnicodeDecodeError"),
        (b"file,label\na.png\n", r"table\.csv.*row 1 has 1 values"),
    ],
    ids=["missing label", "another encoding", "short row"],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """A label that is missing is no class; a file that cannot be read is named."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        ImageInput().unpack(path, "label")


def test_a_folder_is_predicted_on_as_it_was_trained_on(tmp_path: Path) -> None:
    """A picture beside its class folders is a row of neither, which costs a warning."""
    write_folder(tmp_path, rows=6)
    save(tmp_path / "overview.png", gradient(8, 8))
    trained_on, _ = ImageInput().unpack(tmp_path, None)

    with pytest.warns(DataWarning, match=r"not read, as its class folders hold pictures: .*overview\.png"):
        predicted_on = ImageInput().row_names(tmp_path)

    assert predicted_on == trained_on


def test_pictures_right_in_a_folder_are_read_where_no_other_folder_holds_any(tmp_path: Path) -> None:
    """A folder of other files beside them makes no class."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("about the picture", encoding="utf-8")
    path = save(tmp_path / "a.png", gradient(8, 8))

    assert ImageInput().row_names(tmp_path) == [path]


def test_labels_that_are_called_as_columns_are_no_names_of_them() -> None:
    """A table may hold the classes one-hot, and y for each row its class: labels repeat, names do not."""
    frame = pd.DataFrame({"path": ["a.png", "b.png", "c.png"], "cat": [1, 0, 1], "dog": [0, 1, 0]})

    assert ImageInput().unpack(frame, ["cat", "dog", "cat"])[1] == ["cat", "dog", "cat"]
    np.testing.assert_array_equal(ImageInput().unpack(frame, ["cat", "dog"])[1], [[1, 0], [0, 1], [1, 0]])


@pytest.mark.parametrize("y", [0, np.int64(0), "0"], ids=["int", "numpy", "text"])
def test_a_target_column_may_be_called_by_its_number(y: Any) -> None:
    """As `pandas.read_csv(path, header=None)` calls the columns."""
    frame = pd.DataFrame({0: ["cat", "dog"], 1: ["a.png", "b.png"]})

    paths, labels = ImageInput(path_column="1").unpack(frame, y)

    assert [Path(path).name for path in paths] == ["a.png", "b.png"]
    assert np.asarray(labels).tolist() == ["cat", "dog"]


def test_a_number_that_calls_no_column_is_an_error() -> None:
    """It lists the columns there are."""
    with pytest.raises(DataError, match=r"labels .* are missing.*'path', 'cat'.*y=7"):
        ImageInput().unpack(pd.DataFrame({"path": ["a.png"], "cat": [1]}), 7)


def test_an_arrow_table_of_pictures_is_a_table() -> None:
    """Its `columns` are the columns, not their names."""
    paths, labels = ImageInput().unpack(pa.table({"file": ["a.png", "b.png"], "code": ["x", "y"]}), "code")

    assert [Path(path) for path in paths] == [Path("a.png"), Path("b.png")]
    assert np.asarray(labels).tolist() == ["x", "y"]


def test_labels_of_a_frame_of_pictures_keep_their_type() -> None:
    """Strings of digits are strings where the table has types."""
    frame = pd.DataFrame({"file": ["a.png", "b.png"], "code": ["01", "1"]})

    assert np.asarray(ImageInput().unpack(frame, "code")[1]).tolist() == ["01", "1"]
