"""The preprocessors of pictures: both faces agree, only training rows are learned from, state survives."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from ak_vision import AddChannel, ChannelsLast, Rescaler
from autokeras_core import NotFittedError

RNG = np.random.default_rng(0)
CASES = {
    "add-channel": (AddChannel, RNG.integers(0, 256, (6, 5, 7)).astype("uint8")),
    "channels-last": (ChannelsLast, RNG.integers(0, 256, (6, 3, 5, 7)).astype("uint8")),
    "rescale-bytes": (Rescaler, RNG.integers(0, 256, (6, 5, 7, 3)).astype("uint8")),
    "rescale-floats": (Rescaler, RNG.normal(3, 2, (6, 5, 7, 1)).astype("float32")),
    "rescale-signed": (Rescaler, RNG.integers(-900, 900, (6, 5, 7, 2)).astype("int16")),
    "rescale-bools": (Rescaler, RNG.integers(0, 2, (6, 5, 7, 1)).astype(bool)),
}


@pytest.mark.parametrize("name", CASES)
def test_both_faces_agree(name: str) -> None:
    """The layer maps rows as `transform` does, and neither changes the rows."""
    kind, rows = CASES[name]
    preprocessor: Any = kind()
    preprocessor.fit(rows[:4])
    before = rows.copy()

    inputs = keras.Input(rows.shape[1:], dtype=str(rows.dtype))
    mapped = keras.Model(inputs, preprocessor.to_layer()(inputs)).predict_on_batch(rows)

    np.testing.assert_allclose(mapped, preprocessor.transform(rows), atol=1e-5)
    np.testing.assert_array_equal(rows, before)


@pytest.mark.parametrize("name", CASES)
def test_state_survives(name: str) -> None:
    """A preprocessor made from config and state maps as the fitted one."""
    kind, rows = CASES[name]
    fitted: Any = kind()
    fitted.fit(rows)

    restored: Any = kind(**json.loads(json.dumps(fitted.get_config())))
    restored.set_state(json.loads(json.dumps(fitted.get_state())))

    np.testing.assert_array_equal(restored.transform(rows), fitted.transform(rows))
    assert restored.to_layer().get_config().keys() == fitted.to_layer().get_config().keys()


def test_bytes_have_their_whole_range() -> None:
    """Dark training pictures do not stretch the scale of bytes."""
    rescaler = Rescaler()

    rescaler.fit(np.array([[[[0, 100]]]], dtype="uint8"))

    assert rescaler.transform(np.array([[[[255]]]], dtype="uint8")).item() == pytest.approx(1.0)


def test_the_range_of_floats_is_learned_from_training_rows() -> None:
    """The smallest training value maps to 0, the largest to 1."""
    rescaler = Rescaler()

    rescaler.fit(np.array([-3.0, 5.0]))

    np.testing.assert_allclose(rescaler.transform(np.array([-3.0, 1.0, 5.0])), [0.0, 0.5, 1.0], atol=1e-6)


def test_equal_pictures_map_to_zero() -> None:
    """A range of nothing is no division by zero."""
    rescaler = Rescaler()

    rescaler.fit(np.full((2, 3, 3, 1), 7.0))

    assert np.abs(rescaler.transform(np.full((1, 3, 3, 1), 7.0))).max() == 0


@pytest.mark.parametrize("kind", [AddChannel, Rescaler])
def test_before_fit_there_is_no_layer(kind: type[Any]) -> None:
    """A preprocessor that learned nothing says so."""
    with pytest.raises(NotFittedError, match=kind.__name__):
        kind().to_layer()
