"""The search spaces of the structured-data blocks, as data. Light: the core's pure space only."""

from __future__ import annotations

from autokeras_core.plugin import Boolean, Choice, Space, choice_space

__all__ = [
    "FT_TRANSFORMER",
    "MLP",
    "REAL_MLP",
    "RESIDUAL_MLP",
    "STRUCTURED_DATA",
    "TABM",
    "WIDE_AND_DEEP",
]

# How a table is turned into numbers, in front of every block: see `TableEncoder`.
_ENCODING = Space(
    {
        "scaling": Choice(["robust", "quantile"], default="robust"),
        "statistics": Choice(["none", "frequency", "target"], default="none"),
    }
)

_PERIODIC = Space(
    {
        "periodic": Boolean(default=False),
        "periodic_sigma": Choice([0.05, 0.1, 0.2, 0.5, 1.0], default=0.1, when={"periodic": True}),
    }
)
_HAS_LAYERS = {"num_layers": [1, 2, 3]}

MLP = Space(
    {
        **_ENCODING,
        "num_layers": Choice([0, 1, 2, 3], default=2),
        "units": Choice([32, 64, 128, 256, 512], default=128, when=_HAS_LAYERS),
        "activation": Choice(["relu", "selu"], default="relu", when=_HAS_LAYERS),
        "use_batch_norm": Boolean(default=False, when=_HAS_LAYERS),
        "dropout": Choice([0.0, 0.1, 0.25, 0.5], default=0.1, when=_HAS_LAYERS),
    }
)
"""Dense layers one behind the other; with none of them a linear model."""

RESIDUAL_MLP = Space(
    {
        **_ENCODING,
        "num_blocks": Choice([1, 2, 3, 4], default=2),
        "units": Choice([64, 128, 256], default=128),
        "expansion": Choice([1, 2], default=2),
        "dropout": Choice([0.0, 0.1, 0.25, 0.5], default=0.1),
    }
)
"""Dense layers in blocks that are added to their input."""

REAL_MLP = Space(
    {
        **_ENCODING,
        **_PERIODIC,
        "num_layers": Choice([2, 3, 4], default=3),
        "units": Choice([64, 128, 256, 512], default=256),
        "activation": Choice(["selu", "mish", "relu"], default="selu"),
        "dropout": Choice([0.0, 0.15, 0.3], default=0.0),
    }
)
"""Dense layers in the neural tangent parametrisation, behind a learned scale of each feature."""

TABM = Space(
    {
        **_ENCODING,
        **_PERIODIC,
        "members": Choice([4, 8, 16, 32], default=8),
        "num_layers": Choice([1, 2, 3], default=2),
        "units": Choice([64, 128, 256, 512], default=128),
        "dropout": Choice([0.0, 0.1, 0.25], default=0.1),
    }
)
"""Many networks in one, which share all layers but the first and the last."""

FT_TRANSFORMER = Space(
    {
        **_ENCODING,
        "units": Choice([32, 64, 128, 192], default=64),
        "num_layers": Choice([1, 2, 3], default=2),
        "num_heads": Choice([4, 8], default=8),
        "dropout": Choice([0.0, 0.1, 0.2], default=0.1),
    }
)
"""A token for each column, and attention between them."""

WIDE_AND_DEEP = Space(
    {
        **_ENCODING,
        "num_layers": Choice([1, 2, 3], default=2),
        "units": Choice([32, 64, 128, 256], default=128),
        "use_batch_norm": Boolean(default=False),
        "dropout": Choice([0.0, 0.1, 0.25, 0.5], default=0.1),
    }
)
"""A linear model beside dense layers."""

STRUCTURED_DATA = choice_space(
    {
        "mlp": MLP,
        "real_mlp": REAL_MLP,
        "tabm": TABM,
        "residual": RESIDUAL_MLP,
        "ft_transformer": FT_TRANSFORMER,
        "wide_and_deep": WIDE_AND_DEEP,
    }
)
"""A choice of all of them; the plain one stands first."""
