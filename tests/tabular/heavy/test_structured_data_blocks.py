"""The structured-data blocks: they build, train, bring their encoder, and every hyperparameter does something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from ak_tabular import (
    FTTransformerBlock,
    MLPBlock,
    RealMLPBlock,
    ResidualMLPBlock,
    StructuredDataBlock,
    StructuredDataInput,
    TableEncoder,
    TabMBlock,
    WideAndDeepBlock,
)
from ak_tabular.costs import Work
from ak_tabular.layout import Layout
from autokeras_core import (
    ArrayInput,
    AutoModel,
    Block,
    Choice,
    ClassificationHead,
    DenseBlock,
    Merge,
    RegressionHead,
    SpaceError,
)
from autokeras_core.data.profile import DataProfile, TargetProfile
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block

BLOCKS: Mapping[str, Block] = {
    "mlp": MLPBlock(),
    "real_mlp": RealMLPBlock(),
    "tabm": TabMBlock(),
    "residual": ResidualMLPBlock(),
    "ft_transformer": FTTransformerBlock(),
    "wide_and_deep": WideAndDeepBlock(),
}
EACH = pytest.mark.parametrize(("short", "block"), BLOCKS.items(), ids=list(BLOCKS))


def frame(rows: int = 40) -> pd.DataFrame:
    """Return a table with numbers, few categories, many categories, and missing values."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "a": rng.normal(size=rows),
            "b": rng.lognormal(size=rows),
            "few": rng.choice(["x", "y", "z"], rows),
            "many": [f"v{number % 20}" for number in range(rows)],
        }
    )
    return table.mask(rng.random(table.shape) < 0.1)


def data_profile(data: Any = None, *, rows: int = 40) -> DataProfile:
    """Return the profile of a table behind an input named `table`."""
    table_input = StructuredDataInput(column_types={"many": "categorical"} if data is None else None)
    table = table_input.adapt(frame(rows) if data is None else data)
    target = TargetProfile(name="y", kind="regression", label_type="number", dtype="float32", outputs=1)
    return DataProfile(rows=rows, inputs={"table": table_input.analyse(table, name="table")}, targets={"y": target})


def view(block: Block, profile: DataProfile | None = None, **values: Any) -> HyperparameterView:
    """Return the view of a configuration: the given values, defaults otherwise."""
    return HyperparameterView(
        values=block.search_space(profile).validate(values),
        seed=1,
        profile=profile,
        input_name=None if profile is None else "table",
    )


def built(block: Block, hp: HyperparameterView, shape: tuple[int, ...] = (5,)) -> keras.Model:
    """Return the block as a model."""
    keras.utils.clear_session()
    inputs = keras.Input(shape)
    return keras.Model(inputs, block.build(hp, inputs))


@pytest.mark.parametrize(
    "block",
    [
        MLPBlock(),
        RealMLPBlock(),
        TabMBlock(),
        ResidualMLPBlock(),
        FTTransformerBlock(units=Choice([16, 32]), num_layers=Choice([1, 2])),
        WideAndDeepBlock(),
    ],
    ids=list(BLOCKS),
)
def test_block_keeps_the_contract(block: Block) -> None:
    """The core's kit: config, training, an effect of every hyperparameter, saving and exporting."""
    check_block(block, input_shape=(5,))


@EACH
def test_choice_is_the_chosen_block(short: str, block: Block) -> None:
    """StructuredDataBlock with `block_type` is that block: layers, encoder, members and cost."""
    profile = data_profile()
    choice = StructuredDataBlock()
    hp = view(choice, profile, block_type=short)
    own = attrs.evolve(view(block, profile), seed=hp.scope(short).seed)
    (encoder,), (expected,) = choice.preprocessors(hp), block.preprocessors(own)
    assert isinstance(expected, TableEncoder)
    width = (expected.layout.width,)

    assert encoder.get_config() == expected.get_config()
    assert built(choice, hp, width).to_json() == built(block, own, width).to_json()
    assert choice.members(hp) == block.members(own)
    assert choice.cost(hp) == block.cost(own)


