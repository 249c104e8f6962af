"""Every image block builds for any picture, trains, survives a file, and has no dead hyperparameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import (
    ConvBlock,
    ConvNeXtBlock,
    EfficientNetBlock,
    ImageAugmentation,
    ImageBlock,
    ImageInput,
    MobileNetBlock,
    ResNet9Block,
    ResNetBlock,
    XceptionBlock,
)
from autokeras_core import (
    AutoModel,
    Block,
    Choice,
    ClassificationHead,
    DenseBlock,
    GraphError,
    Merge,
    SearchError,
    SpaceError,
)
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.graph.graph import Graph
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView

SIZES = [(3, 3), (33, 47)]
BLOCKS = {
    "conv": ConvBlock(num_blocks=4, filters=16),
    "conv-strided": ConvBlock(num_blocks=4, filters=16, max_pooling=False, separable=True, stem_stride=4),
    "resnet-v1": ResNetBlock(version="v1", filters=16),
    "resnet-v2": ResNetBlock(version="v2", filters=16, num_stages=4, stem_stride=2),
    "xception": XceptionBlock(filters=16),
    "xception-strided": XceptionBlock(filters=16, num_blocks=4, middle_blocks=0, stem_stride=4),
    "efficientnet": EfficientNetBlock(),
    "efficientnet-strided": EfficientNetBlock(num_stages=4, kernel_size=5, squeeze_excitation=True, stem_stride=4),
    "convnext": ConvNeXtBlock(filters=16),
    "convnext-strided": ConvNeXtBlock(filters=16, num_stages=4, stochastic_depth=0.2, stem_stride=4),
    "image": ImageBlock(block_type="conv", augment=True, flips="both"),
}


def view(block: Block, values: dict[str, Any] | None = None, *, seed: int = 7) -> HyperparameterView:
    """Return what `build` sees of a configuration, completed with defaults."""
    return HyperparameterView(values=block.search_space().complete(values or {}), seed=seed)


def build(
    block: Block, shape: tuple[int, ...] = (28, 28, 1), values: dict[str, Any] | None = None, *, dtype: str = "float32"
) -> keras.Model:
    """Return the block as a model; layer names start anew, so that equal models have equal configs."""
    keras.utils.clear_session(free_memory=False)  # collecting garbage takes longer than most blocks
    inputs = keras.Input(shape, dtype=dtype)
    return keras.Model(inputs, block.build(view(block, values), inputs))


def profile_of(side: int) -> DataProfile:
    """Return the profile of square RGB pictures."""
    pictures = InputProfile(
        name="image",
        modality="image",
        shape=(side, side, 3),
        dtype="uint8",
        rows=100,
        facts={"height": side, "width": side, "channels": 3, "layout": "last", "low": 0.0, "high": 255.0},
    )
    return DataProfile(rows=100, inputs={"image": pictures}, targets={})


def with_head(model: keras.Model) -> keras.Model:
    """Return the model with global pooling and two outputs, compiled to run a step without tracing."""
    pooled = keras.layers.GlobalAveragePooling2D()(model.output)
    whole = keras.Model(model.input, keras.layers.Dense(2, activation="softmax")(pooled))
    whole.compile("sgd", "categorical_crossentropy", run_eagerly=True, jit_compile=False)
    return whole


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_trains_at_any_depth_and_stride_and_survives_a_file(
    name: str, size: tuple[int, int], tmp_path: Path
) -> None:
    """One step gives a finite loss and changes weights; the reloaded model predicts the same."""
    pictures = np.random.default_rng(0).uniform(-1, 1, (4, *size, 3)).astype("float32")
    model = with_head(build(BLOCKS[name], (*size, 3)))
    before = [weight.copy() for weight in model.get_weights()]

    loss = model.train_on_batch(pictures, np.eye(2)[[0, 1, 1, 0]])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert np.isfinite(loss)
    assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))
    # A model that augments does so in a plain call too; `predict` never does.
    predicted = [each.predict_on_batch(pictures) for each in (loaded, model)]
    np.testing.assert_allclose(*predicted, atol=1e-6)


@pytest.mark.parametrize("name", ["conv", "resnet-v1", "resnet-v2", "xception", "efficientnet", "convnext"])
def test_nothing_enlarges_a_picture(name: str) -> None:
    """No layer's output is larger than the picture."""
    model = build(BLOCKS[name], (8, 8, 1))

    sides = [max(layer.output.shape[1:3]) for layer in model.layers]

    assert max(sides) == 8


def test_no_two_layers_of_augmentation_and_network_draw_the_same_numbers() -> None:
    """Each has a seed of its own: of one seed the pictures that are flipped would be those that skip a layer."""
    block = ImageBlock(candidates=[ConvNeXtBlock(stochastic_depth=0.2)], augment=True, flips="horizontal")
    model = build(block, values={"augmentation/horizontal_flip": True})

    seeds = [layer.seed for layer in model.layers if getattr(layer, "seed", None) is not None]

    assert {"RandomFlip", "Dropout"} <= {type(layer).__name__ for layer in model.layers}
    assert len(set(seeds)) == len(seeds)


