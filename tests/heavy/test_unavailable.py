"""A configuration that needs what cannot be had is skipped, logged, and not counted."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import (
    ArrayInput,
    AutoModel,
    Block,
    Choice,
    ClassificationHead,
    SearchError,
    Space,
    UnavailableError,
)
from autokeras_core.engine.failures import describe_failure
from autokeras_core.errors import GraphError
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = (X[:, 0] > 0).astype(int)


class Sourced(Block):
    """One dense layer, whose weights may come from where there is nothing."""

    space = Space({"source": Choice(["random", "download", "mirror"]), "units": Choice([2, 3, 4, 5])})

    def __init__(self, *, source: Any = None, units: Any = None, name: str | None = None) -> None:
        super().__init__(name=name, source=source, units=units)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the layer, or raise."""
        if hp["source"] != "random":
            message = f"The weights of {hp['source']!r} cannot be had. Pass weights=."
            raise UnavailableError(message)
        return keras.layers.Dense(hp["units"])(inputs)


def made(directory: Path, *, trials: int, starts: list[dict[str, Any]], **arguments: Any) -> AutoModel:
    """Return a model that has yet to search."""
    start = ArrayInput()
    return AutoModel(
        inputs=start,
        outputs=ClassificationHead()(Sourced(**arguments, name="sourced")(start)),
        max_trials=trials,
        seed=0,
        directory=directory,
        warm_starts=starts,
    )


def searched(directory: Path, *, trials: int, starts: list[dict[str, Any]], **arguments: Any) -> AutoModel:
    """Return a model that has searched."""
    model = made(directory, trials=trials, starts=starts, **arguments)
    model.fit(X, Y, epochs=1, verbose=0)
    return model


STARTS = [{"sourced/source": source} for source in ("download", "random", "mirror")]


def test_it_counts_as_no_trial(tmp_path: Path) -> None:
    """Two of three predefined configurations cannot be had: two trials are trained nevertheless."""
    model = searched(tmp_path, trials=2, starts=STARTS)

    status = [row.status for row in model.leaderboard()]

    assert status.count("completed") == 2
    assert "skipped (unavailable)" in status
    assert all(each in ("completed", "skipped (unavailable)") for each in status)


def test_the_history_counts_it_neither_as_a_trial_nor_as_a_failure(tmp_path: Path) -> None:
    """What `fit` returns is about the two trials that were trained."""
    history = made(tmp_path, trials=2, starts=STARTS).fit(X, Y, epochs=1, verbose=0)

    assert (history.trials, history.failed) == (2, 0)


def test_the_outline_of_a_continued_search_leaves_it_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says that two trials were done before."""
    searched(tmp_path, trials=2, starts=STARTS)

    made(tmp_path, trials=1, starts=STARTS).fit(X, Y, epochs=1, verbose=2)

    assert ", 2 trials done before;" in capsys.readouterr().out


def test_the_reason_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log says which trial was skipped and why."""
    with caplog.at_level(logging.INFO, logger="autokeras_core"):
        searched(tmp_path, trials=1, starts=STARTS)

    assert "skipped: The weights of 'download' cannot be had. Pass weights=." in caplog.text


def test_it_ends_the_search_if_there_is_nothing_else(tmp_path: Path) -> None:
    """The one clear sentence comes out, without what it went through on its way."""
    with pytest.raises(SearchError) as caught:
        searched(tmp_path, trials=3, starts=[], source="download", units=Choice([2, 3]))

    assert str(caught.value) == "The weights of 'download' cannot be had. Pass weights=."


def test_a_search_that_proposes_nothing_else_ends(tmp_path: Path) -> None:
    """Even with an endless space the search gives up after ten in a row."""
    with pytest.raises(SearchError, match="cannot be had"):
        searched(tmp_path, trials=100, starts=[], source=Choice(["download", "mirror"]), units=Choice(range(1, 500)))


def test_a_continued_search_does_not_count_them_either(tmp_path: Path) -> None:
    """What was skipped before takes no place in the new run."""
    searched(tmp_path, trials=2, starts=STARTS)

    again = searched(tmp_path, trials=3, starts=STARTS)

    assert sum(row.status == "completed" for row in again.leaderboard()) == 5


def test_the_failure_is_told_by_its_own_sentence() -> None:
    """However deep it lies under other errors."""
    error = GraphError("the block could not be built")
    error.__cause__ = UnavailableError("no weights")

    failure = describe_failure(error)

    assert (failure.kind, failure.reason) == ("unavailable", "no weights")
