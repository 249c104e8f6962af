"""What was refused, or failed, is put right and fitted again in the same directory; what has become another search is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest

from autokeras_core import ArrayInput, AutoModel, Block, Choice, ClassificationHead, SearchError, Space
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search import run
from autokeras_core.search.journal import read_events
from tests.heavy.automodels import CountsEpochs, dense_classifier, wine
from tests.heavy.interrupted_trials import write_always
from tests.heavy.test_resumed_search import CtrlC, dies


@pytest.mark.parametrize(
    ("refused", "error", "put_right"),
    [
        ({"tuner": "randm"}, SearchError, {"tuner": "random"}),
        ({"batch_size": 32.5}, SearchError, {"batch_size": 16}),
    ],
    ids=["tuner", "batch size"],
)
def test_a_refused_call_leaves_the_directory_to_a_better_one(
    refused: dict[str, Any], error: type[Exception], put_right: dict[str, Any], tmp_path: Path
) -> None:
    """What is wrong may be found only when the directory is open; no trial has begun by then, so nothing is lost."""

    def fit(*, batch_size: Any = None, **options: Any) -> int:
        model = dense_classifier(directory=tmp_path, warm_starts=None, **options)
        return model.fit(*wine(60), epochs=1, batch_size=batch_size, verbose=0).trials

    with pytest.raises(error):
        fit(**refused)

    assert fit(**put_right) == 1


class Breaks(keras.callbacks.Callback):  # type: ignore[misc]
    """Makes every trial fail in the same way."""

    def on_train_begin(self, logs: object = None) -> None:
        """Raise."""
        raise RuntimeError("the logbook is gone")


def test_a_search_whose_trials_all_failed_alike_gets_them_once_more(tmp_path: Path) -> None:
    """What made them fail was mended in between; the old error is not told again."""
    x, y = wine(60)
    with pytest.raises(SearchError, match="failed in the same way"):
        dense_classifier(max_trials=3, directory=tmp_path).fit(x, y, epochs=1, callbacks=[Breaks()], verbose=0)

    history = dense_classifier(max_trials=3, directory=tmp_path).fit(x, y, epochs=1, verbose=0)

    assert (history.trials, history.failed) == (6, 3)


class Sized(Block):
    """A block of a user's own, whose space may be written anew between two runs."""

    space = Space({"units": Choice([16, 32, 64])})

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return a dense layer."""
        return keras.layers.Dense(hp["units"])(inputs)


def test_a_space_that_has_lost_a_value_of_a_trial_is_another_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told before anything is run: further trials would have that value, and be refused one after the other."""

    def fit() -> None:
        start = ArrayInput()
        first = {"sized/units": 64}
        output = ClassificationHead()(Sized()(start))
        model = AutoModel(start, output, max_trials=1, seed=0, warm_starts=[first], directory=tmp_path)
        model.fit(*wine(60), epochs=1, verbose=0)

    fit()
    monkeypatch.setattr(Sized, "space", Space({"units": Choice([16, 32])}))
    events = len(read_events(tmp_path / "journal.jsonl"))

    with pytest.raises(
        SearchError, match=r"another search space.*sized/units=64, and \{16, 32\} today.*overwrite=True"
    ):
        fit()

    assert len(read_events(tmp_path / "journal.jsonl")) == events


class Growing(Block):
    """A block of a user's own, which asks for another hyperparameter as soon as its space has it."""

    space = Space({"units": Choice([16, 32])})

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return a dense layer."""
        outputs = keras.layers.Dense(hp["units"])(inputs)
        return keras.layers.Activation(hp["activation"])(outputs) if "activation" in self.space else outputs


def fit_growing(directory: Path, *callbacks: Any, **options: Any) -> Any:
    """Run a search of one trial of five epochs, or go on with it; return its history."""
    start = ArrayInput()
    options = {"max_trials": 1, "seed": 0, "warm_starts": [{"growing/units": 16}], "directory": directory} | options
    model = AutoModel(start, ClassificationHead()(Growing()(start)), **options)
    return model.fit(*wine(60), epochs=5, callbacks=callbacks, verbose=0)


def grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the block a hyperparameter more, as its next version has."""
    monkeypatch.setattr(Growing, "space", Space({**Growing.space, "activation": Choice(["linear", "relu"])}))


def test_a_trial_that_was_cut_off_goes_on_with_the_default_of_a_hyperparameter_that_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its checkpoint: three of five epochs were done."""
    write_always(monkeypatch)
    context = run.TrialContext
    monkeypatch.setattr(run, "TrialContext", lambda **values: context(seconds_between_checkpoints=0.0, **values))
    monkeypatch.setattr(CtrlC, "trials", 0)
    monkeypatch.setattr(CountsEpochs, "counts", [])
    with pytest.raises(KeyboardInterrupt):
        fit_growing(tmp_path, CtrlC(1, 3))
    grow(monkeypatch)

    history = fit_growing(tmp_path, CountsEpochs())

    assert (history.trials, history.failed) == (1, 0)
    assert CountsEpochs.counts == [1, 2]


def test_a_trial_is_refitted_with_the_default_of_a_hyperparameter_that_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search was cut off between its last trial and the refit."""
    with monkeypatch.context() as patch:
        patch.setattr(run, "refit_winner", dies)
        with pytest.raises(SystemExit):
            fit_growing(tmp_path, refit=True)
    grow(monkeypatch)

    history = fit_growing(tmp_path, refit=True)

    assert (history.trials, history.refitted) == (1, ("0",))
