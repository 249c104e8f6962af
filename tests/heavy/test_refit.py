"""Refitting: what a search found, trained once more on all rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DenseBlock
from autokeras_core.data.profile import DataProfile
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.engine.trial import run_trial
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.operator import Block
from autokeras_core.search import refit
from autokeras_core.search.journal import read_events
from autokeras_core.search.records import TrialOutcome
from autokeras_core.search.refit import refit_winner, seconds_to_refit
from autokeras_core.search.winner import winner_of
from tests.heavy.automodels import QUICK, dense_classifier, digits, wine
from tests.heavy.engine_doubles import Center, Wants, make_case
from tests.heavy.fine_tuned_networks import Projected
from tests.heavy.interrupted_trials import Watching, make_context, make_job, weights_of
from tests.heavy.test_ensemble import several
from tests.heavy.test_supervised_preprocessors import KindSource


class NotesRows(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes how many steps each epoch of each training has, where all copies can."""

    steps: list[int] = []  # noqa: RUF012 - shared on purpose

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Note."""
        self.steps.append(self.params["steps"])


def test_the_best_configuration_is_trained_on_all_rows_for_its_best_number_of_epochs(tmp_path: Path) -> None:
    """80 rows for training and 20 for validation make 5 batches of 20, after 4 in the trial."""
    x, y = wine(100)
    NotesRows.steps.clear()
    model = dense_classifier(directory=tmp_path, refit=True, warm_starts=[QUICK])

    history = model.fit(x, y, epochs=6, batch_size=20, callbacks=[NotesRows()], verbose=0)

    epochs, best = model.leaderboard()[0].epochs, model.leaderboard()[0].best_epoch
    assert history.refitted == ("0",)
    assert NotesRows.steps == [4] * epochs + [5] * best


def test_the_refitted_model_is_the_one_that_is_used_saved_and_found_again(tmp_path: Path) -> None:
    """It differs from the trial's; `save` and the search's directory hold it."""
    x, y = wine(100)
    model = dense_classifier(directory=tmp_path / "search", refit=True)

    model.fit(x, y, epochs=3, verbose=0)

    expected = model.predict_proba(x)
    model.save(tmp_path / "saved")
    for path in ("saved", "search"):
        np.testing.assert_allclose(AutoModel.load(tmp_path / path).predict_proba(x), expected, atol=1e-6)
    validated = AutoModel.load(forgotten(tmp_path / "search"))
    assert np.abs(validated.predict_proba(x) - expected).max() > 1e-3


def forgotten(directory: Path) -> Path:
    """Take the event of the refit out of a journal, and return its directory."""
    journal = directory / "journal.jsonl"
    journal.write_text("".join(line for line in journal.open() if json.loads(line)["event"] != "refitted"))
    return directory


def test_every_member_of_an_ensemble_is_refitted() -> None:
    """Weights stay as they were chosen; the export is that of the refitted models."""
    x, y = digits(400)
    model = several(refit=True)

    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.ensemble is not None
    assert set(history.refitted) == set(history.ensemble.weights)
    np.testing.assert_allclose(model.export_model().predict(x, verbose=0), model.predict_proba(x), atol=1e-5)


def test_without_time_the_validated_model_stays_and_a_line_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A single trial takes all of its time, so nothing is left, and no rows are put together for nothing."""
    x, y = digits(400)
    put_together: list[Any] = []
    monkeypatch.setattr(refit, "_all_rows", lambda *arguments: put_together.append(arguments))
    model = dense_classifier(time_limit=4, refit=True)

    history = model.fit(x, y, epochs=100_000, verbose=2)

    assert history.refitted == ()
    assert put_together == []
    last = capsys.readouterr().out.splitlines()[-1]
    assert "Trial 0 was not refitted, the model is as it was validated: it takes about" in last


def test_a_refit_follows_the_schedule_of_its_trial_whatever_time_is_left(tmp_path: Path) -> None:
    """Two of ten thousand epochs end where they do in the trial, although they take a good part of the time."""
    context, weights = make_context(), []
    for name, seconds in (("any time", None), ("little time", 30.0)):
        options = {"epochs": 10_000, "refit_epochs": 2, "seconds": seconds}
        job = make_job(tmp_path / name, {"training/schedule": "one_cycle"}, **options)
        weights.append(weights_of(run_trial(job, context, Watching())))

    for here, there in zip(*weights, strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-6)