def hyperparameters(block: Block) -> list[str]:
    """Return the names of a block's space that can take several values."""
    return [name for name, domain in block.search_space().items() if domain.size > 1]


EVERY = [
    pytest.param(block, name, id=f"{type(block).__name__}-{name}")
    for block in (
        ConvBlock(),
        ConvNeXtBlock(),
        EfficientNetBlock(),
        ImageAugmentation(),
        MobileNetBlock(),
        ResNet9Block(),
        ResNetBlock(),
        XceptionBlock(),
    )
    for name in hyperparameters(block)
]


@pytest.mark.parametrize(("block", "name"), EVERY)
def test_every_hyperparameter_changes_the_model(block: Block, name: str) -> None:
    """Its values give different networks, or other preprocessing."""
    space = block.search_space()
    base = {parent: allowed[0] for parent, allowed in space[name].when}
    seen = []

    grid = list(space[name].grid())
    # Two are enough of published networks, the largest of which take half a minute to build.
    for value in grid[:2] if name in ("architecture", "version") else grid:
        values = {**base, name: value}
        model = build(block, (28, 28, 1), values)
        preprocessors = [type(part).__name__ for part in block.preprocessors(view(block, values))]
        seen.append(json.dumps([model.get_config(), preprocessors], default=str))

    assert len(set(seen)) == len(seen) > 1


@pytest.mark.parametrize("name", BLOCKS)
def test_the_same_configuration_gives_the_same_model(name: str) -> None:
    """Nothing but the hyperparameters decides what is built."""
    first, second = build(BLOCKS[name]).get_config(), build(BLOCKS[name]).get_config()

    assert json.dumps(first, default=str) == json.dumps(second, default=str)


@pytest.mark.parametrize("block", [*BLOCKS.values(), ConvBlock(filters=Choice([16, 32]), name="narrow")], ids=repr)
def test_a_block_survives_its_config(block: Block) -> None:
    """The rebuilt block has the same arguments, name and space."""
    restored = type(block).from_config(json.loads(json.dumps(block.get_config())))

    assert restored.get_config() == block.get_config()
    assert restored.search_space() == block.search_space()


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int16"])
def test_a_block_may_stand_right_behind_raw_pictures(dtype: str) -> None:
    """Whole numbers and bools become floats inside the model."""
    pictures = np.random.default_rng(0).integers(0, 2, (2, 8, 8, 3)).astype(dtype)

    features = build(ConvBlock(), (8, 8, 3), dtype=dtype).predict_on_batch(pictures)

    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_what_is_no_batch_of_pictures_is_refused() -> None:
    """A table behind a convolution is an error that names the block and the shape."""
    with pytest.raises(GraphError, match=r"ConvBlock\(\).*\(None, 16\)"):
        build(ConvBlock(), (16,))


NO_AUGMENTATION = {
    **dict.fromkeys(("translation", "rotation", "zoom", "contrast", "brightness", "erasing"), 0.0),
    **dict.fromkeys(("horizontal_flip", "vertical_flip"), False),
    "policy": "none",
}


