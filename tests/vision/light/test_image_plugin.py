"""What ak-vision registers is valid, complete and light."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import ak_vision
from ak_vision import plugin

PROBE = """
import json, sys
import ak_vision
from ak_vision import plugin
for name in plugin.__all__:
    if name != "autokeras_match_input":
        getattr(plugin, name)()
plugin.autokeras_match_input({"type": "ndarray", "shape": (10, 28, 28), "dtype": "uint8"})
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """A fresh process that registers everything has neither Keras nor TensorFlow."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)

    assert not {"keras", "keras_tuner", "tensorflow", "pandas"} & set(json.loads(done.stdout))


def test_public_names_are_sorted_and_listed() -> None:
    """`__all__`, `dir()` and the lazy table are the same names."""
    assert ak_vision.__all__ == sorted(ak_vision.__all__)
    assert dir(ak_vision) == ak_vision.__all__


def test_what_may_download_says_so() -> None:
    """Networks with published weights may, and so may the choice that tries a pretrained one unless it is told otherwise."""
    may = {spec.name for spec in plugin.autokeras_register_blocks() if spec.downloads}

    assert may == {"convnext", "efficientnet", "image", "mobilenet", "resnet", "transfer", "xception"}


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    """The lazy package says which name it does not have."""
    with pytest.raises(AttributeError, match="ResNetBlok"):
        ak_vision.ResNetBlok  # noqa: B018 - the access is what is tested


@pytest.mark.parametrize(
    ("facts", "confidence"),
    [
        ({"shape": (100, 32, 32, 3), "dtype": "uint8"}, 0.95),
        ({"shape": (100, 3, 32, 32), "dtype": "float32"}, 0.95),
        ({"shape": (100, 28, 28), "dtype": "uint8"}, 0.9),
        ({"shape": (100, 64, 64, 13), "dtype": "int16"}, 0.7),
        ({"shape": (100, 20, 8), "dtype": "float64"}, 0.5),
    ],
    ids=["rgb", "channels-first", "grey", "many-channels", "maybe-sequences"],
)
def test_pictures_are_recognised(facts: dict[str, Any], confidence: float) -> None:
    """The more data looks like pictures, the higher the confidence."""
    assert plugin.autokeras_match_input({"type": "ndarray", **facts}) == ("image_input", confidence)
    assert "image_input" in {spec.name for spec in plugin.autokeras_register_inputs()}


@pytest.mark.parametrize(
    "facts",
    [
        {"shape": (100, 784), "dtype": "uint8"},
        {"shape": (100,), "dtype": "<U10"},
        {"shape": (100, 28, 28), "dtype": "<U1"},
        {"shape": (10, 5, 28, 28, 3), "dtype": "uint8"},
        {"type": "str"},
    ],
    ids=["table", "texts", "letters", "videos", "no-array"],
)
def test_what_is_no_picture_is_left_to_others(facts: dict[str, Any]) -> None:
    """Data of other ranks or kinds has no confidence at all."""
    assert plugin.autokeras_match_input(facts) is None
