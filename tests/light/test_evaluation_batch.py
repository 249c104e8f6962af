"""How many rows a model takes at once where it does not learn: as many as ever, unless they are large."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autokeras_core.engine.evaluation_batch import evaluation_batch_size

Array = np.ndarray[Any, Any]


def rows_of(*shape: int, dtype: Any = "uint8") -> Array:
    """Return 900 rows of a shape that take no memory."""
    return np.broadcast_to(np.zeros((), dtype), (900, *shape))


@pytest.mark.parametrize(
    "rows",
    [
        rows_of(28, 28),
        rows_of(96, 96, 3),
        rows_of(96, 96, 3, dtype="float64"),
        rows_of(20_000, dtype="float32"),
        rows_of(dtype="O"),
        rows_of(dtype="U5000"),
        rows_of(dtype=[(f"column {number}", "f8") for number in range(400)]),
    ],
    ids=["grey", "colours", "floats", "numbers", "texts", "long texts", "table"],
)
def test_rows_that_are_not_large_go_in_as_many_together_as_there_may_be(rows: Array) -> None:
    """Rounding depends on how many there are, so predictions of such rows stay what they are to the last bit."""
    assert evaluation_batch_size({"x": rows}, most=512) == 512


@pytest.mark.parametrize(
    ("shapes", "size"),
    [
        ([(224, 224, 3)], 111),
        ([(300, 500, 3)], 37),
        ([(1024, 1024, 3)], 5),
        ([(1024, 1024, 3), (1024, 1024, 3)], 2),
        ([(6000, 4000, 3)], 1),
    ],
    ids=["224", "300 x 500", "1024", "two inputs", "a camera's"],
)
def test_of_large_rows_there_are_so_few_that_they_take_64_mib_as_floats(
    shapes: list[tuple[int, ...]], size: int
) -> None:
    """All inputs together count, and one row always goes in."""
    rows = {f"image_{number}": rows_of(*shape) for number, shape in enumerate(shapes)}

    assert evaluation_batch_size(rows, most=512) == size
