"""The frozen network as a preprocessor: right pixels, two equal faces, a state that needs no file."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import FrozenNetwork
from ak_vision.networks import PixelScaling
from ak_vision.pretrained.pixels import as_network_pixels, pixel_range
from autokeras_core import GraphError, NotFittedError
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.engine.rows import transform_rows
from autokeras_core.testing import check_preprocessor
from tests.vision.heavy.backbones import NETWORK, SIZE, coloured

Array = np.ndarray[Any, Any]

pytestmark = pytest.mark.usefixtures("short_network")

PICTURES = coloured(20)[0]


@pytest.fixture(scope="module")
def fitted(weights: str) -> FrozenNetwork:
    """Return a network for colour pictures of bytes."""
    frozen = FrozenNetwork(NETWORK, SIZE, weights)
    frozen.fit(PICTURES)
    return frozen


@pytest.mark.parametrize(
    "pictures",
    [PICTURES, PICTURES[..., :1], (PICTURES / 255).astype("float32")],
    ids=["colour", "grey", "fractions"],
)
def test_it_keeps_the_contract(pictures: Array, weights: str) -> None:
    """Both faces agree, state survives, rows do not depend on each other and are not changed."""
    check_preprocessor(FrozenNetwork(NETWORK, SIZE, weights), pictures)


def test_features_are_averaged_over_the_picture(fitted: FrozenNetwork) -> None:
    """One float32 vector a picture, different for different pictures."""
    features = fitted.transform(PICTURES)

    assert (features.shape, features.dtype) == ((20, 1280), np.float32)
    assert features.std(axis=0).max() > 0


def test_features_that_will_not_be_ready_in_time_are_given_up_early(fitted: FrozenNetwork) -> None:
    """Many tiny pictures are looked at in pieces, after each of which the time that is left counts."""
    steps = itertools.count()
    deadline = Deadline(6.0, clock=lambda: float(next(steps)))  # a second passes with each look

    with pytest.raises(OutOfTimeError, match=r"of 2,000 rows.*a piece of 256 rows"):
        transform_rows(np.zeros((2000, *PICTURES.shape[1:]), "uint8"), [fitted], deadline=deadline)


def test_no_rows_give_no_rows(fitted: FrozenNetwork) -> None:
    """An empty batch has the width of a full one."""
    assert fitted.transform(PICTURES[:0]).shape == (0, 1280)


def test_fractions_and_bytes_give_the_same_features(fitted: FrozenNetwork, weights: str) -> None:
    """The network sees the same picture, in whatever range it comes."""
    fractions = (PICTURES / 255).astype("float32")
    other = FrozenNetwork(NETWORK, SIZE, weights)
    other.fit(fractions)

    np.testing.assert_allclose(other.transform(fractions), fitted.transform(PICTURES), atol=1e-5)


def test_a_grey_picture_is_shown_in_three_colours(fitted: FrozenNetwork, weights: str) -> None:
    """Grey and the same grey in three channels give the same features."""
    grey = PICTURES[..., :1]
    other = FrozenNetwork(NETWORK, SIZE, weights)
    other.fit(grey)

    np.testing.assert_allclose(other.transform(grey), fitted.transform(np.repeat(grey, 3, axis=-1)), atol=1e-6)


@pytest.mark.parametrize("channels", [2, 4, 7])
def test_other_numbers_of_channels_are_an_error(channels: int, weights: str) -> None:
    """The message says what would do."""
    with pytest.raises(GraphError, match=rf"1 channel.*3 channels.*Received: {channels} channels"):
        FrozenNetwork(NETWORK, SIZE, weights).fit(np.zeros((2, 8, 8, channels), dtype="uint8"))


def test_a_size_below_the_network_s_is_an_error() -> None:
    """The constructor says so, before anything is loaded."""
    with pytest.raises(GraphError, match="at least 71"):
        FrozenNetwork("xception", 32)


def test_the_state_needs_no_file(fitted: FrozenNetwork, tmp_path: Path) -> None:
    """A network is restored from its state where the weights file is gone."""
    config = {**json.loads(json.dumps(fitted.get_config())), "weights": str(tmp_path / "gone.weights.h5")}

    restored = FrozenNetwork(**config)
    restored.set_state(fitted.get_state())

    np.testing.assert_array_equal(restored.transform(PICTURES), fitted.transform(PICTURES))


def test_it_says_so_if_it_is_not_fitted() -> None:
    """Using it before is no bug deep in Keras."""
    with pytest.raises(NotFittedError, match="before it was loaded"):
        FrozenNetwork(NETWORK, SIZE).transform(PICTURES)


def test_the_precision_of_a_trial_does_not_matter(fitted: FrozenNetwork, weights: str) -> None:
    """Features are cached for all trials: they are float32, whatever a trial trains in."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        other = FrozenNetwork(NETWORK, SIZE, weights)
        other.fit(PICTURES)
        features = other.transform(PICTURES)
    finally:
        keras.config.set_dtype_policy(before)

    np.testing.assert_array_equal(features, fitted.transform(PICTURES))


