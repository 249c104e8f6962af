"""The core's own blocks: what they build, what each hyperparameter changes, and what they refuse."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.builtin import plugin
from autokeras_core.builtin._tensors import pooled
from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.builtin.merge import Merge
from autokeras_core.builtin.normalization import Normalization, Normalizer
from autokeras_core.builtin.reduction import Flatten, SpatialReduction, TemporalReduction
from autokeras_core.builtin.rnn import RNNBlock
from autokeras_core.errors import DataError, GraphError, NotFittedError
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.operator import Block, Preprocessor
from autokeras_core.graph.serialization import graph_from_json, graph_to_json
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.registry import get_registry
from autokeras_core.search.domains import Choice
from autokeras_core.testing import check_preprocessor

Shape = tuple[int | None, ...]
Array = np.ndarray[Any, Any]

INPUTS: dict[type[Block], list[Shape]] = {
    DenseBlock: [(6,)],
    Merge: [(5, 4, 3), (8,)],
    Flatten: [(4, 3)],
    SpatialReduction: [(4, 4, 3)],
    TemporalReduction: [(5, 3)],
    RNNBlock: [(5, 3)],
    Normalization: [(6,)],
}
"""For each block the shapes of inputs on which all its hyperparameters matter."""

BLOCKS = [pytest.param(block, id=block.__name__) for block in INPUTS]


def build(
    block: Block, shapes: Sequence[Shape], values: Mapping[str, Any] | None = None, *, dtype: str = "float32"
) -> keras.Model:
    """Return the model of a block on its own; hyperparameters without a value have their defaults."""
    inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
    view = HyperparameterView(values=block.search_space().complete(values or {}), seed=7)
    is_list = len(inputs) > 1
    outputs = block.build(view, inputs if is_list else inputs[0])
    return keras.Model(inputs if is_list else inputs[0], outputs)


def rows(shapes: Sequence[Shape]) -> Any:
    """Return four random rows for a model's inputs."""
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(4, *(3 if size is None else size for size in shape))) for shape in shapes]
    arrays = [array.astype("float32") for array in arrays]
    return arrays if len(arrays) > 1 else arrays[0]


def layers_of(model: keras.Model) -> str:
    """Return the layers and their arguments as text, without names: equal for models built alike."""
    described = []
    for layer in model.layers:
        config = layer.get_config()
        described.append([type(layer).__name__, _without_names(config), [list(w.shape) for w in layer.weights]])
    return json.dumps(described, default=str)


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_names(item) for key, item in value.items() if key not in ("name", "build_config")}
    return [_without_names(item) for item in value] if isinstance(value, list) else value


# What holds for every block


@pytest.mark.parametrize("block", [pytest.param(block, id=block.__name__) for block in INPUTS if block.space])
def test_every_hyperparameter_changes_the_built_model(block: Any) -> None:
    """No two values of a hyperparameter build the same layers."""
    for name, domain in block.space.items():
        built = [layers_of(build(block(), INPUTS[block], {name: value})) for value in domain.grid()]

        assert len(set(built)) == domain.size, name


@pytest.mark.parametrize("block", BLOCKS)
def test_the_constructor_names_and_documents_every_hyperparameter(block: Any) -> None:
    """What is searched is what is documented: keyword arguments, each with a line under `Args:`."""
    parameters = inspect.signature(block).parameters
    documented = inspect.getdoc(block) or ""

    assert set(block.space) <= set(parameters)
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters.values())
    assert all(f"    {name}: " in documented for name in parameters)
    assert all(section in documented for section in ("Input shape:", "Output shape:", "Example:"))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "float64"])
@pytest.mark.parametrize("block", [DenseBlock, Flatten, Merge, RNNBlock, SpatialReduction, TemporalReduction])
def test_a_block_takes_raw_numbers(block: Any, dtype: str) -> None:
    """A block may stand right behind an input of any number type."""
    model = build(block(), INPUTS[block], dtype=dtype)

    assert model.output.dtype in ("float32", "float64")


@pytest.mark.parametrize("block", [DenseBlock, Flatten, RNNBlock, SpatialReduction, TemporalReduction])
def test_a_block_for_one_tensor_refuses_a_list(block: Any) -> None:
    """The error names the block and says to merge."""
    with pytest.raises(GraphError, match=rf"{block.__name__}\(.*takes one tensor.*Merge\(\)"):
        build(block(), [(4, 3), (4, 3)])


