"""AutoModel from raw data to a model: what fit, predict, evaluate, export, save and load promise."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import AutoModel, NotFittedError, SearchError
from autokeras_core.engine.preparation import prepare
from autokeras_core.search.oracles import make_oracle
from tests.heavy.automodels import dense_classifier, wine


@pytest.fixture(scope="module")
def fitted() -> AutoModel:
    """Return a classifier of wines after a search of two trials."""
    x, y = wine()
    model = dense_classifier(max_trials=2)
    model.fit(x, y, epochs=15, verbose=0)
    return model


def test_it_learns(fitted: AutoModel) -> None:
    """Wines are easy to tell apart: the training data is predicted nearly without error."""
    x, y = wine()

    scores = fitted.evaluate(x, y)

    assert scores["accuracy"] > 0.9
    assert np.mean(fitted.predict(x) == y) == pytest.approx(scores["accuracy"])


def test_export_equals_predict_on_raw_rows(fitted: AutoModel, tmp_path: Path) -> None:
    """The exported model, saved and loaded by Keras alone, returns predict_proba for raw rows."""
    x, _ = wine()
    path = tmp_path / "model.keras"

    fitted.export_model().save(path)
    exported = keras.models.load_model(path)

    np.testing.assert_allclose(exported.predict(x, verbose=0), fitted.predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("dtype", ["int64", "uint8"])
def test_fractions_count_after_training_on_whole_numbers(dtype: str) -> None:
    """Rows are predicted as they are, whatever type the training rows had: in Python and in the exported model."""
    x, y = wine()
    whole = x.clip(0, 255).astype(dtype)
    model = dense_classifier()
    model.fit(whole, y, epochs=5, verbose=0)

    probabilities = model.predict_proba(whole + 0.5)

    assert np.abs(probabilities - model.predict_proba(whole)).max() > 0.01
    np.testing.assert_allclose(model.export_model().predict(whole + 0.5, verbose=0), probabilities, atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(whole.astype("float64")), model.predict_proba(whole), atol=1e-6)


def test_a_saved_model_predicts_the_same_in_a_fresh_process(fitted: AutoModel, tmp_path: Path) -> None:
    """Labels, probabilities and the leaderboard come back in another process."""
    x, _ = wine()
    np.save(tmp_path / "x.npy", x)
    fitted.save(tmp_path / "saved")
    script = (
        "import sys, numpy as np\n"
        "from autokeras_core import AutoModel\n"
        "model = AutoModel.load(sys.argv[1])\n"
        "x = np.load(sys.argv[2])\n"
        "np.savez(sys.argv[3], labels=model.predict(x), probabilities=model.predict_proba(x))\n"
        "print(len(model.leaderboard()))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "saved", tmp_path / "x.npy", tmp_path / "out.npz"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "2"
    with np.load(tmp_path / "out.npz") as there:
        np.testing.assert_array_equal(there["labels"], fitted.predict(x))
        np.testing.assert_allclose(there["probabilities"], fitted.predict_proba(x), atol=1e-6)


def test_the_leaderboard_becomes_a_data_frame(fitted: AutoModel) -> None:
    """One row a trial, with a column for each metric and hyperparameter."""
    frame = fitted.leaderboard().to_dataframe()

    assert list(frame["rank"]) == [1, 2]
    assert frame["metric/val_accuracy"].tolist() == frame["score"].tolist()
    assert set(frame["dense/units"]) <= {16, 32}


def test_integer_weights_equal_row_duplication(fitted: AutoModel) -> None:
    """Loss and metrics under integer weights are those of the duplicated rows."""
    x, y = wine()
    weights = np.random.default_rng(1).integers(0, 4, size=len(y))

    weighted = fitted.evaluate(x, y, sample_weight=weights)
    duplicated = fitted.evaluate(np.repeat(x, weights, axis=0), np.repeat(y, weights))

    assert weighted == pytest.approx(duplicated, rel=1e-4)


def test_weights_reach_training() -> None:
    """Rows of weight 0 teach nothing: most labels are wrong, and the others are learned."""
    x, y = wine()
    is_right = np.arange(len(y)) % 3 == 0
    model = dense_classifier()

    model.fit(x, np.where(is_right, y, (y + 1) % 3), sample_weight=is_right, epochs=20, verbose=0)

    assert np.mean(model.predict(x) == y) > 0.9


def test_class_weight_is_by_the_users_labels() -> None:
    """A class that outweighs the others by far is predicted nearly always."""
    x, y = wine()
    names = np.array(["a", "b", "c"])[y]
    model = dense_classifier(objective="val_loss")  # the weighted accuracy is near 1 in every epoch

    model.fit(x, names, class_weight={"a": 1e-4, "b": 1.0, "c": 1e-4}, epochs=20, verbose=0)

    assert np.mean(model.predict(x) == "b") > 0.9


def test_the_same_seed_gives_the_same_search() -> None:
    """Configurations and scores repeat, and seed 0 is a seed."""
    x, y = wine()
    boards = []
    for _ in range(2):
        model = dense_classifier(max_trials=4, seed=0)
        model.fit(x, y, epochs=2, verbose=0)
        boards.append([(dict(row.configuration), row.score) for row in model.leaderboard()])

    assert boards[0] == boards[1]
    assert model.seed == 0


def test_a_drawn_seed_is_kept() -> None:
    """Without a seed two models differ, and each says which seed it drew."""
    seeds = {dense_classifier(seed=None).seed for _ in range(3)}

    assert len(seeds) == 3


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0"], ids=repr)
def test_a_seed_that_is_none_is_one_clear_error(seed: object) -> None:
    """Where it is written, not where NumPy is asked for random numbers."""
    with pytest.raises(SearchError, match=r"Expected: a whole number of 0 or more.*Received: seed="):
        dense_classifier(seed=seed)


def test_validation_data_is_used_as_it_is() -> None:
    """With validation data of one class only, accuracy on it is that class's recall."""
    x, y = wine()
    model = dense_classifier()

    model.fit(x, y, validation_data=(x[y == 1], y[y == 1]), epochs=10, verbose=0)

    recall = np.mean(model.predict(x[y == 1]) == 1)
    assert model.leaderboard()[0].score == pytest.approx(recall, abs=1e-6)


