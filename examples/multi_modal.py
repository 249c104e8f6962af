"""Several kinds of input and several targets in one model: pictures with a form, a class and a number.

Each row has a picture of a handwritten digit (from scikit-learn) and a form about it: a table with numbers, text and missing
values. There are two targets: the digit, and how much ink it took. The model is saved, loaded, and exported as a plain Keras
model that takes raw pictures and raw columns.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from ak_tabular import StructuredDataInput
from ak_vision import ImageInput
from autokeras_core import AutoModel, ClassificationHead, RegressionHead

TRAIN, TEST = slice(1_400), slice(1_400, None)


def fill_in_forms(pictures: np.ndarray) -> pd.DataFrame:
    """Return a form for each picture: the shape of the ink in a word, where it starts, and how wide it is if known."""
    rows, columns = (pictures > 2).any(axis=2), (pictures > 2).any(axis=1)
    height, width = rows.sum(axis=1), columns.sum(axis=1)
    shape = np.select([height > width + 2, height < width + 1], ["tall", "wide"], "in between")
    unknown = np.random.default_rng(0).random(len(pictures)) < 0.1
    return pd.DataFrame(
        {
            "shape": shape.astype(object),
            "left": columns.argmax(axis=1),
            "top": rows.argmax(axis=1),
            "width": np.where(unknown, np.nan, width),
        }
    )


def load_rows() -> tuple[dict[str, np.ndarray | pd.DataFrame], dict[str, np.ndarray]]:
    """Return inputs and targets by name, in a shuffled order."""
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    pictures, digits = pixels.reshape(-1, 8, 8)[order].astype("uint8"), digits[order]
    ink = pictures.mean(axis=(1, 2)) / 16
    return {"picture": pictures, "form": fill_in_forms(pictures)}, {"digit": digits, "ink": ink}


def main(folder: Path, *, epochs: int = 12) -> None:
    """Search, and leave the model in a folder: `model/`, and `model.keras` for Keras alone."""
    x, y = load_rows()
    model = AutoModel(
        inputs=[ImageInput(name="picture"), StructuredDataInput(name="form")],
        outputs=[ClassificationHead(name="digit"), RegressionHead(name="ink", metrics=["mae", "r2"])],
        loss_weights={"digit": 2.0},  # losses are comparable: this one counts twice as much as the other
        max_trials=1,
        warm_starts=[{"training/learning_rate": 1e-2}],
        seed=0,
    )
    model.fit(
        {name: rows[TRAIN] for name, rows in x.items()},
        {name: values[TRAIN] for name, values in y.items()},
        class_weight={"digit": "balanced"},
        epochs=epochs,
    )

    test_x, test_y = ({name: rows[TEST] for name, rows in each.items()} for each in (x, y))
    scores = model.evaluate(test_x, test_y)
    print(model.leaderboard())
    print(f"accuracy of the digit: {scores['digit_accuracy']:.3f}")
    print(f"mean error of the ink: {scores['ink_mae']:.4f} (its spread is {test_y['ink'].std():.4f})")

    model.save(folder / "model")
    predicted = model.predict(test_x)
    again = AutoModel.load(folder / "model").predict(test_x)
    print("the loaded model predicts the same:", np.array_equal(predicted["digit"], again["digit"]))

    # The exported model takes what there was in the beginning, by name: pictures, and those columns of the forms that it
    # has a use for.
    model.export_model().save(folder / "model.keras")
    exported = keras.models.load_model(folder / "model.keras")
    columns = {name: test_x["form"][name].to_numpy() for name in exported.input["form"]}
    outputs = exported.predict({"picture": test_x["picture"], "form": columns}, verbose=0)
    print("the exported model predicts the same:", np.array_equal(outputs["digit"].argmax(axis=1), predicted["digit"]))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(scratch))
