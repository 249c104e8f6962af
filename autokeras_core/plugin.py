"""What the author of a plugin imports, and nothing else. Light.

Example:
    ```python
    from autokeras_core.plugin import BlockSpec, Choice, Space, hookimpl


    @hookimpl
    def autokeras_register_blocks():
        return [
            BlockSpec(
                name="gated",
                target="ak_gated.blocks:GatedBlock",
                summary="A gated dense block.",
                space=Space({"units": Choice([32, 64])}),
            )
        ]
    ```
"""

from __future__ import annotations

from autokeras_core.hookspecs import hookimpl
from autokeras_core.search.domains import Boolean, Choice, Fixed, Float, Int
from autokeras_core.search.space import Space
from autokeras_core.specs import (
    BlockSpec,
    ExecutorSpec,
    ExporterSpec,
    HeadSpec,
    InputSpec,
    PreprocessorSpec,
    TaskSpec,
    WarmStartSpec,
)

__all__ = [
    "BlockSpec",
    "Boolean",
    "Choice",
    "ExecutorSpec",
    "ExporterSpec",
    "Fixed",
    "Float",
    "HeadSpec",
    "InputSpec",
    "Int",
    "PreprocessorSpec",
    "Space",
    "TaskSpec",
    "WarmStartSpec",
    "hookimpl",
]
