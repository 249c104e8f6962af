"""Rows in windows: every row once an epoch, mixed from many places, in an order that follows from the seed."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import attrs
import numpy as np
import pytest

from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.data.rows import RowSource, read_rows
from autokeras_core.engine import features as features_module
from autokeras_core.engine import windows as windows_module
from autokeras_core.engine.batches import prediction_batches, training_batches, validation_batches
from autokeras_core.engine.features import Feature, FeatureStore
from autokeras_core.engine.transformed import TransformedRows
from autokeras_core.engine.windows import plan_windows, window_batches
from tests.heavy.engine_doubles import Center

Array = np.ndarray[Any, Any]

ROWS = 1_003
NUMBERS = np.arange(ROWS, dtype="int32").reshape(ROWS, 1)
TARGETS = {"y": NUMBERS.copy()}


@attrs.frozen(kw_only=True, eq=False)
class SequentialSource:
    """A row source that is quick to read in runs, and notes whether it is."""

    numbers: Array
    reads: list[Array] = attrs.field(factory=list)
    is_sequential: ClassVar[bool] = True

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numbers.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.numbers.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def select(self, rows: Array) -> Self:
        return attrs.evolve(self, numbers=self.numbers[rows])

    def read(self, rows: Array) -> Array:
        self.reads.append(rows)
        return self.numbers[rows]

    def readable(self) -> Array:
        return np.arange(len(self))

    def fingerprint(self) -> str:
        return "numbers"

    def loader(self) -> None:
        return None


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of 128 rows in blocks of 16 or so."""
    monkeypatch.setattr(windows_module, "_ROWS_PER_BLOCK", 16)
    monkeypatch.setattr(windows_module, "_ROWS_PER_WINDOW", 128)


def _epoch(batches: Any) -> list[Array]:
    return [np.asarray(x["x"]).reshape(-1) for x, _ in batches]


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("batch_size", [1, 7, 16, 300, 5_000])
@pytest.mark.parametrize("seed", [0, None])
def test_an_epoch_has_every_row_once(batch_size: int, seed: int | None) -> None:
    """Whatever the batch size, the rows are complete, and only the last two batches may be smaller."""
    batches = window_batches({"x": NUMBERS}, TARGETS, None, batch_size=batch_size, seed=seed)

    epoch = _epoch(batches)

    assert sorted(np.concatenate(epoch).tolist()) == list(range(ROWS))
    assert {len(batch) for batch in epoch[:-2]} <= {batch_size}
    assert len(epoch) == int(batches.cardinality())


