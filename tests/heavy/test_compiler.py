"""From a graph and a configuration to a Keras model: streams, names, losses, spaces found by a dry build."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.builtin.merge import Merge
from autokeras_core.engine.compiler import compile_training, tensor_dtype
from autokeras_core.engine.discovery import discover_space
from autokeras_core.engine.finetuning import wants_second_phase
from autokeras_core.engine.pipeline import class_in_graph
from autokeras_core.errors import GraphError
from autokeras_core.graph.cost import network_cost
from autokeras_core.graph.operator import Block, Preprocessor, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.registry import get_registry
from autokeras_core.search.domains import Boolean, Choice, Int
from tests.heavy.engine_doubles import TRAIN, AskingBlock, Center, CenterInModel, Wants, make_case


def test_the_model_takes_features_and_returns_heads_by_name() -> None:
    """Dict in, dict out; the output layer carries the head's name."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(start)))

    model = case.compiled().model

    assert list(model.input) == ["array"]
    assert list(model.output) == ["classification"]
    assert model.get_layer("classification").output is model.output["classification"]


def test_layer_names_follow_from_the_graph() -> None:
    """Two builds in one process have the same names, each under its block's."""
    start = ArrayInput()
    case = make_case(
        start, ClassificationHead()(DenseBlock(name="body")(Wants(CenterInModel(), CenterInModel())(start)))
    )

    names = [[layer.name for layer in case.compiled().model.layers] for _ in range(2)]

    assert names[0] == names[1]
    assert names[0][:3] == ["array", "array_rescaling", "array_rescaling_2"]
    assert all(name.startswith(("array", "body_", "classification")) for name in names[0])


def test_the_same_seed_gives_the_same_model_and_another_seed_another() -> None:
    """Initial weights follow from the seed alone."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(start)))

    first, again, other = (case.compiled(seed=seed).model.get_weights() for seed in (0, 0, 1))

    assert all(np.array_equal(left, right) for left, right in zip(first, again, strict=True))
    assert not all(np.array_equal(left, right) for left, right in zip(first, other, strict=True))


class Drawing(Center):
    """Draws random numbers in all that is done once for all trials, as Keras does where a network is built."""

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Draw, and learn."""
        draw()
        super().fit(data)

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Draw, and centre."""
        draw()
        return super().transform(batch)

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Draw, and take the mean."""
        draw()
        super().set_state(state)


def draw() -> None:
    """Draw from the global generators of Python, NumPy and Keras."""
    random.random()
    np.random.random()
    keras.random.uniform(())


def test_initial_weights_do_not_depend_on_who_gets_preprocessors_ready(tmp_path: Path) -> None:
    """They are fitted now, are ready, or take over what another process has learned: the seed alone counts."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(Wants(Drawing())(start))))
    fitting, taking_over = (attrs.evolve(case, store=copy.copy(case.store)) for _ in range(2))
    for each in (fitting, taking_over):
        each.store.share_in(tmp_path)

    fitted, ready, taken_over = (each.compiled().model.get_weights() for each in (fitting, fitting, taking_over))

    assert (fitting.store.fits, taking_over.store.fits) == (1, 0)
    for here, there, elsewhere in zip(fitted, ready, taken_over, strict=True):
        np.testing.assert_array_equal(here, there)
        np.testing.assert_array_equal(here, elsewhere)


def test_an_in_model_preprocessor_becomes_a_layer_and_one_outside_does_not() -> None:
    """The first works inside on raw rows, the second before the model."""
    start = ArrayInput()
    inside = make_case(start, ClassificationHead()(DenseBlock()(Wants(CenterInModel(2.0))(start)))).compiled()
    start = ArrayInput()
    outside = make_case(start, ClassificationHead()(DenseBlock()(Wants(Center(2.0))(start)))).compiled()

    assert [len(compiled.features[0].host) for compiled in (inside, outside)] == [0, 1]
    assert any(isinstance(layer, keras.layers.Rescaling) for layer in inside.model.layers)
    assert not any(isinstance(layer, keras.layers.Rescaling) for layer in outside.model.layers)


def test_a_build_sees_the_fitted_preprocessors_before_it() -> None:
    """The view of a block behind one input holds them, fitted, its own last; that of a block further behind none."""
    seen: dict[str, Any] = {}

    class Looking(DenseBlock):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            seen[hp.path] = hp.preprocessors
            return super().build(hp, inputs)

    start = ArrayInput()
    first = Looking(name="first")(Wants(Center(2.0))(start))
    case = make_case(start, ClassificationHead()(Looking(name="second")(first)))

    compiled = case.compiled()

    assert [type(each) for each in seen["first"]] == [Center]
    assert seen["first"][-1] is compiled.features[0].host[-1]
    assert seen["second"] == ()


class Told(Block):
    """Notes what each of its methods is told of the data: of which inputs, and which one the block stands behind."""

    def __init__(self, *, name: str | None = None) -> None:
        super().__init__(name=name)
        self.told: dict[str, set[tuple[tuple[str, ...], str | None]]] = {}

    def preprocessors(self, hp: HyperparameterView) -> list[Preprocessor]:
        """Want none."""
        self._note("preprocessors", hp)
        return []

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the input."""
        self._note("build", hp)
        return inputs

    def members(self, hp: HyperparameterView) -> None:
        """Have none."""
        self._note("members", hp)

    def cost(self, hp: HyperparameterView) -> None:
        """Know none."""
        self._note("cost", hp)

    def fine_tuning(self, hp: HyperparameterView) -> None:
        """Want none."""
        self._note("fine_tuning", hp)

    def _note(self, method: str, hp: HyperparameterView) -> None:
        assert hp.profile is not None
        self.told.setdefault(method, set()).add((tuple(hp.profile.inputs), hp.input_name))


