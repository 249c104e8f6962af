"""Searches on picture files: where pictures and labels may lie, and that files and decoded arrays agree."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from ak_vision import ImageClassifier, ImageInput, ImageRegressor
from autokeras_core.errors import AutoKerasError, DataError, DataWarning
from tests.heavy.automodels import BUSY
from tests.vision.heavy.image_folders import CHEAP, cut, label_of, spoil, write_folder

Array = np.ndarray[Any, Any]


class Frame:
    """What a data frame must have: columns, and `[]`."""

    def __init__(self, **columns: Any) -> None:
        self._columns = columns
        self.columns = list(columns)

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]


def classifier(**options: Any) -> ImageClassifier:
    """Return a classifier that tries one cheap network."""
    return ImageClassifier(**{"max_trials": 1, "seed": 0, "warm_starts": [CHEAP], **options})


def texts(paths: list[Path]) -> list[str]:
    """Return paths as texts."""
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder per class, with files of other kinds, hidden ones, and a table beside it."""
    root = tmp_path_factory.mktemp("pictures") / "photos"
    paths = write_folder(root)
    (root / "zero" / "notes.txt").write_text("not a picture", encoding="utf-8")
    (root / "zero" / ".hidden.png").write_bytes(paths[0].read_bytes())
    (root / ".cache").mkdir()
    (root / ".cache" / "a.png").write_bytes(paths[0].read_bytes())
    (root / "readme.md").write_text("about the pictures", encoding="utf-8")
    with (root.parent / "table.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [[path.relative_to(root.parent), label_of(path), len(label_of(path)), 0.5] for path in sorted(paths)]
        csv.writer(file).writerows([["file", "label", "length", "half"], *rows])
    return root


@pytest.fixture(scope="module")
def paths(folder: Path) -> list[Path]:
    """Return the files of the folder, sorted."""
    return sorted(path for path in folder.glob("[!.]*/[!.]*.png"))


@pytest.fixture(scope="module")
def fitted(folder: Path) -> ImageClassifier:
    """Return a classifier after one trial on the folder."""
    model = classifier()
    model.fit(folder, epochs=15, verbose=0)
    return model


def test_a_folder_per_class_needs_no_labels(fitted: ImageClassifier, folder: Path) -> None:
    """The folders' names are the classes; hidden files, hidden folders and files that are no pictures are not read."""
    assert fitted.classes == ("one", "two", "zero")
    assert fitted.analysis.rows == 48
    assert fitted.evaluate(str(folder))["accuracy"] > 0.9


def test_predictions_come_in_the_order_of_the_paths(fitted: ImageClassifier, paths: list[Path]) -> None:
    """Whatever that order is."""
    order = np.random.default_rng(3).permutation(len(paths))
    shuffled = [paths[row] for row in order]

    predicted = fitted.predict(shuffled)

    assert np.mean(predicted == [label_of(path) for path in shuffled]) > 0.9
    np.testing.assert_allclose(fitted.predict_proba(shuffled), fitted.predict_proba(paths)[order], atol=1e-5)


def test_the_exported_model_takes_the_decoded_pictures(fitted: ImageClassifier, paths: list[Path]) -> None:
    """Raw uint8 arrays in, the same probabilities out as for the files."""
    pictures = np.stack([np.asarray(Image.open(path)) for path in paths])[..., np.newaxis]

    exported = fitted.export_model()

    assert exported.input_shape == (None, 8, 8, 1) and exported.input.dtype == "uint8"
    np.testing.assert_allclose(exported.predict(pictures, verbose=0), fitted.predict_proba(paths), atol=1e-5)
    np.testing.assert_allclose(fitted.predict_proba(pictures), fitted.predict_proba(paths), atol=1e-5)


def test_a_loaded_model_predicts_from_paths_in_the_same_way(
    fitted: ImageClassifier, paths: list[Path], folder: Path, tmp_path: Path
) -> None:
    """It resizes files to the size it was trained on, and finds labels in a folder."""
    fitted.save(tmp_path / "model")
    Image.open(paths[0]).resize((20, 30)).save(tmp_path / "large.png")
    more = [*paths, tmp_path / "large.png"]

    loaded = ImageClassifier.load(tmp_path / "model")

    np.testing.assert_array_equal(loaded.predict_proba(more), fitted.predict_proba(more))
    assert loaded.evaluate(folder) == fitted.evaluate(folder)


def test_a_class_folder_unseen_in_training_is_an_error(fitted: ImageClassifier, tmp_path: Path) -> None:
    """It is named."""
    write_folder(tmp_path, rows=12)
    (tmp_path / "two").rename(tmp_path / "three")

    with pytest.raises(DataError, match="three"):
        fitted.evaluate(tmp_path)


def test_a_broken_file_to_predict_is_an_error_that_names_it(fitted: ImageClassifier, tmp_path: Path) -> None:
    """Leaving it out would shift all predictions behind it."""
    files = write_folder(tmp_path, rows=5)
    cut(files[3])

    with pytest.raises(DataError, match="1 broken of 5") as error:
        fitted.predict(files)

    assert str(files[3]) in str(error.value)


@pytest.mark.parametrize("as_frame", [False, True], ids=["CSV file", "data frame"])
def test_a_table_names_files_and_labels(folder: Path, paths: list[Path], as_frame: bool) -> None:
    """Its path column is found by its name; a CSV file's relative paths start from its folder."""
    table: Any = folder.parent / "table.csv"
    if as_frame:
        table = Frame(label=np.array([label_of(path) for path in paths]), image=texts(paths))
    image = ImageInput()

    data, labels = image.unpack(table, "label")

    assert [Path(path) for path in data] == paths
    assert labels.tolist() == [label_of(path) for path in paths]


def test_number_columns_of_a_table_are_targets_of_a_regression(folder: Path) -> None:
    """One or several columns; a prediction has the shape of a row's targets."""
    table = folder.parent / "table.csv"
    regressor = ImageRegressor(max_trials=1, seed=0, warm_starts=[CHEAP])

    regressor.fit(table, ["length", "half"], epochs=1, verbose=0)

    assert regressor.predict(table).shape == (60, 2)
    assert set(regressor.evaluate(table, ["length", "half"])) >= {"loss"}
    assert ImageInput().unpack(table, "length")[1].dtype.kind == "i"


def test_columns_of_a_table_are_targets_of_several_heads(folder: Path) -> None:
    """Names of columns by head give labels by head."""
    _, labels = ImageInput().unpack(folder.parent / "table.csv", {"class": "label", "size": "length"})

    assert {head: values.dtype.kind for head, values in labels.items()} == {"class": "U", "size": "i"}


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ("table", None, r"The labels of the table .* are missing.*'file', 'label', 'length', 'half'"),
        ("table", "colour", r"The labels of the table .* are missing.*y='colour'"),
        ("paths", None, "The labels of the picture files are missing"),
        ("class folder", None, "holds no labelled pictures"),
        ("arrays", None, "There are no labels"),
        ("nowhere", None, "which does not exist"),
    ],
)
def test_missing_labels_are_one_clear_error(
    folder: Path, paths: list[Path], x: str, y: str | None, message: str
) -> None:
    """It says what is missing for the kind of data that was given."""
    data: Any = {
        "table": folder.parent / "table.csv",
        "paths": paths,
        "class folder": folder / "zero",
        "arrays": np.zeros((4, 8, 8), "uint8"),
        "nowhere": str(folder / "nowhere"),
    }[x]

    with pytest.raises(DataError, match=message):
        classifier().fit(data, y, verbose=0)


