"""The second phase of a trial: a network that was frozen so far is trained further, with all that stands behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import keras

from autokeras_core.engine._layer_names import LayerNames
from autokeras_core.engine._layers import all_layers, set_weights
from autokeras_core.engine.compiler import CompiledGraph, tensor_dtype
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.devices import ONE_DEVICE, Devices
from autokeras_core.engine.features import Feature
from autokeras_core.engine.precision import Precision, training_in
from autokeras_core.errors import GraphError, describe_error
from autokeras_core.graph.fine_tuning import FineTunable, FineTuning, HasLayerGroups, OffersFineTuning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from autokeras_core.data.profile import DataProfile
    from autokeras_core.engine.features import FeatureStore
    from autokeras_core.engine.training import TrainingConfiguration
    from autokeras_core.graph.graph import Graph
    from autokeras_core.search.values import Value

__all__ = [
    "SecondPhase",
    "first_phase_deadline",
    "frozen_parameters",
    "is_time_for_second_phase",
    "open_second_phase",
    "plan_second_phase",
    "wants_second_phase",
]

_SHORTEST_SECOND_PHASE = 10.0  # seconds; tracing and the first step of a large network take a good part of them
_SHARE_OF_THE_FIRST_PHASE = 0.4  # of the time that is left when it starts; it trains few layers on ready features


@attrs.define(kw_only=True)
class SecondPhase:
    """The whole model of a trial: raw rows, the networks set free, and the layers that the first phase trained.

    The layers are shared with the first phase's model, so training one trains the other.

    Attributes:
        compiled: The whole model, ready for `compile_training` once `freeze_statistics` was called.
        epochs: How many epochs to train it at most.
    """

    compiled: CompiledGraph
    epochs: int
    _first: CompiledGraph
    _networks: Mapping[str, keras.Model]
    _plans: Mapping[str, FineTuning]
    _devices: Devices
    _put_back: list[Any] = attrs.field(factory=list)

    def freeze_statistics(self) -> None:
        """Let all batch normalization behind the networks use the statistics it has, until `release_statistics`."""
        for layer in _trained_statistics(self._first.model):
            layer.trainable = False
            self._put_back.append(layer)

    def release_statistics(self) -> None:
        """Undo `freeze_statistics`, so that a saved model says of its layers what the blocks said."""
        for layer in self._put_back:
            layer.trainable = True
        self._put_back.clear()

    def result(self) -> CompiledGraph:
        """Return the first phase's model with the networks before it as they are now.

        What a network computes now is no longer what its configuration says, so these features have no keys.
        """
        features = []
        for feature in self._first.features:
            if feature.name in self._networks:
                *before, last = feature.host
                assert isinstance(last, FineTunable)
                tuned = last.tuned(self._on_one_device(last, feature.name))
                feature = attrs.evolve(feature, host=(*before, tuned), keys=())
            features.append(feature)
        return attrs.evolve(self._first, features=tuple(features))

    def _on_one_device(self, preprocessor: FineTunable, name: str) -> keras.Model:
        """Return a network as it was trained, on the device that TensorFlow chooses by itself."""
        network = self._networks[name]
        if self._devices.count == 1:
            return network
        copy = preprocessor.unfrozen(self._plans[name].depth)
        set_weights(copy, network.get_weights())
        return copy


def wants_second_phase(graph: Graph, configuration: Mapping[str, Value], profile: DataProfile) -> bool:
    """Return whether a block of a configuration wants a network to be trained further; nothing is built for it."""
    return bool(_wanted(graph, configuration, profile))


def plan_second_phase(
    graph: Graph, configuration: Mapping[str, Value], profile: DataProfile, compiled: CompiledGraph
) -> dict[str, FineTuning]:
    """Return how to train networks further, by the name of the feature that each computes; often nothing.

    Args:
        graph: The graph.
        configuration: The configuration that was compiled.
        profile: What analysis found out about the data.
        compiled: The compiled graph.

    Raises:
        GraphError: If a block offers it, and none of its preprocessors is a network that can be trained further.
    """
    hosts = {feature.name: feature.host for feature in compiled.features}
    plans: dict[str, FineTuning] = {}
    for block, plan in _wanted(graph, configuration, profile).items():
        # Another block, behind another input for one, may have a network with the same configuration.
        name = compiled.feature_names.get(block)
        host = () if name is None else hosts[name]
        if name is None or not isinstance(host[-1], FineTunable):
            raise GraphError(
                describe_error(
                    f"The block {block!r} ({type(graph.block(block).operator).__name__}) wants a network to be trained "
                    "further, and has none.",
                    expected="its last preprocessor outside the model to have the methods of FineTunable",
                    received=f"{[type(each).__name__ for each in host]}",
                )
            )
        plans[name] = plan
    return plans


def _wanted(graph: Graph, configuration: Mapping[str, Value], profile: DataProfile) -> dict[str, FineTuning]:
    """Return how the blocks of a configuration want networks to be trained further, by block; often nothing."""
    views = graph.views(configuration, profile)
    plans = {
        vertex.name: vertex.operator.fine_tuning(views[vertex.name])
        for vertex in graph.blocks
        if isinstance(vertex.operator, OffersFineTuning)
    }
    return {block: plan for block, plan in plans.items() if plan is not None}


def first_phase_deadline(plans: Mapping[str, FineTuning], deadline: Deadline | None) -> Deadline | None:
    """Return when the first phase must have ended, so that time is left for the second, if there is to be one."""
    if not plans or deadline is None:
        return deadline
    return Deadline.after(_SHARE_OF_THE_FIRST_PHASE * deadline.remaining())


def is_time_for_second_phase(deadline: Deadline | None) -> bool:
    """Return whether so much time is left that the second phase can do more than trace its model."""
    return deadline is None or deadline.remaining() >= _SHORTEST_SECOND_PHASE


def frozen_parameters(compiled: CompiledGraph) -> int:
    """Return how many parameters the networks before a model have."""
    return sum(
        each.parameters for feature in compiled.features for each in feature.host if isinstance(each, FineTunable)
    )


def open_second_phase(
    compiled: CompiledGraph,
    plans: Mapping[str, FineTuning],
    profile: DataProfile,
    store: FeatureStore,
    *,
    devices: Devices = ONE_DEVICE,
    precision: Precision = "float32",
) -> SecondPhase:
    """Put the networks in front of the model that the first phase trained.

    Cheap preprocessors before a network (adding a channel axis) become layers of the whole model, so that the rows it
    takes are the raw ones, not a copy of them.

    Args:
        compiled: What the first phase trained, with its best weights.
        plans: What `plan_second_phase` returned; not empty.
        profile: What analysis found out about the data.
        store: Knows the rows that the whole model takes.
        devices: Where the first phase was trained, and the second will be.
        precision: What the first phase was trained in. The networks compute in single precision, as they did so far.
    """
    networks: dict[str, keras.Model] = {}
    features: list[Feature] = []
    inputs: dict[str, Any] = {}
    fed: dict[str, Any] = {}
    names = LayerNames([*(feature.name for feature in compiled.features), compiled.model.name])
    for feature in compiled.features:
        plan = plans.get(feature.name)
        before = feature if plan is None else _before_the_network(feature)
        shape, dtype = store.input_spec(before)
        tensor = inputs[feature.name] = keras.Input(shape=shape, dtype=tensor_dtype(dtype), name=feature.name)
        names.know(tensor)
        if plan is not None:
            *_, network = feature.host
            assert isinstance(network, FineTunable)
            with devices.scope():
                for layered in feature.host[len(before.host) : -1]:
                    tensor = layered.to_layer()(tensor)
                networks[feature.name] = network.unfrozen(plan.depth)
                tensor = networks[feature.name](tensor)
            names.rename(tensor, prefix=feature.name)  # two networks of one kind have one name, which no model may have
        features.append(before)
        fed[feature.name] = tensor
    with training_in(precision):  # Keras scales the loss of a model in half precision
        whole = keras.Model(inputs=inputs, outputs=dict(compiled.model(fed)), name=compiled.model.name)
        trained = whole
        if compiled.training_model is not compiled.model:
            apart = compiled.training_model(fed)
            trained = keras.Model(inputs=inputs, outputs=dict(apart), name=compiled.training_model.name)
    return SecondPhase(
        compiled=CompiledGraph(
            model=whole,
            features=tuple(features),
            training=_merged_training(compiled.training, plans),
            training_model=trained,
            members=compiled.members,
            learning_rate_factors=_learning_rate_factors(trained, plans, networks, compiled),
        ),
        epochs=max(plan.epochs for plan in plans.values()),
        first=compiled,
        networks=networks,
        plans=plans,
        devices=devices,
    )


def _merged_training(training: TrainingConfiguration, plans: Mapping[str, FineTuning]) -> TrainingConfiguration:
    """Return how to train several networks at once: as carefully as the most careful plan asks.

    The schedule is the first plan's.
    """
    weight_decay = min(plan.weight_decay for plan in plans.values())
    return attrs.evolve(
        training,
        optimizer="adamw" if weight_decay else "adam",
        weight_decay=weight_decay,
        schedule=next(iter(plans.values())).schedule,
        learning_rate=min(plan.learning_rate for plan in plans.values()),
        batch_size=min(training.batch_size, *(plan.batch_size for plan in plans.values())),
    )


def _learning_rate_factors(
    model: keras.Model,
    plans: Mapping[str, FineTuning],
    networks: Mapping[str, keras.Model],
    compiled: CompiledGraph,
) -> tuple[float, ...]:
    """Return what the learning rate is multiplied by, for each trainable variable; nothing if it is 1 for all.

    Those of batch normalization are not among them: they will not be trained, see `SecondPhase.freeze_statistics`.
    """
    factors: dict[int, float] = {}
    for feature in compiled.features:
        plan = plans.get(feature.name)
        if plan is None or plan.layer_decay == 1.0 or not isinstance(feature.host[-1], HasLayerGroups):
            continue
        groups = feature.host[-1].layer_groups(networks[feature.name])
        for below, group in enumerate(reversed(groups), start=1):
            factors |= dict.fromkeys(map(id, group), plan.layer_decay**below)
    if not factors:
        return ()
    frozen = {id(variable) for layer in _trained_statistics(compiled.model) for variable in layer.trainable_variables}
    trained = (variable for variable in model.trainable_variables if id(variable) not in frozen)
    return tuple(factors.get(id(variable), 1.0) for variable in trained)


def _trained_statistics(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Return the batch normalization of a model that is trained."""
    return [
        layer for layer in all_layers(model) if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]


def _before_the_network(feature: Feature) -> Feature:
    """Return the feature whose rows the whole model takes: up to the last preprocessor that must stay outside it."""
    length = len(feature.host) - 1
    while length > 0 and feature.host[length - 1].in_model:
        length -= 1
    return attrs.evolve(feature, host=feature.host[:length], keys=feature.keys[:length])
