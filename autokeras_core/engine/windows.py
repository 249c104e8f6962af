"""Batches of rows that are many, or are read from disk: read in runs, mixed in a window of memory, cut into batches.

Reading single rows in random order is slow on any disk, and the order of a hundred million row numbers takes a gigabyte
by itself. So rows are taken in *blocks* of neighbours; an epoch is a new random order of the blocks. Some dozens of them,
from all over the data, make a *window*, which is read block by block, mixed, and cut into batches. While the model trains
on one window, the next one is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np
import tensorflow as tf

from autokeras_core.data.rows import bytes_per_row, read_rows
from autokeras_core.engine.epoch_order import EpochOrder
from autokeras_core.engine.feeding import as_batch, as_fed, fed_dtype, named_parts, pipeline_options

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["WindowPlan", "plan_windows", "window_batches"]

Array: TypeAlias = np.ndarray[Any, Any]
Dataset: TypeAlias = Any  # TensorFlow ships no types
Tensor: TypeAlias = Any

_ROWS_PER_BLOCK = 2048
_ROWS_PER_WINDOW = 128 * 1024
_BYTES_PER_WINDOW = 32 * 2**20
_MOST_WINDOWS = 2**32  # of an epoch, so that no two windows of a training have the same number
_BATCHES_AHEAD = 2


@attrs.frozen(kw_only=True)
class WindowPlan:
    """How rows are divided.

    Attributes:
        rows: How many rows there are.
        batch_size: Rows per batch.
        block: Rows per block, a multiple of `batch_size`, so that only an epoch's last batch can be smaller.
        blocks_per_window: How many blocks are mixed with each other.
    """

    rows: int
    batch_size: int
    block: int
    blocks_per_window: int

    @property
    def full_blocks(self) -> int:
        """How many blocks are full; the rows after them are an epoch's last."""
        return self.rows // self.block

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return -(-self.rows // self.batch_size)

    def numbers(self, blocks: Array) -> Array:
        """Return the row numbers of some blocks, in rising order."""
        starts = np.sort(blocks).astype(np.int64) * self.block
        numbers: Array = (starts[:, None] + np.arange(self.block, dtype=np.int64)).reshape(-1)
        return numbers[numbers < self.rows]


def plan_windows(rows: int, batch_size: int, row_bytes: int) -> WindowPlan:
    """Return how to divide rows: in windows of at most 131,072 rows and (but for single blocks) 32 MiB.

    Args:
        rows: How many rows there are.
        batch_size: Rows per batch.
        row_bytes: How many bytes of memory a row takes, over all arrays.
    """
    wanted = max(1, min(_ROWS_PER_WINDOW, _BYTES_PER_WINDOW // max(row_bytes, 1)))
    # Sixteen blocks or more to a window, so that it mixes rows from many places even where rows are wide.
    batches_per_block = max(1, min(_ROWS_PER_BLOCK, wanted // 16) // batch_size)
    block = batches_per_block * batch_size
    return WindowPlan(rows=rows, batch_size=batch_size, block=block, blocks_per_window=max(1, wanted // block))


def window_batches(
    features: Mapping[str, Rows],
    targets: Mapping[str, Rows],
    weights: Array | None,
    *,
    batch_size: int,
    seed: int | None,
    epochs_done: int = 0,
) -> Dataset:
    """Return batches of rows that are read window by window.

    Args:
        features: Rows by the name of the model's input.
        targets: Encoded targets by head, as many rows.
        weights: One weight per row, or one for each head, see `data.head_weights`; or `None`.
        batch_size: Rows per batch; the last batch of an epoch may have fewer, and shares with the one before where it would have
            less than half, unless rows keep their order.
        seed: Equal seeds give equal batches in the first, the second, ... epoch; `None` for the rows' own order.
        epochs_done: How many epochs to leave out.

    Returns:
        A `tf.data.Dataset` of `(features, targets)` or `(features, targets, weights)`, of known length.
    """
    parts = named_parts(features, targets, weights)
    rows = len(next(iter(parts.values())))
    plan = plan_windows(rows, batch_size, sum(bytes_per_row(each) for each in parts.values()))
    names = list(parts)
    kinds = [fed_dtype(parts[name]) for name in names]

    def read(blocks: Array, key: Array) -> list[Array]:
        numbers = plan.numbers(blocks)
        order = None if seed is None else np.random.default_rng([abs(seed), int(key)]).permutation(len(numbers))
        return [_read(parts[name], numbers, order, kind) for name, kind in zip(names, kinds, strict=True)]

    def window(blocks: Tensor, key: Tensor) -> tuple[Tensor, ...]:
        tensors = tf.numpy_function(read, [blocks, key], kinds, stateful=False)
        for name, tensor in zip(names, tensors, strict=True):
            tensor.set_shape((None, *parts[name].shape[1:]))
        return tuple(tensors)

    def cut(*tensors: Tensor) -> Dataset:
        bounds = _bounds(tf.shape(tensors[0])[0], batch_size, is_even=seed is not None)
        return tf.data.Dataset.from_tensor_slices((bounds[:-1], bounds[1:])).map(
            lambda start, end: tuple(tensor[start:end] for tensor in tensors)
        )

    def assemble(*tensors: Tensor) -> tuple[Any, ...]:
        return as_batch(dict(zip(names, tensors, strict=True)), features, targets)

    windows = _numbered(plan, seed, epochs_done).map(window).prefetch(1)
    batches = windows.flat_map(cut).map(assemble).prefetch(_BATCHES_AHEAD)
    return batches.apply(tf.data.experimental.assert_cardinality(plan.steps)).with_options(pipeline_options())


def _numbered(plan: WindowPlan, seed: int | None, epochs_done: int) -> Dataset:
    """Return the blocks of each window, with a number that decides how it is mixed: other ones in every epoch."""
    # The rows behind the last full block come last, since they may end in a smaller batch; that block comes with them, as
    # by themselves they could be few; and blocks from all over the data, or an epoch would end on one end of these.
    last = (
        np.arange(max(0, plan.full_blocks - 1), plan.full_blocks + 1)
        if plan.rows % plan.block
        else np.zeros(0, np.int64)
    )
    others = plan.full_blocks + 1 - len(last) if len(last) else plan.full_blocks
    first = others - min(others, max(0, plan.blocks_per_window - len(last))) if len(last) else others

    def windows_of(order: Tensor, epoch: Tensor) -> Dataset:
        blocks = tf.data.Dataset.from_tensor_slices(order[:first]).batch(plan.blocks_per_window)
        if len(last):
            blocks = blocks.concatenate(
                tf.data.Dataset.from_tensors(tf.concat([order[first:], last.astype(np.int64)], axis=0))
            )
        return blocks.enumerate().map(lambda number, blocks: (blocks, epoch * _MOST_WINDOWS + number))

    if seed is None:
        return windows_of(tf.range(others, dtype=tf.int64), tf.constant(0, tf.int64))
    return EpochOrder(others, seed=seed, epochs_done=epochs_done).dataset().flat_map(windows_of)


def _bounds(rows: Tensor, batch_size: int, *, is_even: bool) -> Tensor:
    """Return where the batches of a window begin, and where it ends.

    Where the last of several would have less than half of a batch, it shares with the one before, as `with_even_end` does
    for other pipelines; here it is done where batches are cut, which copies nothing.
    """
    bounds = tf.concat([tf.range(0, rows, batch_size), [rows]], axis=0)
    rest = rows % batch_size
    if not is_even or batch_size == 1:
        return bounds
    is_shared = tf.logical_and(rows > batch_size, tf.logical_and(rest > 0, 2 * rest < batch_size))
    shift = tf.where(is_shared, (batch_size + rest) // 2 - rest, 0)
    return bounds - tf.one_hot(tf.shape(bounds)[0] - 2, tf.shape(bounds)[0], dtype=bounds.dtype) * shift


def _read(rows: Rows, numbers: Array, order: Array | None, kind: Any) -> Array:
    if isinstance(rows, np.ndarray):
        piece = rows[numbers if order is None else numbers[order]]
    else:
        piece = read_rows(rows, numbers)  # in rising order: a source reads neighbours together
        piece = piece if order is None else piece[order]
    return as_fed(kind, piece)
