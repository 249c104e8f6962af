"""Which trials may take part in an ensemble: as many as there is time to load, and by default only exportable ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import keras
import numpy as np
import pytest

from autokeras_core import (
    ArrayInput,
    AutoModel,
    Block,
    Boolean,
    ClassificationHead,
    ExportWarning,
    Preprocessor,
)
from autokeras_core.engine.context import TrialContext
from autokeras_core.engine.deadline import Deadline
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search import run, winner
from autokeras_core.search.records import TrialOutcome
from autokeras_core.search.space import Space
from tests.heavy.automodels import digits
from tests.heavy.test_ensemble import several
from tests.heavy.test_outside import Halves, rows

RATES = (0.03, 0.03, 0.01, 0.01)


class MaybeHalved(Block):
    """Takes rows as they are, or halves that are made outside of the exported model."""

    space: ClassVar[Space] = Space({"halved": Boolean(default=False)})

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the halves, if they are wanted."""
        return [Halves()] if hp["halved"] else []

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return a layer on them."""
        return keras.layers.Dense(4)(keras.ops.cast(inputs, "float32"))


class Together(AutoModel):
    """Puts models together by itself."""

    ensemble_by_default = 4


def searched(*halved: bool, directory: Path, **options: Any) -> AutoModel:
    """Return a fitted classifier that tried the block in these ways. Few validation rows: whatever is equal takes part."""
    start = ArrayInput()
    starts = [
        {"maybe_halved/halved": each, "training/learning_rate": rate} for each, rate in zip(halved, RATES, strict=False)
    ]
    model = Together(
        start,
        ClassificationHead()(MaybeHalved()(start)),
        max_trials=len(starts),
        warm_starts=starts,
        seed=0,
        directory=directory,
        **options,
    )
    model.fit(*rows(), epochs=20, verbose=0)
    return model


def made_by(model: AutoModel) -> list[bool]:
    """Return in which way each member of the model that was handed over was made."""
    board = model.leaderboard()
    members = [row for row in board if row.weight] or [board[0]]
    return [bool(row.configuration["maybe_halved/halved"]) for row in members]


def test_an_ensemble_by_default_can_be_exported_as_one_model(tmp_path: Path) -> None:
    """A model whose preprocessor stays outside has no part in it, however good it is."""
    model = searched(True, False, True, False, directory=tmp_path)

    assert made_by(model) == [False, False]
    assert model.export_model().input_shape == (None, 4)


def test_a_best_model_of_another_kind_stays_alone(tmp_path: Path) -> None:
    """It is exported as if there were no ensembles."""
    model = searched(True, False, directory=tmp_path)

    assert made_by(model) == [True]
    with pytest.warns(ExportWarning, match="takes halves"):
        model.export_model()


def test_what_is_asked_for_may_have_members_of_any_kind(tmp_path: Path) -> None:
    """Predictions and `save` work all the same."""
    model = searched(False, True, directory=tmp_path, ensemble=2)

    assert sorted(made_by(model)) == [False, True]
    assert model.predict(rows()[0]).shape == (40,)


def test_no_outputs_are_kept_of_what_can_be_no_member(tmp_path: Path) -> None:
    """To run a large network once more on the validation rows would cost time for nothing."""
    searched(False, True, directory=tmp_path)

    assert (tmp_path / "trials" / "0" / "predictions.npz").exists()
    assert not (tmp_path / "trials" / "1" / "predictions.npz").exists()


def test_where_time_is_short_fewer_models_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loading takes ten seconds each, and 25 are left after the first: two can be members, rather than none."""
    x, y = digits(400)
    now = [0.0]
    load, choose = winner._load, winner.choose_winner

    def slow(outcome: TrialOutcome, context: TrialContext) -> Any:
        now[0] += 10.0
        return load(outcome, context)

    monkeypatch.setattr(winner, "_load", slow)
    monkeypatch.setattr(winner, "time", SimpleNamespace(monotonic=lambda: now[0]))
    deadline = Deadline(35.0, clock=lambda: now[0])
    monkeypatch.setattr(
        run, "choose_winner", lambda *arguments, **options: choose(*arguments, **options | {"deadline": deadline})
    )
    model = several(directory=tmp_path)

    history = model.fit(x, y, epochs=1, verbose=0)

    assert history.ensemble is not None
    assert len(history.ensemble.weights) == 2
    assert np.isclose(sum(history.ensemble.weights.values()), 1.0)
