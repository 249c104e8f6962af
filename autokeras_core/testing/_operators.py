"""The steps of checking a block or head: configuration, building, training, effects, files."""

from __future__ import annotations

import json
import math
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np

from autokeras_core.builtin.heads import RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.compiler import CompiledGraph, compile_training
from autokeras_core.errors import ExportWarning, GraphError
from autokeras_core.graph.graph import BlockVertex, Graph, InputVertex, Source
from autokeras_core.graph.operator import Block, Head, Operator
from autokeras_core.graph.serialization import graph_from_json, graph_to_json
from autokeras_core.registry import get_registry
from autokeras_core.search.domains import Float, Int
from autokeras_core.search.space import Configuration, Space
from autokeras_core.search.values import Value
from autokeras_core.testing._builds import Bench, canonical
from autokeras_core.testing._compare import difference, is_close, is_equal, outputs_of
from autokeras_core.testing._failures import CheckError, require

if TYPE_CHECKING:
    from autokeras_core.data.profile import TargetProfile

__all__ = [
    "check_builds",
    "check_config",
    "check_decodes",
    "check_effects",
    "check_files",
    "check_trains",
]

Array: TypeAlias = np.ndarray[Any, Any]

_STEPS = 3
_VALUES_TO_TRY = 6


def check_config(operator: Block, where: str) -> None:
    """An operator must come back from its configuration, as it does when a graph is saved and loaded.

    What it holds may be operators, too: a graph's file has them with their classes.
    """
    registry = get_registry()
    graph = _graph_of(operator)
    own = [cls for cls in _classes_in(operator) if registry.full_name_of(cls) is None]
    try:
        data = json.loads(json.dumps(graph_to_json(graph, registry)))
        loaded = graph_from_json(data, registry, custom_blocks=own)
        written = graph_to_json(loaded, registry)
    except GraphError as error:
        message = f"{where} does not come back from its configuration. Received: {type(error).__name__}: {error}"
        raise CheckError(message) from error
    config, again = data["blocks"][0]["config"], written["blocks"][0]["config"]
    require(
        json.dumps(again, sort_keys=True) == json.dumps(config, sort_keys=True)
        and loaded.blocks[0].operator.search_space() == operator.search_space(),
        f"{where} does not come back from its configuration.",
        expected=f"{config!r}",
        received=f"{again!r}",
        advice="Pass every constructor argument on to super().__init__().",
    )


def _graph_of(operator: Block) -> Graph:
    """Return a graph with an operator in it, and besides it only what the core registers."""
    block = BlockVertex(name="block", operator=operator, sources=(Source("input", "input"),))
    head = BlockVertex(name="head", operator=RegressionHead(), sources=(Source("block", "block"),))
    blocks = (block,) if block.is_head else (block, head)
    start = InputVertex(name="input", operator=ArrayInput())
    return Graph(inputs=(start,), blocks=blocks, heads=(blocks[-1].name,))


def _classes_in(value: object) -> set[type[Operator]]:
    """Return the classes of an operator and of all that are in its configuration."""
    if isinstance(value, Operator):
        return {type(value)} | _classes_in(value.get_config())
    items: Iterable[object] = ()
    if isinstance(value, Mapping):
        items = value.values()
    elif isinstance(value, (list, tuple)):
        items = value
    return {cls for item in items for cls in _classes_in(item)}


def check_builds(bench: Bench, where: str) -> CompiledGraph:
    """The default configuration must build, the same way twice; return it."""
    configuration = bench.space.defaults()
    compiled, again = bench.build(configuration), bench.build(configuration)
    require(
        canonical(compiled) == canonical(again)
        and all(
            np.array_equal(one, other)
            for one, other in zip(compiled.model.get_weights(), again.model.get_weights(), strict=True)
        ),
        f"{where} builds something else the second time.",
        expected="equal layers and equal initial weights for equal configuration and seed",
        received="a difference",
        advice="Take random numbers from hp.seed, and keep nothing in the block.",
    )
    return compiled


def check_trains(bench: Bench, compiled: CompiledGraph, targets: Array, where: str) -> None:
    """A few steps must give finite numbers, and change every trainable weight."""
    compile_training(compiled, bench.graph, bench.full(bench.space.defaults()), bench.profile)
    model = compiled.training_model
    before = [keras.ops.convert_to_numpy(variable) for variable in model.trainable_variables]
    # Several steps: a block may start as the identity (a scale of 0), and what lies behind it gets no gradient at first.
    history = model.fit(
        bench.features(compiled),
        {bench.graph.heads[0]: targets},
        batch_size=len(targets),
        epochs=_STEPS,
        verbose=0,
    )
    losses = history.history["loss"]
    finite = all(np.all(np.isfinite(weight)) for weight in model.get_weights() if weight.dtype.kind == "f")
    require(
        finite and all(math.isfinite(loss) for loss in losses),
        f"{where} does not train.",
        expected="finite losses and weights",
        received=f"loss={losses}, weights {'finite' if finite else 'with NaN or infinite values'}",
    )
    untrained = [
        variable.path
        for variable, weight in zip(model.trainable_variables, before, strict=True)
        if np.array_equal(keras.ops.convert_to_numpy(variable), weight)
    ]
    require(
        not untrained,
        f"{where} has weights that nothing trains.",
        expected="a gradient for every trainable weight",
        received=f"none for {untrained}",
        advice="Use every layer's output, or set trainable=False.",
    )


