"""Measure training steps of predefined networks for pictures on a GPU: with XLA's clusters and without, in both precisions.

Random grey pictures of 28 x 28 pixels in batches of 64, 6,400 rows an epoch. The first epoch holds building, tracing and, with
clusters, compiling; a step is the mean over the two epochs after it. Writes benchmarks/results/gpu_steps.md.

    .venv/bin/python benchmarks/gpu_steps.py
"""

from __future__ import annotations

import argparse
import itertools
import platform
import sys
import time
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from throughput import SEED, Setting

from ak_vision import ImageBlock, ImageInput
from autokeras_core import ClassificationHead
from autokeras_core.assembly import assemble
from autokeras_core.engine.acceleration import clustered_by_xla
from autokeras_core.engine.batches import training_batches
from autokeras_core.engine.compiler import compile_graph, compile_training
from autokeras_core.engine.discovery import discover_space
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.precision import Precision
from autokeras_core.engine.preparation import prepare
from autokeras_core.registry import get_registry
from autokeras_core.search.warm_starts import read_files, usable_warm_starts

RESULTS = Path(__file__).parent / "results"
EPOCHS = 3
BATCH_SIZE = 64
PRECISIONS: tuple[Precision, ...] = ("float32", "mixed_float16")


class Bench:
    """Random pictures, and the predefined networks for them."""

    def __init__(self, rows: int) -> None:
        setting = Setting(name="28 x 28 grey", shape=(28, 28), rows=rows, batch_size=BATCH_SIZE)
        self.graph = assemble(ImageInput(), ClassificationHead(), block=ImageBlock())
        self.data = prepare(self.graph, *setting.pictures(), seed=SEED)
        inputs = {vertex.name: vertex.operator for vertex in self.graph.inputs}
        data = self.data
        self.store = FeatureStore(
            inputs, data.profile, data.train_inputs, data.validation_inputs, None, targets=data.train_targets
        )
        self.space = discover_space(self.graph, data.profile, self.store)
        files = read_files(get_registry(), "ak_vision:ImageClassifier")
        usable, _ = usable_warm_starts([start for file in files for start in file.starts], self.space)
        self.predefined = {start.name: values for start, values in usable}

    def run(self, name: str, precision: Precision, *, clusters: bool) -> tuple[float, float]:
        """Train a network, and return the seconds of its first epoch and the milliseconds of a later step."""
        keras.utils.clear_session()
        configuration = self.space.complete({**self.predefined[name], "training/batch_size": BATCH_SIZE})
        ends: list[float] = []
        began = time.perf_counter()
        compiled = compile_graph(
            self.graph, configuration, self.data.profile, self.store, seed=SEED, precision=precision
        )
        compile_training(compiled, self.graph, configuration, self.data.profile)
        targets: dict[str, Any] = dict(self.data.train_targets)
        features = self.store.features(compiled.features, "train")
        batches = training_batches(features, targets, None, batch_size=BATCH_SIZE, seed=SEED)
        clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
        with clustered_by_xla(clusters):
            compiled.training_model.fit(batches, epochs=EPOCHS, verbose=0, callbacks=[clock])
        return ends[0] - began, 1_000 * (ends[-1] - ends[0]) / ((EPOCHS - 1) * len(batches))


def main() -> None:
    """Run all networks and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=["small-conv", "resnet9", "deep-resnet"])
    parser.add_argument("--rows", type=int, default=8_000, help="of which a fifth is left out for validation")
    options = parser.parse_args()

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        sys.exit("TensorFlow sees no GPU here.")
    bench = Bench(options.rows)
    lines = []
    for name, precision, clusters in itertools.product(options.networks, PRECISIONS, (False, True)):
        first, step = bench.run(name, precision, clusters=clusters)
        rate = 1_000 * BATCH_SIZE / step
        lines.append(
            f"| {name} | {precision} | {'yes' if clusters else 'no'} | {first:.1f} | {step:.1f} | {rate:,.0f} |"
        )
        print(lines[-1], flush=True)
    device = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "a GPU")
    head = [
        "# Training steps of small networks on a GPU",
        "",
        f"Made by `benchmarks/gpu_steps.py` on one {device}, Python {platform.python_version()}, TensorFlow {tf.__version__}:",
        "28 x 28 grey pictures, batches of 64.",
        "",
        "| network | precision | XLA's clusters | first epoch (s) | a later step (ms) | pictures/s |",
        "|---|---|---|---|---|---|",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gpu_steps.md").write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
