"""The structured-data tasks: a table input, the choice of blocks, and a head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from ak_tabular.blocks.structured_data import StructuredDataBlock
from ak_tabular.inputs import StructuredDataInput
from autokeras_core import ClassificationHead, RegressionHead
from autokeras_core.task import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ak_tabular.columns import Kind
    from autokeras_core.task import SearchOptions

__all__ = ["StructuredDataClassifier", "StructuredDataRegressor"]


class StructuredDataClassifier(Task):
    """Find, train and hand over a model that tells classes of table rows apart.

    Args:
        column_names: Names of the columns, for data that has none.
        column_types: `"numerical"`, `"categorical"`, `"boolean"`, `"datetime"`, `"text"` or `"dropped"` by column name, where
            analysis would decide otherwise.
        num_classes: The number of classes; by default as many as the labels have.
        multi_label: Whether a row may have several labels at once; by default read off the labels.
        loss: A Keras loss or its name; by default the one that suits the labels.
        metrics: Keras metrics or their names; by default accuracy, and for several labels a row binary accuracy and AUC.
        options: The search's options, see `AutoModel`: `max_trials`, `time_limit`, `seed`, `directory`, ...

    Example:
        ```python
        classifier = StructuredDataClassifier(max_trials=3, seed=0)
        classifier.fit(frame, "species")  # or fit(x, y)
        classifier.predict(new_rows)  # species, with the index of new_rows
        ```
    """

    task_name: ClassVar[str] = "ak_tabular:StructuredDataClassifier"
    # Networks for tables take milliseconds, and several of them nearly always predict better than one.
    ensemble_by_default: ClassVar[bool | int] = True

    def __init__(
        self,
        *,
        column_names: Sequence[str] | None = None,
        column_types: Mapping[str, Kind] | None = None,
        num_classes: int | None = None,
        multi_label: bool | None = None,
        loss: Any = None,
        metrics: Any = None,
        **options: Unpack[SearchOptions],
    ) -> None:
        table = StructuredDataInput(column_names=column_names, column_types=column_types)
        head = ClassificationHead(num_classes=num_classes, multi_label=multi_label, loss=loss, metrics=metrics)
        super().__init__(table, head, block=StructuredDataBlock(), **options)


class StructuredDataRegressor(Task):
    """Find, train and hand over a model that predicts one or several numbers from table rows.

    Args:
        column_names: Names of the columns, for data that has none.
        column_types: `"numerical"`, `"categorical"`, `"boolean"`, `"datetime"`, `"text"` or `"dropped"` by column name, where
            analysis would decide otherwise.
        output_dim: How many numbers per row; by default as many as `y` has columns.
        loss: A Keras loss or its name; by default mean squared error.
        metrics: Keras metrics or their names; by default mean squared and mean absolute error.
        options: The search's options, see `AutoModel`: `max_trials`, `time_limit`, `seed`, `directory`, ...

    Example:
        ```python
        regressor = StructuredDataRegressor(max_trials=3, seed=0)
        regressor.fit(frame, "price")  # or fit(x, y)
        regressor.predict(new_rows)  # prices, with the index of new_rows
        ```
    """

    task_name: ClassVar[str] = "ak_tabular:StructuredDataRegressor"
    # Networks for tables take milliseconds, and several of them nearly always predict better than one.
    ensemble_by_default: ClassVar[bool | int] = True

    def __init__(
        self,
        *,
        column_names: Sequence[str] | None = None,
        column_types: Mapping[str, Kind] | None = None,
        output_dim: int | None = None,
        loss: Any = None,
        metrics: Any = None,
        **options: Unpack[SearchOptions],
    ) -> None:
        table = StructuredDataInput(column_names=column_names, column_types=column_types)
        head = RegressionHead(output_dim=output_dim, loss=loss, metrics=metrics)
        super().__init__(table, head, block=StructuredDataBlock(), **options)
