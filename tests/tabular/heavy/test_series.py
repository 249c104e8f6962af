"""A row of a frame as a Series, where only the training rows' columns tell it from a column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput, StructuredDataRegressor
from autokeras_core import DataError

FRAME = pd.DataFrame(
    {"a": np.arange(40) * 1.5, "b": np.arange(40) % 7 * 0.5, "price": np.arange(40) % 9 * 2.5},
    index=[f"row {row}" for row in range(40)],
)


def test_a_row_of_numbers_is_predicted_as_one_row() -> None:
    """`frame.iloc[0]` of a frame whose index are texts; the target's column may still be there."""
    regressor = StructuredDataRegressor(max_trials=1, seed=0)
    regressor.fit(FRAME, "price", epochs=1, verbose=0)
    expected = regressor.predict(FRAME).iloc[3]

    for row in (FRAME.iloc[3], FRAME.drop(columns="price").iloc[3]):
        predicted = regressor.predict(row)
        assert list(predicted.index) == ["row 3"]
        assert predicted.tolist() == pytest.approx([expected], abs=1e-5)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.astype({"a": int, "b": int, "price": int}),
        FRAME.astype("string"),
        pd.DataFrame(dict.fromkeys("ab", list("xyxz") * 10), index=FRAME.index).astype(
            pd.CategoricalDtype(list("xyz"))
        ),
        FRAME.apply(lambda column: pd.Timestamp("2021-03-01") + pd.to_timedelta(column, "D")),
    ],
    ids=["integers", "strings", "categories", "dates"],
)
def test_a_row_of_any_one_type_is_a_row(frame: pd.DataFrame) -> None:
    """Its cells are those of the row of the whole table."""
    table_input = StructuredDataInput()
    table = table_input.adapt(frame)
    profile = table_input.analyse(table, name="table")

    row = table_input.match(table_input.adapt(frame.iloc[5]), profile)

    assert row.tolist() == table_input.match(table[5:6], profile).tolist()


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(np.arange(120).reshape(40, 3) * 0.5),
        pd.DataFrame({2_020: np.arange(40) * 1.5, 2_021: list("wxyz") * 10, "size": np.arange(40) % 7 * 0.5}),
    ],
    ids=["numbers", "numbers and words"],
)
def test_a_row_of_columns_that_are_called_by_numbers_is_a_row(frame: pd.DataFrame) -> None:
    """As of `read_csv(header=None)`, or of years."""
    table_input = StructuredDataInput()
    table = table_input.adapt(frame)
    profile = table_input.analyse(table, name="table")

    row = table_input.parse(table_input.match(table_input.adapt(frame.iloc[5]), profile), profile)

    assert row.tolist() == table[5:6].tolist()


def test_a_row_is_one_though_only_the_column_of_its_own_name_was_kept() -> None:
    """Row 0 is called 0 as the column is, and its index holds all columns, the dropped one included."""
    frame = pd.DataFrame({0: np.arange(40) * 0.5, 1: np.ones(40)})
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(frame), name="table")

    assert [column["kind"] for column in profile.facts["columns"]] == ["numerical", "dropped"]
    assert len(table_input.match(table_input.adapt(frame.iloc[0]), profile)) == 1


def test_a_column_that_is_called_by_a_number_is_a_column() -> None:
    """Its index, which says nothing, holds the training rows' column."""
    table_input = StructuredDataInput()
    column = FRAME["a"].reset_index(drop=True).rename(0)
    profile = table_input.analyse(table_input.adapt(column), name="table")

    assert len(table_input.match(table_input.adapt(column.head(9)), profile)) == 9


def test_a_column_is_a_column_though_its_index_holds_texts() -> None:
    """Where it does not hold the training rows' columns: its values are rows."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(FRAME["a"]), name="table")

    assert len(table_input.match(table_input.adapt(FRAME["a"].head(9)), profile)) == 9


def test_a_row_without_a_column_of_the_training_rows_is_an_error() -> None:
    """It is then read as a column, which the training rows do not have."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(FRAME), name="table")

    with pytest.raises(DataError, match="other columns than the training rows"):
        table_input.match(table_input.adapt(FRAME[["a", "b"]].iloc[0]), profile)


def test_rows_of_a_frame_are_read_by_name() -> None:
    """A list of Series, as `iterrows()` gives them: with columns in another order, and of several types, it is the frame."""
    frame = FRAME.assign(kind="x", day=pd.Timestamp("2021-03-01"))
    table_input = StructuredDataInput()
    table = table_input.adapt(frame)
    profile = table_input.analyse(table, name="table")

    rows = [row for _, row in frame[["day", "kind", "price", "b", "a"]].head(5).iterrows()]

    matched = table_input.match(table_input.adapt(rows), profile)
    assert matched[["a", "b", "price", "kind", "day"]].tolist() == table[:5].tolist()


def test_rows_without_names_are_read_by_position() -> None:
    """As the rows of an array are."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(FRAME), name="table")

    table = table_input.adapt([pd.Series([1.5, 0.5, 2.5]), pd.Series([3.0, 1.0, 5.0])])

    assert table_input.match(table, profile).tolist() == [[1.5, 0.5, 2.5], [3.0, 1.0, 5.0]]


def test_rows_with_repeated_names_are_an_error() -> None:
    """Their columns cannot be told apart."""
    row = pd.Series([1.5, 2.5], index=["a", "a"])

    with pytest.raises(DataError, match="list of Series makes no table.*repeated names"):
        StructuredDataInput().adapt([row, row])
