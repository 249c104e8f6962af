"""Rows that are no single array: the exported model takes a dict of columns, nested where there are several inputs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, DenseBlock, GraphError, Merge, RegressionHead
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.ensemble import EnsembleBundle
from autokeras_core.engine.raw_inputs import RawInput
from autokeras_core.testing import CheckError, check_block, check_preprocessor
from tests.heavy.tables import TableEncoder, TableInput, make_table

Array = np.ndarray[Any, Any]

ROWS = 60
QUICK = {"training/learning_rate": 0.03, "training/batch_size": 32}


def columns_of(table: Array) -> dict[str, Array]:
    """Return a table as the exported model takes it."""
    start = TableInput()
    rows = start.raw_rows(table, start.analyse(table, name="table"))
    assert isinstance(rows, Mapping)
    return dict(rows)


def tensors_of(columns: Any) -> Any:
    """Return nested columns as tensors: Keras converts no object arrays of rank 2."""
    return keras.tree.map_structure(
        lambda array: keras.ops.convert_to_tensor(array.astype("f4") if array.dtype.kind == "f" else array), columns
    )


def fitted(table: Array, **head: Any) -> AutoModel:
    """Return a model of one table after one short trial."""
    start = TableInput()
    labels = np.nan_to_num(table[table.dtype.names[0]]) > 0  # type: ignore[index]
    output = ClassificationHead(**head)(DenseBlock(num_layers=1, units=8)(start))
    model = AutoModel(start, output, max_trials=1, seed=0, warm_starts=[QUICK])
    model.fit(table, labels, epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def model() -> AutoModel:
    """Return a model of the first table."""
    return fitted(make_table(ROWS))


def test_the_exported_model_takes_a_dict_of_columns(model: AutoModel, tmp_path: Path) -> None:
    """Of their own types, also after loading; the predictions are those of the table."""
    table = make_table(ROWS)

    model.export_model().save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert {name: (tuple(each.shape), each.dtype) for name, each in exported.input.items()} == {
        "size": ((None, 1), "float32"),
        "kind": ((None, 1), "string"),
        "seen": ((None, 1), "int64"),
    }
    np.testing.assert_allclose(exported(tensors_of(columns_of(table))), model.predict_proba(table), atol=1e-6)


def test_it_predicts_columns_as_a_frame_has_them(model: AutoModel) -> None:
    """Arrays of one axis do: strings as objects, numbers of any width."""
    table = make_table(ROWS)

    columns = {name: column.reshape(-1) for name, column in columns_of(table).items()}
    outputs = model.export_model().predict(columns, verbose=0)

    np.testing.assert_allclose(outputs, model.predict_proba(table), atol=1e-6)


def test_it_loads_with_keras_alone(model: AutoModel, tmp_path: Path) -> None:
    """A process that imports nothing of ours gives the same predictions, in safe mode."""
    table = make_table(ROWS)
    model.export_model().save(tmp_path / "model.keras")
    columns = {name: column.reshape(-1).tolist() for name, column in columns_of(table[:3]).items()}
    program = f"""
