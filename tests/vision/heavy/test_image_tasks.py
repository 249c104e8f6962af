"""ImageClassifier and ImageRegressor from raw pictures to exported models, on real small pictures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from ak_vision import ImageClassifier, ImageRegressor

Array = np.ndarray[Any, Any]

CHEAP = {"image/block_type": "conv", "training/learning_rate": 0.003, "training/batch_size": 32}


def digit_pictures(rows: int = 700) -> tuple[Array, Array]:
    """Return pictures of digits, uint8 of 8 by 8 without a channel axis, and the digit; shuffled."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.images))[:rows]
    return (data.images[order] * 15).astype("uint8"), data.target[order]


def two_labels(digits: Array) -> Array:
    """Return two labels of each digit: whether it is above 4, and whether it is even."""
    return np.stack([digits > 4, digits % 2 == 0], axis=1).astype("int64")


@pytest.fixture(scope="module")
def fitted() -> ImageClassifier:
    """Return a classifier of digits after one trial."""
    x, y = digit_pictures()
    model = ImageClassifier(max_trials=1, seed=0, warm_starts=[CHEAP])
    model.fit(x, y, epochs=12, verbose=0)
    return model


def test_it_tells_digits_apart(fitted: ImageClassifier) -> None:
    """A short training is enough for nine out of ten."""
    x, y = digit_pictures()

    assert fitted.evaluate(x, y)["accuracy"] > 0.9


def test_the_exported_model_needs_only_keras(fitted: ImageClassifier, tmp_path: Path) -> None:
    """Loaded where none of our packages can be imported, it predicts the same for raw uint8 pictures."""
    x, _ = digit_pictures(50)
    np.save(tmp_path / "x.npy", x)
    fitted.export_model().save(tmp_path / "model.keras")
    script = (
        "import sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('autokeras_core', 'ak_vision', 'keras_tuner'):\n"
        "            raise ImportError(name + ' is not installed here')\n"
        "sys.meta_path.insert(0, Blocked())\n"
        "import keras, numpy as np\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "x = np.load(sys.argv[2])\n"
        "assert x.dtype == 'uint8' and x.shape[1:] == (8, 8)\n"
        "np.save(sys.argv[3], model.predict(x, verbose=0))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "model.keras", tmp_path / "x.npy", tmp_path / "out.npy"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), fitted.predict_proba(x), atol=1e-5)


def test_a_saved_classifier_is_loaded_as_one(fitted: ImageClassifier, tmp_path: Path) -> None:
    """save and load keep predictions and the leaderboard."""
    x, _ = digit_pictures(50)
    fitted.save(tmp_path / "saved")

    loaded = ImageClassifier.load(tmp_path / "saved")

    np.testing.assert_array_equal(loaded.predict(x), fitted.predict(x))
    assert isinstance(loaded, ImageClassifier)
    assert len(loaded.leaderboard()) == 1


def test_the_analysis_says_why(fitted: ImageClassifier) -> None:
    """The report names the channel axis and the number of classes."""
    report = fitted.analysis.report()

    assert "channel" in report
    assert "10" in report


def test_the_tasks_own_configurations_run_first() -> None:
    """Without warm starts of the user's, trial 1 is the task's first predefined configuration."""
    x, y = digit_pictures(100)
    model = ImageClassifier(max_trials=1, seed=0)

    model.fit(x, y, epochs=1, verbose=0)

    assert model.leaderboard()[0].origin not in ("", "mutation")


def test_an_image_regressor_learns_numbers() -> None:
    """The brightness of a picture is easy to learn."""
    x, _ = digit_pictures(300)
    y = x.reshape(len(x), -1).mean(axis=1).astype("float32")
    model = ImageRegressor(max_trials=1, seed=0, warm_starts=[CHEAP])

    model.fit(x, y, epochs=15, verbose=0)

    error = np.mean((model.predict(x) - y) ** 2)
    assert error < 0.7 * y.var()


@pytest.fixture(scope="module")
def fitted_on_two_labels() -> ImageClassifier:
    """Return a classifier of two questions about a digit after one trial."""
    x, digits = digit_pictures()
    model = ImageClassifier(max_trials=1, seed=0, warm_starts=[CHEAP])
    model.fit(x, two_labels(digits), epochs=12, verbose=0)
    return model


def test_several_labels_of_a_picture_are_learned_each(fitted_on_two_labels: ImageClassifier) -> None:
    """All labels come back, and each is right more often than its more frequent value is."""
    x, digits = digit_pictures()
    labels = two_labels(digits)

    predicted = fitted_on_two_labels.predict(x)

    assert predicted.shape == (len(x), 2)
    base_rates = np.maximum(labels.mean(axis=0), 1 - labels.mean(axis=0))
    assert ((predicted == labels).mean(axis=0) > base_rates + 0.2).all()


def test_the_exported_model_of_several_labels_gives_their_probabilities(fitted_on_two_labels: ImageClassifier) -> None:
    """One for each label, which need not sum to 1."""
    x, _ = digit_pictures(50)
    probabilities = fitted_on_two_labels.predict_proba(x)

    exported = fitted_on_two_labels.export_model().predict(x, verbose=0)

    assert exported.shape == (50, 2)
    np.testing.assert_allclose(exported, probabilities, atol=1e-5)
    assert np.abs(probabilities.sum(axis=1) - 1).max() > 0.1


def test_targets_of_very_different_scales_are_learned_each() -> None:
    """A thousand times larger numbers do not drown the small ones."""
    x, _ = digit_pictures(300)
    halves = [half.reshape(len(x), -1).mean(axis=1) for half in (x[:, :4], x[:, 4:])]
    y = np.stack([half / half.std() for half in halves], axis=1) * [1.0, 1000.0]
    model = ImageRegressor(max_trials=1, seed=0, warm_starts=[CHEAP])

    model.fit(x, y, epochs=20, verbose=0)

    predicted = model.predict(x)
    assert predicted.shape == (len(x), 2)
    assert (((predicted - y) ** 2).mean(axis=0) < 0.7 * y.var(axis=0)).all()


def test_pictures_of_another_size_are_refused_at_prediction(fitted: ImageClassifier) -> None:
    """A model of 8 by 8 pictures says what it expected."""
    with pytest.raises(ValueError, match=r"8.*9"):
        fitted.predict(np.zeros((2, 9, 9), dtype="uint8"))
