"""An ensemble of a search's trials: chosen, predicted, exported, saved, and found again."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest
import tensorflow as tf

from autokeras_core import (
    ArrayInput,
    AutoModel,
    ClassificationHead,
    DenseBlock,
    GraphError,
    Merge,
    Normalization,
    RegressionHead,
    SearchError,
)
from autokeras_core.engine import storage
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.ensemble import EnsembleBundle, read_bundle
from autokeras_core.registry import get_registry
from autokeras_core.search import run, winner
from autokeras_core.search.journal import read_events
from autokeras_core.search.records import TrialOutcome
from tests.heavy.automodels import BUSY, QUICK, dense_classifier, dense_regressor, diabetes, digits, wine
from tests.heavy.bundles import (
    CASES,
    bundle_with,
    ensemble_of,
    learned_case,
    raw_of,
    trained_ensemble,
    twins,
)

# Three models that learn nearly as well as each other in an epoch, and make different mistakes.
STARTS = [
    QUICK | {"dense/units": 32},
    QUICK | {"dense/units": 16},
    QUICK | {"dense/units": 32, "training/schedule": "constant"},
]


def several(**options: Any) -> AutoModel:
    """Return a classifier of digits that puts an ensemble together from three trials."""
    return dense_classifier(**{"max_trials": 3, "warm_starts": STARTS, "ensemble": True, **options})


@attrs.frozen(kw_only=True)
class Searched:
    """A model whose search is over, and what `fit` printed."""

    model: AutoModel
    printed: str


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """Return a classifier whose model is an ensemble, with its search's directory."""
    x, y = digits(400)
    model = several(directory=tmp_path_factory.mktemp("ensemble") / "search")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        model.fit(x, y, epochs=1, verbose=2)
    assert model.leaderboard().ensemble is not None
    return Searched(model=model, printed=printed.getvalue())


@pytest.fixture(scope="module")
def fitted(searched: Searched) -> AutoModel:
    """Return that model alone."""
    return searched.model


@pytest.mark.parametrize("kind", CASES)
def test_it_predicts_the_weighted_mean_of_its_members(kind: str) -> None:
    """For every head, whatever its preprocessing and its kind of output."""
    case, bundle = trained_ensemble(kind)

    outputs = bundle.predict_outputs(case.rows)

    one, other = (member.predict_outputs(case.rows) for member in bundle.members)
    assert set(outputs) == set(bundle.heads)
    for head, values in outputs.items():
        assert not np.allclose(one[head], other[head])
        np.testing.assert_allclose(values, 0.75 * one[head] + 0.25 * other[head], rtol=1e-5, atol=1e-6)
        assert values.dtype == np.float32


@pytest.mark.parametrize("kind", CASES)
def test_its_export_is_one_keras_model_that_predicts_the_same(kind: str, tmp_path: Path) -> None:
    """It takes raw rows as a single model's export does, and Keras alone saves and loads it."""
    case, bundle = trained_ensemble(kind)
    expected = bundle.predict_outputs(case.rows)

    bundle.to_keras_model().save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    outputs = exported.predict(raw_of(case), verbose=0)
    outputs = outputs if isinstance(outputs, dict) else {"classification": outputs}
    assert set(outputs) == set(expected)
    for head, values in expected.items():
        np.testing.assert_allclose(outputs[head], values, atol=1e-5)


def test_its_export_scales_as_its_members_have_learned_to() -> None:
    """In memory, without a file that would be read."""
    case = learned_case("in a model")
    bundle = ensemble_of(case)

    outputs = bundle.to_keras_model().predict(raw_of(case), verbose=0)

    np.testing.assert_allclose(outputs, bundle.predict_outputs(case.rows)["classification"], atol=1e-5)


@pytest.mark.parametrize("kind", CASES)
def test_a_saved_ensemble_predicts_the_same(kind: str, tmp_path: Path) -> None:
    """All members come back with their preprocessing and weights, from one directory with a manifest."""
    case, bundle = trained_ensemble(kind)

    bundle.save(tmp_path / "saved")
    plugins = storage.read_manifest(tmp_path / "saved")["plugins"]
    loaded = read_bundle(tmp_path / "saved", get_registry(), plugins=plugins)

    assert isinstance(loaded, EnsembleBundle)
    assert loaded.weights == bundle.weights
    for head, values in bundle.predict_outputs(case.rows).items():
        np.testing.assert_allclose(loaded.predict_outputs(case.rows)[head], values, atol=1e-6)


