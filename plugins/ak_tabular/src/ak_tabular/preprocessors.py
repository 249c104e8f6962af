"""The table encoder: from a table to numbers, missing values, categories, dates and text included."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs
import keras
import numpy as np

from ak_tabular.columns import match_columns
from ak_tabular.encoding.categories import CategoryCoder
from ak_tabular.encoding.dates import date_parts, date_tensors
from ak_tabular.encoding.features import plain_tensors, put, put_plain
from ak_tabular.encoding.numbers import QuantileScaler, RobustScaler, flushed, flushed_tensor
from ak_tabular.encoding.reading import TableCells, TensorColumns
from ak_tabular.encoding.statistics import CategoryStatistics, standardised_targets
from ak_tabular.encoding.texts import TextFeatures
from ak_tabular.layout import (
    EncoderSettings,
    Layout,
    category_columns,
    has_statistics,
    is_coded,
    is_text,
    kept_categories,
    layout_of,
    numbers_with_missing,
    raw_columns,
    takes_columns,
)
from autokeras_core import NotFittedError
from autokeras_core.errors import describe_error

__all__ = ["TableEncoder"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_FACTS = ("name", "kind", "storage", "missing", "categories", "decimal", "unit", "date_format")


class TableEncoder:
    """Turns a table into numbers: a float32 matrix whose layout follows from the facts about the columns.

    In this order:

    * Numbers, scaled: the numerical columns, and of each date the day since 1970, year, month, day, weekday and hour.
      Missing values become the middle.
    * Where numbers are missing, for those of which some are missing in training.
    * Sine and cosine of each date's month, day, weekday and hour.
    * Categories with few values: -1 or 1 for a column of two, else one feature for each value. A further one is for
      missing values, and for those that are not told apart, where the training rows have any.
    * Statistics of columns with more categories, if asked for.
    * What texts are about: the weights of their words and word pairs (of scripts without spaces characters and pairs of
      them), brought down to the directions in which training rows differ most.
    * Codes of categories, for an embedding, if asked for: 0 for unseen and missing ones.

    Args:
        columns: Facts about each column, see `StructuredDataInput.analyse`: its `name`, `kind`, `storage`, `missing`
            and `categories`.
        scaling: How numbers are scaled: `"robust"` (median and interquartile range, clipped smoothly to (-3, 3)), or
            `"quantile"` (to a normal distribution).
        one_hot_limit: How many values of a categorical column become features of their own.
        codes: Whether a column with more values than that becomes a code; otherwise its most frequent values become
            features.
        max_codes: How many values of such a column are told apart.
        statistics: What is added for columns with more than 8 values: `"none"`, `"frequency"`, or `"target"` (frequency,
            and the mean target of the rows with that value; out of fold on training rows).
        target_widths: How many target statistics each head has, see `ak_tabular.layout.target_widths_of`.
        text_features: How many features a text column becomes.

    Input shape:
        A table of `(rows, columns)`, see `ak_tabular.tables`. The layer takes a float32 tensor `(batch, columns)`, or,
        where some columns hold text or times, a dict of tensors `(batch, 1)` by column name: float32, string (empty
        where missing), or int64 seconds since 1970-01-01 UTC (the smallest one where missing).

    Output shape:
        `(rows, features)`, float32.

    Example:
        ```python
        encoder = TableEncoder(columns=[{"name": "age", "kind": "numerical", "storage": "number", "missing": 1}])
        encoder.fit(np.array([[20.0], [30.0], [40.0], [np.nan]]))
        encoder.transform(np.array([[30.0], [np.nan]]))  # [[0.0, 0.0], [0.0, 1.0]]
        ```
    """

    in_model = False

    def __init__(
        self,
        *,
        columns: Sequence[Mapping[str, Any]],
        scaling: Literal["robust", "quantile"] = "robust",
        one_hot_limit: int = 100,
        codes: bool = False,
        max_codes: int = 5_000,
        statistics: Literal["none", "frequency", "target"] = "none",
        target_widths: Sequence[int] = (),
        text_features: int = 128,
    ) -> None:
        self.columns = tuple({key: column[key] for key in _FACTS if key in column} for column in columns)
        self.settings = EncoderSettings(
            scaling=scaling,
            one_hot_limit=one_hot_limit,
            codes=codes,
            max_codes=max_codes,
            statistics=statistics,
            target_widths=target_widths,
            text_features=text_features,
        )
        self.layout: Layout = layout_of(self.columns, self.settings)
        self._scaler = RobustScaler() if scaling == "robust" else QuantileScaler()
        self._indicated = np.array(numbers_with_missing(self.columns), dtype=np.int64)
        self._categorical = category_columns(self.columns)
        self._coders = [
            CategoryCoder(limit=kept_categories(column, self.settings), is_text=is_text(column))
            for column in self._categorical
        ]
        self._counted = [
            index for index, column in enumerate(self._categorical) if has_statistics(column, self.settings)
        ]
        self._statistics = CategoryStatistics(
            sizes=[kept_categories(self._categorical[index], self.settings) + 1 for index in self._counted],
            target_width=sum(self.settings.target_widths) if self.settings.needs_targets else 0,
        )
        self._texts = [TextFeatures(width=text_features) for column in self.columns if column["kind"] == "text"]
        self._is_fitted = False

    @property
    def needs_targets(self) -> bool:
        """Whether `fit` takes targets, and training rows are mapped by `transform_training`."""
        return self.settings.needs_targets and bool(self._counted)

    def fit(self, data: Array, targets: Mapping[str, Array] | Array | None = None) -> None:
        """Learn ranges, categories, words and statistics from training rows.

        Args:
            data: A table of training rows.
            targets: Their encoded targets (of several heads by name), if `needs_targets`.
        """
        table = self._match(data)
        numbers, _ = self._numbers(table)
        self._scaler.fit(numbers)
        for column, coder in zip(self._categorical, self._coders, strict=True):
            coder.fit(table.cells(column))
        for column, text in zip(self._of_kind("text"), self._texts, strict=True):
            text.fit(table.texts(column))
        if self._counted:
            standardised = None
            if self.needs_targets:
                if targets is None:
                    raise _no_targets()
                standardised = standardised_targets(targets, self.settings.target_widths)
            self._statistics.fit(self._codes(table)[:, self._counted], standardised)
        self._is_fitted = True

    def transform(self, batch: Array) -> Array:
        """Map a table to a new float32 array of shape `(rows, features)`.

        Raises:
            DataError: If the table does not have the training rows' columns.
            NotFittedError: If called before `fit`.
        """
        return self._encoded(batch, are_training_rows=False)

    def transform_training(self, data: Array) -> Array:
        """Map the very rows that `fit` learned from: target statistics are those of other rows.

        Raises:
            NotFittedError: If these are other rows, or `fit` was not called on this object.
        """
        rows = self._statistics.training_rows
        if self._counted and rows != len(data):
            raise NotFittedError(
                describe_error(
                    "The TableEncoder has no statistics out of fold for these rows.",
                    expected="the rows that fit() learned from",
                    received=f"{len(data)} rows, fitted on {rows or 0}",
                )
            )
        return self._encoded(data, are_training_rows=True)

    def to_layer(self) -> Any:
        """Return the same mapping as a functional Keras model, see "Input shape".

        Raises:
            NotFittedError: If called before `fit`.
        """
        self._require_fitted()
        if takes_columns(self.columns):
            raw: Any = {
                name: keras.Input((1,), dtype=dtype, name=f"column_{index}")
                for index, (name, dtype) in enumerate(raw_columns(self.columns).items())
            }
            cells = raw
        else:
            raw = keras.Input((len(self.columns),), dtype="float32")
            cells = TensorColumns(raw, {column["name"]: index for index, column in enumerate(self.columns)})
        parts = self._tensor_parts(cells)
        output = keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="When providing `inputs` as a dict", category=UserWarning)
            if isinstance(raw, dict):
                _name_after_columns(raw, output)
            return keras.Model(raw, output)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data."""
        settings = attrs.asdict(self.settings)
        return {
            "columns": [dict(column) for column in self.columns],
            **settings,
            "target_widths": list(settings["target_widths"]),
        }

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        self._require_fitted()
        return {
            "scaler": self._scaler.get_state(),
            "categories": [coder.get_state() for coder in self._coders],
            "statistics": self._statistics.get_state(),
            "texts": [text.get_state() for text in self._texts],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._scaler.set_state(state["scaler"])
        for coder, part in zip(self._coders, state["categories"], strict=True):
            coder.set_state(part)
        self._statistics.set_state(state["statistics"])
        for text, part in zip(self._texts, state["texts"], strict=True):
            text.set_state(part)
        self._is_fitted = True

    def _encoded(self, batch: Array, *, are_training_rows: bool) -> Array:
        self._require_fitted()
        table = self._match(batch)
        numbers, cycles = self._numbers(table)
        codes = self._codes(table)
        statistics_of = self._statistics.out_of_fold if are_training_rows else self._statistics.transform
        statistics = statistics_of(codes[:, self._counted])
        features = np.zeros((table.rows, self.layout.width), np.float32)
        place = put(features, 0, self._scaler.transform(numbers))
        for part in (np.isnan(numbers[:, self._indicated]), *cycles):
            place = put(features, place, part)
        end = self.layout.width - len(self.layout.codes)
        for index, column in enumerate(self._categorical):
            if is_coded(column, self.settings):
                end = put(features, end, codes[:, index : index + 1])
            else:
                place = put_plain(features, place, codes[:, index], column=column, settings=self.settings)
        place = put(features, place, statistics)
        for column, text in zip(self._of_kind("text"), self._texts, strict=True):
            place = put(features, place, text.transform(table.texts(column)))
        return features

    def _tensor_parts(self, cells: Mapping[str, Tensor]) -> list[Tensor]:
        ops = keras.ops
        parts: list[Tensor] = []
        numbers, cycles = self._number_tensors(cells)
        if numbers is not None:
            parts.append(self._scaler.tensor(numbers))
            if len(self._indicated):
                some = ops.take(numbers, self._indicated.astype("int32"), axis=1)
                parts.append(ops.cast(ops.isnan(some), "float32"))
        parts += cycles
        codes = [
            coder.tensor(cells[column["name"]]) for column, coder in zip(self._categorical, self._coders, strict=True)
        ]
        coded = []
        for column, code in zip(self._categorical, codes, strict=True):
            if is_coded(column, self.settings):
                coded.append(ops.cast(code, "float32"))
            else:
                parts += plain_tensors(code, column=column, settings=self.settings)
        if self._counted:
            parts.append(self._statistics.tensor([codes[index] for index in self._counted]))
        parts += [
            part.tensor(cells[column["name"]]) for column, part in zip(self._of_kind("text"), self._texts, strict=True)
        ]
        return parts + coded

    def _numbers(self, table: TableCells) -> tuple[Array, list[Array]]:
        """Return the numbers to scale, flushed, NaN where missing, and the cycles of each date."""
        numbers, cycles, place = np.empty((table.rows, self.layout.numbers), np.float32), [], 0
        for column in self.columns:
            if column["kind"] == "numerical":
                numbers[:, place] = table.numbers(column)
                place += 1
            elif column["kind"] == "datetime":
                of_date, cycle = date_parts(table.times(column))
                numbers[:, place : place + of_date.shape[1]] = of_date
                cycles.append(cycle)
                place += of_date.shape[1]
        return flushed(numbers), cycles

    def _number_tensors(self, cells: Mapping[str, Tensor]) -> tuple[Tensor | None, list[Tensor]]:
        numbers, cycles = [], []
        if isinstance(cells, TensorColumns):
            names = [column["name"] for column in self._of_kind("numerical")]
            numbers = [cells.several(names)] if names else []
        else:
            for column in self.columns:
                if column["kind"] == "numerical":
                    numbers.append(cells[column["name"]])
                elif column["kind"] == "datetime":
                    of_date, cycle = date_tensors(cells[column["name"]])
                    numbers.append(of_date)
                    cycles.append(cycle)
        if not numbers:
            return None, cycles
        return flushed_tensor(keras.ops.concatenate(numbers, axis=1) if len(numbers) > 1 else numbers[0]), cycles

    def _codes(self, table: TableCells) -> Array:
        codes = np.empty((table.rows, len(self._categorical)), np.int32)
        for index, (column, coder) in enumerate(zip(self._categorical, self._coders, strict=True)):
            if is_text(column):
                codes[:, index] = coder.transform_coded(*table.coded(column))
            else:
                codes[:, index] = coder.transform(table.cells(column))
        return codes

    def _of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [column for column in self.columns if column["kind"] == kind]

    def _match(self, table: Array) -> TableCells:
        names = [column["name"] for column in self.columns]
        return TableCells(table, dict(zip(names, match_columns(table, self.columns), strict=True)))

    def _require_fitted(self) -> None:
        if not self._is_fitted:
            raise NotFittedError(
                describe_error(
                    "The TableEncoder knows no columns yet.", expected="a call of fit()", received="an unfitted one"
                )
            )


def _name_after_columns(raw: Mapping[str, Tensor], output: Tensor) -> None:
    """Give tensors the names of their columns, where Keras takes them: it warns of a dict with other keys.

    A layer may have no name with a slash, and none that another layer of the model has.
    """
    taken = {operation.name for operation in keras.Model(raw, output).operations}
    for column, tensor in raw.items():
        if "/" not in column and column not in taken:
            operation = tensor._keras_history.operation
            operation.name = tensor.name = column


def _no_targets() -> NotFittedError:
    return NotFittedError(
        describe_error(
            "The TableEncoder was fitted without targets.",
            expected="fit(data, targets), since statistics='target'",
            received="targets=None",
        )
    )
