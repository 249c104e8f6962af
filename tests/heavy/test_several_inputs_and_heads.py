"""Several inputs and several heads at once: lists, dicts, names in logs, an exported model that takes named inputs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import (
    ArrayInput,
    AutoModel,
    ClassificationHead,
    DataError,
    DenseBlock,
    Merge,
    Normalization,
    RegressionHead,
    SearchError,
)
from tests.heavy.automodels import wine

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
    shares = np.array(fitted.analysis.targets["cultivar"].balance)
    entropy = -(shares * np.log(shares)).sum()
    assert scores["loss"] == pytest.approx(scores["cultivar_loss"] / entropy + scores["alcohol_loss"], rel=1e-5)
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


def test_classes_are_those_of_the_probabilities() -> None:
    """Head by head: a head that predicts a number has neither, wherever it stands."""
    _, right, cultivar, alcohol = parts()
    model = AutoModel(ArrayInput(), [RegressionHead(), ClassificationHead()], max_trials=1, seed=0)
    model.fit(right, [alcohol, cultivar], epochs=1, verbose=0)

    (probabilities,), (classes,) = model.predict_proba(right), model.classes

    assert classes == (0, 1, 2)
    assert probabilities.shape == (len(right), 3)


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


def test_class_weight_by_label_with_several_heads_is_ambiguous() -> None:
    """The message shows the dict by head."""
    left, right, cultivar, alcohol = parts()

    with pytest.raises(DataError, match=r"{'cultivar': {label: weight}}"):
        two_by_two().fit([left, right], [cultivar, alcohol], class_weight={0: 2.0}, epochs=1, verbose=0)


def test_weights_by_head_count_in_training_and_in_scores() -> None:
    """One head balanced, the other with rows that do not count: its scores are those of the other rows."""
    left, right, cultivar, alcohol = parts()
    counts = np.arange(len(left)) < 100
    model = two_by_two()

    model.fit(
        [left, right],
        [cultivar, np.where(counts, alcohol, 1e6)],  # would ruin everything if it counted
        class_weight={"cultivar": "balanced"},
        sample_weight={"alcohol": counts.astype(float)},
        validation_data=([left, right], [cultivar, alcohol], {"alcohol": counts.astype(float)}),
        epochs=12,
        verbose=0,
    )
    weighted = model.evaluate([left, right], [cultivar, alcohol], sample_weight={"alcohol": counts})
    alone = model.evaluate([left[counts], right[counts]], [cultivar[counts], alcohol[counts]])

    assert weighted["alcohol_mae"] == pytest.approx(alone["alcohol_mae"], rel=1e-4)
    assert weighted["alcohol_loss"] == pytest.approx(alone["alcohol_loss"], rel=1e-4)
    everything = model.evaluate([left, right], [cultivar, alcohol])
    assert weighted["cultivar_accuracy"] == pytest.approx(everything["cultivar_accuracy"])


def test_validation_data_in_dicts_and_an_objective_of_one_head(tmp_path: Path) -> None:
    """Whatever form the training data have; the objective is that head's metric, and is kept with the model."""
    left, right, cultivar, alcohol = parts()
    model = two_by_two(objective="alcohol_mae", loss_weights={"alcohol": 2.0})
    model.fit(
        [left[:120], right[:120]],
        [cultivar[:120], alcohol[:120]],
        validation_data=(
            {"right": right[120:], "left": left[120:]},
            {"alcohol": alcohol[120:], "cultivar": cultivar[120:]},
        ),
        epochs=3,
        verbose=0,
    )
    model.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved")

    best = model.leaderboard()[0]
    scores = model.evaluate([left[120:], right[120:]], [cultivar[120:], alcohol[120:]])
    assert best.score == pytest.approx(scores["alcohol_mae"], rel=1e-4)
    assert best.metrics["val_loss"] == pytest.approx(scores["loss"], rel=1e-4)
    again = loaded.evaluate([left[120:], right[120:]], [cultivar[120:], alcohol[120:]])
    assert again == pytest.approx(scores, rel=1e-4)


def test_an_objective_of_no_head_names_those_there_are() -> None:
    """Before any trial has run an epoch."""
    left, right, cultivar, alcohol = parts()

    with pytest.raises(SearchError, match=r"val_alcohol_mae.*val_cultivar_accuracy"):
        two_by_two(objective="val_mae").fit([left, right], [cultivar, alcohol], epochs=1, verbose=0)


PREDICT_ELSEWHERE = """
import sys
import numpy as np
from autokeras_core import AutoModel
import keras
folder = sys.argv[1]
rows = dict(np.load(folder + "/rows.npz"))
loaded = AutoModel.load(folder + "/saved")
exported = keras.models.load_model(folder + "/model.keras")
outputs = exported.predict(rows, verbose=0)
np.savez(folder + "/found.npz", cultivar=loaded.predict(rows)["cultivar"], exported=outputs["cultivar"],
         probabilities=loaded.predict_proba(rows)["cultivar"], alcohol=loaded.predict(rows)["alcohol"])
"""


def test_branches_merge_skip_and_share_blocks(tmp_path: Path) -> None:
    """One body in three places, a branch past it, heads at different depths: saved, loaded elsewhere and exported."""
    left, right, cultivar, alcohol = parts()
    first, second = ArrayInput(name="left"), ArrayInput(name="right")
    start = Normalization(name="scaled_left")(first)
    body = DenseBlock(num_layers=1, units=16, name="body")(start)
    beside = DenseBlock(num_layers=1, units=16, name="beside")(Normalization(name="scaled_right")(second))
    both = Merge(name="both")([body, beside])
    skipped = Merge(name="skipped")([DenseBlock(num_layers=1, units=16, name="deep")(both), start, body])
    model = AutoModel(
        [first, second],
        [ClassificationHead(name="cultivar")(skipped), RegressionHead(name="alcohol")(body)],
        max_trials=1,
        seed=0,
        warm_starts=[{"training/learning_rate": 0.01, "training/batch_size": 32}],
    )
    rows = {"left": left, "right": right}

    model.fit(rows, {"cultivar": cultivar, "alcohol": alcohol}, epochs=12, verbose=0)
    model.save(tmp_path / "saved")
    model.export_model().save(tmp_path / "model.keras")
    np.savez(tmp_path / "rows.npz", **rows)
    subprocess.run([sys.executable, "-c", PREDICT_ELSEWHERE, str(tmp_path)], check=True, capture_output=True)

    predicted, probabilities = model.predict(rows), model.predict_proba(rows)["cultivar"]
    assert np.mean(predicted["cultivar"] == cultivar) > 0.9
    with np.load(tmp_path / "found.npz") as found:
        np.testing.assert_array_equal(found["cultivar"], predicted["cultivar"])
        np.testing.assert_allclose(found["alcohol"], predicted["alcohol"], rtol=1e-4)
        np.testing.assert_allclose(found["probabilities"], probabilities, atol=1e-5)
        np.testing.assert_allclose(found["exported"], probabilities, atol=1e-5)