def test_a_path_column_that_is_not_clear_is_an_error_until_it_is_named(folder: Path, paths: list[Path]) -> None:
    """Two columns could be meant."""
    frame = Frame(path=texts(paths), image=texts(paths[::-1]), label=[label_of(path) for path in paths])

    with pytest.raises(DataError, match=r"path column .* is not clear.*path_column=None"):
        ImageInput().unpack(frame, "label")

    assert ImageInput(path_column="image").unpack(frame, "label")[0] == texts(paths[::-1])


def test_nested_pictures_are_not_read_with_a_warning(tmp_path: Path) -> None:
    """A folder inside a class folder may be another class or another split: nobody is left to guess."""
    paths = write_folder(tmp_path, rows=12)
    (tmp_path / "zero" / "old").mkdir()
    (tmp_path / "zero" / "old" / "a.png").write_bytes(paths[0].read_bytes())

    with pytest.warns(DataWarning, match="old"):
        found, _ = ImageInput().unpack(tmp_path, None)

    assert sorted(found) == sorted(texts(paths))


def test_a_folder_with_the_classes_further_down_is_an_error_that_says_where(tmp_path: Path) -> None:
    """The parts of a data set (`train`, `test`) are not classes."""
    write_folder(tmp_path / "train", rows=6)

    with pytest.raises(DataError, match=r"Pass a folder further down: pictures are in .*train"):
        classifier().fit(tmp_path, verbose=0)


def test_broken_files_are_left_out_with_their_labels_and_weights(tmp_path: Path) -> None:
    """As if they had never been there: same rows, same weights, same model."""
    paths = write_folder(tmp_path)
    labels = np.array([label_of(path) for path in paths])
    weights = np.random.default_rng(0).uniform(0.5, 2.0, len(paths))
    cut(paths[7])
    whole = np.arange(len(paths)) != 7
    one, other = classifier(), classifier()

    with pytest.warns(DataWarning, match=r"1 of 60 picture files") as warned:
        one.fit(texts(paths), labels, sample_weight=weights, epochs=1, verbose=0)
    kept = [path for path, is_whole in zip(paths, whole, strict=True) if is_whole]
    other.fit(texts(kept), labels[whole], sample_weight=weights[whole], epochs=1, verbose=0)

    assert str(paths[7]) in str(warned[0].message)
    np.testing.assert_allclose(one.predict_proba(kept), other.predict_proba(kept), atol=1e-5)


