"""Labels in files, and files in other encodings: no class is taken for a missing value, no letter is left out."""

from __future__ import annotations

import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataClassifier
from ak_tabular.files import arrow, opening
from ak_tabular.files.opening import open_labelled_table, open_table
from ak_tabular.tables import as_table, read_texts
from autokeras_core import DataError
from autokeras_core.data.labels import as_labels

Array = np.ndarray[Any, Any]


def write(folder: Path, *lines: str, name: str = "table.csv") -> Path:
    """Write a table of rows, and return where."""
    path = folder / name
    path.write_text("\n".join(["size,town,label", *lines, ""]), encoding="utf-8")
    return path


def labels_of(location: Any) -> list[Any]:
    """Return the labels of a table, checked as `fit` does."""
    labels = open_labelled_table(location, "label")[1]
    return np.asarray(labels if hasattr(labels, "codes") else as_labels(labels)).tolist()


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize("label", ["None", "NA", "null", "n/a"])
def test_a_class_may_be_called_as_missing_values_are(label: str, tmp_path: Path) -> None:
    """A label that is text is what it says; cells of other columns are missing there as ever."""
    path = write(tmp_path, f"1,Oslo,{label}", f"2,{label},Insomnia", f"{label},Narvik,{label}")

    table, _ = open_labelled_table(path, "label")

    assert labels_of(path) == [label, "Insomnia", label]
    rows = table.read(np.arange(3)) if hasattr(table, "store") else as_table(table)
    assert read_texts(rows, 1, column="town").tolist() == ["Oslo", None, "Narvik"]


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize(
    "labels",
    [["Insomnia", "", "Apnea"], ["Insomnia", " ", "Apnea"], ["1.5", "NA", "2.5"], ["1", "None", "0"]],
    ids=["nothing", "blank", "amounts", "numbers"],
)
def test_missing_labels_are_an_error(labels: list[str], tmp_path: Path) -> None:
    """Blank cells are, and words that say so among numbers."""
    path = write(tmp_path, *(f"{row},Oslo,{label}" for row, label in enumerate(labels)))

    with pytest.raises(DataError, match="missing"):
        labels_of(path)


IDENTIFIERS = np.array([2**53 + 1, 2**53, -(2**62) - 1])
HASHES = np.array([2**63 + 1, 2**64 - 1, 5], dtype=np.uint64)
AMOUNTS = np.array([1e19, -3e20, 2.0])


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("csv", IDENTIFIERS),
        ("csv", AMOUNTS),
        ("parquet", IDENTIFIERS),
        ("parquet", HASHES),
        ("parquet", AMOUNTS),
    ],
)
def test_large_numbers_are_not_rounded(kind: str, labels: Array, tmp_path: Path) -> None:
    """They may be identifiers of classes: two of them must not become one."""
    frame = pd.DataFrame({"size": [1.5, 2.5, 3.5], "label": labels})
    path = tmp_path / f"table.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)

    assert labels_of(path) == labels.tolist()


def test_a_fraction_late_among_whole_numbers_is_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All labels are floats then, those of the pieces before it too."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    monkeypatch.setattr(arrow, "_BYTES_AT_ONCE", 4_096)
    path = write(tmp_path, *["1,Oslo,7"] * 2_000, "1,Oslo,2.5")

    assert labels_of(path) == [7.0] * 2_000 + [2.5]


@pytest.mark.usefixtures("in_either_way")
@pytest.mark.parametrize("cells", [["1.50", "2.25", "-3.75"], ["1", "0", "1"]], ids=["amounts", "classes"])
def test_decimals_are_numbers(cells: list[str], tmp_path: Path) -> None:
    """As databases write them into Parquet files."""
    path = tmp_path / "table.parquet"
    labels = [decimal.Decimal(cell) for cell in cells]
    pd.DataFrame({"size": [1.5, 2.5, 3.5], "label": labels}).to_parquet(path)

    found = open_labelled_table(path, "label")[1]

    assert found.dtype.kind in "if"
    assert np.asarray(found).tolist() == labels


def test_a_part_of_a_table_may_have_one_class_only(tmp_path: Path) -> None:
    """Also the one that is called None."""
    parts = [write(tmp_path, "1,Oslo,None", name="a.csv"), write(tmp_path, "2,Oslo,Apnea", name="b.csv")]

    assert labels_of(parts) == ["None", "Apnea"]


def test_a_class_called_none_is_learned_and_evaluated(tmp_path: Path) -> None:
    """From the first file to a file that has that class alone."""
    path = write(tmp_path, *(f"{row},Oslo,{['None', 'Apnea'][row % 2]}" for row in range(40)))
    alone = write(tmp_path, "2,Oslo,None", "4,Oslo,None", name="alone.csv")
    classifier = StructuredDataClassifier(max_trials=1, seed=0, ensemble=False)

    classifier.fit(path, "label", epochs=1, verbose=0)

    assert list(classifier.classes) == ["Apnea", "None"]
    share = np.mean(np.asarray(classifier.predict(alone)) == "None")
    assert classifier.evaluate(alone, "label")["accuracy"] == pytest.approx(share)


@pytest.mark.parametrize("rows", [3, 20_000], ids=["small", "large"])
@pytest.mark.parametrize("place", ["header", "body"])
@pytest.mark.usefixtures("in_either_way")
def test_another_encoding_is_one_clear_error(rows: int, place: str, tmp_path: Path) -> None:
    """However large the file is and wherever it shows: no letter is left out, and the error says what to do."""
    header, last = ("Größe,town", "1,Oslo") if place == "header" else ("size,town", "1,Tromsø")
    path = tmp_path / "table.csv"
    path.write_bytes("\n".join([header, *["1,Oslo"] * rows, last, ""]).encode("latin-1"))

    with pytest.raises(DataError, match="table.csv' is not UTF-8.*encoding=") as caught:
        open_table(path)

    assert place == "header" or rows == 3 or "'town'" in str(caught.value)


@pytest.mark.parametrize("shift", range(4))
def test_a_character_across_the_end_of_the_first_bytes_is_no_error(shift: int, tmp_path: Path) -> None:
    """Where the beginning of a large file is looked at, its last character may be cut off."""
    path = tmp_path / "table.csv"
    path.write_text(
        "size,town\n" + "1," + "x" * shift + "路" * 30 + "\n" + "1,路路路路路路路\n" * 6_000, encoding="utf-8"
    )

    assert len(open_table(path)) == 6_001