class TestAugmentation:
    """Augmentation changes pictures while training, each in its own way, and never otherwise."""

    pictures = np.random.default_rng(0).uniform(-2, 2, (8, 12, 12, 1)).astype("float32")

    @pytest.mark.parametrize("channels", [1, 3, 4])
    @pytest.mark.parametrize("name", [name for name in ImageAugmentation.space if name != "magnitude"])
    def test_each_kind_changes_pictures_only_in_training(self, name: str, channels: int) -> None:
        """The strongest value of one hyperparameter alone is visible in training, and invisible in prediction."""
        pictures = np.random.default_rng(0).uniform(-2, 2, (8, 12, 12, channels)).astype("float32")
        strongest = list(ImageAugmentation.space[name].grid())[-1]
        model = build(ImageAugmentation(), (12, 12, channels), {**NO_AUGMENTATION, name: strongest})

        trained = np.asarray(model(pictures, training=True))

        assert np.abs(trained - pictures).max() > 0.05
        np.testing.assert_array_equal(model.predict_on_batch(pictures), pictures)

    @pytest.mark.parametrize("name", ["contrast", "brightness", "policy", "erasing"])
    def test_nothing_is_cut_off_whatever_the_range(self, name: str) -> None:
        """Pictures of -2,000 to 2,000 keep values at both ends."""
        strongest = list(ImageAugmentation.space[name].grid())[-1]
        model = build(ImageAugmentation(), (12, 12, 1), {**NO_AUGMENTATION, name: strongest})

        trained = np.asarray(model(1_000 * self.pictures, training=True))

        assert trained.min() < -1_500
        assert trained.max() > 1_500

    def test_erasing_sets_a_rectangle_to_zero_in_its_share_of_pictures(self) -> None:
        """About half of many pictures have zeros, up to a third of their area; the others are as they were."""
        pictures = np.ones((200, 12, 12, 1), dtype="float32")
        model = build(ImageAugmentation(), (12, 12, 1), {**NO_AUGMENTATION, "erasing": 0.5})

        erased = np.asarray(model(pictures, training=True)) == 0
        areas = erased.reshape(200, -1).mean(axis=1)

        assert 0.4 < (areas > 0).mean() < 0.6
        assert areas.max() < 0.45

    def test_brightness_adds_one_number_to_a_picture(self) -> None:
        """All pixels of a picture get the same, up to the strength; pictures get different ones."""
        model = build(ImageAugmentation(), (12, 12, 1), {**NO_AUGMENTATION, "brightness": 0.3})

        added = np.asarray(model(self.pictures, training=True)) - self.pictures

        assert np.abs(added - added[:, :1, :1]).max() < 1e-5
        assert 0.1 < np.abs(added).max() <= 0.3
        assert len(np.unique(added[:, 0, 0].round(5))) == len(self.pictures)

    def test_the_policy_leaves_some_pictures_alone_and_changes_others_differently(self) -> None:
        """Each picture makes its own selection of changes."""
        same = np.repeat(self.pictures[:1], 64, axis=0)
        model = build(ImageAugmentation(), (12, 12, 1), {**NO_AUGMENTATION, "policy": "randaugment"})

        trained = np.asarray(model(same, training=True))
        changes = np.abs(trained - same).reshape(64, -1).max(axis=1)

        assert 1 <= (changes < 1e-5).sum() <= 16
        assert len(np.unique(changes.round(4))) > 32

    def test_a_policy_of_more_magnitude_changes_more(self) -> None:
        """The mean change grows with the magnitude."""
        pictures = np.repeat(self.pictures, 32, axis=0)
        changes = []
        for magnitude in (0.1, 0.3, 0.7):
            values = {**NO_AUGMENTATION, "policy": "randaugment", "magnitude": magnitude}
            trained = np.asarray(build(ImageAugmentation(), (12, 12, 1), values)(pictures, training=True))
            changes.append(float(np.abs(trained - pictures).mean()))

        assert changes == sorted(changes)
        assert changes[-1] > 1.5 * changes[0]

    def test_each_picture_of_a_batch_is_changed_in_its_own_way(self) -> None:
        """Equal pictures in a batch come out different."""
        same = np.repeat(self.pictures[:1], 8, axis=0)
        model = build(ImageAugmentation(translation=0.2), (12, 12, 1))

        trained = np.asarray(model(same, training=True))

        assert len({picture.tobytes() for picture in trained}) > 4

    def test_contrast_keeps_the_range_of_standardised_pictures(self) -> None:
        """Values below 0 and above 1 are not cut off."""
        model = build(ImageAugmentation(translation=0.0, contrast=0.3), (12, 12, 1))

        trained = np.asarray(model(self.pictures, training=True))

        assert trained.min() < -1
        assert trained.max() > 1

    def test_it_is_off_in_the_image_block_when_predicting(self) -> None:
        """Two predictions of an augmenting model are equal."""
        model = build(ImageBlock(augment=True, block_type="conv"), (12, 12, 1))

        np.testing.assert_array_equal(model.predict_on_batch(self.pictures), model.predict_on_batch(self.pictures))