def test_a_changed_member_is_an_error(tmp_path: Path) -> None:
    """The hash of each member's files is checked."""
    _, bundle = trained_ensemble("in the model")
    bundle.save(tmp_path / "saved")
    (tmp_path / "saved" / "member-2-model.keras").write_bytes(b"other")

    with pytest.raises(SearchError, match=r"damaged.*member-2-model\.keras"):
        storage.read_manifest(tmp_path / "saved")


@pytest.mark.parametrize("weights", [(0.5,), (0.5, 0.6), (1.0, 0.0)])
def test_weights_that_make_no_mean_are_an_error(weights: tuple[float, ...]) -> None:
    """There is one above 0 for each member, and together they are 1."""
    _, bundle = trained_ensemble("in the model")

    with pytest.raises(SearchError, match="no right weights"):
        attrs.evolve(bundle, weights=weights)


def test_members_with_different_classes_of_one_name_are_an_error() -> None:
    """They could not be saved: a file tells such classes apart by their names alone."""
    members = tuple(bundle_with(each) for each in twins())

    with pytest.raises(GraphError, match=r"Two classes of preprocessors are called 'Twin'.*here.*there.*Rename"):
        EnsembleBundle(members=members, weights=(0.5, 0.5))


def test_each_file_is_checked_once(fitted: AutoModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models may be large: loading one does not read it a second time for its hash."""
    fitted.save(tmp_path / "saved")
    hash_of, checked = storage._hash, []

    def noting(path: Path) -> str:
        checked.append(path.name)
        return hash_of(path)

    monkeypatch.setattr(storage, "_hash", noting)

    AutoModel.load(tmp_path / "saved")

    files = {path.name for path in (tmp_path / "saved").iterdir()} - {storage.MANIFEST}
    assert sorted(checked) == sorted(files)


def test_the_ensemble_is_not_clearly_worse_than_the_best_trial(fitted: AutoModel) -> None:
    """By no more than the standard error of 80 rows; its members are trials of the leaderboard, whose weights add up to 1."""
    board = fitted.leaderboard()

    assert board.ensemble is not None
    assert len(board.ensemble.weights) > 1
    assert board.ensemble.single_score == pytest.approx(board[0].score, abs=1e-6)
    assert board.ensemble.score >= board.ensemble.single_score - 0.04
    assert {row.trial_id: row.weight for row in board if row.weight} == board.ensemble.weights
    assert sum(row.weight for row in board) == pytest.approx(1.0)


def test_its_score_is_that_of_its_predictions() -> None:
    """Evaluated on the validation rows, the model has the score that the history states."""
    x, y = digits(400)
    model = several()

    history = model.fit(x[:300], y[:300], validation_data=(x[300:], y[300:]), epochs=1, verbose=0)

    assert history.ensemble is not None
    scores = model.evaluate(x[300:], y[300:])
    assert scores["accuracy"] == pytest.approx(history.ensemble.score, abs=1e-6)
    assert scores["loss"] == pytest.approx(history.ensemble.metrics["val_loss"], rel=1e-4)
    assert np.mean(model.predict(x[300:]) == y[300:]) == pytest.approx(history.ensemble.score, abs=1e-6)


def test_probabilities_add_up_to_one(fitted: AutoModel) -> None:
    """A mean of probabilities is one."""
    x, _ = digits(400)

    np.testing.assert_allclose(fitted.predict_proba(x).sum(axis=1), 1.0, atol=1e-5)


def test_the_leaderboard_and_the_lines_name_the_ensemble(searched: Searched) -> None:
    """The table has a column of weights and a line for the ensemble; what `fit` prints ends with one."""
    board = searched.model.leaderboard()

    assert "weight" in str(board).splitlines()[0]
    assert str(board).splitlines()[-1] == str(board.ensemble)
    assert f"ensemble of {len(board.ensemble.weights)}: val_accuracy" in board._repr_html_()  # type: ignore[union-attr]
    assert searched.printed.splitlines()[-1].startswith("Ensemble of ")


def test_a_saved_model_and_its_export_work_in_fresh_processes(fitted: AutoModel, tmp_path: Path) -> None:
    """`save`, `load` and `export_model` of an ensemble; the export where none of our packages can be imported."""
    x, _ = digits(400)
    np.save(tmp_path / "x.npy", x)
    fitted.save(tmp_path / "saved")
    fitted.export_model().save(tmp_path / "model.keras")
    script = """
import sys, numpy
folder = sys.argv[1]
x = numpy.load(folder + "/x.npy")
class Blocker:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("autokeras_core", "ak_vision", "ak_text", "ak_tabular", "tests"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker)
import keras
numpy.save(folder + "/exported.npy", keras.models.load_model(folder + "/model.keras").predict(x, verbose=0))
sys.meta_path.remove(Blocker)
from autokeras_core import AutoModel
model = AutoModel.load(folder + "/saved")
numpy.save(folder + "/loaded.npy", model.predict_proba(x))
print(model.leaderboard().ensemble)
"""

    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(fitted.leaderboard().ensemble)
    np.testing.assert_allclose(np.load(tmp_path / "exported.npy"), fitted.predict_proba(x), atol=1e-5)
    np.testing.assert_allclose(np.load(tmp_path / "loaded.npy"), fitted.predict_proba(x), atol=1e-6)


def test_the_directory_of_the_search_gives_the_ensemble(fitted: AutoModel) -> None:
    """Loaded without a save, it is the same model with the same members."""
    x, _ = digits(400)

    loaded = AutoModel.load(fitted.directory)  # type: ignore[arg-type]

    assert loaded.leaderboard().ensemble == fitted.leaderboard().ensemble
    np.testing.assert_allclose(loaded.predict_proba(x), fitted.predict_proba(x), atol=1e-6)


def test_a_continued_search_chooses_anew(tmp_path: Path) -> None:
    """A finished search gets its trials once more, and members may come from both runs."""
    x, y = digits(400)
    several(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    again = several(directory=tmp_path)
    history = again.fit(x, y, epochs=1, verbose=0)

    assert history.trials == 6
    assert history.ensemble is not None
    assert set(history.ensemble.weights) <= {row.trial_id for row in again.leaderboard()}
    assert [event["event"] for event in read_events(tmp_path / "journal.jsonl")].count("ensemble_selected") == 2


def test_trials_of_a_search_without_ensembles_can_be_members(tmp_path: Path) -> None:
    """They left no outputs on the validation rows, so their models are run; a search killed since is single again."""
    x, y = digits(400)
    several(directory=tmp_path, ensemble=False, max_trials=2).fit(x, y, epochs=1, verbose=0)
    assert not list(tmp_path.glob("trials/*/predictions.npz"))

    history = several(directory=tmp_path, max_trials=1).fit(x, y, epochs=1, verbose=0)

    assert history.ensemble is not None
    assert {"0", "1"} & set(history.ensemble.weights)
    assert len(list(tmp_path.glob("trials/*/predictions.npz"))) == 3
    _finish_another_trial(tmp_path)
    assert AutoModel.load(tmp_path).leaderboard().ensemble is None


def _finish_another_trial(directory: Path) -> None:
    """Add a trial to a journal, as a search does that is killed afterwards."""
    journal = directory / "journal.jsonl"
    line = next(line for line in journal.read_text().splitlines() if '"trial_completed"' in line)
    journal.write_text(journal.read_text() + json.dumps(json.loads(line) | {"trial_id": "0"}) + "\n")


def test_a_regressor_predicts_the_mean_of_values() -> None:
    """The objective is a loss to be minimised, and members' values are in the targets' own units."""
    x, y = diabetes()
    starts = [QUICK | {"training/learning_rate": rate} for rate in (0.03, 0.01, 0.1)]
    model = dense_regressor(max_trials=3, warm_starts=starts, ensemble=3)

    history = model.fit(x, y, epochs=5, verbose=0)

    assert history.ensemble is not None
    assert len(history.ensemble.weights) > 1
    assert abs(model.predict(x).mean() - y.mean()) < y.std()


def test_several_heads_share_one_weight_per_member() -> None:
    """Both heads' outputs are means with the same weights, under the names that they have in a single model."""
    x, y = wine()
    one, two = ArrayInput(name="one"), ArrayInput(name="two")
    body = DenseBlock(num_layers=1)(Merge()([Normalization()(one), Normalization()(two)]))
    model = AutoModel(
        [one, two],
        [ClassificationHead()(body), RegressionHead()(body)],
        max_trials=3,
        seed=0,
        warm_starts=[{"dense/units": units, "training/batch_size": 32} for units in (64, 16, 128)],
        ensemble=True,
    )

    history = model.fit([x[:, :6], x[:, 6:]], [y, x[:, 0]], validation_split=0.4, epochs=3, verbose=0)

    assert history.ensemble is not None
    labels, values = model.predict([x[:, :6], x[:, 6:]])
    exported = model.export_model().predict({"one": x[:, :6], "two": x[:, 6:]}, verbose=0)
    np.testing.assert_array_equal(exported["classification"].argmax(axis=1), labels)
    np.testing.assert_allclose(exported["regression"].reshape(-1), values, rtol=1e-4)


def test_the_head_that_the_objective_measures_decides_how_members_are_chosen() -> None:
    """An accuracy counts rows, whatever other heads there are: models that are equal by it take part in equal shares."""
    x, y = digits()
    body = DenseBlock(num_layers=1)(Normalization()(start := ArrayInput()))
    model = AutoModel(
        start,
        [ClassificationHead(name="digit")(body), RegressionHead(name="ink")(body)],
        objective="val_digit_accuracy",
        max_trials=4,
        seed=0,
        warm_starts=[QUICK | {"dense/units": units} for units in (256, 128, 256, 512)],
        ensemble=True,
    )

    history = model.fit(x, [y, x.sum(axis=1)], epochs=8, validation_split=0.3, verbose=0)

    assert history.ensemble is not None
    assert len(history.ensemble.weights) > 1
    assert len(set(history.ensemble.weights.values())) == 1


def test_few_validation_rows_put_equals_together() -> None:
    """On 12 rows nearly equal models are told apart by chance alone: all take part, in equal shares."""
    x, y = wine(60)
    model = several(max_trials=2, warm_starts=[QUICK, QUICK | {"training/schedule": "constant"}])

    history = model.fit(x, y, epochs=20, verbose=0)

    assert history.ensemble is not None
    assert history.ensemble.weights == {"0": 0.5, "1": 0.5}


def test_of_equals_on_few_validation_rows_the_first_take_part() -> None:
    """Where rows are counted: the lowest loss of models that are right on each of 12 rows only tells which is surest."""
    x, y = wine(60)
    starts = [QUICK | {"dense/units": 16}, QUICK, QUICK | {"training/learning_rate": 0.1}]
    model = several(warm_starts=starts, ensemble=2)

    model.fit(x, y, epochs=20, verbose=0)

    board = model.leaderboard()
    assert [row.score for row in board] == [1.0, 1.0, 1.0]
    assert board[0].trial_id == "2"
    assert board.ensemble is not None
    assert board.ensemble.weights == {"0": 0.5, "1": 0.5}


def test_few_validation_rows_leave_out_what_is_clearly_worse() -> None:
    """A model that learned nothing has no part in the mean, however few the rows are."""
    x, y = diabetes()
    starts = [QUICK, QUICK | {"training/learning_rate": 2e-5}]
    y = 5.0 * x[:, 0] + 0.01 * y  # all that there is to learn is linear

    model = dense_regressor(max_trials=2, warm_starts=starts, ensemble=2)
    history = model.fit(x, y, epochs=20, verbose=0)

    assert history.ensemble is None
    assert "weight" not in str(model.leaderboard())


def test_without_the_option_nothing_is_kept_for_one(tmp_path: Path) -> None:
    """No outputs on the validation rows, and no more than three models."""
    x, y = wine(60)

    dense_classifier(max_trials=4, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert not list(tmp_path.glob("trials/*/predictions.npz"))
    assert len(list(tmp_path.glob("trials/*/bundle"))) == 3


def test_with_the_option_more_models_are_kept_but_no_more_than_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice as many as an ensemble has members by default, as rows that are counted are few; others leave nothing behind."""
    x, y = wine(60)
    monkeypatch.setattr("autokeras_core.search.winner.DEFAULT_MEMBERS", 2)

    several(max_trials=6, ensemble=2, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert len(list(tmp_path.glob("trials/*/bundle"))) == len(list(tmp_path.glob("trials/*"))) == 4


def test_candidates_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of all together, only the best three stay, as without an ensemble."""
    x, y = wine(60)
    monkeypatch.setattr("autokeras_core.search.kept_models._MOST_BYTES_OF_CANDIDATES", 1)

    several(max_trials=4, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert len(list(tmp_path.glob("trials/*/bundle"))) == 3


def test_no_more_candidates_are_computed_than_there_is_time_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models of a search without ensembles left no outputs; once the time is up, those that were computed are chosen from."""
    x, y = digits(400)
    several(ensemble=False, directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    predictions, computed = winner._predictions, []
    now = [0.0]

    def slow(outcome: TrialOutcome, *arguments: Any) -> Any:
        computed.append(outcome.trial_id)
        now[0] += 6e5
        return predictions(outcome, *arguments)

    monkeypatch.setattr(winner, "_predictions", slow)
    choose = winner.choose_winner
    monkeypatch.setattr(
        run,
        "choose_winner",
        lambda *arguments, **options: choose(*arguments, **options | {"deadline": Deadline(1e6, clock=lambda: now[0])}),
    )
    several(directory=tmp_path, max_trials=1).fit(x, y, epochs=1, verbose=0)

    assert len(computed) == 2


def test_many_validation_rows_are_sampled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of each trial, outputs are kept for a part of them."""
    x, y = digits(400)
    monkeypatch.setattr("autokeras_core.engine.predictions._MOST_ROWS", 50)

    several(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    shapes = []
    for path in tmp_path.glob("trials/*/predictions.npz"):
        with np.load(path) as stored:
            shapes.append(stored["arr_0"].shape)
    assert shapes == [(50, 10)] * 3


def test_a_metric_that_fails_in_the_selection_costs_no_model(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever a user's own metric does outside training, the best trial's model comes back, with a warning."""
    x, y = digits(400)
    model = several(head={"metrics": ["accuracy", fails_when_eager]})

    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.ensemble is None
    assert "No ensemble was put together (RuntimeError: only while training)" in caplog.text
    assert len(model.predict(x)) == len(x)


def fails_when_eager(y_true: Any, y_pred: Any) -> Any:
    """Return a number in TensorFlow's graphs, and raise outside."""
    if tf.executing_eagerly():
        message = "only while training"
        raise RuntimeError(message)
    return keras.ops.mean(y_pred, axis=-1)


@pytest.mark.parametrize("value", [0, 1, -1, 2.5, "yes"])
def test_a_wrong_value_is_an_error_where_it_is_written(value: Any) -> None:
    """The message says what there may be."""
    with pytest.raises(SearchError, match=r"ensemble cannot be used.*2 or more"):
        dense_classifier(ensemble=value)


def test_a_class_may_have_another_default() -> None:
    """A task sets `ensemble_by_default`; what the user says goes before it."""

    class Small(AutoModel):
        ensemble_by_default = 4

    heads = [Small(ArrayInput(), ClassificationHead(), **options).ensemble for options in ({}, {"ensemble": False})]

    assert heads == [4, False]
    assert AutoModel(ArrayInput(), ClassificationHead()).ensemble is False


def test_a_time_limit_holds_with_an_ensemble() -> None:
    """Choosing is part of the time: the whole `fit` ends within its limit, and not when there is nothing left to try."""
    x, y = digits()
    model = several(max_trials=None, time_limit=5)
    started = time.monotonic()

    history = model.fit(x, y, epochs=3, verbose=0)

    assert time.monotonic() - started < 5 + BUSY
    assert history.stop_reason == "time_limit reached"
