"""Texts in folders, CSV files and data frames: what is read, and what is an error that says why."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ak_text import TextClassifier, TextInput
from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DataError, DataWarning

FRAME = pd.DataFrame({"text": ["a fine film", "a dull film", ""], "stars": [5, 1, 3], "note": ["x", "y", "z"]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two class folders, and files that are none of it."""
    for name, text in {
        "good/1.txt": "fine",
        "good/2.txt": "\ufeffvery fine 😀",
        "bad/1.md": "dull\r\nand long",
    }.items():
        path = tmp_path / "reviews" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (tmp_path / "reviews" / "good" / ".hidden").write_text("no")
    (tmp_path / "reviews" / "readme.txt").write_text("no")
    return tmp_path / "reviews"


def csv_file(tmp_path: Path, content: str, name: str = "reviews.csv") -> Path:
    """Return the path of a new CSV file."""
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", [str, Path], ids=["str", "path"])
def test_folder_per_class_gives_texts_and_labels(folder: Path, kind: Any) -> None:
    """Class folders are the labels, in the order of their names; a byte order mark is no text."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texts, labels = TextInput().unpack(kind(folder), None)

    assert texts.tolist() == ["dull\r\nand long", "fine", "very fine 😀"]
    assert labels.tolist() == ["bad", "good", "good"]


def test_files_of_other_kinds_cost_a_warning(folder: Path) -> None:
    """What stands in a class folder and is not read is named."""
    (folder / "good" / "3.pdf").write_bytes(b"%PDF")

    with pytest.warns(DataWarning, match=r"3\.pdf"):
        texts, _ = TextInput().unpack(folder, None)

    assert len(texts) == 3


def test_file_that_is_not_utf8_is_named(folder: Path) -> None:
    """A file in another encoding is an error that names it."""
    (folder / "bad" / "2.txt").write_bytes("schön".encode("latin-1"))

    with pytest.raises(DataError, match=r"2\.txt.*UTF-8"):
        TextInput().unpack(folder, None)


def test_folder_without_classes_is_an_error(tmp_path: Path) -> None:
    """A folder of files alone has no labels; but one can be predicted on."""
    (tmp_path / "1.txt").write_text("fine")

    with pytest.raises(DataError, match="no labelled texts"):
        TextInput().unpack(tmp_path, None)

    assert TextInput().adapt(str(tmp_path)).tolist() == ["fine"]


@pytest.mark.parametrize("separator", [",", ";"], ids=["comma", "semicolon"])
def test_csv_file_gives_texts_and_labels(tmp_path: Path, separator: str) -> None:
    """The text column is found, quoted texts may hold line breaks, numbers become numbers."""
    lines = ["text{0}stars", '"a fine{0} film\nindeed"{0}5', '"say ""no"""{0}1']
    path = csv_file(tmp_path, "\n".join(lines).format(separator) + "\n")

    texts, labels = TextInput().unpack(str(path), "stars")

    assert texts.tolist() == [f"a fine{separator} film\nindeed", 'say "no"']
    assert labels.tolist() == [5, 1]


def test_csv_file_may_hold_a_huge_text(tmp_path: Path) -> None:
    """A text beyond the csv module's usual limit is read."""
    path = csv_file(tmp_path, "text,label\n" + "word " * 100_000 + ",a\nb,b\n")

    texts, _ = TextInput().unpack(path, "label")

    assert len(texts[0]) == 500_000


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read"),
        ("text,label\n", "0 rows"),
        ("text,label\na,b\nc\n", "row 2 has 1 values"),
        ("text,text\na,b\n", "distinct column names"),
    ],
    ids=["empty", "header only", "short row", "equal names"],
)
def test_malformed_csv_file_is_an_error(tmp_path: Path, content: str, message: str) -> None:
    """A file that is no table is an error that says what is wrong with it."""
    with pytest.raises(DataError, match=message):
        TextInput().unpack(csv_file(tmp_path, content), "label")


def test_csv_file_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    """A table that is not UTF-8 is an error that names it."""
    path = tmp_path / "latin.csv"
    path.write_bytes("text,label\nschön,a\n".encode("latin-1"))

    with pytest.raises(DataError, match=r"latin\.csv.*UnicodeDecodeError"):
        TextInput().unpack(path, "label")


@pytest.mark.parametrize("y", ["stars", FRAME["stars"]], ids=["name", "series"])
def test_frame_gives_texts_and_labels(y: Any) -> None:
    """A data frame is a table; the target is a column's name, or its own data."""
    texts, labels = TextInput().unpack(FRAME, y)

    assert texts.tolist() == FRAME["text"].tolist()
    assert np.asarray(labels).tolist() == [5, 1, 3]


@pytest.mark.parametrize("y", [0, np.int64(0), "0"], ids=["int", "numpy", "text"])
def test_column_of_a_frame_without_a_header_is_named_by_its_number(y: Any) -> None:
    """As `pandas.read_csv(path, header=None)` calls the columns; the text is then in the other one."""
    frame = pd.DataFrame({0: FRAME["stars"], 1: FRAME["text"]})

    texts, labels = TextInput().unpack(frame, y)

    assert texts.tolist() == FRAME["text"].tolist()
    assert np.asarray(labels).tolist() == [5, 1, 3]
    assert TextInput().settle(frame, y) == {"text_column": "1"}


