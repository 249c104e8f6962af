"""Training, evaluating and predicting from files: as from the data frame, whether they are read whole or streamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataClassifier, StructuredDataInput, StructuredDataRegressor
from ak_tabular.files import opening
from autokeras_core import AutoModel, ClassificationHead, DataError, RegressionHead
from autokeras_core.data import epochs
from autokeras_core.engine import features

ROWS = 300


def make_frame(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Return a table whose target follows from two of its columns."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "income": rng.normal(50, 15, rows).round(2),
            "city": rng.choice(["Oslo", "Bergen", "Narvik"], rows),
        }
    )
    frame.loc[::7, "income"] = np.nan
    frame["churn"] = np.where((frame["age"] > 45) ^ (frame["city"] == "Oslo"), "yes", "no")
    return frame


def stream(patch: pytest.MonkeyPatch) -> None:
    """Have files streamed, and what is made of them too."""
    patch.setattr(opening, "BYTES_IN_MEMORY", 0)
    patch.setattr(features, "_BYTES_IN_MEMORY_EACH", 0)


def fitted(x: Any, y: Any, **options: Any) -> StructuredDataClassifier:
    """Return a classifier after a short training."""
    classifier = StructuredDataClassifier(max_trials=1, seed=0)
    classifier.fit(x, y, epochs=3, verbose=0, **options)
    return classifier


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file to train on."""
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    make_frame().to_csv(path, index=False)
    return path


@pytest.fixture
def streamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are streamed, and what is made of them too."""
    stream(monkeypatch)


@pytest.fixture(scope="module")
def model(table: Path) -> StructuredDataClassifier:
    """A classifier that was trained on the streamed file."""
    with pytest.MonkeyPatch.context() as patch:
        stream(patch)
        return fitted(table, "churn")


def test_a_small_file_gives_what_the_data_frame_gives(table: Path) -> None:
    """The same profile and the same predictions."""
    frame = pd.read_csv(table)

    models = [fitted(x, "churn") for x in (str(table), frame)]

    assert models[0].analysis == models[1].analysis
    probabilities = [model.predict_proba(frame) for model in models]
    assert np.array_equal(probabilities[0], probabilities[1])


@pytest.mark.usefixtures("streamed")
def test_a_streamed_file_gives_what_memory_gives_but_for_the_order(
    model: StructuredDataClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evaluation and predictions of one model are the same from a streamed file, a whole one, and a data frame."""
    new = tmp_path / "new.csv"
    make_frame(50, seed=1).to_csv(new, index=False)
    without_target = tmp_path / "without.parquet"
    make_frame(50, seed=1).drop(columns="churn").to_parquet(without_target)

    streamed = [model.predict_proba(new), model.predict_proba(without_target)]
    scores = model.evaluate(new, "churn")
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 2**30)

    expected = model.predict_proba(pd.read_csv(new))
    for found in [*streamed, model.predict_proba(str(new)), model.predict_proba(without_target)]:
        assert np.allclose(found, expected, atol=1e-6)
    assert model.evaluate(new, "churn") == pytest.approx(scores)
    assert scores["accuracy"] > 0.6


def test_codes_of_a_streamed_file_are_those_of_a_small_one_and_of_a_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A streamed file keeps them as they are written; what is read whole has numbers."""
    path = tmp_path / "table.csv"
    frame = make_frame().assign(code=[f"{n % 3:03d}" for n in range(ROWS)])
    frame.to_csv(path, index=False)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    model = StructuredDataClassifier(column_types={"code": "categorical"}, max_trials=1, seed=0)
    model.fit(path, "churn", epochs=2, verbose=0)
    streamed = model.predict_proba(path)
    monkeypatch.undo()

    whole, integers = model.predict_proba(path), model.predict_proba(frame.assign(code=frame["code"].astype(int)))

    np.testing.assert_allclose(whole, streamed, atol=1e-6)
    np.testing.assert_allclose(integers, streamed, atol=1e-6)
    assert not np.allclose(model.predict_proba(frame.assign(code="never")), streamed, atol=1e-4)


@pytest.mark.usefixtures("streamed")
def test_a_model_from_a_streamed_file_is_saved_and_loaded(
    model: StructuredDataClassifier, table: Path, tmp_path: Path
) -> None:
    """It predicts from a file as before; the target's column may still be there."""
    model.save(tmp_path / "model")
    loaded = StructuredDataClassifier.load(tmp_path / "model")

    assert np.array_equal(loaded.predict(table), model.predict(table))


@pytest.mark.usefixtures("streamed")
def test_validation_data_may_be_a_file_too(table: Path, tmp_path: Path) -> None:
    """With the target's column of the same name; all rows of the training file are then trained on."""
    validation = tmp_path / "validation.csv"
    make_frame(60, seed=2).to_csv(validation, index=False)

    model = fitted(table, "churn", validation_data=str(validation))

    assert model.analysis.rows == ROWS