def check_effects(bench: Bench, where: str, signature: Callable[[Configuration], str]) -> None:
    """Every hyperparameter that can be tuned must change something."""
    space = bench.space
    dead = []
    for name in space:
        if space[name].size <= 1:
            continue
        base = _activating(space, name)
        if base is None:
            dead.append(f"{name} (its condition never holds)")
            continue
        reference = signature(base)
        others = [value for value in _some_values(space, name) if value != base[name]][:_VALUES_TO_TRY]
        if all(signature(space.complete({**base, name: value})) == reference for value in others):
            dead.append(name)
    require(
        not dead,
        f"{where} has dead hyperparameters: {', '.join(dead)}.",
        expected="two values of each to give different layers, weights or preprocessing",
        received="the same model for every value that was tried",
        advice="Use hp[name] in build(), or take it out of the space.",
    )


def _activating(space: Space, name: str) -> Configuration | None:
    """Return a configuration near the defaults in which a hyperparameter is active."""
    wanted: dict[str, Value] = {}
    pending = [name]
    while pending:
        for parent, allowed in space[pending.pop()].when:
            default = space[parent].default
            wanted.setdefault(parent, default if default in allowed else allowed[0])
            pending.append(parent)
    configuration = space.complete(wanted)
    return configuration if name in configuration else None


def _some_values(space: Space, name: str) -> list[Value]:
    domain = space[name]
    if isinstance(domain, (Int, Float)) and domain.size > _VALUES_TO_TRY:
        return [domain.high, domain.low]
    return list(domain.grid())


def check_files(bench: Bench, compiled: CompiledGraph, where: str, tolerance: float) -> None:
    """The model, and the exported one, must predict the same after saving and loading."""
    model = compiled.model
    expected = model.predict(bench.features(compiled), verbose=0)[bench.graph.heads[0]]
    bundle = ModelBundle.from_compiled(compiled, graph=bench.graph, profile=bench.profile)
    kinds: list[tuple[str, Callable[[], keras.Model], Any]] = [
        ("model", lambda: bundle.model, bench.features(compiled)),
        ("exported model", lambda: _exported(bundle), bench.exported_rows(bundle.features)),
    ]
    for what, made, rows in kinds:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            try:
                made().save(path)
                loaded = keras.models.load_model(path, safe_mode=True)
            except Exception as error:
                message = (
                    f"{where} does not survive .keras: its {what} could not be saved and loaded. "
                    f"Received: {type(error).__name__}: {error}. Use Keras's own layers and keras.ops, no Lambda."
                )
                raise CheckError(message) from error
            outputs = outputs_of(loaded, rows)
        require(
            is_close(outputs, expected, tolerance),
            f"{where} does not survive .keras: its {what} predicts something else after loading.",
            expected=f"differences up to {tolerance:g}",
            received=difference(outputs, expected),
            advice="A layer that keeps state outside its weights, or draws at inference, does this.",
        )


def _exported(bundle: ModelBundle) -> keras.Model:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExportWarning)
        return bundle.to_keras_model()


def check_decodes(head: Head, target: TargetProfile, raw: Array, targets: Array, where: str) -> None:
    """Perfect outputs must give the labels back."""
    perfect = np.asarray(targets)
    if target.is_classification and perfect.ndim == 1:  # class numbers for a sparse loss
        perfect = np.eye(target.outputs)[perfect]
    decoded = head.decode(perfect.astype("float32"), target)
    same = (
        is_equal(decoded, raw)
        if target.is_classification
        else is_close(decoded, raw.astype("float64"), 1e-4 * (1 + float(np.abs(raw.astype("float64")).max())))
    )
    require(
        same and decoded.shape == raw.shape and (not target.is_classification or decoded.dtype == raw.dtype),
        f"{where} does not give labels back as they were.",
        expected=f"{raw[:3]!r}, dtype {raw.dtype}, shape {raw.shape}",
        received=f"{decoded[:3]!r}, dtype {decoded.dtype}, shape {decoded.shape}",
    )
