"""The text tasks end to end: raw strings in, labels out, saved, exported."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from ak_text import TextClassifier, TextRegressor
from autokeras_core import AutoModel

GOOD = ["a fine film", "fine actors and a fine plot", "moving and fine", "so fine it hurts"]
BAD = ["a dull film", "dull actors in a dull plot", "long and dull", "so dull it hurts"]
TEXTS = (GOOD + BAD) * 8
LABELS = (["good"] * 4 + ["bad"] * 4) * 8
ODD = ["fine", "dull dull", "", "unknown words 😀"]
SMALL = {"text/block_type": "ngram", "text/ngram/units": 32, "training/learning_rate": 0.03}


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    """A classifier that has learned what is fine and what is dull."""
    task = TextClassifier(max_trials=1, seed=0, warm_starts=[SMALL])
    task.fit(TEXTS, LABELS, epochs=8, verbose=0)
    return task


def test_classifier_learns_and_labels_come_back_as_strings(classifier: TextClassifier) -> None:
    """Fine is good and dull is bad, in the user's own words."""
    predicted = classifier.predict(ODD)

    assert predicted[:2].tolist() == ["good", "bad"]
    assert predicted.dtype.kind == "U"


def test_export_equals_predict_on_raw_strings(classifier: TextClassifier, tmp_path: Path) -> None:
    """The exported model, saved and loaded by Keras, takes a batch of strings and gives the same probabilities."""
    classifier.export_model().save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    raw = np.array(ODD, dtype=object)
    np.testing.assert_allclose(loaded.predict(raw, verbose=0), classifier.predict_proba(ODD), rtol=0, atol=1e-5)


def test_saved_task_predicts_the_same(classifier: TextClassifier, tmp_path: Path) -> None:
    """What `save` wrote and `load` read gives the same probabilities."""
    classifier.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved")

    np.testing.assert_allclose(loaded.predict_proba(ODD), classifier.predict_proba(ODD), rtol=0, atol=1e-6)


def test_regressor_predicts_numbers_with_word_vectors() -> None:
    """A regressor with the other block runs, and predicts one finite number per row."""
    start = {"text/block_type": "embedding", "text/embedding/sequence_length": 64, "text/embedding/embedding_dim": 32}
    task = TextRegressor(max_trials=1, seed=0, warm_starts=[start])

    task.fit(TEXTS, np.arange(len(TEXTS), dtype=np.float64), epochs=1, verbose=0)

    predicted = task.predict(ODD)
    assert predicted.shape == (4,)
    assert np.isfinite(predicted).all()
    assert task.best_configuration["text/block_type"] == "embedding"
