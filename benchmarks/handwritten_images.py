"""Train one good small network by hand, as somebody who knows Keras would. The limit of what any search can be.

.venv/bin/python benchmarks/handwritten_images.py fashion-10k --epochs 20 --seed 0
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
from image_sets import FASHION, SETS, load
from side_by_side import take_own_cores


def network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Return three convolutional blocks with batch normalization."""
    inputs = keras.Input(shape)
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for filters in (32, 64, 128):
        x = keras.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)  # 0.99 would lag behind in so short a training
        x = keras.layers.ReLU()(x)
        x = keras.layers.MaxPooling2D(2, padding="same")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.25)(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))


def main() -> None:
    """Train once and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=SETS)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fashion", type=Path, default=FASHION)
    options = parser.parse_args()
    take_own_cores()

    (x, y), (x_test, y_test) = load(options.data, options.fashion)
    keras.utils.set_random_seed(options.seed)
    start = time.monotonic()
    batch_size = 64
    rate = keras.optimizers.schedules.CosineDecay(3e-3, options.epochs * -(-len(x) // batch_size))
    model = network((*x.shape[1:], 1), int(y.max()) + 1)
    model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x[..., np.newaxis], y, batch_size=batch_size, epochs=options.epochs, verbose=0)
    taken = time.monotonic() - start
    predicted = model.predict(x_test[..., np.newaxis], batch_size=512, verbose=0).argmax(axis=1)
    print(json.dumps({"seconds": round(taken, 1), "score": round(float(np.mean(predicted == y_test)), 4)}))


if __name__ == "__main__":
    main()