@EACH
@pytest.mark.parametrize("statistics", ["none", "frequency", "target"])
def test_block_takes_what_its_encoder_makes(short: str, block: Block, statistics: str) -> None:
    """Behind a table the network is as wide as the encoder's features, and tells rows apart."""
    profile = data_profile()
    hp = view(block, profile, statistics=statistics)
    (encoder,) = block.preprocessors(hp)
    assert isinstance(encoder, TableEncoder)
    table = StructuredDataInput().adapt(frame())
    encoder.fit(table, np.arange(40.0)[:, None])

    outputs = built(block, hp, (encoder.layout.width,)).predict(encoder.transform(table), verbose=0)

    assert encoder.layout.codes  # the column of 20 values is embedded
    assert np.isfinite(outputs).all()
    assert (outputs.std(axis=0) > 0).any()


@EACH
def test_wider_networks_cost_more(short: str, block: Block) -> None:
    """The cost grows with the width, and is not known where the block's input is not."""
    profile = data_profile()
    domain = block.search_space()["units"]
    assert isinstance(domain, Choice)
    costs = [block.cost(view(block, profile, units=units)) for units in domain.values]

    assert costs == sorted(set(costs))  # type: ignore[type-var]
    assert block.cost(view(block)) is None


@pytest.mark.parametrize("short", ["mlp", "residual", "real_mlp", "wide_and_deep"])
def test_counted_parameters_are_those_of_the_layers(short: str) -> None:
    """What the cost model counts is what `build` makes, up to scales and statistics of normalisation."""
    block = BLOCKS[short]
    hp = view(block, data_profile())
    (encoder,) = block.preprocessors(hp)
    assert isinstance(encoder, TableEncoder)
    layout = encoder.layout
    work = Work(layout.numbers + layout.others)
    work.embed(len(layout.codes), sizes=sum(layout.codes), units=8)

    counted = block.count(hp, layout, work).parameters  # type: ignore[attr-defined]

    assert counted == pytest.approx(built(block, hp, (layout.width,)).count_params(), rel=0.05)


def test_unseen_category_says_nothing() -> None:
    """Where all training rows had a known value, an unseen one has a zero for its embedding, not a random vector."""
    data = pd.DataFrame({"a": np.arange(40.0), "many": [f"v{number % 20}" for number in range(40)]})
    profile = data_profile(data)
    block = WideAndDeepBlock()  # hands on its features as they are
    hp = view(block, profile)

    model = built(block, hp, (2,))
    unseen, known = model.predict(np.array([[0.5, 0.0], [0.5, 3.0]], "float32"), verbose=0)[:, :9]

    np.testing.assert_array_equal(unseen, [0.5] + [0.0] * 8)
    assert (known[1:] != 0).all()


def test_members_are_networks_of_their_own() -> None:
    """TabM's members start different, and a row's outputs have an axis for them."""
    model = built(TabMBlock(), view(TabMBlock(), members=4))

    outputs = model.predict(np.random.default_rng(0).normal(size=(3, 5)).astype("float32"), verbose=0)

    assert outputs.shape == (3, 4, 128)
    assert all(not np.allclose(outputs[:, 0], outputs[:, other]) for other in (1, 2, 3))


def test_real_mlp_starts_with_activations_of_one_size_at_any_width() -> None:
    """The neural tangent parametrisation: weights of variance 1, sums divided by the root of the width."""
    rows = np.random.default_rng(0).normal(size=(200, 50)).astype("float32")
    sizes = []
    for units in (64, 512):
        model = built(RealMLPBlock(), view(RealMLPBlock(), units=units), (50,))
        sizes.append(float(np.std(model.predict(rows, verbose=0)) * np.sqrt(units)))

    assert sizes[0] == pytest.approx(sizes[1], rel=0.3)
    assert 0.5 < sizes[0] < 3


def test_encodings_that_are_the_same_are_not_searched() -> None:
    """Without numbers nothing is scaled; without large vocabularies statistics are left out."""
    only_few = data_profile(pd.DataFrame({"few": ["x", "y", "z"] * 10}), rows=30)

    space = MLPBlock().search_space(only_few)

    assert [space[name].size for name in ("scaling", "statistics")] == [1, 1]
    assert all(MLPBlock().search_space(data_profile())[name].size > 1 for name in ("scaling", "statistics"))
    assert StructuredDataBlock().search_space(only_few)["real_mlp/scaling"].size == 1


