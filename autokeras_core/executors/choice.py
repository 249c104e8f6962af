"""Which executor runs a search's trials: as the user says, or by the number of workers."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import tensorflow as tf

from autokeras_core.errors import SearchError, describe_error
from autokeras_core.executors._pool import WorkerPool
from autokeras_core.executors.shares import Workers, resolve_workers
from autokeras_core.registry import get_registry

if TYPE_CHECKING:
    from autokeras_core.executors.base import Executor

__all__ = ["make_executor"]

_ONE_AT_A_TIME = "core:local"
_SEVERAL_AT_ONCE = "core:process"


def make_executor(
    executor: str | Executor | None,
    *,
    workers: Workers | None,
    max_trials: int | None = None,
    time_limit: float | None = None,
    bytes_each: int = 0,
) -> Executor:
    """Return the executor of a search.

    Args:
        executor: A registered name, an object with the `Executor` methods, or `None`: then trials run in this process if
            there is one worker, and in worker processes if there are several.
        workers: How many trials to run at once, or `"auto"`; `None` for one, or where an executor is named, for as many
            as that one takes by itself.
        max_trials: How many trials there will be at most: more workers than that would have nothing to do.
        time_limit: How many seconds there are: with few of them, `"auto"` without an executor is one worker.
        bytes_each: How many bytes of the data each worker has a copy of: the larger, the fewer workers are `"auto"` without an
            executor.

    Raises:
        SearchError: If the number is none, or the executor has its own.
        RegistryError: If the name is unknown.

    Example:
        ```python
        make_executor(None, workers=None)  # a LocalExecutor
        make_executor(None, workers=2)  # a ProcessExecutor of two workers
        make_executor("process", workers=None)  # a ProcessExecutor of as many as the machine has cores
        ```
    """
    if executor is not None and not isinstance(executor, str):
        if workers is not None:
            raise _told_twice(type(executor).__name__, workers, advice="Say it where you make the executor.")
        return executor
    if executor is None:
        gpus = len(tf.config.list_physical_devices("GPU")) if workers == "auto" else 0
        number = resolve_workers(
            1 if workers is None else workers,
            max_trials=max_trials,
            time_limit=time_limit,
            gpus=gpus,
            bytes_each=bytes_each,
        )
        return _made(_ONE_AT_A_TIME) if number == 1 else _made(_SEVERAL_AT_ONCE, workers=number)
    if workers is not None and workers != "auto":
        workers = resolve_workers(workers, max_trials=max_trials)
    made = _made(executor, workers=workers)
    if max_trials is not None and isinstance(made, WorkerPool):
        made.limit(max_trials)  # it knows by itself what there is room for, but not what there is to do
    return made


def _made(name: str, *, workers: Workers | None = None) -> Executor:
    made: type[Executor] = get_registry().load("executor", name)
    takes_a_number = "workers" in inspect.signature(made).parameters
    if workers is None or (workers == 1 and not takes_a_number):
        return made()
    if not takes_a_number:
        raise _told_twice(name, workers, advice="Leave executor= out: several workers are processes then.")
    several: Executor = made(workers=workers)  # type: ignore[call-arg]  # looked up in the line above
    return several


def _told_twice(name: str, workers: object, *, advice: str) -> SearchError:
    return SearchError(
        describe_error(
            "The executor takes no number of workers here.",
            expected="workers= together with no executor, or with the name of one that runs several trials at once",
            received=f"workers={workers!r}, executor={name}",
            advice=advice,
        )
    )
