"""The published networks are built as their table says, trained from scratch as they should be, and explain errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import MobileNetBlock, ResNetBlock
from ak_vision.blocks._applications import application, features_from_scratch
from ak_vision.blocks._efficientnet_lite import efficientnet_lite0
from ak_vision.networks import NETWORKS, PixelScaling, network
from autokeras_core import GraphError
from autokeras_core.engine._layer_names import LayerNames
from autokeras_core.graph.view import HyperparameterView


@pytest.mark.parametrize("name", [name for name in NETWORKS if name != "efficientnet_lite0"])
def test_keras_has_every_network(name: str) -> None:
    """The constructor of the table is a function of keras.applications."""
    assert callable(getattr(keras.applications, network(name).constructor))


@pytest.mark.parametrize("name", ["xception", "efficientnet_v2_b0", "mobilenet_v3_large"])
def test_the_table_knows_smallest_side_and_features(name: str) -> None:
    """The smallest pictures are accepted, one pixel less is not, and the features are as many as said."""
    facts = network(name)
    side = facts.smallest_side

    assert application(name, input_shape=(side, side, 3)).output_shape[-1] == facts.features
    with pytest.raises(GraphError, match=f"at least {side}x{side}"):
        application(name, input_shape=(side, side - 1, 3))


def pictures_at_first_convolution(model: keras.Model, pictures: Any) -> Any:
    """Return what the first layer with trained weights gets: a convolution, or a stem that begins with one."""
    first = next(layer for layer in model.layers if layer.trainable_weights)
    return keras.Model(model.input, first.input).predict_on_batch(pictures)


INTERNAL = [name for name in NETWORKS if network(name).scaling is PixelScaling.INTERNAL]
ONE_OF_EACH = ["efficientnet_b0", "efficientnet_v2_b0", "mobilenet_v3_small", "convnext_tiny"]


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_standardised_pictures_are_not_scaled_again(name: str) -> None:
    """Trained from scratch, the first convolution sees the pictures' own values."""
    assert name in INTERNAL
    pictures = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype("float32")

    seen = pictures_at_first_convolution(application(name, input_shape=(32, 32, 3), takes_pixels=False), pictures)

    assert np.abs(seen).max() == pytest.approx(np.abs(pictures).max(), rel=1e-5)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_pixels_are_scaled_inside(name: str) -> None:
    """For published weights a network of internal scaling takes 0 to 255, and its first convolution small numbers."""
    pictures = np.full((2, 32, 32, 3), 255, dtype="float32")

    seen = pictures_at_first_convolution(application(name, input_shape=(32, 32, 3)), pictures)

    assert 0.5 < np.abs(seen).max() < 3


def test_batch_normalization_follows_short_trainings() -> None:
    """Built from scratch on another block, all of its own momenta are low; those of the other block stay."""
    inputs = keras.Input((32, 32, 3))
    other = keras.layers.BatchNormalization(momentum=0.9)

    model = keras.Model(inputs, features_from_scratch("mobilenet_v3_small", other(inputs)))
    momenta = [layer.momentum for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]

    assert other.momentum == 0.9
    assert momenta.count(0.95) == len(momenta) - 1 > 10


def test_only_the_sides_that_are_too_short_are_enlarged() -> None:
    """Xception takes 71 pixels: a picture of 20 by 100 becomes 71 by 100."""
    inputs = keras.Input((20, 100, 2))

    model = keras.Model(inputs, features_from_scratch("xception", inputs))

    resized = next(layer for layer in model.layers if isinstance(layer, keras.layers.Resizing))
    assert resized.output.shape == (None, 71, 100, 2)


