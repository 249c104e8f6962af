"""StructuredDataInput: what it takes, how it types columns, and what it says about the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput
from autokeras_core import DataError

FRAME = pd.DataFrame(
    {
        "island": ["Biscoe", None, "Dream", "Dream"],
        "bill": [46.1, np.nan, 39.5, 38.9],
        "year": [2007, 2008, 2009, 2009],
        "code": ["1", "2.5", " ", "-3e2"],
        "flag": [True, False, True, True],
    }
)


def kinds(table_input: StructuredDataInput, data: Any) -> dict[str, str]:
    """Return the kind of each column."""
    profile = table_input.analyse(table_input.adapt(data), name="structured")
    return {column["name"]: column["kind"] for column in profile.facts["columns"]}


def test_frame_columns_are_typed_with_reasons() -> None:
    """Numbers, and text that reads as numbers, are numerical; other text is categorical; the report says why."""
    table_input = StructuredDataInput()

    profile = table_input.analyse(table_input.adapt(FRAME), name="structured")

    assert kinds(table_input, FRAME) == {
        "island": "categorical",
        "bill": "numerical",
        "year": "numerical",
        "code": "numerical",
        "flag": "numerical",
    }
    reasons = {decision.subject: decision.reason for decision in profile.decisions}
    assert reasons["column 'island'"] == "text, 2 different, 1 of 4 missing"
    assert reasons["column 'code'"] == "text that reads as numbers throughout, 3 different, 1 of 4 missing"


def test_column_types_override_analysis() -> None:
    """`column_types` decides, and the reason says so."""
    assert kinds(StructuredDataInput(column_types={"year": "categorical"}), FRAME)["year"] == "categorical"


def test_column_names_name_the_columns_of_an_array() -> None:
    """An array's columns get the user's names, or numbered ones."""
    data = np.ones((3, 2))

    assert list(kinds(StructuredDataInput(column_names=["a", "b"]), data)) == ["a", "b"]
    assert list(kinds(StructuredDataInput(), data)) == ["column_0", "column_1"]


@pytest.mark.parametrize(
    "data",
    [
        FRAME.astype(object).to_numpy(),
        FRAME.astype(object).to_numpy().tolist(),
        FRAME.astype(object).where(FRAME.notna(), "").astype(str).to_numpy(),
    ],
    ids=["object array", "rows", "text array"],
)
def test_mixed_arrays_are_typed_like_the_frame(data: Any) -> None:
    """The same table without a frame gets the same kinds, except booleans that are the words True and False."""
    expected = list(kinds(StructuredDataInput(), FRAME).values())[:4]

    assert list(kinds(StructuredDataInput(), data).values())[:4] == expected


def test_numeric_array_is_not_copied() -> None:
    """A two-dimensional array of numbers is used as it is."""
    data = np.arange(6, dtype=np.float32).reshape(3, 2)

    assert StructuredDataInput().adapt(data) is data


@pytest.mark.parametrize("data", [FRAME, FRAME.astype(object).to_numpy()], ids=["frame", "object array"])
def test_callers_data_is_not_changed(data: Any) -> None:
    """Adapting, analysing and encoding leave the caller's data alone."""
    before = data.copy()
    table_input = StructuredDataInput()

    table = table_input.adapt(data)
    (encoder,) = table_input.preprocessors(table_input.analyse(table, name="structured"))
    encoder.fit(table)
    encoder.transform(table)

    assert before.equals(data) if isinstance(data, pd.DataFrame) else pd.DataFrame(before).equals(pd.DataFrame(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones(3), r"shape \(3,\).*\(rows, 1\)"),
        (np.ones((2, 2, 2)), "no table"),
        (np.ones((2, 0)), "without columns"),
        ("text", "a str"),
        ([[1, 2], [3]], "different lengths"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"repeated \['a'\]"),
        (pd.DataFrame({"a": [1.0, np.inf]}), "Row 1 of the column 'a'.*infinite"),
        (np.array([[1.0], [-np.inf]]), "Row 1 of the column 'column_0'"),
        (pd.DataFrame({"a": pd.to_datetime(["2020-01-01"])}), "Row 0 of the column 'a' cannot be read.*dates"),
        (pd.DataFrame({"a": [[1, 2]]}), "Row 0 of the column 'a' cannot be read"),
        (np.array([[1 + 2j]]), "cannot be read"),
    ],
    ids=["vector", "cube", "no columns", "str", "ragged", "same names", "inf", "-inf", "dates", "lists", "complex"],
)
def test_unusable_data_is_one_clear_error(data: Any, message: str) -> None:
    """What is no table, or holds cells that cannot be used, is an error that says where."""
    with pytest.raises(DataError, match=message):
        StructuredDataInput().adapt(data)


@pytest.mark.parametrize(
    ("arguments", "data", "message"),
    [
        ({"column_types": {"yaer": "categorical"}}, FRAME, "'yaer'"),
        ({"column_types": {"island": "numerical"}}, FRAME, "Row 0 of the numerical column 'island'.*'Biscoe'"),
        ({"column_names": ["a"]}, FRAME, "column_names"),
    ],
    ids=["unknown name", "text as numerical", "other names"],
)
def test_arguments_that_do_not_fit_the_data_are_errors(arguments: Any, data: Any, message: str) -> None:
    """`column_names` and `column_types` are checked against the data."""
    table_input = StructuredDataInput(**arguments)

    with pytest.raises(DataError, match=message):
        table_input.analyse(table_input.adapt(data), name="structured")


def test_unknown_kind_of_column_is_an_error_where_it_is_written() -> None:
    """A kind that does not exist is an error of the constructor."""
    with pytest.raises(DataError, match="'number'"):
        StructuredDataInput(column_types={"a": "number"})  # type: ignore[dict-item]


def checked(data: Any) -> None:
    """Check other rows against the frame's profile."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(FRAME), name="structured")
    table_input.check(table_input.adapt(data), profile)


def test_other_order_of_columns_passes_the_check() -> None:
    """Columns are found by name."""
    checked(FRAME[FRAME.columns[::-1]])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (FRAME.drop(columns="bill"), "without 'bill'"),
        (FRAME.assign(extra=1), "unknown 'extra'"),
        (FRAME.rename(columns={"bill": "beak"}), "without 'bill' and with the unknown 'beak'"),
        (np.ones((2, 4)), "Expected: 5 columns.*Received: 4 columns"),
        (FRAME.assign(bill="long"), "Row 0 of the numerical column 'bill'.*'long'"),
    ],
    ids=["missing", "extra", "renamed", "array", "text among numbers"],
)
def test_other_columns_at_prediction_are_errors(data: Any, message: str) -> None:
    """Rows to predict must have the training rows' columns, and numbers where those had."""
    with pytest.raises(DataError, match=message):
        checked(data)


def test_config_round_trip() -> None:
    """`from_config(get_config())` is the same input."""
    table_input = StructuredDataInput(column_names=["a", "b"], column_types={"a": "categorical"})

    assert StructuredDataInput.from_config(table_input.get_config()).get_config() == table_input.get_config()
