"""Principal directions of sparse rows: where most of what tells them apart lies. For latent semantic analysis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

__all__ = ["principal_directions", "sparse_rows"]

Array: TypeAlias = np.ndarray[Any, Any]

_MORE = 16  # directions than are asked for: the last ones of a subspace are found least exactly
_ITERATIONS = 2
_SMALLEST = 1e-9  # of squared lengths, against the largest


def sparse_rows(parts: Iterable[Array]) -> tf.SparseTensor:
    """Return dense parts of rows, each `(rows, features)` and let go of as it comes, one below the other as a sparse tensor."""
    places, values, rows, width = [], [], 0, 0
    for part in parts:
        places.append(np.argwhere(part) + (rows, 0))
        values.append(part[part != 0])
        rows, width = rows + len(part), part.shape[1]
    return tf.SparseTensor(np.concatenate(places), np.concatenate(values), (rows, width))


def principal_directions(rows: tf.SparseTensor, count: int) -> Array:
    """Return the right singular vectors of the largest singular values, found by a randomized subspace iteration.

    The same rows give the same directions. Each one's sign is such that its largest number is positive.

    Args:
        rows: A sparse float32 tensor `(rows, features)`. No mean is taken off: that would leave nothing sparse.
        count: How many directions.

    Returns:
        Orthonormal columns, `(features, count)` float32, the most important one first. Columns of zeros are behind them where
        the rows lie in fewer directions than `count`.

    Example:
        ```python
        directions = principal_directions(sparse_rows([weights]), 64)
        weights @ directions  # (rows, 64): as near to the rows as 64 numbers can be
        ```

    Reference:
        Halko, Martinsson, Tropp: Finding Structure with Randomness. SIAM Review 53 (2011), algorithms 4.4 and 5.1.
    """
    height, width = (int(size) for size in rows.shape)
    found = min(count, height, width)
    basis = np.random.default_rng(0).normal(size=(width, min(found + _MORE, height, width))).astype(np.float32)
    for _ in range(_ITERATIONS):
        image = tf.sparse.sparse_dense_matmul(rows, basis)
        basis, _ = np.linalg.qr(tf.sparse.sparse_dense_matmul(rows, image, adjoint_a=True).numpy())
    image = tf.sparse.sparse_dense_matmul(rows, basis).numpy().astype(np.float64)
    values, rotation = np.linalg.eigh(image.T @ image)  # the smallest eigenvalue is first
    # In other directions no row lies: they are noise of rounding, and what lies there later would be noise, too.
    found = min(found, int(np.count_nonzero(values > _SMALLEST * values[-1])))
    directions = basis @ rotation[:, ::-1][:, :found]
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(found)]
    directions = directions * np.where(largest < 0, -1.0, 1.0)
    return np.asarray(np.pad(directions, ((0, 0), (0, count - found))), dtype=np.float32)
