"""Class labels and regression targets: kinds, round trips, errors, decisions."""

from __future__ import annotations

import json
from decimal import Decimal

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.labels import analyse_labels, as_labels, class_indices, decode_labels, encode_labels
from autokeras_core.data.profile import DataProfile
from autokeras_core.data.targets import analyse_targets, decode_targets, encode_targets
from autokeras_core.errors import DataError

_INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4"]


def _round_trip(labels: object) -> np.ndarray:
    profile = analyse_labels(labels, name="head")
    return decode_labels(encode_labels(labels, profile).astype("float32"), profile)


def _assert_same(labels: np.ndarray, restored: np.ndarray) -> None:
    assert restored.dtype == labels.dtype
    assert restored.shape == labels.shape
    assert restored.tolist() == labels.tolist()


@pytest.mark.parametrize("dtype", [*_INTEGERS, "float16", "float32", "float64"])
def test_numeric_labels_keep_their_dtype(dtype: str) -> None:
    """Ints and floats of any width come back as they went in."""
    labels = np.array([3, 7, 3, 5], dtype=dtype)

    _assert_same(labels, _round_trip(labels))


@pytest.mark.parametrize(
    "labels",
    [
        np.array([True, False, True]),
        np.array(["cat", "a long name", "cat"]),
        np.array(["cat", "dog", "cat"], dtype=object),
        np.array([10**30, 1, 1], dtype=object),
        np.array([True, False], dtype=object),
        np.array(["cat", "dog"], dtype=np.dtypes.StringDType()),
        np.array([[3], [5], [3]]),
        np.array([["a"], ["b"]]),
        np.array([0.5, 1.0] * 10),
    ],
    ids=["bool", "str", "object str", "object int", "object bool", "StringDType", "int column", "str column", "half"],
)
def test_other_labels_keep_type_dtype_and_shape(labels: np.ndarray) -> None:
    """Booleans, strings, objects and columns come back as they went in."""
    _assert_same(labels, _round_trip(labels))


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint8", "float32", "float64"])
@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([[0, 1], [1, 0]], "binary"),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 1]], "multi-class"),
        ([[0, 1, 1], [1, 0, 0], [0, 0, 0]], "multi-label"),
    ],
    ids=["binary", "multi-class", "multi-label"],
)
def test_columns_of_zeros_and_ones_keep_their_dtype(rows: list[list[int]], kind: str, dtype: str) -> None:
    """One-hot and multi-hot labels are told apart and come back in their dtype."""
    labels = np.array(rows, dtype=dtype)

    assert analyse_labels(labels, name="head").kind == kind
    _assert_same(labels, _round_trip(labels))


@settings(deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=20, unique=True))
def test_any_integers_round_trip(values: list[int]) -> None:
    """Encoding and decoding is the identity on integers."""
    labels = np.array(values * 2)

    _assert_same(labels, _round_trip(labels))


_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)


@settings(deadline=None)
@given(st.lists(_TEXT, min_size=2, max_size=20, unique=True), st.booleans())
def test_any_text_round_trips(values: list[str], as_objects: bool) -> None:
    """Encoding and decoding is the identity on strings of either dtype."""
    labels = np.array(values * 2, dtype=object if as_objects else str)

    _assert_same(labels, _round_trip(labels))


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=2, max_size=20), st.sampled_from("?if"))
def test_any_columns_of_zeros_and_ones_round_trip(rows: list[list[bool]], dtype: str) -> None:
    """Encoding and decoding is the identity on one-hot and multi-hot labels."""
    labels = np.array(rows, dtype=dtype)
    if (labels == labels[0]).all():
        with pytest.raises(DataError, match="one class only"):
            _round_trip(labels)
        return

    _assert_same(labels, _round_trip(labels))


@settings(deadline=None)
@given(
    st.lists(st.floats(-(2.0**90), 2.0**90, width=32), min_size=1, max_size=20), st.sampled_from(["float32", "float64"])
)
def test_any_targets_keep_their_values_and_dtype(values: list[float], dtype: str) -> None:
    """Encoding and decoding is the identity on what float32 holds."""
    targets = np.array(values, dtype=dtype)
    profile = analyse_targets(targets, name="head")

    _assert_same(targets, decode_targets(encode_targets(targets, profile), profile))


def test_encoded_labels_are_one_hot_bytes_in_sorted_order() -> None:
    """The columns follow the sorted labels."""
    profile = analyse_labels(["b", "a", "c"], name="head")

    encoded = encode_labels(["c", "a"], profile)

    assert profile.classes == ("a", "b", "c")
    assert encoded.dtype == np.uint8
    assert encoded.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert class_indices(["c", "a"], profile).tolist() == [2, 0]


