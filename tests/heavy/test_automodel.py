"""AutoModel from raw data to a model: what fit, predict, evaluate, export, save and load promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from automodels import dense_classifier, dense_regressor, diabetes, digits, wine

from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, DenseBlock, NotFittedError, SearchError
from autokeras_core.engine.preparation import prepare
from autokeras_core.search.journal import Journal
from autokeras_core.search.records import TrialOutcome


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
    """Rows of weight 0 teach nothing: with every class but one unweighted, that one is always predicted."""
    x, y = wine()
    model = dense_classifier()

    model.fit(x, y, sample_weight=(y == 2).astype(float), epochs=20, verbose=0)

    assert set(model.predict(x)) == {2}


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


def test_a_search_reaches_max_trials() -> None:
    """On a space that is large enough, as many trials run as were asked for, all different."""
    x, y = wine(60)
    model = dense_classifier(max_trials=8)

    history = model.fit(x, y, epochs=1, verbose=0)

    tried = {json.dumps(dict(row.configuration), sort_keys=True) for row in model.leaderboard()}
    assert history.trials == len(tried) == 8
    assert "max_trials" in history.stop_reason


def test_an_exhausted_space_is_said() -> None:
    """A space with two configurations ends after two trials and says why."""
    x, y = wine(60)
    training = {"optimizer": "adam", "learning_rate": 0.01, "schedule": "constant", "batch_size": 32}
    start = {f"training/{name}": value for name, value in training.items()}
    model = AutoModel(
        (node := ArrayInput()),
        ClassificationHead(dropout=0.0, label_smoothing=0.0)(DenseBlock(num_layers=1, units=8, dropout=0.0)(node)),
        max_trials=10_000,
        seed=0,
        warm_starts=[start],
        tuner=TwoConfigurations(),
    )

    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.stop_reason == "search space exhausted"
    assert history.trials == 2


def TwoConfigurations() -> object:  # noqa: N802 - reads as a class in the test above
    """Return a KerasTuner oracle of the user's own that has two configurations to offer."""
    import keras_tuner
    from keras_tuner.engine.trial import TrialStatus

    class Oracle(keras_tuner.Oracle):  # type: ignore[misc]
        """Offers the defaults, then another learning rate, then nothing."""

        def populate_space(self, trial_id: str) -> dict[str, object]:
            number = len(self.start_order)
            if number >= 2:
                return {"status": TrialStatus.STOPPED}
            values = {hp.name: hp.default for hp in self.hyperparameters.space}
            values["training/learning_rate"] = [0.01, 0.001][number]
            return {"status": TrialStatus.RUNNING, "values": values}

    return Oracle(objective=keras_tuner.Objective("val_accuracy", "max"))


@pytest.mark.parametrize("tuner", ["mutation", "random", "bayesian", "hyperband"])
def test_every_tuner_finds_a_model(tuner: str) -> None:
    """Each of the named tuners runs under the same driver."""
    x, y = wine(90)
    model = dense_classifier(max_trials=3, tuner=tuner)

    history = model.fit(x, y, epochs=2, verbose=0)

    assert history.trials == 3
    assert history.failed == 0


def test_predefined_configurations_run_first_and_in_order() -> None:
    """Two warm starts are the first two trials; the third is a mutation of the best."""
    x, y = wine(90)
    starts = [{"dense/units": 16, "training/learning_rate": 0.1}, {"dense/units": 32, "training/learning_rate": 0.01}]
    model = dense_classifier(max_trials=3, warm_starts=starts)

    model.fit(x, y, epochs=1, verbose=0)

    rows = sorted(model.leaderboard(), key=lambda row: int(row.trial_id))
    assert [row.origin for row in rows] == ["warm start 1", "warm start 2", "mutation"]
    assert [row.configuration["dense/units"] for row in rows[:2]] == [16, 32]


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0"], ids=repr)
def test_a_seed_that_is_none_is_one_clear_error(seed: object) -> None:
    """Where it is written, not where NumPy is asked for random numbers."""
    with pytest.raises(SearchError, match=r"Expected: a whole number of 0 or more.*Received: seed="):
        dense_classifier(seed=seed)


def test_weights_of_validation_rows_make_another_search() -> None:
    """They change the scores that trials are compared by."""
    x, y = wine(60)
    graph = dense_classifier()._graph

    without, weighed = (
        prepare(graph, x, y, validation_data=(x[:10], y[:10], weights), seed=0) for weights in (None, np.arange(1, 11))
    )

    assert without.fingerprint != weighed.fingerprint


