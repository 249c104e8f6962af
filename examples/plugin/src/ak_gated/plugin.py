"""What the plugin registers: descriptors, so that listing them imports no Keras. Light."""

from __future__ import annotations

from ak_gated.spaces import GATED
from autokeras_core.plugin import BlockSpec, hookimpl

__all__ = ["autokeras_register_blocks"]


@hookimpl
def autokeras_register_blocks() -> list[BlockSpec]:
    """Register the block."""
    return [
        BlockSpec(
            name="gated",
            target="ak_gated.blocks:GatedBlock",
            summary="A dense layer whose units are switched by a second one (GLU).",
            modalities=("any",),
            accepts="(batch, features)",
            returns="(batch, units)",
            space=GATED,
            stability="experimental",
        )
    ]