@pytest.mark.parametrize("block", [DenseBlock, Merge, SpatialReduction])
def test_a_block_for_numbers_refuses_text(block: Any) -> None:
    """The error names the block and what it was given."""
    with pytest.raises(GraphError, match="no batch of numbers.*dtype string"):
        build(block(), [(3,)] * len(INPUTS[block]), dtype="string")


def test_everything_the_core_registers_is_there() -> None:
    """Every descriptor's class can be imported, has the descriptor's space, and is found again by its class."""
    registry = get_registry()
    for hook in (
        plugin.autokeras_register_blocks,
        plugin.autokeras_register_heads,
        plugin.autokeras_register_inputs,
        plugin.autokeras_register_preprocessors,
        plugin.autokeras_register_executors,
    ):
        specs: Any = hook()
        for spec in specs:
            loaded = registry.load(spec.kind, f"core:{spec.name}")

            assert registry.full_name_of(loaded) == f"core:{spec.name}"
            assert getattr(loaded, "space", None) == getattr(spec, "space", getattr(loaded, "space", None))


@pytest.mark.parametrize(
    ("shape", "dtype", "expected"),
    [((10, 3), "float32", ("array", 0.2)), ((10,), "float32", None), ((10, 3), "object", None), ((9, 2), "<U5", None)],
)
def test_the_array_input_claims_numbers_with_little_confidence(shape: Any, dtype: str, expected: Any) -> None:
    """Inputs that know more about data go first."""
    assert plugin.autokeras_match_input({"type": "ndarray", "shape": shape, "dtype": dtype}) == expected


def test_a_graph_of_all_blocks_survives_a_file() -> None:
    """The real registry writes and finds every block of the core."""
    vectors, series = ArrayInput(name="vectors"), ArrayInput(name="series")
    sequence = TemporalReduction(reduction_type="flatten")(
        RNNBlock(return_sequences=True, units=Choice([8, 16]))(series)
    )
    pictures = SpatialReduction()(series)
    joined = Merge()([DenseBlock(units=np.int64(24))(Normalization()(vectors)), sequence, pictures, Flatten()(series)])
    graph = Graph.from_nodes([vectors, series], [ClassificationHead()(joined)])

    data = json.loads(json.dumps(graph_to_json(graph, get_registry())))
    restored = graph_from_json(data, get_registry())

    assert graph_to_json(restored, get_registry()) == data
    assert restored.space() == graph.space()
    assert {block["type"] for block in data["blocks"]} == {
        *("core:dense", "core:normalization", "core:rnn", "core:temporal_reduction", "core:spatial_reduction"),
        *("core:merge", "core:flatten", "core:classification"),
    }


# Dense


def test_dense_flattens_higher_ranks() -> None:
    """`(batch, 4, 3)` counts as 12 features."""
    model = build(DenseBlock(num_layers=1, units=5), [(4, 3)])

    assert model.output.shape == (None, 5)
    assert model.count_params() == 12 * 5 + 5


def test_dense_takes_numpy_integers() -> None:
    """Keras refuses NumPy's integers; the block converts them."""
    model = build(DenseBlock(num_layers=np.int64(2), units=np.int32(10), dropout=np.float32(0.5)), [(6,)])

    assert model.output.shape == (None, 10)


def test_random_layers_are_seeded_each_with_its_own_seed() -> None:
    """Two dropout layers with one seed would drop the same units."""
    model = build(DenseBlock(num_layers=3, dropout=0.5), [(6,)])

    seeds = [layer.seed for layer in model.layers if isinstance(layer, keras.layers.Dropout)]

    assert seeds == [7, 8, 9]


# Merge


