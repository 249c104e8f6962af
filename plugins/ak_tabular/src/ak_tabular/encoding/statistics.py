"""Statistics of a column's categories: how frequent each is, and the mean target of the rows that have it.

A mean target that holds the row's own target would give it away. So what a network is trained on is computed out of
fold: for each fifth of the training rows from the other four. New rows get the statistics of all training rows.

Reference:
    Micci-Barreca: A Preprocessing Scheme for High-Cardinality Categorical Attributes. SIGKDD Explorations 2001, for
    the mean that is pulled towards that of all rows where a category has few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np

__all__ = ["CategoryStatistics", "standardised_targets"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_FOLDS = 5
_PRIOR_ROWS = 10.0  # how many rows of the overall mean are mixed into that of each category


class CategoryStatistics:
    """Holds, for each code of each column, the statistics of the training rows that have it.

    Args:
        sizes: How many codes each column has, 0 included.
        target_width: How many target statistics each column has; 0 for frequencies only.
    """

    def __init__(self, *, sizes: Sequence[int], target_width: int) -> None:
        self._sizes = tuple(sizes)
        self._width = 1 + target_width
        self._tables: list[Array] = [np.zeros((size, self._width), np.float32) for size in self._sizes]
        self._out_of_fold: Array | None = None

    def fit(self, codes: Array, targets: Array | None) -> None:
        """Learn the statistics.

        Args:
            codes: The codes of the training rows, `(rows, columns)`.
            targets: Standardised targets of the same rows, `(rows, target_width)`; `None` for frequencies only.
        """
        rows = len(codes)
        self._tables = [self._table(codes[:, index], size, targets) for index, size in enumerate(self._sizes)]
        if targets is None or not self._sizes:
            self._out_of_fold = self.transform(codes)
            return
        folds = np.random.default_rng(0).permutation(rows) % min(_FOLDS, max(rows, 1))
        result = np.zeros((rows, self._width * len(self._sizes)), np.float32)
        for fold in range(int(folds.max(initial=0)) + 1):
            inside = folds == fold
            others = codes[~inside], targets[~inside]
            tables = [self._table(others[0][:, index], size, others[1]) for index, size in enumerate(self._sizes)]
            result[inside] = _looked_up(tables, codes[inside])
        self._out_of_fold = result

    @property
    def out_of_fold(self) -> Array | None:
        """The statistics of the training rows, each from other rows; `None` if `fit` was not called here."""
        return self._out_of_fold

    def transform(self, codes: Array) -> Array:
        """Return the statistics of codes of shape `(rows, columns)`, `(rows, columns * (1 + target_width))`."""
        return _looked_up(self._tables, codes)

    def tensor(self, codes: Sequence[Tensor]) -> Tensor:
        """Return the statistics of one int32 tensor `(batch, 1)` for each column."""
        parts = [
            keras.ops.take(table, keras.ops.squeeze(each, axis=1), axis=0)
            for table, each in zip(self._tables, codes, strict=True)
        ]
        return keras.ops.concatenate(parts, axis=1) if len(parts) > 1 else parts[0]

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        return {"tables": list(self._tables)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._tables = [np.asarray(table, dtype=np.float32) for table in state["tables"]]
        self._out_of_fold = None

    def _table(self, codes: Array, size: int, targets: Array | None) -> Array:
        counts = np.bincount(codes, minlength=size).astype(np.float64)
        parts = [np.log1p(counts) / np.log1p(max(len(codes), 1))]
        for index in range(self._width - 1):
            assert targets is not None
            values = targets[:, index].astype(np.float64)
            overall = values.mean() if len(values) else 0.0
            sums = np.bincount(codes, weights=values, minlength=size)
            parts.append((sums + _PRIOR_ROWS * overall) / (counts + _PRIOR_ROWS))
        return np.stack(parts, axis=1).astype(np.float32)


def standardised_targets(targets: Mapping[str, Array] | Array, widths: Sequence[int]) -> Array:
    """Return the encoded targets of all heads side by side, each column with mean 0 and deviation 1.

    Args:
        targets: By head, or those of the only head: numbers, one-hot or multi-hot `(rows, outputs)`, or class numbers
            `(rows,)`.
        widths: How many statistics each head has, see `ak_tabular.layout`.
    """
    each = list(targets.values()) if isinstance(targets, Mapping) else [targets]
    columns = [_columns_of(np.asarray(one), width) for one, width in zip(each, widths, strict=True)]
    together = np.concatenate(columns, axis=1)
    deviation = together.std(axis=0)
    standardised: Array = (together - together.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    return standardised


def _columns_of(targets: Array, width: int) -> Array:
    if targets.ndim == 1:
        are_classes = targets.dtype.kind in "iu"
        targets = targets[:, None] == np.arange(max(width, 2)) if are_classes else targets[:, None]
    return targets[:, targets.shape[1] - width :].astype(np.float64)


def _looked_up(tables: Sequence[Array], codes: Array) -> Array:
    parts = [table[codes[:, index]] for index, table in enumerate(tables)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(codes), 0), np.float32)
