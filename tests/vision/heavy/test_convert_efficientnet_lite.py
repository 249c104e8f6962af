"""The converter reads a checkpoint without PyTorch and without running anything, and puts every array in its place."""

from __future__ import annotations

import collections
import io
import os
import pickle
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ak_vision.blocks._applications import application
from tools.convert_efficientnet_lite import as_keras_weights, main, read_checkpoint

Array = np.ndarray[Any, Any]

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


class FloatStorage:
    """Stands for PyTorch's class of that name."""

    __module__ = "torch"


class Tensor:
    """An array that is pickled as PyTorch's tensors were."""

    def __init__(self, array: Array, key: str) -> None:
        self.array = array
        self.key = key

    def __reduce__(self) -> tuple[Any, ...]:
        """Return a call of PyTorch's function; strides are in numbers, not bytes."""
        strides = tuple(step // self.array.itemsize for step in self.array.strides)
        storage = ("storage", FloatStorage, self.key, "cpu", self.array.size)
        return _rebuild_tensor_v2, (
            _Persistent(storage),
            0,
            self.array.shape,
            strides,
            False,
            collections.OrderedDict(),
        )


class _Persistent:
    def __init__(self, pid: tuple[Any, ...]) -> None:
        self.pid = pid


def _rebuild_tensor_v2() -> None:
    """Stand for PyTorch's function of that name."""


_rebuild_tensor_v2.__module__ = "torch._utils"


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj: Any) -> Any:
        """Return what PyTorch writes for a storage."""
        return obj.pid if isinstance(obj, _Persistent) else None


@pytest.fixture
def _pickled_as_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the stand-ins above be pickled under PyTorch's names."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    for module, name, value in (
        (torch, "FloatStorage", FloatStorage),
        (utils, "_rebuild_tensor_v2", _rebuild_tensor_v2),
    ):
        setattr(module, name, value)
        monkeypatch.setitem(sys.modules, module.__name__, module)


def write_checkpoint(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write a checkpoint in the format from before PyTorch 1.6; arrays may lie in memory in any order of axes."""
    tensors = collections.OrderedDict(
        (name, Tensor(array, str(index))) for index, (name, array) in enumerate(arrays.items())
    )
    with path.open("wb") as file:
        for part in (MAGIC, VERSION, {"little_endian": True}, tensors, [tensor.key for tensor in tensors.values()]):
            _Pickler(file, protocol=2).dump(part)
        for array in arrays.values():
            order = np.argsort([-step for step in array.strides], kind="stable")
            file.write(struct.pack("<q", array.size))
            file.write(np.ascontiguousarray(array.transpose(order)).tobytes())


def checkpoint_of(weights: list[Array], paths: list[str]) -> dict[str, Array]:
    """Return our weights under the names and in the order of axes of the checkpoint, a classifier behind them."""
    kinds = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    own = ["_conv_stem", "_bn0"]
    blocks = dict.fromkeys(path.split("_")[0] for path in paths if path.startswith("block"))
    for number, block in enumerate(blocks):
        names = {"expand_conv": "_expand_conv", "expand_bn": "_bn0", "dwconv": "_depthwise_conv", "bn": "_bn1"}
        names |= {"project_conv": "_project_conv", "project_bn": "_bn2"}
        layers = dict.fromkeys(path.split("/")[0] for path in paths if path.split("_")[0] == block)
        own += [f"_blocks.{number}.{names[layer.partition('_')[2]]}" for layer in layers]
    own += ["_conv_head", "_bn1"]
    layers = list(dict.fromkeys(path.split("/")[0] for path in paths))
    named = dict(zip(layers, own, strict=True))
    arrays: dict[str, Array] = {}
    for array, path in zip(weights, paths, strict=True):
        layer, kind = path.split("/")
        if kind == "kernel":
            axes = (2, 3, 0, 1) if layer.endswith("dwconv") else (3, 2, 0, 1)
            arrays[f"{named[layer]}.weight"] = array.transpose(axes)
        else:
            arrays[f"{named[layer]}.{kinds[kind]}"] = array
    arrays["_fc.weight"] = np.ones((1000, 1280), dtype="float32")
    arrays["_fc.bias"] = np.zeros(1000, dtype="float32")
    return arrays


@pytest.fixture(scope="module")
def network() -> Any:
    """Return a network in which every array is different."""
    made = application("efficientnet_lite0", input_shape=(32, 32, 3))
    rng = np.random.default_rng(0)
    made.set_weights([rng.normal(size=array.shape).astype("float32") for array in made.get_weights()])
    return made


@pytest.mark.usefixtures("_pickled_as_torch")
def test_every_array_finds_its_place(network: Any, tmp_path: Path) -> None:
    """Our network written as the checkpoint is, in TensorFlow's memory order, and read again is the same."""
    expected = network.get_weights()
    write_checkpoint(tmp_path / "lite.pth", checkpoint_of(expected, [weight.path for weight in network.weights]))

    converted = as_keras_weights(read_checkpoint(tmp_path / "lite.pth"))

    for array, wanted in zip(converted, expected, strict=True):
        np.testing.assert_array_equal(array, wanted)


@pytest.mark.usefixtures("_pickled_as_torch")
def test_the_command_writes_a_file_that_the_network_loads(network: Any, tmp_path: Path) -> None:
    """From a folder with one checkpoint to a weights file."""
    folder = tmp_path / "package" / "models"
    folder.mkdir(parents=True)
    write_checkpoint(folder / "lite.pth", checkpoint_of(network.get_weights(), [each.path for each in network.weights]))
    target = tmp_path / "new" / "efficientnet_lite0.weights.h5"

    assert main([str(tmp_path / "package"), str(target)]) == 0

    loaded = application("efficientnet_lite0", input_shape=(32, 32, 3))
    loaded.load_weights(target)
    np.testing.assert_array_equal(loaded.get_weights()[0], network.get_weights()[0])


class Malicious:
    """Runs something where it is unpickled without care."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Return a call that no tensor needs."""
        return os.system, ("exit 1",)


def test_code_in_a_file_is_refused(tmp_path: Path) -> None:
    """Nothing but tensors and ordered dictionaries is unpickled."""
    stream = io.BytesIO()
    for part in (MAGIC, VERSION, {}, {"_conv_stem.weight": Malicious()}, []):
        pickle.Pickler(stream, protocol=2).dump(part)
    (tmp_path / "bad.pth").write_bytes(stream.getvalue())

    with pytest.raises(pickle.UnpicklingError, match=r"asks for (posix|nt)\.system"):
        read_checkpoint(tmp_path / "bad.pth")


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    """A pickle that is no checkpoint is told so."""
    (tmp_path / "other.pth").write_bytes(pickle.dumps(42))

    with pytest.raises((ValueError, EOFError), match="no checkpoint"):
        read_checkpoint(tmp_path / "other.pth")
