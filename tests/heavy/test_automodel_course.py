"""AutoModel while it searches: which trials run, what of them fails, and what ends the search."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import keras_tuner
import pytest

from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, DenseBlock, SearchError
from autokeras_core.search.journal import read_events
from autokeras_core.search.place import JOURNAL_FILE
from autokeras_core.search.records import TrialOutcome
from tests.heavy.automodels import CountsEpochs, dense_classifier, dense_regressor, diabetes, digits, wine


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
    model = AutoModel(
        (node := ArrayInput()),
        ClassificationHead(dropout=0.0, label_smoothing=0.0)(DenseBlock(num_layers=1, units=8, dropout=0.0)(node)),
        max_trials=10_000,
        seed=0,
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
    model = dense_classifier(max_trials=3, tuner=tuner, warm_starts=None)

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


def test_what_the_user_fixed_goes_before_a_predefined_value() -> None:
    """A warm start's value for a fixed hyperparameter gives way; the rest of it is used."""
    x, y = wine(90)
    model = dense_classifier(warm_starts=[{"dense/num_layers": 3, "dense/units": 32}])

    model.fit(x, y, epochs=1, verbose=0)

    assert (model.best_configuration["dense/num_layers"], model.best_configuration["dense/units"]) == (1, 32)


@pytest.mark.parametrize(
    "tuner",
    ["random", "bayesian", "hyperband", keras_tuner.oracles.RandomSearchOracle()],
    ids=["random", "bayesian", "hyperband", "an oracle"],
)
def test_warm_starts_that_a_tuner_has_no_place_for_are_an_error(tuner: object) -> None:
    """Where they are written: they would be dropped without a word. An empty list drops none."""
    with pytest.raises(SearchError, match=r"warm_starts cannot be used.*tuner='mutation' or tuner='paper'.*Leave out"):
        dense_classifier(tuner=tuner, warm_starts=[{"dense/units": 16}])

    assert dense_classifier(tuner=tuner, warm_starts=[]).warm_starts == []


def test_a_warm_start_that_does_not_fit_is_one_clear_error() -> None:
    """An unknown name is an error before anything is trained, with a suggestion."""
    x, y = wine(60)
    model = dense_classifier(warm_starts=[{"dense/unit": 16}])

    with pytest.raises(SearchError, match=r"Warm start 1.*dense/units"):
        model.fit(x, y, epochs=1, verbose=0)


class Stops(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Presses Ctrl-C as soon as a trial begins to train."""

    def on_train_begin(self, logs: object = None) -> None:
        """Interrupt it."""
        raise KeyboardInterrupt


def test_the_users_batch_size_decides_how_many_epochs_are_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Larger batches make fewer steps: of one step an epoch, 240 wanted steps take 240 epochs."""
    monkeypatch.setattr(ArrayInput, "least_steps", 240)
    x, y = wine(60)

    with pytest.raises(KeyboardInterrupt):
        dense_classifier(directory=tmp_path).fit(x, y, batch_size=64, callbacks=[Stops()], verbose=0)

    (started,) = [event for event in read_events(tmp_path / JOURNAL_FILE) if event["event"] == "trial_started"]
    assert started["epochs"] == 240


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


def test_a_time_limit_ends_the_search_with_the_best_so_far() -> None:
    """Epochs without end are cut off; the learning rate was annealed and a model comes back."""
    x, y = digits()
    model = dense_classifier(max_trials=1, time_limit=4)

    history = model.fit(x, y, epochs=100_000, verbose=0)

    assert model.leaderboard()[0].status == "cut short"
    assert history.best_score > 0.5


def test_user_callbacks_run_in_every_trial_with_their_own_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each trial gets a copy: what one trial changed, another does not see."""
    x, y = wine(60)
    monkeypatch.setattr(CountsEpochs, "counts", [])
    callback = CountsEpochs()

    dense_classifier(max_trials=2).fit(x, y, epochs=2, callbacks=[callback], verbose=0)

    assert callback.epochs == 0
    assert CountsEpochs.counts == [1, 2, 1, 2]


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


def test_batch_size_and_epochs_are_obeyed() -> None:
    """A given batch size is not tuned, and no trial trains longer than asked."""
    x, y = wine(90)
    model = dense_classifier(max_trials=3)

    model.fit(x, y, batch_size=7, epochs=2, verbose=0)

    rows = list(model.leaderboard())
    assert {row.configuration["training/batch_size"] for row in rows} == {7}
    assert max(row.epochs for row in rows) == 2


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
