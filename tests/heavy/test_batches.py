"""Batches hold every row once an epoch, in an order that follows from the seed, from arrays and from sources alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import attrs
import keras
import numpy as np
import pytest
import tensorflow as tf

from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.fingerprint import fingerprint
from autokeras_core.data.profile import DataProfile, InputProfile
from autokeras_core.data.rows import RowSource, readable_rows
from autokeras_core.engine.batches import (
    naming_unreadable_rows,
    prediction_batches,
    training_batches,
    validation_batches,
)
from autokeras_core.engine.features import Feature, FeatureStore
from autokeras_core.errors import DataError, SearchError
from tests.heavy.engine_doubles import Center, CenterInModel

Array = np.ndarray[Any, Any]

ROWS = 10
NUMBERS = np.arange(ROWS, dtype="int32").reshape(ROWS, 1)


@attrs.frozen(kw_only=True, eq=False)
class NumberSource:
    """A row source over numbers that counts how many rows are read by NumPy."""

    numbers: Array
    in_tensorflow: bool = True
    unreadable: tuple[int, ...] = ()
    reads: list[int] = attrs.field(factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.numbers.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.numbers.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def select(self, rows: Array) -> Self:
        return attrs.evolve(self, numbers=self.numbers[rows], unreadable=())

    def read(self, rows: Array) -> Array:
        self.reads.append(len(rows))
        return self.numbers[rows]

    def readable(self) -> Array:
        return np.setdiff1d(np.arange(len(self)), self.unreadable)

    def fingerprint(self) -> str:
        return str(int(self.numbers.sum()))

    def loader(self) -> Callable[[Any], Any] | None:
        if not self.in_tensorflow:
            return None
        numbers = tf.constant(self.numbers)
        return lambda number: tf.gather(numbers, number)


def seen(batches: Any) -> list[list[int]]:
    """Return the first column of each batch's only feature."""
    return [batch[0]["x"][:, 0].numpy().tolist() for batch in batches]


KINDS = {
    "array": NUMBERS,
    "source in TensorFlow": NumberSource(numbers=NUMBERS),
    "source in NumPy": NumberSource(numbers=NUMBERS, in_tensorflow=False),
}


@pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS.keys())
def test_an_epoch_holds_every_row_once_with_its_target_and_weight(rows: Any) -> None:
    """Whatever the order, what belongs together stays together; the last batch is smaller."""
    weights = np.arange(ROWS, dtype="float32")

    batches = list(training_batches({"x": rows}, {"y": NUMBERS * 2}, weights, batch_size=4, seed=0))

    assert [len(x["x"]) for x, _, _ in batches] == [4, 4, 2]
    assert sorted(int(value) for x, _, _ in batches for value in x["x"].numpy().ravel()) == list(range(ROWS))
    for x, y, weight in batches:
        np.testing.assert_array_equal(y["y"], x["x"] * 2)
        np.testing.assert_array_equal(weight, x["x"].numpy().ravel().astype("float32"))


@pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS.keys())
def test_the_same_seed_gives_the_same_batches_and_every_epoch_another_order(rows: Any) -> None:
    """Three epochs repeat exactly with the seed; another seed gives another order."""

    def epochs(seed: int) -> list[list[list[int]]]:
        keras.utils.set_random_seed(1)
        batches = training_batches({"x": rows}, {"y": NUMBERS}, None, batch_size=4, seed=seed)
        return [seen(batches) for _ in range(3)]

    first = epochs(5)

    assert epochs(5) == first
    assert epochs(6) != first
    assert first[0] != first[1] != first[2]


