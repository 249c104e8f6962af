"""A model that could not be loaded at the end of a search is told as such before anything is trained."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, GraphError, SearchError
from autokeras_core.engine.randomness import seeded
from autokeras_core.engine.reloading import check_reloading
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.plugin import Boolean, Space
from tests.heavy.automodels import CountsEpochs, wine
from tests.heavy.bundles import twins
from tests.heavy.engine_doubles import Case, Wants, make_case


class Doubling(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A layer that Keras does not know."""

    def call(self, inputs: Tensor) -> Tensor:
        """Return twice the input."""
        return inputs * 2.0


@keras.saving.register_keras_serializable(package="test_reloading")
class Drawing(keras.layers.Layer):  # type: ignore[misc]
    """A layer that Keras knows, and that draws random numbers as soon as it is made."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.factor = random.random() + np.random.rand()

    def call(self, inputs: Tensor) -> Tensor:
        """Return a multiple of the input."""
        return inputs * self.factor


@keras.saving.register_keras_serializable(package="test_reloading")
class Forgetful(keras.layers.Layer):  # type: ignore[misc]
    """A layer that Keras knows, and that cannot be made from its configuration."""

    def __init__(self, factor: float, **options: Any) -> None:
        super().__init__(**options)
        self.factor = factor

    def get_config(self) -> dict[str, Any]:
        """Leave the factor out."""
        config: dict[str, Any] = super().get_config()
        return {name: value for name, value in config.items() if name != "factor"}

    def call(self, inputs: Tensor) -> Tensor:
        """Return a multiple of the input."""
        return inputs * self.factor


def squash(inputs: Tensor) -> Tensor:
    """Return an activation that Keras does not know."""
    return keras.ops.tanh(inputs) * 0.5


Making = Callable[[], Any]


def own(making: Making) -> Block:
    """Return a block of a user's own: a dense layer, and one that is made for it."""

    class Own(Block):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return making()(keras.layers.Dense(4)(inputs))

    return Own()


def case_of(block: Block) -> Case:
    """Return a graph with a block before its head."""
    start = ArrayInput()
    return make_case(start, ClassificationHead()(block(start)))


@pytest.mark.parametrize(
    ("making", "named"),
    [
        (Doubling, "Doubling"),
        (lambda: Forgetful(2.0), "factor"),
        (lambda: keras.layers.Dense(4, activation=squash), "squash"),
        (lambda: keras.layers.Lambda(lambda x: x * 2), "lambda"),
        (lambda: keras.Sequential([keras.layers.Dense(4), Doubling()]), "Doubling"),
    ],
    ids=["a class", "an incomplete class", "a function", "a lambda", "inside of a model"],
)
def test_a_layer_that_cannot_be_loaded_is_named(making: Making, named: str) -> None:
    """With its block, what is wrong with it, and what to do."""
    case = case_of(own(making))

    with pytest.raises(GraphError, match=rf"layer 'own_\w+' .*Received: \w+: .*{named}.*register_keras_serializable"):
        check_reloading(case.compiled(), case.graph)


@pytest.mark.parametrize(
    "making",
    [
        lambda: keras.layers.Dense(4, activation="gelu"),
        lambda: lambda x: keras.ops.relu(x) * 2,
        Drawing,
        lambda: keras.Sequential([keras.layers.Dense(4), Drawing()]),
    ],
    ids=["a layer of Keras", "functions of Keras", "a registered class", "one inside of a model"],
)
def test_layers_that_can_be_loaded_are_no_problem(making: Making) -> None:
    """Keras's own, its functions, and those of a user's own that are registered."""
    case = case_of(own(making))

    check_reloading(case.compiled(), case.graph)


def test_preprocessors_whose_classes_share_a_name_are_no_model() -> None:
    """No file could tell them apart, so nothing is trained that would be saved."""
    here, there = twins()
    case = case_of(Wants(here(), there()))

    with pytest.raises(GraphError, match=r"Two classes of preprocessors are called 'Twin'.*here.*there.*Rename"):
        check_reloading(case.compiled(), case.graph)


def test_random_numbers_go_on_as_if_there_had_been_no_check() -> None:
    """So the weights of what is built after it are the same."""
    case = case_of(own(Drawing))
    compiled = case.compiled()

    def draws() -> tuple[float, ...]:
        return random.random(), float(np.random.rand()), float(keras.random.uniform(()))

    with seeded(1):
        expected = draws()
    with seeded(1):
        check_reloading(compiled, case.graph)
        found = draws()

    assert found == expected


def test_a_search_says_so_before_it_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour later all of its models would be lost: no epoch is trained."""
    monkeypatch.setattr(CountsEpochs, "counts", [])
    start = ArrayInput()
    output = ClassificationHead()(own(Doubling)(start))
    model = AutoModel(start, output, max_trials=5, seed=0)

    with pytest.raises(
        SearchError, match=r"layer 'own_doubling' could not be loaded again.*register_keras_serializable"
    ):
        model.fit(*wine(60), epochs=1, callbacks=[CountsEpochs()], verbose=0)

    assert CountsEpochs.counts == []


def test_one_branch_of_a_space_that_cannot_be_loaded_costs_its_trials_alone() -> None:
    """The models of the others are handed over."""

    class Either(Block):
        space = Space({"doubles": Boolean(default=False)})

        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            x = keras.layers.Dense(4)(inputs)
            return Doubling()(x) if hp["doubles"] else x

    start = ArrayInput()
    starts = [{"either/doubles": doubles} for doubles in (False, True)]
    model = AutoModel(start, ClassificationHead()(Either()(start)), max_trials=2, warm_starts=starts, seed=0)

    model.fit(*wine(60), epochs=1, verbose=0)

    assert [row.status for row in model.leaderboard()] == ["completed", "failed (bug)"]