def test_two_classes_are_binary_with_two_outputs() -> None:
    """A binary target has one output per class, as predict_proba has."""
    profile = analyse_labels([0, 1, 1], name="head")

    assert (profile.kind, profile.outputs, profile.classes) == ("binary", 2, (0, 1))


def test_multi_label_can_be_forced_on_one_hot_labels() -> None:
    """Rows that happen to hold one label each are several labels if the user says so."""
    assert analyse_labels([[0, 1], [1, 0]], name="head", multi_label=True).kind == "multi-label"


def test_a_single_label_column_can_be_multi_label() -> None:
    """With multi_label=True a column of 0 and 1 is one label."""
    profile = analyse_labels([[0], [1]], name="head", multi_label=True)

    assert (profile.kind, profile.outputs) == ("multi-label", 1)


def test_multi_label_decodes_several_labels_per_row() -> None:
    """Every column above one half is a label."""
    profile = analyse_labels([[0, 1, 1], [1, 0, 0]], name="head")

    assert decode_labels(np.array([[0.6, 0.2, 0.9]]), profile).tolist() == [[1, 0, 1]]


def test_more_integer_classes_may_be_declared_than_seen() -> None:
    """num_classes gives integer labels columns that training does not show."""
    profile = analyse_labels([0, 2, 2], name="head", num_classes=4)

    assert profile.classes == (0, 1, 2, 3)
    assert encode_labels([3], profile).tolist() == [[0, 0, 0, 1]]


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_more_classes_may_be_declared_than_the_labels_dtype_can_hold(dtype: str) -> None:
    """The labels are then predicted in a dtype that can."""
    profile = analyse_labels(np.array([0, 1, 2], dtype=dtype), name="head", num_classes=300)

    assert decode_labels(np.eye(300)[[2, 299]], profile).tolist() == [2, 299]


@pytest.mark.parametrize(
    ("labels", "num_classes"),
    [([0, 1, 2], 2), ([0, 5], 3), (["a", "b"], 3), ([[0, 1], [1, 0]], 3)],
    ids=["too many", "out of range", "unseen names", "columns"],
)
def test_labels_that_do_not_fit_num_classes_are_refused(labels: list[object], num_classes: int) -> None:
    """A number of classes that the labels contradict is an error."""
    with pytest.raises(DataError, match="does not fit num_classes"):
        analyse_labels(labels, name="head", num_classes=num_classes)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([1, 1, 1], "1 in all 3 rows"),
        (["a"], "'a' in all 1 rows"),
        ([[0, 1], [0, 1]], "one class only"),
        ([[1, 1, 0], [1, 1, 0]], "one class only"),
        ([], "is empty"),
        ([1.0, np.nan, np.nan], "2 such values of 3, the first at row 1"),
        ([1.0, np.inf], "1 such value of 2, the first at row 1"),
        (["a", None, "b"], "the first at row 1"),
        (np.array(["a", np.nan], dtype=object), "the first at row 1"),
        (np.zeros((2, 2, 2)), r"shape (2, 2, 2)"),
        (np.array([1 + 1j, 2]), "complex128"),
        (np.array([b"a", b"b"]), ".astype(str)"),
        (np.array(["a", 1], dtype=object), "types int, str"),
        (np.array([{"a"}, {"b"}], dtype=object), "an array of lists"),
        ([{"a"}, {"b"}], "a list of sets"),
        ([["a", "b"], ["c"]], "different lengths"),
        ([["a", "b"], ["c", "d"]], "columns of 0 and 1"),
        ([[0.2, 0.8], [0.7, 0.3]], "0.2 at row 0, column 0"),
        (np.linspace(0, 1, 12), "RegressionHead"),
        (np.arange(100.0), "RegressionHead"),
        (np.arange(100), "RegressionHead"),
        ([f"id-{number}" for number in range(100)], "identifier"),
    ],
)
def test_unusable_labels_are_one_clear_error(labels: object, words: str) -> None:
    """Bad labels are refused, naming what was expected and received."""
    with pytest.raises(DataError, match=r"Expected: .* Received: ") as caught:
        analyse_labels(labels, name="head")

    assert words in str(caught.value)
    assert "'head'" in str(caught.value)


def test_rows_without_exactly_one_class_are_refused_where_one_hot_is_asked_for() -> None:
    """multi_label=False does not take several labels per row."""
    with pytest.raises(DataError, match="2 ones at row 1"):
        analyse_labels([[0, 1], [1, 1]], name="head", multi_label=False)


def test_multi_label_needs_columns() -> None:
    """multi_label=True does not take one label per row."""
    with pytest.raises(DataError, match="multi-hot"):
        analyse_labels([0, 1], name="head", multi_label=True)


