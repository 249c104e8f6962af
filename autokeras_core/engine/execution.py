"""How many training steps to run in one call of a compiled function."""

from __future__ import annotations

__all__ = ["steps_per_execution"]

_MOST_STEPS = 8
_FEWEST_CALLS = 4  # per epoch, so that time and learning rate are looked at often enough
_CHEAP_STEP = 250_000_000  # in the unit of `Block.cost`: about 3 ms on two cores


def steps_per_execution(*, steps: int, cost: float | None, batch_size: int) -> int:
    """Return how many training steps to run in one call, so that small networks do not wait for Python.

    Between two calls Keras spends about half a millisecond on callbacks and logs. That is nothing to a convolutional
    network, and a third of the step of a small dense one. Where a step is expensive, or its cost is not known, each is
    a call of its own.

    Args:
        steps: How many steps an epoch has.
        cost: What training on a row costs in the network's layers, see `Block.cost`; `None` if that is not known.
        batch_size: Rows per step.

    Example:
        ```python
        steps_per_execution(steps=100, cost=100_000, batch_size=64)  # 8
        steps_per_execution(steps=100, cost=100_000_000, batch_size=64)  # 1
        ```
    """
    if cost is None or cost * batch_size > _CHEAP_STEP:
        return 1
    return max(1, min(_MOST_STEPS, steps // _FEWEST_CALLS))
