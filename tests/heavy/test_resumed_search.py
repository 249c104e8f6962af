"""A search that was cut off in the middle of a trial goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np
import pytest

from autokeras_core import AutoModel, SearchError
from autokeras_core.engine.context import TrialContext
from autokeras_core.engine.trial import run_trial
from autokeras_core.executors.local import LocalExecutor
from autokeras_core.search import run, winner
from autokeras_core.search.budget import Budget, ending_trials_after
from autokeras_core.search.events import TRIAL_RESUMED
from autokeras_core.search.journal import Journal, read_events
from autokeras_core.search.place import JOURNAL_FILE
from autokeras_core.search.records import TrialOutcome
from autokeras_core.search.resume import MOST_DEATHS, give_up_deadly_trials
from autokeras_core.search.session import SearchSession
from tests.heavy.automodels import dense_classifier, wine
from tests.heavy.interrupted_trials import Watching, make_context, make_job
from tests.heavy.worker_doubles import Uncopyable

EPOCHS = 5


class CtrlC(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Presses Ctrl-C when an epoch of the n-th trial begins; counts trials where all copies can."""

    trials = 0

    def __init__(self, trial: int, epoch: int) -> None:
        super().__init__()
        self.trial = trial
        self.epoch = epoch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Count the trial."""
        CtrlC.trials += 1

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Interrupt the one."""
        if (CtrlC.trials, epoch) == (self.trial, self.epoch):
            raise KeyboardInterrupt


class Quiet(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Does nothing: with callbacks, steps run one at a time, in a search that is interrupted as in one that is not."""


@pytest.fixture(autouse=True)
def _a_checkpoint_after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write one however short the epochs are."""
    monkeypatch.setattr("autokeras_core.engine.checkpoint._SHARE_OF_TRAINING", 1e9)
    context = run.TrialContext
    monkeypatch.setattr(run, "TrialContext", lambda **values: context(seconds_between_checkpoints=0.0, **values))
    CtrlC.trials = 0


def search(directory: Path, *callbacks: Any, **options: Any) -> AutoModel:
    """Return a classifier of wines after three trials of five epochs."""
    model = dense_classifier(directory=directory, **({"max_trials": 3, "head": {"dropout": 0.2}} | options))
    model.fit(*wine(), epochs=EPOCHS, callbacks=callbacks or [Quiet()], verbose=0)
    return model


def trials_of(directory: Path) -> list[TrialOutcome]:
    """Return the finished trials that a search's journal tells of."""
    events = read_events(directory / JOURNAL_FILE)
    return [TrialOutcome.from_json(event) for event in events if event["event"] == "trial_completed"]


def essence(outcomes: list[TrialOutcome]) -> list[Any]:
    """Return what must not depend on interruptions."""
    return [(each.trial_id, each.configuration, each.score, each.best_epoch, each.history) for each in outcomes]


def events_of(directory: Path, name: str) -> list[dict[str, Any]]:
    """Return a journal's events of one name."""
    return [event for event in read_events(directory / JOURNAL_FILE) if event["event"] == name]


def test_a_search_goes_on_from_the_last_epoch_of_the_trial_that_ran(tmp_path: Path) -> None:
    """The same trials with the same scores and histories as without the interruption, and the same predictions."""
    whole = search(tmp_path / "whole")
    search(tmp_path / "broken", CtrlC(2, 3))

    resumed = search(tmp_path / "broken")

    (event,) = events_of(tmp_path / "broken", "trial_resumed")
    assert (event["trial_id"], event["epoch"]) == ("1", 3)
    assert essence(trials_of(tmp_path / "broken")) == essence(trials_of(tmp_path / "whole"))
    np.testing.assert_array_equal(resumed.predict_proba(wine()[0]), whole.predict_proba(wine()[0]))


def test_a_search_that_was_cut_off_in_its_first_trial_goes_on(tmp_path: Path) -> None:
    """There is no model yet, so Ctrl-C is passed on; the next run begins with the same trial."""
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, CtrlC(1, 2))

    model = search(tmp_path)

    (event,) = events_of(tmp_path, "trial_resumed")
    assert (event["trial_id"], event["epoch"]) == ("0", 2)
    assert len(model.leaderboard()) == 3
    assert len(events_of(tmp_path, "trial_started")) == 3


