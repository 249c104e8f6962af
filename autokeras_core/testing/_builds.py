"""Build one block or head in a small graph, the way a search does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import keras
import numpy as np

from autokeras_core.data.profile import DataProfile, InputProfile, TargetProfile
from autokeras_core.engine.compiler import CompiledGraph, compile_graph
from autokeras_core.engine.features import Feature, FeatureStore
from autokeras_core.engine.outside import outside
from autokeras_core.engine.rows import as_array, transform_rows
from autokeras_core.graph.fine_tuning import FineTuning, OffersFineTuning
from autokeras_core.graph.graph import BlockVertex, Graph, InputVertex, Source
from autokeras_core.graph.operator import Block, Head, Input, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search.space import Configuration, Space
from autokeras_core.search.values import Value
from autokeras_core.testing._compare import random_targets

__all__ = ["Bench", "SumHead", "canonical"]

Array: TypeAlias = np.ndarray[Any, Any]

_BLOCK = "block"
_HEAD = "head"


class RowsInput(Input):
    """Takes rows as they are."""

    modality = "array"

    def adapt(self, data: Any) -> Array:
        """Return the rows."""
        rows: Array = np.asarray(data)
        return rows

    def analyse(self, data: Array, *, name: str) -> InputProfile:
        """Return shape and dtype."""
        return InputProfile(
            name=name, modality=self.modality, shape=data.shape[1:], dtype=data.dtype.name, rows=len(data)
        )

    def check(self, data: Array, profile: InputProfile) -> None:
        """Take any rows."""


class SumHead(Head):
    """Predicts one number that every value of its input takes part in, so that nothing before it is without gradient."""

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return a dense layer of all values."""
        if len(inputs.shape) > 2:
            inputs = keras.layers.Reshape((int(np.prod(inputs.shape[1:])),))(inputs)
        return keras.layers.Dense(1, kernel_initializer="ones")(inputs)

    def analyse(self, labels: Any, *, name: str) -> TargetProfile:
        """Return the profile of one number per row."""
        return TargetProfile(name=name, kind="regression", label_type="number", dtype="float32", outputs=1)

    def encode(self, labels: Any, profile: TargetProfile) -> Array:
        """Return the labels as a column."""
        return np.asarray(labels, dtype="float32").reshape(-1, 1)

    def decode(self, outputs: Array, profile: TargetProfile) -> Array:
        """Return the outputs."""
        return outputs

    def loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Return the squared error."""
        return keras.losses.MeanSquaredError()

    def metrics(self, profile: TargetProfile) -> list[Any]:
        """Return none."""
        return []

    def default_objective(self, profile: TargetProfile) -> tuple[str, str]:
        """Return the loss."""
        return "val_loss", "min"


@attrs.define(kw_only=True)
class Bench:
    """One operator in a graph with inputs before it (and, if it is no head, a head behind it).

    Attributes:
        name: The operator's name in the graph.
        graph: The graph.
        profile: Facts about the rows.
        store: Keeps the features.
        rows: The raw rows by input name.
    """

    name: str
    graph: Graph
    profile: DataProfile
    store: FeatureStore
    rows: Mapping[str, Array]

    @classmethod
    def of_block(cls, block: Block, rows: Sequence[Any], *, is_list: bool, start: Input | None = None) -> Bench:
        """Return a bench with a block between inputs and a head.

        Args:
            block: The block.
            rows: Rows for each input, as a user has them.
            is_list: Whether the block is called on a list.
            start: The input to take the rows; by default one that takes any array as it is.
        """
        head = SumHead(name=_HEAD)
        names = [f"input_{index}" for index in range(len(rows))] if len(rows) > 1 else ["input"]
        vertex = _vertex(block, _BLOCK, names, is_list=is_list)
        last = BlockVertex(name=_HEAD, operator=head, sources=(Source("block", _BLOCK),))
        target = head.analyse(None, name=_HEAD)
        return cls._make(_BLOCK, [vertex, last], dict(zip(names, rows, strict=True)), target, start=start)

    @classmethod
    def of_head(cls, head: Head, rows: Array, target: TargetProfile) -> Bench:
        """Return a bench with a head behind one input; its name must be the target's."""
        return cls._make(target.name, [_vertex(head, target.name, ["input"])], {"input": rows}, target)

    @classmethod
    def _make(
        cls,
        name: str,
        blocks: Sequence[BlockVertex],
        given: Mapping[str, Any],
        target: TargetProfile,
        *,
        start: Input | None = None,
    ) -> Bench:
        inputs: dict[str, Input] = {each: start or RowsInput() for each in given}
        rows = {each: as_array(operator.adapt(given[each])) for each, operator in inputs.items()}
        profile = DataProfile(
            rows=len(next(iter(rows.values()))),
            inputs={each: operator.analyse(rows[each], name=each) for each, operator in inputs.items()},
            targets={target.name: target},
        )
        return cls(
            name=name,
            graph=Graph(
                inputs=tuple(InputVertex(name=each, operator=operator) for each, operator in inputs.items()),
                blocks=tuple(blocks),
                heads=(target.name,),
            ),
            profile=profile,
            store=FeatureStore(inputs, profile, rows, {}, None, targets={target.name: random_targets(profile.rows)}),
            rows=rows,
        )

    @property
    def raw(self) -> Any:
        """The rows as the exported model takes them."""
        raw = {
            vertex.name: vertex.operator.raw_rows(self.rows[vertex.name], self.profile.inputs[vertex.name])
            for vertex in self.graph.inputs
        }
        return raw if len(raw) > 1 else next(iter(raw.values()))

    def exported_rows(self, features: Sequence[Feature]) -> Any:
        """Return the rows as the exported model takes them, behind what stays outside of it."""
        outsides = {each.input_name: outside(each) for each in features}
        if not any(outsides.values()):
            return self.raw
        rows = {name: transform_rows(self.rows[name], chain) for name, chain in outsides.items()}
        return rows if len(rows) > 1 else next(iter(rows.values()))

    @property
    def space(self) -> Space:
        """The operator's own space, names relative to it."""
        return self.graph.block(self.name).operator.search_space(self.profile)

    def view(self, configuration: Mapping[str, Value]) -> HyperparameterView:
        """Return what the operator sees of a configuration of its own space."""
        return HyperparameterView(values=self.full(configuration), path=self.name, profile=self.profile, seed=0)

    def build(self, configuration: Mapping[str, Value]) -> CompiledGraph:
        """Return the graph built for a configuration of the operator's own space."""
        return compile_graph(self.graph, self.full(configuration), self.profile, self.store, seed=0)

    def features(self, compiled: CompiledGraph) -> dict[str, Array]:
        """Return what the built model takes."""
        return {name: as_array(rows) for name, rows in self.store.features(compiled.features, "train").items()}

    def fine_tuning(self, configuration: Mapping[str, Value]) -> FineTuning | None:
        """Return how the operator wants a pretrained network to be trained further, if it offers that."""
        operator = self.graph.block(self.name).operator
        return operator.fine_tuning(self.view(configuration)) if isinstance(operator, OffersFineTuning) else None

    def full(self, configuration: Mapping[str, Value]) -> Configuration:
        """Return a configuration of the operator's own space as one of the graph: with whole paths."""
        return {f"{self.name}/{name}": value for name, value in configuration.items()}


def canonical(compiled: CompiledGraph) -> str:
    """Return all that a built graph is, as text: preprocessing, layers and their wiring, shapes of weights.

    Counters that Keras puts behind names are left out, since they differ between two builds of the same thing.
    """
    parts = [
        [feature.keys for feature in compiled.features],
        _without_counters(compiled.model.get_config()),
        [tuple(weight.shape) for weight in compiled.model.weights],
    ]
    return json.dumps(parts, sort_keys=True, default=str)


def _without_counters(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_counters(item, name) for name, item in value.items() if name != "shared_object_id"}
    if isinstance(value, (list, tuple)):
        return [_without_counters(item, key) for item in value]
    if isinstance(value, str) and key in ("name", "keras_history", "input_layers", "output_layers"):
        return re.sub(r"_\d+\Z", "", value)
    return value


def _vertex(operator: Block, name: str, inputs: Sequence[str], *, is_list: bool = False) -> BlockVertex:
    return BlockVertex(
        name=name, operator=operator, sources=tuple(Source("input", each) for each in inputs), is_list=is_list
    )
