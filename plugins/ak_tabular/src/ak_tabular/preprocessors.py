"""The table encoder: from a table to numbers, missing values and categories included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

from ak_tabular.columns import MAX_CATEGORIES, Column, match_columns
from ak_tabular.tables import read_numbers, read_texts
from autokeras_core import DataError, NotFittedError
from autokeras_core.errors import describe_error

__all__ = ["TableEncoder"]

Array: TypeAlias = np.ndarray[Any, Any]

_LARGEST = 1e18  # its square still fits into float32


class TableEncoder:
    """Turns a table into numbers: numerical columns scaled, categorical ones one-hot.

    * A numerical column is centred at its median and divided by its interquartile range (by half its range where that
      is 0; a constant column becomes 0), then clipped smoothly to (-3, 3). Missing values become 0, the median; a
      column that had some in training gets one more feature that says where.
    * A categorical column becomes one feature per value seen in training (at most `max_categories`, the most
      frequent), and a last one for all other values and for missing ones.

    Features stand in this order: the numerical columns, the indicators of missing values, the categorical columns.
    Numbers are read as float32, as the exported model takes them, so both faces agree.

    Args:
        columns: What analysis decided about each column: `{"name": ..., "kind": "numerical" | "categorical",
            "storage": "number" | "text"}`.
        max_categories: How many values of a categorical column get a feature of their own.

    Input shape:
        A table of `(rows, columns)`, see `ak_tabular.tables`; the layer takes a float32 tensor `(batch, columns)`.

    Output shape:
        `(rows, features)`, float32.

    Example:
        ```python
        encoder = TableEncoder(columns=[{"name": "age", "kind": "numerical", "storage": "number"}])
        encoder.fit(np.array([[20.0], [30.0], [40.0]]))
        encoder.transform(np.array([[30.0], [np.nan]]))  # [[0.0], [0.0]]
        ```

    Reference:
        The scaling is that of RealMLP: Holzmüller, Grinsztajn, Steinwart: Better by Default. NeurIPS 2024.
    """

    in_model = False

    def __init__(self, *, columns: Sequence[Mapping[str, Any]], max_categories: int = MAX_CATEGORIES) -> None:
        self.columns = tuple(Column.from_json(column) for column in columns)
        self.max_categories = int(max_categories)
        self._numerical = [index for index, column in enumerate(self.columns) if column.kind == "numerical"]
        self._categorical = [index for index, column in enumerate(self.columns) if column.kind == "categorical"]
        self._center: Array | None = None
        self._factor: Array | None = None
        self._indicated: Array | None = None
        self._vocabularies: list[list[str] | list[float]] = []

    def fit(self, data: Array) -> None:
        """Learn medians, ranges, and the values of categorical columns from training rows."""
        places = match_columns(data, [column.name for column in self.columns])
        numbers = self._read_numerical(data, places)
        scales = [_center_and_factor(numbers[:, index]) for index in range(numbers.shape[1])]
        self._center = np.array([center for center, _ in scales], dtype=np.float32)
        self._factor = np.array([factor for _, factor in scales], dtype=np.float32)
        self._indicated = np.flatnonzero(np.isnan(numbers).any(axis=0))
        self._vocabularies = [self._learn_vocabulary(data, index, places[index]) for index in self._categorical]

    def transform(self, batch: Array) -> Array:
        """Map a table to a new float32 array of shape `(rows, features)`.

        Raises:
            DataError: If the table does not have the training rows' columns.
            NotFittedError: If called before `fit`.
        """
        center, factor, indicated = self._require_fitted()
        places = match_columns(batch, [column.name for column in self.columns])
        numbers = self._read_numerical(batch, places)
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = (numbers - center) * factor
        scaled = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST), -_LARGEST, _LARGEST)
        parts = [scaled / np.sqrt(1 + np.square(scaled / 3)), np.isnan(numbers[:, indicated])]
        for index, vocabulary in zip(self._categorical, self._vocabularies, strict=True):
            codes = self._codes(batch, index, places[index], vocabulary)
            parts.append(codes[:, None] == np.arange(len(vocabulary) + 1))
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)

    def to_layer(self) -> Any:
        """Return the same mapping as a functional Keras model of a float32 tensor `(batch, columns)`.

        Raises:
            DataError: If a categorical column is text: a tensor holds either numbers or text, not both.
            NotFittedError: If called before `fit`.
        """
        center, factor, indicated = self._require_fitted()
        texts = [self.columns[index].name for index in self._categorical if self.columns[index].storage == "text"]
        if texts:
            raise DataError(
                describe_error(
                    "A table with categories that are text cannot be exported as a plain Keras model.",
                    expected="columns of numbers only, since the exported model takes one float32 array",
                    received=f"the text columns {texts}",
                    advice="Use predict(), save() and load(), which take the table as it is; or code the categories "
                    "as numbers and say so with column_types={...: 'categorical'}.",
                )
            )
        raw = keras.Input((len(self.columns),), dtype="float32")
        parts = []
        if self._numerical:
            numbers = keras.ops.take(raw, np.array(self._numerical, dtype=np.int32), axis=1)
            scaled = (numbers - center) * factor
            scaled = keras.ops.nan_to_num(scaled, nan=0.0, posinf=_LARGEST, neginf=-_LARGEST)
            scaled = keras.ops.clip(scaled, -_LARGEST, _LARGEST)
            parts.append(scaled / keras.ops.sqrt(1 + keras.ops.square(scaled / 3)))
            if len(indicated):
                some = keras.ops.take(numbers, indicated.astype(np.int32), axis=1)
                parts.append(keras.ops.cast(keras.ops.isnan(some), "float32"))
        for index, vocabulary in zip(self._categorical, self._vocabularies, strict=True):
            values = np.array([vocabulary], dtype=np.float32)
            known = keras.ops.cast(keras.ops.equal(raw[:, index : index + 1], values), "float32")
            parts += [known, 1 - keras.ops.sum(known, axis=1, keepdims=True)]
        return keras.Model(raw, keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as JSON data."""
        return {"columns": [column.to_json() for column in self.columns], "max_categories": self.max_categories}

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        center, factor, indicated = self._require_fitted()
        return {
            "center": center,
            "factor": factor,
            "indicated": indicated,
            "vocabularies": [list(vocabulary) for vocabulary in self._vocabularies],
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._center = np.asarray(state["center"], dtype=np.float32)
        self._factor = np.asarray(state["factor"], dtype=np.float32)
        self._indicated = np.asarray(state["indicated"], dtype=np.int64)
        self._vocabularies = [list(vocabulary) for vocabulary in state["vocabularies"]]

    def _require_fitted(self) -> tuple[Array, Array, Array]:
        if self._center is None or self._factor is None or self._indicated is None:
            raise NotFittedError(
                describe_error(
                    "The TableEncoder knows no columns yet.", expected="a call of fit()", received="an unfitted one"
                )
            )
        return self._center, self._factor, self._indicated

    def _read_numerical(self, table: Array, places: Sequence[int]) -> Array:
        numbers = np.empty((len(table), len(self._numerical)), dtype=np.float32)
        for target, index in enumerate(self._numerical):
            numbers[:, target] = read_numbers(table, places[index], column=self.columns[index].name)
        return numbers

    def _learn_vocabulary(self, table: Array, index: int, place: int) -> list[str] | list[float]:
        """Return the most frequent values of a categorical column, in order; ties go to the smaller value."""
        values = self._values(table, index, place)
        distinct, counts = np.unique(values, return_counts=True)
        kept = np.sort(distinct[np.argsort(-counts, kind="stable")[: self.max_categories]])
        vocabulary: list[str] | list[float] = kept.tolist()
        return vocabulary

    def _values(self, table: Array, index: int, place: int) -> Array:
        """Return what a categorical column holds, without missing values: text, or float32 numbers."""
        column = self.columns[index]
        if column.storage == "number":
            numbers = read_numbers(table, place, column=column.name)
            return numbers[~np.isnan(numbers)]
        texts = read_texts(table, place, column=column.name)
        return texts[[text is not None for text in texts]]

    def _codes(self, table: Array, index: int, place: int, vocabulary: Sequence[str] | Sequence[float]) -> Array:
        """Return each row's position in the vocabulary, and its length for unseen and missing values."""
        column = self.columns[index]
        numbered: dict[Any, int] = {value: code for code, value in enumerate(vocabulary)}
        cells: list[Any] = (
            read_numbers(table, place, column=column.name).tolist()
            if column.storage == "number"
            else read_texts(table, place, column=column.name).tolist()
        )
        return np.array([numbered.get(cell, len(vocabulary)) for cell in cells], dtype=np.int64)


def _center_and_factor(values: Array) -> tuple[float, float]:
    """Return a column's median and what to multiply by: 1 / IQR, or 2 / range, or 0 for a constant column."""
    known = values[~np.isnan(values)].astype(np.float64)
    if not len(known):
        return 0.0, 0.0
    low, median, high = np.quantile(known, [0.25, 0.5, 0.75])
    spread = high - low if high > low else (known.max() - known.min()) / 2
    factor = 1 / spread if spread > 0 else 0.0
    # Beyond what float32 holds a spread is rounding noise, or a factor that TensorFlow reads as 0.
    limits = np.finfo(np.float32)
    return float(median), float(factor) if limits.tiny <= factor <= limits.max else 0.0