def test_a_warm_start_that_does_not_fit_is_one_clear_error() -> None:
    """An unknown name is an error before anything is trained, with a suggestion."""
    x, y = wine(60)
    model = dense_classifier(warm_starts=[{"dense/unit": 16}])

    with pytest.raises(SearchError, match=r"Warm start 1.*dense/units"):
        model.fit(x, y, epochs=1, verbose=0)


class FailsAbove16(Block):
    """A block of the user's own that raises for some configurations."""

    def build(self, hp, inputs):  # type: ignore[no-untyped-def]
        """Raise for 32 units, else a layer."""
        if hp.Choice("units", [32, 16]) == 32:
            raise ValueError("32 units are too many for this block")
        return keras.layers.Dense(16)(inputs)


def failing_model(**options: object) -> AutoModel:
    """Return a model half of whose configurations fail."""
    start = ArrayInput()
    return AutoModel(start, ClassificationHead()(FailsAbove16(name="mine")(start)), seed=0, **options)  # type: ignore[arg-type]


def test_a_failed_trial_is_recorded_and_the_search_goes_on() -> None:
    """The failed configuration shows its reason in the leaderboard; another one wins."""
    x, y = wine(60)
    model = failing_model(max_trials=2, warm_starts=[{"mine/units": 32}, {"mine/units": 16}])

    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.failed == 1
    worst = model.leaderboard()[-1]
    assert worst.status == "failed (bug)"
    assert "32 units are too many" in worst.reason
    assert model.best_configuration["mine/units"] == 16


def test_a_failure_that_repeats_stops_the_search() -> None:
    """Three identical failures and no model: one clear message instead of a hundred more."""
    x, y = wine(60)
    start = {"mine/units": 32}
    starts = [start | {"training/learning_rate": rate} for rate in (0.1, 0.01, 0.001, 0.0001)]

    with pytest.raises(SearchError, match="failed in the same way.*32 units are too many"):
        failing_model(max_trials=50, warm_starts=starts).fit(x, y, epochs=1, verbose=0)


def test_a_model_that_is_too_large_is_recorded() -> None:
    """max_model_size turns large configurations into failures with the reason, never an abort."""
    x, y = wine(60)
    model = dense_classifier(max_trials=2, max_model_size=300, warm_starts=[{"dense/units": 32}, {"dense/units": 16}])

    model.fit(x, y, epochs=1, verbose=0)

    assert [row.status for row in model.leaderboard()] == ["completed", "failed (too_large)"]


def test_a_diverging_trial_is_tried_again_with_a_smaller_learning_rate(tmp_path: Path) -> None:
    """A NaN loss costs one retry, which the journal notes."""
    x, y = diabetes(100)
    model = dense_regressor(
        head={"loss": exploding_loss}, directory=tmp_path / "search", warm_starts=[{"training/learning_rate": 0.1}]
    )

    with pytest.raises(SearchError, match="nan: LossDivergedError"):
        model.fit(x, y, epochs=1, verbose=0)

    events = [json.loads(line)["event"] for line in (tmp_path / "search" / "journal.jsonl").read_text().splitlines()]
    assert events.count("trial_retried") == 1


def test_a_score_that_is_no_number_is_not_blamed_on_the_time() -> None:
    """Epochs were validated: the reason names the metric."""
    x, y = diabetes(100)
    model = dense_regressor(head={"metrics": [undefined]}, objective=("val_undefined", "min"))

    with pytest.raises(SearchError, match="nan: val_undefined was not finite in any epoch"):
        model.fit(x, y, epochs=2, verbose=0)


