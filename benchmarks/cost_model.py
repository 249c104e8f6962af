"""Measure training steps of image networks, and hold them against what the cost model says before anything is built.

    .venv/bin/python benchmarks/cost_model.py

Each network trains on random pictures in batches of 64; the median of several steps counts, without the first ones, which
hold the tracing. Writes benchmarks/results/cost_model.md: estimate and measurement side by side, how well their orders agree
(Spearman's rank correlation), and the weights that would fit these measurements best.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
from scipy import stats

from ak_vision import (
    ConvBlock,
    ConvNeXtBlock,
    EfficientNetBlock,
    ImageInput,
    MobileNetBlock,
    ResNet9Block,
    ResNetBlock,
    XceptionBlock,
)
from autokeras_core import Block
from autokeras_core.data.profile import DataProfile
from autokeras_core.graph.view import HyperparameterView

RESULTS = Path(__file__).parent / "results"
BATCH_SIZE = 64
STEP = 250e6  # as in autokeras_core.graph.cost
SHAPES = ((8, 8, 1), (28, 28, 1), (32, 32, 3), (64, 64, 3), (96, 96, 3))
SMALL: Mapping[str, Block] = {
    "conv, 3 x 1, 32 filters": ConvBlock(num_blocks=3, num_layers=1, filters=32),
    "conv, 3 x 2, 32 filters": ConvBlock(num_blocks=3, num_layers=2, filters=32),
    "separable conv, 3 x 2, 32 filters": ConvBlock(num_blocks=3, num_layers=2, filters=32, separable=True),
    "resnet9, 8 filters": ResNet9Block(filters=8),
    "resnet9, 16 filters": ResNet9Block(filters=16),
    "resnet9, 32 filters": ResNet9Block(filters=32),
    "resnet, 8 layers, 16 filters": ResNetBlock(blocks_per_stage=1, filters=16),
    "resnet, 20 layers, 32 filters": ResNetBlock(blocks_per_stage=3, filters=32),
    "small xception, 32 filters": XceptionBlock(filters=32, num_blocks=3),
    "small efficientnet, 16 filters": EfficientNetBlock(filters=16),
    "small convnext, 24 filters": ConvNeXtBlock(filters=24),
}
LARGE: Mapping[str, Block] = {
    "mobilenet_v3_small": MobileNetBlock(version="small"),
    "efficientnet_b0": EfficientNetBlock(version="b0"),
    "resnet50_v2": ResNetBlock(architecture="resnet50", version="v2"),
}


@attrs.frozen(kw_only=True)
class Measurement:
    """One network on pictures of one shape: its cost per picture, and the seconds of a step."""

    name: str
    shape: tuple[int, int, int]
    cost: float
    seconds: float

    @property
    def estimate(self) -> float:
        """What a step should take, in the unit of costs."""
        return BATCH_SIZE * self.cost + STEP


def measure(block: Block, name: str, shape: tuple[int, int, int], *, steps: int) -> Measurement:
    """Train a network for some steps."""
    keras.backend.clear_session()
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (BATCH_SIZE, *shape)).astype("float32") / 255
    labels = keras.utils.to_categorical(rng.integers(0, 10, BATCH_SIZE), 10)
    profile = DataProfile(rows=BATCH_SIZE, inputs={"image": ImageInput().analyse(pictures, name="image")}, targets={})
    view = HyperparameterView(values=block.search_space(profile).defaults(), profile=profile)
    cost = block.cost(view)
    assert cost is not None
    inputs = keras.Input(shape)
    features = keras.layers.GlobalAveragePooling2D()(block.build(view, inputs))
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(features))
    model.compile("adamw", "categorical_crossentropy", jit_compile=False)
    seconds: list[float] = []
    for _ in range(3 + steps):
        start = time.perf_counter()
        model.train_on_batch(pictures, labels)
        seconds.append(time.perf_counter() - start)
    return Measurement(name=name, shape=shape, cost=cost, seconds=float(np.median(seconds[3:])))


def measurements(steps: int) -> Iterator[Measurement]:
    """Measure every network on every shape that suits it."""
    for shape in SHAPES:
        blocks: dict[str, Any] = {**SMALL, **(LARGE if shape[0] >= 64 else {})}
        for name, block in blocks.items():
            found = measure(block, name, shape, steps=steps)
            print(f"{shape} {name}: {1000 * found.seconds:.1f} ms, cost {found.cost / 1e6:.1f}", flush=True)
            yield found


def write(found: list[Measurement]) -> None:
    """Write the table."""
    nanoseconds = float(np.median([1e9 * each.seconds / each.estimate for each in found]))
    lines = [
        "# The cost of image networks, estimated and measured",
        "",
        f"Made by `benchmarks/cost_model.py` on {os.cpu_count()} CPU cores: training steps of {BATCH_SIZE} random pictures, the",
        f"median of several. Estimates are costs times {nanoseconds:.3f} ns, the median of all ratios: what a search finds out",
        "about a machine in its first trial.",
        "",
        "| pictures | network | estimate (ms) | measured (ms) | measured / estimate |",
        "|---|---|---|---|---|",
    ]
    for each in found:
        estimate = each.estimate * nanoseconds / 1e6
        size = " x ".join(map(str, each.shape))
        lines.append(
            f"| {size} | {each.name} | {estimate:.1f} | {1000 * each.seconds:.1f} | {1000 * each.seconds / estimate:.2f} |"
        )
    lines += ["", "Rank correlation of estimate and measurement (1: the order is right):", ""]
    for shape in SHAPES:
        group = [each for each in found if each.shape == shape]
        correlation = stats.spearmanr([each.estimate for each in group], [each.seconds for each in group]).statistic
        lines.append(f"* {' x '.join(map(str, shape))}: {correlation:.3f} ({len(group)} networks)")
    everything = stats.spearmanr([each.estimate for each in found], [each.seconds for each in found]).statistic
    ratios = [1e9 * each.seconds / each.estimate / nanoseconds for each in found]
    low, high = np.quantile(ratios, [0.1, 0.9])
    lines += [
        f"* all together: {everything:.3f}",
        "",
        f"Eight of ten measurements are {low:.2f} to {high:.2f} times their estimate.",
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "cost_model.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=10)
    options = parser.parse_args()
    write(list(measurements(options.steps)))


if __name__ == "__main__":
    main()