@pytest.mark.parametrize(
    ("batch_size", "sizes"),
    [(3, [3, 3, 2, 2]), (4, [4, 4, 2]), (9, [5, 5]), (8, [5, 5]), (10, [10]), (64, [10]), (1, [1] * 10)],
)
@pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS.keys())
def test_no_training_batch_is_left_with_a_few_rows(rows: Any, batch_size: int, sizes: list[int]) -> None:
    """A last batch below half the size shares with the one before; the number of batches stays, in every epoch."""
    batches = training_batches({"x": rows}, {"y": NUMBERS}, None, batch_size=batch_size, seed=0)

    epochs = [seen(batches) for _ in range(2)]

    assert [[len(batch) for batch in epoch] for epoch in epochs] == [sizes, sizes]
    assert [sorted(row for batch in epoch for row in batch) for epoch in epochs] == [list(range(ROWS))] * 2
    assert batches.cardinality() == len(sizes) == -(-ROWS // batch_size)


@pytest.mark.parametrize("batch_size", [3, 4, 9, 64])
def test_few_rows_are_in_the_batches_in_which_many_would_be(batch_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathered at once and cut up, or one batch after the other: the same in both epochs, and when validating."""

    def all_batches() -> list[list[int]]:
        weights = np.arange(ROWS, dtype="float32")
        training = training_batches({"x": NUMBERS}, {"y": NUMBERS}, weights, batch_size=batch_size, seed=3)
        validation = validation_batches({"x": NUMBERS}, {"y": NUMBERS}, weights, batch_size=batch_size)
        return seen(training.repeat(2)) + seen(validation)

    at_once = all_batches()
    monkeypatch.setattr("autokeras_core.engine.batches._SMALL", 0)

    assert at_once == all_batches()


def test_the_end_of_an_epoch_has_no_huge_gradients() -> None:
    """Over one row's feature map of two pixels batch normalization would make them ten times as large."""
    rng = np.random.default_rng(0)
    pictures, labels = rng.normal(size=(33, 8, 16, 1)).astype("float32"), rng.integers(0, 2, (33, 1)).astype("float32")
    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((8, 16, 1))
    for _ in range(3):
        x = keras.layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    outputs = keras.layers.Dense(1, activation="sigmoid")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs)
    batches = training_batches({"x": pictures}, {"y": labels}, None, batch_size=32, seed=0)
    norms: list[float] = []

    for features, targets in batches:
        with tf.GradientTape() as tape:
            predicted = model(features["x"], training=True)
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(targets["y"], predicted))
        norms.append(float(tf.linalg.global_norm(tape.gradient(loss, model.trainable_variables))))

    assert max(norms) < 4 * min(norms)


def test_validation_batches_are_in_the_rows_own_order() -> None:
    """Nothing is shuffled."""
    batches = validation_batches({"x": NUMBERS}, {"y": NUMBERS}, None, batch_size=4)

    assert seen(batches) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_prediction_batches_hold_nothing_but_rows_in_their_own_order() -> None:
    """A model that predicts is given no targets."""
    batches = list(prediction_batches({"number": NUMBERS}, batch_size=4).as_numpy_iterator())

    assert [sorted(batch) for batch in batches] == [["number"]] * 3
    np.testing.assert_array_equal(np.concatenate([batch["number"] for batch in batches]), NUMBERS)


@pytest.mark.parametrize("kind", ["training", "validation", "prediction"])
def test_no_pipeline_is_tuned_while_it_runs(kind: str) -> None:
    """An iterator whose pipeline is tuned takes up to five seconds to be let go, after every epoch and validation."""
    features, targets = {"number": NUMBERS}, {"target": NUMBERS}
    batches = {
        "training": training_batches(features, targets, None, batch_size=4, seed=0),
        "validation": validation_batches(features, targets, None, batch_size=4),
        "prediction": prediction_batches(features, batch_size=4),
    }

    assert batches[kind].options().autotune.enabled is False


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("uint8", "uint8"), ("int64", "int64"), ("bool", "bool"), ("float16", "float32"), ("float64", "float32")],
)
def test_rows_keep_their_type_but_for_floats(dtype: str, expected: str) -> None:
    """Bytes stay bytes until they are in the model; a model's float inputs are float32."""
    batches = validation_batches({"x": NUMBERS.astype(dtype)}, {"y": NUMBERS}, None, batch_size=4)

    assert batches.element_spec[0]["x"].dtype.name == expected
    assert next(iter(batches))[0]["x"].numpy().dtype == expected


@pytest.mark.parametrize("texts", [np.array(["a", "ünder"]), np.array(["a", "ünder"], dtype=object)])
def test_text_becomes_strings(texts: Array) -> None:
    """Both ways in which NumPy holds text."""
    ((x, _),) = validation_batches({"x": texts}, {"y": NUMBERS[:2]}, None, batch_size=2)

    assert [value.decode() for value in x["x"].numpy().tolist()] == ["a", "ünder"]


def test_the_number_of_batches_is_known() -> None:
    """Keras shows progress by it."""
    batches = training_batches({"x": NumberSource(numbers=NUMBERS)}, {"y": NUMBERS}, None, batch_size=4, seed=0)

    assert batches.cardinality() == 3


def test_arrays_and_sources_go_together() -> None:
    """A model of two inputs, one of which streams, gets the same rows of both."""
    features = {"x": NUMBERS, "streamed": NumberSource(numbers=NUMBERS + 100)}

    for x, _ in training_batches(features, {"y": NUMBERS}, None, batch_size=3, seed=0):
        np.testing.assert_array_equal(x["x"] + 100, x["streamed"])


