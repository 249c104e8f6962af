"""The text tasks: a text input, the choice of text blocks, and a head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from ak_text.blocks.text import TextBlock
from ak_text.inputs import TextInput
from autokeras_core import ClassificationHead, RegressionHead
from autokeras_core.task import Task

if TYPE_CHECKING:
    from os import PathLike

    from autokeras_core.task import SearchOptions

__all__ = ["TextClassifier", "TextRegressor"]


class TextClassifier(Task):
    """Find, train and hand over a model that tells classes of texts apart.

    Args:
        num_classes: The number of classes; by default as many as the labels have.
        multi_label: Whether a row may have several labels at once; by default read off the labels.
        loss: A Keras loss or its name; by default the one that suits the labels.
        metrics: Keras metrics or their names; by default accuracy, and for several labels a row binary accuracy and AUC.
        text_column: The column of a table that holds the texts, see `TextInput`.
        pretrained: Which pretrained encoder is tried, see `TextBlock`: a folder with its checkpoint or a name on the
            Hugging Face hub; `True` for nothing else than the default one, `False` for none. By default the default one is
            tried after the cheaper models, and skipped where it cannot be had.
        options: The search's options, see `AutoModel`: `max_trials`, `time_limit`, `seed`, `directory`, ...

    Example:
        ```python
        classifier = TextClassifier(max_trials=3, seed=0)
        classifier.fit(["a fine film", "a dull film", ...], ["good", "bad", ...])
        classifier.predict(["fine, very fine"])  # array(["good"], dtype="<U4")
        classifier.fit("reviews/")  # a folder with one folder of text files per class
        classifier.fit("reviews.csv", "stars")  # a table with a text column
        ```
    """

    task_name: ClassVar[str] = "ak_text:TextClassifier"
    ensemble_by_default: ClassVar[bool | int] = 4

    def __init__(
        self,
        *,
        num_classes: int | None = None,
        multi_label: bool | None = None,
        loss: Any = None,
        metrics: Any = None,
        text_column: str | None = None,
        pretrained: bool | str | PathLike[str] | None = None,
        **options: Unpack[SearchOptions],
    ) -> None:
        head = ClassificationHead(num_classes=num_classes, multi_label=multi_label, loss=loss, metrics=metrics)
        texts = TextInput(text_column=text_column)
        super().__init__(texts, head, block=TextBlock(pretrained=pretrained), **options)


class TextRegressor(Task):
    """Find, train and hand over a model that predicts one or several numbers from texts.

    Args:
        output_dim: How many numbers per row; by default as many as `y` has columns.
        loss: A Keras loss or its name; by default mean squared error.
        metrics: Keras metrics or their names; by default mean squared and mean absolute error.
        text_column: The column of a table that holds the texts, see `TextInput`.
        pretrained: Which pretrained encoder is tried, see `TextBlock`: a folder with its checkpoint or a name on the
            Hugging Face hub; `True` for nothing else than the default one, `False` for none. By default the default one is
            tried after the cheaper models, and skipped where it cannot be had.
        options: The search's options, see `AutoModel`: `max_trials`, `time_limit`, `seed`, `directory`, ...

    Example:
        ```python
        regressor = TextRegressor(max_trials=3, seed=0)
        regressor.fit(["lovely flat by the sea", "dark cellar", ...], [990.0, 250.0, ...])
        regressor.predict(["a flat by the sea"])  # array([...], dtype=float64)
        ```
    """

    task_name: ClassVar[str] = "ak_text:TextRegressor"
    ensemble_by_default: ClassVar[bool | int] = 4

    def __init__(
        self,
        *,
        output_dim: int | None = None,
        loss: Any = None,
        metrics: Any = None,
        text_column: str | None = None,
        pretrained: bool | str | PathLike[str] | None = None,
        **options: Unpack[SearchOptions],
    ) -> None:
        head = RegressionHead(output_dim=output_dim, loss=loss, metrics=metrics)
        texts = TextInput(text_column=text_column)
        super().__init__(texts, head, block=TextBlock(pretrained=pretrained), **options)