def test_the_last_trial_is_resumed_though_no_further_one_may_start(tmp_path: Path) -> None:
    """A started trial counts for max_trials, and is brought to its end."""
    search(tmp_path, CtrlC(3, 2))

    model = search(tmp_path)

    assert sorted(row.trial_id for row in model.leaderboard()) == ["0", "1", "2"]
    assert events_of(tmp_path, "search_ended")[-1]["reason"] == "max_trials=3 reached"


def test_a_random_search_goes_on_with_the_same_proposals(tmp_path: Path) -> None:
    """KerasTuner's random oracle counts its draws: the trial that was cut off has had its own."""
    search(tmp_path / "whole", tuner="random", warm_starts=None)
    search(tmp_path / "broken", CtrlC(2, 2), tuner="random", warm_starts=None)

    search(tmp_path / "broken", tuner="random", warm_starts=None)

    assert essence(trials_of(tmp_path / "broken")) == essence(trials_of(tmp_path / "whole"))


def test_a_hyperband_search_that_ended_no_trial_starts_anew(tmp_path: Path) -> None:
    """Hyperband cannot be told of earlier trials; with none finished it need not be."""
    with pytest.raises(KeyboardInterrupt):
        search(tmp_path, CtrlC(1, 1), tuner="hyperband", warm_starts=None)

    model = search(tmp_path, tuner="hyperband", warm_starts=None)

    assert len(model.leaderboard()) == 3


def test_an_oracle_of_the_users_own_gets_its_running_trial_back(tmp_path: Path) -> None:
    """One that has seen the trials itself is not told of them again."""
    oracle = keras_tuner.oracles.RandomSearchOracle(max_trials=3, seed=1)
    search(tmp_path, CtrlC(2, 2), tuner=oracle, warm_starts=None)

    model = search(tmp_path, tuner=oracle, warm_starts=None)

    assert sorted(row.trial_id for row in model.leaderboard()) == ["0", "1", "2"]
    assert len(events_of(tmp_path, "trial_resumed")) == 1


def leave_a_deadly_trial(directory: Path, *, deaths: int, name: str = "") -> None:
    """Leave a search of one trial that took its process with it so many times, and an event between the last ones."""
    search(directory, max_trials=1)
    with Journal.open(directory / JOURNAL_FILE) as journal:
        started = next(event for event in journal.events() if event["event"] == "trial_started")
        job = {key: value for key, value in started.items() if key not in ("event", "time")}
        other = {**job["configuration"], "dense/units": 16}
        journal.append("trial_started", **{**job, "trial_id": "1", "configuration": other})
        for death in range(1, deaths):
            if name and death == deaths - 1:
                journal.append(name, reason="interrupted")
            journal.append("trial_resumed", trial_id="1", epoch=0)


def test_a_trial_that_kills_its_process_again_and_again_is_given_up(tmp_path: Path) -> None:
    """It is recorded as crashed, with the reason, and the search goes on with others."""
    leave_a_deadly_trial(tmp_path, deaths=MOST_DEATHS)

    model = search(tmp_path, max_trials=2)

    (failed,) = [row for row in model.leaderboard() if row.trial_id == "1"]
    assert failed.status == "failed (crash)"
    assert "ended 3 times in a row" in failed.reason


def test_what_a_trial_has_left_that_is_given_up_is_deleted(tmp_path: Path) -> None:
    """As of any trial that failed: nobody goes on from its checkpoint."""
    manifest: dict[str, Any] = {"identity": {"seed": 0}, "about": {}}
    left = tmp_path / "trials" / "0"
    session = SearchSession.open(tmp_path, manifest=manifest, overwrite=False)
    session.journal.append("trial_started", **make_job(left).to_json())
    for _ in range(1, MOST_DEATHS):
        session.journal.append(TRIAL_RESUMED, trial_id="0", epoch=0)
    session.close()
    (left / "checkpoint").mkdir(parents=True)

    session = SearchSession.open(tmp_path, manifest=manifest, overwrite=False)
    give_up_deadly_trials(session)
    session.close()

    assert [outcome.trial_id for outcome in session.outcomes] == ["0"]
    assert not left.exists()


