"""The image tasks: an image input, the image block and a head that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Unpack

from ak_vision.blocks.image import ImageBlock
from ak_vision.image_input import ImageInput
from autokeras_core import ClassificationHead, RegressionHead
from autokeras_core.task import SearchOptions, Task

if TYPE_CHECKING:
    from os import PathLike

    from ak_vision._layout import Layout
    from ak_vision.files import Color

__all__ = ["ImageClassifier", "ImageRegressor"]


class ImageClassifier(Task):
    """Search for a network that tells what is in a picture: binary, multi-class or multi-label.

    Args:
        num_classes: The number of classes, if the training labels do not show all; by default found from the labels.
        multi_label: Whether a picture can have several labels; by default found from the labels.
        loss: The loss; by default cross-entropy.
        metrics: The metrics; by default the accuracy, and for several labels a picture binary accuracy and AUC.
        flips: Which mirror images have the same label, so that flipping may be searched: `"none"`, `"horizontal"`
            (most photographs), `"vertical"` or `"both"`.
        pretrained: Whether pretrained networks are tried, see `TransferBlock`: `False` for never, `True` for nothing
            else. By default they are, after the cheap networks, for grey and colour pictures of at least 64 pixels;
            where their weights cannot be had, they are skipped.
        weights: A local file with a pretrained network's weights, instead of a download.
        channels: Where the channel axis of arrays is: `"last"`, `"first"` or `"none"`, see `ImageInput`.
        image_size: Height and width that picture files are resized to, see `ImageInput`.
        color: The colours that picture files are decoded to: `"grey"`, `"rgb"` or `"rgba"`, see `ImageInput`.
        path_column: The column of a table that holds the paths of picture files, see `ImageInput`.
        broken_share: Up to which share of picture files may be broken, see `ImageInput`.
        options: The options of the search, as for `AutoModel`: `max_trials`, `time_limit`, `seed`, `directory`, ...

    Example:
        ```python
        classifier = ImageClassifier(max_trials=3, seed=0)
        classifier.fit(pictures, labels)  # (rows, height, width) or (rows, height, width, channels)
        classifier.predict(new_pictures)  # labels of the same type
        classifier.fit("photos/")  # a folder with one folder of files per class
        classifier.predict(["new/1.jpg", "new/2.jpg"])
        ```
    """

    task_name = "ak_vision:ImageClassifier"

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        multi_label: bool | None = None,
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
        flips: str = "none",
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        channels: Layout | None = None,
        image_size: Sequence[int] | None = None,
        color: Color | None = None,
        path_column: str | None = None,
        broken_share: float | None = None,
        **options: Unpack[SearchOptions],
    ) -> None:
        head = ClassificationHead(num_classes=num_classes, multi_label=multi_label, loss=loss, metrics=metrics)
        block = ImageBlock(flips=flips, pretrained=pretrained, weights=weights)
        pictures = ImageInput(
            channels=channels,
            image_size=image_size,
            color=color,
            path_column=path_column,
            broken_share=broken_share,
        )
        super().__init__(pictures, head, block=block, **options)


class ImageRegressor(Task):
    """Search for a network that estimates one or several numbers from a picture.

    Args:
        output_dim: How many numbers a picture has; by default found from the targets.
        loss: The loss; by default the mean squared error.
        metrics: The metrics; by default the mean squared and the mean absolute error.
        flips: Which mirror images have the same targets, so that flipping may be searched: `"none"`,
            `"horizontal"`, `"vertical"` or `"both"`.
        pretrained: Whether pretrained networks are tried, as for `ImageClassifier`.
        weights: A local file with a pretrained network's weights, instead of a download.
        channels: Where the channel axis of arrays is: `"last"`, `"first"` or `"none"`, see `ImageInput`.
        image_size: Height and width that picture files are resized to, see `ImageInput`.
        color: The colours that picture files are decoded to: `"grey"`, `"rgb"` or `"rgba"`, see `ImageInput`.
        path_column: The column of a table that holds the paths of picture files, see `ImageInput`.
        broken_share: Up to which share of picture files may be broken, see `ImageInput`.
        options: The options of the search, as for `AutoModel`.

    Example:
        ```python
        regressor = ImageRegressor(time_limit=300)
        regressor.fit(pictures, ages)
        ```
    """

    task_name = "ak_vision:ImageRegressor"

    def __init__(
        self,
        *,
        output_dim: int | None = None,
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
        flips: str = "none",
        pretrained: bool | None = None,
        weights: str | PathLike[str] | None = None,
        channels: Layout | None = None,
        image_size: Sequence[int] | None = None,
        color: Color | None = None,
        path_column: str | None = None,
        broken_share: float | None = None,
        **options: Unpack[SearchOptions],
    ) -> None:
        head = RegressionHead(output_dim=output_dim, loss=loss, metrics=metrics)
        block = ImageBlock(flips=flips, pretrained=pretrained, weights=weights)
        pictures = ImageInput(
            channels=channels,
            image_size=image_size,
            color=color,
            path_column=path_column,
            broken_share=broken_share,
        )
        super().__init__(pictures, head, block=block, **options)
