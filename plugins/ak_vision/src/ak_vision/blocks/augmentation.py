"""Random changes to pictures that keep their label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from ak_vision.blocks._pictures import as_pictures
from ak_vision.blocks._policy import UNCLIPPED, brightness, randaugment
from ak_vision.spaces import AUGMENTATION
from autokeras_core import Block
from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autokeras_core.plugin import Domain, HyperparameterView, Tensor

__all__ = ["ImageAugmentation"]

# The policy takes a dozen seeds of its own.
_POLICY_SEED = 100


class ImageAugmentation(Block):
    """Shift, turn, zoom and brighten pictures at random while training; does nothing when predicting.

    Every picture of a batch is changed in its own way; what moves in from outside repeats the border. The defaults
    keep labels: flips are off, since a mirrored digit is no digit. Values are not clipped, so pictures may be
    standardised before, as `ImageBlock` does; they should be scaled, or `brightness` is too weak to matter.

    Args:
        translation: The largest shift, as a share of height and width.
        rotation: The largest turn, as a share of a full circle: 0.05 is 18 degrees.
        zoom: The largest change of size, as a share.
        contrast: The largest change of contrast, as a share.
        brightness: The largest number that is added to all values of a picture: in standard deviations of the training
            pictures if they are standardised, else as a share of the range `[0, 1]`.
        erasing: The share of pictures of which a random rectangle, of up to a third of the area, is set to 0. That is
            the mean of standardised pictures, and black otherwise.
        policy: `"randaugment"` puts each picture through a random selection of shift, turn, size, contrast, brightness
            and sharpness, two of them on average, before the changes above; `"none"` does not.
        magnitude: How strong the policy's changes are, from 0 to 1; at 1 it turns up to 30 degrees and shifts by 0.3.
        horizontal_flip: Whether half of the pictures are mirrored left to right.
        vertical_flip: Whether half of the pictures are turned upside down.
        name: The block's name in the graph, by default `augmentation`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        As the input.

    Reference:
        * [RandAugment: Practical automated data augmentation with a reduced search space](https://arxiv.org/abs/1909.13719)
        * [Random Erasing Data Augmentation](https://arxiv.org/abs/1708.04896)

    Example:
        ```python
        output = ResNetBlock()(ImageAugmentation(horizontal_flip=True)(Normalization()(ImageInput())))
        ```
    """

    base_name = "augmentation"
    space = AUGMENTATION

    def __init__(
        self,
        *,
        translation: float | Domain | None = None,
        rotation: float | Domain | None = None,
        zoom: float | Domain | None = None,
        contrast: float | Domain | None = None,
        brightness: float | Domain | None = None,
        erasing: float | Domain | None = None,
        policy: str | Domain | None = None,
        magnitude: float | Domain | None = None,
        horizontal_flip: bool | Domain | None = None,
        vertical_flip: bool | Domain | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(
            name=name,
            translation=translation,
            rotation=rotation,
            zoom=zoom,
            contrast=contrast,
            brightness=brightness,
            erasing=erasing,
            policy=policy,
            magnitude=magnitude,
            horizontal_flip=horizontal_flip,
            vertical_flip=vertical_flip,
        )

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the pictures, changed at random while training."""
        x = as_pictures(self, inputs)
        if hp["policy"] == "randaugment":
            x = randaugment(x, magnitude=hp["magnitude"], seed=layer_seed(hp.seed, _POLICY_SEED))
        for layer in _layers(hp):
            x = layer(x)
        return x


def _layers(hp: HyperparameterView) -> Iterator[keras.layers.Layer]:
    """Yield the layers that this configuration wants; on two cores each costs some 5% of a small network's step."""
    seeds = [layer_seed(hp.seed, index) for index in range(7)]
    if hp["translation"] > 0:
        yield keras.layers.RandomTranslation(hp["translation"], hp["translation"], fill_mode="nearest", seed=seeds[0])
    if hp["rotation"] > 0:
        yield keras.layers.RandomRotation(hp["rotation"], fill_mode="nearest", seed=seeds[1])
    if hp["zoom"] > 0:
        yield keras.layers.RandomZoom(hp["zoom"], fill_mode="nearest", seed=seeds[2])
    if hp["contrast"] > 0:
        yield keras.layers.RandomContrast(hp["contrast"], value_range=UNCLIPPED, seed=seeds[3])
    if hp["brightness"] > 0:
        yield brightness(hp["brightness"], seed=seeds[5])
    directions = [name for name in ("horizontal", "vertical") if hp[f"{name}_flip"]]
    if directions:
        yield keras.layers.RandomFlip("_and_".join(directions), seed=seeds[4])
    if hp["erasing"] > 0:
        share = (hp["erasing"], hp["erasing"])  # one number would mean: a share drawn from 0 to it
        yield keras.layers.RandomErasing(share, fill_value=0.0, value_range=UNCLIPPED, seed=seeds[6])