def test_an_arrow_table_is_a_table() -> None:
    """Its `columns` are the columns, not their names."""
    texts, labels = TextInput().unpack(pa.Table.from_pandas(FRAME), "stars")

    assert texts.tolist() == FRAME["text"].tolist()
    assert np.asarray(labels).tolist() == [5, 1, 3]


def test_labels_of_a_frame_keep_their_type() -> None:
    """Strings of digits are strings where the table has types: "01" and "1" are two classes."""
    frame = pd.DataFrame({"text": ["a", "b", "c"], "code": ["01", "1", "2"]})

    assert np.asarray(TextInput().unpack(frame, "code")[1]).tolist() == ["01", "1", "2"]


def test_label_that_is_missing_in_a_csv_file_is_an_error(tmp_path: Path) -> None:
    """An empty cell in the target column is no class of its own."""
    path = csv_file(tmp_path, "text,label\na,x\nb,\nc, \n")

    with pytest.raises(DataError, match=r"'label' of the table .* no label in 2 rows.*row 2 of 3"):
        TextInput().unpack(path, "label")


def test_text_column_is_an_argument() -> None:
    """`text_column` decides which column is read, in fit and in predict."""
    text_input = TextInput(text_column="note")

    assert text_input.unpack(FRAME, "stars")[0].tolist() == ["x", "y", "z"]
    assert text_input.adapt(FRAME).tolist() == ["x", "y", "z"]


def test_only_other_column_is_the_text() -> None:
    """A column of any name is the text where it is the only one beside the target."""
    frame = FRAME[["note", "stars"]]

    assert TextInput().unpack(frame, "stars")[0].tolist() == ["x", "y", "z"]


def test_unclear_text_column_is_an_error() -> None:
    """Where several columns could be meant, the error lists them."""
    with pytest.raises(DataError, match="text column .* is not clear.*note"):
        TextInput().unpack(FRAME.rename(columns={"text": "other"}), "stars")


@pytest.mark.parametrize("y", [None, "grade", 1], ids=["none", "unknown", "unknown number"])
def test_missing_target_column_is_an_error(y: str | int | None) -> None:
    """A table without the name of one of its columns is an error that lists them."""
    with pytest.raises(DataError, match=r"name of the target column.*stars"):
        TextInput().unpack(FRAME, y)


def test_missing_text_in_a_frame_names_the_row() -> None:
    """A missing value in the text column is an error that names its row."""
    frame = pd.DataFrame({"text": ["a", None, "c"], "stars": [1, 2, 3]})

    with pytest.raises(DataError, match="Row 1 "):
        TextInput().adapt(frame)


def test_other_path_is_an_error(tmp_path: Path) -> None:
    """A file of a kind that is not read is an error that says what is."""
    path = csv_file(tmp_path, "a", name="reviews.xlsx")

    with pytest.raises(DataError, match="no such file"):
        TextInput().unpack(path, "stars")


def test_text_column_must_be_a_name() -> None:
    """A number is no column's name."""
    with pytest.raises(DataError, match="text_column"):
        TextInput(text_column=3)  # type: ignore[arg-type]


def test_classifier_learns_from_a_folder_and_predicts_a_csv_file(folder: Path, tmp_path: Path) -> None:
    """`fit` of a folder and `predict` of a table, end to end."""
    for index in range(3, 13):
        (folder / "good" / f"{index}.txt").write_text("fine and good")
        (folder / "bad" / f"{index}.txt").write_text("dull and bad")
    path = csv_file(tmp_path, "text\nfine\ndull\n")
    task = TextClassifier(max_trials=1, seed=0, pretrained=False)

    task.fit(folder, epochs=3, verbose=0)

    assert task.predict(str(path)).tolist() == ["good", "bad"]
    assert task.evaluate(folder)["accuracy"] > 0.9


@pytest.mark.parametrize("is_list", [True, False], ids=["list", "single"])
def test_paths_of_text_files_are_read(folder: Path, is_list: bool) -> None:
    """`Path` objects stand for what is in the files, and name the rows; strings in a list are texts."""
    path = folder / "good" / "1.txt"
    data = [path] if is_list else path

    assert TextInput().adapt(data).tolist() == ["fine"]
    assert TextInput().row_names(data) == [str(path)]
    assert TextInput().adapt([str(path)]).tolist() == [str(path)]
    assert TextInput().row_names([str(path)]) is None


def test_path_of_a_missing_text_file_is_named(folder: Path) -> None:
    """One file of several that is not there is an error."""
    with pytest.raises(DataError, match=r"nothing at .*gone\.txt"):
        TextInput().adapt([folder / "good" / "1.txt", folder / "gone.txt"])


def test_rows_of_a_folder_are_named_in_their_order(folder: Path) -> None:
    """Names and texts go together, whether the files lie in class folders or right in the folder."""
    assert TextInput().row_names(folder / "good") == [str(folder / "good" / name) for name in ("1.txt", "2.txt")]
    assert TextInput().row_names(folder) == [str(folder / name) for name in ("bad/1.md", "good/1.txt", "good/2.txt")]
    assert TextInput().adapt(folder / "good").tolist() == ["fine", "very fine 😀"]


