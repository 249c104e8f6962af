"""Several inputs and several heads at once: lists, dicts, names in logs, an exported model that takes named inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from automodels import wine

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DataError, RegressionHead

Array = np.ndarray[Any, Any]


def parts() -> tuple[Array, Array, Array, Array]:
    """Return wines' measurements in two parts, their cultivar, and their alcohol as a number to predict."""
    x, y = wine()
    return x[:, 1:7], x[:, 7:], y, x[:, 0]


def two_by_two(**options: Any) -> AutoModel:
    """Return a model of two inputs and two heads by the IO API."""
    quick = {"training/learning_rate": 0.01, "training/batch_size": 32}
    return AutoModel(
        [ArrayInput(name="left"), ArrayInput(name="right")],
        [ClassificationHead(name="cultivar"), RegressionHead(name="alcohol")],
        seed=0,
        max_trials=1,
        warm_starts=[quick],
        **options,
    )


@pytest.fixture(scope="module")
def fitted() -> AutoModel:
    """Return the model after a short search on lists."""
    left, right, cultivar, alcohol = parts()
    model = two_by_two()
    model.fit([left, right], [cultivar, alcohol], epochs=25, verbose=0)
    return model


def test_lists_in_lists_out(fitted: AutoModel) -> None:
    """Targets given as a list are predicted as a list, each in its own type and better than a guess."""
    left, right, cultivar, alcohol = parts()

    predicted_cultivar, predicted_alcohol = fitted.predict([left, right])

    assert np.mean(predicted_cultivar == cultivar) > 0.9
    assert np.mean((predicted_alcohol - alcohol) ** 2) < 0.7 * alcohol.var()


def test_dicts_in_dicts_out() -> None:
    """Data given by name is predicted by name, whatever the order of the names."""
    left, right, cultivar, alcohol = parts()
    model = two_by_two()

    model.fit({"right": right, "left": left}, {"alcohol": alcohol, "cultivar": cultivar}, epochs=2, verbose=0)
    predicted = model.predict({"right": right, "left": left})

    assert set(predicted) == {"cultivar", "alcohol"}
    assert predicted["cultivar"].dtype == cultivar.dtype


def test_scores_carry_the_heads_names(fitted: AutoModel) -> None:
    """Metrics are told apart by their heads, in evaluate as in the training log."""
    left, right, cultivar, alcohol = parts()

    scores = fitted.evaluate([left, right], [cultivar, alcohol])

    assert {"loss", "cultivar_loss", "alcohol_loss", "cultivar_accuracy"} <= set(scores)
    assert scores["loss"] == pytest.approx(scores["cultivar_loss"] + scores["alcohol_loss"], rel=1e-5)
    logged = {name.removeprefix("val_") for name in fitted.leaderboard()[0].metrics if name.startswith("val_")}
    assert logged == set(scores)


def test_the_exported_model_takes_and_returns_names(fitted: AutoModel, tmp_path: Path) -> None:
    """A dict of raw inputs by name gives a dict of outputs by head, as predict_proba and predict give them."""
    left, right, _, _ = parts()
    fitted.export_model().save(tmp_path / "model.keras")

    exported = keras.models.load_model(tmp_path / "model.keras")
    outputs = exported.predict({"left": left, "right": right}, verbose=0)

    np.testing.assert_allclose(outputs["cultivar"], fitted.predict_proba([left, right])[0], atol=1e-5)
    np.testing.assert_allclose(outputs["alcohol"].reshape(-1), fitted.predict([left, right])[1], rtol=1e-5)


def test_it_is_saved_and_loaded(fitted: AutoModel, tmp_path: Path) -> None:
    """All heads come back."""
    left, right, _, _ = parts()
    fitted.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved")

    for there, here in zip(loaded.predict([left, right]), fitted.predict([left, right]), strict=True):
        np.testing.assert_allclose(there, here, rtol=1e-5)


def test_a_missing_input_is_named(fitted: AutoModel) -> None:
    """One array where two are needed is one clear error."""
    left, _, _, _ = parts()

    with pytest.raises(DataError, match="left.*right"):
        fitted.predict([left])


def test_class_weight_with_several_heads_is_ambiguous() -> None:
    """The message says to use sample_weight."""
    left, right, cultivar, alcohol = parts()

    with pytest.raises(DataError, match="sample_weight"):
        two_by_two().fit([left, right], [cultivar, alcohol], class_weight={0: 2.0}, epochs=1, verbose=0)
