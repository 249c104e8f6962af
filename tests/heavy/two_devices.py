"""Searches on two virtual devices, for `test_devices.py`: a program, since devices must be set before TensorFlow starts.

Its one argument is a file, into which it writes what came out, as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from autokeras_core import (
    ArrayInput,
    AutoModel,
    Block,
    ClassificationHead,
    DenseBlock,
    Normalization,
    RegressionHead,
)
from autokeras_core.engine.compiler import compile_graph
from autokeras_core.engine.devices import devices_for
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView
from tests.heavy.engine_doubles import make_case
from tests.heavy.fine_tuned_networks import Projected, points

Array = np.ndarray[Any, Any]

LEARNS: dict[str, Any] = {"training/learning_rate": 0.01, "training/batch_size": 32}


class WholeBatch(Block):
    """Layers that look at a whole batch, or draw numbers."""

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return normalised rows with holes in them."""
        return keras.layers.Dropout(0.2)(keras.layers.BatchNormalization()(keras.layers.Dense(8)(inputs)))


def rows(count: int) -> tuple[Array, Array, Array]:
    """Return rows, a class and a value of each."""
    x = np.random.default_rng(0).normal(size=(count, 6)).astype("float32")
    return x, (x[:, 0] > 0).astype("int64"), x[:, 1] * 3


def two_heads(**options: Any) -> AutoModel:
    """Return a model whose result does not depend on how batches are shared out."""
    start = ArrayInput(name="rows")
    node = DenseBlock(num_layers=1, units=16, dropout=0.0, use_batch_norm=False)(Normalization()(start))
    heads = [ClassificationHead(dropout=0.0, name="sign")(node), RegressionHead(dropout=0.0, name="value")(node)]
    return AutoModel(start, heads, max_trials=1, seed=0, warm_starts=[LEARNS], **options)


def searched(distribution: Any) -> dict[str, Any]:
    """Return what a search of one trial tells and predicts."""
    model = two_heads(distribution=distribution)
    x, sign, value = rows(320)  # 256 to train on, 64 to validate on: each batch can be halved
    found = model.fit(x, [sign, value], epochs=3, sample_weight=np.linspace(0.5, 1.5, 320), verbose=0)
    exported = model.export_model()
    return {
        "history": dict(found.history),
        "predictions": [np.asarray(each).tolist() for each in model.predict(x[:5])],
        "probabilities": np.asarray(model.predict_proba(x[:5])).tolist(),
        "exported": {type(weight.value).__name__ for weight in exported.weights},
    }


def whole_batches() -> dict[str, Any]:
    """Return what comes of rows that cannot be halved, and layers that look at all of a batch."""
    start = ArrayInput()
    model = AutoModel(
        start,
        ClassificationHead()(WholeBatch()(start)),
        max_trials=1,
        seed=0,
        warm_starts=[LEARNS],
        distribution="data_parallel",
    )
    x, sign, _ = rows(163)
    model.fit(x, sign, epochs=8, verbose=0)
    return {"accuracy": model.evaluate(x, sign)["accuracy"], "score": model.leaderboard()[0].score}


def fine_tuned() -> dict[str, Any]:
    """Return the scores of a trial in two phases, and what its model scores on the rows that it was validated on."""
    start = ArrayInput()
    model = AutoModel(
        start,
        ClassificationHead(dropout=0.0)(Projected(depth="all")(start)),
        max_trials=1,
        seed=0,
        objective="val_loss",
        warm_starts=[LEARNS],
        distribution="data_parallel",
    )
    x, sign = points()
    model.fit(x[:320], sign[:320], validation_data=(x[320:], sign[320:]), epochs=3, verbose=0)
    (row,) = model.leaderboard()
    return {
        "epochs": row.epochs,
        "best_epoch": row.best_epoch,
        "score": row.score,
        "again": model.evaluate(x[320:], sign[320:])["loss"],
    }


def mirrored() -> dict[str, int]:
    """Return on how many devices each variable of a built model is."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock(num_layers=1, units=4)(Normalization()(start))))
    devices = devices_for("data_parallel")
    built = compile_graph(
        case.graph, case.configuration, case.profile, case.store, seed=0, devices=devices
    ).training_model
    return {weight.path: len(devices.strategy.experimental_local_results(weight.value)) for weight in built.weights}


def main(path: Path) -> None:
    """Write all of it."""
    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
    report = {
        "one": searched(None),
        "two": searched("data_parallel"),
        "whole_batches": whole_batches(),
        "fine_tuned": fine_tuned(),
        "mirrored": mirrored(),
    }
    path.write_text(json.dumps(report, default=list), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