def test_all_methods_of_a_block_are_told_of_the_same_data() -> None:
    """Of the input that it stands behind, not of one in another branch."""
    rows, others, block = ArrayInput(name="rows"), ArrayInput(name="others"), Told()
    case = make_case([rows, others], ClassificationHead()(Merge()([block(rows), others])))
    graph, configuration, profile = case.graph, case.configuration, case.profile

    case.compiled()
    network_cost(graph, configuration, profile)
    wants_second_phase(graph, configuration, profile)
    class_in_graph(
        "Unknown", "rows", graph=graph, configuration=configuration, profile=profile, registry=get_registry()
    )

    methods = ("preprocessors", "build", "members", "cost", "fine_tuning")
    assert block.told == {method: {(("rows",), "rows")} for method in methods}


def test_two_branches_of_one_input_share_what_they_have_in_common() -> None:
    """The same preprocessing is one layer; other host preprocessing is another model input."""
    start = ArrayInput()
    shared = Wants(CenterInModel())(start)
    branches = [DenseBlock()(shared), DenseBlock()(shared), DenseBlock()(Wants(Center())(start))]
    case = make_case(start, ClassificationHead()(Merge()(branches)))

    compiled = case.compiled()

    assert [feature.name for feature in compiled.features] == ["array", "array_2"]
    assert sum(isinstance(layer, keras.layers.Rescaling) for layer in compiled.model.layers) == 1
    assert set(case.store.features(compiled.features, "validation")) == {"array", "array_2"}


def test_a_training_step_is_traced_once() -> None:
    """The optimizer's variables are there before the first step: TensorFlow traces a step that makes some twice."""
    traces: list[int] = []

    class Counting(keras.layers.Layer):
        def call(self, inputs: Tensor) -> Tensor:
            traces.append(1)
            return inputs

    class CountingBlock(DenseBlock):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return super().build(hp, Counting()(inputs))

    start = ArrayInput()
    case = make_case(start, ClassificationHead()(CountingBlock()(start)))
    compiled = case.compiled()
    traces.clear()

    case.trained(compiled)

    assert len(traces) == 2, "one for training, one for validation"


def test_a_single_heads_metrics_have_plain_names_in_the_log() -> None:
    """`val_accuracy`, not `val_classification_accuracy`."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(start)))

    log = case.trained(case.compiled())

    assert set(log) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_several_heads_metrics_have_the_heads_names_before_them() -> None:
    """And the loss is the sum of the heads' losses in units of a guess, even where a head is called like an input."""
    start = ArrayInput()
    body = DenseBlock()(start)
    case = make_case(start, [ClassificationHead()(body), RegressionHead(name="array")(body)])

    log = case.trained(case.compiled())

    assert {"val_loss", "val_classification_accuracy", "val_array_loss", "val_array_mae"} <= set(log)
    expected = log["val_classification_loss"][0] / np.log(2) + log["val_array_loss"][0]  # two classes of equal size
    assert log["val_loss"][0] == pytest.approx(expected, rel=1e-3)


