"""Small trials that are cut off, for the tests of checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead
from autokeras_core.data.rows import Rows
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.context import TrialContext
from autokeras_core.engine.deadline import OutOfTimeError
from autokeras_core.engine.features import Feature, FeatureStore, Part
from autokeras_core.engine.trial import BUNDLE_FOLDER, run_trial
from autokeras_core.graph.operator import Block, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.registry import get_registry
from autokeras_core.search.records import TrialJob, TrialOutcome
from tests.heavy.engine_doubles import make_case

Array = np.ndarray[Any, Any]


EPOCHS = 6


TRAINING = {"training/learning_rate": 0.01, "training/batch_size": 8}


@keras.saving.register_keras_serializable("checkpoints")
class Counting(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """A layer of a user's own with a state that no gradient changes: each training step halves what it hands on."""

    def build(self, input_shape: Any) -> None:
        """Make the state."""
        self.factor = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        """Multiply by the state, and change it while training."""
        if training:
            self.factor.assign(0.5 + 0.9 * (self.factor - 0.5))
        return inputs * self.factor


class Stateful(Block):
    """Layers that have a state besides weights: statistics, random numbers, and one of the user's own."""

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the layers."""
        x = keras.layers.GaussianNoise(0.3)(inputs)
        x = keras.layers.Dense(8, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        x = Counting()(x)
        return keras.layers.Dropout(0.3)(x)


class Watching:
    """Takes note of events, and presses Ctrl-C after an epoch, before its checkpoint is written."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stop_after = stop_after
        self.epochs: list[int] = []
        self.resumed: list[int] = []

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Take note."""
        if event == "resumed":
            self.resumed.append(fields["epoch"])
        if event == "epoch":
            self.epochs.append(fields["epoch"])
            if fields["epoch"] == self.stop_after:
                raise KeyboardInterrupt


def make_context(block: Block | None = None, **options: Any) -> TrialContext:
    """Return the context of a small classifier that writes a checkpoint after every epoch."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()((block or Stateful())(start)))
    return case.context(**{"seconds_between_checkpoints": 0.0, **options})


def make_job(directory: Path, configuration: Mapping[str, Any] | None = None, **options: Any) -> TrialJob:
    """Return the job of a small trial."""
    values: dict[str, Any] = {"trial_id": "0", "epochs": EPOCHS, "seed": 3, "seconds": None}
    return TrialJob(configuration={**TRAINING, **(configuration or {})}, directory=str(directory), **(values | options))


def cut_off(job: TrialJob, context: TrialContext, *, after: int) -> None:
    """Run a trial until Ctrl-C comes in the end of an epoch; it has a checkpoint of the one before."""
    with pytest.raises(KeyboardInterrupt):
        run_trial(job, context, Watching(stop_after=after))


def weights_of(outcome: TrialOutcome) -> list[Array]:
    """Return the weights of the model that a trial left."""
    bundle = ModelBundle.load(Path(outcome.directory) / BUNDLE_FOLDER, get_registry())
    weights: list[Array] = bundle.model.get_weights()
    return weights


def too_slow(store: FeatureStore, features: Sequence[Feature], part: Part) -> dict[str, Rows]:
    """Return the rows to train on; there is no time for the others, which are computed when a checkpoint has been read."""
    if part == "validation":
        message = "computing features would take 300 s, 3 s are left"
        raise OutOfTimeError(message)
    return {feature.name: store.rows(feature, part) for feature in features}


def write_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a checkpoint be written after every epoch, however short that is."""
    monkeypatch.setattr("autokeras_core.engine.checkpoint._SHARE_OF_TRAINING", 1e9)