def test_a_network_that_is_trained_in_two_phases_is_not_refitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is known before rows are put together, and before anything is built."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Projected(depth="all")(start)))
    bundle = ModelBundle.from_compiled(case.compiled(), graph=case.graph, profile=case.profile)
    put_together: list[Any] = []
    monkeypatch.setattr(refit, "_all_rows", lambda *arguments: put_together.append(arguments))

    done = refit_winner(
        winner_of({"0": bundle}, {"0": 1.0}),
        case.context(),
        [OUTCOME],
        data=HUNDRED,  # type: ignore[arg-type]
        events=[],
        deadline=None,
    )

    assert put_together == []
    assert done.winner.bundle is bundle
    assert done.notes == (
        "Trial 0 was not refitted, the model is as it was validated: its network is trained in two phases.",
    )


def test_a_failing_refit_costs_no_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its reason is told, and the trial's model is used."""
    x, y = wine(100)
    monkeypatch.setattr(FailsLater, "trainings", 0)

    model = dense_classifier(refit=True)
    history = model.fit(x, y, epochs=1, callbacks=[FailsLater()], verbose=2)

    assert history.refitted == ()
    assert "was not refitted" in capsys.readouterr().out.splitlines()[-1]
    assert len(model.predict(x)) == len(x)


def test_ctrl_c_in_the_refit_hands_the_validated_model_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`fit` returns it and says so; nothing half-written is left, and the same `fit` again does what is missing."""
    x, y = wine(100)

    def interrupted(job: Any, *arguments: Any) -> Any:
        Path(job.directory).mkdir()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(refit, "run_trial", interrupted)
        model = dense_classifier(directory=tmp_path, refit=True)
        history = model.fit(x, y, epochs=1, verbose=0)
    left = list(tmp_path.glob("trials/*/refit"))

    again = model.fit(x, y, epochs=1, verbose=0)

    assert (history.trials, history.refitted, history.stop_reason, left) == (1, (), "interrupted", [])
    assert len(model.predict(x)) == len(x)
    assert (again.trials, again.refitted, again.stop_reason) == (1, ("0",), "max_trials=1 reached")


def test_ctrl_c_keeps_the_members_that_were_refitted_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others have the models of their trials; a line for each says what it is."""
    x, y = digits(400)
    run_trial, jobs = refit.run_trial, []

    def interrupted_the_second_time(job: Any, *arguments: Any) -> Any:
        jobs.append(job)
        if len(jobs) > 1:
            raise KeyboardInterrupt
        return run_trial(job, *arguments)

    monkeypatch.setattr(refit, "run_trial", interrupted_the_second_time)
    history = several(directory=tmp_path, refit=True).fit(x, y, epochs=1, verbose=2)

    assert history.ensemble is not None
    first, *others = history.ensemble.weights
    assert history.refitted == (first,)
    assert len(jobs) == 2
    said = capsys.readouterr().out
    assert f"Trial {first} was refitted on all 400 rows." in said
    assert all(f"Trial {each} was not refitted, the model is as it was validated: it was" in said for each in others)
    assert [
        event["trial_ids"] for event in read_events(tmp_path / "journal.jsonl") if event["event"] == "refitted"
    ] == [[first]]


