"""Adapters from what users hold to arrays of rows, and the checks across the parts of a data set."""

from __future__ import annotations

import numpy as np
import pytest

from autokeras_core.data.adapters import as_rows, check_numbers, missing_values, name_inputs
from autokeras_core.data.dataset import check_rows
from autokeras_core.errors import DataError


class _ArrayLike:
    """Stands for a tensor or a frame: something with `__array__`."""

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.arange(6.0).reshape(3, 2)


class _BrokenArrayLike:
    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise RuntimeError("needs .detach()")


def test_an_array_is_passed_through_without_a_copy() -> None:
    """An array's memory is shared, not copied."""
    data = np.arange(4.0)
    data.setflags(write=False)

    assert np.shares_memory(as_rows(data, "x"), data)


@pytest.mark.parametrize(
    ("data", "shape", "kind"),
    [
        ([1, 2, 3], (3,), "i"),
        (("a", "bc"), (2,), "U"),
        ([[1.0, 2.0], [3.0, 4.0]], (2, 2), "f"),
        ([np.zeros((2, 2)), np.ones((2, 2))], (2, 2, 2), "f"),
        (_ArrayLike(), (3, 2), "f"),
    ],
    ids=["list of int", "tuple of str", "nested list", "list of arrays", "array-like"],
)
def test_known_sources_become_arrays(data: object, shape: tuple[int, ...], kind: str) -> None:
    """Every kind of source in the table becomes an array of its natural dtype."""
    rows = as_rows(data, "x")

    assert rows.shape == shape
    assert rows.dtype.kind == kind


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"a": [1]}, "dict"),
        ("abc", "str"),
        (None, "NoneType"),
        ((row for row in [1]), "generator"),
        (np.float32(3.0), "single value"),
        ([], "x is empty"),
        ([[1, 2], [3]], "lengths 1, 2"),
        ([1, "a"], "mixes text"),
        (np.ma.masked_array([1, 2], mask=[True, False]), "1 masked of 2"),
        (_BrokenArrayLike(), "needs .detach()"),
    ],
    ids=["dict", "str", "None", "generator", "scalar", "empty", "ragged", "mixed", "masked", "broken"],
)
def test_unusable_data_is_one_clear_error(data: object, words: str) -> None:
    """Data that is no array of rows is refused, naming what was received."""
    with pytest.raises(DataError, match=r"Expected: .* Received: ") as caught:
        as_rows(data, "x")

    assert words in str(caught.value)
    assert str(caught.value).startswith("x ")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_the_first_unusable_number_is_located(value: float) -> None:
    """NaN, infinity and what overflows float32 are counted, and the first is located."""
    rows = np.zeros((10, 3))
    rows[5, 2] = rows[7, 0] = value

    with pytest.raises(DataError, match="2 such values of 30, the first at row 5, column 2"):
        check_numbers(rows, "x")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "longdouble"])
@pytest.mark.parametrize("value", [np.nan, np.inf], ids=["nan", "inf"])
def test_every_width_of_float_is_checked(dtype: str, value: float) -> None:
    """Narrow floats hold NaN and infinity too."""
    assert missing_values(np.array([0.0, value], dtype=dtype)) == (1, "row 1")


def test_the_missing_values_of_pandas_are_found() -> None:
    """A column of strings or of nullable numbers holds `pandas.NA`, one of dates `pandas.NaT`."""
    # What they are called is what they are known by, so that pandas need not be there.
    not_available, no_time = type("NAType", (), {})(), type("NaTType", (), {})()

    assert missing_values(np.array(["a", not_available, "b", no_time, None], dtype=object)) == (3, "row 1")


def test_missing_values_are_found_beyond_the_first_piece() -> None:
    """Large arrays are searched in pieces; positions are still those of the whole."""
    rows = np.zeros((3, 2_500_000), dtype=np.float32)
    rows[2, 7] = np.nan

    assert missing_values(rows) == (1, "row 2, column 7")


