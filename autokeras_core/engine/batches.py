"""Batches for training and validation: one `tf.data` pipeline for arrays in memory, on disk, and rows that stream.

What runs where: whole batches of arrays are gathered by NumPy in the pipeline's own thread, without a copy of the data; rows
of a source are loaded by TensorFlow's operations, many at once.
So reading and gathering go on while the model trains, and the model never sees anything but ready batches. Rows keep
their type: `uint8` pictures become floats inside the model only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import tensorflow as tf

from autokeras_core.data.rows import bytes_per_row, is_sequential, read_rows, row_loader
from autokeras_core.engine.epoch_order import EpochOrder
from autokeras_core.engine.feeding import as_batch, as_fed, fed_dtype, named_parts, pipeline_options
from autokeras_core.engine.last_batch import batch_sizes, rebatched, with_even_end
from autokeras_core.engine.windows import window_batches
from autokeras_core.errors import DataError, SearchError

if TYPE_CHECKING:
    from autokeras_core.data.rows import Rows

__all__ = ["naming_unreadable_rows", "prediction_batches", "training_batches", "validation_batches"]

Array: TypeAlias = np.ndarray[Any, Any]
Dataset: TypeAlias = Any  # TensorFlow ships no types
Tensor: TypeAlias = Any

_BATCHES_AHEAD = 2
_ROWS_PER_READ = 256
_SEQUENTIAL_ROWS_PER_READ = 65_536
# A random order of row numbers takes 16 bytes a row, and a second for some tens of millions of them.
_ROWS_TO_SHUFFLE_AT_ONCE = 2_000_000
# An epoch of fewer bytes is gathered at once: to ask NumPy for each of its batches takes longer than a small network's step.
_SMALL = 4 * 2**20


def training_batches(
    features: Mapping[str, Rows],
    targets: Mapping[str, Array],
    weights: Array | None,
    *,
    batch_size: int,
    seed: int,
    epochs_done: int = 0,
) -> Dataset:
    """Return shuffled batches for `model.fit`: one epoch when iterated over, the next one in another order.

    Args:
        features: Rows by the name of the model's input.
        targets: Encoded targets by head, as many rows.
        weights: One weight per row, or one for each head, see `data.head_weights`; or `None`.
        batch_size: Rows per batch; the last two batches of an epoch may have fewer, but at least about half as many.
        seed: Equal seeds give equal batches in the first, the second, ... epoch.
        epochs_done: How many epochs to leave out, where training goes on from a checkpoint.

    Returns:
        A `tf.data.Dataset` of `(features, targets)` or `(features, targets, weights)`, of known length.

    Example:
        ```python
        batches = training_batches({"image": pictures}, {"classification": labels}, None, batch_size=64, seed=0)
        model.fit(batches, epochs=3)
        ```
    """
    rows = len(next(iter(targets.values())))
    if _is_windowed(features, rows):
        return window_batches(features, targets, weights, batch_size=batch_size, seed=seed, epochs_done=epochs_done)
    order = EpochOrder(rows, seed=seed, epochs_done=epochs_done)
    return _batches(features, targets, weights, rows=rows, batch_size=batch_size, order=order)


def validation_batches(
    features: Mapping[str, Rows], targets: Mapping[str, Array], weights: Array | None, *, batch_size: int
) -> Dataset:
    """Return batches in the rows' own order, otherwise as `training_batches`."""
    rows = len(next(iter(targets.values())))
    if _is_windowed(features, rows):
        return window_batches(features, targets, weights, batch_size=batch_size, seed=None)
    return _batches(features, targets, weights, rows=rows, batch_size=batch_size)


def prediction_batches(features: Mapping[str, Rows], *, batch_size: int) -> Dataset:
    """Return batches for `model.predict`: features alone, in the rows' own order."""
    rows = len(next(iter(features.values())))
    if _is_windowed(features, rows):
        return window_batches(features, {}, None, batch_size=batch_size, seed=None).map(lambda x, _: x)
    return _batches(features, {}, None, rows=rows, batch_size=batch_size).map(lambda x, _: x)


@contextmanager
def naming_unreadable_rows(*features: Mapping[str, Rows]) -> Iterator[None]:
    """Turn a failure inside the pipeline into an error that names the row, if a row of a source cannot be read.

    TensorFlow's own message says what is wrong with a file, but not with which one. So all rows are read once more when
    something has failed; no other configuration would cure it.

    Args:
        features: What the pipelines inside the `with` block read.

    Raises:
        SearchError: If a row cannot be read; any other failure stays what it is.
    """
    try:
        yield
    except tf.errors.OpError as error:
        if isinstance(error, tf.errors.ResourceExhaustedError):
            raise
        sources = [rows for part in features for rows in part.values() if not isinstance(rows, np.ndarray)]
        try:
            for rows in sources:
                step = _SEQUENTIAL_ROWS_PER_READ if is_sequential(rows) else _ROWS_PER_READ
                for start in range(0, len(rows), step):
                    read_rows(rows, slice(start, start + step))
        except DataError as found:
            raise SearchError(str(found)) from error
        raise


