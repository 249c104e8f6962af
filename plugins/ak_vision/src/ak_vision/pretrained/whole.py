"""Pretrained networks that are trained as a whole: what `pretrained=` and `weights=` of a block ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import attrs
import keras

from ak_vision.blocks._pictures import MOMENTUM
from ak_vision.networks import network
from ak_vision.pretrained.arrays import all_layers
from ak_vision.pretrained.photographs import PHOTOGRAPH_DEVIATION, PHOTOGRAPH_MEAN
from ak_vision.pretrained.pixels import as_colours, check_channels, check_pictures, scaled_pixels
from ak_vision.pretrained.weights import (
    IMAGENET,
    check_weights,
    has_published_weights,
    network_of_file,
    pretrained_network,
    require_file,
)
from autokeras_core import Choice, Fixed, GraphError
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core.plugin import DataProfile, Domain, Tensor

__all__ = ["Pretraining", "pretrained_features"]


@attrs.frozen(kw_only=True)
class Pretraining:
    """The pretrained weights that a block starts from.

    Attributes:
        block: The name of the block's class, for messages.
        weights: `"imagenet"`, or the path of a file.
    """

    block: str
    weights: str

    @classmethod
    def asked_for(cls, block: str, *, pretrained: bool | None, weights: str | PathLike[str] | None) -> Self | None:
        """Return what a block's arguments ask for; `None` where that is training from scratch.

        Raises:
            GraphError: If the arguments contradict each other, or a file is of a kind that is not loaded.
        """
        if weights is None:
            return cls(block=block, weights=IMAGENET) if pretrained else None
        if pretrained is False:
            raise GraphError(
                describe_error(
                    f"{block} was given weights, and told not to start from pretrained ones.",
                    expected="weights=None, or another pretrained= than False",
                    received=f"pretrained=False, weights={weights!r}",
                )
            )
        return cls(block=block, weights=check_weights(weights))

    @property
    def network_of_file(self) -> str | None:
        """The network that the name of the file begins with; `None` if none does, or there is no file."""
        return None if self.weights == IMAGENET else network_of_file(self.weights)

    def argument(
        self, hyperparameter: str, value: str | Domain | None, *, networks: Mapping[str, str]
    ) -> str | Domain | None:
        """Return the argument for the hyperparameter that names the network: as it is, or as the file's name says.

        Args:
            hyperparameter: Its name.
            value: What the user wrote; `None` leaves it open.
            networks: Its values that are published networks, with their names in `NETWORKS`.

        Raises:
            GraphError: If a value has no pretrained weights, or nothing tells which network a file is for.
        """
        if isinstance(value, Fixed):
            value = str(value.value)
        if self.weights == IMAGENET:
            possible = [name for name, published in networks.items() if has_published_weights(published)]
            advice = "Pass a local file with weights=, or train from scratch: pretrained=False."
        else:
            possible, advice = list(networks), ""
            if value is None:
                value = next((name for name in possible if networks[name] == self.network_of_file), None)
            if not isinstance(value, str):
                raise GraphError(
                    describe_error(
                        f"{self.block} cannot tell which network a weights file is for.",
                        expected=f"{hyperparameter}= as one of {possible}, or a file whose name begins with one of "
                        f"{sorted(networks.values())}",
                        received=f"{hyperparameter}={value!r}, weights={self.weights!r}",
                    )
                )
        asked = list(value.values) if isinstance(value, Choice) else [value]
        if value is not None and not set(asked) <= set(possible):
            raise GraphError(
                describe_error(
                    f"{self.block} has no pretrained weights for this {hyperparameter}.",
                    expected=f"{hyperparameter} out of {possible}",
                    received=f"{hyperparameter}={value!r}, weights={self.weights!r}",
                    advice=advice,
                )
            )
        return value

    def check(self, profile: DataProfile | None) -> None:
        """Check that a network can take the pictures.

        Raises:
            GraphError: If the pictures have another number of channels than 1 or 3.
        """
        check_pictures(profile, where=f"{self.block} with pretrained weights")

    def check_available(self) -> None:
        """Look for the file, if there is to be one: without it each trial would fail.

        Raises:
            UnavailableError: If it is not there.
        """
        if self.weights != IMAGENET:
            require_file(self.weights)


def pretrained_features(name: str, pictures: Tensor, *, weights: str) -> Tensor:
    """Return the last feature map of a published network with pretrained weights, to be trained as a whole.

    Pictures that are smaller than the network's `suited_side` are enlarged to it, each side for itself: below, its last
    stages would see a single pixel. Grey is shown in three colours. Batch normalization starts from the statistics of
    ImageNet, and follows those of the new pictures with a momentum for short trainings.

    Args:
        name: One of `NETWORKS`.
        pictures: Pictures from a `PhotographScaler`, shape `(batch, height, width, 1 or 3)`.
        weights: `"imagenet"`, or the path of a file.

    Returns:
        The feature map, shape `(batch, height / 32, width / 32, features)`.

    Raises:
        UnavailableError: If the weights can neither be found nor downloaded.
        GraphError: If a file holds no weights of this network, or the pictures do not suit it.
    """
    facts = network(name)
    height, width, channels = pictures.shape[1:]
    check_channels(channels, where=f"The pretrained network {name!r}")
    if height is None or width is None:
        raise GraphError(
            describe_error(
                f"The pretrained network {name!r} cannot be built on pictures of no known size.",
                expected="(height, width, channels), all known",
                received=f"shape={tuple(pictures.shape[1:])}",
                advice="Resize pictures to one size first.",
            )
        )
    x = keras.layers.Rescaling(255.0 * PHOTOGRAPH_DEVIATION, offset=255.0 * PHOTOGRAPH_MEAN)(pictures)
    sides = max(height, facts.suited_side), max(width, facts.suited_side)
    if sides != (height, width):
        x = keras.layers.Resizing(*sides, interpolation="bilinear")(x)
    model = pretrained_network(name, image_size=sides, weights=weights)
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model(scaled_pixels(as_colours(x), facts.scaling))
