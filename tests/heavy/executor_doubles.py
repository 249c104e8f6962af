"""What the tests of both executors with workers need: a search's context and jobs, and an observer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from autokeras_core import ArrayInput, ClassificationHead
from autokeras_core.engine.context import TrialContext
from autokeras_core.executors.base import Executor
from autokeras_core.search.records import TrialJob
from tests.heavy.engine_doubles import make_case
from tests.heavy.worker_doubles import EpochLog, TroublesomeBlock

AnyExecutor = TypeVar("AnyExecutor", bound=Executor)

TRAINING = {"training/learning_rate": 0.01, "training/batch_size": 8, "troublesome/units": 8}


class Events:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, Any]]] = []

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Keep the event."""
        self.seen.append((trial_id, event, fields))


def make_context(directory: Path, **options: Any) -> TrialContext:
    """Return the context of a small classifier with a troublesome block."""
    start = ArrayInput()
    return make_case(start, ClassificationHead()(TroublesomeBlock()(start)), directory=directory).context(**options)


def make_job(directory: Path, trouble: str = "none", **options: Any) -> TrialJob:
    """Return the job of a small trial."""
    values: dict[str, Any] = {"trial_id": trouble, "epochs": 3, "seed": 3, "seconds": None, **options}
    return TrialJob(
        configuration={**TRAINING, "troublesome/trouble": trouble},
        directory=str(directory / values["trial_id"]),
        **values,
    )


@contextmanager
def opened(executor: AnyExecutor, cache: Path, events: Events) -> Iterator[AnyExecutor]:
    """Open an executor whose workers log their epochs beside the cache, and close it."""
    executor.open(make_context(cache, callbacks=[EpochLog(cache.parent / "epochs")]), events)
    try:
        yield executor
    finally:
        executor.close()
