"""Small models of a head alone, for the tests of heads and of their metrics."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from autokeras_core.data.profile import DataProfile, TargetProfile
from autokeras_core.graph.operator import Head
from autokeras_core.graph.view import HyperparameterView

NAME = "answer"


def head_view(head: Head, target: TargetProfile, **values: Any) -> HyperparameterView:
    """Return what a head sees of a configuration, without dropout unless it is told."""
    profile = DataProfile(rows=4, inputs={}, targets={NAME: target})
    values = head.search_space(profile).complete({"dropout": 0.0} | values)
    return HyperparameterView(
        values={f"{NAME}/{key}": value for key, value in values.items()}, path=NAME, profile=profile, seed=0
    )


def head_model(
    head: Head, labels: Any, *, shape: tuple[int, ...] = (3,), **values: Any
) -> tuple[keras.Model, TargetProfile, HyperparameterView]:
    """Return a compiled model of the head alone, what its labels are, and its hyperparameters."""
    keras.utils.set_random_seed(0)
    target = head.analyse(labels, name=NAME)
    hp = head_view(head, target, **values)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, head.build(hp, inputs))
    model.compile(keras.optimizers.Adam(0.05), loss=head.loss(hp, target), metrics=head.metrics(target))
    return model, target, hp


def some_rows(count: int, columns: int = 3) -> np.ndarray:
    """Return random rows, the same each time."""
    return np.random.default_rng(0).normal(size=(count, columns)).astype("float32")


def squared(y_true: Any, y_pred: Any) -> Any:
    """Return the mean squared error, as a function of a user's own."""
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)
