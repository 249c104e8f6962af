"""Weights of pretrained networks come from local files of any Keras format, or fail with one clear sentence."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from http.client import IncompleteRead
from pathlib import Path
from urllib.error import HTTPError

import keras
import numpy as np
import pytest

from ak_vision.blocks._applications import application
from ak_vision.pretrained import weights
from ak_vision.pretrained.weights import (
    check_weights,
    forget_failed_downloads,
    has_published_weights,
    network_of_file,
    pretrained_network,
)
from autokeras_core import GraphError, UnavailableError
from autokeras_core.plugin import FailedDownloads
from tests.vision.heavy.backbones import NETWORK, SIZE, go_offline, save_network

pytestmark = pytest.mark.usefixtures("short_network")


@pytest.fixture(autouse=True)
def _clean_memory() -> Iterator[None]:
    """Let no test remember the failed downloads of another."""
    forget_failed_downloads()
    yield
    forget_failed_downloads()


@pytest.mark.parametrize("name", [f"{NETWORK}.weights.h5", f"{NETWORK}.keras"])
def test_a_local_file_is_loaded(name: str, tmp_path: Path) -> None:
    """The network has the file's weights, whichever of Keras's formats it is in."""
    path = save_network(tmp_path, name=name)

    loaded = pretrained_network(NETWORK, image_size=SIZE, weights=path)

    keras.utils.set_random_seed(1)
    again = save_network(tmp_path, name="again.weights.h5")
    expected = pretrained_network(NETWORK, image_size=SIZE, weights=again)
    for array, wanted in zip(loaded.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(array, wanted)


def test_a_file_with_the_classifier_is_loaded_too(tmp_path: Path) -> None:
    """The older format matches whole networks only: then the part without the classifier is taken."""
    whole = keras.applications.MobileNetV3Small(weights=None)
    paths = [tmp_path / f"mobilenet_v3_small{suffix}" for suffix in (".weights.h5", ".h5")]
    whole.save_weights(paths[0])
    whole.save(paths[1])

    loaded = [pretrained_network("mobilenet_v3_small", image_size=SIZE, weights=str(path)) for path in paths]

    for network in loaded:
        for array, wanted in zip(network.get_weights(), whole.get_weights(), strict=False):
            np.testing.assert_array_equal(array, wanted)


def test_another_size_takes_the_same_weights(tmp_path: Path) -> None:
    """A convolutional network's weights do not depend on the size of the pictures."""
    path = save_network(tmp_path)

    small, large = (pretrained_network(NETWORK, image_size=side, weights=path) for side in (SIZE, 96))

    np.testing.assert_array_equal(small.get_weights()[-4], large.get_weights()[-4])
    assert large.output_shape[1:3] == (3, 3)


def test_the_weights_of_another_network_are_an_error(tmp_path: Path) -> None:
    """The message names file and network."""
    path = save_network(tmp_path)

    with pytest.raises(GraphError, match=r"mobilenet_v3_small.*cannot be read.*efficientnet_lite0\.weights\.h5"):
        pretrained_network("mobilenet_v3_small", image_size=SIZE, weights=path)


