"""What a user may pass as data to validate on: x, y and weights in one argument. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from autokeras_core.data.tensorflow_dataset import refuse_dataset
from autokeras_core.errors import DataError, describe_error

__all__ = ["validation_parts"]


def validation_parts(validation_data: Any, named_target: Any) -> tuple[Any, Any, Any]:
    """Return x, y and weights to validate on, those that are not there as `None`.

    Args:
        validation_data: `(x, y)` or `(x, y, sample_weight)`, as a list too; or x that holds its labels: a path, and any table
            (or the paths of its parts) where y names columns of the training data.
        named_target: The y that named such columns; `None` where y was anything else.

    Raises:
        DataError: If it is none of these.
    """
    refuse_dataset(validation_data, "validation_data")
    is_parts = isinstance(validation_data, (tuple, list)) and len(validation_data) in (2, 3)
    if is_parts and not (named_target is not None and all(_is_file(each) for each in validation_data)):
        x, y, *rest = validation_data
        return x, y, rest[0] if rest else None
    if named_target is not None:  # the columns of the same names
        return validation_data, named_target, None
    if isinstance(validation_data, (str, os.PathLike)):
        return validation_data, None, None
    raise DataError(
        describe_error(
            "validation_data cannot be used.",
            expected="(x, y), (x, y, sample_weight), a table if y names its column, or the path of data that hold their "
            "labels",
            received=f"validation_data of type {type(validation_data).__name__}",
        )
    )


def _is_file(part: Any) -> bool:
    """Return whether something is a path, rather than data or the name of a column."""
    return isinstance(part, os.PathLike) or (isinstance(part, str) and Path(part).is_file())
