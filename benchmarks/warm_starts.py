"""Train each predefined configuration of ImageClassifier alone, each for the same time: is it worth its place?

    .venv/bin/python benchmarks/warm_starts.py --sets digits mnist-5k fashion-10k --seconds 20 60

One run a line of benchmarks/results/warm_starts.jsonl; what is there is not run again. The table beside it is made anew from
all lines: test accuracy of every configuration on every set, by time limit. Those that need pretrained weights are left out.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from image_sets import FASHION, SETS, load

from autokeras_core.registry import get_registry
from autokeras_core.search.warm_starts import WarmStart, read_warm_starts
from autokeras_core.tasks import ImageClassifier

RESULTS = Path(__file__).parent / "results"
RECORDS = RESULTS / "warm_starts.jsonl"
TASK = "ak_vision:ImageClassifier"


def run(start: WarmStart, data: str, *, seconds: int, seed: int, folder: Path) -> dict[str, Any]:
    """Train one configuration, and return its record."""
    (x, y), (x_test, y_test) = load(data, folder)
    classifier = ImageClassifier(max_trials=1, time_limit=seconds, seed=seed, warm_starts=[start.values])
    classifier.fit(x, y, verbose=0)
    (best,) = classifier.leaderboard()
    return {
        "name": start.name,
        "data": data,
        "seconds": seconds,
        "seed": seed,
        "test accuracy": round(float(np.mean(classifier.predict(x_test) == y_test)), 4),
        "epochs": best.epochs,
        "parameters": best.parameters,
    }


def read_records() -> list[dict[str, Any]]:
    """Return all records so far."""
    return [json.loads(line) for line in RECORDS.read_text(encoding="utf-8").splitlines()] if RECORDS.exists() else []


def is_done(records: Sequence[Mapping[str, Any]], **wanted: Any) -> bool:
    """Return whether a run is among the records."""
    return any(all(record[key] == value for key, value in wanted.items()) for record in records)


def write_table(records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Write one row for each configuration, one column for each set and time limit."""
    columns = sorted({(record["data"], record["seconds"]) for record in records})
    lines = [
        "# Predefined configurations of ImageClassifier, each alone",
        "",
        "Made by `benchmarks/warm_starts.py` on 2 CPU cores. Accuracy on unseen rows, mean over seeds, and in brackets the epochs",
        "that fitted into the time limit. The best of each column is bold.",
        "",
        "| configuration | parameters | " + " | ".join(f"{data}, {seconds} s" for data, seconds in columns) + " |",
        "|---|---|" + "---|" * len(columns),
    ]
    means = {
        (name, *column): float(np.mean([each["test accuracy"] for each in group]))
        for name in names
        for column in columns
        if (group := [each for each in records if (each["name"], each["data"], each["seconds"]) == (name, *column)])
    }
    for name in names:
        own = [each for each in records if each["name"] == name]
        if not own:
            continue
        cells = []
        for column in columns:
            mean = means.get((name, *column))
            if mean is None:
                cells.append("-")
                continue
            best = max(value for key, value in means.items() if key[1:] == column)
            epochs = sorted({each["epochs"] for each in own if (each["data"], each["seconds"]) == column})
            shown = f"**{mean:.4f}**" if mean == best else f"{mean:.4f}"
            cells.append(f"{shown} ({', '.join(map(str, epochs))})")
        lines.append(f"| {name} | {own[0]['parameters']:,} | {' | '.join(cells)} |")
    (RESULTS / "warm_starts.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Make the runs that are missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=["digits", "mnist-5k", "fashion-10k"])
    parser.add_argument("--seconds", nargs="+", type=int, default=[20, 60])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--fashion", type=Path, default=FASHION)
    options = parser.parse_args()

    starts = [start for start in read_warm_starts(get_registry(), TASK) if not start.downloads]
    for data in options.sets:
        for seconds in options.seconds:
            for seed in options.seeds:
                for start in starts:
                    if is_done(read_records(), name=start.name, data=data, seconds=seconds, seed=seed):
                        continue
                    record = run(start, data, seconds=seconds, seed=seed, folder=options.fashion)
                    print(json.dumps(record), flush=True)
                    RESULTS.mkdir(exist_ok=True)
                    with RECORDS.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(record) + "\n")
    write_table(read_records(), [start.name for start in starts])


if __name__ == "__main__":
    main()