def test_setting_free_leaves_normalization_frozen(fitted: FrozenNetwork) -> None:
    """The last third or all layers are trainable, batch normalization never."""
    counts = {}
    for depth in ("top", "all"):
        network = fitted.unfrozen(depth)  # type: ignore[arg-type]
        counts[depth] = len(network.trainable_variables)
        assert not [each.path for each in network.trainable_variables if "gamma" in each.path or "beta" in each.path]

    assert 0 < counts["top"] < counts["all"]


def test_a_tuned_network_is_another_preprocessor(fitted: FrozenNetwork) -> None:
    """Training a copy changes the copy's features, and not those of the frozen network."""
    before = fitted.transform(PICTURES)
    network = fitted.unfrozen("all")
    network.set_weights([array * 1.01 for array in network.get_weights()])

    tuned = fitted.tuned(network)

    assert np.abs(tuned.transform(PICTURES) - before).max() > 0
    np.testing.assert_array_equal(fitted.transform(PICTURES), before)


RANGES: Mapping[str, tuple[Array, tuple[float, float]]] = {
    "bytes": (np.array([[3, 200]], dtype="uint8"), (0.0, 255.0)),
    "dark bytes": (np.array([[0, 2]], dtype="uint8"), (0.0, 255.0)),
    "masks": (np.array([[0, 1]], dtype="uint8"), (0.0, 1.0)),
    "bools": (np.array([[False, True]]), (0.0, 1.0)),
    "fractions": (np.array([[0.1, 0.8]]), (0.0, 1.0)),
    "signed fractions": (np.array([[-0.7, 0.8]]), (-1.0, 1.0)),
    "bytes as floats": (np.array([[4.0, 190.0]]), (0.0, 255.0)),
    "twelve bits": (np.array([[10, 4000]], dtype="uint16"), (10.0, 4000.0)),
    "standardised": (np.array([[-2.5, 3.0]]), (-2.5, 3.0)),
}


@pytest.mark.parametrize("name", RANGES)
def test_the_range_is_that_of_the_format(name: str) -> None:
    """Black and white are told by the kind of values, not by the brightest pixel."""
    pictures, expected = RANGES[name]

    assert pixel_range(pictures) == expected


@pytest.mark.parametrize("mode", ["tf", "caffe"])
def test_pixels_are_scaled_as_published(mode: str) -> None:
    """As `keras.applications` scales them for networks with those weights."""
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3)).astype("uint8")
    inputs = keras.Input((8, 8, 3), dtype="uint8")
    scaled = as_network_pixels(inputs, image_size=8, value_range=(0.0, 255.0), scaling=PixelScaling(mode))

    ours = keras.Model(inputs, scaled).predict(pictures, verbose=0)

    published = keras.applications.imagenet_utils.preprocess_input(pictures.astype("float32"), mode=mode)
    np.testing.assert_allclose(ours, published, atol=1e-4)


def test_pictures_of_another_shape_are_stretched() -> None:
    """A wide picture becomes a square of the network's size, values within their range."""
    inputs = keras.Input((8, 20, 1), dtype="uint8")
    x = as_network_pixels(inputs, image_size=32, value_range=(0.0, 255.0), scaling=PixelScaling.INTERNAL)

    pixels = keras.Model(inputs, x).predict(np.full((1, 8, 20, 1), 200, dtype="uint8"), verbose=0)

    assert pixels.shape == (1, 32, 32, 3)
    np.testing.assert_allclose(pixels, 200.0, rtol=1e-6)


@pytest.mark.parametrize("shape", [(32, 32), (33, 20)], ids=["whole", "not whole"])
def test_fine_patterns_of_much_larger_pictures_become_grey(shape: tuple[int, int]) -> None:
    """Else single columns would decide over black and white; a rest at the border is not darker."""
    stripes = np.zeros((1, *shape, 1), dtype="uint8")
    stripes[:, :, ::2] = 255
    inputs = keras.Input(stripes.shape[1:], dtype="uint8")
    x = as_network_pixels(inputs, image_size=8, value_range=(0.0, 255.0), scaling=PixelScaling.INTERNAL)

    pixels = keras.Model(inputs, x).predict(stripes, verbose=0)

    assert pixels.shape == (1, 8, 8, 3)
    np.testing.assert_allclose(pixels, 127.5, atol=0.01)


def test_a_frozen_network_computes_without_xla(fitted: FrozenNetwork) -> None:
    """On a GPU Keras would compile it for each number of rows anew."""
    assert fitted._fitted().jit_compile is False


def test_weights_may_be_named_by_a_path(weights: str) -> None:
    """What is saved is the text."""
    assert FrozenNetwork(NETWORK, SIZE, Path(weights)).get_config()["weights"] == weights