@pytest.mark.parametrize(
    ("shapes", "added", "concatenated"),
    [
        pytest.param([(4,), (4,)], (None, 4), (None, 8), id="vectors of one width"),
        pytest.param([(4,), (7,), (2,)], (None, 7), (None, 13), id="vectors of three widths"),
        pytest.param([(5, 5, 3), (5, 5, 8)], (None, 5, 5, 8), (None, 5, 5, 11), id="maps of one size"),
        pytest.param([(5, 5, 3), (4, 4, 3)], (None, 3), (None, 6), id="maps of two sizes"),
        pytest.param([(5, 5, 3), (8,)], (None, 8), (None, 11), id="map and vector"),
        pytest.param([(9, 6), (5, 5, 3), (2,)], (None, 6), (None, 11), id="sequence, map and vector"),
        pytest.param([(None, 6), (None, 6)], (None, 6), (None, 12), id="sequences of varying length"),
        pytest.param([(2, 2, 2, 2, 2, 3), (4,)], (None, 4), (None, 7), id="many axes"),
    ],
)
def test_merge_brings_differing_shapes_together(shapes: list[Shape], added: Shape, concatenated: Shape) -> None:
    """Positions are kept where all branches share them, and pooled away otherwise."""
    assert build(Merge(merge_type="add"), shapes).output.shape == added
    assert build(Merge(merge_type="concatenate"), shapes).output.shape == concatenated


def test_merge_of_equal_shapes_adds_numbers_as_they_are() -> None:
    """No weights where none are needed."""
    model = build(Merge(merge_type="add"), [(4,), (4,)])
    left, right = rows([(4,), (4,)])

    assert model.count_params() == 0
    np.testing.assert_allclose(model.predict([left, right], verbose=0), left + right, rtol=1e-6)


@pytest.mark.parametrize("call", [lambda node: node, lambda node: [node]], ids=["node", "list of one"])
def test_merge_of_one_branch_is_refused_where_it_is_written(call: Any) -> None:
    """There is nothing to join, and the merge type would change nothing."""
    with pytest.raises(GraphError, match=r"Merge\(\) has nothing to join"):
        Merge()(call(ArrayInput()))


def test_a_merge_inside_another_block_refuses_one_branch_too() -> None:
    """`build` checks what no call has checked."""
    with pytest.raises(GraphError, match="has nothing to join"):
        build(Merge(), [(4,)])


# Reduction


@pytest.mark.parametrize("reduction_type", ["flatten", "global_max", "global_avg"])
@pytest.mark.parametrize("block", [SpatialReduction, TemporalReduction])
def test_a_reduction_of_vectors_is_the_identity(block: Any, reduction_type: str) -> None:
    """Rank 2 stays as it is."""
    model = build(block(reduction_type=reduction_type), [(6,)])
    data = rows([(6,)])

    np.testing.assert_array_equal(model.predict(data, verbose=0), data)


def test_flatten_of_vectors_is_the_identity() -> None:
    """Rank 2 stays as it is."""
    assert len(build(Flatten(), [(6,)]).layers) == 1


@pytest.mark.parametrize(
    ("block", "shape", "axes"),
    [
        (SpatialReduction, (4, 5, 3), (1, 2)),
        (SpatialReduction, (5, 3), (1,)),
        (SpatialReduction, (2, 3, 4, 5), (1, 2, 3)),
        (TemporalReduction, (5, 3), (1,)),
    ],
    ids=["map", "sequence", "volume", "time"],
)
def test_a_reduction_pools_over_positions(block: Any, shape: Shape, axes: tuple[int, ...]) -> None:
    """Mean and maximum are those of NumPy over the same axes."""
    data = rows([shape])

    mean = build(block(reduction_type="global_avg"), [shape]).predict(data, verbose=0)
    largest = build(block(reduction_type="global_max"), [shape]).predict(data, verbose=0)

    np.testing.assert_allclose(mean, data.mean(axis=axes), atol=1e-6)
    np.testing.assert_allclose(largest, data.max(axis=axes), atol=1e-6)


def test_a_temporal_reduction_keeps_all_features_of_a_sequence_of_pictures() -> None:
    """Only time is pooled: what lies behind it becomes features."""
    data = rows([(5, 2, 3)])

    mean = build(TemporalReduction(reduction_type="global_avg"), [(5, 2, 3)]).predict(data, verbose=0)

    np.testing.assert_allclose(mean, data.mean(axis=1).reshape(4, 6), atol=1e-6)