@pytest.mark.parametrize(
    "given", [[1, 0, 1], np.array([[1], [0], [1]], dtype=np.int8), np.array([1, 0, 1], dtype=object)]
)
def test_integers_stand_for_classes_that_are_written_like_them(given: object) -> None:
    """A file with the labels 0, 1 and "unknown" holds strings; one that happens to have no "unknown", integers."""
    profile = analyse_labels(["0", "1", "unknown"], name="head")

    assert class_indices(given, profile).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("classes", "given", "wanted"),
    [
        (["True", "False", "Unknown"], np.array([True, False]), ["True", "False"]),
        (["TRUE", "FALSE", "Unknown"], CodedLabels(np.array([1, 0]), np.array([False, True])), ["TRUE", "FALSE"]),
        (["1.5", "2.50", "Unknown"], np.array([2.5, 1.5]), ["2.50", "1.5"]),
        (["1", "2.5", "Unknown"], np.array([2.5, 1.0]), ["2.5", "1"]),
        (["1.0", "2.0", "Unknown"], np.array([2, 1]), ["2.0", "1.0"]),
        (["1", "1.0", "Unknown"], np.array([1]), ["1"]),
    ],
    ids=["booleans", "coded booleans", "floats", "integers among floats", "whole numbers", "both spellings"],
)
def test_truths_and_numbers_stand_for_classes_that_are_written_like_them(
    classes: list[str], given: object, wanted: list[str]
) -> None:
    """A file that happens to have no "Unknown" is read as booleans, floats or integers."""
    profile = analyse_labels(classes, name="head")

    assert [profile.classes[index] for index in class_indices(given, profile)] == wanted


@pytest.mark.parametrize(
    ("trained", "given"),
    [
        (np.array([0.0, 1.0, 1.0]), np.array([1, 0])),
        (np.array([0, 1, 1]), np.array([1.0, 0.0])),
        ([0.5, 1.0, 2.0] * 4, np.array([1, 2], dtype=np.int16)),
    ],
    ids=["floats were trained on", "integers were", "halves were"],
)
def test_equal_numbers_are_the_same_class(trained: object, given: object) -> None:
    """A column that once held a missing value is of floats, and one without is of integers."""
    profile = analyse_labels(trained, name="head")
    wanted = [profile.classes.index(value) for value in np.asarray(given).tolist()]

    assert class_indices(given, profile).tolist() == wanted


@pytest.mark.parametrize(
    ("trained", "given", "words"),
    [
        ([0, 1], [0.0, 0.5], "0.5, first at row 1"),
        (["0", "01", "-1"], [1], "1, first at row 0"),
        (["0", "unknown"], [0, 7], "7, first at row 1"),
        (["--1", "1_000"], [1, 1000], "another type"),
        (["True", "TRUE", "no"], [True], "another type"),
        (["1.5", "1.50", "2"], [2.0, 1.5], "1.5, first at row 1"),
        (["cat", "dog"], ["cat", "dgo"], "Did you mean 'dog'?"),
        ([0, 1], [0, 1, 7], "7, first at row 2"),
        ([0, 1], ["0", "1"], "another type"),
        ([0, 1], [True, False], "another type"),
        ([0, 1], [[0, 1]], "another shape"),
        ([[0, 1], [1, 0]], [[0, 1, 0]], "another shape"),
        ([[0, 1], [1, 0]], [[1, 1]], "not one-hot"),
        ([[0, 1], [1, 1]], [[1, 2]], "2 at row 0, column 1"),
    ],
)
def test_labels_unlike_those_of_training_are_refused(trained: object, given: object, words: str) -> None:
    """An unseen class, another type or another shape is named."""
    profile = analyse_labels(trained, name="head")

    with pytest.raises(DataError) as caught:
        encode_labels(given, profile)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    "labels",
    [np.array([1, 2, 2]), np.array(["a", "b", "b"], dtype=object), np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])],
    ids=["int", "object", "one-hot"],
)
def test_the_callers_labels_are_not_changed(labels: np.ndarray) -> None:
    """A read-only array goes through, and is as before."""
    before = labels.copy()
    labels.setflags(write=False)

    _round_trip(labels)

    assert labels.tolist() == before.tolist()


def test_decisions_say_kind_encoding_and_balance_with_reasons() -> None:
    """The report names the classes, their number and the smallest one's share."""
    profile = analyse_labels(["a"] * 95 + ["b"] * 5, name="head")

    report = "\n".join(map(str, profile.decisions))

    assert "head: label kind: binary, 2 classes (2 different labels in 100 rows)" in report
    assert "one-hot, 2 columns" in report
    assert "imbalanced" in report
    assert "the smallest class 'b' has 5.0%" in report
    assert profile.balance == (0.95, 0.05)


