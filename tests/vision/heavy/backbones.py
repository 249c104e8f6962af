"""A pretrained network for tests: random weights in a local file, and a world without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.error import URLError

import keras
import numpy as np
import pytest

from ak_vision.blocks._applications import application
from ak_vision.pretrained.weights import forget_failed_downloads

NETWORK = "efficientnet_lite0"
SIZE = 32

SHORT_STAGES = ((1, 3, 1, 1, 16), (1, 3, 2, 6, 24), (1, 5, 2, 6, 40), (1, 3, 2, 6, 80), (1, 5, 2, 6, 192))
"""EfficientNet-Lite0 with five blocks in place of sixteen, as wide and with the same strides: built and traced in a
fraction of the time, where a test is about any network. See the fixture `short_network`."""


def save_network(directory: Path, *, network: str = NETWORK, name: str = "") -> str:
    """Write the weights of a network with random weights, as `{network}.weights.h5`; return the path."""
    keras.utils.set_random_seed(1)
    path = directory / (name or f"{network}.weights.h5")
    model = application(network, input_shape=(SIZE, SIZE, 3))
    if path.suffix == ".keras":
        model.save(path)
    else:
        model.save_weights(path)
    return str(path)


def coloured(rows: int = 60, *, side: int = 20, seed: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return noisy uint8 pictures, and which of three colours is the brightest."""
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % 3
    pictures = rng.integers(0, 120, (rows, side, side, 3))
    pictures[np.arange(rows), ..., labels] += 100
    return pictures.astype("uint8"), labels


class Offline:
    """Keras's download function where there is no network; counts how often it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or URLError(OSError("Network is unreachable"))
        self.addresses: list[str] = []

    def __call__(self, url: str, *_: object) -> None:
        """Fail."""
        self.addresses.append(url)
        raise self.error


def go_offline(monkeypatch: pytest.MonkeyPatch, directory: Path, error: Exception | None = None) -> Offline:
    """Take away the network and whatever Keras has in its cache; return what counts the attempts."""
    offline = Offline(error)
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", offline)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(directory))
    forget_failed_downloads()
    return offline