def test_too_many_broken_files_end_fit_before_anything_is_trained(tmp_path: Path) -> None:
    """More than a twentieth by default; the task passes another share on."""
    paths = write_folder(tmp_path)
    for path in paths[:5]:
        cut(path)

    with pytest.raises(DataError, match=r"at most 5.0% of 60 files"):
        classifier().fit(tmp_path, verbose=0)

    with pytest.warns(DataWarning, match="5 of 60"):
        assert classifier(broken_share=0.1).analyse(tmp_path).rows == 44


def test_a_file_that_breaks_only_when_it_is_decoded_ends_the_search_by_name(tmp_path: Path) -> None:
    """No other configuration would cure it, and TensorFlow's own message does not name the file."""
    paths = write_folder(tmp_path)
    spoil(paths[11])

    with pytest.raises(AutoKerasError, match="cannot be decoded") as error:
        classifier().fit(tmp_path, epochs=1, verbose=0)

    assert str(paths[11]) in str(error.value) and "Replace it or leave it out" in str(error.value)


def test_pictures_that_lie_sideways_train_and_are_predicted_as_upright_ones(
    fitted: ImageClassifier, folder: Path, paths: list[Path], tmp_path: Path
) -> None:
    """Files with another orientation in their EXIF data are the same pictures, to fit, predict and evaluate."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    sideways = [tmp_path / path.relative_to(folder) for path in paths]
    for path, turned in zip(paths, sideways, strict=True):
        turned.parent.mkdir(exist_ok=True)
        Image.open(path).transpose(Image.Transpose.ROTATE_90).save(turned, exif=exif)
    one, other = classifier(), classifier()

    one.fit(tmp_path, validation_data=tmp_path, epochs=1, verbose=0)
    other.fit(folder, validation_data=folder, epochs=1, verbose=0)

    np.testing.assert_allclose(one.predict_proba(paths), other.predict_proba(paths), atol=1e-4)
    np.testing.assert_array_equal(fitted.predict_proba(sideways), fitted.predict_proba(paths))
    assert fitted.evaluate(tmp_path) == fitted.evaluate(folder)
    assert "60 of 60 files are turned or mirrored" in one.analysis.report()


def test_validation_data_may_be_a_folder(folder: Path, tmp_path: Path) -> None:
    """Its labels are its folders' names, and its files are resized to the size of the training files."""
    for path in write_folder(tmp_path, rows=9, first=60):
        Image.open(path).resize((16, 12)).save(path)

    model = classifier()
    model.fit(folder, validation_data=str(tmp_path), epochs=1, verbose=0)

    assert model.analysis.rows == 60
    assert model.analysis.inputs["image"].shape == (8, 8, 1)


def test_the_same_seed_gives_the_same_model(folder: Path, paths: list[Path]) -> None:
    """Files are decoded by several threads, and still come in the same order."""
    probabilities = []
    for _ in range(2):
        model = classifier(seed=4)
        model.fit(folder, epochs=2, verbose=0)
        probabilities.append(model.predict_proba(paths))

    np.testing.assert_allclose(probabilities[0], probabilities[1], atol=1e-4)


def test_files_train_the_model_that_their_arrays_train(folder: Path, paths: list[Path]) -> None:
    """The same rows in the same batches: streaming changes nothing but the memory."""
    pictures = np.stack([np.asarray(Image.open(path)) for path in paths])[..., np.newaxis]
    labels = np.array([label_of(path) for path in paths])
    streamed, in_memory = classifier(), classifier()

    streamed.fit(texts(paths), labels, epochs=2, verbose=0)
    in_memory.fit(pictures, labels, epochs=2, verbose=0)

    np.testing.assert_allclose(streamed.predict_proba(pictures), in_memory.predict_proba(pictures), atol=1e-3)


def test_a_time_limit_is_kept_while_files_are_streamed(folder: Path) -> None:
    """The best model so far comes back, long before the trials that were asked for are done."""
    model = classifier(max_trials=50, time_limit=6.0)
    began = time.monotonic()

    history = model.fit(folder, epochs=100_000, verbose=0)

    assert time.monotonic() - began < 6.0 + BUSY
    assert history.stop_reason == "time_limit reached"
    assert history.trials < 50
    assert len(model.classes) == 3


def test_a_search_on_files_is_continued(folder: Path, tmp_path: Path) -> None:
    """The files are known again by their content."""
    classifier(directory=tmp_path / "search").fit(folder, epochs=1, verbose=0)

    again = classifier(directory=tmp_path / "search").fit(folder, epochs=1, verbose=0)

    assert again.trials == 2
