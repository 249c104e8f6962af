"""A bundle predicts, exports and comes back from disk the same."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.errors import GraphError, SearchError
from autokeras_core.graph.operator import Block, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.registry import get_registry
from tests.heavy.bundles import CASES, bundle_of, bundle_with, learned_case, raw_of, trained, twins
from tests.heavy.engine_doubles import Center, Wants, make_case


@pytest.mark.parametrize("kind", CASES)
def test_the_exported_model_predicts_raw_rows_as_the_bundle_does(kind: str, tmp_path: Path) -> None:
    """Also after saving and loading it."""
    case, bundle = trained(kind)
    expected = bundle.predict_outputs(case.rows)

    bundle.to_keras_model().save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    outputs = exported.predict(raw_of(case), verbose=0)
    outputs = outputs if isinstance(outputs, dict) else {"classification": outputs}
    assert set(outputs) == set(expected)
    for head, values in expected.items():
        np.testing.assert_allclose(outputs[head], values, atol=1e-5)


@pytest.mark.parametrize("place", ["a layer", "in a model", "in a wrapper", "behind a preprocessor"])
def test_the_exported_model_scales_as_its_layers_have_learned_to(place: str) -> None:
    """In memory, without a file to be read: `Normalization` does not notice by itself that its weights are set."""
    case = learned_case(place)
    bundle = bundle_of(case)

    outputs = bundle.to_keras_model().predict(raw_of(case), verbose=0)

    np.testing.assert_allclose(outputs, bundle.predict_outputs(case.rows)["classification"], atol=1e-5)


@pytest.mark.parametrize("kind", CASES)
def test_a_saved_bundle_predicts_the_same(kind: str, tmp_path: Path) -> None:
    """Preprocessors, model and order of heads come back."""
    case, bundle = trained(kind)

    bundle.save(tmp_path / "bundle")
    loaded = ModelBundle.load(tmp_path / "bundle", get_registry())

    assert loaded.heads == bundle.heads
    assert loaded.profile == case.profile
    for head, values in bundle.predict_outputs(case.rows).items():
        np.testing.assert_allclose(loaded.predict_outputs(case.rows)[head], values, atol=1e-6)


def test_a_preprocessor_that_derives_from_another_of_a_script_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name, in a process that has the class and has not saved the bundle."""

    class Recentred(Center):
        pass

    start = ArrayInput()
    bundle_of(make_case(start, ClassificationHead()(Wants(Recentred())(start)))).save(tmp_path / "bundle")
    monkeypatch.setattr("autokeras_core.engine.pipeline._local_classes", {})

    loaded = ModelBundle.load(tmp_path / "bundle", get_registry())

    assert [type(each) for each in loaded.features[0].host] == [Recentred]


def test_two_preprocessors_of_one_name_cannot_be_saved(tmp_path: Path) -> None:
    """The file could not tell them apart."""
    here, there = twins()
    start = ArrayInput()
    bundle = bundle_of(make_case(start, ClassificationHead()(Wants(here(), there())(start))))

    with pytest.raises(GraphError, match=r"Two classes of preprocessors are called 'Twin'.*here.*there.*Rename"):
        bundle.save(tmp_path / "bundle")


def test_which_of_two_classes_of_one_name_a_saved_bundle_has_must_be_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two models of one process: the last one's class is not taken for the other's."""
    monkeypatch.setattr("autokeras_core.engine.pipeline._local_classes", {})
    here, there = twins()
    bundle_with(here).save(tmp_path / "here")
    bundle_with(there).save(tmp_path / "there")

    with pytest.raises(SearchError, match=r"'Twin' is a class of a script.*here.*there.*custom_blocks=\[Twin\]"):
        ModelBundle.load(tmp_path / "here", get_registry())
    loaded = ModelBundle.load(tmp_path / "here", get_registry(), custom_classes=[here])

    assert [type(each) for each in loaded.features[0].host] == [here]


def test_two_classes_of_one_name_cannot_be_passed(tmp_path: Path) -> None:
    """The first is not taken for both."""
    here, there = twins()
    bundle_with(here).save(tmp_path / "bundle")

    with pytest.raises(GraphError, match=r"custom_blocks holds two preprocessors called 'Twin'.*here.*there"):
        ModelBundle.load(tmp_path / "bundle", get_registry(), custom_classes=[here, there])


def test_a_layer_that_comes_with_a_preprocessor_is_known_to_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its plugin's module registers it with Keras when the preprocessor is first needed: before the model is read."""

    class Doubling(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
        def call(self, inputs: Tensor) -> Tensor:
            return inputs * 2.0

    class Bringing(Center):
        def __init__(self, factor: float = 1.0) -> None:
            super().__init__(factor)
            keras.saving.register_keras_serializable("test_bundle")(Doubling)

    class Doubled(Block):
        def preprocessors(self, hp: HyperparameterView) -> list[Bringing]:
            return [Bringing()]

        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return Doubling()(inputs)

    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Doubled()(start)))
    bundle = bundle_of(case)
    bundle.save(tmp_path / "bundle")
    monkeypatch.delitem(keras.saving.get_custom_objects(), "test_bundle>Doubling")

    loaded = ModelBundle.load(tmp_path / "bundle", get_registry())

    expected = bundle.predict_outputs(case.rows)["classification"]
    np.testing.assert_allclose(loaded.predict_outputs(case.rows)["classification"], expected, atol=1e-6)


def test_the_exported_model_takes_one_plain_raw_input_and_is_not_compiled() -> None:
    """Raw rows in, a plain tensor out, nothing of ours inside."""
    _, bundle = trained("in the model")

    exported = bundle.to_keras_model()

    assert (tuple(exported.input.shape), exported.input.dtype) == ((None, 4, 4, 3), "float32")
    assert isinstance(exported.output, keras.KerasTensor)
    assert not exported.compiled
    assert {type(layer).__module__.partition(".")[0] for layer in exported.layers} == {"keras"}


