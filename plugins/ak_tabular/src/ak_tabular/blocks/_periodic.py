"""Periodic embeddings of numbers: what lets dense layers follow functions that rise and fall often."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import keras

from autokeras_core.plugin import layer_seed

if TYPE_CHECKING:
    from ak_tabular.costs import Work
    from ak_tabular.layout import Layout
    from autokeras_core.plugin import HyperparameterView, Tensor

__all__ = ["count_periodic", "with_periodic"]

_UNITS = 16  # how many frequencies each number has
_WIDTH = 4  # how many features each number becomes, itself among them


def with_periodic(numbers: Tensor | None, hp: HyperparameterView) -> Tensor | None:
    """Return the embeddings of scaled numbers `(batch, numbers)`, if `hp` asks for them; else the numbers themselves."""
    if numbers is None or not hp["periodic"]:
        return numbers
    return _embedded(numbers, sigma=hp["periodic_sigma"], seed=hp.seed)


def count_periodic(hp: HyperparameterView, layout: Layout, work: Work) -> None:
    """Count what `with_periodic` does to the numbers of a layout."""
    if hp["periodic"]:
        work.values += layout.numbers * (_UNITS * 4 + _WIDTH)
        work.multiply_adds += layout.numbers * _UNITS * _WIDTH
        work.width += layout.numbers * (_WIDTH - 1)


def _embedded(numbers: Tensor, *, sigma: float, seed: int | None) -> Tensor:
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
        output_shape=(count, _UNITS),
        bias_axes="nk",
        kernel_initializer=keras.initializers.RandomNormal(stddev=2 * math.pi * sigma, seed=layer_seed(seed, 2)),
        bias_initializer=keras.initializers.RandomUniform(-math.pi, math.pi, seed=layer_seed(seed, 3)),
    )(numbers)
    mixed = keras.layers.EinsumDense(
        "bnk,nko->bno",
        output_shape=(count, _WIDTH - 1),
        bias_axes="no",
        kernel_initializer=keras.initializers.RandomUniform(
            -1 / math.sqrt(_UNITS), 1 / math.sqrt(_UNITS), seed=layer_seed(seed, 4)
        ),
    )(keras.ops.cos(angles))
    itself = keras.layers.Reshape((count, 1))(numbers)
    return keras.layers.Flatten()(keras.layers.Concatenate()([mixed, itself]))
