"""Target columns of a table: found by name wherever they stand, and named by whatever a table calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ak_tabular import StructuredDataClassifier, StructuredDataInput, StructuredDataRegressor
from ak_tabular.files import opening
from autokeras_core import AutoModel, DataError, RegressionHead

ROWS = 60
SIZES = np.random.default_rng(0).normal(size=(ROWS, 2))
FRAME = pd.DataFrame(SIZES, columns=["size", "weight"]).assign(
    a=lambda table: 100 + 10 * table["size"] + table["weight"] ** 2,
    b=lambda table: -3 * table["size"] * table["weight"],
)
INPUTS = FRAME[["size", "weight"]]


@pytest.fixture(scope="module")
def fitted() -> StructuredDataRegressor:
    """Return a regressor of two columns, which are numbers of other sizes."""
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)
    regressor.fit(FRAME, ["a", "b"], epochs=2, verbose=0)
    return regressor


@pytest.fixture(scope="module")
def scores(fitted: StructuredDataRegressor) -> dict[str, float]:
    """Return how good it is, by targets that have no names."""
    return fitted.evaluate(INPUTS, FRAME[["a", "b"]].to_numpy())


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (FRAME, ["b", "a"]),
        (INPUTS, FRAME[["b", "a"]]),
        (INPUTS, pa.Table.from_pandas(FRAME[["b", "a"]], preserve_index=False)),
    ],
    ids=["names", "frame", "Arrow table"],
)
def test_several_targets_are_found_by_name(
    fitted: StructuredDataRegressor, scores: dict[str, float], x: Any, y: Any
) -> None:
    """In any order: by position one would be measured by the other's values."""
    assert fitted.evaluate(x, y) == pytest.approx(scores, rel=1e-5)


def test_several_targets_of_a_streamed_file_are_found_by_name(
    fitted: StructuredDataRegressor, scores: dict[str, float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its labels are an array without names."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    FRAME.to_csv(tmp_path / "table.csv", index=False)

    assert fitted.evaluate(tmp_path / "table.csv", ["b", "a"]) == pytest.approx(scores, rel=1e-5)


@pytest.mark.parametrize("named", [False, True], ids=["frame", "names"])
def test_targets_of_other_names_are_an_error(fitted: StructuredDataRegressor, named: bool) -> None:
    """As many columns, but not those that were learned."""
    other = FRAME.rename(columns={"b": "c"})
    x, y = (other, ["a", "c"]) if named else (INPUTS, other[["a", "c"]])

    with pytest.raises(DataError, match=r"without \['b'\] and with the unknown \['c'\]"):
        fitted.evaluate(x, y)


def test_targets_to_validate_on_are_found_by_name() -> None:
    """The same rows, with columns in another order, give the same scores in each epoch."""
    losses = []
    for names in (["a", "b"], ["b", "a"]):
        regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)
        history = regressor.fit(INPUTS, FRAME[["a", "b"]], validation_data=(INPUTS, FRAME[names]), epochs=1, verbose=0)
        losses.append(history.history["val_loss"])

    assert losses[0] == losses[1]


def test_a_column_for_each_of_several_heads_is_found_by_name() -> None:
    """A list of the names of training, in another order, gives no head the other's column."""
    heads = [RegressionHead(name="first"), RegressionHead(name="second")]
    model = AutoModel(StructuredDataInput(), heads, max_trials=1, seed=0)
    model.fit(FRAME, ["a", "b"], epochs=1, verbose=0)

    assert model.evaluate(FRAME, ["b", "a"]) == model.evaluate(FRAME, ["a", "b"])


# Names that are numbers, and tables of other kinds


@pytest.mark.parametrize("y", ["3", 3, np.int64(3)], ids=["text", "number", "NumPy number"])
def test_a_column_may_be_called_by_a_number(y: Any) -> None:
    """As of `read_csv(header=None)`."""
    found = StructuredDataRegressor().analyse(FRAME.set_axis(range(4), axis=1), y)

    assert found.targets["regression"].columns == ("3",)


def test_a_target_that_is_called_by_a_number_may_be_there_at_prediction() -> None:
    """It is known by its name then, too."""
    frame = FRAME.set_axis(range(4), axis=1)
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)

    regressor.fit(frame, 3, epochs=1, verbose=0)

    assert regressor.predict(frame).tolist() == regressor.predict(frame.drop(columns=3)).tolist()