def test_two_of_a_kind_fit_into_one_model(tmp_path: Path) -> None:
    """Layers keep different names where a network stands behind another and beside a third; the file loads."""
    names = LayerNames(["image"])
    inputs = keras.Input((32, 32, 3), name="image")
    names.know(inputs)
    tensor: Any = inputs
    block = MobileNetBlock(version="small")
    for prefix in ("first", "second"):
        tensor = block.build(HyperparameterView(values=block.search_space().defaults(), seed=1), tensor)
        names.rename(tensor, prefix=prefix)
    beside = block.build(HyperparameterView(values=block.search_space().defaults(), seed=1), inputs)
    names.rename(beside, prefix="third")
    model = keras.Model(inputs, keras.layers.Add(name="sum")([tensor, beside]))
    pictures = np.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype("float32")

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert len({layer.name for layer in model.layers}) == len(model.layers)
    assert {layer.name.split("_")[0] for layer in model.layers} == {"image", "first", "second", "third", "sum"}
    np.testing.assert_allclose(loaded.predict_on_batch(pictures), model.predict_on_batch(pictures), atol=1e-6)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_version_counts_for_a_large_resnet_too(version: str) -> None:
    """Only v2 has its last activation behind all of its blocks."""
    block = ResNetBlock(architecture="resnet50", version=version)
    inputs = keras.Input((32, 32, 3))

    model = keras.Model(inputs, block.build(HyperparameterView(values=block.search_space().defaults(), seed=1), inputs))

    assert any(layer.name == "post_relu" for layer in model.layers) == (version == "v2")


@pytest.fixture(scope="module")
def lite() -> keras.Model:
    """Return EfficientNet-Lite0 for pictures of the published size."""
    inputs = keras.Input((224, 224, 3))
    return keras.Model(inputs, efficientnet_lite0(inputs))


class TestEfficientNetLite:
    """EfficientNet-Lite0 is the published network."""

    def test_it_has_the_published_number_of_weights(self, lite: keras.Model) -> None:
        """4,652,008 with the classifier of 1,000 classes, which has 1,281,000."""
        assert sum(int(np.prod(weight.shape)) for weight in lite.trainable_weights) == 4_652_008 - 1_281_000

    def test_its_layers_are_in_the_published_order(self, lite: keras.Model) -> None:
        """Each convolution is followed by its normalization; the first block does not expand."""
        names = [layer.name for layer in lite.layers if layer.weights]

        assert names[:6] == [
            *("stem_conv", "stem_bn", "block1a_dwconv", "block1a_bn", "block1a_project_conv", "block1a_project_bn")
        ]
        assert names[6:12] == [
            *("block2a_expand_conv", "block2a_expand_bn", "block2a_dwconv", "block2a_bn"),
            *("block2a_project_conv", "block2a_project_bn"),
        ]
        assert names[-2:] == ["top_conv", "top_bn"]
        assert len(names) == 2 + 4 + 6 * 15 + 2

    def test_it_divides_the_picture_by_32(self, lite: keras.Model) -> None:
        """224 pixels become 7."""
        assert lite.output_shape == (None, 7, 7, 1280)

    def test_a_local_file_gives_its_weights(self, tmp_path: Path) -> None:
        """What one network saved, another loads."""
        first = application("efficientnet_lite0", input_shape=(32, 32, 3))
        first.save_weights(tmp_path / "lite0.weights.h5")

        second = application("efficientnet_lite0", input_shape=(32, 32, 3), weights=str(tmp_path / "lite0.weights.h5"))

        assert all((one == other).all() for one, other in zip(first.get_weights(), second.get_weights(), strict=True))

    def test_its_weights_cannot_be_downloaded(self) -> None:
        """The error says what else there is."""
        with pytest.raises(GraphError, match=r"efficientnet_lite0.*local file"):
            application("efficientnet_lite0", input_shape=(32, 32, 3), weights="imagenet")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "resnet18", "input_shape": (32, 32, 3)}, r"resnet50.*resnet18"),
        ({"name": "resnet50"}, "either input_tensor or input_shape"),
        ({"name": "resnet50", "input_shape": (None, None, 3)}, "three known sizes"),
        ({"name": "resnet50", "input_shape": (32, 32)}, "three known sizes"),
        ({"name": "resnet50", "input_shape": (32, 32, 1), "weights": "imagenet"}, "RGB"),
    ],
    ids=["unknown", "on-nothing", "any-size", "no-channels", "grey-imagenet"],
)
def test_a_network_that_cannot_be_built_is_explained(arguments: dict[str, Any], message: str) -> None:
    """The error is ours, and says what would be right."""
    with pytest.raises(GraphError, match=message):
        application(**arguments)


def test_pictures_of_no_known_size_are_explained_to_who_trains_from_scratch() -> None:
    """The block's own enlarging does not hide what is wrong."""
    with pytest.raises(GraphError, match="three known sizes"):
        features_from_scratch("resnet50", keras.Input((None, 40, 3)))