import json, sys
import keras, numpy as np
model = keras.models.load_model(r"{tmp_path / "model.keras"}")
columns = {json.dumps(columns).replace("NaN", "float('nan')")}
kinds = {{"size": "f4", "kind": object, "seen": "i8"}}
rows = {{name: np.array(values, dtype=kinds[name]) for name, values in columns.items()}}
outputs = model.predict(rows, verbose=0)
assert not any(name.startswith(("autokeras", "ak_")) for name in sys.modules)
print(json.dumps(outputs.tolist()))
"""

    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert process.returncode == 0, process.stderr
    np.testing.assert_allclose(json.loads(process.stdout.splitlines()[-1]), model.predict_proba(table[:3]), atol=1e-6)


def test_with_several_inputs_the_columns_lie_under_the_inputs_name(tmp_path: Path) -> None:
    """Also where two tables have columns of the same names."""
    left, right = make_table(ROWS, seed=1), make_table(ROWS, seed=2)
    array = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
    starts = [TableInput(name="left"), ArrayInput(), TableInput(name="right")]
    body = DenseBlock(num_layers=1, units=8)(Merge()([DenseBlock(num_layers=1, units=4)(start) for start in starts]))
    model = AutoModel(
        starts, [ClassificationHead()(body), RegressionHead()(body)], max_trials=1, seed=0, warm_starts=[QUICK]
    )
    x = {"left": left, "array": array, "right": right}
    model.fit(x, {"classification": array[:, 0] > 0, "regression": array[:, 1]}, epochs=1, verbose=0)

    model.save(tmp_path / "saved")
    model.export_model().save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    loaded = AutoModel.load(tmp_path / "saved", custom_blocks=[TableInput, TableEncoder])

    raw = {"left": columns_of(left), "array": array, "right": columns_of(right)}
    outputs = exported(tensors_of(raw))
    assert set(exported.input) == {"left", "array", "right"}
    np.testing.assert_allclose(outputs["classification"], model.predict_proba(x)["classification"], atol=1e-5)
    np.testing.assert_allclose(outputs["regression"][:, 0], model.predict(x)["regression"], rtol=1e-4, atol=1e-5)
    again = loaded.export_model()(tensors_of(raw))
    np.testing.assert_allclose(again["classification"], outputs["classification"], atol=1e-6)


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict:UserWarning")
@pytest.mark.parametrize(
    "names",
    [("größe", "an / or", "Zeit (s)"), ("network", "outcome", "model"), ("a/b", "a_b", "dense")],
    ids=["odd characters", "names of layers", "equal but for a slash"],
)
def test_columns_may_be_called_anything(names: tuple[str, str, str], tmp_path: Path) -> None:
    """Names that no layer may have, or that another layer has, are keys of the dict all the same."""
    table = make_table(ROWS, names=names)
    model = fitted(table, name="outcome")

    model.export_model().save(tmp_path / "model.keras")
    exported = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert set(exported.input) == set(names)
    np.testing.assert_allclose(exported(tensors_of(columns_of(table))), model.predict_proba(table), atol=1e-6)


@pytest.mark.filterwarnings("error:When providing `inputs` as a dict:UserWarning")
@pytest.mark.parametrize("members", [1, 2], ids=["a model", "an ensemble"])
def test_exporting_columns_that_no_layer_may_be_called_like_warns_of_nothing(members: int) -> None:
    """Users can do nothing about it: neither for one model nor for several."""
    model = fitted(make_table(ROWS, names=("km/h", "kind", "seen")))
    assert model._fitted is not None and isinstance(model._fitted.bundle, ModelBundle)
    single = model._fitted.bundle
    bundle = EnsembleBundle(members=(single, single), weights=(0.5, 0.5)) if members > 1 else single

    exported = bundle.to_keras_model()

    assert set(exported.input) == {"km/h", "kind", "seen"}


def test_a_table_that_nothing_turns_into_numbers_is_an_error() -> None:
    """The message names the input and says what to bring."""

    class Bare(TableInput):
        def default_preprocessors(self, profile: Any) -> Any:
            return ()

    start = Bare()
    model = AutoModel(start, ClassificationHead()(DenseBlock()(start)), max_trials=1, seed=0)
    table = make_table(ROWS)

    with pytest.raises(Exception, match="Nothing turns the rows of the input 'table' into one array") as caught:
        model.fit(table, np.arange(ROWS) % 2, epochs=1, verbose=0)
    assert isinstance(caught.value, (GraphError, RuntimeError))


def test_what_the_columns_are_is_kept_in_their_order() -> None:
    """A raw input comes back from JSON data."""
    raw = RawInput.from_spec("table", {"b": ((1,), "float32"), "a": ((1,), "string")})

    again = RawInput.from_json(json.loads(json.dumps(raw.to_json(), sort_keys=True)))

    assert again == raw
    assert list(again.columns or ()) == ["b", "a"]


def test_the_kit_compares_both_faces_of_an_encoder_of_tables() -> None:
    """`raw=` are the columns that the layer takes; a layer that differs is found out."""

    class Wrong(TableEncoder):
        def transform(self, batch: Array) -> Array:
            return super().transform(batch) + 1

    table = make_table(20)
    raw = columns_of(table)

    check_preprocessor(TableEncoder(columns=list(raw)), table, raw=raw)
    with pytest.raises(CheckError, match=r"transform\(\) and to_layer\(\) disagree"):
        check_preprocessor(Wrong(columns=list(raw)), table, raw=raw)


def test_the_kit_checks_a_block_behind_a_table() -> None:
    """`start=` is the input that reads the data."""
    check_block(DenseBlock(units=4, num_layers=1), start=TableInput(), data=make_table(20))