def test_periodic_embeddings_are_searched_where_there_are_numbers() -> None:
    """Of a table without numbers there is nothing to embed; an argument stays what it is."""
    only_few = data_profile(pd.DataFrame({"few": ["x", "y", "z"] * 10}), rows=30)

    for block in (RealMLPBlock, TabMBlock):
        space = block().search_space(only_few)
        assert space["periodic"].size == space["periodic_sigma"].size == 1
        assert block().search_space(data_profile())["periodic_sigma"].size > 1
        assert block(periodic=True).search_space(only_few)["periodic"].default is True


def test_target_statistics_are_searched_where_there_are_any() -> None:
    """Of many classes there are none: then `"target"` would be `"frequency"` again."""
    profile = data_profile()
    (target,) = profile.targets.values()
    classes = attrs.evolve(target, kind="multiclass", outputs=17, classes=tuple(range(17)))
    many = attrs.evolve(profile, targets={"y": classes})

    assert list(MLPBlock().search_space(profile)["statistics"].grid()) == ["none", "frequency", "target"]
    assert list(MLPBlock().search_space(many)["statistics"].grid()) == ["none", "frequency"]
    assert MLPBlock(statistics="target").search_space(many)["statistics"].default == "target"


def wide_profile(numbers: int) -> DataProfile:
    """Return the profile of a table of so many numbers."""
    return data_profile(pd.DataFrame(np.random.default_rng(0).normal(size=(40, numbers))))


def test_quantiles_of_very_many_numbers_are_made_if_asked_for() -> None:
    """They are not searched, and come from no other configuration; but an argument is obeyed."""
    wide = wide_profile(501)
    asked = MLPBlock(scaling="quantile")
    (default,) = MLPBlock().preprocessors(attrs.evolve(view(MLPBlock(), wide), values={"scaling": "quantile"}))
    (encoder,) = asked.preprocessors(view(asked, wide))
    assert isinstance(default, TableEncoder) and isinstance(encoder, TableEncoder)

    assert list(MLPBlock().search_space(wide)["scaling"].grid()) == ["robust"]
    assert list(MLPBlock().search_space(wide_profile(500))["scaling"].grid()) == ["robust", "quantile"]
    assert (default.settings.scaling, encoder.settings.scaling) == ("robust", "quantile")


def test_transformers_of_very_many_columns_are_not_searched() -> None:
    """Attention between thousands of tokens takes more memory than there is; an argument is obeyed."""
    for numbers, is_searched in ((300, True), (301, False)):
        space = StructuredDataBlock().search_space(wide_profile(numbers))
        assert ("ft_transformer" in list(space["block_type"].grid())) == is_searched
        assert any(name.startswith("ft_transformer/") for name in space) == is_searched

    own = StructuredDataBlock(block_type=Choice(["mlp", "ft_transformer"])).search_space(wide_profile(301))
    assert list(own["block_type"].grid()) == ["mlp", "ft_transformer"]


@pytest.mark.parametrize(
    ("block", "values"),
    [
        (MLPBlock(), {"num_layers": 3, "dropout": 0.5}),
        (WideAndDeepBlock(), {"num_layers": 3, "dropout": 0.5}),
        (ResidualMLPBlock(), {"num_blocks": 3, "dropout": 0.5}),
        (RealMLPBlock(), {"num_layers": 3, "dropout": 0.3}),
        (TabMBlock(), {"num_layers": 3, "dropout": 0.25}),
        (FTTransformerBlock(), {"num_layers": 2, "dropout": 0.2}),
    ],
    ids=list(BLOCKS),
)
def test_layers_drop_different_units(block: Block, values: dict[str, Any]) -> None:
    """Of one seed, layers of one width would drop the same units at every step."""
    model = built(block, view(block, **values))

    seeds = [
        layer.seed
        for layer in model.layers
        if isinstance(layer, keras.layers.Dropout | keras.layers.MultiHeadAttention)
    ]

    assert len(seeds) == len(set(seeds)) >= 3
    assert None not in seeds


