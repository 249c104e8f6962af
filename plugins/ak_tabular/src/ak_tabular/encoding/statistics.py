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
        # For each fold those of the rows outside of it; none where they are those of all rows. They are small: the
        # statistics of the training rows themselves may be gigabytes, for as long as the encoder is kept.
        self._fold_tables: list[list[Array]] = []
        self._rows: int | None = None

    def fit(self, codes: Array, targets: Array | None) -> None:
        """Learn the statistics.

        Args:
            codes: The codes of the training rows, `(rows, columns)`.
            targets: Standardised targets of the same rows, `(rows, target_width)`, NaN where a row has none; `None` for
                frequencies only.
        """
        self._rows = len(codes)
        self._tables = self._tables_of(codes, targets)
        self._fold_tables = []
        if targets is not None and self._sizes:
            folds = _folds(len(codes))
            others = [folds != fold for fold in range(int(folds.max(initial=0)) + 1)]
            self._fold_tables = [self._tables_of(codes[outside], targets[outside]) for outside in others]

    @property
    def training_rows(self) -> int | None:
        """How many rows `fit` learned from; `None` if it was not called here."""
        return self._rows

    def out_of_fold(self, codes: Array) -> Array:
        """Return the statistics of the very rows that `fit` learned from, each from other rows.

        Args:
            codes: The codes of all these rows, in their order.
        """
        if not self._fold_tables:
            return self.transform(codes)
        folds = _folds(len(codes))
        result = np.zeros((len(codes), self._width * len(self._sizes)), np.float32)
        for fold, tables in enumerate(self._fold_tables):
            inside = folds == fold
            result[inside] = _looked_up(tables, codes[inside])
        return result

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
        self._fold_tables, self._rows = [], None

    def _tables_of(self, codes: Array, targets: Array | None) -> list[Array]:
        return [self._table(codes[:, index], size, targets) for index, size in enumerate(self._sizes)]

    def _table(self, codes: Array, size: int, targets: Array | None) -> Array:
        counts = np.bincount(codes, minlength=size).astype(np.float64)
        parts = [np.log1p(counts) / np.log1p(max(len(codes), 1))]
        for index in range(self._width - 1):
            assert targets is not None
            values = targets[:, index].astype(np.float64)
            held, codes_held, is_known = counts, codes, ~np.isnan(values)
            if not is_known.all():
                values, codes_held = values[is_known], codes[is_known]
                held = np.bincount(codes_held, minlength=size).astype(np.float64)
            overall = values.mean() if len(values) else 0.0
            sums = np.bincount(codes_held, weights=values, minlength=size)
            parts.append((sums + _PRIOR_ROWS * overall) / (held + _PRIOR_ROWS))
        return np.stack(parts, axis=1).astype(np.float32)


def standardised_targets(targets: Mapping[str, Array] | Array, widths: Sequence[int]) -> Array:
    """Return the encoded targets of all heads side by side, each column with mean 0 and deviation 1.

    Args:
        targets: By head, or those of the only head: numbers, one-hot or multi-hot `(rows, outputs)`, or class numbers
            `(rows,)`. NaN where a row has no target.
        widths: How many statistics each head has, see `ak_tabular.layout`.
    """
    each = list(targets.values()) if isinstance(targets, Mapping) else [targets]
    columns = [_columns_of(np.asarray(one), width) for one, width in zip(each, widths, strict=True)]
    together = np.concatenate(columns, axis=1)
    known: Any = np.ma.masked_invalid(together) if np.isnan(together).any() else together
    mean, deviation = (np.ma.filled(each, 0.0) for each in (known.mean(axis=0), known.std(axis=0)))
    standardised: Array = (together - mean) / np.where(deviation > 0, deviation, 1)
    return standardised


def _columns_of(targets: Array, width: int) -> Array:
    # Class numbers are floats where some rows have none; those of two classes are the second one's column already.
    if targets.ndim == 1 and (targets.dtype.kind in "iu" or width > 1):
        columns = (targets[:, None] == np.arange(max(width, 2))).astype(np.float64)
        columns[np.isnan(targets)] = np.nan
        targets = columns
    elif targets.ndim == 1:
        targets = targets[:, None]
    return targets[:, targets.shape[1] - width :].astype(np.float64)


def _folds(rows: int) -> Array:
    """Return the fold of each of so many training rows, always the same ones."""
    return np.random.default_rng(0).permutation(rows) % min(_FOLDS, max(rows, 1))


def _looked_up(tables: Sequence[Array], codes: Array) -> Array:
    parts = [table[codes[:, index]] for index, table in enumerate(tables)]
    return np.concatenate(parts, axis=1) if parts else np.zeros((len(codes), 0), np.float32)