def test_whole_numbers_reach_the_model_as_such() -> None:
    """Where the input says so, neither the trained nor the exported model makes floats of codes."""
    start = ArrayInput(whole_numbers=True)
    codes = np.random.default_rng(0).integers(0, 2**40, size=(48, 5))
    bundle = bundle_of(make_case(start, ClassificationHead()(DenseBlock()(start)), rows=codes))

    exported = bundle.to_keras_model()

    assert bundle.model.input["array"].dtype == "int64"
    assert exported.input.dtype == "int64"


def test_changing_the_exported_model_does_not_touch_the_bundle() -> None:
    """It is a copy."""
    case, bundle = trained("in the model")
    expected = bundle.predict_outputs(case.rows)["classification"]

    exported = bundle.to_keras_model()
    exported.set_weights([np.zeros_like(weight) for weight in exported.get_weights()])

    np.testing.assert_array_equal(bundle.predict_outputs(case.rows)["classification"], expected)


def test_predictions_do_not_depend_on_the_batch_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor on how many rows are preprocessed at once."""
    case, bundle = trained("outside")
    expected = bundle.predict_outputs(case.rows)["classification"]
    monkeypatch.setattr("autokeras_core.engine.bundle._ROWS_AT_ONCE", 10)

    pieces = bundle.predict_outputs(case.rows, batch_size=7)["classification"]

    np.testing.assert_allclose(pieces, expected, atol=1e-6)


def test_the_exported_model_loads_where_only_keras_is_installed(tmp_path: Path) -> None:
    """In a process that cannot import anything of ours, predictions on raw pictures are the same."""
    case, bundle = trained("in the model")
    bundle.to_keras_model().save(tmp_path / "model.keras")
    np.save(tmp_path / "rows.npy", case.rows["picture"])
    script = """
import sys
class Blocker:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in ("autokeras_core", "ak_vision", "ak_text", "ak_tabular", "tests"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker)
import keras, numpy
model = keras.models.load_model(sys.argv[1] + "/model.keras")
numpy.save(sys.argv[1] + "/outputs.npy", model.predict(numpy.load(sys.argv[1] + "/rows.npy"), verbose=0))
assert not any(name.startswith(("autokeras_core", "ak_")) for name in sys.modules)
"""

    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, text=True)

    expected = bundle.predict_outputs(case.rows)["classification"]
    np.testing.assert_allclose(np.load(tmp_path / "outputs.npy"), expected, atol=1e-5)


def saved(tmp_path: Path) -> Path:
    """Return the directory of a saved bundle."""
    directory = tmp_path / "bundle"
    _, bundle = trained("outside")
    bundle.save(directory, extra={"record.json": {"answer": 42}})
    return directory


def test_a_save_is_one_directory_with_a_manifest_and_nothing_beside_it(tmp_path: Path) -> None:
    """Hashes of every file, versions of packages and plugins; saving again replaces it."""
    directory = saved(tmp_path)
    saved(tmp_path)

    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == {"model.keras", "pipeline.json", "pipeline.npz", "record.json"}
    assert {"autokeras-core", "keras"} <= set(manifest["packages"])
    assert "autokeras-core" in manifest["plugins"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("name", ["model.keras", "pipeline.json", "pipeline.npz", "record.json"])
def test_a_changed_or_missing_file_is_an_error(name: str, tmp_path: Path) -> None:
    """The message names the file."""
    directory = saved(tmp_path)
    content = (directory / name).read_bytes()

    (directory / name).write_bytes(content + b" ")
    with pytest.raises(SearchError, match=rf"damaged.*{name} is not the file that was saved"):
        ModelBundle.load(directory, get_registry())

    (directory / name).unlink()
    with pytest.raises(SearchError, match=rf"damaged.*{name} is missing"):
        ModelBundle.load(directory, get_registry())


def test_a_manifest_of_another_format_is_an_error(tmp_path: Path) -> None:
    """The message names both formats."""
    directory = saved(tmp_path)
    path = directory / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 99'), encoding="utf-8")

    with pytest.raises(SearchError, match=r"Expected: format 1. Received: format 99"):
        ModelBundle.load(directory, get_registry())


def test_a_manifest_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    """A name with a path is refused before anything is read."""
    directory = saved(tmp_path)
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["../secret"] = "0"
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")

    with pytest.raises(SearchError, match="no plain file name"):
        ModelBundle.load(directory, get_registry())


def test_a_save_never_replaces_files_of_others(tmp_path: Path) -> None:
    """A directory with anything else in it is left alone, also one that was a bundle before."""
    _, bundle = trained("outside")
    directory = saved(tmp_path)
    (directory / "notes.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(SearchError, match=r"cannot be saved here.*notes\.txt"):
        bundle.save(directory)
    assert (directory / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_loading_from_a_directory_without_a_model_is_an_error(tmp_path: Path) -> None:
    """The message says what a saved model looks like."""
    with pytest.raises(SearchError, match=r"no saved model.*manifest\.json"):
        ModelBundle.load(tmp_path, get_registry())


def test_a_model_that_cannot_be_copied_is_a_clear_error_at_export() -> None:
    """A Lambda in a block of one's own is told as such, with what to do."""

    class Coded(Block):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return keras.layers.Lambda(lambda x: x * 2)(inputs)

    start = ArrayInput()
    bundle = bundle_of(make_case(start, ClassificationHead()(Coded()(start))))

    with pytest.raises(SearchError, match=r"cannot be exported.*Replace Lambda layers"):
        bundle.to_keras_model()
