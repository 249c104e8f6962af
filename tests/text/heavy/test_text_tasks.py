"""The text tasks end to end: raw strings in, labels out, saved, exported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_text import EmbeddingBlock, TextClassifier, TextInput, TextRegressor
from autokeras_core import AutoModel, ClassificationHead

GOOD = ["a fine film", "fine actors and a fine plot", "moving and fine", "so fine it hurts"]
BAD = ["a dull film", "dull actors in a dull plot", "long and dull", "so dull it hurts"]
TEXTS = (GOOD + BAD) * 8
LABELS = (["good"] * 4 + ["bad"] * 4) * 8
ODD = ["fine", "dull dull", "", "unknown words 😀"]
SMALL = {"text/block_type": "ngram", "training/learning_rate": 0.03}


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


@pytest.mark.parametrize(
    "values",
    [
        {"block_type": "embedding", "embedding/pooling": "mean_and_max"},
        {"block_type": "separable_conv"},
        {"block_type": "ngram", "ngram/tokens": "characters", "ngram/num_layers": 1},
    ],
    ids=["embedding", "separable_conv", "characters"],
)
def test_regressor_predicts_numbers_with_other_blocks(values: dict[str, Any]) -> None:
    """A regressor with any block runs, and predicts one finite number per row."""
    start = {f"text/{name}": value for name, value in values.items()}
    task = TextRegressor(max_trials=1, seed=0, warm_starts=[start], pretrained=False)

    task.fit(TEXTS, np.arange(len(TEXTS), dtype=np.float64), epochs=1, verbose=0)

    predicted = task.predict(ODD)
    assert predicted.shape == (4,)
    assert np.isfinite(predicted).all()
    assert task.best_configuration["text/block_type"] == values["block_type"]


def test_several_labels_per_text() -> None:
    """A text may have several labels at once, and predictions come back as such rows."""
    labels = np.array([["fine" in text, "film" in text] for text in TEXTS], dtype=np.int64)
    task = TextClassifier(max_trials=1, seed=0, warm_starts=[SMALL], pretrained=False)

    task.fit(TEXTS, labels, epochs=30, verbose=0)

    assert task.predict(["a fine film", "dull"]).tolist() == [[1, 1], [0, 0]]


def test_saved_task_predicts_the_same_in_a_fresh_process(classifier: TextClassifier, tmp_path: Path) -> None:
    """A saved directory takes raw strings in another process, and gives the same probabilities."""
    classifier.save(tmp_path / "saved")
    code = (
        "import json, sys; from autokeras_core import AutoModel; "
        "print(json.dumps(AutoModel.load(sys.argv[1]).predict_proba(json.loads(sys.argv[2])).tolist()))"
    )

    process = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "saved"), json.dumps(ODD)],
        capture_output=True,
        text=True,
        check=True,
    )

    found = json.loads(process.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, classifier.predict_proba(ODD), rtol=0, atol=1e-6)


def test_saved_model_with_word_vectors_needs_their_file_no_more(tmp_path: Path) -> None:
    """The vectors that a model knows are saved with it."""
    path = tmp_path / "vectors.txt"
    path.write_text("fine 1 0 0\ndull 0 1 0\n", encoding="utf-8")
    text = TextInput()
    head = ClassificationHead()(EmbeddingBlock(vectors=str(path), num_layers=0)(text))
    model = AutoModel(text, head, max_trials=1, seed=0)
    model.fit(TEXTS, LABELS, epochs=1, verbose=0)
    expected = model.predict_proba(ODD)
    model.save(tmp_path / "saved")
    path.unlink()

    loaded = AutoModel.load(tmp_path / "saved")

    np.testing.assert_allclose(loaded.predict_proba(ODD), expected, rtol=0, atol=1e-6)


def test_odd_texts_are_learned_from_and_predicted() -> None:
    """Empty texts, one character, null characters, right-to-left scripts, emoji and huge texts are texts like others."""
    odd = ["", "x", "nul\0l", "שלום עולם", "😀😀", "12345", "word " * 100_000, " \t\n"]
    texts, labels = odd + TEXTS, [index % 2 for index in range(len(odd))] + [text == "bad" for text in LABELS]
    task = TextClassifier(max_trials=1, seed=0, warm_starts=[SMALL], pretrained=False)

    task.fit(texts, np.array(labels, dtype=np.int64), epochs=1, verbose=0)

    assert np.isfinite(task.predict_proba(odd)).all()
    exported = task.export_model().predict(np.array(odd, dtype=object), verbose=0)
    np.testing.assert_allclose(exported, task.predict_proba(odd), rtol=0, atol=1e-5)
