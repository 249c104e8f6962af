"""Classes of a user's script, and of a stranger's plugin, are searched, saved, and loaded in another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, GraphError, SearchError
from autokeras_core.data.profile import InputProfile
from autokeras_core.engine.trial import run_trial
from autokeras_core.graph.missing import MissingBlock
from autokeras_core.graph.operator import Preprocessor, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.plugin import Boolean, Space
from autokeras_core.search.winner import choose_winner, load_trained
from tests.heavy.engine_doubles import Wants, make_case
from tests.heavy.interrupted_trials import Watching, make_context, make_job

Array = np.ndarray[Any, Any]

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

SEARCH_AGAIN = (
    SCRIPT
    + """
model = AutoModel.load(sys.argv[1])
assert (model.predict(x) == np.load(sys.argv[2])).all()
assert len(model.leaderboard()) == 3
model.max_trials = 2
assert model.fit(x, y, epochs=1, verbose=0).trials == 2
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
from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, GraphError

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
try:
    AutoModel.load(sys.argv[1], custom_blocks=[OnLogarithms, Logarithm, int])
except GraphError as error:
    assert "custom_blocks" in str(error), error
else:
    raise AssertionError("int is neither a block nor a preprocessor")
"""
)


PLUGIN = """
from autokeras_core.plugin import BlockSpec, hookimpl


@hookimpl
def autokeras_register_blocks():
    return [BlockSpec(name="gated", target="ak_gates.blocks:GatedBlock", summary="A gated block.")]
"""

PLUGIN_BLOCKS = """
import keras
from autokeras_core import Block


@keras.saving.register_keras_serializable(package="ak_gates")
class Gate(keras.layers.Layer):
    def call(self, inputs):
        return inputs * keras.ops.sigmoid(inputs)


class GatedBlock(Block):
    def build(self, hp, inputs):
        return Gate()(keras.layers.Dense(8)(inputs))
"""

SAVE_PLUGIN = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from autokeras_core import ArrayInput, AutoModel, ClassificationHead, block
x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
start = ArrayInput()
output = ClassificationHead()(block("ak_gates:gated")(start))
model = AutoModel(start, output, max_trials=1, seed=0, directory=sys.argv[2] + "/search")
model.fit(x, (x[:, 0] > 0).astype(int), epochs=1, verbose=0)
model.save(sys.argv[2] + "/saved")
np.savez(sys.argv[2] + "/rows.npz", x=x, predicted=model.predict_proba(x))
"""

LOAD_PLUGIN = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from autokeras_core import AutoModel
model = AutoModel.load(sys.argv[2])
rows = np.load(sys.argv[3])
np.testing.assert_allclose(model.predict_proba(rows["x"]), rows["predicted"], atol=1e-6)
"""


class Halving:
    """A preprocessor that derives from nothing, so that no process finds it by its name."""

    in_model = False

    def fit(self, data: Array) -> None:
        """Learn nothing."""

    def transform(self, batch: Array) -> Array:
        """Return half of it."""
        return (batch / 2).astype("float32")

    def to_layer(self) -> Any:
        """Return the same as a layer."""
        return keras.layers.Rescaling(0.5)

    def get_config(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take nothing."""


class HalvingByDefault(Halving):
    """Another class of the same name, and an input's default."""


HalvingByDefault.__name__ = "Halving"


class Picky(ArrayInput):
    """An input that has nothing for blocks that bring no preprocessors."""

    def default_preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Say so."""
        raise GraphError("Put a block behind it that brings preprocessors.")


class Halved(ArrayInput):
    """An input whose default preprocessor has the name of another class."""

    def default_preprocessors(self, profile: InputProfile) -> Sequence[Any]:
        """Return it."""
        return [HalvingByDefault()]


class Either(Block):
    """Halves rows by one of two classes of one name."""

    space = Space({"other": Boolean(default=False)})
    is_transparent = True

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Any]:
        """Return one of them."""
        return [HalvingByDefault() if hp["other"] else Halving()]

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the input."""
        return inputs


def run(script: str, *arguments: Path) -> None:
    """Run a script in a fresh process; fail with its output if it fails."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_block_of_a_script_is_searched_saved_loaded_and_searched_again(tmp_path: Path) -> None:
    """One process searches and saves; one that defines the class searches anew; one that does not still predicts."""
    saved, predictions = tmp_path / "model", tmp_path / "predictions.npy"

    run(SEARCH, saved, predictions)

    run(SEARCH_AGAIN, saved, predictions)
    run(PREDICT_ONLY, saved, predictions)


def test_blocks_and_preprocessors_of_ones_own_are_given_to_load(tmp_path: Path) -> None:
    """A preprocessor that derives from nothing is found by no name: it is passed with its block, and no other class is."""
    saved, predictions = tmp_path / "model", tmp_path / "predictions.npy"

    run(SAVE_OWN, saved, predictions)

    run(LOAD_OWN, saved, predictions)


def test_a_search_loads_what_its_workers_trained_with_a_preprocessor_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the process that trained a model has met the class; the search, and a later run of it, have it in the graph."""
    context = make_context(Wants(Halving()))
    outcome = run_trial(make_job(tmp_path, epochs=1), context, Watching())
    monkeypatch.setattr("autokeras_core.engine.pipeline._local_classes", {})

    winner = choose_winner(context, [outcome], validation_inputs={}, members=1, deadline=None)

    (feature,) = winner.members["0"].features
    assert [type(each) for each in feature.host] == [Halving]