@pytest.mark.usefixtures("small_windows")
@pytest.mark.parametrize("batch_size", [167, 100, 6])
def test_no_training_batch_is_left_with_a_few_rows(batch_size: int) -> None:
    """One row more than full batches: the last two share their rows, also where the last one is a window of its own."""
    epoch = _epoch(window_batches({"x": NUMBERS}, TARGETS, None, batch_size=batch_size, seed=0))

    sizes = [len(batch) for batch in epoch]

    assert ROWS % batch_size < batch_size / 2
    assert len(sizes) == -(-ROWS // batch_size)
    assert min(sizes) >= batch_size // 2
    assert sorted(np.concatenate(epoch)) == list(range(ROWS))


@pytest.mark.usefixtures("small_windows")
def test_each_head_gets_its_own_weights() -> None:
    """Weights of shape `(rows, heads)` come as a dict by head."""
    weights = np.stack([NUMBERS[:, 0], 2 * NUMBERS[:, 0]], axis=1).astype("float32")
    targets = {"a": NUMBERS, "b": NUMBERS}

    for _, y, weight in window_batches({"x": NUMBERS}, targets, weights, batch_size=64, seed=1):
        assert np.array_equal(np.asarray(weight["b"]).reshape(-1), 2 * np.asarray(y["b"])[:, 0])


@pytest.mark.usefixtures("small_windows")
def test_without_a_seed_rows_keep_their_order() -> None:
    """Validation rows come as they stand."""
    batches = window_batches({"x": SequentialSource(numbers=NUMBERS)}, TARGETS, None, batch_size=7, seed=None)

    assert np.concatenate(_epoch(batches)).tolist() == list(range(ROWS))


@pytest.mark.usefixtures("small_windows")
def test_features_targets_and_weights_stay_together() -> None:
    """The same order goes for all parts of a row, from sources and from arrays."""
    weights = NUMBERS.reshape(-1).astype("float32")
    source = SequentialSource(numbers=NUMBERS)

    for x, y, weight in window_batches({"x": source}, TARGETS, weights, batch_size=32, seed=3):
        assert np.array_equal(x["x"], y["y"])
        assert np.array_equal(np.asarray(x["x"]).reshape(-1), weight)


@pytest.mark.usefixtures("small_windows")
def test_equal_seeds_give_equal_epochs_and_every_epoch_another_order() -> None:
    """The first and the second epoch repeat with the seed, and differ from each other."""
    first = window_batches({"x": NUMBERS}, TARGETS, None, batch_size=32, seed=5)
    second = window_batches({"x": SequentialSource(numbers=NUMBERS)}, TARGETS, None, batch_size=32, seed=5)
    other = window_batches({"x": NUMBERS}, TARGETS, None, batch_size=32, seed=6)

    epochs = [np.concatenate(_epoch(first)).tolist() for _ in range(2)]

    assert epochs == [np.concatenate(_epoch(second)).tolist() for _ in range(2)]
    assert epochs[0] != epochs[1]
    assert np.concatenate(_epoch(other)).tolist() not in epochs


@pytest.mark.usefixtures("small_windows")
def test_a_window_mixes_rows_from_all_over_the_data() -> None:
    """The first batches hold rows from every tenth of the data, unlike rows in their own order."""
    batches = window_batches({"x": NUMBERS}, TARGETS, None, batch_size=16, seed=0)

    first = np.concatenate(_epoch(batches)[:8])

    assert len(np.unique(first // (ROWS // 10))) >= 6


@pytest.mark.usefixtures("small_windows")
def test_an_epoch_does_not_end_on_one_end_of_the_data() -> None:
    """Rows may be sorted by class, or by time: the last batches, too, hold rows from all over."""
    batches = window_batches({"x": NUMBERS}, TARGETS, None, batch_size=16, seed=0)

    last = np.concatenate(_epoch(batches)[-8:])

    assert ROWS % plan_windows(ROWS, 16, 8).block > 0
    assert len(np.unique(last // (ROWS // 10))) >= 4


@pytest.mark.usefixtures("small_windows")
def test_a_source_is_read_in_rising_order() -> None:
    """Within a window, so that neighbours are read together."""
    source = SequentialSource(numbers=NUMBERS)

    list(window_batches({"x": source}, TARGETS, None, batch_size=16, seed=0))

    assert all(bool((rows[1:] > rows[:-1]).all()) for rows in source.reads)


def test_wide_rows_make_small_windows() -> None:
    """A window's rows fit into 32 MiB, and it still has sixteen blocks or so."""
    plan = plan_windows(1_000_000, 32, row_bytes=10_000)

    assert plan.block * plan.blocks_per_window * 10_000 <= 32 * 2**20
    assert plan.blocks_per_window >= 16


def test_sequential_sources_are_read_in_windows() -> None:
    """Training and validation batches of such a source read runs, not single rows."""
    source = SequentialSource(numbers=NUMBERS)

    trained = _epoch(training_batches({"x": source}, TARGETS, None, batch_size=32, seed=0))
    validated = _epoch(validation_batches({"x": source}, TARGETS, None, batch_size=32))

    assert isinstance(source, RowSource)
    assert sorted(np.concatenate(trained).tolist()) == np.concatenate(validated).tolist() == list(range(ROWS))
    assert len(source.reads) == 2


def test_predictions_of_a_sequential_source_keep_its_order() -> None:
    """All rows as they stand, read together."""
    source = SequentialSource(numbers=NUMBERS)

    batches = [np.asarray(batch["x"]).reshape(-1) for batch in prediction_batches({"x": source}, batch_size=100)]

    assert np.concatenate(batches).tolist() == list(range(ROWS))
    assert len(source.reads) == 1


def test_large_features_of_a_sequential_source_are_computed_when_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of them is kept, and they are what would have been kept."""
    numbers = np.random.default_rng(0).normal(size=(200, 3)).astype("float32")
    source = SequentialSource(numbers=numbers)
    profile = DataProfile(
        rows=200,
        inputs={"x": InputProfile(name="x", modality="array", shape=(3,), dtype="float32", rows=200)},
        targets={},
    )
    inputs = {"x": ArrayInput(name="x")}
    kept = FeatureStore(inputs, profile, {"x": numbers}, {}, None)
    monkeypatch.setattr(features_module, "_BYTES_IN_MEMORY_EACH", 100)
    streamed = FeatureStore(inputs, profile, {"x": source}, {}, None)

    found = [
        store.rows(Feature(name="x", input_name="x", host=stream.preprocessors, keys=stream.keys), "train")
        for store in (kept, streamed)
        for stream in [store.extend(store.stream("x"), [Center()])]
    ]

    assert isinstance(found[0], np.ndarray)
    assert isinstance(found[1], TransformedRows)
    assert found[1].shape == found[0].shape
    assert np.array_equal(read_rows(found[1], slice(None)), found[0])
    assert streamed.computations == 0
