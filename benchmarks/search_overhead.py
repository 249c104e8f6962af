"""Measure what a search adds to training: the aim is under 3% for trials of 30 s, and under 0.5 s a trial for tiny ones.

    python benchmarks/search_overhead.py --write

A search of tiny trials on a small table, and one of trials of about 30 s on a larger one. What is measured is the wall time of
`fit` of the search, less the time inside Keras's `fit` of its trials. Tracing a model's functions happens inside that. What
the search's own callbacks take there is not seen, but for checkpoints, which count as overhead. With `--write` the table goes
into `results/search_overhead.md`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import attrs
import keras
import numpy as np
from sklearn.datasets import load_digits

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DenseBlock, Normalization
from autokeras_core.engine.checkpoint import CheckpointFile

Array = np.ndarray[Any, Any]


@attrs.define
class Stopwatch:
    """Counts calls of a method, and the seconds that they take."""

    calls: int = 0
    seconds: float = 0.0

    def on(self, owner: Any, name: str) -> None:
        """Measure a method of a class from now on."""
        method: Callable[..., Any] = getattr(owner, name)

        @wraps(method)
        def measured(*arguments: Any, **options: Any) -> Any:
            began = time.monotonic()
            try:
                return method(*arguments, **options)
            finally:
                self.calls += 1
                self.seconds += time.monotonic() - began

        setattr(owner, name, measured)


TRAINING = Stopwatch()
CHECKPOINTS = Stopwatch()


@attrs.frozen(kw_only=True)
class Measured:
    """Where the time of a search went, in seconds.

    Attributes:
        trials: How many trials it had.
        whole: The wall time of `fit`.
        trial: All trials, from building a model to saving it.
        training: Inside Keras's `fit`, without checkpoints.
        checkpoints: Writing checkpoints.
        written: How many.
    """

    trials: int
    whole: float
    trial: float
    training: float
    checkpoints: float
    written: int

    def row(self, name: str) -> str:
        """Return a line of the table."""
        overhead = self.whole - self.training
        return (
            f"| {name} | {self.trials} | {self.training / self.trials:.2f} | {overhead / self.trials:.3f} "
            f"| {overhead / self.training:.2%} | {(self.whole - self.trial) / self.trials:.3f} "
            f"| {(self.trial - self.training - self.checkpoints) / self.trials:.3f} "
            f"| {self.checkpoints / self.trials:.3f} ({self.written}) |"
        )


def measured_search(x: Array, y: Array, *, trials: int, epochs: int, units: int) -> Measured:
    """Run a search with one worker and no display, of trials that nothing prunes."""
    start = ArrayInput()
    output = ClassificationHead()(DenseBlock(num_layers=2, units=units)(Normalization()(start)))
    model = AutoModel(start, output, max_trials=trials, seed=0, prune=False)
    TRAINING.calls, TRAINING.seconds, CHECKPOINTS.calls, CHECKPOINTS.seconds = 0, 0.0, 0, 0.0
    began = time.monotonic()
    model.fit(x, y, epochs=epochs, batch_size=64, verbose=0)
    whole = time.monotonic() - began
    return Measured(
        trials=trials,
        whole=whole,
        trial=sum(row.seconds for row in model.leaderboard()),
        training=TRAINING.seconds - CHECKPOINTS.seconds,
        checkpoints=CHECKPOINTS.seconds,
        written=CHECKPOINTS.calls,
    )


def main() -> None:
    """Search twice, and print where the time went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny-trials", type=int, default=20, help="how many tiny trials")
    parser.add_argument("--trials", type=int, default=4, help="how many longer trials")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each of these is to take")
    parser.add_argument("--write", action="store_true", help="write results/search_overhead.md")
    options = parser.parse_args()

    TRAINING.on(keras.Model, "fit")
    CHECKPOINTS.on(CheckpointFile, "write")
    x, y = load_digits(return_X_y=True)
    x = x.astype("float32")
    many, many_y = np.tile(x, (20, 1)), np.tile(y, 20)
    measured_search(x[:300], y[:300], trials=1, epochs=1, units=32)  # what is only done once in a process
    tiny = measured_search(x[:300], y[:300], trials=options.tiny_trials, epochs=5, units=32)
    one = measured_search(many, many_y, trials=1, epochs=3, units=512)
    epochs = max(1, round(options.seconds / (one.training / 3)))
    longer = measured_search(many, many_y, trials=options.trials, epochs=epochs, units=512)

    about = (
        f"Dense networks on the digits: tiny ones on 300 rows for 5 epochs, larger ones (2 x 512 units) on {len(many):,} "
        f"rows for {epochs} epochs; one worker, {os.cpu_count()} cores."
    )
    explained = (
        "Training is the time inside Keras's `fit`, in which a model's functions are traced too. Between trials lie analysing the "
        "data, proposing configurations, the journal, deleting models that drop out, and loading the best one at the end."
    )
    made_by = (
        f"Made by `python benchmarks/search_overhead.py --tiny-trials {options.tiny_trials} --trials {options.trials} "
        f"--seconds {options.seconds:g} --write`."
    )
    lines = [
        "# What a search adds to training",
        "",
        about,
        "",
        "| trials | number | training s each | overhead s each | overhead | of it: between trials | build and save | checkpoints (number) |",
        "|---|---|---|---|---|---|---|---|",
        tiny.row("tiny"),
        longer.row(f"about {options.seconds:.0f} s"),
        "",
        explained,
        "",
        made_by,
    ]
    print("\n".join(lines))
    if options.write:
        target = Path(__file__).parent / "results" / "search_overhead.md"
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
