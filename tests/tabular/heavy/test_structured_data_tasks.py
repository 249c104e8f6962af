"""The structured-data tasks end to end: tables in, labels out, saved, exported."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from ak_tabular import StructuredDataClassifier, StructuredDataRegressor
from autokeras_core import AutoModel, DataError

SMALL = {"structured/mlp/units": 32, "training/learning_rate": 0.03, "training/batch_size": 32}


def make_frame(rows: int = 120) -> pd.DataFrame:
    """Return a table with categories, numbers, and missing values in both."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "island": rng.choice(["Biscoe", "Dream", "Torgersen"], rows),
            "bill": rng.normal(40, 5, rows),
            "year": rng.integers(2007, 2010, rows),
        },
        index=np.arange(rows) + 1000,
    )
    frame.loc[frame.index[::9], "island"] = None
    frame.loc[frame.index[::7], "bill"] = np.nan
    return frame


FRAME = make_frame()
LABELS = pd.Series(np.where(FRAME["island"] == "Dream", "at sea", "ashore"), index=FRAME.index)


@pytest.fixture(scope="module")
def classifier() -> StructuredDataClassifier:
    """A classifier of rows with text categories."""
    task = StructuredDataClassifier(max_trials=1, seed=0, warm_starts=[SMALL])
    task.fit(FRAME, LABELS, epochs=10, verbose=0)
    return task


def test_classifier_learns_from_categories(classifier: StructuredDataClassifier) -> None:
    """What one category decides is learned, and comes back in the user's own words."""
    assert (classifier.predict(FRAME) == LABELS.to_numpy()).mean() > 0.97


def test_columns_in_another_order_predict_the_same(classifier: StructuredDataClassifier) -> None:
    """Columns are found by name, and a single row will do."""
    shuffled = FRAME[["year", "island", "bill"]]

    np.testing.assert_array_equal(classifier.predict_proba(shuffled), classifier.predict_proba(FRAME))
    assert classifier.predict(shuffled.head(1)).shape == (1,)


def test_saved_task_predicts_the_same(classifier: StructuredDataClassifier, tmp_path: Path) -> None:
    """What `save` wrote and `load` read gives the same probabilities, by name still."""
    classifier.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved")

    expected = classifier.predict_proba(FRAME)
    np.testing.assert_allclose(loaded.predict_proba(FRAME[FRAME.columns[::-1]]), expected, rtol=0, atol=1e-6)


def test_wrong_columns_at_prediction_are_an_error(classifier: StructuredDataClassifier) -> None:
    """A missing column is named."""
    with pytest.raises(DataError, match="without 'bill'"):
        classifier.predict(FRAME.drop(columns="bill"))


def test_table_with_text_is_exported_as_a_model_of_its_columns(
    classifier: StructuredDataClassifier, tmp_path: Path
) -> None:
    """The exported model takes text and numbers by column, text empty where missing, and predicts the same."""
    classifier.export_model().save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    columns = {
        "island": tf.constant(FRAME["island"].fillna("").to_numpy(dtype=object)[:, None], dtype=tf.string),
        "bill": FRAME["bill"].to_numpy(dtype="float32")[:, None],
        "year": FRAME["year"].to_numpy(dtype="float32")[:, None],
    }
    np.testing.assert_allclose(loaded.predict(columns, verbose=0), classifier.predict_proba(FRAME), atol=1e-5)


def test_callers_frame_is_not_changed() -> None:
    """Fitting and predicting leave the caller's frame alone."""
    frame = make_frame()
    task = StructuredDataRegressor(max_trials=1, seed=0, warm_starts=[SMALL])

    task.fit(frame, np.arange(len(frame), dtype=float), epochs=1, verbose=0)
    task.predict(frame)

    pd.testing.assert_frame_equal(frame, make_frame())


def test_export_equals_predict_on_raw_numbers(tmp_path: Path) -> None:
    """The exported model of a table of numbers, numbers that are categories and missing ones equals `predict`."""
    data = FRAME[["bill", "year"]].to_numpy()
    task = StructuredDataRegressor(
        column_names=["bill", "year"], column_types={"year": "categorical"}, max_trials=1, seed=0, warm_starts=[SMALL]
    )
    task.fit(data, FRAME["year"].to_numpy(dtype=float) - 2007, epochs=2, verbose=0)
    task.export_model().save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    exported = loaded.predict(data.astype(np.float32), verbose=0)
    np.testing.assert_allclose(exported[:, 0], task.predict(data), rtol=0, atol=1e-5)