def test_a_metric_that_is_never_a_number_ends_the_search(tmp_path: Path) -> None:
    """After three trials, of however many epochs each."""
    x, y = diabetes(100)
    model = dense_regressor(
        head={"metrics": [undefined]}, objective=("val_undefined", "min"), max_trials=10, directory=tmp_path
    )

    with pytest.raises(SearchError, match="The last 3 trials all failed in the same way: val_undefined was not finite"):
        model.fit(x, y, epochs=1, verbose=0)

    events = [json.loads(line)["event"] for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert events.count("trial_failed") == 3


def undefined(y_true, y_pred):  # type: ignore[no-untyped-def]
    """Return a metric that is not a number."""
    return keras.ops.mean(y_pred, axis=-1) * float("nan")


def exploding_loss(y_true, y_pred):  # type: ignore[no-untyped-def]
    """Return a loss that is not a number."""
    return keras.ops.mean(y_pred, axis=-1) * float("nan")


def test_a_second_fit_on_the_same_data_adds_trials() -> None:
    """A finished search goes on: what was tried before stays, and max_trials more run."""
    x, y = wine(90)
    model = dense_classifier(max_trials=2)

    first = model.fit(x, y, epochs=1, verbose=0)
    second = model.fit(x, y, epochs=1, verbose=0)

    assert (first.trials, second.trials) == (2, 4)
    assert second.best_score >= first.best_score


def test_a_second_fit_on_other_data_starts_anew() -> None:
    """The new model knows the new classes and nothing of the old."""
    x, y = wine(90)
    model = dense_classifier()
    model.fit(x, y, epochs=1, verbose=0)

    history = model.fit(x, np.where(y == 0, "yes", "no"), epochs=1, verbose=0)

    assert history.trials == 1
    assert set(model.predict(x)) <= {"yes", "no"}


@pytest.mark.parametrize("is_kept", [True, False], ids=["overwrite", "temporary"])
def test_a_fit_that_failed_goes_on_with_the_same_object(
    is_kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the search had done is not deleted by the next call, which only completes it."""
    x, y = wine(90)
    monkeypatch.setattr(CountsEpochs, "counts", [])
    model = dense_classifier(max_trials=2, **({"directory": tmp_path, "overwrite": True} if is_kept else {}))

    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("the disk was taken away")

    with monkeypatch.context() as patch:
        patch.setattr("autokeras_core.search.run.choose_winner", broken)
        with pytest.raises(RuntimeError, match="taken away"):
            model.fit(x, y, epochs=1, callbacks=[CountsEpochs([])], verbose=0)

    history = model.fit(x, y, epochs=1, callbacks=[CountsEpochs([])], verbose=0)

    assert history.trials == 2
    assert CountsEpochs.counts == [1, 1]


def test_what_was_there_before_is_overwritten_after_a_fit_that_did_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a search of this object's own is continued in spite of overwrite=True."""
    x, y = wine(90)
    dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    model = dense_classifier(directory=tmp_path, overwrite=True)

    def refused(*arguments: object, **options: object) -> None:
        raise RuntimeError("refused")

    with monkeypatch.context() as patch:
        patch.setattr("autokeras_core.search.run.resolve_objective", refused)
        with pytest.raises(RuntimeError, match="refused"):
            model.fit(x, y, epochs=1, verbose=0)

    assert model.fit(x, y, epochs=1, verbose=0).trials == 1


@pytest.mark.parametrize("is_kept", [True, False], ids=["overwrite", "temporary"])
def test_the_same_object_may_be_fitted_with_other_settings(is_kept: bool, tmp_path: Path) -> None:
    """With another batch size it is another search, which takes the place of the first one."""
    x, y = wine(90)
    model = dense_classifier(**({"directory": tmp_path, "overwrite": True} if is_kept else {}))
    model.fit(x, y, epochs=1, batch_size=32, verbose=0)

    history = model.fit(x, y, epochs=1, batch_size=16, verbose=0)

    assert history.trials == 1
    assert model.best_configuration["training/batch_size"] == 16


def test_data_can_be_fitted_again_after_others_failed() -> None:
    """No directory was named, so none can be in the way."""
    x, y = wine(90)
    model = dense_classifier(max_model_size=400, warm_starts=[{"dense/units": 16}])
    model.fit(x, y, epochs=1, verbose=0)
    with pytest.raises(SearchError, match="max_model_size"):
        model.fit(np.tile(x, 5), y, epochs=1, verbose=0)

    history = model.fit(x, y, epochs=1, verbose=0)

    assert (history.trials, history.failed) == (1, 0)
    assert model.predict(x).shape == y.shape


@pytest.mark.parametrize("is_named", [False, True], ids=["a temporary folder", "overwrite=True"])
def test_another_batch_size_starts_anew(is_named: bool, tmp_path: Path) -> None:
    """It is another search on the same data; what the object found before is in nobody's way."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path if is_named else None, overwrite=is_named)
    model.fit(x, y, epochs=1, verbose=0)

    history = model.fit(x, y, epochs=1, batch_size=16, verbose=0)

    assert history.trials == 1


def test_overwriting_lets_the_same_object_fit_other_data(tmp_path: Path) -> None:
    """With overwrite=True a second fit on other data replaces the search; on the same data it goes on."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path, overwrite=True)

    trials = [model.fit(x[:rows], y[:rows], epochs=1, verbose=0).trials for rows in (90, 60, 60)]

    assert trials == [1, 1, 2]


def test_overwriting_replaces_what_another_object_has_put_in_the_place_of_a_search(tmp_path: Path) -> None:
    """The first object's search is gone, so its next fit on the same data is a new one."""
    x, y = wine(90)
    first, second = (dense_classifier(directory=tmp_path, overwrite=True) for _ in range(2))
    first.fit(x, y, epochs=1, verbose=0)
    second.fit(x[:60], y[:60], epochs=1, verbose=0)

    history = first.fit(x, y, epochs=1, verbose=0)

    assert history.trials == 1


def test_overwriting_replaces_an_objects_own_search_that_cannot_be_read(tmp_path: Path) -> None:
    """As the error about the damage advises; without overwrite=True it is that error."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path, overwrite=True)
    model.fit(x, y, epochs=1, verbose=0)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], b"rubbish\n", *lines[2:]]))

    with pytest.raises(SearchError, match="overwrite=True"):
        dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.trials == 1


def test_a_search_is_continued_from_its_directory(tmp_path: Path) -> None:
    """A new object with the same directory and data goes on where the first one stopped."""
    x, y = wine(90)
    dense_classifier(max_trials=2, directory=tmp_path, seed=None).fit(x, y, epochs=1, verbose=0)

    history = dense_classifier(max_trials=2, directory=tmp_path, seed=None).fit(x, y, epochs=1, verbose=0)

    assert history.trials == 4


def test_a_search_that_was_cut_off_is_completed(tmp_path: Path) -> None:
    """A journal without its end counts as unfinished: only the missing trials run."""
    x, y = wine(90)
    dense_classifier(max_trials=2, directory=tmp_path).fit(x, y, epochs=1, verbose=0)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if '"search_ended"' not in line))

    history = dense_classifier(max_trials=3, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert history.trials == 3


def test_another_search_in_the_directory_is_refused(tmp_path: Path) -> None:
    """Other data and overwrite=False is one clear error; overwrite=True starts anew."""
    x, y = wine(90)
    dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    with pytest.raises(SearchError, match="holds another search"):
        dense_classifier(directory=tmp_path).fit(x[:60], y[:60], epochs=1, verbose=0)

    history = dense_classifier(directory=tmp_path, overwrite=True).fit(x[:60], y[:60], epochs=1, verbose=0)
    assert history.trials == 1


def test_a_search_directory_can_be_loaded(tmp_path: Path) -> None:
    """The best model of a search's directory is loaded without a save."""
    x, y = wine(90)
    model = dense_classifier(directory=tmp_path, max_trials=2)
    model.fit(x, y, epochs=2, verbose=0)

    loaded = AutoModel.load(tmp_path)

    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
    assert len(loaded.leaderboard()) == 2


def test_a_time_limit_ends_the_search_with_the_best_so_far() -> None:
    """Epochs without end are cut off; the learning rate was annealed and a model comes back."""
    x, y = digits()
    model = dense_classifier(max_trials=1, time_limit=4)

    history = model.fit(x, y, epochs=100_000, verbose=0)

    assert model.leaderboard()[0].status == "cut short"
    assert history.best_score > 0.5


def test_user_callbacks_run_in_every_trial_with_their_own_state() -> None:
    """Each trial gets a copy: what one trial changed, another does not see."""
    x, y = wine(60)
    seen: list[int] = []
    callback = CountsEpochs(seen)

    dense_classifier(max_trials=2).fit(x, y, epochs=2, callbacks=[callback], verbose=0)

    assert callback.epochs == 0
    assert CountsEpochs.counts == [1, 2, 1, 2]


class CountsEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Counts its own epochs, and notes the counts where all copies can."""

    counts: list[int] = []  # noqa: RUF012 - shared on purpose

    def __init__(self, seen: list[int]) -> None:
        super().__init__()
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Count."""
        self.epochs += 1
        self.counts.append(self.epochs)


class NotesLearningRates(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes the learning rate after every batch, where all copies can."""

    rates: list[float] = []  # noqa: RUF012 - shared on purpose

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Note."""
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle"])
def test_the_learning_rate_is_above_zero_to_the_last_step(schedule: str) -> None:
    """Every step of every schedule teaches something; all but the constant one end far below their peak."""
    x, y = wine(90)
    NotesLearningRates.rates.clear()
    model = dense_classifier(warm_starts=[{"training/schedule": schedule, "training/batch_size": 32}])

    model.fit(x, y, epochs=4, callbacks=[NotesLearningRates()], verbose=0)

    rates = NotesLearningRates.rates
    assert len(rates) == 4 * 3
    assert min(rates) > 0
    assert (rates[-1] < 0.2 * max(rates)) is (schedule != "constant")


class InterruptsTrial(keras.callbacks.Callback):  # type: ignore[misc]
    """Presses Ctrl-C in the n-th trial."""

    trials = 0

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def on_train_begin(self, logs: object = None) -> None:
        """Count trials, and interrupt the one."""
        InterruptsTrial.trials += 1
        if InterruptsTrial.trials == self.number:
            raise KeyboardInterrupt


def test_ctrl_c_keeps_the_best_so_far() -> None:
    """Interrupted in its second trial, the search returns the model of the first."""
    x, y = wine(90)
    InterruptsTrial.trials = 0
    model = dense_classifier(max_trials=5)

    history = model.fit(x, y, epochs=1, callbacks=[InterruptsTrial(2)], verbose=0)

    assert (history.trials, history.stop_reason) == (1, "interrupted")
    assert len(model.predict(x)) == len(x)


def test_ctrl_c_before_any_model_is_passed_on() -> None:
    """With nothing to keep, the interruption is not swallowed."""
    x, y = wine(90)
    InterruptsTrial.trials = 0

    with pytest.raises(KeyboardInterrupt):
        dense_classifier().fit(x, y, epochs=1, callbacks=[InterruptsTrial(1)], verbose=0)


def test_what_the_user_fixed_goes_before_a_predefined_value() -> None:
    """A warm start's value for a fixed hyperparameter gives way; the rest of it is used."""
    x, y = wine(90)
    model = dense_classifier(warm_starts=[{"dense/num_layers": 3, "dense/units": 32}])

    model.fit(x, y, epochs=1, verbose=0)

    assert (model.best_configuration["dense/num_layers"], model.best_configuration["dense/units"]) == (1, 32)


def test_a_running_search_is_not_overwritten(tmp_path: Path) -> None:
    """While another writer holds the directory, overwrite=True is refused and nothing is deleted."""
    x, y = wine(60)
    dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    with Journal.open(tmp_path / "journal.jsonl"), pytest.raises(SearchError, match="(?i)in use|lock|writing"):
        dense_classifier(directory=tmp_path, overwrite=True).fit(x, y, epochs=1, verbose=0)

    assert len(AutoModel.load(tmp_path).leaderboard()) == 1


def test_batch_size_and_epochs_are_obeyed() -> None:
    """A given batch size is not tuned, and no trial trains longer than asked."""
    x, y = wine(90)
    model = dense_classifier(max_trials=3)

    model.fit(x, y, batch_size=7, epochs=2, verbose=0)

    rows = list(model.leaderboard())
    assert {row.configuration["training/batch_size"] for row in rows} == {7}
    assert max(row.epochs for row in rows) == 2


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


def test_an_unknown_objective_leaves_the_directory_to_a_better_one(tmp_path: Path) -> None:
    """Nothing is written for a search that cannot be, so the error's advice can be followed at the same place."""
    x, y = wine(60)
    options = {"objective": ("val_certainty", "max"), "directory": tmp_path}

    with pytest.raises(SearchError, match="no metric of this model"):
        dense_classifier(**options).fit(x, y, epochs=1, verbose=0)
    left = list(tmp_path.iterdir())
    history = dense_classifier(head={"metrics": [certainty]}, **options).fit(x, y, epochs=1, verbose=0)

    assert left == []
    assert (history.objective, history.trials) == ("val_certainty", 1)


def certainty(y_true, y_pred):  # type: ignore[no-untyped-def]
    """Return a metric of a user's own."""
    return keras.ops.max(y_pred, axis=-1)


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
@pytest.mark.parametrize("value", [0, -1, True])
def test_limits_must_be_above_zero(name: str, value: float) -> None:
    """A limit that allows nothing is an error where it is written."""
    with pytest.raises(SearchError, match=name):
        dense_classifier(**{name: value})


def test_only_the_best_models_are_kept_on_disk(tmp_path: Path) -> None:
    """After six trials, three models lie on the disk."""
    x, y = wine(60)

    dense_classifier(max_trials=6, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert len(list((tmp_path / "trials").glob("*/bundle/model.keras"))) == 3


def test_the_search_tells_observers_of_each_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugins' hook gets a record that is a trial's outcome as JSON data."""
    from autokeras_core import manager

    records: list[TrialOutcome] = []
    monkeypatch.setattr(
        manager.PluginManager, "trial_completed", lambda self, trial: records.append(TrialOutcome.from_json(trial))
    )
    x, y = wine(60)

    dense_classifier(max_trials=2).fit(x, y, epochs=1, verbose=0)

    assert [record.status for record in records] == ["completed", "completed"]
