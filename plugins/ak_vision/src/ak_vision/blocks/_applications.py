"""Builds the published networks of `ak_vision.networks`, mostly with `keras.applications`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._efficientnet_lite import efficientnet_lite0
from ak_vision.blocks._pictures import MOMENTUM
from ak_vision.networks import PixelScaling, network
from autokeras_core import GraphError
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from ak_vision.networks import Network
    from autokeras_core.plugin import Tensor

__all__ = ["application", "features_from_scratch"]


def application(
    name: str,
    *,
    input_tensor: Tensor = None,
    input_shape: tuple[int, int, int] | None = None,
    weights: str | None = None,
    takes_pixels: bool = True,
) -> keras.Model:
    """Return a published network without its classifier, up to the last feature map.

    Args:
        name: One of `NETWORKS`, e.g. `"efficientnet_b0"`.
        input_tensor: The pictures to build it on, shape `(batch, height, width, channels)`. Layers of the network
            then belong to the same model as the tensor does.
        input_shape: Or the shape `(height, width, channels)`, for a model of its own.
        weights: `"imagenet"` downloads the published weights, a path loads a file, `None` draws random ones.
        takes_pixels: Whether the network takes pixels as its `scaling` says: a network that scales them itself gets 0
            to 255. Otherwise all networks take pictures that are standardised already.

    Returns:
        The network. Its output is four-dimensional, with `network(name).features` channels.

    Raises:
        GraphError: If the name is unknown, not exactly one of tensor and shape is given, or the pictures are too small
            or, with `weights="imagenet"`, not RGB.

    Example:
        ```python
        application("resnet50_v2", input_shape=(64, 64, 3)).output.shape  # (None, 2, 2, 2048)
        ```
    """
    facts = network(name)
    if (input_tensor is None) == (input_shape is None):
        raise GraphError(
            describe_error(
                f"The network {name!r} was not told what to be built on.",
                expected="either input_tensor or input_shape",
                received=f"input_tensor={input_tensor!r}, input_shape={input_shape!r}",
            )
        )
    inputs = keras.Input(input_shape) if input_tensor is None else input_tensor
    _check_shape(facts, tuple(inputs.shape[1:]), is_imagenet=weights == "imagenet")
    if not facts.constructor:
        return _own_network(facts, inputs, weights)
    options: dict[str, bool] = {}
    if facts.can_omit_scaling:
        options["include_preprocessing"] = takes_pixels
    elif facts.scaling is PixelScaling.INTERNAL and not takes_pixels:
        inputs = keras.layers.Rescaling(255.0)(inputs)  # undoes the division by 255 that it begins with
    constructor = getattr(keras.applications, facts.constructor)
    return constructor(include_top=False, weights=weights, input_tensor=inputs, **options)


def features_from_scratch(name: str, pictures: Tensor) -> Tensor:
    """Return the last feature map of a published network with random weights, for training from scratch.

    Pictures that are smaller than what the network takes are enlarged to it, each side for itself. Batch normalization
    gets a momentum for short trainings.

    Args:
        name: One of `NETWORKS`.
        pictures: Standardised pictures, shape `(batch, height, width, channels)`, any size and number of channels.

    Returns:
        The feature map, shape `(batch, height / 32, width / 32, features)`.
    """
    height, width = pictures.shape[1:3]
    smallest = network(name).smallest_side
    x = pictures
    # Pictures of no known size are for `application` to explain.
    if height is not None and width is not None and min(height, width) < smallest:
        x = keras.layers.Resizing(max(height, smallest), max(width, smallest), interpolation="bilinear")(x)
    model = application(name, input_tensor=x, takes_pixels=False)
    before = {id(layer) for layer in keras.Model(model.inputs, x).layers}
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization) and id(layer) not in before:
            layer.momentum = MOMENTUM
    return model.output


def _own_network(facts: Network, inputs: Tensor, weights: str | None) -> keras.Model:
    if weights == "imagenet":
        raise GraphError(
            describe_error(
                f"The weights of {facts.name!r} cannot be downloaded.",
                expected="the path of a weights file, or None",
                received=f"weights={weights!r}",
                advice="Choose a network of keras.applications, e.g. 'efficientnet_b0', or pass a local file.",
            )
        )
    model = keras.Model(keras.utils.get_source_inputs(inputs), efficientnet_lite0(inputs), name=facts.name)
    if weights is not None:
        model.load_weights(weights)
    return model


def _check_shape(facts: Network, shape: tuple[int | None, ...], *, is_imagenet: bool) -> None:
    """Say in our words what `keras.applications` would find wrong, some of it only in the middle of the network."""
    if len(shape) != 3 or None in shape:
        problem, advice = "three known sizes: (height, width, channels)", "Resize pictures to one size first."
    elif min(shape[0] or 0, shape[1] or 0) < facts.smallest_side:
        problem = f"pictures of at least {facts.smallest_side}x{facts.smallest_side} pixels"
        advice = "Enlarge them with keras.layers.Resizing, or use a network for small pictures."
    elif is_imagenet and shape[2] != 3:
        problem = "RGB pictures, for which the published weights are"
        advice = "Repeat a grey channel three times, or train from scratch with weights=None."
    else:
        return
    raise GraphError(
        describe_error(
            f"The network {facts.name!r} cannot be built on these pictures.",
            expected=problem,
            received=f"shape={shape}",
            advice=advice,
        )
    )
