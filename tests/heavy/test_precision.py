"""Training in half precision: what computes in it, and that a trained model does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock, Normalization
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.compiler import compile_graph, compile_training
from autokeras_core.engine.context import Objective, TrialContext
from autokeras_core.engine.discovery import discover_space
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.precision import suited_precision, training_in
from autokeras_core.engine.preparation import prepare
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.engine.trial import BUNDLE_FOLDER, run_trial
from autokeras_core.graph.graph import Graph
from autokeras_core.registry import get_registry
from autokeras_core.search.records import TrialJob
from tests.heavy.engine_doubles import Silence, make_case
from tests.heavy.fine_tuned_networks import Projected


@pytest.fixture
def graph() -> Graph:
    """Return a small classifier."""
    rows = ArrayInput()
    output = ClassificationHead()(DenseBlock(num_layers=1, units=16)(Normalization()(rows)))
    return Graph.from_nodes([rows], [output])


@pytest.fixture
def data(graph: Graph) -> PreparedData:
    """Return rows whose class is easily told."""
    x = np.random.default_rng(0).normal(size=(200, 4)).astype("float32")
    return prepare(graph, x, (x[:, 0] > 0).astype("int64"), seed=0)


@pytest.fixture
def store(graph: Graph, data: PreparedData) -> FeatureStore:
    """Return the store of these rows."""
    inputs = {vertex.name: vertex.operator for vertex in graph.inputs}
    return FeatureStore(inputs, data.profile, data.train_inputs, data.validation_inputs, None)


def test_blocks_compute_in_half_precision_and_heads_do_not(
    graph: Graph, data: PreparedData, store: FeatureStore
) -> None:
    """Probabilities would lose digits that the loss needs; weights are kept exactly."""
    configuration = discover_space(graph, data.profile, store).defaults()

    compiled = compile_graph(graph, configuration, data.profile, store, seed=0, precision="mixed_float16")
    compile_training(compiled, graph, configuration, data.profile)

    computed_in = {layer.name: layer.compute_dtype for layer in compiled.model.layers if layer.weights}
    assert computed_in.pop("classification") == "float32"
    assert "float16" in computed_in.values()
    assert {variable.dtype for variable in compiled.model.trainable_variables} == {"float32"}
    assert isinstance(compiled.model.optimizer, keras.optimizers.LossScaleOptimizer)


def test_a_trial_in_half_precision_leaves_a_model_in_single_precision(
    graph: Graph, data: PreparedData, store: FeatureStore, tmp_path: Path
) -> None:
    """It learns, and what it learned is used as exactly on any machine."""
    context = TrialContext(
        graph=graph,
        profile=data.profile,
        store=store,
        train_targets=data.train_targets,
        validation_targets=data.validation_targets,
        train_weights=None,
        validation_weights=None,
        objective=Objective("val_accuracy", "max"),
        precision="mixed_float16",
    )
    job = TrialJob(
        trial_id="0",
        configuration=discover_space(graph, data.profile, store).defaults(),
        epochs=40,
        seed=0,
        seconds=None,
        directory=str(tmp_path),
    )

    outcome = run_trial(job, context, Silence())

    assert outcome.failure is None
    assert outcome.score is not None
    assert outcome.score > 0.8
    bundle = ModelBundle.load(tmp_path / BUNDLE_FOLDER, get_registry())
    assert {layer.compute_dtype for layer in bundle.model.layers if layer.weights} == {"float32"}
    outputs = bundle.predict_outputs(dict(data.validation_inputs))["classification"]
    hits = outputs.argmax(axis=1) == data.validation_targets["classification"].argmax(axis=1)
    assert np.mean(hits) == pytest.approx(outcome.score, abs=0.03)


def test_both_phases_of_fine_tuning_in_half_precision_scale_the_loss(tmp_path: Path) -> None:
    """Small gradients of the layers behind the network would become 0 otherwise."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Projected(depth="all")(start)))
    optimizers: list[type[Any]] = []

    class Noting(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            optimizers.append(type(self.model.optimizer))

    context = case.context(precision="mixed_float16", callbacks=[Noting()])
    job = TrialJob(
        trial_id="0", configuration=case.configuration, epochs=2, seed=0, seconds=None, directory=str(tmp_path)
    )

    outcome = run_trial(job, context, Silence())

    assert outcome.failure is None
    assert optimizers == [keras.optimizers.LossScaleOptimizer] * 2


def test_the_policy_is_put_back() -> None:
    """Even if building fails."""
    before = keras.config.dtype_policy()

    with pytest.raises(ValueError, match="no such layer"), training_in("mixed_float16"):
        raise ValueError("no such layer")

    assert keras.config.dtype_policy() is before


def test_a_machine_without_a_gpu_trains_in_single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processors compute half precision in software."""
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: [])

    assert suited_precision() == "float32"


@pytest.mark.parametrize(("capability", "expected"), [((8, 0), "mixed_float16"), ((6, 1), "float32")])
def test_a_gpu_with_tensor_cores_trains_in_half_precision(
    capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ones do not."""
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind: ["a GPU"])
    details = {"compute_capability": capability}
    monkeypatch.setattr("tensorflow.config.experimental.get_device_details", lambda device: details)

    assert suited_precision() == expected
