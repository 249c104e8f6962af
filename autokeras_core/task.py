"""The task API: a task is an input, a candidate block and a head that belong together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, Unpack

from autokeras_core.automodel import AutoModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autokeras_core.engine.context import Distribution
    from autokeras_core.engine.objective import ObjectiveLike
    from autokeras_core.executors.base import Executor
    from autokeras_core.executors.shares import Workers
    from autokeras_core.graph.operator import Block, Head, Input

__all__ = ["SearchOptions", "Task"]


class SearchOptions(TypedDict, total=False):
    """The keyword arguments that `AutoModel` takes and every task passes on; see there."""

    max_trials: int | None
    time_limit: float | None
    objective: ObjectiveLike
    tuner: Any
    seed: int | None
    directory: str | Path | None
    overwrite: bool
    max_model_size: int | None
    warm_starts: Sequence[Mapping[str, Any]] | None
    workers: Workers | None
    executor: str | Executor | None
    ensemble: bool | int | None
    refit: bool
    prune: bool
    distribution: Distribution | None


class Task(AutoModel):
    """Base class of tasks. A plugin's task names its registered name and puts its parts together.

    Attributes:
        task_name: The task's full registered name; its predefined configurations are looked up by it.

    Example:
        ```python
        class ImageClassifier(Task):
            task_name = "ak_vision:ImageClassifier"

            def __init__(self, *, num_classes: int | None = None, **options: Unpack[SearchOptions]) -> None:
                super().__init__(ImageInput(), ClassificationHead(num_classes=num_classes), block=ImageBlock(), **options)
        ```
    """

    task_name: ClassVar[str] = ""

    def __init__(self, input_: Input, head: Head, *, block: Block, **options: Unpack[SearchOptions]) -> None:
        super().__init__(input_, head, block=block, task=self.task_name, **options)