def test_slight_imbalance_is_no_imbalance() -> None:
    """Ten to one is still balanced enough."""
    profile = analyse_labels(["a"] * 10 + ["b"], name="head")

    assert "balanced enough" in str(profile.decisions[-1])


@pytest.mark.parametrize(
    ("labels", "kind"),
    [(["a", "b"], "class"), (np.array([1.0, 2.0, 2.0]), "class"), ([[0, 1], [1, 1]], "class"), ([0.5, 2.5], "number")],
)
def test_a_profile_survives_json(labels: object, kind: str) -> None:
    """What analysis found is plain JSON data."""
    analyse = analyse_labels if kind == "class" else analyse_targets
    profile = DataProfile(rows=2, inputs={}, targets={"head": analyse(labels, name="head")})

    restored = DataProfile.from_json(json.loads(json.dumps(profile.to_json())))

    assert attrs.asdict(restored) == attrs.asdict(profile)


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64", ">f8"])
@pytest.mark.parametrize("shape", [(6,), (6, 1), (3, 2)], ids=str)
def test_targets_come_back_in_their_shape(shape: tuple[int, ...], dtype: str) -> None:
    """Predictions have the targets' shape, float64 if those were, else float32."""
    targets = np.arange(6).reshape(shape).astype(dtype)
    profile = analyse_targets(targets, name="head")

    decoded = decode_targets(encode_targets(targets, profile), profile)

    assert decoded.shape == shape
    assert decoded.dtype == ("float64" if dtype in ("float64", ">f8") else "float32")
    assert decoded.tolist() == targets.tolist()


@pytest.mark.parametrize(
    "targets",
    [
        [Decimal("1.25"), Decimal("-3.5")],
        np.array([[Decimal("1.25"), 7.0], [Decimal("-3.5"), 8]], dtype=object),
    ],
    ids=["one", "among floats"],
)
def test_decimal_targets_are_floats(targets: object) -> None:
    """As databases and Parquet files have them, alone or beside a column of other numbers."""
    profile = analyse_targets(targets, name="head")

    decoded = decode_targets(encode_targets(targets, profile), profile)

    assert decoded.dtype == np.float64
    assert decoded.tolist() == np.array(targets, dtype=np.float64).tolist()


def test_the_scale_of_each_target_is_found() -> None:
    """Mean and standard deviation are per column."""
    profile = analyse_targets([[1.0, 1e6], [3.0, 3e6]], name="head")

    assert profile.mean == (2.0, 2e6)
    assert profile.scale == (1.0, 1e6)


def test_a_constant_target_has_scale_one_and_a_decision() -> None:
    """A constant column is allowed and noted; rounding in its deviation does not count."""
    profile = analyse_targets([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]], name="head")

    assert profile.scale[0] == 1.0
    assert any("constant target" in decision.subject for decision in profile.decisions)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["1.5", "2.5"], ".astype(float)"),
        (np.array(["cat", "dog"], dtype=object), "ClassificationHead"),
        ([True, False], "ClassificationHead"),
        ([1.0, np.nan], "1 such value of 2"),
        (np.zeros((2, 2, 2)), "wrong rank"),
        ([1.0, None], "the first at row 1"),
        (np.array([1 + 1j]), "complex"),
        ([[1.0], [1.0, 2.0]], "rows of different lengths: 1, 2"),
        ([1.0, [1.0, 2.0]], "single values and rows"),
        ([1e300, 1.0], "1 such value of 2"),
        ([Decimal("NaN"), Decimal("1")], "1 such value of 2"),
        (np.array([Decimal("1"), True], dtype=object), "does not hold numbers"),
    ],
)
def test_unusable_targets_are_one_clear_error(targets: object, words: str) -> None:
    """Bad regression targets are refused, naming what was expected and received."""
    with pytest.raises(DataError, match=r"Expected: .* Received: ") as caught:
        analyse_targets(targets, name="head")

    assert words in str(caught.value)


def test_output_dim_is_checked() -> None:
    """Another number of targets than the user's is an error."""
    with pytest.raises(DataError, match="3 numbers per row"):
        analyse_targets([1.0, 2.0], name="head", output_dim=3)


def test_targets_of_another_width_than_in_training_are_refused() -> None:
    """Evaluation needs as many columns as training had."""
    profile = analyse_targets([1.0, 2.0], name="head")

    with pytest.raises(DataError, match="another shape"):
        encode_targets([[1.0, 2.0]], profile)


def test_labels_are_adapted_without_a_copy() -> None:
    """An array of labels is not copied."""
    labels = np.array([1, 2])

    assert np.shares_memory(as_labels(labels), labels)
