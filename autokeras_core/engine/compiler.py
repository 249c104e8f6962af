"""From a graph and a configuration to a Keras model: preprocessors, layers, losses, metrics and the optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import keras

from autokeras_core.engine._compile_errors import (
    block_failed,
    layer_failed,
    model_failed,
    no_place_for_preprocessors,
    no_tensor,
)
from autokeras_core.engine._layer_names import LayerNames
from autokeras_core.engine.devices import ONE_DEVICE, Devices
from autokeras_core.engine.features import Feature, FeatureStore, Stream
from autokeras_core.engine.losses import LossPhases, loss_factors, training_losses
from autokeras_core.engine.members import (
    MemberLoss,
    MemberOutput,
    check_members,
    mean_over_members,
    metric_of_mean,
)
from autokeras_core.engine.precision import Precision, training_in
from autokeras_core.engine.preparation import head_of
from autokeras_core.engine.randomness import seeded
from autokeras_core.engine.training import TrainingConfiguration, make_optimizer
from autokeras_core.graph.operator import Head, Tensor
from autokeras_core.graph.seeds import derive_seed
from autokeras_core.search.values import Value

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile
    from autokeras_core.graph.graph import BlockVertex, Graph, Source
    from autokeras_core.graph.operator import Block, Preprocessor
    from autokeras_core.graph.view import HyperparameterView, SpaceRecorder

__all__ = ["CompiledGraph", "compile_graph", "compile_training", "tensor_dtype"]

_Result: TypeAlias = "Stream | Tensor"


@attrs.frozen(kw_only=True)
class CompiledGraph:
    """A graph built for one configuration.

    Attributes:
        model: The Keras model. It takes a dict of features by name, and returns a dict of tensors by head; the
            output layers carry the heads' names.
        features: What the model takes, and which preprocessors lie between the raw rows and it.
        training: How to train it.
        training_model: The model to train and to validate, of the same layers. It is `model` itself unless a head
            predicts once for each of several members: here they are apart while training, see `engine.members`.
        members: How many members a head predicts for, by head; heads without are not in it.
        learning_rate_factors: What the learning rate is multiplied by, for each trainable variable of
            `training_model`; empty if it is the same for all.
        feature_names: By block that brings preprocessors outside the model, the name of the feature that the last of
            them computes.
    """

    model: keras.Model
    features: tuple[Feature, ...]
    training: TrainingConfiguration
    training_model: keras.Model = attrs.field()
    members: Mapping[str, int] = attrs.field(factory=dict)
    learning_rate_factors: tuple[float, ...] = ()
    feature_names: Mapping[str, str] = attrs.field(factory=dict)

    @training_model.default
    def _training_model(self) -> keras.Model:
        return self.model


def compile_graph(
    graph: Graph,
    configuration: Mapping[str, Value],
    profile: DataProfile,
    store: FeatureStore,
    *,
    seed: int,
    precision: Precision = "float32",
    devices: Devices = ONE_DEVICE,
    recorders: Mapping[str, SpaceRecorder] | None = None,
) -> CompiledGraph:
    """Build the model of a configuration; preprocessors are fitted on training rows where they have not been yet.

    Args:
        graph: The graph.
        configuration: The values of all active hyperparameters, by path.
        profile: What analysis found out about the data.
        store: Fits preprocessors, and keeps what they compute.
        seed: Makes the initial weights, and whatever blocks draw, repeatable.
        precision: What the blocks' layers compute in. Preprocessors and heads' outputs stay in single precision.
        devices: Where the layers' variables are.
        recorders: By name of a block, who takes note of the hyperparameters that its `build` asks for.

    Returns:
        The model, not compiled with a loss yet: see `compile_training`.

    Raises:
        GraphError: If a block cannot be built (the cause is kept), or wants preprocessors where none can be.

    Example:
        ```python
        compiled = compile_graph(graph, space.defaults(), profile, store, seed=0)
        compile_training(compiled, graph, space.defaults(), profile)
        compiled.training_model.fit(store.features(compiled.features, "train"), targets)
        ```
    """
    input_names = [vertex.name for vertex in graph.inputs]
    compilation = _Compilation(
        store=store,
        input_names=frozenset(input_names),
        names=LayerNames([*input_names, *graph.heads]),
        precision=precision,
        devices=devices,
    )
    views = graph.views(configuration, profile)
    results: dict[tuple[str, str], _Result] = {("input", name): store.stream(name) for name in input_names}
    with seeded(seed):
        for vertex in graph.blocks:
            view = attrs.evolve(
                views[vertex.name],
                recorder=(recorders or {}).get(vertex.name),
                seed=derive_seed(seed, vertex.name),
            )
            sources = [results[_place(source)] for source in vertex.sources]
            sources = compilation.preprocess(vertex, view, sources)
            if vertex.operator.is_transparent and isinstance(sources[0], Stream) and len(sources) == 1:
                results["block", vertex.name] = sources[0]
                continue
            view = attrs.evolve(
                view, members=compilation.members_for(vertex), preprocessors=_fitted_preprocessors(sources)
            )
            tensors = [
                compilation.tensor(each) if isinstance(each, Stream) else compilation.merged(source, each, view)
                for source, each in zip(vertex.sources, sources, strict=True)
            ]
            output = compilation.build(vertex, view, tensors)
            if vertex.is_head:
                output = compilation.head_output(vertex, view, output)
            else:
                compilation.note_members(vertex, view, output)
            compilation.names.rename(output, prefix=vertex.name)
            results["block", vertex.name] = output
        outputs = {name: results["block", name] for name in graph.heads}
        model = compilation.model(outputs)
        training_model = compilation.training_model(model, outputs)
    return CompiledGraph(
        model=model,
        features=tuple(compilation.features.values()),
        training=TrainingConfiguration.from_configuration(configuration),
        training_model=training_model,
        members={name: output.shape[1] for name, output in compilation.member_outputs.items()},
        feature_names=compilation.feature_names(),
    )


def compile_training(
    compiled: CompiledGraph,
    graph: Graph,
    configuration: Mapping[str, Value],
    profile: DataProfile,
    *,
    steps_per_execution: int = 1,
) -> LossPhases:
    """Give the model that trains a compiled graph (`training_model`) its optimizer, losses and metrics.

    The losses of several heads are made comparable and added up, see `engine.losses`. In the training log a single head's
    metrics have their plain names (`accuracy`, `val_accuracy`); with several heads a head's name stands before them
    (`price_mae`, `val_price_loss`), and `loss` is the sum. Sample weights count in the metrics too.

    Args:
        compiled: The model to prepare; it is changed in place.
        graph: The graph, for its heads.
        configuration: The configuration it was built from.
        profile: What the heads' targets are.
        steps_per_execution: How many training steps run in one call.

    Returns:
        A callback to train with: losses then are those to report where rows are validated.
    """
    plain = training_losses(graph, configuration, profile)
    losses: dict[str, Any] = {}
    metrics: dict[str, list[Any]] = {}
    for name in graph.heads:
        losses[name] = plain[name]
        metrics[name] = head_of(graph, name).metrics(profile.targets[name])
        if name in compiled.members:
            losses[name] = MemberLoss(losses[name])
            metrics[name] = [metric_of_mean(metric) for metric in metrics[name]]
    model = compiled.training_model
    model.compile(
        optimizer=make_optimizer(
            compiled.training, variables=model.trainable_variables, factors=compiled.learning_rate_factors
        ),
        loss=losses,
        loss_weights=loss_factors(graph, profile) if len(graph.heads) > 1 else None,
        weighted_metrics=metrics,
        jit_compile=False,  # on a CPU small convolutional networks are many times slower; on a GPU see `engine.acceleration`
        steps_per_execution=steps_per_execution,
    )
    # If the first training step had to make the optimizer's variables, TensorFlow would trace the step twice.
    model.optimizer.build(model.trainable_variables)
    return LossPhases(plain.values())


def _fitted_preprocessors(sources: Sequence[_Result]) -> tuple[Preprocessor, ...]:
    return sources[0].preprocessors if len(sources) == 1 and isinstance(sources[0], Stream) else ()


@attrs.define(kw_only=True)
class _Compilation:
    """What grows while the blocks of one graph are built in topological order."""

    store: FeatureStore
    input_names: frozenset[str]
    names: LayerNames
    precision: Precision
    devices: Devices
    features: dict[str, Feature] = attrs.field(factory=dict)
    hosts: dict[str, str] = attrs.field(factory=dict)
    inputs: dict[str, Tensor] = attrs.field(factory=dict)
    tensors: dict[str, Tensor] = attrs.field(factory=dict)
    members: dict[str, int] = attrs.field(factory=dict)
    means: dict[str, Tensor] = attrs.field(factory=dict)
    member_outputs: dict[str, Tensor] = attrs.field(factory=dict)

    def preprocess(self, vertex: BlockVertex, view: HyperparameterView, sources: list[_Result]) -> list[_Result]:
        """Return a block's sources after the preprocessors that it wants."""
        block: Block = vertex.operator
        try:
            wanted: list[Preprocessor] = list(block.preprocessors(view))
        except Exception as error:
            raise block_failed(vertex, "did not name its preprocessors", error) from error
        if not wanted:
            return sources
        if len(sources) != 1 or not isinstance(sources[0], Stream):
            raise no_place_for_preprocessors(vertex, wanted)
        try:
            stream = self.store.with_defaults(sources[0]) if _comes_after_defaults(wanted[0]) else sources[0]
            extended = self.store.extend(stream, wanted)
        except Exception as error:
            raise block_failed(vertex, "could not get its preprocessors ready", error) from error
        if not all(each.in_model for each in wanted):
            self.hosts[vertex.name] = extended.head(extended.host_length).key
        return [extended]

    def feature_names(self) -> dict[str, str]:
        """Return the names of the features that blocks' own preprocessors compute, by block."""
        return {block: self.features[key].name for block, key in self.hosts.items() if key in self.features}

    def tensor(self, stream: Stream) -> Tensor:
        """Return the tensor at the end of a stream: a model input, then the in-model preprocessors' layers."""
        stream = self.store.with_defaults(stream)
        length = stream.host_length
        tensor = self._input(stream.head(length))
        for index in range(length, len(stream.preprocessors)):
            key = stream.keys[index]
            if key not in self.tensors:
                with self.devices.scope():
                    layer = _layer(stream.preprocessors[index], stream.input_name)
                    self.tensors[key] = layer(tensor)
                self.names.rename(self.tensors[key], prefix=stream.input_name)
            tensor = self.tensors[key]
        return tensor

    def _input(self, host: Stream) -> Tensor:
        if host.key not in self.inputs:
            name = host.input_name
            if any(feature.name == name for feature in self.features.values()):
                name = self.names.unique(name)
            feature = Feature(name=name, input_name=host.input_name, host=host.preprocessors, keys=host.keys)
            shape, dtype = self.store.input_spec(feature)
            self.features[host.key] = feature
            self.inputs[host.key] = keras.Input(shape=shape, dtype=tensor_dtype(dtype), name=name)
            self.names.know(self.inputs[host.key])
        return self.inputs[host.key]

    def build(self, vertex: BlockVertex, view: HyperparameterView, tensors: list[Tensor]) -> Tensor:
        """Return a block's output tensor."""
        try:
            with training_in(self.precision), self.devices.scope():
                output = vertex.operator.build(view, tensors if vertex.is_list else tensors[0])
        except Exception as error:
            raise block_failed(vertex, "could not be built", error) from error
        if not isinstance(output, keras.KerasTensor):
            raise no_tensor(vertex, output)
        return output

    def members_for(self, vertex: BlockVertex) -> int | None:
        """Return for how many members a vertex is built: only a head right behind a block with members has any."""
        source = vertex.sources[0]
        takes_members = isinstance(vertex.operator, Head) and vertex.operator.takes_members and not vertex.is_list
        return self.members.get(source.name) if takes_members and source.kind == "block" else None

    def merged(self, source: Source, tensor: Tensor, view: HyperparameterView) -> Tensor:
        """Return what a block made as its consumer takes it: the mean over the members, but for a head that takes them."""
        if view.members is not None or source.kind != "block" or source.name not in self.members:
            return tensor
        if source.name not in self.means:
            self.means[source.name] = mean_over_members(tensor)
            self.names.rename(self.means[source.name], prefix=source.name)
        return self.means[source.name]

    def note_members(self, vertex: BlockVertex, view: HyperparameterView, output: Tensor) -> None:
        """Note how many members the output of a block has, if it has any."""
        try:
            members = vertex.operator.members(view)
        except Exception as error:
            raise block_failed(vertex, "did not name its number of members", error) from error
        if members is not None:
            check_members(members, output, where=f"The block {vertex.name!r} ({type(vertex.operator).__name__})")
            self.members[vertex.name] = members

    def head_output(self, vertex: BlockVertex, view: HyperparameterView, output: Tensor) -> Tensor:
        """Return a head's output as that of a layer with the head's name: the mean over the members if it has any."""
        if view.members is not None:
            check_members(view.members, output, where=f"The head {vertex.name!r} ({type(vertex.operator).__name__})")
            self.member_outputs[vertex.name] = output
            self.names.rename(output, prefix=vertex.name)
            output = mean_over_members(output)
        return self.named_output(vertex.name, output)

    def named_output(self, head: str, output: Tensor) -> Tensor:
        """Return a head's output as that of a layer with the head's name."""
        name = self.output_name(head)
        if not self.names.rename(output, prefix=head, last=name):  # the head returned what it was given
            output = keras.layers.Identity()(output)
            self.names.rename(output, prefix=head, last=name)
        return output

    def output_name(self, head: str) -> str:
        """Return a name for the layer of a head's output: the head's own, as far as that is free."""
        # An input may have the same name, and two layers of a model may not; Keras goes by the dict's keys then.
        return self.names.unique(f"{head}_output") if head in self.input_names else head

    def training_model(self, model: keras.Model, outputs: Mapping[str, Tensor]) -> keras.Model:
        """Return the model to train: one whose members are apart while training, if a head has any."""
        if not self.member_outputs:
            return model
        apart = {
            head: MemberOutput(name=self.output_name(head))(output) for head, output in self.member_outputs.items()
        }
        return self.model({**outputs, **apart})

    def model(self, outputs: Mapping[str, Tensor]) -> keras.Model:
        """Return the whole model."""
        inputs = {feature.name: self.inputs[key] for key, feature in self.features.items()}
        try:
            with training_in(self.precision):  # Keras scales the loss of a model in half precision
                return keras.Model(inputs=inputs, outputs=dict(outputs), name="model")
        except Exception as error:
            raise model_failed(error) from error


def tensor_dtype(dtype: str) -> str:
    """Return the Keras dtype of a model's input for rows of a NumPy dtype.

    All floating-point rows are float32: Keras converts them before a model sees them anyway. Text is `"string"`.

    Example:
        ```python
        tensor_dtype("float64")  # "float32"
        tensor_dtype("<U5")  # "string"
        ```
    """
    if dtype.startswith("float"):
        return "float32"
    return "string" if dtype.startswith(("str", "object", "<U", "|S", "bytes")) else dtype


def _comes_after_defaults(preprocessor: Preprocessor) -> bool:
    return bool(getattr(preprocessor, "after_defaults", False))


def _layer(preprocessor: Preprocessor, input_name: str) -> Any:
    try:
        return preprocessor.to_layer()
    except Exception as error:
        raise layer_failed(preprocessor, input_name, error) from error


def _place(source: Source) -> tuple[str, str]:
    return source.kind, source.name
