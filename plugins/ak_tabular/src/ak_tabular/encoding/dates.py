"""Parts of dates, by integer arithmetic on seconds since 1970-01-01 UTC: the same in NumPy and in a model."""

from __future__ import annotations

from typing import Any, TypeAlias

import keras
import numpy as np

from ak_tabular.dates import LAST_SECOND, MISSING_TIME

__all__ = ["date_parts", "date_tensors"]

Array: TypeAlias = np.ndarray[Any, Any]
Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

_DAY = 86_400
_PERIODS = np.array([12, 31, 7, 24], dtype=np.float32)  # of month, day, weekday, hour


def date_parts(seconds: Array) -> tuple[Array, Array]:
    """Return numbers and cycles of times.

    Args:
        seconds: int64, shape `(rows,)`, `MISSING_TIME` where there is none.

    Returns:
        Day since 1970, year, month, day, weekday (0 is Monday) and hour, `(rows, 6)` float32, NaN where missing; sine and
        cosine of month, day, weekday and hour, `(rows, 8)` float32, 0 where missing.
    """
    is_missing = seconds == MISSING_TIME
    known = np.clip(np.where(is_missing, 0, seconds), -LAST_SECOND, LAST_SECOND)
    days = known // _DAY
    year, month, day = _civil(days)
    hour = (known - days * _DAY).astype(np.float32) / np.float32(3600)
    parts = [part.astype(np.float32) for part in (days, year, month, day, (days + 3) % 7, hour)]
    numbers = np.stack(parts, axis=1)
    angles = numbers[:, 2:] / _PERIODS * np.float32(2 * np.pi)
    cycles = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    return np.where(is_missing[:, None], np.float32(np.nan), numbers), np.where(is_missing[:, None], 0, cycles)


def date_tensors(seconds: Tensor) -> tuple[Tensor, Tensor]:
    """Return the same of an int64 tensor `(batch, 1)`."""
    ops = keras.ops
    is_missing = ops.equal(seconds, MISSING_TIME)
    known = ops.where(is_missing, ops.zeros_like(seconds), seconds)
    known = ops.minimum(ops.maximum(known, -LAST_SECOND), LAST_SECOND)
    days = known // _DAY
    year, month, day = _civil(days)
    hour = ops.cast(known - days * _DAY, "float32") / 3600.0
    parts = [ops.cast(part, "float32") for part in (days, year, month, day, (days + 3) % 7, hour)]
    numbers = ops.concatenate(parts, axis=1)
    angles = numbers[:, 2:] / _PERIODS * np.float32(2 * np.pi)
    cycles = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=1)
    return ops.where(is_missing, np.float32(np.nan), numbers), ops.where(is_missing, 0.0, cycles)


def _civil(days: Any) -> tuple[Any, Any, Any]:
    """Return year, month and day of days since 1970-01-01, of arrays or tensors.

    Reference:
        Howard Hinnant: chrono-compatible low-level date algorithms, `civil_from_days`.
    """
    shifted = days + 719_468  # days since 0000-03-01
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * from_march + 2) // 5 + 1
    month = (from_march + 2) % 12 + 1
    year = year_of_era + era * 400 + (from_march + 2) // 12
    return year, month, day