def test_a_tokens_bias_is_a_direction_of_its_own() -> None:
    """Of one seed its initial values would be those of the number's own direction."""
    model = built(FTTransformerBlock(), view(FTTransformerBlock()))
    tokenizer = next(layer for layer in model.layers if isinstance(layer, keras.layers.EinsumDense))

    kernel, bias = tokenizer.get_weights()

    assert kernel.shape == bias.shape
    assert abs(np.corrcoef(kernel.ravel(), bias.ravel())[0, 1]) < 0.3


@pytest.mark.parametrize("block", [RealMLPBlock(), TabMBlock()], ids=["real_mlp", "tabm"])
def test_phases_and_mixtures_are_drawn_apart(block: Block) -> None:
    """They are not one sequence of random numbers, stretched."""
    model = built(block, view(block, periodic=True))
    angles, mixed = [layer for layer in model.layers if isinstance(layer, keras.layers.EinsumDense)][:2]

    phases, mixture = angles.get_weights()[1].ravel(), mixed.get_weights()[0].ravel()

    assert abs(np.corrcoef(phases, mixture[: len(phases)])[0, 1]) < 0.4


def test_foreign_blocks_get_the_default_encoder() -> None:
    """A block that brings no encoder gets numbers from the input's own."""
    profile = data_profile()
    table_input = StructuredDataInput()

    (encoder,) = table_input.default_preprocessors(profile.inputs["table"])

    assert isinstance(encoder, TableEncoder)
    assert not encoder.layout.codes
    assert DenseBlock().preprocessors(view(DenseBlock())) == ()


def test_higher_rank_is_flattened() -> None:
    """Behind other inputs, too: further axes become features."""
    assert built(MLPBlock(), view(MLPBlock()), (4, 3)).output_shape == (None, 128)
    assert built(FTTransformerBlock(), view(FTTransformerBlock()), (4, 3)).output_shape == (None, 64)


@EACH
def test_every_block_takes_pictures_flattened(short: str, block: Block) -> None:
    """Numbers with three axes make the same network as these numbers side by side."""
    flat, picture = (built(block, view(block), shape) for shape in ((24,), (4, 3, 2)))

    assert picture.output_shape == flat.output_shape, short
    assert [weight.shape for weight in picture.weights] == [weight.shape for weight in flat.weights]


def test_arguments_narrow_the_space() -> None:
    """A value fixes a hyperparameter, a domain narrows it, a wrong value is an error."""
    space = MLPBlock(num_layers=2, units=Choice([48, 96]), scaling="quantile").search_space(data_profile())

    assert space["num_layers"].size == space["scaling"].size == 1
    assert list(space["units"].grid()) == [48, 96]
    with pytest.raises(SpaceError):
        MLPBlock(activation="tanh")


def test_no_layers_make_a_linear_model() -> None:
    """With `num_layers=0` the features go to the head as they are, and nothing else is left to tune but the encoder."""
    block = MLPBlock(num_layers=0)
    hp = view(block)
    rows = np.arange(10, dtype="float32").reshape(2, 5)

    model = built(block, hp)

    np.testing.assert_array_equal(model(rows), rows)
    assert set(hp.values) == {"scaling", "statistics", "num_layers"}


def test_members_of_tabm_drop_the_same_units() -> None:
    """One mask for all members: random numbers for each would take as long as the rest of a training step."""
    model = built(TabMBlock(), view(TabMBlock(), dropout=0.25, members=4))
    dropout = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dropout))

    dropped = np.asarray(dropout(np.ones((3, 4, 128), "float32"), training=True)) == 0

    assert 0.1 < dropped.mean() < 0.4
    np.testing.assert_array_equal(dropped, np.repeat(dropped[:, :1], 4, axis=1))
    assert not np.array_equal(dropped[0], dropped[1])


