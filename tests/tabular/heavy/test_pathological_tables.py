"""Tables that break other programs: each is learned from, or is one clear error. Real searches, as small as they can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ak_tabular import StructuredDataClassifier, StructuredDataInput, StructuredDataRegressor
from autokeras_core import AutoModel, ClassificationHead, DataError, DataWarning, RegressionHead

SMALL = {
    "structured/block_type": "mlp",
    "structured/mlp/num_layers": 1,
    "structured/mlp/units": 32,
    "training/batch_size": 32,
    "training/learning_rate": 0.003,
}
ROWS = 40
RANDOM = np.random.default_rng(0)
LABELS = np.array(["no", "yes"])[RANDOM.integers(0, 2, ROWS)]
NUMBERS = RANDOM.normal(size=ROWS)


def make_frame(rows: int = ROWS) -> pd.DataFrame:
    """Return a table of columns of each kind, with missing values, and an index of its own."""
    frame = pd.DataFrame(
        {
            "age": RANDOM.normal(40, 9, rows),
            "straße": RANDOM.choice(["Weg", "Allee", "路"], rows),
            "member": RANDOM.choice([True, False], rows),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(RANDOM.integers(0, 900, rows), "D"),
            "note": [f"said that {n} was enough" for n in range(rows)],
            "same": 1,
        },
        index=[f"row {n}" for n in range(rows)],
    )
    frame.loc[frame.index[::7], ["age", "straße", "since", "note"]] = None
    return frame


def fitted_classifier(x: Any, y: Any = LABELS, **arguments: Any) -> StructuredDataClassifier:
    """Return a classifier after one epoch of one trial."""
    task = StructuredDataClassifier(max_trials=1, seed=0, warm_starts=[SMALL], ensemble=False, **arguments)
    task.fit(x, y, epochs=1, verbose=0)
    return task


def fitted_regressor(x: Any, y: Any = NUMBERS, **arguments: Any) -> StructuredDataRegressor:
    """Return a regressor after one epoch of one trial."""
    task = StructuredDataRegressor(max_trials=1, seed=0, warm_starts=[SMALL], ensemble=False, **arguments)
    task.fit(x, y, epochs=1, verbose=0)
    return task


FRAME = make_frame()


@pytest.fixture(scope="module")
def regressor() -> StructuredDataRegressor:
    """A regressor that was given the name of its target, of columns of each kind."""
    return fitted_regressor(FRAME.assign(price=NUMBERS), "price")


@pytest.fixture(scope="module")
def classifier() -> StructuredDataClassifier:
    """A classifier of pandas objects."""
    return fitted_classifier(FRAME, pd.Series(LABELS, index=FRAME.index, name="answer"))


# Tables that are learned from


@pytest.mark.parametrize(
    "x",
    [
        FRAME[["age"]],
        FRAME["straße"],
        FRAME[["member"]],
        FRAME[["since"]],
        FRAME[["note"]],
        FRAME.assign(nothing=None, empty=np.nan)[["age", "nothing", "empty", "same"]],
        pd.DataFrame({"id": range(ROWS)}),
        pd.DataFrame({"a": [b"x", b"y", None, b"z"] * 10}),
        pd.DataFrame({"a": [10**30, None, 3, -(10**20)] * 10}),
        pd.DataFrame({"a": [1, "one", 2.5, None, True] * 8}),
        pd.DataFrame({"a": ["?", "1", "NA", "2"] * 10}),
        np.array([[1, "x"], [2, "y"]] * 20, dtype=object),
        RANDOM.integers(0, 2**62, (ROWS, 2)),
        RANDOM.normal(size=(ROWS, 2)) > 0,
        {"a": NUMBERS.tolist(), "b": LABELS[::-1]},
        pa.table({"a": NUMBERS, "b": pa.array(LABELS[::-1].tolist()).dictionary_encode()}),
        FRAME.to_dict("records"),
    ],
    ids=[
        "one number",
        "a series",
        "one boolean",
        "one date",
        "one text",
        "all missing and constant beside",
        "only an identifier",
        "bytes",
        "huge integers",
        "mixed types",
        "spelled missing",
        "objects",
        "large int64",
        "bool array",
        "dict",
        "arrow",
        "records",
    ],
)
def test_table_is_learned_from_and_predicted(x: Any) -> None:
    """It trains, and its rows get finite probabilities."""
    task = fitted_classifier(x)

    probabilities = task.predict_proba(x)

    assert probabilities.shape == (ROWS, 2)
    assert np.isfinite(probabilities).all()


def test_ten_thousand_columns() -> None:
    """A table that is wider than long is learned from."""
    x = pd.DataFrame(RANDOM.normal(size=(ROWS, 10_000)), columns=[f"gene {n}" for n in range(10_000)])

    predicted = fitted_regressor(x).predict(x[x.columns[::-1]])

    assert np.isfinite(predicted).all()


def test_constant_target() -> None:
    """A target that never changes is predicted."""
    task = fitted_regressor(FRAME, np.full(ROWS, 7.5))

    assert np.isfinite(task.predict(FRAME)).all()


# Tables that are one clear error


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (FRAME.head(1), LABELS[:1], "shows one class only|too few rows"),
        (FRAME, np.full(ROWS, "yes"), "shows one class only"),
        (FRAME.head(0), LABELS[:0], "is empty|are empty"),
        (np.empty((0, 3)), LABELS[:0], "is empty|are empty"),
        (FRAME[[]], LABELS, "no proper names"),
        (np.empty((ROWS, 0)), LABELS, "without columns"),
        (None, LABELS, "x is missing"),
        (FRAME, None, "There are no labels"),
        (FRAME.assign(age=np.inf), LABELS, "Row 0 of the column 'age'.*infinite"),
        (np.where(np.arange(ROWS) == 3, -np.inf, NUMBERS)[:, None], LABELS, "Row 3 of the column 'column_0'.*infinite"),
        (pd.concat([FRAME, FRAME[["age"]]], axis=1), LABELS, r"repeated \['age'\]"),
        (FRAME.set_axis([1, "1", 2, 3, 4, 5], axis=1), LABELS, r"repeated \['1'\]"),
        (FRAME[["same"]].assign(nothing=None), LABELS, "nothing to learn from"),
        (FRAME.assign(answer=LABELS), "antwort", "no column of the target's name"),
        (FRAME, LABELS[:-1], "differ in length"),
    ],
    ids=[
        "single row",
        "one class",
        "empty frame",
        "empty array",
        "frame without columns",
        "array without columns",
        "None",
        "no labels",
        "infinite column",
        "infinite cell",
        "same names",
        "same names as text",
        "nothing to learn from",
        "unknown target",
        "labels too short",
    ],
)
def test_table_is_one_clear_error(x: Any, y: Any, message: str) -> None:
    """What cannot be learned from is an error of the data, before anything is trained."""
    with pytest.raises(DataError, match=message):
        fitted_classifier(x, y)


def test_single_row_for_regression_is_one_clear_error() -> None:
    """One row cannot be trained on and validated on."""
    with pytest.raises(DataError, match="too few rows"):
        fitted_regressor(FRAME.head(1), NUMBERS[:1])


# Rows to predict


def test_callers_rows_are_not_changed(regressor: StructuredDataRegressor) -> None:
    """Neither `fit` nor `predict` touch the frame, its dtypes or its index."""
    before = FRAME.copy(deep=True)

    regressor.predict(FRAME)

    pd.testing.assert_frame_equal(FRAME, before)


def test_prediction_keeps_index_and_name(
    regressor: StructuredDataRegressor, classifier: StructuredDataClassifier
) -> None:
    """A frame gets a Series with its index, called like the target, if the target was one."""
    part = FRAME.sample(frac=1, random_state=0).tail(9)

    prices, answers = regressor.predict(part), classifier.predict(part)

    assert isinstance(prices, pd.Series) and isinstance(answers, pd.Series)
    assert (prices.name, answers.name) == ("price", "answer")
    assert list(prices.index) == list(answers.index) == list(part.index)
    np.testing.assert_allclose(prices, regressor.predict(FRAME)[part.index], rtol=0, atol=1e-5)


def test_single_row_in_any_form_predicts_the_same(regressor: StructuredDataRegressor) -> None:
    """A frame of one row, a row as a Series, and a dict of values."""
    row = FRAME.iloc[3]
    expected = regressor.predict(FRAME).iloc[3]

    for one in (FRAME.iloc[[3]], row, row.to_dict(), {name: [value] for name, value in row.items()}):
        assert np.asarray(regressor.predict(one)) == pytest.approx(expected, abs=1e-5)
    assert list(regressor.predict(row).index) == ["row 3"]


def test_columns_in_another_order_predict_the_same(regressor: StructuredDataRegressor) -> None:
    """Columns are found by name; the target may still be there, dropped ones may be gone."""
    expected = regressor.predict(FRAME)

    for other in (FRAME[FRAME.columns[::-1]], FRAME.assign(price="?"), FRAME.drop(columns="same")):
        pd.testing.assert_series_equal(regressor.predict(other), expected)


def test_values_that_training_never_saw_are_predicted(regressor: StructuredDataRegressor) -> None:
    """Unseen categories, missing cells in every column, and columns of another dtype."""
    nothing = pd.DataFrame({name: [None] for name in FRAME.columns}, index=["new"])
    unseen = FRAME.head(1).assign(straße="Gasse", age="41", since="2031-01-01", note="", member=0)

    predicted = regressor.predict(pd.concat([nothing, unseen]))

    assert np.isfinite(predicted).all()


def test_categories_of_another_dtype_are_predicted_as_the_same() -> None:
    """Text in training, booleans and integers in the batch: the same probabilities."""
    flags, codes = ["True", "False", "unknown", "True"] * 10, ["007", "010", "A", "B"] * 10
    task = fitted_classifier(pd.DataFrame({"flag": flags, "code": codes}))

    found = task.predict_proba(pd.DataFrame({"flag": [True, False], "code": [7, 10]}))

    meant = task.predict_proba(pd.DataFrame({"flag": ["True", "False"], "code": ["007", "010"]}))
    unseen = task.predict_proba(pd.DataFrame({"flag": ["never"] * 2, "code": ["never"] * 2}))
    np.testing.assert_array_equal(found, meant)
    assert not np.isclose(found, unseen).any()


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (FRAME.drop(columns="age"), "without 'age'"),
        (FRAME.assign(more=1), "with the unknown 'more'"),
        (FRAME.rename(columns={"age": "alter"}), "without 'age' and with the unknown 'alter'"),
        (FRAME.assign(age="old"), "Row 0 of the numerical column 'age'.*'old'"),
        (FRAME.assign(since="soon"), "Row 0 of the datetime column 'since'.*'soon'"),
        (FRAME.to_numpy(), "Row 0 of the .*column"),
        (np.ones((3, 2)), "another number of columns"),
        (FRAME.head(0), "is empty"),
    ],
    ids=["missing", "unknown", "renamed", "words", "no date", "array in another order", "array", "empty"],
)
def test_wrong_rows_to_predict_are_one_clear_error(regressor: StructuredDataRegressor, x: Any, message: str) -> None:
    """Rows that do not fit the training rows are an error that names the column."""
    if message.startswith("Row 0 of the .*column"):
        x = x[:, ::-1]
    with pytest.raises(DataError, match=message):
        regressor.predict(x)


def test_frame_of_targets_comes_back_as_one() -> None:
    """Two targets by name are predicted as a frame with their names and the rows' index."""
    frame = FRAME.assign(price=NUMBERS, weight=2 * NUMBERS)

    predicted = fitted_regressor(frame, ["price", "weight"]).predict(frame.tail(5))

    assert list(predicted.columns) == ["price", "weight"]
    assert list(predicted.index) == list(FRAME.index[-5:])


