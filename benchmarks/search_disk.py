"""Measure what a search of many small trials leaves on the disk: the aim is less than ten of its checkpoints.

    python benchmarks/search_disk.py --trials 100 --write

The digits of scikit-learn, dense networks of one layer of 32 units, no trial ended early: so small a model is the least favourable
case, since a trial's lines in the journal do not depend on its size. A checkpoint is here what a trial keeps of a trained
model: the folder of the best one.
With `--write` the table goes into `results/search_disk.md`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from sklearn.datasets import load_digits

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DenseBlock, Normalization

EPOCHS = 20


def main() -> None:
    """Search, and print where the bytes are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100, help="how many trials")
    parser.add_argument("--write", action="store_true", help="write results/search_disk.md")
    options = parser.parse_args()

    x, y = load_digits(return_X_y=True)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        start = ArrayInput()
        output = ClassificationHead()(DenseBlock(num_layers=1, units=32)(Normalization()(start)))
        model = AutoModel(start, output, max_trials=options.trials, seed=0, directory=directory, prune=False)
        began = time.monotonic()
        model.fit(x.astype("float32"), y, epochs=EPOCHS, verbose=0)
        seconds = time.monotonic() - began

        rows = model.leaderboard()
        checkpoint = bytes_in((directory / "trials" / rows[0].trial_id / "bundle").rglob("*"))
        parts = {
            f"models of {len(list((directory / 'trials').glob('*/bundle')))} trials": directory / "trials",
            "journal": directory / "journal.jsonl",
            "KerasTuner's files": directory / "oracle",
            "cache": directory / "cache",
        }
        sizes = {name: bytes_in([path, *path.rglob("*")]) for name, path in parts.items()}
        together = bytes_in(directory.rglob("*"))
        sizes["the rest"] = together - sum(sizes.values())

    share = together / checkpoint
    about = (
        f"{len(rows)} trials of at most {EPOCHS} epochs on {len(x):,} digits ({seconds:.0f} s): {together / 1e6:.2f} MB, "
        f"{share:.1f} times the folder of the best model ({checkpoint / 1e6:.2f} MB, {rows[0].parameters:,} parameters). "
        f"Each trial takes {sizes['journal'] / len(rows) / 1e3:.1f} kB of the journal."
    )
    lines = [
        "# What a search leaves on the disk",
        "",
        about,
        "",
        "| what | MB | of a checkpoint |",
        "|---|---|---|",
        *(f"| {name} | {size / 1e6:.3f} | {size / checkpoint:.2f} |" for name, size in sizes.items()),
        f"| together | {together / 1e6:.3f} | {share:.2f} |",
        "",
        f"Made by `python benchmarks/search_disk.py --trials {options.trials} --write`.",
    ]
    print("\n".join(lines))
    if options.write:
        target = Path(__file__).parent / "results" / "search_disk.md"
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def bytes_in(paths: Iterable[Path]) -> int:
    """Return how many bytes the files among some paths have."""
    return sum(path.stat().st_size for path in paths if path.is_file())


if __name__ == "__main__":
    main()