@pytest.mark.parametrize(
    "rows",
    [
        np.array(["1", "2"]),
        np.array([1, None], dtype=object),
        np.array([1 + 2j]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
    ],
    ids=["text", "object", "complex", "date"],
)
def test_what_is_no_number_is_refused(rows: np.ndarray) -> None:
    """Text, objects, complex numbers and dates are no numbers."""
    with pytest.raises(DataError, match="does not hold numbers"):
        check_numbers(rows, "x")


def test_one_input_takes_the_data_itself() -> None:
    """With one name the data is not looked into, even if it is a list."""
    assert name_inputs([1, 2], ["image"], "x") == {"image": [1, 2]}


@pytest.mark.parametrize("x", [["p", "q"], ("p", "q"), {"text": "q", "image": "p"}], ids=["list", "tuple", "dict"])
def test_several_inputs_are_taken_by_order_or_name(x: object) -> None:
    """Lists go by order, mappings by name."""
    assert name_inputs(x, ["image", "text"], "x") == {"image": "p", "text": "q"}


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (["p"], "a list of 1"),
        ({"image": "p", "txt": "q"}, "Did you mean 'text'?"),
        ({"image": "p"}, "keys ['image']"),
        (np.zeros(3), "single array"),
        (None, "x=None"),
    ],
    ids=["too few", "misspelt", "missing", "array", "None"],
)
def test_parts_that_do_not_fit_the_inputs_are_refused(x: object, words: str) -> None:
    """A wrong number of parts or a wrong key names the inputs."""
    with pytest.raises(DataError, match="image") as caught:
        name_inputs(x, ["image", "text"], "x")

    assert words in str(caught.value)


class DatasetV2:
    """Has the name and the module of what `tf.data.Dataset` is; this test has no TensorFlow."""


DatasetV2.__module__ = "tensorflow.python.data.ops.dataset_ops"


class _PrefetchDataset(DatasetV2):
    """Stands for what `prefetch` returns."""


@pytest.mark.parametrize(
    ("x", "names", "where"),
    [
        (_PrefetchDataset(), ["image"], "x"),
        (_PrefetchDataset(), ["image", "text"], "x"),
        ([np.zeros(3), _PrefetchDataset()], ["image", "text"], "x['text']"),
        ({"image": DatasetV2()}, ["image"], "x['image']"),
    ],
    ids=["one input", "several inputs", "a part", "by name"],
)
def test_a_dataset_of_tensorflow_is_turned_away(x: object, names: list[str], where: str) -> None:
    """It may hold its labels, as elsewhere: so the message says what to pass in its place."""
    with pytest.raises(DataError, match=r"fit\('photos/'\).*as_numpy_iterator") as caught:
        name_inputs(x, names, "x")

    assert str(caught.value).startswith(f"{where} is a tf.data.Dataset, which is not read.")


def test_a_dataset_is_no_array_either() -> None:
    """Where an input or labels are guessed, or weights are read."""
    with pytest.raises(DataError, match=r"^sample_weight is a tf\.data\.Dataset"):
        as_rows(_PrefetchDataset(), "sample_weight")


def test_another_class_of_that_name_is_data_like_any_other() -> None:
    """Only what TensorFlow defines is meant."""

    class DatasetV2(list[int]):
        """Rows of another library."""

    assert name_inputs(rows := DatasetV2(), ["image"], "x") == {"image": rows}


def test_equal_lengths_give_the_number_of_rows() -> None:
    """Inputs and targets of one length pass."""
    assert check_rows({"image": [1, 2]}, {"classification": [3, 4]}) == 2


def test_different_lengths_name_every_part() -> None:
    """The message holds every part's length."""
    with pytest.raises(DataError, match=r"len\(x\['a'\]\)=3, len\(x\['b'\]\)=3, len\(y\)=2"):
        check_rows({"a": [1, 2, 3], "b": [1, 2, 3]}, {"head": [1, 2]})


def test_an_empty_part_is_refused() -> None:
    """No rows at all is an error of its own."""
    with pytest.raises(DataError, match="x and y are empty"):
        check_rows({"a": []}, {"head": []})