@pytest.mark.parametrize("name", ["search_ended", "search_failed"], ids=["Ctrl-C", "an error"])
def test_a_run_that_ended_otherwise_is_no_death(tmp_path: Path, name: str) -> None:
    """Who interrupts the same trial many times gets it resumed every time."""
    leave_a_deadly_trial(tmp_path, deaths=MOST_DEATHS, name=name)

    model = search(tmp_path, max_trials=1)  # more than the search that had ended

    assert [row.status for row in model.leaderboard()] == ["completed", "completed"]


def test_a_trial_that_gets_further_each_time_is_not_given_up(tmp_path: Path) -> None:
    """Three interruptions by kills in one trial, each after another epoch, are no reason to give it up."""
    search(tmp_path, max_trials=1)
    with Journal.open(tmp_path / JOURNAL_FILE) as journal:
        started = next(event for event in journal.events() if event["event"] == "trial_started")
        job = {key: value for key, value in started.items() if key not in ("event", "time")}
        other = {**job["configuration"], "dense/units": 16}
        journal.append("trial_started", **{**job, "trial_id": "1", "configuration": other})
        for epoch in range(1, MOST_DEATHS + 1):
            journal.append("trial_resumed", trial_id="1", epoch=epoch)

    model = search(tmp_path, max_trials=1)  # more than the search that had ended

    assert [row.status for row in model.leaderboard()] == ["completed", "completed"]


def test_an_error_that_ends_a_search_is_in_the_journal(tmp_path: Path) -> None:
    """Whoever reads the journal sees why there is no end."""
    with pytest.raises(SearchError, match="cannot be copied"):
        search(tmp_path, Uncopyable())

    (event,) = events_of(tmp_path, "search_failed")
    assert "cannot be copied" in event["reason"]


def test_no_refit_follows_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C means that the best model is wanted now, not after one more training."""
    model = search(tmp_path, CtrlC(2, 1), refit=True)

    assert events_of(tmp_path, "refitted") == []
    assert model.predict(wine()[0]).shape == (178,)


def dies(*arguments: Any, **options: Any) -> Any:
    """Stand for the death of the process: nothing more is written."""
    raise SystemExit


def test_a_search_that_was_cut_off_in_the_refit_completes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No trial is added: what was asked for is not done before the model is handed over."""
    with monkeypatch.context() as patch:
        patch.setattr(run, "refit_winner", dies)
        with pytest.raises(SystemExit):
            search(tmp_path, refit=True)
    events = len(read_events(tmp_path / JOURNAL_FILE))

    model = search(tmp_path, refit=True)

    after = [event["event"] for event in read_events(tmp_path / JOURNAL_FILE)[events:]]
    assert after == ["search_ended", "refitted", "handed_over"]
    assert len(model.leaderboard()) == 3


class Unopenable(LocalExecutor):
    """Fails as soon as it is opened, as one does whose workers cannot start in the time that is left."""

    def open(self, *arguments: Any) -> None:
        """Raise."""
        raise AssertionError("no trial is to run")


def test_a_search_that_was_cut_off_in_the_refit_starts_no_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would start for no trial, and might take the time that is left."""
    with monkeypatch.context() as patch:
        patch.setattr(run, "refit_winner", dies)
        with pytest.raises(SystemExit):
            search(tmp_path, refit=True)

    search(tmp_path, refit=True, executor=Unopenable())

    assert events_of(tmp_path, "handed_over") != []


def test_a_search_whose_time_is_used_up_is_completed_without_a_further_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was cut off in the refit: that is done, although nothing is left of the time for trials."""
    with monkeypatch.context() as patch:
        patch.setattr(run, "refit_winner", dies)
        with pytest.raises(SystemExit):
            search(tmp_path, refit=True, max_trials=2)
    events = len(read_events(tmp_path / JOURNAL_FILE))

    with ending_trials_after(0.0):
        model = search(tmp_path, refit=True, max_trials=None, time_limit=600, executor=Unopenable())

    after = [event["event"] for event in read_events(tmp_path / JOURNAL_FILE)[events:]]
    assert after == ["search_ended", "refitted", "handed_over"]
    assert events_of(tmp_path, "search_ended")[-1]["reason"] == "time_limit reached"
    assert len(model.leaderboard()) == 2


