"""Small models and real small data that the tests of AutoModel share."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_wine

from autokeras_core import ArrayInput, AutoModel, Choice, ClassificationHead, DenseBlock, Normalization, RegressionHead

Array = np.ndarray[Any, Any]


def wine(rows: int = 178) -> tuple[Array, Array]:
    """Return 13 chemical measurements of wines, float32, and their cultivar, 0 to 2; shuffled."""
    x, y = load_wine(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))[:rows]
    return x[order].astype("float32"), y[order]


def digits(rows: int = 600) -> tuple[Array, Array]:
    """Return pictures of digits as 64 numbers, float32, and the digit; shuffled."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))[:rows]
    return x[order].astype("float32"), y[order]


def diabetes(rows: int = 442) -> tuple[Array, Array]:
    """Return ten measurements of patients, float32, and how their disease went on; shuffled."""
    x, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))[:rows]
    return x[order].astype("float32"), y[order]


# A learning rate that a few epochs of a hundred rows can learn with.
QUICK = {"training/learning_rate": 0.03, "training/batch_size": 32}

BUSY = 30.0
"""Seconds by which a machine that does other things as well may be late. What goes beyond a limit on a machine that does not is
measured by the benchmarks (tables.py and images.py, in the column of the longest run)."""


def dense_classifier(**options: Any) -> AutoModel:
    """Return a small classifier of numbers; `options` go to AutoModel, `head` to the head."""
    head = options.pop("head", {})
    start = ArrayInput()
    node = DenseBlock(num_layers=1, units=Choice([16, 32]))(Normalization()(start))
    options = {"max_trials": 1, "seed": 0, "warm_starts": [QUICK]} | options
    return AutoModel(start, ClassificationHead(**head)(node), **options)


def dense_regressor(**options: Any) -> AutoModel:
    """Return a small regressor of numbers."""
    head = options.pop("head", {})
    start = ArrayInput()
    node = DenseBlock(num_layers=1, units=32)(Normalization()(start))
    options = {"max_trials": 1, "seed": 0, "warm_starts": [QUICK]} | options
    return AutoModel(start, RegressionHead(**head)(node), **options)


class CountsEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Counts its own epochs, and notes the counts where all copies can."""

    counts: list[int] = []  # noqa: RUF012 - shared on purpose

    def __init__(self) -> None:
        super().__init__()
        self.epochs = 0

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Count."""
        self.epochs += 1
        self.counts.append(self.epochs)