def _is_windowed(features: Mapping[str, Rows], rows: int) -> bool:
    """Return whether rows are to be read in runs: they are on disk, or too many to be shuffled at once."""
    if any(row_loader(each) is not None for each in features.values()):
        return False
    return rows > _ROWS_TO_SHUFFLE_AT_ONCE or any(is_sequential(each) for each in features.values())


def _batches(
    features: Mapping[str, Rows],
    targets: Mapping[str, Array],
    weights: Array | None,
    *,
    rows: int,
    batch_size: int,
    order: EpochOrder | None = None,
) -> Dataset:
    """Return batches of rows in a random order, or in their own."""
    parts = named_parts(features, targets, weights)
    loaders = {name: loader for name, part in parts.items() if (loader := row_loader(part)) is not None}
    gathered = {name: part for name, part in parts.items() if name not in loaders}
    sizes = batch_sizes(rows, batch_size, is_even=order is not None)
    if _are_small(parts, rows):
        return _batches_of_few(parts, features, targets, sizes=sizes, order=order)
    # Where TensorFlow loads nothing, it counts batches only: an operation for each row takes longer than all the rest.
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    gather = _gatherer(gathered) if loaders else _gatherer(gathered, bounds=bounds, order=order)

    def assemble(numbers: Tensor, loaded: Mapping[str, Tensor]) -> tuple[Any, ...]:
        return as_batch({**gather(numbers), **loaded}, features, targets)

    if loaders:

        def load(number: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            return number, {name: loader(number) for name, loader in loaders.items()}

        numbers = tf.data.Dataset.range(rows)
        if order is not None:
            numbers = order.dataset().map(lambda numbers, epoch: numbers).unbatch()
        # In order, so that equal seeds give equal batches however long single rows take.
        loaded = numbers.map(load, num_parallel_calls=_cores(), deterministic=True)
        batches = loaded.apply(tf.data.experimental.assert_cardinality(rows)).batch(batch_size)
        if order is not None:
            batches = with_even_end(batches, rows=rows, batch_size=batch_size)
        batches = batches.map(assemble)
    else:
        batches = tf.data.Dataset.range(len(sizes)).map(lambda batch: assemble(batch, {}))
    return batches.prefetch(_BATCHES_AHEAD).with_options(pipeline_options())


def _are_small(parts: Mapping[str, Rows], rows: int) -> bool:
    """Return whether all is in memory, and takes little of it: texts are not measured."""
    is_in_memory = all(isinstance(part, np.ndarray) and not part.dtype.hasobject for part in parts.values())
    return is_in_memory and rows * sum(map(bytes_per_row, parts.values())) <= _SMALL


def _batches_of_few(
    parts: Mapping[str, Rows],
    features: Collection[str],
    targets: Collection[str],
    *,
    sizes: Array,
    order: EpochOrder | None,
) -> Dataset:
    """Return batches that are cut from all rows at once: the same ones as if they were gathered one by one."""
    if order is None:  # every pass is the same, so that nothing is left to ask NumPy for
        tensors = {
            name: tf.convert_to_tensor(as_fed(fed_dtype(part), read_rows(part, slice(None))), fed_dtype(part))
            for name, part in parts.items()
        }
        epoch = tf.data.Dataset.from_tensors(as_batch(tensors, features, targets))
    else:
        gather = _gatherer(parts, bounds=np.array([0, sizes.sum()]), order=order)
        epoch = tf.data.Dataset.range(1).map(lambda number: as_batch(gather(number), features, targets))
    if len(sizes) > 1:
        epoch = rebatched(epoch, sizes)
    return (epoch if order is None else epoch.prefetch(_BATCHES_AHEAD)).with_options(pipeline_options())


def _gatherer(
    arrays: Mapping[str, Rows], *, bounds: Array | None = None, order: EpochOrder | None = None
) -> Callable[[Tensor], dict[str, Tensor]]:
    """Return a function of TensorFlow from row numbers to these rows of all arrays.

    With the bounds of batches it takes the number of a batch instead; the rows are in random order if one is given.
    """
    names = list(arrays)
    kinds = [fed_dtype(arrays[name]) for name in names]

    def read(numbers: Array) -> list[Array]:
        if bounds is not None:
            start, end = bounds[numbers : numbers + 2]
            numbers = np.arange(start, end) if order is None else order.numbers(start, end)
        return [as_fed(kind, read_rows(arrays[name], numbers)) for name, kind in zip(names, kinds, strict=True)]

    def gather(numbers: Tensor) -> dict[str, Tensor]:
        tensors = tf.numpy_function(read, [numbers], kinds, stateful=order is not None)
        for name, tensor in zip(names, tensors, strict=True):
            tensor.set_shape((None, *arrays[name].shape[1:]))
        return dict(zip(names, tensors, strict=True))

    return gather


def _cores() -> int:
    """Return how many rows to load at once: one for each core, and one that waits for the disk."""
    return (os.cpu_count() or 1) + 1