@pytest.mark.parametrize("reduction_type", ["global_avg", "global_max"])
def test_pooling_many_axes_pools_all_of_them(reduction_type: str) -> None:
    """Keras pools three axes at most; more are laid out in one first."""
    data = rows([(2, 3, 2, 2, 4)])
    tensor = keras.Input((2, 3, 2, 2, 4))
    model = keras.Model(tensor, pooled(tensor, reduction_type=reduction_type))

    expected = data.max(axis=(1, 2, 3, 4)) if reduction_type == "global_max" else data.mean(axis=(1, 2, 3, 4))

    np.testing.assert_allclose(model.predict(data, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize(
    "block",
    [Flatten(), DenseBlock(), SpatialReduction(reduction_type="flatten"), TemporalReduction(reduction_type="flatten")],
    ids=repr,
)
def test_a_varying_length_cannot_be_flattened(block: Block) -> None:
    """The error names the block and says what to use instead."""
    with pytest.raises(GraphError, match="cannot flatten an axis whose length varies.*global_avg"):
        build(block, [(None, 3)])


def test_a_varying_length_can_be_pooled() -> None:
    """Time may vary, what lies behind it may not."""
    assert build(TemporalReduction(reduction_type="global_max"), [(None, 2, 3)]).output.shape == (None, 6)
    with pytest.raises(GraphError, match="cannot lay out axes whose length varies"):
        build(TemporalReduction(reduction_type="global_max"), [(5, None, 3)])


# RNN


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"bidirectional": True}, (None, 16)),
        ({"bidirectional": False}, (None, 8)),
        ({"bidirectional": True, "return_sequences": True}, (None, 5, 16)),
        ({"bidirectional": False, "return_sequences": True, "num_layers": 2}, (None, 5, 8)),
        ({"bidirectional": False, "num_layers": 3, "layer_type": "lstm"}, (None, 8)),
    ],
    ids=["both ways", "one way", "sequences", "two layers", "three lstm layers"],
)
def test_the_output_of_an_rnn_has_the_documented_shape(arguments: dict[str, Any], expected: Shape) -> None:
    """The width is `units`, twice that both ways; time stays with `return_sequences`."""
    assert build(RNNBlock(units=8, **arguments), [(5, 3)]).output.shape == expected


@pytest.mark.parametrize("shape", [(6,), (4, 4, 3)], ids=["vectors", "pictures"])
def test_an_rnn_refuses_what_is_no_sequence(shape: Shape) -> None:
    """The error names the block, what it wants and what it got."""
    with pytest.raises(GraphError, match=r"RNNBlock\(.*\(batch, time, features\)\. Received: shape"):
        build(RNNBlock(), [shape])


def test_return_sequences_is_a_setting() -> None:
    """It changes what the block returns, so it is not searched."""
    with pytest.raises(GraphError, match="return_sequences as True or False"):
        RNNBlock(return_sequences=Choice([True, False]))  # type: ignore[arg-type]


# Normalization


def test_normalization_is_transparent_and_wants_a_new_normalizer() -> None:
    """The block itself changes nothing; each configuration gets a preprocessor of its own."""
    block = Normalization()
    view = HyperparameterView(values={})

    first, second = block.preprocessors(view), block.preprocessors(view)

    assert block.is_transparent
    assert isinstance(first[0], Normalizer) and isinstance(first[0], Preprocessor)
    assert first[0] is not second[0]
    assert block.build(view, "anything") == "anything"


def numbers(dtype: str, shape: tuple[int, ...] = (50, 4, 3)) -> Array:
    """Return rows whose channels have very different scales."""
    values = np.random.default_rng(3).normal(size=shape) * [20, 0.5, 90][: shape[-1]] + [100, 50, 128][: shape[-1]]
    return (np.clip(values, 0, 255) if dtype == "uint8" else values).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int32"])
