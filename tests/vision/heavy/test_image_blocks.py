"""Every image block builds for any picture, trains, survives a file, and has no dead hyperparameter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import ConvBlock, ImageAugmentation, ImageBlock, ResNetBlock
from autokeras_core import Block, Choice, DenseBlock, GraphError, SpaceError
from autokeras_core.graph.view import HyperparameterView

SIZES = [(3, 3), (8, 8), (28, 28), (33, 47)]
BLOCKS = {
    "conv": ConvBlock(num_blocks=4, filters=16),
    "conv-strided": ConvBlock(num_blocks=4, filters=16, max_pooling=False, separable=True, stem_stride=4),
    "resnet-v1": ResNetBlock(version="v1", filters=16),
    "resnet-v2": ResNetBlock(version="v2", filters=16, num_stages=4, stem_stride=2),
    "image": ImageBlock(block_type="conv", augment=True, flips="both"),
}


def view(block: Block, values: dict[str, Any] | None = None, *, seed: int = 7) -> HyperparameterView:
    """Return what `build` sees of a configuration, completed with defaults."""
    return HyperparameterView(values=block.search_space().complete(values or {}), seed=seed)


def build(
    block: Block, shape: tuple[int, ...] = (28, 28, 1), values: dict[str, Any] | None = None, *, dtype: str = "float32"
) -> keras.Model:
    """Return the block as a model; layer names start anew, so that equal models have equal configs."""
    keras.utils.clear_session()
    inputs = keras.Input(shape, dtype=dtype)
    return keras.Model(inputs, block.build(view(block, values), inputs))


def with_head(model: keras.Model) -> keras.Model:
    """Return the model with global pooling and two outputs, compiled to run a step without tracing."""
    pooled = keras.layers.GlobalAveragePooling2D()(model.output)
    whole = keras.Model(model.input, keras.layers.Dense(2, activation="softmax")(pooled))
    whole.compile("sgd", "categorical_crossentropy", run_eagerly=True, jit_compile=False)
    return whole


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_trains_on_any_picture_and_survives_a_file(
    name: str, size: tuple[int, int], channels: int, tmp_path: Path
) -> None:
    """One step gives a finite loss and changes weights; the reloaded model predicts the same."""
    pictures = np.random.default_rng(0).uniform(-1, 1, (4, *size, channels)).astype("float32")
    model = with_head(build(BLOCKS[name], (*size, channels)))
    before = [weight.copy() for weight in model.get_weights()]

    loss = model.train_on_batch(pictures, np.eye(2)[[0, 1, 1, 0]])
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert np.isfinite(loss)
    assert any((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))
    np.testing.assert_allclose(loaded.predict_on_batch(pictures), model.predict_on_batch(pictures), atol=1e-6)


@pytest.mark.parametrize("name", ["conv", "resnet-v1", "resnet-v2"])
def test_nothing_enlarges_a_picture(name: str) -> None:
    """No layer's output is larger than the picture."""
    model = build(BLOCKS[name], (8, 8, 1))

    sides = [max(layer.output.shape[1:3]) for layer in model.layers]

    assert max(sides) == 8


def hyperparameters(block: Block) -> list[str]:
    """Return the names of a block's space that can take several values."""
    return [name for name, domain in block.search_space().items() if domain.size > 1]


EVERY = [
    pytest.param(block, name, id=f"{type(block).__name__}-{name.replace('/', '.')}")
    for block in (ConvBlock(), ResNetBlock(), ImageAugmentation(), ImageBlock(flips="both"))
    for name in hyperparameters(block)
]


@pytest.mark.parametrize(("block", "name"), EVERY)
def test_every_hyperparameter_changes_the_model(block: Block, name: str) -> None:
    """Its values give different networks, or other preprocessing."""
    space = block.search_space()
    base = {parent: allowed[0] for parent, allowed in space[name].when}
    seen = []

    grid = list(space[name].grid())
    # A candidate's own hyperparameters are tested with the candidate: here two values show that they get through.
    for value in [grid[0], grid[-1]] if "/" in name else grid:
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


class TestAugmentation:
    """Augmentation changes pictures while training, each in its own way, and never otherwise."""

    pictures = np.random.default_rng(0).uniform(-2, 2, (8, 12, 12, 1)).astype("float32")

    @pytest.mark.parametrize("name", list(ImageAugmentation.space))
    def test_each_kind_changes_pictures_only_in_training(self, name: str) -> None:
        """The strongest value of one hyperparameter alone is visible in training, and invisible in prediction."""
        off = {
            other: domain.coerce(0.0) if domain.size > 2 else False for other, domain in ImageAugmentation.space.items()
        }
        strongest = list(ImageAugmentation.space[name].grid())[-1]
        model = build(ImageAugmentation(), (12, 12, 1), {**off, name: strongest})

        trained = np.asarray(model(self.pictures, training=True))

        assert np.abs(trained - self.pictures).max() > 0.05
        np.testing.assert_array_equal(model.predict_on_batch(self.pictures), self.pictures)

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

    def test_a_candidate_of_another_plugin_is_built(self) -> None:
        """Any block will do, also one that takes no pictures as pictures."""
        block = ImageBlock(candidates=[DenseBlock(units=16)])

        features = build(block, (8, 8, 1)).output

        assert features.shape == (None, 16)
