"""How many rows a model takes at once where it does not learn: when it is validated, and when it predicts. NumPy only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["evaluation_batch_size"]

# A network holds its rows as float32, and what its first layers make of them, which is many times as large. So much lets
# colour pictures of 96 pixels through in batches of 512.
_BYTES_AT_ONCE = 64 * 2**20
_BYTES_PER_VALUE = 4


def evaluation_batch_size(rows: Mapping[str, Rows], *, most: int) -> int:
    """Return how many rows to put through a model at once: `most`, or fewer where rows are large.

    What comes out does not depend on it, but for rounding; what memory is needed does. Unlike a batch to learn from, which
    is a hyperparameter, it may be as small as large pictures want it: a system that is short of memory kills the process.

    Args:
        rows: What goes in, by the name of the input.
        most: How many rows there may be, however small they are.

    Returns:
        At least 1, and so few that their values take at most 64 MiB as float32.

    Example:
        ```python
        evaluation_batch_size({"image": np.zeros((900, 28, 28, 1), "uint8")}, most=512)  # 512
        evaluation_batch_size({"image": np.zeros((900, 1024, 1024, 3), "uint8")}, most=512)  # 5
        ```
    """
    values = sum(_values_per_row(each) for each in rows.values())
    return max(1, min(most, _BYTES_AT_ONCE // (_BYTES_PER_VALUE * max(1, values))))


def _values_per_row(rows: Rows) -> int:
    """Return how many values a row has; the columns of a table of several types are one value each."""
    columns = 1 if rows.dtype.names is None else len(rows.dtype.names)
    return math.prod(rows.shape[1:]) * columns