def test_an_unknown_objective_is_one_clear_error() -> None:
    """The message lists the metrics there are."""
    x, y = wine(60)

    with pytest.raises(SearchError, match=r"no metric of this model.*val_accuracy"):
        dense_classifier(objective="val_f1_score").fit(x, y, epochs=1, verbose=0)


def test_an_objective_that_no_metric_was_asked_for_is_measured_besides_them(tmp_path: Path) -> None:
    """The search goes by it; the model, loaded ones and searches that go on measure it with the usual metrics."""
    x, y = wine(90)
    model = dense_classifier(objective="auc", directory=tmp_path / "search")
    model.fit(x, y, epochs=2, verbose=0)
    model.save(tmp_path / "saved")
    scores = model.evaluate(x, y)

    loaded = [AutoModel.load(tmp_path / name) for name in ("saved", "search")]
    again = dense_classifier(objective="val_auc", directory=tmp_path / "search").fit(x, y, epochs=2, verbose=0)

    assert model.leaderboard().objective == "val_auc"
    assert model.leaderboard()[0].score == model.leaderboard()[0].metrics["val_auc"]
    assert set(scores) == {"loss", "accuracy", "auc"}
    assert [each.leaderboard().objective for each in loaded] == ["val_auc", "val_auc"]
    assert [each.evaluate(x, y) for each in loaded] == [pytest.approx(scores), pytest.approx(scores)]
    assert (again.objective, again.trials) == ("val_auc", 2)


def test_an_objective_without_a_direction_is_one_clear_error() -> None:
    """A name that says nothing of more or less needs its direction."""
    x, y = wine(60)

    with pytest.raises(SearchError, match="'min' or 'max'"):
        dense_classifier(objective="val_score").fit(x, y, epochs=1, verbose=0)


def test_before_fit_there_is_nothing_to_ask_for() -> None:
    """Every result raises the same clear error."""
    model = dense_classifier()
    x, y = wine(10)

    for ask in (
        lambda: model.predict(x),
        lambda: model.predict_proba(x),
        lambda: model.evaluate(x, y),
        lambda: model.leaderboard(),
        lambda: model.export_model(),
        lambda: model.save("nowhere"),
    ):
        with pytest.raises(NotFittedError, match="no model yet"):
            ask()


@pytest.mark.parametrize("name", ["max_trials", "time_limit", "max_model_size"])
@pytest.mark.parametrize("value", [0, -1, True, "10"], ids=repr)
def test_limits_must_be_above_zero(name: str, value: object) -> None:
    """A limit that allows nothing is an error where it is written."""
    with pytest.raises(SearchError, match=name):
        dense_classifier(**{name: value})


@pytest.mark.parametrize("name", ["max_trials", "max_model_size", "epochs", "batch_size"])
def test_counts_must_be_whole(name: str) -> None:
    """Half a trial, or half a row, is an error where it is written."""
    model, settings = dense_classifier(), {name: 2.5}

    with pytest.raises(SearchError, match=rf"{name} cannot be used.*a whole number of 1 or more.*{name}=2\.5"):
        model.fit(*wine(60), **settings) if name in ("epochs", "batch_size") else dense_classifier(**settings)


def test_a_batch_size_may_be_a_number_of_numpy() -> None:
    """It comes out of a computation as often as not."""
    model = dense_classifier()

    model.fit(*wine(60), epochs=1, batch_size=np.int64(16), verbose=0)

    assert model.best_configuration["training/batch_size"] == 16


def test_a_fit_keeps_neither_its_data_nor_its_oracle(monkeypatch: pytest.MonkeyPatch) -> None:
    """KerasTuner keeps the lock of each oracle under the oracle itself, for as long as the process lives."""
    made: list[weakref.ref[Any]] = []

    def noting(function: Any) -> Any:
        def noted(*arguments: Any, **options: Any) -> Any:
            result = function(*arguments, **options)
            made.append(weakref.ref(result))
            return result

        return noted

    monkeypatch.setattr("autokeras_core.automodel.prepare", noting(prepare))
    monkeypatch.setattr("autokeras_core.search.run.make_oracle", noting(make_oracle))
    model = dense_classifier()

    model.fit(*wine(60), epochs=1, verbose=0)
    gc.collect()

    assert [reference() for reference in made] == [None, None]
