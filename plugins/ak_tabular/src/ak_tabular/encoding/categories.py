"""Categories as codes: 1 to n for the values that are told apart, 0 for all others and for missing ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import keras
import numpy as np
import pandas as pd

from ak_tabular.encoding.numbers import flushed, flushed_tensor

__all__ = ["CategoryCoder"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_NOTHING = "nothing"  # a lookup needs one value, even where no value was seen


class CategoryCoder:
    """Numbers the most frequent values of one column, in their order.

    Args:
        limit: How many values are told apart.
        is_text: Whether the cells are text (`None` where missing) or float32 numbers (NaN where missing).
    """

    def __init__(self, *, limit: int, is_text: bool) -> None:
        self._limit = limit
        self._is_text = is_text
        self._vocabulary: Array = np.zeros(0, object if is_text else np.float32)

    def fit(self, cells: Array) -> None:
        """Learn the most frequent values; of equally frequent ones the smaller come first."""
        counts = pd.Series(cells if self._is_text else flushed(cells)).value_counts(sort=False, dropna=True)
        values = counts.index.to_numpy(dtype=object if self._is_text else np.float32)
        order = np.argsort(values, kind="stable")
        kept = order[np.argsort(-counts.to_numpy()[order], kind="stable")[: self._limit]]
        self._vocabulary = np.sort(values[kept])

    def transform(self, cells: Array) -> Array:
        """Return the codes of cells of shape `(rows,)`, int32."""
        if not len(self._vocabulary):
            return np.zeros(len(cells), np.int32)
        known = cells if self._is_text else flushed(cells)
        codes: Array = pd.Index(self._vocabulary).get_indexer(known) + 1
        return codes.astype(np.int32)

    def transform_coded(self, numbers: Array, texts: Array) -> Array:
        """Return the codes of cells of text that are given as numbers of different texts, -1 where missing."""
        return np.append(self.transform(texts), np.int32(0))[numbers]

    def tensor(self, cells: Tensor) -> Tensor:
        """Return the codes of a tensor `(batch, 1)`, int32: of strings, empty where missing, or of numbers."""
        if self._is_text:
            vocabulary: list[str] = self._vocabulary.tolist()
            lookup = keras.layers.StringLookup(
                vocabulary=vocabulary or [_NOTHING], num_oov_indices=1, mask_token=None, oov_token=_unused(vocabulary)
            )
            codes = keras.ops.cast(lookup(cells), "int32")
            return codes if vocabulary else codes * 0
        if not len(self._vocabulary):
            return keras.ops.cast(keras.ops.zeros_like(cells), "int32")
        numbers = flushed_tensor(cells)
        place = keras.ops.searchsorted(self._vocabulary, keras.ops.squeeze(numbers, axis=1))
        place = keras.ops.expand_dims(keras.ops.clip(place, 0, len(self._vocabulary) - 1), axis=1)
        is_known = keras.ops.equal(keras.ops.take(self._vocabulary, place), numbers)
        return keras.ops.where(is_known, keras.ops.cast(place, "int32") + 1, 0)

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned."""
        return {"vocabulary": self._vocabulary}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._vocabulary = np.asarray(state["vocabulary"], dtype=object if self._is_text else np.float32)


def _unused(vocabulary: Sequence[str]) -> str:
    """Return a token for unknown values that is no value itself."""
    token, known = "[UNK]", set(vocabulary)
    while token in known:
        token = f"[{token}]"
    return token
