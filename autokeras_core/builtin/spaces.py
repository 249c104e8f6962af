"""The search spaces of the core's own blocks, heads and of training, as data. Light: no Keras here.

Each space is used by the class and by its descriptor, so what `autokeras blocks show` prints is what is searched.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autokeras_core.search.domains import Boolean, Choice
from autokeras_core.search.space import Space

if TYPE_CHECKING:
    from autokeras_core.data.profile import DataProfile

__all__ = [
    "CLASSIFICATION_HEAD",
    "DENSE",
    "MERGE",
    "REDUCTION",
    "REGRESSION_HEAD",
    "RNN",
    "TRAINING",
    "training_space",
]

DENSE = Space(
    {
        "num_layers": Choice([1, 2, 3], default=2),
        "units": Choice([16, 32, 64, 128, 256, 512, 1024], default=128),
        "use_batch_norm": Boolean(default=False),
        "dropout": Choice([0.0, 0.25, 0.5], default=0.0),
    }
)

MERGE = Space({"merge_type": Choice(["concatenate", "add"], default="concatenate")})

REDUCTION = Space({"reduction_type": Choice(["flatten", "global_max", "global_avg"], default="global_avg")})

RNN = Space(
    {
        "layer_type": Choice(["gru", "lstm"], default="gru"),
        "bidirectional": Boolean(default=True),
        "num_layers": Choice([1, 2, 3], default=1),
        "units": Choice([16, 32, 64, 128, 256], default=64),
    }
)

CLASSIFICATION_HEAD = Space(
    {
        "dropout": Choice([0.0, 0.25, 0.5], default=0.0),
        "label_smoothing": Choice([0.0, 0.1], default=0.0),
    }
)

REGRESSION_HEAD = Space({"dropout": Choice([0.0, 0.25, 0.5], default=0.0)})

_BATCH_SIZE_VALUES = (32, 64, 128, 256, 512)
_BATCH_SIZES = ((2_000, 32), (20_000, 64), (math.inf, 128))  # below so many rows, the default

TRAINING = Space(
    {
        "optimizer": Choice(["adam", "adamw", "sgd"], default="adam"),
        "learning_rate": Choice([1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 2e-5], default=3e-3),
        # Decoupled decay: plain Adam has none, so the value would be dead there.
        "weight_decay": Choice([0.0, 1e-4, 1e-3, 1e-2, 5e-2], default=1e-4, when={"optimizer": ["adamw", "sgd"]}),
        "beta_2": Choice([0.95, 0.999], default=0.999, when={"optimizer": ["adam", "adamw"]}),
        "schedule": Choice(["constant", "cosine", "one_cycle", "cyclic"], default="cosine"),
        "batch_size": Choice(_BATCH_SIZE_VALUES, default=64),
    }
)
"""Default values are for a middling number of rows; `training_space` suits them to the data."""


def training_space(profile: DataProfile | None) -> Space:
    """Return the training space, with a default batch size that suits the number of rows.

    A few hundred rows in large batches make so few steps that nothing is learned; many rows in small ones are slow.

    Args:
        profile: What analysis found out about the data; `None` where nothing is known.
    """
    if profile is None:
        return TRAINING
    default = next(size for rows, size in _BATCH_SIZES if profile.rows < rows)
    return Space({**TRAINING, "batch_size": Choice(_BATCH_SIZE_VALUES, default=default)})
