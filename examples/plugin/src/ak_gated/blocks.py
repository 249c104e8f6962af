"""The block. Heavy: imports Keras; it is imported when the block is first used."""

from __future__ import annotations

import keras

from ak_gated.spaces import GATED
from autokeras_core import Block

__all__ = ["GatedBlock"]


class GatedBlock(Block):
    """A gated linear unit: `Dense(x) * sigmoid(Dense(x))`, with dropout if the search wants it.

    Args:
        units: The number of units; left out it is tuned, as all arguments.
        use_dropout: Whether to drop units while training.
        dropout: The share of units to drop.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, units)`.

    Reference:
        Dauphin et al., "Language Modeling with Gated Convolutional Networks", 2017.
    """

    base_name = "gated"
    space = GATED

    def build(self, hp, inputs):
        """Return the gated tensor."""
        values = keras.layers.Dense(hp["units"])(inputs)
        gates = keras.layers.Dense(hp["units"], activation="sigmoid")(inputs)
        outputs = keras.layers.Multiply()([values, gates])
        if hp["use_dropout"]:
            outputs = keras.layers.Dropout(hp["dropout"], seed=hp.seed)(outputs)
        return outputs