class TestImageBlock:
    """The choice among candidates is explicit and named in the space."""

    def test_candidates_may_be_blocks_with_arguments(self) -> None:
        """A candidate's own arguments narrow its part of the space."""
        block = ImageBlock(candidates=[ResNetBlock(filters=16), ConvBlock(name="wide", filters=128)])

        space = block.search_space()

        assert list(space["block_type"].grid()) == ["resnet", "wide"]
        assert space["resnet/filters"].size == 1
        assert space["wide/filters"].default == 128

    def test_a_fixed_choice_leaves_the_others_out(self) -> None:
        """What can never be built is no part of the space."""
        space = ImageBlock(block_type="resnet").search_space()

        assert not [name for name in space if name.startswith("conv/")]

    @pytest.mark.parametrize(
        ("flips", "searched"),
        [
            ("none", []),
            ("horizontal", ["augmentation/horizontal_flip"]),
            ("both", ["augmentation/horizontal_flip", "augmentation/vertical_flip"]),
        ],
    )
    def test_flips_are_searched_only_where_allowed(self, flips: str, searched: list[str]) -> None:
        """`flips=` opens exactly the flips that keep labels."""
        space = ImageBlock(flips=flips).search_space()

        assert [name for name in space if name.endswith("flip") and space[name].size > 1] == searched

    def test_an_unknown_choice_is_an_error_with_a_suggestion(self) -> None:
        """A misspelt candidate is found where it is written."""
        with pytest.raises(SpaceError, match="resnet"):
            ImageBlock(block_type="resnt")

    def test_an_unknown_kind_of_flips_is_an_error(self) -> None:
        """The error lists what `flips` can be."""
        with pytest.raises(GraphError, match="horizontal"):
            ImageBlock(flips="sideways")

    def test_two_candidates_of_one_name_are_an_error(self) -> None:
        """Their parts of the space would be the same."""
        with pytest.raises(GraphError, match="'conv'"):
            ImageBlock(candidates=[ConvBlock(), ConvBlock(filters=16)])

    @pytest.mark.parametrize("candidates", [[], [3]], ids=["none", "number"])
    def test_candidates_that_are_no_blocks_are_an_error(self, candidates: list[Any]) -> None:
        """The error says what a candidate is."""
        with pytest.raises(GraphError, match="candidate"):
            ImageBlock(candidates=candidates)

    @pytest.mark.parametrize("side", [8, 28, 63])
    def test_small_pictures_meet_small_networks_only(self, side: int) -> None:
        """No configuration that is drawn for them has a network that was published for ImageNet."""
        space = ImageBlock().search_space(profile_of(side))
        rng = np.random.default_rng(0)

        drawn = [space.sample(rng) for _ in range(300)]

        kinds = {configuration["block_type"] for configuration in drawn}
        sizes = {
            value for each in drawn for name, value in each.items() if name.endswith(("/architecture", "net/version"))
        }
        assert {"conv", "resnet", "xception", "efficientnet"} <= kinds
        assert not {"mobilenet", "transfer"} & kinds
        assert sizes == {"small", "v1", "v2"}

    def test_large_pictures_meet_published_networks_too(self) -> None:
        """At 224 pixels everything is drawn."""
        space = ImageBlock().search_space(profile_of(224))

        assert "mobilenet" in list(space["block_type"].grid())
        assert "resnet152" in list(space["resnet/architecture"].grid())
        assert "b7" in list(space["efficientnet/version"].grid())

    def test_each_branch_of_a_graph_is_suited_to_its_own_pictures(self) -> None:
        """Large pictures in another branch make no small ones large."""
        thumbnail, photo = ImageInput(name="thumbnail"), ImageInput(name="photo")
        joined = Merge()([ResNetBlock(name="small")(thumbnail), ResNetBlock(name="large")(photo)])
        graph = Graph.from_nodes([thumbnail, photo], [ClassificationHead()(joined)])
        inputs = {"thumbnail": profile_of(28).inputs["image"], "photo": profile_of(224).inputs["image"]}

        space = graph.space(DataProfile(rows=100, inputs=inputs, targets={}))

        assert "resnet50" not in list(space["small/architecture"].grid())
        assert "resnet50" in list(space["large/architecture"].grid())
        assert (space["small/stem_stride"].default, space["large/stem_stride"].default) == (1, 4)

    def test_a_network_that_the_user_names_is_built_at_any_size(self) -> None:
        """Candidates and arguments of the user's own are not judged by the size of the pictures."""
        chosen = ImageBlock(block_type="mobilenet").search_space(profile_of(28))
        named = ImageBlock(candidates=["ak_vision:mobilenet"]).search_space(profile_of(28))
        fixed = ImageBlock(candidates=[ResNetBlock(architecture="resnet50")]).search_space(profile_of(28))

        assert chosen.defaults()["block_type"] == "mobilenet"
        assert named.defaults()["block_type"] == "mobilenet"
        assert fixed.defaults()["resnet/architecture"] == "resnet50"

    def test_a_candidate_of_another_plugin_is_built(self) -> None:
        """Any block will do, also one that takes no pictures as pictures."""
        block = ImageBlock(candidates=[DenseBlock(units=16)])

        features = build(block, (8, 8, 1)).output

        assert features.shape == (None, 16)

    def test_a_candidate_that_could_not_be_loaded_again_is_told_before_it_trains(self) -> None:
        """As a block in the graph is; at its end the search would be lost."""

        class Halving(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
            def call(self, inputs: Tensor) -> Tensor:
                return inputs * 0.5

        class Own(Block):
            def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
                return Halving()(keras.layers.Flatten()(inputs))

        start = ImageInput()
        model = AutoModel(start, ClassificationHead()(ImageBlock(candidates=[Own()])(start)), max_trials=1, seed=0)

        with pytest.raises(SearchError, match=r"layer '\w*halving' could not be loaded again"):
            model.fit(np.zeros((20, 8, 8, 1), dtype="uint8"), np.arange(20) % 2, epochs=1, verbose=0)