class NotesFiles(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes which files of features there are when a training begins, where all copies can."""

    files: list[set[str]] = []  # noqa: RUF012 - shared on purpose

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self.directory = directory

    def on_train_begin(self, logs: object = None) -> None:
        """Note."""
        self.files.append({path.name for path in self.directory.glob("*.npy")})


def test_large_features_of_all_rows_are_kept_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of a trial are: what several members of an ensemble need may be more than the memory holds."""
    x, y = wine(100)
    NotesFiles.files.clear()
    monkeypatch.setattr("autokeras_core.engine.features._BYTES_IN_MEMORY_EACH", 0)
    start = ArrayInput()
    node = DenseBlock(num_layers=1, units=16)(Wants(Center())(start))
    model = AutoModel(start, ClassificationHead()(node), max_trials=1, seed=0, directory=tmp_path, refit=True)

    history = model.fit(x, y, epochs=1, callbacks=[NotesFiles(tmp_path / "cache")], verbose=0)

    in_the_trial, in_the_refit = NotesFiles.files
    assert history.refitted == ("0",)
    assert len(in_the_trial) == len(in_the_refit - in_the_trial) == 2  # rows for training, and for validation


class FailsLater(keras.callbacks.Callback):  # type: ignore[misc]
    """Raises in every training but the first."""

    trainings = 0

    def on_train_begin(self, logs: object = None) -> None:
        """Count, and raise."""
        type(self).trainings += 1
        if self.trainings > 1:
            message = "no more"
            raise ValueError(message)


def test_by_default_nothing_is_refitted(tmp_path: Path) -> None:
    """The validated model is handed over."""
    x, y = wine(100)

    history = dense_classifier(directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert history.refitted == ()
    assert not list(tmp_path.glob("trials/*/refit"))


def test_weights_of_validation_rows_count_in_the_refit() -> None:
    """Rows of weight 0 teach nothing, in both parts: nearly all labels are wrong, and the others are learned."""
    x, y = wine()
    is_right = np.arange(len(y)) % 8 == 0
    model = dense_classifier(refit=True)

    history = model.fit(x, np.where(is_right, y, (y + 1) % 3), sample_weight=is_right, epochs=20, verbose=0)

    assert history.refitted == ("0",)
    assert np.mean(model.predict(x) == y) > 0.8


def test_rows_with_a_target_weigh_the_same_in_both_parts() -> None:
    """However few of a part have it: each part's weights have the mean 1 over all of its rows."""
    few = np.zeros(20, np.float32)
    few[:2] = 10

    weights = refit._joined_weights(attrs.evolve(HUNDRED, validation_weights=few))

    assert weights is not None
    assert set(np.round(weights[weights > 0], 5)) == {np.float32(round(100 / 82, 5))}
    assert np.count_nonzero(weights) == 82


def graph_of(block: Block) -> Graph:
    """Return the graph of a classifier with one block."""
    start = ArrayInput()
    return Graph.from_nodes([start], [ClassificationHead()(block(start))])


HUNDRED = PreparedData(
    profile=DataProfile(rows=80, inputs={}, targets={}),
    train_inputs={"x": np.zeros((80, 1))},
    validation_inputs={"x": np.zeros((20, 1))},
    train_targets={"y": np.zeros(80)},
    validation_targets={"y": np.zeros(20)},
    train_weights=None,
    validation_weights=None,
    fingerprint="",
)
FROM_A_SOURCE = attrs.evolve(HUNDRED, train_inputs={"x": KindSource(np.zeros((80, 1)))})
OUTCOME = TrialOutcome(
    trial_id="0",
    configuration={},
    status="completed",
    score=0.5,
    history={"loss": [1.0] * 10},
    best_epoch=8,
    seconds=12.0,
    seconds_per_epoch=1.0,
)


def test_time_is_kept_for_what_the_best_trial_would_need() -> None:
    """2 s to build it and 8 epochs of 1.25 s make 12 s; a margin of a fifth and a second on top."""
    graph = graph_of(DenseBlock())

    seconds = seconds_to_refit(OUTCOME, HUNDRED, graph=graph, time_limit=100)

    assert seconds == pytest.approx(1.2 * 12 + 1)


@pytest.mark.parametrize(
    ("data", "block"),
    [(FROM_A_SOURCE, DenseBlock()), (HUNDRED, Projected(depth="all"))],
    ids=["rows from files", "two phases"],
)
def test_no_time_is_kept_for_what_is_never_refitted(data: Any, block: Block) -> None:
    """The search has all of it."""
    assert seconds_to_refit(OUTCOME, data, graph=graph_of(block), time_limit=100) == 0.0


@pytest.mark.parametrize(("outcome", "limit"), [(None, 100), (OUTCOME, None), (OUTCOME, 30)])
def test_no_time_is_kept_where_there_is_nothing_to_refit_or_it_would_take_too_much(outcome: Any, limit: Any) -> None:
    """Nothing is known yet, there is no limit, or it would need more than a quarter of all."""
    graph = graph_of(DenseBlock())

    assert seconds_to_refit(outcome, HUNDRED, graph=graph, time_limit=limit) == 0.0
