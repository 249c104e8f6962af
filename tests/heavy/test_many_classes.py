"""What holds where a row has thousands of outputs: limits count values, and only a part of the rows is encoded at once."""

from __future__ import annotations

import tracemalloc
from typing import Any, ClassVar

import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead, DenseBlock
from autokeras_core.builtin import heads
from autokeras_core.engine import bundle as bundle_module
from autokeras_core.engine import predictions, preparation
from autokeras_core.engine.bundle import joined_outputs
from autokeras_core.engine.predictions import selection_rows
from autokeras_core.engine.preparation import prepare
from autokeras_core.graph.graph import Graph
from tests.heavy.automodels import dense_classifier, digits
from tests.heavy.bundles import bundle_of, ensemble_of, host_case
from tests.heavy.engine_doubles import make_case

Array = np.ndarray[Any, Any]


class NotingHead(ClassificationHead):
    """Notes how many labels it is asked to encode at once."""

    encoded: ClassVar[list[int]] = []

    def encode(self, labels: Any, profile: Any) -> Array:
        """Note, and encode."""
        self.encoded.append(len(labels))
        return super().encode(labels, profile)


@pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy"], ids=["one-hot", "class numbers"])
def test_rows_are_split_by_class_without_encoding_all_of_them(
    loss: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts are the same, in however many pieces the classes are looked at."""
    start = ArrayInput()
    graph = Graph.from_nodes([start], [NotingHead(loss=loss)(DenseBlock()(start))])
    x, y = np.arange(200.0)[:, None], np.array([f"class {number % 20}" for number in range(200)])
    whole = prepare(graph, x, y, seed=0)
    NotingHead.encoded.clear()
    monkeypatch.setattr(preparation, "_VALUES_AT_ONCE", 10 * 20)

    pieces = prepare(graph, x, y, seed=0)

    assert NotingHead.encoded == [10] * 20 + [160, 40]
    assert pieces.fingerprint == whole.fingerprint
    assert (
        np.asarray(pieces.validation_inputs["array"]).tolist() == np.asarray(whole.validation_inputs["array"]).tolist()
    )


@pytest.mark.parametrize(("values", "rows"), [(100, 16), (20, 10), (2, 4)], ids=["all", "some", "the fewest"])
def test_an_ensemble_is_chosen_by_fewer_rows_where_each_has_many_outputs(
    values: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two outputs half as many rows as there may be values, of the 16 for validation."""
    monkeypatch.setattr(predictions, "_MOST_VALUES", values)
    monkeypatch.setattr(predictions, "_FEWEST_ROWS", 4)
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(start)))

    chosen = selection_rows(case.context())

    assert len(chosen) == rows
    assert (chosen.numbers is None) == (rows == 16)


def test_few_outputs_leave_the_number_of_rows_as_it_was() -> None:
    """Up to 200 of them 50,000 rows count."""
    assert predictions._MOST_VALUES // 200 == predictions._MOST_ROWS


@pytest.mark.parametrize("make", [bundle_of, ensemble_of], ids=["model", "ensemble"])
def test_a_piece_has_fewer_rows_where_each_has_many_outputs(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are those of the whole, in order."""
    case = host_case()
    bundle = make(case)
    whole = bundle.predict_outputs(case.rows)["classification"]
    monkeypatch.setattr(bundle_module, "_OUTPUTS_AT_ONCE", 20)

    pieces = [piece["classification"] for piece in bundle.output_pieces(case.rows, batch_size=5)]

    assert [len(piece) for piece in pieces] == [10, 10, 10, 10, 8]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)
    np.testing.assert_allclose(bundle.predict_outputs(case.rows, batch_size=5)["classification"], whole, atol=1e-6)


def test_outputs_of_all_rows_are_in_memory_once() -> None:
    """Each piece is let go of when the next one comes."""
    tracemalloc.start()
    outputs = joined_outputs(({"y": np.full((100, 1_000), number, np.float32)} for number in range(20)), rows=2_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert outputs["y"][:, 0].tolist() == np.repeat(np.arange(20.0), 100).tolist()
    assert peak < 1.5 * outputs["y"].nbytes


def test_labels_are_decoded_a_piece_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the outputs of all rows are never there together; labels keep their type."""
    x, y = digits(600)
    names = np.array([f"digit {number}" for number in range(10)])
    model = dense_classifier()
    model.fit(x, names[y], epochs=1, verbose=0)
    decode, decoded = heads.decode_labels, []

    def noted(outputs: Array, profile: Any) -> Array:
        decoded.append(len(outputs))
        return decode(outputs, profile)

    monkeypatch.setattr(heads, "decode_labels", noted)
    monkeypatch.setattr(bundle_module, "_OUTPUTS_AT_ONCE", 100)

    labels = model.predict(x)

    assert decoded == [256, 256, 88]
    assert labels.dtype == names.dtype
    assert labels.tolist() == names[model.predict_proba(x).argmax(axis=1)].tolist()