def test_folder_is_predicted_on_as_it_was_trained_on(folder: Path) -> None:
    """A text file beside its class folders is a row of neither, which costs a warning."""
    trained_on, _ = TextInput().unpack(folder, None)

    with pytest.warns(DataWarning, match=r"not read, as its class folders hold texts: .*readme\.txt"):
        predicted_on = TextInput().adapt(folder)

    assert predicted_on.tolist() == trained_on.tolist() == ["dull\r\nand long", "fine", "very fine 😀"]


def test_folder_whose_files_are_named_warns_of_what_is_not_read(folder: Path) -> None:
    """Who predicts on the named files hears of it there."""
    with pytest.warns(DataWarning, match=r"not read, as its class folders hold texts: .*readme\.txt"):
        names = TextInput().row_names(folder)

    assert names is not None
    assert len(names) == 3


def test_texts_right_in_a_folder_are_read_where_no_other_folder_holds_any(tmp_path: Path) -> None:
    """A folder of other files beside them makes no class."""
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "1.pdf").write_bytes(b"%PDF")
    (tmp_path / "1.txt").write_text("fine")

    assert TextInput().adapt(tmp_path).tolist() == ["fine"]
    assert TextInput().row_names(tmp_path) == [str(tmp_path / "1.txt")]


def test_column_that_a_model_does_not_find_is_an_error() -> None:
    """It names the column, and those that are there."""
    with pytest.raises(DataError, match=r"text column .* is missing.*'headline'.*\['text', 'stars', 'note'\]"):
        TextInput(text_column="headline").unpack(FRAME, "stars")


def test_each_of_several_heads_has_a_column() -> None:
    """Names of columns by head give labels by head."""
    _, labels = TextInput().unpack(FRAME, {"score": "stars", "remark": "note"})

    assert {head: np.asarray(each).tolist() for head, each in labels.items()} == {
        "score": [5, 1, 3],
        "remark": ["x", "y", "z"],
    }


def test_unknown_column_of_one_of_several_heads_is_an_error() -> None:
    """It says which names there are."""
    with pytest.raises(DataError, match=r"labels .* are missing.*'stars'.*'grade'"):
        TextInput().unpack(FRAME, {"score": "stars", "remark": "grade"})


PHRASES = pd.DataFrame({"phrase": ["a fine film", "a dull film"] * 20, "stars": [5, 1] * 20})


@pytest.fixture(scope="module")
def phrase_model(tmp_path_factory: pytest.TempPathFactory) -> TextClassifier:
    """A saved and loaded model that learned the only column beside the target, whose name is no usual one."""
    folder = tmp_path_factory.mktemp("phrases")
    PHRASES.to_csv(folder / "phrases.csv", index=False)
    start = {"text/block_type": "ngram", "training/batch_size": 32, "training/learning_rate": 0.03}
    task = TextClassifier(max_trials=1, seed=0, pretrained=False, warm_starts=[start])
    validation = PHRASES.assign(text="no", comment="no")  # one more table, with columns of usual names
    task.fit(folder / "phrases.csv", "stars", epochs=30, validation_data=validation, verbose=0)
    task.save(folder / "model")
    return TextClassifier.load(folder / "model")


def test_model_predicts_on_the_table_that_it_was_fitted_on(phrase_model: TextClassifier, tmp_path: Path) -> None:
    """The target's column is left out at prediction, too."""
    PHRASES.to_csv(tmp_path / "phrases.csv", index=False)

    assert phrase_model.predict(str(tmp_path / "phrases.csv")).tolist() == PHRASES["stars"].tolist()


def test_model_reads_the_column_of_the_training_table(phrase_model: TextClassifier) -> None:
    """A column with a usual name, which training did not have, is not read in its stead."""
    frame = pd.DataFrame({"text": ["fine fine fine"], "phrase": ["a dull film"], "stars": [1]})

    assert phrase_model.predict(frame).tolist() == [1]
    assert phrase_model.evaluate(frame, "stars")["accuracy"] == 1.0


def test_table_without_the_column_of_the_training_table_is_an_error(phrase_model: TextClassifier) -> None:
    """Reading another one would be a guess; texts in a list need no column."""
    with pytest.raises(DataError, match=r"text column .* is missing.*'phrase'.*\['text'\]"):
        phrase_model.predict(pd.DataFrame({"text": ["a dull film"]}))

    assert phrase_model.predict(["a dull film"]).tolist() == [1]


def test_text_column_is_remembered_beside_other_inputs() -> None:
    """A table for one of several inputs settles its column, too."""
    rows = np.arange(40.0).reshape(-1, 1)
    model = AutoModel([TextInput(), ArrayInput()], ClassificationHead())

    profile = model.analyse([PHRASES[["phrase"]], rows], PHRASES["stars"])

    assert profile.inputs["text"].settled == {"text_column": "phrase"}
    assert profile.inputs["array"].settled == {}
