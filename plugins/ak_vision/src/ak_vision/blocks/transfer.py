"""Transfer learning: a network that was trained on millions of photographs, and a few layers of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import keras

from ak_vision.costs import picture_size, published_cost
from ak_vision.pretrained.features import FrozenNetwork
from ak_vision.pretrained.pixels import check_pictures
from ak_vision.pretrained.weights import IMAGENET, check_weights, has_published_weights, network_of_file, require_file
from ak_vision.spaces import BACKBONES, TRANSFER, suit_image_size
from autokeras_core import Block, Choice, FineTuning, Fixed, GraphError, Normalization, Space
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core.plugin import DataProfile, Domain, HyperparameterView, Preprocessor, Tensor

__all__ = ["TransferBlock"]

# Against training a network from scratch, which goes forward and backward in some 30 epochs: the frozen one goes forward
# once, and fine-tuning takes at most 10 epochs, without the gradients of the lower layers where only the top is free.
_COST_OF_FEATURES = 1 / 90
_COST_OF_FINE_TUNING = {"none": 0.0, "top": 0.15, "all": 0.33}
_MOST_DEVIATIONS = 10.0


class TransferBlock(Block):
    """A pretrained network, used in two phases: frozen first, then trained further if that helps.

    In the first phase the network is a preprocessor: the features of all pictures are computed once, whatever many
    trials use the same network at the same size, and only what stands behind it is trained, which takes seconds. With
    `fine_tune="top"` or `"all"` the trained layers are then put behind the network itself, some or all of its layers
    are set free, and the whole is trained further at a low learning rate, in the time that is left to the trial. Batch
    normalization keeps its statistics. The result is kept only if it is better on the validation rows.

    The weights are the published ImageNet weights, which Keras downloads once into its cache, or those of a local file.
    Where neither can be had, a search skips the configuration and goes on; if there is no other, it ends with one error
    that says what to do.

    The block scales pixels itself, and must see raw pictures: put no normalization or augmentation before it.

    Args:
        backbone: The network: `"mobilenet_v3_small"`, `"mobilenet_v3_large"`, `"efficientnet_v2_b0"`,
            `"efficientnet_b0"`, `"resnet50_v2"`, or, with `weights=` only, `"efficientnet_lite0"`.
        image_size: Height and width that pictures are brought to; by default suited to their size, see
            `suit_image_size`.
        hidden_units: Units of a hidden layer on the features; 0 for none.
        dropout: The share of the hidden layer's values that is dropped.
        fine_tune: Which layers are trained further in the second phase: `"none"`, the last third (`"top"`) or `"all"`.
        fine_tune_learning_rate: The largest learning rate of the second phase.
        weights: The path of a file with the weights of one network: `.weights.h5`, `.keras`, or an `.h5` file of
            `keras.applications`, with the classifier or without. The network is the one that the file's name begins
            with, unless `backbone=` says otherwise. `"imagenet"`, the default, is the published weights.
        name: The block's name in the graph, by default `transfer`.

    Input shape:
        `(batch, height, width, 1 or 3)`, right behind an `ImageInput`, any size.

    Output shape:
        `(batch, features)`, e.g. 960 of MobileNetV3-Large; or `(batch, hidden_units)`.

    Reference:
        * [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792)
        * [Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution](https://arxiv.org/abs/2202.10054):
          why the layers behind the network are trained before it is.

    Example:
        ```python
        output = TransferBlock(backbone="mobilenet_v3_small", fine_tune="top")(ImageInput())
        output = TransferBlock(weights="models/efficientnet_lite0.weights.h5")(ImageInput())
        ```
    """

    base_name = "transfer"
    space = TRANSFER
    takes_raw_pictures = True

    def __init__(
        self,
        *,
        backbone: str | Domain | None = None,
        image_size: int | Domain | None = None,
        hidden_units: int | Domain | None = None,
        dropout: float | Domain | None = None,
        fine_tune: str | Domain | None = None,
        fine_tune_learning_rate: float | Domain | None = None,
        weights: str | PathLike[str] | None = None,
        name: str | None = None,
    ) -> None:
        if weights is not None and (file := check_weights(weights)) != IMAGENET:
            backbone = _backbone_of(file, backbone)
        super().__init__(
            name=name,
            backbone=backbone,
            image_size=image_size,
            hidden_units=hidden_units,
            dropout=dropout,
            fine_tune=fine_tune,
            fine_tune_learning_rate=fine_tune_learning_rate,
            weights=weights,
        )

    def search_space(self, profile: DataProfile | None = None) -> Space:
        """Return the space, without networks that nobody offers for download, suited to the size of the pictures.

        Raises:
            GraphError: If the pictures have another number of channels than 1 or 3.
        """
        check_pictures(profile, where="TransferBlock")
        space = suit_image_size(super().search_space(profile), profile)
        if space["backbone"] != TRANSFER["backbone"]:
            return space
        return space.narrow({"backbone": Choice([name for name in BACKBONES if has_published_weights(name)])})

    def check_available(self, profile: DataProfile) -> None:
        """Look for the file of `weights=`: without it each trial would fail.

        Raises:
            UnavailableError: If it is not there.
        """
        if self._weights != IMAGENET:
            require_file(self._weights)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the frozen network, and the standardisation of its features."""
        frozen = FrozenNetwork(hp["backbone"], hp["image_size"], self._weights)
        return (frozen, *Normalization().preprocessors(hp))

    def cost(self, hp: HyperparameterView) -> float | None:
        """Return what training on one picture costs, spread over the epochs."""
        if picture_size(hp.profile) is None:
            return None
        side = hp["image_size"]
        share = _COST_OF_FEATURES + _COST_OF_FINE_TUNING[hp["fine_tune"]]
        return share * published_cost(hp["backbone"], height=side, width=side)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the features, or a hidden layer on them."""
        # A channel that is silent on the training pictures has next to no variance, and may be loud on others.
        x = keras.ops.clip(inputs, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
        if hp["hidden_units"] > 0:
            x = keras.layers.Dense(hp["hidden_units"], activation="relu")(x)
            if hp["dropout"] > 0:
                x = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(x)
        return x

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return how this configuration wants the network to be trained further."""
        if hp["fine_tune"] == "none":
            return None
        return FineTuning(depth=hp["fine_tune"], learning_rate=hp["fine_tune_learning_rate"])

    @property
    def _weights(self) -> str:
        return str(self.arguments.get("weights", IMAGENET))


def _backbone_of(weights: str, backbone: object) -> str:
    """Return the network that a weights file is for.

    Raises:
        GraphError: If neither the file's name nor the argument says which.
    """
    backbone = backbone.value if isinstance(backbone, Fixed) else backbone
    if isinstance(backbone, str):
        return backbone
    found = network_of_file(weights)
    if backbone is not None or found is None or found not in BACKBONES:
        raise GraphError(
            describe_error(
                "TransferBlock cannot tell which network a weights file is for.",
                expected=f"backbone= as one of {list(BACKBONES)}, or a file whose name begins with one of them",
                received=f"backbone={backbone!r}, weights={weights!r}",
            )
        )
    return found
