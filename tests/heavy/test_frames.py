"""Pandas in, pandas out: labels are recognised, and predictions get their form and the rows' index."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from autokeras_core.data.adapters import as_rows
from autokeras_core.data.frames import frames_of, in_frame, index_of
from autokeras_core.data.labels import analyse_labels
from autokeras_core.data.profile import DataProfile, TargetProfile
from autokeras_core.data.targets import analyse_targets
from autokeras_core.errors import DataError

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6]}, index=["x", "y", "z"])
LABELS = pd.DataFrame({"a": [1, 0, 1], "b": [0, 0, 1]})


def target(**fields: Any) -> TargetProfile:
    """Return the profile of a regression target."""
    return TargetProfile(name="head", kind="regression", label_type="number", dtype="float32", outputs=1, **fields)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (FRAME["a"], {"frame": "series", "columns": ["a"]}),
        (FRAME["a"].rename(None), {"frame": "series", "columns": []}),
        (FRAME, {"frame": "frame", "columns": ["a", "b"]}),
        (FRAME.set_axis([0, 1], axis=1), {"frame": "frame", "columns": []}),
    ],
    ids=["series", "unnamed series", "frame", "frame with numbered columns"],
)
def test_pandas_labels_are_recognised(labels: Any, expected: dict[str, Any]) -> None:
    """Kind and names of pandas labels are kept, as a profile's fields."""
    assert frames_of({"head": labels, "other": [1, 2, 3]}) == {"head": expected}
    TargetProfile(name="h", kind="binary", label_type="int", dtype="int64", outputs=2, **expected)


def test_names_of_arrow_labels_are_kept() -> None:
    """They are no pandas objects, so predictions are none, but their columns have names."""
    assert frames_of({"head": pa.Table.from_pandas(LABELS, preserve_index=False)}) == {"head": {"columns": ["a", "b"]}}


@pytest.mark.parametrize(
    ("x", "rows", "inputs", "expected"),
    [
        (FRAME, 3, 1, ["x", "y", "z"]),
        ([np.zeros(3), FRAME], 3, 2, ["x", "y", "z"]),
        ([FRAME["a"], FRAME["b"]], 3, 2, ["x", "y", "z"]),
        ({"image": np.zeros(3), "table": FRAME["a"]}, 3, 2, ["x", "y", "z"]),
        (FRAME.iloc[1], 1, 1, ["y"]),
        ([FRAME.iloc[2], FRAME.iloc[0]], 2, 1, ["z", "x"]),
        (FRAME.to_numpy(), 3, 1, None),
        ("rows.csv", 3, 1, None),
        ([[1, 2]] * 200, 200, 1, None),
    ],
    ids=["frame", "list of inputs", "Series", "dict of inputs", "row", "rows", "array", "path", "list of rows"],
)
def test_index_is_that_of_the_first_pandas_input(x: Any, rows: int, inputs: int, expected: list[str] | None) -> None:
    """Predictions are for the rows of x, whatever input holds the index; Series of an only input are rows with a name each."""
    found = index_of(x, rows, inputs=inputs)

    assert (None if found is None else list(found)) == expected


def test_predictions_take_the_form_of_the_labels() -> None:
    """A Series with its name, a frame with its columns; arrays where the labels or x were none of pandas."""
    values = np.array([0.5, 1.5, 2.5])

    series = in_frame(values, FRAME.index, target(frame="series", columns=["price"]))
    frame = in_frame(values[:, None], FRAME.index, target(frame="frame", columns=["price"]))

    pd.testing.assert_series_equal(series, pd.Series(values, FRAME.index, name="price"))
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"price": values}, FRAME.index))
    assert in_frame(values, None, target(frame="series")) is values
    assert in_frame(values, FRAME.index, target()) is values


def test_form_of_the_labels_survives_the_profile_file() -> None:
    """A saved profile still knows what the labels were."""
    profile = DataProfile(rows=1, inputs={}, targets={"head": target(frame="frame", columns=["a", "b"])})

    assert DataProfile.from_json(profile.to_json()) == profile


@pytest.mark.parametrize(
    ("frame", "dtype"),
    [
        (LABELS.astype("Int64"), "int64"),
        (LABELS.astype("boolean"), "bool"),
        (LABELS.astype("Float64"), "float64"),
        (LABELS.astype({"a": "Int64", "b": "Float64"}), "float64"),
        (LABELS.astype({"a": bool}), "int64"),
        (LABELS.astype("int64[pyarrow]"), "int64"),
        (LABELS.astype("Int64").set_axis(["a", "a"], axis=1), "int64"),
    ],
    ids=["integers", "booleans", "floats", "integers and floats", "boolean and integer", "Arrow", "one name"],
)
def test_columns_of_numbers_are_one_array_of_numbers(frame: pd.DataFrame, dtype: str) -> None:
    """Whatever kinds of numbers they are, and whether these could be missing: pandas makes objects of them."""
    rows = as_rows(frame, "y")

    assert rows.dtype == dtype
    assert rows.tolist() == LABELS.to_numpy().tolist()


@pytest.mark.parametrize("analyse", [analyse_targets, analyse_labels], ids=["numbers", "labels"])
def test_nullable_targets_are_those_of_plain_numbers(analyse: Any) -> None:
    """`frame.convert_dtypes()` changes neither several numbers nor several labels per row."""
    assert analyse(LABELS.convert_dtypes(), name="head") == analyse(LABELS, name="head")


@pytest.mark.parametrize("dtype", ["Int64", "boolean", "int64[pyarrow]", "bool[pyarrow]"])
@pytest.mark.parametrize("analyse", [analyse_targets, analyse_labels], ids=["numbers", "labels"])
def test_missing_values_of_nullable_targets_are_located(analyse: Any, dtype: str) -> None:
    """They are not taken for numbers."""
    labels = LABELS.astype(dtype)
    labels.iloc[2, 1] = pd.NA

    with pytest.raises(DataError, match="1 such value of 6, the first at row 2, column 1"):
        analyse(labels, name="head")