def test_the_callers_array_is_not_changed_and_may_be_read_only() -> None:
    """Rows on disk are mapped read-only."""
    rows = NUMBERS.copy()
    rows.flags.writeable = False

    batches = seen(training_batches({"x": rows}, {"y": rows}, None, batch_size=4, seed=0))

    assert len(batches) == 3
    np.testing.assert_array_equal(rows, NUMBERS)


def test_a_class_with_the_methods_is_a_row_source() -> None:
    """The contract is a protocol; an array is none, since it is read otherwise."""
    assert isinstance(NumberSource(numbers=NUMBERS), RowSource)
    assert not isinstance(NUMBERS, RowSource)


def test_rows_that_one_input_cannot_read_are_left_out_of_all() -> None:
    """What remains is what every input can read; `None` says that this is everything."""
    broken = NumberSource(numbers=NUMBERS, unreadable=(3, 7))

    kept = readable_rows({"array": NUMBERS, "source": broken})

    assert kept is not None and kept.tolist() == [0, 1, 2, 4, 5, 6, 8, 9]
    assert readable_rows({"source": NumberSource(numbers=NUMBERS)}) is None


def test_a_source_tells_its_own_fingerprint() -> None:
    """Other rows of the same shape are other data, and none is read for it."""
    source = NumberSource(numbers=NUMBERS)

    one, other = fingerprint({"x": source}), fingerprint({"x": NumberSource(numbers=NUMBERS + 1)})

    assert one != other
    assert one == fingerprint({"x": NumberSource(numbers=NUMBERS.copy())})
    assert source.reads == []


def test_a_failure_in_the_pipeline_names_the_row_that_cannot_be_read() -> None:
    """TensorFlow's message does not; a failure of another kind stays what it is."""

    class Broken(NumberSource):
        def read(self, rows: Array) -> Array:
            raise DataError("row seven is broken")

    whole, broken = NumberSource(numbers=NUMBERS), Broken(numbers=NUMBERS, in_tensorflow=False)

    with pytest.raises(SearchError, match="row seven is broken"), naming_unreadable_rows({"x": whole}, {"x": broken}):
        list(validation_batches({"x": broken}, {"y": NUMBERS}, None, batch_size=4))
    with pytest.raises(tf.errors.InvalidArgumentError), naming_unreadable_rows({"x": whole}):
        tf.debugging.assert_equal(1, 2)


def store_of(source: NumberSource) -> FeatureStore:
    """Return a feature store whose only input streams."""
    profile = InputProfile(name="x", modality="array", shape=(1,), dtype="int32", rows=len(source))
    data = DataProfile(rows=len(source), inputs={"x": profile}, targets={})
    return FeatureStore({"x": ArrayInput()}, data, {"x": source}, {"x": source.select(np.arange(2))}, None)


def test_a_preprocessor_of_a_source_is_fitted_on_a_sample() -> None:
    """At most a thousand rows are read for it, spread over all."""
    source = NumberSource(numbers=np.arange(2_500).reshape(-1, 1))
    store = store_of(source)

    fitted = store.extend(store.stream("x"), [CenterInModel()]).preprocessors[0]

    assert fitted.rows_seen == [834]  # type: ignore[attr-defined]
    assert fitted.mean.tolist() == [1249.5]  # type: ignore[attr-defined]
    assert source.reads == [834]


def test_what_a_host_preprocessor_makes_of_a_source_is_computed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """No piece is larger than the limit, and the result is kept as an array."""
    monkeypatch.setattr("autokeras_core.engine.rows._FEWEST_ROWS_AT_ONCE", 4)
    monkeypatch.setattr("autokeras_core.engine.rows._BYTES_AT_ONCE", 16)
    source = NumberSource(numbers=NUMBERS)
    store = store_of(source)
    stream = store.extend(store.stream("x"), [Center()])
    feature = Feature(name="x", input_name="x", host=stream.preprocessors, keys=stream.keys)
    source.reads.clear()

    rows = store.rows(feature, "train")

    np.testing.assert_allclose(rows, NUMBERS - 4.5)  # type: ignore[arg-type]
    assert source.reads == [4, 4, 2]
    assert store.rows(feature, "train") is rows


def test_a_source_without_host_preprocessors_is_streamed_as_it_is() -> None:
    """Nothing is read before training starts."""
    source = NumberSource(numbers=NUMBERS)

    assert store_of(source).rows(Feature(name="x", input_name="x"), "train") is source
    assert source.reads == []