@pytest.mark.parametrize("source", ["file", "frame"])
def test_validation_data_have_the_same_columns_of_several_targets(tmp_path: Path, source: str) -> None:
    """A list of names is looked up in the validation data, too, whether they are a file or a frame."""
    frames = [
        make_frame(rows, seed).assign(price=lambda table: table["age"] ** 2, rent=lambda table: table["age"] ** 3)
        for rows, seed in ((ROWS, 0), (60, 2))
    ]
    data: list[Any] = frames
    if source == "file":
        data = [tmp_path / "train.csv", tmp_path / "valid.csv"]
        for frame, path in zip(frames, data, strict=True):
            frame.to_csv(path, index=False)
    regressor = StructuredDataRegressor(max_trials=1, seed=0, ensemble=False)

    regressor.fit(data[0], ["price", "rent"], epochs=1, validation_data=data[1], verbose=0)

    assert regressor.analysis.rows == ROWS
    assert regressor.analysis.targets["regression"].columns == ("price", "rent")


@pytest.mark.parametrize(
    "y", [["churn", "age"], {"classification": "churn", "regression": "age"}], ids=["list", "dict"]
)
def test_validation_data_have_the_same_columns_of_several_heads(table: Path, y: Any) -> None:
    """A name for each head is looked up in the validation data, too."""
    model = AutoModel(StructuredDataInput(), [ClassificationHead(), RegressionHead()], max_trials=1, seed=0)

    model.fit(table, y, epochs=1, validation_data=make_frame(60, seed=2), verbose=0)

    assert {name: target.columns for name, target in model.analysis.targets.items()} == {
        "classification": ("churn",),
        "regression": ("age",),
    }


@pytest.mark.usefixtures("streamed")
def test_targets_of_a_streamed_file_keep_their_names(table: Path) -> None:
    """The profile knows the target's column, as after a small file."""
    classifier = StructuredDataClassifier()

    profile = classifier.analyse(table, "churn")

    assert profile.targets["classification"].columns == ("churn",)


@pytest.mark.usefixtures("streamed")
def test_equal_seeds_give_equal_models(model: StructuredDataClassifier, table: Path) -> None:
    """From a stream as well."""
    again = fitted(table, "churn")

    assert np.array_equal(again.predict_proba(table), model.predict_proba(table))


@pytest.mark.usefixtures("streamed")
def test_weights_go_with_streamed_rows(table: Path) -> None:
    """Where the rows of one class weigh next to nothing, the other one is predicted for all."""
    weights = np.where(pd.read_csv(table)["churn"] == "yes", 1, 1e-6)

    model = fitted(table, "churn", sample_weight=weights, batch_size=16)

    assert model.predict_proba(table)[:, list(model.classes).index("yes")].min() > 0.5


@pytest.mark.usefixtures("streamed")
def test_streamed_rows_without_weight_have_no_target(tmp_path: Path) -> None:
    """What a file holds in their place is no class, and has no part in the scale of numbers."""
    frame = make_frame().assign(price=lambda table: table["age"] ** 2.0)
    has = np.arange(ROWS) % 4 > 0
    frame = frame.assign(churn=np.where(has, frame["churn"], "not asked"), price=np.where(has, frame["price"], -1))
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    heads = [ClassificationHead(name="churn"), RegressionHead(name="price")]
    model = AutoModel(StructuredDataInput(), heads, max_trials=1, seed=0)

    model.fit(path, ["churn", "price"], sample_weight=has, epochs=1, verbose=0)

    targets = model.analysis.targets
    assert model.classes == [("no", "yes")]
    assert targets["price"].mean == pytest.approx([frame["price"][has].mean()], rel=0.05)
    assert np.isfinite(list(model.evaluate(path, ["churn", "price"], sample_weight=has).values())).all()


@pytest.mark.usefixtures("streamed")
def test_numbers_are_predicted_from_a_streamed_file(tmp_path: Path) -> None:
    """Integers that are coded on the way, and fractions."""
    frame = make_frame().drop(columns="churn").assign(price=lambda table: table["age"] ** 2)
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    regressor = StructuredDataRegressor(max_trials=1, seed=0)

    regressor.fit(path, "price", epochs=3, verbose=0)

    assert np.isfinite(np.asarray(regressor.predict(path))).all()
    assert regressor.analysis.targets["regression"].mean == pytest.approx([frame["price"].mean()], rel=0.1)


@pytest.mark.usefixtures("streamed")
def test_an_epoch_is_a_part_of_very_many_rows(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 100 rows to an epoch, three of them are a pass and more, and each is validated."""
    monkeypatch.setattr(epochs, "ROWS_PER_EPOCH", 100)

    classifier = StructuredDataClassifier(max_trials=1, seed=0)
    history = classifier.fit(table, "churn", epochs=3, batch_size=32, verbose=0)

    assert len(history.history["val_loss"]) == 3


@pytest.mark.usefixtures("streamed")
def test_a_file_without_a_column_of_the_training_rows_is_an_error(
    model: StructuredDataClassifier, tmp_path: Path
) -> None:
    """It names the column."""
    wrong = tmp_path / "wrong.csv"
    make_frame(20).drop(columns="city").to_csv(wrong, index=False)

    with pytest.raises(DataError, match="without 'city'"):
        model.predict(wrong)


@pytest.mark.usefixtures("streamed")
def test_an_unseen_class_in_a_file_is_an_error(model: StructuredDataClassifier, tmp_path: Path) -> None:
    """It names the class and its row."""
    wrong = tmp_path / "wrong.csv"
    make_frame(20).assign(churn=["no"] * 12 + ["maybe"] * 8).to_csv(wrong, index=False)

    with pytest.raises(DataError, match="'maybe', first at row 12"):
        model.evaluate(wrong, "churn")
