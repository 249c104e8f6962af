"""The input of arrays of numbers: what it takes, keeps and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from autokeras_core import AutoModel, RegressionHead
from autokeras_core.assembly import assemble
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.engine.preparation import adapt_inputs, prepare, unpack
from autokeras_core.errors import DataError
from autokeras_core.graph.graph import Graph
from tests.heavy.head_models import some_rows


def test_an_array_input_takes_numbers_as_they_are() -> None:
    """Numeric arrays pass without a copy; booleans become 0 and 1; lists work."""
    rows = some_rows(3)
    rows.setflags(write=False)

    assert np.shares_memory(ArrayInput().adapt(rows), rows)
    assert ArrayInput().adapt([[True, False]]).dtype == np.uint8
    assert ArrayInput().adapt(np.ones((2, 2), dtype=">f4")).dtype.isnative
    profile = ArrayInput().analyse(rows, name="array")
    assert (profile.shape, profile.dtype, profile.rows) == ((3,), "float32", 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([1.0, 2.0], "reshape(-1, 1)"),
        (np.zeros((2, 0)), "shape (2, 0)"),
        (np.array([["a"]]), "does not hold numbers"),
        (np.array([[1, None]], dtype=object), "1 entries are None or NaN"),
        (np.array([[np.nan]]), "row 0, column 0"),
        ({"a": 1}, "dict"),
    ],
    ids=["rank 1", "no columns", "text", "object", "NaN", "dict"],
)
def test_an_array_input_refuses_what_is_no_array_of_numbers(data: Any, words: str) -> None:
    """Each is one clear error."""
    with pytest.raises(DataError, match=r"Expected: .* Received: ") as caught:
        ArrayInput().adapt(data)

    assert words in str(caught.value)


def test_whole_numbers_are_kept_as_such_where_the_input_says_so() -> None:
    """Floats that are whole numbers become these, and later rows get the training rows' dtype."""
    whole = ArrayInput(whole_numbers=True)
    profile = whole.analyse(np.array([[1, 2]], dtype="int32"), name="array")

    matched = whole.match(whole.adapt([[3.0, -4.0]]), profile)

    assert whole.raw_spec(profile) == ((2,), "int32")
    assert matched.dtype == np.int32
    np.testing.assert_array_equal(matched, [[3, -4]])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1.0, 2.0], [3.0, 4.5]], "1 others, the first at row 1: 4.5"),
        ([[1.0, 1e30]], "1 others, the first at row 0: 1e+30"),
        ([[1, 256]], "numbers from 1 to 256"),
        ([[-1, 2]], "numbers from -1 to 2"),
    ],
    ids=["a fraction", "beyond int64", "too large", "too small"],
)
def test_rows_that_are_no_whole_numbers_of_the_training_rows_range_are_refused(rows: Any, words: str) -> None:
    """None of them is cut off or wrapped around."""
    whole = ArrayInput(whole_numbers=True)
    profile = whole.analyse(np.array([[1, 2]], dtype="uint8"), name="array")

    with pytest.raises(DataError, match=r"Expected: whole numbers.* Received: ") as caught:
        whole.match(whole.adapt(rows), profile)

    assert words in str(caught.value)


def test_rows_of_another_shape_are_refused() -> None:
    """Rows must look like those of training."""
    profile = ArrayInput().analyse(some_rows(3), name="array")

    with pytest.raises(DataError, match=r"Expected: shape \(rows, 3\)"):
        ArrayInput().check(some_rows(3, columns=4), profile)


def dataset_of(rows: Any) -> Any:
    """Return rows, and a number to predict for each, as users of other libraries have them."""
    return tf.data.Dataset.from_tensor_slices((rows, np.arange(len(rows)))).batch(2).prefetch(1)


@pytest.mark.parametrize("names", [["left"], ["left", "right"]], ids=["one input", "two inputs"])
@pytest.mark.parametrize(
    "use",
    [
        lambda graph, x: prepare(graph, x, None, seed=0),
        lambda graph, x: unpack(graph, x, None, trained={}),
        lambda graph, x: adapt_inputs(graph, x),
    ],
    ids=["fit", "evaluate", "predict"],
)
def test_a_dataset_of_tensorflow_is_turned_away_before_labels_are_missed(
    use: Callable[[Graph, Any], object], names: list[str]
) -> None:
    """It holds its labels, so nobody is told to pass them."""
    graph = assemble([ArrayInput(name=name) for name in names], RegressionHead())

    with pytest.raises(DataError, match=r"^x is a tf\.data\.Dataset, which is not read\..*PrefetchDataset"):
        use(graph, dataset_of(some_rows(4)))


@pytest.mark.parametrize("argument", ["y", "validation_data"])
def test_a_dataset_of_tensorflow_is_turned_away_by_its_argument(argument: str) -> None:
    """The message names the one that was passed."""
    arguments: dict[str, Any] = {"y": np.arange(10.0), argument: dataset_of(some_rows(4))}

    with pytest.raises(DataError, match=rf"^{argument} is a tf\.data\.Dataset"):
        AutoModel(ArrayInput(), RegressionHead(), seed=0).fit(some_rows(10), **arguments, verbose=0)


def test_arrays_are_made_of_a_dataset_as_the_message_says() -> None:
    """Rows and numbers come back as they went in."""
    rows = some_rows(4)

    x, y = map(np.stack, zip(*dataset_of(rows).unbatch().as_numpy_iterator(), strict=True))

    np.testing.assert_array_equal(x, rows)
    np.testing.assert_array_equal(y, np.arange(4))