@pytest.mark.parametrize("kind", [Picky, Halved], ids=["an input without", "an input with one of the same name"])
def test_default_preprocessors_that_no_trial_used_have_no_part_in_loading_one(
    kind: type[ArrayInput], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block brings its own."""
    start = kind()
    context = make_case(start, ClassificationHead()(Wants(Halving())(start))).context()
    outcome = run_trial(make_job(tmp_path, epochs=1), context, Watching())
    monkeypatch.setattr("autokeras_core.engine.pipeline._local_classes", {})

    (feature,) = load_trained(tmp_path, outcome, context).features

    assert [type(each) for each in feature.host] == [Halving]


def test_the_default_preprocessor_of_a_trial_is_found_in_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no block brings another."""
    start = Halved()
    context = make_case(start, ClassificationHead()(start)).context()
    outcome = run_trial(make_job(tmp_path, epochs=1), context, Watching())
    monkeypatch.setattr("autokeras_core.engine.pipeline._local_classes", {})

    (feature,) = load_trained(tmp_path, outcome, context).features

    assert [type(each) for each in feature.host] == [HalvingByDefault]


def test_classes_of_one_name_in_two_trials_are_not_mixed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each trial has its own, and they do not become one model, which no file could tell apart."""
    monkeypatch.setattr("autokeras_core.engine.pipeline._local_classes", {})
    context = make_context(Either(), keeps_predictions=True)
    jobs = [
        make_job(tmp_path / str(seed), {"either/other": other}, epochs=1, trial_id=str(seed), seed=seed)
        for seed, other in ((3, False), (4, True))
    ]
    outcomes = [run_trial(job, context, Watching()) for job in jobs]

    loaded = [load_trained(Path(outcome.directory), outcome, context) for outcome in outcomes]
    winner = choose_winner(context, outcomes, validation_inputs={}, members=2, deadline=None)

    assert [type(bundle.features[0].host[0]) for bundle in loaded] == [Halving, HalvingByDefault]
    assert list(winner.weights.values()) == [1.0]
    assert "Two classes of preprocessors are called 'Halving'" in caplog.text


@pytest.fixture(scope="module")
def plugin_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that stands for `site-packages`, with a plugin whose block has a layer of its own."""
    site = tmp_path_factory.mktemp("site")
    files = {
        "ak_gates/__init__.py": "",
        "ak_gates/plugin.py": PLUGIN,
        "ak_gates/blocks.py": PLUGIN_BLOCKS,
        "ak_gates-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: ak-gates\nVersion: 1.0\n",
        "ak_gates-1.0.dist-info/entry_points.txt": "[autokeras]\nak_gates = ak_gates.plugin\n",
    }
    for name, text in files.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    return site


@pytest.fixture(scope="module")
def models_of_plugin(plugin_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the directory of a search, the saved model, and its predictions."""
    folder = tmp_path_factory.mktemp("models")
    run(SAVE_PLUGIN, plugin_site, folder)
    return folder


@pytest.mark.parametrize("name", ["saved", "search"])
def test_a_model_with_a_layer_of_a_plugin_is_loaded_in_another_process(
    name: str, plugin_site: Path, models_of_plugin: Path
) -> None:
    """Nothing has imported the module that registers the layer: the graph names the block, which brings it."""
    run(LOAD_PLUGIN, plugin_site, models_of_plugin / name, models_of_plugin / "rows.npz")


def test_the_block_of_a_missing_plugin_is_not_asked_for_as_a_class() -> None:
    """`custom_blocks=` takes classes of scripts alone, so `fit` does not advise it."""
    record = {"type": "ak_gates:gated", "distribution": "ak-gates", "version": "1.0", "config": {}}
    missing = MissingBlock(record, reason="No plugin with the namespace 'ak_gates' is installed.")
    start = ArrayInput()
    model = AutoModel(start, ClassificationHead()(missing(start)))

    with pytest.raises(SearchError, match=r"cannot be made here.*ak_gates:gated.*No plugin") as caught:
        model.fit(np.zeros((4, 2), "float32"), np.array([0, 1, 0, 1]))

    assert "custom_blocks" not in str(caught.value)
