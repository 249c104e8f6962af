"""Networks that scale pixels by weights of their own go on doing so, wherever their weights are set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import FrozenNetwork
from ak_vision.blocks._applications import application
from ak_vision.pretrained.arrays import IMAGENET_DEVIATION
from ak_vision.pretrained.weights import pretrained_network

Array = np.ndarray[Any, Any]

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of red, green and blue
NAME = "efficientnet_b0"
SIDE = 32
PICTURES = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3)).astype("uint8")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a file as Keras's servers have it: the deviations of ImageNet stand where variances should."""
    keras.utils.set_random_seed(1)
    model = application(NAME, input_shape=(SIDE, SIDE, 3))
    arrays = model.get_weights()
    arrays[0], arrays[1] = np.array(IMAGENET_MEAN, "float32"), np.array(IMAGENET_DEVIATION, "float32")
    model.set_weights(arrays)
    path = tmp_path_factory.mktemp("weights") / f"{NAME}.weights.h5"
    model.save_weights(path)
    return str(path)


def seen(network: keras.Model) -> Array:
    """Return what the first convolution of a network gets to see of the pictures."""
    stem = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    pictures: Array = np.asarray(keras.Model(network.inputs[0], stem.input)(PICTURES.astype("float32")))
    return pictures[:, :SIDE, :SIDE]  # without the padding


def test_published_weights_see_standardised_pictures(published: str) -> None:
    """The mean is subtracted, and divided by the deviation: what the network was trained on."""
    network = pretrained_network(NAME, image_size=SIDE, weights=published)

    expected = (PICTURES / 255.0 - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_DEVIATION)

    np.testing.assert_allclose(seen(network), expected, atol=1e-4)


def test_other_statistics_than_the_published_ones_are_kept(tmp_path: Path) -> None:
    """A network that somebody trained without any keeps a mean of 0 and a variance of 1."""
    path = tmp_path / f"{NAME}.weights.h5"
    application(NAME, input_shape=(SIDE, SIDE, 3)).save_weights(path)

    network = pretrained_network(NAME, image_size=SIDE, weights=str(path))

    np.testing.assert_allclose(seen(network), PICTURES / 255.0, atol=1e-5)


def test_a_whole_model_file_keeps_its_statistics(published: str, tmp_path: Path) -> None:
    """Copied from a `.keras` file, they are those that the layer computes with, not only those that it lists."""
    model = application(NAME, input_shape=(SIDE, SIDE, 3))
    model.load_weights(published)
    model.save(tmp_path / f"{NAME}.keras")

    networks = [
        pretrained_network(NAME, image_size=SIDE, weights=weights)
        for weights in (published, str(tmp_path / f"{NAME}.keras"))
    ]

    np.testing.assert_allclose(seen(networks[1]), seen(networks[0]), atol=1e-6)


def test_a_frozen_network_scales_alike_in_the_exported_and_the_restored_model(published: str) -> None:
    """Features of the search, of the layer for the export, and after loading are the same."""
    frozen, restored = FrozenNetwork(NAME, SIDE, published), FrozenNetwork(NAME, SIDE, published)
    frozen.fit(PICTURES)
    features = frozen.transform(PICTURES)

    restored.set_state(frozen.get_state())

    np.testing.assert_allclose(np.asarray(frozen.to_layer()(PICTURES)), features, atol=1e-5)
    np.testing.assert_allclose(restored.transform(PICTURES), features, atol=1e-5)
