"""Small blocks, preprocessors and prepared graphs that the engine's tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np

from autokeras_core.builtin.heads import ClassificationHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.profile import DataProfile
from autokeras_core.engine.compiler import CompiledGraph, compile_graph, compile_training
from autokeras_core.engine.context import Objective, TrialContext
from autokeras_core.engine.discovery import discover_space
from autokeras_core.engine.features import FeatureStore
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.node import Node
from autokeras_core.graph.operator import Block, Head, Preprocessor, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search.space import Configuration

ROWS = 48
TRAIN = 32


class Center(Preprocessor):
    """Subtracts the training rows' mean and multiplies, outside the model."""

    in_model = False

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self.mean = np.zeros(())
        self.rows_seen: list[int] = []

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Learn the mean of each column."""
        self.rows_seen.append(len(data))
        self.mean = data.mean(axis=0, dtype="float64")

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return centred rows."""
        return ((batch - self.mean) * self.factor).astype("float32")

    def to_layer(self) -> Any:
        """Return the same as a layer."""
        return keras.layers.Rescaling(self.factor, offset=(-self.mean * self.factor).tolist())

    def get_config(self) -> dict[str, Any]:
        """Return the factor."""
        return {"factor": self.factor}

    def get_state(self) -> dict[str, Any]:
        """Return the mean."""
        return {"mean": self.mean}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the mean."""
        self.mean = state["mean"]


class CenterInModel(Center):
    """The same inside the model."""

    in_model = True


class Wants(Block):
    """Hands its input on, behind the preprocessors it was given."""

    is_transparent = True

    def __init__(self, *wanted: Preprocessor, name: str | None = None) -> None:
        super().__init__(name=name)
        self._wanted = wanted

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return fresh, unfitted ones."""
        return [type(each)(**each.get_config()) for each in self._wanted]

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the input."""
        return inputs


class AskingBlock(Block):
    """A define-by-run block."""

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return one or two dense layers."""
        x = keras.layers.Dense(hp.Int("units", 4, 8), activation="relu")(inputs)
        return keras.layers.Dense(4, activation="tanh")(x) if hp.Boolean("deeper") else x


class Silence:
    """An observer that looks away."""

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Do nothing."""


@attrs.frozen(kw_only=True)
class Case:
    """A graph with prepared data."""

    graph: Graph
    profile: DataProfile
    store: FeatureStore
    rows: Mapping[str, Any]
    targets: Mapping[str, Any]
    configuration: Configuration

    def compiled(self, *, seed: int = 0, **values: Any) -> CompiledGraph:
        """Return the graph built for the default configuration with some values changed."""
        configuration = {**self.configuration, **{key.replace("__", "/"): value for key, value in values.items()}}
        return compile_graph(self.graph, configuration, self.profile, self.store, seed=seed)

    def trained(self, compiled: CompiledGraph, *, epochs: int = 1, callbacks: Sequence[Any] = ()) -> dict[str, Any]:
        """Train in place and return the log."""
        phases = compile_training(compiled, self.graph, self.configuration, self.profile)
        history = compiled.training_model.fit(
            self.store.features(compiled.features, "train"),
            {name: target[:TRAIN] for name, target in self.targets.items()},
            validation_data=(
                self.store.features(compiled.features, "validation"),
                {name: target[TRAIN:] for name, target in self.targets.items()},
            ),
            batch_size=8,
            epochs=epochs,
            verbose=0,
            callbacks=[phases, *callbacks],
        )
        log: dict[str, Any] = history.history
        return log

    def context(self, **options: Any) -> TrialContext:
        """Return what the trials of a search on this would share, by the validation loss."""
        values: dict[str, Any] = {
            "graph": self.graph,
            "profile": self.profile,
            "store": self.store,
            "train_targets": {name: target[:TRAIN] for name, target in self.targets.items()},
            "validation_targets": {name: target[TRAIN:] for name, target in self.targets.items()},
            "train_weights": None,
            "validation_weights": None,
            "objective": Objective("val_loss", "min"),
        }
        return TrialContext(**{**values, **options})


def make_case(
    inputs: ArrayInput | Sequence[ArrayInput],
    outputs: Node | Sequence[Node],
    *,
    directory: Path | None = None,
    rows: np.ndarray[Any, Any] | None = None,
) -> Case:
    """Return a graph on random rows: classes for classification heads, numbers for others."""
    operators = [inputs] if isinstance(inputs, ArrayInput) else list(inputs)
    graph = Graph.from_nodes(operators, [outputs] if isinstance(outputs, Node) else list(outputs))
    rng = np.random.default_rng(0)
    data = {
        vertex.name: rng.normal(3.0, 2.0, size=(ROWS, 5)).astype("float32") if rows is None else rows
        for vertex in graph.inputs
    }
    heads: dict[str, Head] = {name: graph.block(name).operator for name in graph.heads}  # type: ignore[misc]
    first = next(iter(data.values())).reshape(ROWS, -1)[:, 0]
    labels = {
        name: (first > np.median(first)).astype(int) if isinstance(head, ClassificationHead) else first
        for name, head in heads.items()
    }
    profile = DataProfile(
        rows=TRAIN,
        inputs={
            vertex.name: vertex.operator.analyse(data[vertex.name][:TRAIN], name=vertex.name) for vertex in graph.inputs
        },
        targets={name: head.analyse(labels[name], name=name) for name, head in heads.items()},
    )
    store = FeatureStore(
        {vertex.name: vertex.operator for vertex in graph.inputs},
        profile,
        {name: array[:TRAIN] for name, array in data.items()},
        {name: array[TRAIN:] for name, array in data.items()},
        directory,
    )
    return Case(
        graph=graph,
        profile=profile,
        store=store,
        rows=data,
        targets={name: head.encode(labels[name], profile.targets[name]) for name, head in heads.items()},
        configuration=discover_space(graph, profile, store).defaults(),
    )