def test_a_normalizer_standardises_each_channel(dtype: str) -> None:
    """Mean 0 and variance 1 over all axes but the last, as float32."""
    data = numbers(dtype)
    normalizer = Normalizer()

    normalizer.fit(data)
    standardized = normalizer.transform(data)

    assert standardized.dtype == np.float32
    np.testing.assert_allclose(standardized.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(standardized.std(axis=(0, 1)), 1, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8", "int32"])
def test_a_normalizer_keeps_the_contract(dtype: str) -> None:
    """Its two faces agree, it changes no rows of the caller, and its state restores it."""
    check_preprocessor(Normalizer(), numbers(dtype))


def test_tiny_and_huge_numbers_are_standardised_in_both_faces(tmp_path: Path) -> None:
    """Nanometres in metres and light years in metres: Keras's own layer divides by 1e-7 at least, and by squares' roots."""
    data = (np.random.default_rng(0).normal(3, 1, (200, 4)) * [1e-9, 1e-30, 1e25, 1.0]).astype("float32")
    normalizer = Normalizer()

    normalizer.fit(data)
    standardized = normalizer.transform(data)
    start = keras.Input(data.shape[1:])
    keras.Model(start, normalizer.to_layer()(start)).save(tmp_path / "layer.keras")
    mapped = keras.saving.load_model(tmp_path / "layer.keras", safe_mode=True).predict(data, verbose=0)

    np.testing.assert_allclose(standardized.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(standardized.std(axis=0), 1, atol=1e-4)
    np.testing.assert_allclose(mapped, standardized, rtol=1e-6, atol=1e-6)


def test_a_constant_channel_is_shifted_to_zero_and_not_scaled() -> None:
    """Also where rounding leaves a tiny variance, and also for other rows."""
    data = np.stack([np.full(1000, 0.1), np.full(1000, 3e5), np.arange(1000)], axis=1).astype("float32")
    normalizer = Normalizer()

    normalizer.fit(data)
    state = normalizer.get_state()

    assert state["variance"][:2].tolist() == [1.0, 1.0]
    assert np.abs(normalizer.transform(data)[:, :2]).max() == 0
    np.testing.assert_allclose(normalizer.transform(data[:1] + 2)[:, :2], 2, atol=1e-4)


def test_values_that_are_not_finite_do_not_count() -> None:
    """Mean and variance come from finite values; a channel without any is left alone."""
    data = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan], [np.inf, np.nan]])
    normalizer = Normalizer()

    normalizer.fit(data)

    assert {name: values.tolist() for name, values in normalizer.get_state().items()} == {
        "mean": [2.0, 0.0],
        "variance": [1.0, 1.0],
    }


def test_a_normalizer_that_works_in_parts_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large data is read in parts; the statistics are those of the whole."""
    data = numbers("float32", (101, 4, 3))
    monkeypatch.setattr("autokeras_core.builtin.normalization._CHUNK_BYTES", 8 * 12 * 10)
    normalizer = Normalizer()

    normalizer.fit(data)

    np.testing.assert_allclose(normalizer.get_state()["mean"], data.mean(axis=(0, 1), dtype="float64"), rtol=1e-12)
    np.testing.assert_allclose(normalizer.get_state()["variance"], data.var(axis=(0, 1), dtype="float64"), rtol=1e-9)


def test_a_small_variance_around_a_large_mean_is_not_lost() -> None:
    """The variance is that of NumPy's two passes."""
    data = 1e4 + np.random.default_rng(0).normal(size=(500, 1))
    normalizer = Normalizer()

    normalizer.fit(data)

    np.testing.assert_allclose(normalizer.get_state()["variance"], data.var(axis=0), rtol=1e-9)


def test_an_unfitted_normalizer_says_so() -> None:
    """Nothing is made up."""
    with pytest.raises(NotFittedError, match="has learned nothing yet"):
        Normalizer().transform(numbers("float32"))


@pytest.mark.parametrize("data", [np.array([1.0, 2.0]), np.array([["a"], ["b"]])], ids=["no channel axis", "text"])
def test_a_normalizer_refuses_what_is_no_table_of_numbers(data: Array) -> None:
    """The error says what was expected and received."""
    with pytest.raises(DataError, match=r"cannot be normalized.*numbers of shape \(rows, \.\.\., channels\)"):
        Normalizer().fit(data)


def test_rows_with_other_channels_are_refused() -> None:
    """One channel would silently be spread over three otherwise."""
    normalizer = Normalizer()
    normalizer.fit(numbers("float32"))

    with pytest.raises(DataError, match=r"3 channels on the last axis.*\(5, 1\)"):
        normalizer.transform(np.zeros((5, 1)))
