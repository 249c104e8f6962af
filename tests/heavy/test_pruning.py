"""Pruning: a trial that does poorly is ended at a rung, and what the search, its journal and its user learn of it."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, ClassificationHead
from autokeras_core.engine.context import Objective
from autokeras_core.engine.watch import TrialWatch
from autokeras_core.search.events import read_outcomes
from autokeras_core.search.journal import read_events
from autokeras_core.search.place import JOURNAL_FILE
from autokeras_core.search.records import Rung, TrialJob
from autokeras_core.search.refit import _job_of
from tests.heavy.automodels import dense_classifier, wine
from tests.heavy.engine_doubles import Silence
from tests.heavy.fine_tuned_networks import Projected, points

GOOD = {"training/learning_rate": 0.03, "training/batch_size": 32}
ALSO_GOOD = {"training/learning_rate": 0.01, "training/batch_size": 32}
HOPELESS = {"training/learning_rate": 2e-5, "training/batch_size": 256}
EPOCHS = 9  # a rung after the third


class _Scores(keras.callbacks.Callback):  # type: ignore[misc]
    """Puts made-up scores into the log before the watch reads it."""

    def __init__(self, scores: Sequence[float]) -> None:
        super().__init__()
        self._scores = scores

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Log the epoch's score."""
        assert logs is not None
        logs["val_score"] = self._scores[epoch]


