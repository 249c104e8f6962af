"""Periodic embeddings of numbers: what lets dense layers follow functions that rise and fall often."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import keras

from autokeras_core.plugin import layer_seed

__all__ = ["EMBEDDED_WIDTH", "PERIODIC_UNITS", "periodic_embedding"]

Tensor: TypeAlias = Any  # a Keras tensor: Keras ships no types

PERIODIC_UNITS = 16
"""How many frequencies each number has."""

EMBEDDED_WIDTH = 4
"""How many features each number becomes, itself among them."""


def periodic_embedding(numbers: Tensor, *, sigma: float, seed: int | None) -> Tensor:
    """Return each number, and a learned mixture of its cosines at learned frequencies.

    Args:
        numbers: Scaled numbers `(batch, numbers)`.
        sigma: The standard deviation of the frequencies at the start.
        seed: A seed for frequencies, phases and the mixture.

    Returns:
        A tensor `(batch, numbers * 4)`.

    Reference:
        Holzmüller, Grinsztajn, Steinwart: Better by Default. NeurIPS 2024 (PBLD), after Gorishniy, Rubachev, Babenko:
        On Embeddings for Numerical Features in Tabular Deep Learning. NeurIPS 2022.
    """
    count = int(numbers.shape[1])
    angles = keras.layers.EinsumDense(
        "bn,nk->bnk",
        output_shape=(count, PERIODIC_UNITS),
        bias_axes="nk",
        kernel_initializer=keras.initializers.RandomNormal(stddev=2 * math.pi * sigma, seed=layer_seed(seed, 2)),
        bias_initializer=keras.initializers.RandomUniform(-math.pi, math.pi, seed=layer_seed(seed, 3)),
    )(numbers)
    mixed = keras.layers.EinsumDense(
        "bnk,nko->bno",
        output_shape=(count, EMBEDDED_WIDTH - 1),
        bias_axes="no",
        kernel_initializer=keras.initializers.RandomUniform(
            -1 / math.sqrt(PERIODIC_UNITS), 1 / math.sqrt(PERIODIC_UNITS), seed=layer_seed(seed, 4)
        ),
    )(keras.ops.cos(angles))
    itself = keras.layers.Reshape((count, 1))(numbers)
    return keras.layers.Flatten()(keras.layers.Concatenate()([mixed, itself]))
