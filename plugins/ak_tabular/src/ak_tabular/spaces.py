"""The search spaces of the structured-data blocks, as data. Light: the core's pure space only."""

from __future__ import annotations

from autokeras_core.plugin import Boolean, Choice, Space

__all__ = ["MLP", "RESIDUAL_MLP", "STRUCTURED_DATA"]

MLP = Space(
    {
        "num_layers": Choice([1, 2, 3], default=2),
        "units": Choice([32, 64, 128, 256, 512], default=128),
        "activation": Choice(["relu", "selu"], default="relu"),
        "use_batch_norm": Boolean(default=False),
        "dropout": Choice([0.0, 0.1, 0.25, 0.5], default=0.1),
    }
)
"""Dense layers one behind the other."""

RESIDUAL_MLP = Space(
    {
        "num_blocks": Choice([1, 2, 3, 4], default=2),
        "units": Choice([64, 128, 256], default=128),
        "expansion": Choice([1, 2], default=2),
        "dropout": Choice([0.0, 0.1, 0.25, 0.5], default=0.1),
    }
)
"""Dense layers in blocks that are added to their input."""

STRUCTURED_DATA = Space.combine(
    Space({"block_type": Choice(["mlp", "residual"])}),
    MLP.under("mlp").conditioned("block_type", "mlp"),
    RESIDUAL_MLP.under("residual").conditioned("block_type", "residual"),
)
"""A choice of the two; the plain one stands first."""
