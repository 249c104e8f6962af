"""The features of a pretrained network, as a preprocessor: computed once, used by many trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

import keras
import numpy as np

from ak_vision.blocks._applications import application
from ak_vision.networks import network
from ak_vision.pretrained.arrays import all_layers, set_arrays
from ak_vision.pretrained.pixels import as_network_pixels, check_channels, pixel_range
from ak_vision.pretrained.weights import IMAGENET, check_weights, pretrained_network
from autokeras_core import GraphError, NotFittedError
from autokeras_core.errors import describe_error
from autokeras_core.plugin import training_in

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core.plugin import Depth

__all__ = ["FrozenNetwork"]

Array: TypeAlias = np.ndarray[Any, Any]

_PRECISION: Final = "float32"  # whatever a trial trains in: features are cached for all of them
_ROWS_AT_ONCE = 32
_SHARE_OF_THE_TOP = 1 / 3  # of the layers with weights


class FrozenNetwork:
    """A preprocessor that turns pictures into the features of a pretrained network, averaged over the picture.

    Pictures are brought to the network's size, grey ones are repeated for three colours, and values are scaled as the
    network was trained: what stands for black and white is judged by the training pictures. This is done once for each
    network, size and weights, however many trials use it.

    What is saved with a model holds the network's weights, so loading needs neither their file nor a download.

    Args:
        backbone: The network, one of `ak_vision.networks.NETWORKS`.
        image_size: Height and width that the network sees.
        weights: `"imagenet"`, or the path of a file, see `ak_vision.pretrained.weights`.

    Input shape:
        `(rows, height, width, 1 or 3)`, any number type.

    Output shape:
        `(rows, features)`, float32.

    Example:
        ```python
        frozen = FrozenNetwork("efficientnet_lite0", 96, "efficientnet_lite0.weights.h5")
        frozen.fit(pictures)
        frozen.transform(pictures).shape  # (rows, 1280)
        ```

    Reference:
        Donahue et al.: DeCAF (ICML 2014); Kornblith et al.: Do Better ImageNet Models Transfer Better? (CVPR 2019).
    """

    in_model = False
    rows_at_once = 256  # between two looks at the time that is left

    def __init__(self, backbone: str, image_size: int, weights: str | PathLike[str] = IMAGENET) -> None:
        facts = network(backbone)
        if image_size < facts.smallest_side:
            raise GraphError(
                describe_error(
                    f"Pictures are too small for the network {backbone!r}.",
                    expected=f"an image_size of at least {facts.smallest_side}",
                    received=f"image_size={image_size}",
                )
            )
        self._facts = facts
        self._image_size = image_size
        self._weights = check_weights(weights)
        self._shape: tuple[int, ...] = ()
        self._dtype = ""
        self._range = (0.0, 255.0)
        self._model: keras.Model | None = None

    def fit(self, data: Array) -> None:
        """Judge the range of values by training pictures, and load the network's weights.

        Raises:
            GraphError: If the pictures have another number of channels than 1 or 3, or a file is not of this network.
            UnavailableError: If the weights can neither be found nor downloaded.
        """
        self._describe(data.shape[1:], str(data.dtype), pixel_range(data))
        with training_in(_PRECISION):
            pretrained = pretrained_network(self._facts.name, image_size=self._image_size, weights=self._weights)
            self._model = self._assembled(pretrained)

    def transform(self, batch: Array) -> Array:
        """Return the features of pictures, float32 of shape `(rows, features)`."""
        model = self._fitted()
        if not len(batch):
            return np.empty((0, self._facts.features), dtype="float32")
        # Batch by batch: the data set that `predict` makes of an array may take seconds to be let go.
        starts = range(0, len(batch), _ROWS_AT_ONCE)
        return np.concatenate([model.predict_on_batch(batch[start : start + _ROWS_AT_ONCE]) for start in starts])

    def to_layer(self) -> keras.Model:
        """Return the same mapping as a Keras model of its own, for the exported model."""
        return self._copy()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"backbone": self._facts.name, "image_size": self._image_size, "weights": self._weights}

    def get_state(self) -> dict[str, Any]:
        """Return what the pictures are, and the network's weights in the order of its layers."""
        arrays = self._fitted().get_weights()
        return {
            "shape": list(self._shape),
            "dtype": self._dtype,
            "range": list(self._range),
            "weights": {f"{index:04d}": np.asarray(array) for index, array in enumerate(arrays)},
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore the network from its saved weights; nothing is downloaded."""
        low, high = state["range"]
        self._describe(tuple(state["shape"]), str(state["dtype"]), (float(low), float(high)))
        arrays = state["weights"]
        with training_in(_PRECISION):
            model = self._assembled(self._architecture())
        set_arrays(model, [arrays[key] for key in sorted(arrays)])
        self._model = model

    @property
    def parameters(self) -> int:
        """The number of the network's parameters."""
        return int(self._fitted().count_params())

    def unfrozen(self, depth: Depth) -> keras.Model:
        """Return a copy of the network whose last layers (the last third of those with weights) or all are trainable.

        Batch normalization is not: it keeps the statistics and the scale that it has learned.
        """
        model = self._copy()
        model.trainable = True
        layers = [layer for layer in all_layers(model) if layer.weights]
        first = round(len(layers) * (1 - _SHARE_OF_THE_TOP)) if depth == "top" else 0
        for index, layer in enumerate(layers):
            layer.trainable = index >= first and not isinstance(
                layer, (keras.layers.BatchNormalization, keras.layers.Normalization)
            )
        return model

    def tuned(self, network: keras.Model) -> Self:
        """Return a new preprocessor that computes with a network which `unfrozen` returned, frozen again."""
        other = type(self)(**self.get_config())
        other._describe(self._shape, self._dtype, self._range)
        other._model = network
        network.trainable = False
        return other

    def _describe(self, shape: tuple[int, ...], dtype: str, value_range: tuple[float, float]) -> None:
        if len(shape) != 3:
            raise GraphError(
                describe_error(
                    f"The pretrained network {self._facts.name!r} was given something that is no set of pictures.",
                    expected="rows of shape (height, width, channels)",
                    received=f"rows of shape {shape}",
                    advice="Put it behind an ImageInput.",
                )
            )
        check_channels(shape[-1], where=f"The pretrained network {self._facts.name!r}")
        self._shape, self._dtype, self._range = tuple(int(side) for side in shape), dtype, value_range

    def _assembled(self, pretrained: keras.Model) -> keras.Model:
        """Return the network from raw pictures to averaged features; it is frozen as a whole."""
        dtype = "float32" if self._dtype.startswith("float") else self._dtype
        pictures = keras.Input(self._shape, dtype=dtype)
        x = as_network_pixels(
            pictures,
            image_size=self._image_size,
            value_range=self._range,
            scaling=self._facts.scaling,
        )
        x = keras.layers.GlobalAveragePooling2D()(pretrained(x))
        model = keras.Model(pictures, x, name=self._facts.name)
        model.trainable = False
        model.jit_compile = False  # on a GPU Keras would have XLA compile it, for each number of rows anew
        return model

    def _architecture(self) -> keras.Model:
        return application(self._facts.name, input_shape=(self._image_size, self._image_size, 3))

    def _copy(self) -> keras.Model:
        original = self._fitted()
        with training_in(_PRECISION):
            copy = self._assembled(self._architecture())
        set_arrays(copy, original.get_weights())
        return copy

    def _fitted(self) -> keras.Model:
        if self._model is None:
            raise NotFittedError(
                describe_error(
                    f"The pretrained network {self._facts.name!r} was used before it was loaded.",
                    expected="a call of fit(), or of set_state(), before",
                    received="none",
                )
            )
        return self._model
