"""How many training steps to run in one call of a compiled function."""

from __future__ import annotations

__all__ = ["steps_per_execution"]

_MOST_STEPS = 8
_MOST_STEPS_OF_AN_EPOCH = 16
_FEWEST_CALLS = 16  # over all epochs, so that the learning rate follows its schedule
_CHEAP_STEP = 250_000_000  # in the unit of `Block.cost`: about 3 ms on two cores


def steps_per_execution(*, steps: int, epochs: int, cost: float | None, batch_size: int) -> int:
    """Return how many training steps to run in one call, so that small networks do not wait for Python.

    Between two calls Keras spends half a millisecond to two on callbacks and logs. That is nothing to a convolutional network, and
    a third of the step of a small dense one. Where a step is expensive, or its cost is not known, each is a call of its own.
    A short epoch is one call. In a longer one there are as many steps in each call, if that comes out even: see
    `Devices.fed` for what that saves.

    Args:
        steps: How many steps an epoch has.
        epochs: How many epochs are planned.
        cost: What training on a row costs in the network's layers, see `Block.cost`; `None` if that is not known.
        batch_size: Rows per step.

    Example:
        ```python
        steps_per_execution(steps=7, epochs=100, cost=100_000, batch_size=32)  # 7
        steps_per_execution(steps=60, epochs=100, cost=100_000, batch_size=64)  # 6
        steps_per_execution(steps=97, epochs=100, cost=100_000, batch_size=64)  # 8
        steps_per_execution(steps=60, epochs=100, cost=100_000_000, batch_size=64)  # 1
        ```
    """
    if cost is None or cost * batch_size > _CHEAP_STEP:
        return 1
    most = max(1, steps * epochs // _FEWEST_CALLS)
    if steps <= min(most, _MOST_STEPS_OF_AN_EPOCH):
        return steps
    most = min(most, _MOST_STEPS)
    return next((count for count in range(most, most // 2, -1) if steps % count == 0), most)