@pytest.mark.parametrize("container", [list, dict])
def test_several_heads_take_names_of_columns(container: type) -> None:
    """Each head's target is a column of the one table; predictions come back as the names were given."""
    frame = FRAME.assign(price=NUMBERS, answer=LABELS)
    names = {"regression": "price", "classification": "answer"}
    model = AutoModel(
        StructuredDataInput(), [RegressionHead(), ClassificationHead()], max_trials=1, seed=0, warm_starts=[SMALL]
    )

    model.fit(frame, names if container is dict else list(names.values()), epochs=1, verbose=0)

    predicted = model.predict(frame.head(3))
    prices, answers = predicted.values() if container is dict else predicted
    assert (prices.name, answers.name) == ("price", "answer")
    assert list(prices.index) == list(answers.index) == list(frame.index[:3])


def test_arrays_get_arrays(regressor: StructuredDataRegressor) -> None:
    """Without pandas on both sides, predictions are NumPy arrays."""
    assert isinstance(regressor.predict(FRAME.to_dict("records")), np.ndarray)
    assert isinstance(fitted_regressor(FRAME[["age"]], NUMBERS).predict(FRAME[["age"]]), np.ndarray)


def test_loaded_model_keeps_index_and_columns(regressor: StructuredDataRegressor, tmp_path: Path) -> None:
    """What was saved and loaded gives the same Series, and still takes the target's column."""
    regressor.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved")

    pd.testing.assert_series_equal(
        loaded.predict(FRAME.assign(price=0)), regressor.predict(FRAME), check_exact=False, atol=1e-6
    )


def test_target_by_name_equals_target_by_itself() -> None:
    """`fit(frame, "price")` is `fit(frame without price, frame["price"])`; evaluating and validating take names, too."""
    frame = FRAME.assign(price=NUMBERS)
    named = fitted_regressor(frame, "price")
    apart = fitted_regressor(FRAME, frame["price"])

    pd.testing.assert_series_equal(named.predict(frame), apart.predict(FRAME))
    assert named.evaluate(frame, "price") == apart.evaluate(FRAME, frame["price"])
    named.fit(frame, "price", validation_data=frame.tail(10), epochs=1, verbose=0)
    assert named.analysis.rows == ROWS


def test_leaking_column_is_warned_of() -> None:
    """A copy of the target among the columns is a warning that names it, and a line of the report."""
    frame = FRAME.assign(code=np.where(LABELS == "yes", "J", "N"))

    with pytest.warns(DataWarning, match="'code' is the target"):
        task = fitted_classifier(frame)

    assert "column 'code': kept, with a warning" in task.analysis.report()
