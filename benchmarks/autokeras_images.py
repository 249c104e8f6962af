"""Run AutoKeras 3.0.0 once on a picture set, as its tutorials do. For its own environment: see against_autokeras.py.

The clock starts when `fit` is called, and stops when it returns and `predict` works; importing is not in it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import autokeras
import numpy as np
from image_sets import FASHION, SETS, load


def main() -> None:
    """Search once and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=SETS)
    parser.add_argument("--max-trials", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fashion", type=Path, default=FASHION)
    options = parser.parse_args()

    (x, y), (x_test, y_test) = load(options.data, options.fashion)
    # Rows come shuffled from `load`. Its default number of epochs stands, and so do its tuner and its validation split.
    with tempfile.TemporaryDirectory() as directory:
        start = time.monotonic()
        classifier = autokeras.ImageClassifier(
            max_trials=options.max_trials, seed=options.seed, overwrite=True, directory=directory
        )
        classifier.fit(x, y, verbose=0)
        taken = time.monotonic() - start
        predicted = classifier.predict(x_test, verbose=0).reshape(-1)
    # Integer labels come back as strings.
    accuracy = float(np.mean(predicted.astype("int64") == y_test))
    print(json.dumps({"seconds": round(taken, 1), "accuracy": round(accuracy, 4)}))


if __name__ == "__main__":
    main()