def test_fixed_choice_leaves_the_other_branches_out() -> None:
    """`block_type=` leaves only the chosen block's hyperparameters, with and without data."""
    for profile in (None, data_profile()):
        names = set(StructuredDataBlock(block_type="mlp").search_space(profile))

        assert "mlp/units" in names
        assert not any(name.startswith(("residual/", "tabm/")) for name in names)


@pytest.mark.parametrize(
    "block", [*BLOCKS.values(), MLPBlock(units=Choice([48, 96])), StructuredDataBlock(block_type="mlp", name="t")]
)
def test_config_round_trip(block: Block) -> None:
    """`from_config(get_config())` is the same block."""
    again = type(block).from_config(block.get_config())

    assert again.get_config() == block.get_config()
    assert again.search_space() == block.search_space()


def test_target_statistics_are_searched_saved_and_exported() -> None:
    """A whole search with statistics of the target: training, prediction, and the exported model on raw columns agree."""
    data = frame(60)
    labels = np.where(data["few"] == "x", "yes", "no")
    table_input = StructuredDataInput(column_types={"many": "categorical"})
    head = ClassificationHead()(MLPBlock(statistics="target", num_layers=1)(table_input))
    model = AutoModel(table_input, head, max_trials=1, seed=0)

    model.fit(data, labels, epochs=1, verbose=0)

    exported = model.export_model()
    raw = {
        name: tf.constant(column.fillna("").to_numpy(dtype=object)[:, None], dtype=tf.string)
        if column.dtype.kind not in "f"
        else column.to_numpy(dtype="float32")[:, None]
        for name, column in data.items()
    }
    assert model.best_configuration["mlp/statistics"] == "target"
    np.testing.assert_allclose(exported.predict(raw, verbose=0), model.predict_proba(data), atol=1e-5)


@pytest.mark.parametrize(
    ("short", "values", "milliseconds"),
    [
        ("mlp", {}, (0.27, 0.82)),
        ("mlp", {"units": 512, "num_layers": 3}, (2.95, 7.85)),
        ("wide_and_deep", {}, (0.31, 0.87)),
        ("real_mlp", {}, (0.68, 2.15)),
        ("real_mlp", {"periodic": True, "dropout": 0.15}, (1.67, 4.62)),
        ("tabm", {}, (1.04, 5.56)),
        ("tabm", {"members": 16, "units": 256, "periodic": True}, (4.38, 24.02)),
        ("residual", {}, (1.00, 2.28)),
        ("ft_transformer", {}, (14.57, 89.56)),
        ("ft_transformer", {"units": 192, "num_layers": 3}, (67.78, 448.91)),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else str(value),
)
def test_costs_are_those_that_were_measured(
    short: str, values: dict[str, Any], milliseconds: tuple[float, float]
) -> None:
    """Costs tell the time of a training step on 30 numbers, of 32 and of 256 rows, within a factor of 2."""
    block = BLOCKS[short]
    seconds_per_unit = 1.2e-11

    for rows, measured in zip((32, 256), milliseconds, strict=True):
        work = block.count(view(block, **values), Layout(numbers=30), Work(30))  # type: ignore[attr-defined]
        told = 0.16 + 1000 * rows * work.cost(rows) * seconds_per_unit  # a step that does nothing takes 0.16 ms

        assert 0.5 < told / measured < 2


def test_block_behind_another_input_brings_no_encoder() -> None:
    """Right behind its table a block has the input's name; behind a merge, or an array, it takes numbers as they are."""
    table, array = StructuredDataInput(name="table"), ArrayInput(name="numbers")
    merged = Merge()([MLPBlock(name="left")(table), MLPBlock(name="right")(array)])
    graph = Graph.from_nodes([table, array], [RegressionHead()(MLPBlock(name="last")(merged))])

    names = {vertex.name: vertex.input_name for vertex in graph.blocks}

    assert {name: names[name] for name in ("left", "right", "last")} == {
        "left": "table",
        "right": "numbers",
        "last": None,
    }
    profile = data_profile()
    hp = attrs.evolve(view(MLPBlock(), profile), input_name=None)
    assert MLPBlock().preprocessors(hp) == ()
    assert MLPBlock().cost(hp) is None