def test_a_file_that_lacks_weights_is_an_error(tmp_path: Path) -> None:
    """Half a network is none, though Keras itself would only warn."""
    path = tmp_path / f"{NETWORK}.weights.h5"
    whole = application(NETWORK, input_shape=(SIZE, SIZE, 3))
    keras.Model(whole.input, whole.layers[len(whole.layers) // 2].output).save_weights(path)

    with pytest.raises(GraphError, match="cannot be read"):
        pretrained_network(NETWORK, image_size=SIZE, weights=str(path))


def test_a_file_that_is_no_weights_file_is_an_error(tmp_path: Path) -> None:
    """Bytes of any other kind are turned away."""
    path = tmp_path / f"{NETWORK}.weights.h5"
    path.write_bytes(b"not HDF5 at all")

    with pytest.raises(GraphError, match="cannot be read"):
        pretrained_network(NETWORK, image_size=SIZE, weights=str(path))


@pytest.mark.parametrize("name", ["model.pth", "model.pkl", "model.npz", "checkpoint", "model.h5.pickle"])
def test_pickles_and_the_like_are_turned_away(name: str) -> None:
    """What could run code is never opened."""
    with pytest.raises(GraphError, match="unknown kind"):
        check_weights(name)


def test_a_path_is_checked_as_its_text_is() -> None:
    """And comes back as that."""
    assert check_weights(Path("models") / "lite0.weights.h5") == str(Path("models") / "lite0.weights.h5")
    with pytest.raises(GraphError, match="unknown kind"):
        check_weights(Path("model.pkl"))


def test_a_missing_file_is_unavailable(tmp_path: Path) -> None:
    """So that a search skips what needs it."""
    with pytest.raises(UnavailableError, match=r"nowhere\.keras"):
        pretrained_network(NETWORK, image_size=SIZE, weights=str(tmp_path / "nowhere.keras"))


def test_without_a_network_the_error_names_the_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A local file, Keras's cache, no pretrained network: one sentence each."""
    go_offline(monkeypatch, tmp_path)

    with pytest.raises(UnavailableError) as caught:
        pretrained_network("mobilenet_v3_small", image_size=96, weights="imagenet")

    message = str(caught.value)
    assert all(hint in message for hint in ("weights=", "models", "pretrained=False", "Network is unreachable"))


def test_a_failed_download_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is no network, no further network is asked for, until one says so."""
    offline = go_offline(monkeypatch, tmp_path)

    for network in ("mobilenet_v3_small", "mobilenet_v3_small", "efficientnet_b0"):
        with pytest.raises(UnavailableError):
            pretrained_network(network, image_size=96, weights="imagenet")
    asked = len(offline.addresses)
    forget_failed_downloads()
    with pytest.raises(UnavailableError):
        pretrained_network("mobilenet_v3_small", image_size=96, weights="imagenet")

    assert (asked, len(offline.addresses)) == (1, 2)


def test_a_failed_download_is_tried_again_some_minutes_later(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a notebook whose user has connected again; the error says from when on."""
    offline = go_offline(monkeypatch, tmp_path)

    asked, clock = [], iter((0.0, 299.0, 301.0, 301.0))
    monkeypatch.setattr(weights, "_failed", FailedDownloads(lambda: next(clock)))
    for _ in range(3):
        with pytest.raises(UnavailableError, match=r"is not tried again before \d\d:\d\d:\d\d\.$"):
            pretrained_network("mobilenet_v3_small", image_size=96, weights="imagenet")
        asked.append(len(offline.addresses))

    assert asked == [1, 1, 2]


def test_one_missing_file_on_the_server_says_nothing_of_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An answer of the server is remembered for that network alone."""
    offline = go_offline(monkeypatch, tmp_path, HTTPError("url", 404, "Not Found", Message(), None))

    for network in ("mobilenet_v3_small", "mobilenet_v3_small", "mobilenet_v3_large"):
        with pytest.raises(UnavailableError):
            pretrained_network(network, image_size=96, weights="imagenet")

    assert len(offline.addresses) == 2


def test_a_download_that_breaks_off_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Such errors of Python's client are no `OSError`s."""
    go_offline(monkeypatch, tmp_path, IncompleteRead(b"", 5))

    with pytest.raises(UnavailableError, match="IncompleteRead"):
        pretrained_network("mobilenet_v3_small", image_size=96, weights="imagenet")


def test_a_network_that_nobody_offers_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """EfficientNet-Lite0 is in no `keras.applications`: nothing is asked for."""
    offline = go_offline(monkeypatch, tmp_path)

    with pytest.raises(UnavailableError, match="nobody offers them"):
        pretrained_network(NETWORK, image_size=96, weights="imagenet")

    assert not offline.addresses
    assert not has_published_weights(NETWORK)


@pytest.mark.parametrize(
    ("file", "network"),
    [
        ("models/efficientnet_lite0.weights.h5", "efficientnet_lite0"),
        ("efficientnet_v2_b0_notop.h5", "efficientnet_v2_b0"),
        ("resnet50_v2.keras", "resnet50_v2"),
        ("resnet50.keras", "resnet50"),
        ("EfficientNet-B0.weights.h5", "efficientnet_b0"),
        ("resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5", "resnet50"),
        ("resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5", "resnet50_v2"),
        ("resnet152v2_weights_tf_dim_ordering_tf_kernels.h5", "resnet152_v2"),
        ("efficientnetv2-b0_notop.h5", "efficientnet_v2_b0"),
        ("efficientnetb0_notop.h5", "efficientnet_b0"),
        ("mine.weights.h5", None),
    ],
)
def test_the_name_of_a_file_tells_the_network(file: str, network: str | None) -> None:
    """The longest name that it begins with, whether there are separators in it or not, as those of `keras.applications`."""
    assert network_of_file(file) == network
