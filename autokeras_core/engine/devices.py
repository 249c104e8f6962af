"""The devices that one trial trains on: one, or all of this machine side by side.

With `"data_parallel"` every device holds a copy of the model, takes its share of each batch, and the gradients are added
up before a step is made (`tf.distribute.MirroredStrategy`). So a trial has the same number of steps, the same learning
rates and, but for layers that look at a whole batch, the same result as on one device. Keras's own `keras.distribution`
is no choice here: its part for TensorFlow is a prototype.

The model that comes out of a trial is always one for a single device: it is built anew, and the weights are copied.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import keras
import tensorflow as tf

from autokeras_core.engine.feeding import pipeline_options
from autokeras_core.engine.last_batch import with_even_end
from autokeras_core.errors import SearchError, describe_error

if TYPE_CHECKING:
    from autokeras_core.engine.context import Distribution

__all__ = ["ONE_DEVICE", "Devices", "devices_for"]

Dataset: TypeAlias = Any  # TensorFlow ships no types
Tensor: TypeAlias = Any

# The last two batches of an epoch have at least half as many rows as the others, and each device must get one.
_LEAST_ROWS_PER_DEVICE = 2


@attrs.frozen(kw_only=True)
class Devices:
    """What a model is built, compiled and trained on.

    Attributes:
        strategy: TensorFlow's strategy for several devices; `None` for the one that TensorFlow chooses.

    Example:
        ```python
        devices = devices_for("data_parallel")
        with devices.scope():
            ...  # build the layers, compile the model
        with devices.scope():
            sizes = {"rows": 800, "validation_rows": 200, "batch_size": 64, "validation_batch_size": 200}
            model.fit(**devices.fed(model, batches, validation, **sizes))
        ```
    """

    strategy: Any = None

    @property
    def count(self) -> int:
        """How many there are."""
        return 1 if self.strategy is None else int(self.strategy.num_replicas_in_sync)

    def scope(self) -> AbstractContextManager[Any]:
        """Return a context in which variables are made on all devices, and models are compiled and trained on them.

        A model that is to be trained with `fed` must be put together outside of it, from layers that were built inside:
        Keras would take a batch away from the data otherwise, and add up its rows, which text does not bear.
        """
        context: AbstractContextManager[Any] = nullcontext() if self.strategy is None else self.strategy.scope()
        return context

    def batch_size(self, wanted: int, *, rows: int) -> int:
        """Return the number of rows per step: as wanted, but enough for all devices.

        Args:
            wanted: The number for one device; it is that of all devices together.
            rows: How many rows an epoch has.
        """
        return wanted if self.strategy is None else min(rows, max(wanted, _LEAST_ROWS_PER_DEVICE * self.count))

    def fed(
        self,
        model: keras.Model,
        batches: Dataset,
        validation: Dataset,
        *,
        rows: int,
        validation_rows: int,
        batch_size: int,
        validation_batch_size: int,
        steps: int | None = None,
    ) -> dict[str, Any]:
        """Return the arguments of `model.fit` that say what the model is fed with.

        Told how many batches an epoch has, Keras goes on with one iterator; otherwise it makes two of them for every epoch, the
        second one for nothing. That takes as long as some steps of a small network.

        Args:
            model: A compiled model.
            batches: Batches to train on: one epoch, another one each time they are iterated over.
            validation: Batches to validate on.
            rows: How many rows an epoch has.
            validation_rows: How many rows are validated.
            batch_size: Rows per batch.
            validation_batch_size: Rows per batch when validating.
            steps: How many batches an epoch has, where the next one goes on with the batches that follow; `None` where each begins
                with the first of `batches`, and ends with the last one.

        Raises:
            SearchError: If there are too few rows for so many devices.
        """
        if self.strategy is None:
            return {
                "x": batches if steps is None else batches.repeat(),
                "steps_per_epoch": steps,
                "validation_data": validation,
            }
        self._check_rows(rows=rows, validation_rows=validation_rows)
        validation_size = self.batch_size(validation_batch_size, rows=validation_rows)
        if validation_size != validation_batch_size:
            validation = validation.rebatch(validation_size)
        validation = with_even_end(validation, rows=validation_rows, batch_size=validation_size)
        _build_losses_and_metrics(model, batches.element_spec)
        return {
            "x": self._shared_out(batches),
            "steps_per_epoch": steps or -(-rows // batch_size),
            "validation_data": self._shared_out(validation),
            "validation_steps": -(-validation_rows // validation_size),
        }

    def _shared_out(self, batches: Dataset) -> Dataset:
        """Return batches of which each device gets a share, without an end.

        TensorFlow's own way of sharing out leaves nothing to the last device where rows are few. And at an end it would
        make one more step, on no rows: so there is none, and Keras is told how many steps an epoch has.
        """
        count = self.count

        def shares(*batch: Any) -> Dataset:
            rows = tf.shape(keras.tree.flatten(batch)[0], out_type=tf.int64)[0]
            bounds = rows * tf.range(count + 1, dtype=tf.int64) // count

            def share(start: Tensor, end: Tensor) -> Any:
                return keras.tree.map_structure(lambda tensor: tensor[start:end], batch)

            return tf.data.Dataset.from_tensor_slices((bounds[:-1], bounds[1:])).map(share)

        shared = batches.repeat().flat_map(shares).prefetch(2 * count).with_options(pipeline_options())
        return self.strategy.distribute_datasets_from_function(lambda _: shared)

    def _check_rows(self, **rows: int) -> None:
        least = _LEAST_ROWS_PER_DEVICE * self.count
        few = {name: count for name, count in rows.items() if count < least}
        if few:
            raise SearchError(
                describe_error(
                    f"There are too few rows to share them out among {self.count} devices.",
                    expected=f"at least {least} rows to train on, and as many to validate on",
                    received=", ".join(f"{name}={count}" for name, count in few.items()),
                    advice="Leave out distribution=.",
                )
            )


ONE_DEVICE = Devices()
"""The device that TensorFlow chooses by itself."""


def devices_for(distribution: Distribution | None) -> Devices:
    """Return the devices for trials: all GPUs of this machine for `"data_parallel"`, or all logical CPU devices if several.

    Args:
        distribution: `"data_parallel"`, or `None` for one device.

    Raises:
        SearchError: If there is only one device.
    """
    if distribution is None:
        return ONE_DEVICE
    gpus = tuple(device.name for device in tf.config.list_logical_devices("GPU"))
    cpus = tuple(device.name for device in tf.config.list_logical_devices("CPU"))
    names = gpus if len(gpus) > 1 else cpus if not gpus else ()
    if len(names) < 2:
        raise SearchError(
            describe_error(
                "A trial cannot be spread over several devices here.",
                expected="two GPUs or more that TensorFlow sees",
                received=f"distribution={distribution!r} with {len(gpus)} GPU{'' if len(gpus) == 1 else 's'}",
                advice="Leave out distribution=, or try several configurations at once with workers=.",
            )
        )
    return _spread_over(names)


@functools.cache
def _spread_over(names: tuple[str, ...]) -> Devices:
    """Return the devices of these names; made once per process, since GPUs get to know each other only slowly."""
    on_gpus = "GPU" in names[0]
    reduction = None if on_gpus else tf.distribute.ReductionToOneDevice()
    return Devices(strategy=tf.distribute.MirroredStrategy(list(names), cross_device_ops=reduction))


def _build_losses_and_metrics(model: keras.Model, specification: Any) -> None:
    """Let the model make the variables of its losses and metrics now, for all devices at once.

    Keras does that in the first step otherwise, which each device runs by itself.
    """
    batch: tuple[Any, ...] = keras.tree.map_structure(_symbolic, specification)
    x, y, *weights = batch
    # Keras does just this for models that were put together in the scope, but on a batch that it takes from the data.
    model._symbolic_build(data_batch=(x, y, weights[0] if weights else None))


def _symbolic(specification: Any) -> keras.KerasTensor:
    return keras.KerasTensor(tuple(specification.shape), dtype=specification.dtype.name)
