"""Run AutoKeras 3.0.0 once on a data set, as its tutorials do. For its own environment: see against_autokeras.py.

The clock starts when `fit` is called, and stops when it returns and `predict` works; importing is not in it.

With `--stop-after S`, a run of which it is certain that it takes longer than S seconds ends as soon as that is certain, without
a score. AutoKeras trains a network until its validation loss has not got better for ten epochs, so for eleven epochs at
least: if these alone take longer, each step counted as long as the fastest one so far, the run cannot be done in time.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import image_sets
import numpy as np
import table_sets
import text_sets
from side_by_side import take_own_cores

Array = np.ndarray[Any, Any]


def pictures(name: str, seed: int, folder: Path) -> tuple[str, Array, Array, Array, Array]:
    """Return the task's class, and shuffled rows to train on and rows to test on."""
    (x, y), (x_test, y_test) = image_sets.load(name, folder)
    return "ImageClassifier", x, y, x_test, y_test


def table(name: str, seed: int, folder: Path) -> tuple[str, Array, Array, Array, Array]:
    """Return the same for a table. Categories become codes, as AutoKeras itself makes them; numbers are numbers."""
    data = table_sets.split(name, seed)
    both = table_sets.numbers_only(table_sets.pd.concat([data.x, data.x_test]))
    rows = len(data.x)
    is_classification = table_sets.TABLES[name].kind == "classification"
    task = "StructuredDataClassifier" if is_classification else "StructuredDataRegressor"
    return task, both[:rows], data.y.to_numpy(), both[rows:], data.y_test.to_numpy()


def texts(name: str, seed: int, folder: Path) -> tuple[str, Array, Array, Array, Array]:
    """Return the same for texts."""
    data = text_sets.split(name, folder, seed)
    task = "TextClassifier" if text_sets.TEXTS[name].kind == "classification" else "TextRegressor"
    return task, np.array(data.x), data.y, np.array(data.x_test), data.y_test


MOST_EPOCHS = 1_000
"""What AutoKeras sets for a trial. The winner is trained again for as many epochs as its trial took."""

LEAST_EPOCHS = 11
"""AutoKeras's early stopping has a patience of 10: the first epoch, and ten that are not better."""

STEPS_TO_MEASURE = 6
"""The first one traces the network; the others take as long as each other."""

BATCH_SIZE = 32
TRAINING_SHARE = 0.8
"""AutoKeras's defaults."""


class TooLateError(BaseException):
    """The run cannot be done in time. Not an `Exception`: KerasTuner takes these for a trial that failed."""


def certain_end(*, rows: int, until: float) -> Any:
    """Return a callback that raises `TooLateError` once the trial that is trained cannot be done in time.

    Args:
        rows: How many rows AutoKeras was given.
        until: The moment, of `time.monotonic`, at which the run is stopped anyway.
    """
    import keras

    class CertainEnd(keras.callbacks.Callback):
        """Knows the fastest step of the trial that is trained."""

        def on_train_begin(self, logs: Any = None) -> None:
            """Forget the trial before."""
            self.fastest, self.steps = math.inf, 0

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            """Leave out what lies between two epochs."""
            self.last = time.monotonic()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """Measure the step, and give up if even the fastest steps are too slow."""
            now = time.monotonic()
            self.fastest, self.last, self.steps = min(self.fastest, now - self.last), now, self.steps + 1
            steps = LEAST_EPOCHS * math.floor(TRAINING_SHARE * rows / BATCH_SIZE)
            end = now + (steps - self.steps) * self.fastest
            if self.params["epochs"] == MOST_EPOCHS and self.steps >= STEPS_TO_MEASURE and end > until:
                raise TooLateError(self.fastest)

    return CertainEnd()


def main() -> None:
    """Search once and print one line of JSON: seconds, and accuracy or minus the root mean squared error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=[*image_sets.SETS, *table_sets.TABLES, *text_sets.TEXTS])
    parser.add_argument("--max-trials", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fashion", type=Path, default=image_sets.FASHION)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--stop-after", type=float, help="seconds after which the run is stopped")
    options = parser.parse_args()
    take_own_cores()  # before TensorFlow counts them

    import autokeras

    load = pictures if options.data in image_sets.SETS else texts if options.data in text_sets.TEXTS else table
    folder = options.texts if load is texts else options.fashion
    task, x, y, x_test, y_test = load(options.data, options.seed, folder)
    # Its default number of epochs stands, and so do its tuner and its validation split.
    with tempfile.TemporaryDirectory() as directory:
        start = time.monotonic()
        model = getattr(autokeras, task)(
            max_trials=options.max_trials, seed=options.seed, overwrite=True, directory=directory
        )
        callbacks = []
        if options.stop_after is not None:
            callbacks.append(certain_end(rows=len(x), until=start + options.stop_after))
        try:
            model.fit(x, y, verbose=0, callbacks=callbacks)
        except TooLateError as error:
            stopped = {"seconds": options.stop_after, "score": None, "a step": round(error.args[0], 2)}
            print(json.dumps({**stopped, "gave up after": round(time.monotonic() - start, 1)}))
            return
        taken = time.monotonic() - start
        predicted = model.predict(x_test, verbose=0).reshape(-1)
    if task.endswith("Regressor"):
        score = -float(np.sqrt(np.mean((predicted.astype("float64") - y_test) ** 2)))
    elif y_test.dtype.kind in "iu":  # integers come back as strings, or as floats
        score = float(np.mean(predicted.astype("float64") == y_test))
    else:
        score = float(np.mean(predicted.astype(str) == y_test.astype(str)))
    print(json.dumps({"seconds": round(taken, 1), "score": round(score, 4)}))


if __name__ == "__main__":
    main()