def test_a_number_is_no_position() -> None:
    """It is the name of a column, or an error."""
    with pytest.raises(DataError, match="no column of the target's name.*y='-1'"):
        StructuredDataRegressor().analyse(FRAME.set_axis(range(4), axis=1), -1)


@pytest.mark.parametrize("y", ["a", ["a", "b"]], ids=["one", "several"])
def test_the_target_may_be_a_column_of_a_structured_array(y: Any) -> None:
    """What is found out is what a frame shows."""
    records = FRAME.to_records(index=False)

    found = StructuredDataRegressor(seed=0).analyse(records.view(np.ndarray), y)

    assert found == StructuredDataRegressor(seed=0).analyse(FRAME, y)


def test_a_structured_array_with_arrays_for_cells_is_an_error() -> None:
    """It names the column."""
    records = np.zeros(ROWS, dtype=[("size", "f8"), ("pairs", "f8", (2,)), ("price", "f8")])

    with pytest.raises(DataError, match="'pairs'"):
        StructuredDataRegressor().analyse(records, "price")


def test_a_class_column_of_a_large_file_may_be_read_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the error about a word among numbers advises: `column_types` may name a target there."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    INPUTS.assign(kind=np.arange(ROWS) % 2).to_csv(tmp_path / "table.csv", index=False)

    found = StructuredDataClassifier(column_types={"kind": "categorical"}).analyse(tmp_path / "table.csv", "kind")

    assert found.targets["classification"].classes == ("0", "1")


def test_column_types_may_name_several_targets_of_a_list_of_dicts() -> None:
    """Its columns are the keys of the dicts."""
    rows = INPUTS.assign(price=np.arange(ROWS) * 1.5, weeks=np.arange(ROWS) % 9).to_dict("records")

    found = StructuredDataRegressor(column_types={"price": "numerical"}).analyse(rows, ["price", "weeks"])

    assert [column["name"] for column in found.inputs["structured"].facts["columns"]] == ["size", "weight"]


@pytest.mark.parametrize("kind", ["frame", "dict", "file"])
def test_column_types_may_name_the_target_of_any_table(kind: str, tmp_path: Path) -> None:
    """As of a large file: it is no column that is learned from, and the others are what they say."""
    frame = INPUTS.assign(grade=np.arange(ROWS) % 5, kind=np.arange(ROWS) % 2)
    frame.to_csv(tmp_path / "table.csv", index=False)
    x = {"frame": frame, "dict": frame.to_dict("list"), "file": tmp_path / "table.csv"}[kind]

    found = StructuredDataClassifier(column_types={"kind": "categorical", "grade": "categorical"}).analyse(x, "kind")

    columns = {column["name"]: column["kind"] for column in found.inputs["structured"].facts["columns"]}
    assert columns == {"size": "numerical", "weight": "numerical", "grade": "categorical"}
    assert found.targets["classification"].classes == (0, 1)


def test_labels_that_are_called_as_columns_name_none() -> None:
    """`column_types` says of such a column what it is."""
    frame = pd.DataFrame({"a": np.arange(ROWS) % 5, "b": np.arange(ROWS) * 1.5})
    classifier = StructuredDataClassifier(column_types={"a": "categorical"})

    found = classifier.analyse(frame, ["a", "b"] * (ROWS // 2))

    assert found.inputs["structured"].facts["columns"][0]["kind"] == "categorical"


def test_parts_of_a_table_to_validate_on(tmp_path: Path) -> None:
    """A list of two files is no x and y where y names a column."""
    parts = [tmp_path / "first.csv", tmp_path / "second.csv"]
    for path, rows in zip(parts, (FRAME[:30], FRAME[30:]), strict=True):
        rows.drop(columns="b").to_csv(path, index=False)
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)

    regressor.fit(FRAME.drop(columns="b"), "a", validation_data=[str(path) for path in parts], epochs=1, verbose=0)

    assert regressor.analysis.rows == ROWS


def test_a_number_names_the_target_of_a_file_too(tmp_path: Path) -> None:
    """As it named that of the frame: for validation and for scores."""
    numbered = FRAME[["size", "weight", "a"]].set_axis([0, 1, 2], axis=1)
    numbered.to_csv(tmp_path / "numbered.csv", index=False)
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)

    regressor.fit(numbered, 2, validation_data=str(tmp_path / "numbered.csv"), epochs=1, verbose=0)

    of_file, of_frame = regressor.evaluate(tmp_path / "numbered.csv", 2), regressor.evaluate(numbered, 2)
    assert of_file == pytest.approx(of_frame, rel=1e-4)
