"""What becomes of rows while they are prepared: parsed for good, and let go of once they are split."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

import attrs
import numpy as np

from autokeras_core import ArrayInput, DenseBlock, RegressionHead
from autokeras_core.engine.preparation import match_inputs, prepare
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.graph.graph import Graph
from autokeras_core.plugin import InputProfile, Rows


class HalvedInput(ArrayInput):
    """Parses numbers by halving them."""

    base_name = "table"

    def parse(self, data: Rows, profile: InputProfile) -> Rows:
        """Return half of each number."""
        return np.asarray(data) / 2


class CopyingInput(ArrayInput):
    """Makes rows of its own of the user's data, and looks which of them are left when it is to analyse some."""

    base_name = "table"

    def __init__(self) -> None:
        super().__init__()
        self.made: list[weakref.ref[Any]] = []
        self.left: list[bool] = []

    def adapt(self, data: Any) -> Rows:
        """Return a copy."""
        rows = np.array(super().adapt(data))
        self.made.append(weakref.ref(rows))
        return rows

    def analyse(self, data: Any, *, name: str) -> InputProfile:
        """Look at the copies."""
        self.left = [made() is not None for made in self.made]
        return super().analyse(data, name=name)


@attrs.frozen
class RowsInRuns:
    """Rows of which neighbours are quick to read together: those of an array, by their numbers."""

    array: Any
    numbers: Any
    is_sequential: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of rows, and of values in each."""
        return (len(self), *self.array.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The array's."""
        return np.dtype(self.array.dtype)

    def __len__(self) -> int:
        return len(self.numbers)

    def read(self, index: Any) -> Any:
        """Return some rows."""
        return self.array[self.numbers[index]]

    def select(self, rows: Any) -> RowsInRuns:
        """Return a source of some rows; none is read."""
        return RowsInRuns(self.array, self.numbers[rows])

    def readable(self) -> Any:
        """Return the numbers of all rows."""
        return np.arange(len(self))

    def fingerprint(self) -> str:
        """Return which rows they are."""
        return str(self.numbers.tolist())


class InputInRuns(ArrayInput):
    """Reads its rows in runs."""

    base_name = "table"

    def adapt(self, data: Any) -> Rows:
        """Return a source over an array."""
        return data if isinstance(data, RowsInRuns) else RowsInRuns(np.asarray(data), np.arange(len(data)))

    def analyse(self, data: Any, *, name: str) -> InputProfile:
        """Look at all rows."""
        return super().analyse(data.read(slice(None)), name=name)

    def check(self, data: Any, profile: InputProfile) -> None:
        """Take any."""


def prepared(rows: ArrayInput) -> tuple[Graph, PreparedData]:
    """Return a graph behind an input, and 50 rows prepared for it."""
    graph = Graph.from_nodes([rows], [RegressionHead()(DenseBlock()(rows))])
    x = np.arange(50.0)[:, None]
    return graph, prepare(graph, x, x[:, 0], seed=0)


def test_all_rows_are_parsed_before_a_model_gets_them() -> None:
    """Those to train on, those to validate on, and later ones."""
    graph, data = prepared(HalvedInput())

    together = np.concatenate([np.asarray(each["table"]) for each in (data.train_inputs, data.validation_inputs)])
    later = match_inputs(graph, {"table": np.array([[3.0]])}, data.profile)

    assert sorted(together[:, 0].tolist()) == [number / 2 for number in range(50)]
    assert np.asarray(later["table"]).tolist() == [[1.5]]


def test_rows_that_are_read_in_runs_stay_in_their_order() -> None:
    """Which ones are for validation is drawn; in another order each piece of them would be spread over the whole file."""
    _, data = prepared(InputInRuns())

    train, validation = (each["table"].numbers for each in (data.train_inputs, data.validation_inputs))

    assert train.tolist() == sorted(set(range(50)) - set(validation.tolist()))
    assert validation.tolist() == sorted(validation.tolist()) != list(range(len(validation)))
    np.testing.assert_array_equal(np.ravel(data.train_targets["regression"]), train)


def test_data_are_known_by_the_rows_as_they_came_in() -> None:
    """How an input parses them may change between two versions, and a search still goes on."""
    plain = ArrayInput(name="table")

    assert prepared(HalvedInput())[1].fingerprint == prepared(plain)[1].fingerprint


def test_rows_are_let_go_of_once_they_are_split() -> None:
    """A copy of all rows beside that of each part would take as much memory again."""
    rows = CopyingInput()

    prepared(rows)

    assert rows.left == [False]