def test_a_trial_that_was_cut_off_stays_for_later_where_the_time_is_used_up(tmp_path: Path) -> None:
    """There is a model of another one, which is handed over; the checkpoint stays."""
    search(tmp_path, CtrlC(2, 3))

    with ending_trials_after(0.0):
        model = search(tmp_path, max_trials=None, time_limit=600)

    assert events_of(tmp_path, "trial_resumed") == []
    assert len(model.leaderboard()) == 1
    assert (tmp_path / "trials" / "1" / "checkpoint").exists()


def test_ctrl_c_while_the_ensemble_is_chosen_leaves_the_best_model_and_no_refit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best model is wanted now; the same search again chooses one, and refits it."""

    def interrupted(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(winner, "_select", interrupted)
        search(tmp_path, ensemble=True, refit=True)
    first = [event["event"] for event in read_events(tmp_path / JOURNAL_FILE)][-2:]

    model = search(tmp_path, ensemble=True, refit=True)

    assert first == ["search_ended", "handed_over"]
    assert len(model.leaderboard()) == 3
    assert events_of(tmp_path, "refitted") != []


def interrupt_the_first_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C when the first model is loaded to choose one."""
    load, presses = winner._load, iter([True])

    def interrupted(outcome: TrialOutcome, context: TrialContext) -> Any:
        if next(presses, False):
            raise KeyboardInterrupt
        return load(outcome, context)

    monkeypatch.setattr(winner, "_load", interrupted)


def test_ctrl_c_while_the_best_model_is_loaded_hands_it_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is loaded once more, since that is what is wanted now."""
    context = make_context()
    outcome = run_trial(make_job(tmp_path), context, Watching())
    interrupt_the_first_loading(monkeypatch)

    chosen = winner.choose_winner(context, [outcome], validation_inputs={}, members=1, deadline=None)

    assert chosen.is_interrupted
    assert list(chosen.members) == ["0"]


def test_ctrl_c_while_the_best_model_is_loaded_aborts_if_it_is_the_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one ended the search."""
    context = make_context()
    outcome = run_trial(make_job(tmp_path), context, Watching())
    interrupt_the_first_loading(monkeypatch)

    with pytest.raises(KeyboardInterrupt):
        winner.choose_winner(context, [outcome], validation_inputs={}, members=1, deadline=None, is_interrupted=True)


def test_a_resumed_search_gets_no_more_workers_than_it_has_trials_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial that was cut off is one of those that are left, not one more."""
    search(tmp_path, CtrlC(2, 2))
    make_executor, numbers = run.make_executor, []

    def noted(*arguments: Any, **options: Any) -> Any:
        numbers.append(options["max_trials"])
        return make_executor(*arguments, **options)

    monkeypatch.setattr(run, "make_executor", noted)
    search(tmp_path)

    assert numbers == [2]


def test_a_resumed_search_knows_how_long_its_trials_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So none is started that would be cut to nothing."""
    search(tmp_path, CtrlC(2, 2))
    (done,) = trials_of(tmp_path)
    note_trial, notes = Budget.note_trial, []

    def noted(budget: Budget, seconds: float, *, cut_short: bool) -> None:
        notes.append((seconds, cut_short))
        note_trial(budget, seconds, cut_short=cut_short)

    monkeypatch.setattr(Budget, "note_trial", noted)
    search(tmp_path)

    assert notes[0] == (done.seconds, False)
    assert len(notes) == 3


def test_ctrl_c_a_second_time_aborts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While what the first one left is put together, the second one gets through; the search can go on later."""

    def interrupted(*arguments: Any, **options: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(winner, "_select", interrupted)
        with pytest.raises(KeyboardInterrupt):
            search(tmp_path, CtrlC(3, 2), ensemble=True)

    model = search(tmp_path, ensemble=True)

    assert len(model.leaderboard()) == 3
    assert not (tmp_path / "trials" / "2" / "checkpoint").exists()