def test_sample_weights_count_in_loss_and_metrics() -> None:
    """A row of weight 0 might as well not be there."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead(label_smoothing=0.0)(DenseBlock()(start)))
    compiled = case.compiled()
    compile_training(compiled, case.graph, case.configuration, case.profile)
    rows = case.store.features(compiled.features, "train")["array"]
    targets = case.targets["classification"][:TRAIN]
    half = np.arange(TRAIN) < TRAIN // 2

    weighted = compiled.model.evaluate(
        {"array": rows}, {"classification": targets}, sample_weight=2.0 * half, verbose=0, return_dict=True
    )
    alone = compiled.model.evaluate(
        {"array": rows[half]}, {"classification": targets[half]}, verbose=0, return_dict=True
    )

    assert weighted == pytest.approx(alone, rel=1e-5)


def test_a_block_that_fails_to_build_is_named_and_the_cause_kept() -> None:
    """So a user knows which of many blocks it was."""

    class Fails(Block):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            message = "too small"
            raise ValueError(message)

    start = ArrayInput()

    with pytest.raises(GraphError, match=r"'fails' \(Fails\) could not be built.*ValueError: too small") as caught:
        make_case(start, ClassificationHead()(Fails()(start)))
    assert isinstance(caught.value.__cause__, ValueError)


def test_a_block_that_returns_no_tensor_is_named() -> None:
    """A forgotten `return` is told as such."""

    class Forgets(Block):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            keras.layers.Dense(3)(inputs)

    start = ArrayInput()

    with pytest.raises(GraphError, match=r"'forgets' \(Forgets\) returned no tensor.*Received: None"):
        make_case(start, ClassificationHead()(Forgets()(start)))


def test_preprocessors_behind_no_single_input_are_an_error() -> None:
    """Behind a block with layers there are no raw rows to fit on."""
    start = ArrayInput()

    with pytest.raises(GraphError, match=r"'wants' wants preprocessors where there can be none.*\['Center'\]"):
        make_case(start, ClassificationHead()(Wants(Center())(DenseBlock()(start))))


def test_a_dry_build_finds_what_a_block_of_ones_own_asks_for() -> None:
    """Its hyperparameters stand behind the declared ones and take effect."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(AskingBlock()(start)))

    space = discover_space(case.graph, case.profile, case.store)

    assert list(space)[-2:] == ["asking/units", "asking/deeper"]
    assert (space["asking/units"], space["asking/deeper"]) == (Int(4, 8), Boolean())
    assert len(case.compiled(asking__deeper=True).model.layers) == len(case.compiled().model.layers) + 1


def test_arguments_fix_or_narrow_what_a_dry_build_finds() -> None:
    """As they do for a declared space."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(AskingBlock(units=Choice([4, 6]), deeper=True)(start)))

    space = discover_space(case.graph, case.profile, case.store)

    assert space["asking/units"] == Choice([4, 6])
    assert space["asking/deeper"].size == 1
    assert space.defaults()["asking/deeper"] is True


def test_an_argument_that_a_block_does_not_ask_for_is_an_error_with_a_suggestion() -> None:
    """A typo must not be ignored."""
    start = ArrayInput()

    with pytest.raises(GraphError, match=r"'asking'.*does not ask for.*Did you mean 'units'\?"):
        make_case(start, ClassificationHead()(AskingBlock(unit=5)(start)))


def test_an_argument_that_a_constructor_names_is_a_setting() -> None:
    """It need not be a hyperparameter."""

    class Scaled(AskingBlock):
        def __init__(self, *, strength: float, name: str | None = None) -> None:
            super().__init__(name=name, strength=strength)

    start = ArrayInput()

    case = make_case(start, ClassificationHead()(Scaled(strength=2.0)(start)))

    assert "scaled/units" in case.configuration


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("float64", "float32"), ("float16", "float32"), ("uint8", "uint8"), ("<U7", "string"), ("object", "string")],
)
def test_model_inputs_have_a_dtype_that_keras_knows(dtype: str, expected: str) -> None:
    """Floats as float32, text as string, the rest as it is."""
    assert tensor_dtype(dtype) == expected


def test_operations_without_a_layer_are_named_after_their_block_too() -> None:
    """`keras.ops` functions are part of the model's names."""

    class Means(Block):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return keras.ops.add(inputs, keras.ops.mean(inputs, axis=-1, keepdims=True))

    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Means()(start)))

    operations: list[Any] = case.compiled().model.operations

    assert {"means_mean", "means_add"} <= {operation.name for operation in operations}
    assert not any(re.search(r"_\d+$", operation.name) for operation in operations)