def watch(scores: Sequence[float], *rungs: Rung, direction: Any = "max") -> TrialWatch:
    """Return the watch of a training in which the epochs score so much, or as far as it came."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="sgd")
    watching = TrialWatch(
        trial_id="0",
        objective=Objective("val_score", direction),
        deadline=None,
        patience=100,
        train_rows=2,
        validation_rows=2,
        observer=Silence(),
        rungs=rungs,
    )
    x = np.zeros((2, 1), dtype="float32")
    model.fit(x, x, epochs=len(scores), callbacks=[_Scores(scores), watching], verbose=0)
    return watching


def hopeless_third(directory: Path, **options: Any) -> AutoModel:
    """Return a search of two configurations that learn, and one that cannot in so few steps."""
    starts = [GOOD, ALSO_GOOD, HOPELESS]
    return dense_classifier(max_trials=3, warm_starts=starts, directory=directory, **options)


# Inside a trial


def test_a_trial_is_ended_at_the_rung_that_it_does_not_reach() -> None:
    """It trained to there, and what it scored is kept."""
    found = watch([0.1, 0.3, 0.2, 0.9], Rung(2, 0.5))

    assert (found.pruned, found.epochs, found.best_score) == (True, 2, 0.3)


def test_a_trial_goes_on_from_a_rung_that_it_reaches() -> None:
    """As good as asked for is good enough, and an earlier epoch counts."""
    found = watch([0.5, 0.3, 0.2, 0.1], Rung(2, 0.5))

    assert (found.pruned, found.epochs) == (False, 4)


def test_each_rung_asks_for_its_own_score() -> None:
    """Good enough for the first, not for the second."""
    found = watch([0.5, 0.6, 0.6, 0.6], Rung(1, 0.5), Rung(3, 0.7))

    assert (found.pruned, found.epochs) == (True, 3)


def test_a_loss_has_to_be_low_enough() -> None:
    """Where less is better, a rung is the most that is allowed."""
    assert watch([0.4, 0.4], Rung(1, 0.3), direction="min").pruned
    assert not watch([0.2, 0.2], Rung(1, 0.3), direction="min").pruned


def test_after_the_last_epoch_nobody_is_pruned() -> None:
    """There is nothing left to save, so the model is kept."""
    assert not watch([0.1, 0.1], Rung(2, 0.5)).pruned


def test_without_a_score_nobody_is_pruned() -> None:
    """NaN is compared with nothing; what it means for the trial is said at its end."""
    assert not watch([float("nan"), float("nan"), 0.5], Rung(1, 0.5)).pruned


# In a search


@attrs.frozen(kw_only=True)
class Searched:
    """A search that is over: its model, what `fit` returned and printed, and its directory, which no test changes."""

    model: AutoModel
    history: Any
    printed: str
    directory: Path


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """Return a search that ended its third trial early."""
    directory = tmp_path_factory.mktemp("pruned")
    model = hopeless_third(directory)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        history = model.fit(*wine(), epochs=EPOCHS, verbose=2)
    return Searched(model=model, history=history, printed=printed.getvalue(), directory=directory)


def test_a_hopeless_configuration_is_ended_at_its_first_rung(pruned: Searched) -> None:
    """It has a third of the epochs of the others, its history and its score."""
    *others, last = pruned.model.leaderboard()

    assert (last.trial_id, last.status, last.rank) == ("2", "pruned", 0)
    assert (last.epochs, [row.epochs for row in others]) == (3, [EPOCHS, EPOCHS])
    assert 0 <= last.score < pruned.history.best_score
    assert (pruned.history.trials, pruned.history.pruned, pruned.history.failed) == (3, 1, 0)


def test_a_pruned_trial_is_in_the_journal_and_leaves_no_model(pruned: Searched) -> None:
    """The event tells of it with the rungs it was told of; nothing of it lies on the disk."""
    events = [json.loads(line) for line in (pruned.directory / "journal.jsonl").read_text().splitlines()]

    assert [event["event"] for event in events if event.get("trial_id") == "2"] == ["trial_started", "trial_pruned"]
    started = next(event for event in events if event["event"] == "trial_started" and event["trial_id"] == "2")
    assert [rung["epoch"] for rung in started["rungs"]] == [3]
    statuses = [outcome.status for outcome in read_outcomes(events, pruned.directory)]
    assert statuses == ["completed", "completed", "pruned"]
    assert not list((pruned.directory / "trials" / "2").rglob("*.keras"))


def test_a_search_with_pruned_trials_is_loaded_and_continued(pruned: Searched, tmp_path: Path) -> None:
    """The best of the others comes back, and a further trial is compared with all of them."""
    directory = tmp_path / "search"
    shutil.copytree(pruned.directory, directory)
    x, y = wine()

    loaded = AutoModel.load(directory)
    history = hopeless_third(directory, seed=pruned.model.seed).fit(x, y, epochs=EPOCHS, verbose=0)

    assert [row.status for row in loaded.leaderboard()] == ["completed", "completed", "pruned"]
    np.testing.assert_array_equal(loaded.predict(x), pruned.model.predict(x))
    assert history.trials == 6


def test_the_display_says_that_a_trial_was_pruned(pruned: Searched) -> None:
    """One line, with the epochs it had."""
    lines = pruned.printed.splitlines()

    assert any("of 3, pruned: others did better by then" in line for line in lines)


def test_without_pruning_every_trial_trains_to_its_end(tmp_path: Path) -> None:
    """prune=False, and nobody is told of rungs."""
    model = hopeless_third(tmp_path, prune=False)

    history = model.fit(*wine(), epochs=EPOCHS, verbose=0)

    assert {row.epochs for row in model.leaderboard()} == {EPOCHS}
    assert history.pruned == 0


def test_the_same_seed_gives_the_same_search_with_pruning(tmp_path: Path) -> None:
    """One worker, no time limit: equal trials, equal scores, the same ones pruned."""
    searches = []
    for name in ("first", "second"):
        model = dense_classifier(max_trials=6, warm_starts=[GOOD, ALSO_GOOD], directory=tmp_path / name)
        model.fit(*wine(), epochs=EPOCHS, verbose=0)
        searches.append(
            sorted((row.trial_id, dict(row.configuration), row.score, row.status) for row in model.leaderboard())
        )

    assert searches[0] == searches[1]
    assert any(status == "pruned" for *_, status in searches[0])


def test_a_refit_is_told_of_no_rungs(pruned: Searched) -> None:
    """It trains for as many epochs as its trial took: there are no rows left to compare it by."""
    events = [json.loads(line) for line in (pruned.directory / "journal.jsonl").read_text().splitlines()]
    last = next(outcome for outcome in read_outcomes(events, pruned.directory) if outcome.trial_id == "2")

    job = _job_of(last, events)

    assert (job.trial_id, job.rungs) == ("2", ())


def started_in(directory: Path) -> list[TrialJob]:
    """Return the jobs that a search has started, as its journal tells of them."""
    events = read_events(directory / JOURNAL_FILE)
    return [TrialJob.from_json(event) for event in events if event["event"] == "trial_started"]


def test_a_configuration_of_two_phases_is_told_of_no_rungs(tmp_path: Path) -> None:
    """What its first phase scores says little of the second, so neither it nor any other is measured by that."""
    start = ArrayInput()
    starts = [{"training/learning_rate": rate, "training/batch_size": 32} for rate in (0.01, 0.03, 2e-5)]
    output = ClassificationHead(dropout=0.0)(Projected(depth="all")(start))
    model = AutoModel(start, output, max_trials=3, seed=0, warm_starts=starts, directory=tmp_path)

    history = model.fit(*points(), epochs=EPOCHS, verbose=0)

    assert [job.rungs for job in started_in(tmp_path)] == [(), (), ()]
    assert history.pruned == 0


def test_hyperband_prunes_by_itself(tmp_path: Path) -> None:
    """It hands out the epochs of each trial, so that ours would come on top of its own."""
    model = dense_classifier(max_trials=4, tuner="hyperband", warm_starts=None, directory=tmp_path)

    model.fit(*wine(60), epochs=EPOCHS, verbose=0)

    assert [job.rungs for job in started_in(tmp_path)] == [()] * 4
