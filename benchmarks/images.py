"""Measure what `ImageClassifier` reaches on real pictures within a time limit, on rows it never saw.

Each run is one process: the time starts when `fit` is called and ends when it returns, so importing TensorFlow is not
in it. Every run adds a line to benchmarks/results/images.jsonl; the table beside it is made anew from all lines.

    .venv/bin/python benchmarks/images.py mnist-5k --seconds 300 --seed 0

The sets are those of benchmarks/image_sets.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from image_sets import FASHION, SETS, load
from side_by_side import take_own_cores

RESULTS = Path(__file__).parent / "results"


def run(name: str, *, seconds: float, seed: int, folder: Path, verbose: int) -> dict[str, Any]:
    """Search once, and measure on the test rows."""
    from autokeras_core.tasks import ImageClassifier

    (x, y), (x_test, y_test) = load(name, folder)
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
    parser.add_argument("data", choices=SETS)
    parser.add_argument("--seconds", type=float, required=True, help="the time limit of the search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fashion", type=Path, default=FASHION, help="the folder with Fashion-MNIST's gz files")
    parser.add_argument("--verbose", type=int, default=2)
    parser.add_argument("--print-only", action="store_true", help="add nothing to the results")
    options = parser.parse_args()
    take_own_cores()

    record = run(
        options.data,
        seconds=options.seconds,
        seed=options.seed,
        folder=options.fashion,
        verbose=options.verbose,
    )
    if options.print_only:
        print(json.dumps({"seconds": record["taken"], "score": record["test accuracy"]}))
        return
    print(json.dumps(record))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "images.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    write_table([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])


if __name__ == "__main__":
    main()
