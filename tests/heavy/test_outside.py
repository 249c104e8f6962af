"""Preprocessors that cannot be part of a Keras model: the exported model takes what they make, and says so."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, Block, ClassificationHead, ExportWarning, Merge, Preprocessor
from autokeras_core.engine.rows import transform_rows
from autokeras_core.engine.state_files import read_state_files
from autokeras_core.errors import SearchError
from autokeras_core.graph.operator import Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block

Array = np.ndarray[Any, Any]

SENTENCE = "The exported model takes halves, int32 of shape (batch, 4)."


class Halves(Preprocessor):
    """Halves numbers as no layer can: a stand-in for a tokenizer."""

    in_model = False
    outside_the_model = SENTENCE
    output_spec = ((4,), "int32")
    rows_at_once = 7

    def __init__(self, factor: int = 1) -> None:
        self.factor = factor
        self.pieces: list[int] = []

    def fit(self, data: Array) -> None:
        """Learn nothing."""

    def transform(self, batch: Array) -> Array:
        """Return whole numbers."""
        self.pieces.append(len(batch))
        return (self.factor * batch // 2).astype("int32")

    def to_layer(self) -> Any:
        """Fail."""
        raise AssertionError

    def get_config(self) -> dict[str, Any]:
        """Return the factor."""
        return {"factor": self.factor}

    def get_state(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take nothing."""


class Halved(Block):
    """Stands behind halves."""

    def __init__(self, *, factor: int | None = None, name: str | None = None) -> None:
        super().__init__(name=name, factor=factor)

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the halves."""
        return [Halves(self.arguments.get("factor", 1))]

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return them as they are."""
        return inputs * 1.0


def rows(count: int = 40) -> tuple[Array, Array]:
    """Return rows of numbers and labels."""
    x = np.random.default_rng(0).integers(0, 20, (count, 4)).astype("float32")
    return x, (x[:, 0] > 10).astype(int)


def searched(*blocks: Block, **options: Any) -> AutoModel:
    """Return a model whose blocks stand side by side behind one input."""
    start = ArrayInput()
    outputs = [block(start) for block in blocks]
    output = ClassificationHead()(outputs[0] if len(outputs) == 1 else Merge()(outputs))
    model = AutoModel(start, output, seed=0, **{"max_trials": 1, **options})
    model.fit(*rows(), epochs=1, verbose=0)
    return model


def test_the_exported_model_takes_what_the_preprocessor_makes(tmp_path: Path) -> None:
    """And a warning says what that is; the saved model takes raw rows."""
    model = searched(Halved())
    x, _ = rows()
    with pytest.warns(ExportWarning, match="takes halves"):
        exported = model.export_model()
    model.save(tmp_path / "saved")

    expected = model.predict_proba(x)

    assert (exported.input_shape, exported.input.dtype) == ((None, 4), "int32")
    np.testing.assert_allclose(exported.predict((x // 2).astype("int32"), verbose=0), expected, atol=1e-6)
    loaded = AutoModel.load(tmp_path / "saved", custom_blocks=[Halved, Halves])
    np.testing.assert_allclose(loaded.predict_proba(x), expected, atol=1e-6)


def test_the_warning_points_to_the_users_own_line(tmp_path: Path) -> None:
    """Whichever way a model is exported."""
    model = searched(Halved())

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ExportWarning)
        model.export_model()
        model.export(tmp_path / "model.keras")

    assert [each.filename for each in caught if each.category is ExportWarning] == [__file__] * 2


def test_nothing_is_said_where_all_is_inside() -> None:
    """A model without such a preprocessor is exported in silence."""
    start = ArrayInput()
    model = AutoModel(start, ClassificationHead()(start), max_trials=1, seed=0)
    model.fit(*rows(), epochs=1, verbose=0)

    with warnings.catch_warnings():
        warnings.simplefilter("error", ExportWarning)
        model.export_model()


def test_an_input_cannot_be_two() -> None:
    """Part of the model takes raw rows, another part what the preprocessor makes: one clear error."""
    start = ArrayInput()
    output = ClassificationHead()(Merge()([Halved()(start), start]))
    model = AutoModel(start, output, max_trials=1, seed=0)
    model.fit(*rows(), epochs=1, verbose=0)

    with pytest.raises(SearchError, match=r"parts take different things of the input.*'Halves'.*'raw rows'.*save\(\)"):
        model.export_model()


def test_two_blocks_may_share_the_preprocessor() -> None:
    """Equal ones make the same."""
    model = searched(Halved(), Halved())
    x, _ = rows()
    with pytest.warns(ExportWarning):
        exported = model.export_model()

    outputs = exported.predict((x // 2).astype("int32"), verbose=0)

    np.testing.assert_allclose(outputs, model.predict_proba(x), atol=1e-6)


def test_two_different_ones_are_an_error() -> None:
    """One input cannot be both."""
    model = searched(Halved(), Halved(factor=3))

    with pytest.raises(SearchError, match="parts take different things"):
        model.export_model()


def test_the_kit_knows_of_it() -> None:
    """A block with such a preprocessor keeps the contract."""
    check_block(Halved(), input_shape=(4,), data=rows()[0])


def test_rows_come_in_pieces_of_the_size_asked_for() -> None:
    """So that a slow preprocessor can be stopped in time."""
    halves = Halves()
    x, _ = rows(40)

    result = transform_rows(x, [halves])

    np.testing.assert_array_equal(result, x // 2)
    assert max(halves.pieces) == 7


class Documented(Halves):
    """Keeps a text in a file of its own."""

    state_files = ("notes.json",)
    notes = ""

    def fit(self, data: Array) -> None:
        """Note the number of rows."""
        self.notes = f'{{"rows": {len(data)}, "sign": "é"}}\n'

    def get_state(self) -> dict[str, Any]:
        """Return the notes."""
        return {"notes.json": self.notes}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the notes."""
        self.notes = state["notes.json"]


class WithNotes(Halved):
    """Stands behind a preprocessor that keeps a text."""

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return it."""
        return [Documented(self.arguments.get("factor", 1))]


def test_texts_of_a_state_lie_in_files_of_their_own(tmp_path: Path) -> None:
    """Where other programs find them; they are read back, each to the preprocessor it belongs to."""
    model = searched(WithNotes(), WithNotes(factor=3))
    model.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved", custom_blocks=[WithNotes, Documented])

    names = {path.name for path in (tmp_path / "saved").iterdir()}
    assert {"notes.json", "notes-2.json"} <= names
    assert '"rows": 32' in (tmp_path / "saved" / "notes.json").read_text(encoding="utf-8")
    assert "é" not in (tmp_path / "saved" / "pipeline.json").read_text(encoding="utf-8")
    np.testing.assert_allclose(loaded.predict_proba(rows()[0]), model.predict_proba(rows()[0]), atol=1e-6)
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again" / "notes-2.json").read_bytes() == (tmp_path / "saved" / "notes-2.json").read_bytes()


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "a/b", 3])
def test_a_state_refers_to_files_of_its_folder_only(name: Any, tmp_path: Path) -> None:
    """Whatever a file on disk says."""
    data = [{"preprocessors": [{"state": {"notes.json": {"$file": name}}}]}]

    with pytest.raises(SearchError, match="is no plain file name"):
        read_state_files(data, tmp_path)
