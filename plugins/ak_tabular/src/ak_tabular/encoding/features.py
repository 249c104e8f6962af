"""Features of categories that are not left coded, and where features are put."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import keras
import numpy as np

from ak_tabular.layout import EncoderSettings, has_others, kept_categories

__all__ = ["plain_tensors", "put", "put_plain"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_FEW_VALUES = 16  # up to here writing all features of a column is faster than finding those that are 1


def put(features: Array, place: int, part: Array) -> int:
    """Write a part into the columns from `place` on, and return where the next one begins."""
    end: int = place + part.shape[1]
    features[:, place:end] = part
    return end


def put_plain(
    features: Array, place: int, codes: Array, *, column: Mapping[str, Any], settings: EncoderSettings
) -> int:
    """Write the features of a column that is not left coded into zeros, and return where the next part begins."""
    kept = kept_categories(column, settings)
    if 2 < kept <= _FEW_VALUES:
        features[:, place : place + kept] = np.eye(kept + 1, kept, k=-1, dtype=np.float32)[codes]
        place += kept
    elif kept > 2:
        rows = np.flatnonzero(codes)
        features[rows, place + codes[rows] - 1] = 1
        place += kept
    else:
        features[:, place] = np.array([0, 1] if kept == 1 else [0, -1, 1], np.float32)[codes]
        place += 1
    if has_others(column, settings):
        features[:, place] = codes == 0
        place += 1
    return place


def plain_tensors(codes: Tensor, *, column: Mapping[str, Any], settings: EncoderSettings) -> list[Tensor]:
    """Return the same features of an int32 tensor `(batch, 1)`."""
    kept = kept_categories(column, settings)
    is_code = keras.ops.cast(keras.ops.equal(codes, np.arange(kept + 1, dtype=np.int32)), "float32")
    if kept > 2:
        known = is_code[:, 1:]
    else:
        known = is_code[:, 2:] - is_code[:, 1:2] if kept == 2 else is_code[:, 1:]
    return [known, is_code[:, :1]] if has_others(column, settings) else [known]
