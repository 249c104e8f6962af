"""A block class written in a user's script works in the functional API, and its search is saved and loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = '''
import sys
import keras
import numpy as np
from sklearn.datasets import load_wine
from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, Normalization, SearchError


class GatedBlock(Block):
    """A dense layer whose output is gated."""

    def build(self, hp, inputs):
        units = hp.Int("units", 8, 32, step=8)
        gate = keras.layers.Dense(units, activation="sigmoid")(inputs)
        if hp.Boolean("deep"):
            gate = keras.layers.Dense(units, activation="sigmoid")(gate)
        return keras.layers.Multiply()([keras.layers.Dense(units)(inputs), gate])


x, y = load_wine(return_X_y=True)
x = x.astype("float32")
'''

SEARCH = (
    SCRIPT
    + """
start = ArrayInput()
node = GatedBlock(units=16)(Normalization()(start))
quick = {"training/learning_rate": 0.03, "training/batch_size": 32}
model = AutoModel(start, ClassificationHead()(node), max_trials=3, seed=0, warm_starts=[quick])
model.fit(x, y, epochs=15, verbose=0)
assert {row.configuration["gated/units"] for row in model.leaderboard()} == {16}
assert all("gated/deep" in row.configuration for row in model.leaderboard())
assert model.evaluate(x, y)["accuracy"] > 0.8
model.save(sys.argv[1])
np.save(sys.argv[2], model.predict(x))
"""
)

CONTINUE = (
    SCRIPT
    + """
model = AutoModel.load(sys.argv[1])
assert (model.predict(x) == np.load(sys.argv[2])).all()
assert len(model.leaderboard()) == 3
model.max_trials = 2
assert model.fit(x, y, epochs=1, verbose=0).trials >= 2
"""
)

PREDICT_ONLY = """
import sys
import numpy as np
from sklearn.datasets import load_wine
from autokeras_core import AutoModel, SearchError
x, y = load_wine(return_X_y=True)
x = x.astype("float32")
model = AutoModel.load(sys.argv[1])
assert (model.predict(x) == np.load(sys.argv[2])).all()
model.export_model()
try:
    model.fit(x, y, verbose=0)
except SearchError as error:
    assert "GatedBlock" in str(error) and "custom_blocks" in str(error), error
else:
    raise AssertionError("fit() worked without the block's class")
"""


# A preprocessor may be any class with the methods; one that derives from nothing is found nowhere.
OWN_CLASSES = """
import sys
import keras
import numpy as np
from sklearn.datasets import load_wine
from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead

x, y = load_wine(return_X_y=True)
x = x.astype("float32")


class Logarithm:
    in_model = False
    def fit(self, data): self.low = data.min(axis=0)
    def transform(self, batch): return np.log1p(np.maximum(batch - self.low, 0)).astype("float32")
    def to_layer(self): return keras.Sequential([keras.layers.Rescaling(1.0, offset=(-self.low).tolist())])
    def get_config(self): return {}
    def get_state(self): return {"low": self.low}
    def set_state(self, state): self.low = state["low"]


class OnLogarithms(Block):
    def preprocessors(self, hp): return [Logarithm()]
    def build(self, hp, inputs): return keras.layers.Dense(8)(inputs)
"""

SAVE_OWN = (
    OWN_CLASSES
    + """
start = ArrayInput()
model = AutoModel(start, ClassificationHead()(OnLogarithms()(start)), max_trials=1, seed=0)
model.fit(x, y, epochs=2, verbose=0)
model.save(sys.argv[1])
np.save(sys.argv[2], model.predict(x))
"""
)

LOAD_OWN = (
    OWN_CLASSES
    + """
model = AutoModel.load(sys.argv[1], custom_blocks=[OnLogarithms, Logarithm])
assert (model.predict(x) == np.load(sys.argv[2])).all()
model.fit(x, y, epochs=1, verbose=0)
"""
)

LOAD_RUBBISH = (
    OWN_CLASSES
    + """
from autokeras_core import GraphError
try:
    AutoModel.load(sys.argv[1], custom_blocks=[OnLogarithms, Logarithm, int])
except GraphError as error:
    assert "custom_blocks" in str(error), error
else:
    raise AssertionError("int is neither a block nor a preprocessor")
"""
)


def run(script: str, *arguments: Path) -> None:
    """Run a script in a fresh process; fail with its output if it fails."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_block_of_a_script_is_searched_saved_loaded_and_continued(tmp_path: Path) -> None:
    """One process searches and saves; one that defines the class continues; one that does not still predicts."""
    saved, predictions = tmp_path / "model", tmp_path / "predictions.npy"

    run(SEARCH, saved, predictions)

    run(CONTINUE, saved, predictions)
    run(PREDICT_ONLY, saved, predictions)


def test_blocks_and_preprocessors_of_ones_own_are_given_to_load(tmp_path: Path) -> None:
    """A preprocessor that derives from nothing is found by no name, so it is passed with the block that wants it."""
    saved, predictions = tmp_path / "model", tmp_path / "predictions.npy"

    run(SAVE_OWN, saved, predictions)

    run(LOAD_OWN, saved, predictions)
    run(LOAD_RUBBISH, saved, predictions)
