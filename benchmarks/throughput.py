"""Compare the training of a trial with a plain `tf.data` + `model.fit` loop of the very same network: pictures per second.

Both train the network of the first warm start of ImageClassifier, with its optimizer, on the same random pictures, with
the same batches and the same validation. Runs alternate. Time is counted from the end of the first epoch, which holds the
tracing, to the end of the last one, validation included. Writes benchmarks/results/throughput.md.

    .venv/bin/python benchmarks/throughput.py --repetitions 5
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import tensorflow as tf

from ak_vision import ImageBlock, ImageInput
from autokeras_core import ClassificationHead
from autokeras_core.assembly import assemble
from autokeras_core.engine.compiler import compile_graph, compile_training
from autokeras_core.engine.context import TrialContext
from autokeras_core.engine.discovery import discover_space
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.objective import resolve_objective
from autokeras_core.engine.preparation import prepare
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.engine.trial import run_trial
from autokeras_core.registry import get_registry
from autokeras_core.search.records import TrialJob
from autokeras_core.search.warm_starts import read_files, usable_warm_starts

RESULTS = Path(__file__).parent / "results"
SEED = 0
CLASSES = 10


@attrs.frozen(kw_only=True)
class Setting:
    """What is trained: pictures of a shape, in batches of a size."""

    name: str
    shape: tuple[int, ...]
    rows: int
    batch_size: int

    def pictures(self) -> tuple[Any, Any]:
        """Return random pictures and labels."""
        rng = np.random.default_rng(SEED)
        x = rng.integers(0, 256, (self.rows, *self.shape), dtype=np.uint8)
        return x, rng.integers(0, CLASSES, self.rows)


SETTINGS = (
    Setting(name="28 x 28 grey, batches of 64", shape=(28, 28), rows=12_800, batch_size=64),
    Setting(name="96 x 96 RGB, batches of 32", shape=(96, 96, 3), rows=1_280, batch_size=32),
)


class Clock:
    """Notes when epochs end: as the observer of a trial, and for a Keras callback."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def trial_event(self, trial_id: str, event: str, **fields: Any) -> None:
        """Take note of the end of an epoch."""
        if event == "epoch":
            self.ends.append(time.perf_counter())

    def rate(self, rows: int) -> float:
        """Return pictures per second from the end of the first epoch on."""
        return rows * (len(self.ends) - 1) / (self.ends[-1] - self.ends[0])


class Bench:
    """One setting with all that both ways of training share."""

    def __init__(self, setting: Setting, *, epochs: int) -> None:
        self.setting, self.epochs = setting, epochs
        self.graph = assemble(ImageInput(), ClassificationHead(), block=ImageBlock())
        x, y = setting.pictures()
        self.data: PreparedData = prepare(self.graph, x, y, seed=SEED)
        operators = {vertex.name: vertex.operator for vertex in self.graph.inputs}
        data = self.data
        self.store = FeatureStore(
            operators, data.profile, data.train_inputs, data.validation_inputs, None, targets=data.train_targets
        )
        space = discover_space(self.graph, data.profile, self.store)
        files = read_files(get_registry(), "ak_vision:ImageClassifier")
        usable, _ = usable_warm_starts([start for file in files for start in file.starts], space)
        values = {**usable[0][1], "training/batch_size": setting.batch_size}
        self.configuration = space.complete(values)

    @property
    def rows(self) -> int:
        """How many rows are trained on."""
        return len(next(iter(self.data.train_targets.values())))

    def trial(self) -> float:
        """Train as a search does, and return pictures per second."""
        clock, data = Clock(), self.data
        context = TrialContext(
            graph=self.graph,
            profile=data.profile,
            store=self.store,
            train_targets=data.train_targets,
            validation_targets=data.validation_targets,
            train_weights=None,
            validation_weights=None,
            objective=resolve_objective(None, self.graph, data.profile),
            patience=10.0,
        )
        with tempfile.TemporaryDirectory() as directory:
            job = TrialJob(
                trial_id="0",
                configuration=self.configuration,
                epochs=self.epochs,
                seed=SEED,
                seconds=3600.0,
                directory=directory,
            )
            outcome = run_trial(job, context, clock)
        if outcome.failure is not None:
            raise SystemExit(outcome.failure.reason)
        return clock.rate(self.rows)

    def plain(self) -> float:
        """Train the same network as a user would by hand, and return pictures per second."""
        compiled = compile_graph(self.graph, self.configuration, self.data.profile, self.store, seed=SEED)
        compile_training(compiled, self.graph, self.configuration, self.data.profile)
        x, y = dict(self.data.train_inputs), dict(self.data.train_targets)
        validation = (dict(self.data.validation_inputs), dict(self.data.validation_targets))
        clock = Clock()
        ends = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: clock.trial_event("", "epoch"))
        batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(self.rows, seed=SEED)
        compiled.training_model.fit(
            batches.batch(self.setting.batch_size).prefetch(tf.data.AUTOTUNE),
            validation_data=tf.data.Dataset.from_tensor_slices(validation).batch(512).prefetch(tf.data.AUTOTUNE),
            epochs=self.epochs,
            callbacks=[ends],
            verbose=0,
        )
        return clock.rate(self.rows)


def table_row(setting: Setting, pairs: list[tuple[float, float]]) -> str:
    """Return a line of the table for pairs of (trial, plain) pictures per second."""
    trial, plain = np.array(pairs).T
    ratios = trial / plain
    return (
        f"| {setting.name} | {len(pairs)} | {np.median(trial):,.0f} | {np.median(plain):,.0f} "
        f"| {np.median(ratios):.3f} | {ratios.min():.3f} to {ratios.max():.3f} |"
    )


def main() -> None:
    """Run all settings and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5, help="pairs of runs per setting")
    parser.add_argument("--epochs", type=int, default=4, help="epochs per run, at least 2")
    options = parser.parse_args()

    lines = []
    for setting in SETTINGS:
        bench = Bench(setting, epochs=options.epochs)
        pairs = []
        for repetition in range(options.repetitions):
            # Who goes first alternates too, so that neither gains from a machine that warms up or slows down.
            if repetition % 2:
                plain, trial = bench.plain(), bench.trial()
            else:
                trial, plain = bench.trial(), bench.plain()
            pairs.append((trial, plain))
            print(f"{setting.name}: {trial:,.0f} and {plain:,.0f} pictures/s, ratio {trial / plain:.3f}", flush=True)
        lines.append(table_row(setting, pairs))
    head = [
        "# Training: pictures per second beside a plain loop",
        "",
        f"Made by `benchmarks/throughput.py --repetitions {options.repetitions} --epochs {options.epochs}`",
        f"on {os.cpu_count()} CPU cores, Python {platform.python_version()}, TensorFlow {tf.__version__}. The ratio is a",
        "trial's pictures per second by those of `tf.data` + `model.fit` with the same network; the aim is at least 0.95.",
        "",
        "| pictures | pairs | a trial, median | plain loop, median | ratio, median | ratio, range |",
        "|---|---|---|---|---|---|",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "throughput.md").write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
