"""StructuredDataInput: what it takes, how it types columns, and what it says about the rest."""

from __future__ import annotations

import datetime
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ak_tabular import StructuredDataInput
from ak_tabular.columns import match_columns
from ak_tabular.preprocessors import TableEncoder
from ak_tabular.tables import read_numbers, read_texts, read_times
from autokeras_core import DataError, DataWarning
from autokeras_core.data.profile import InputProfile, TargetProfile

NAMED = {"age": [31.0, 54.0, None, 7.0], "city": ["Oslo", None, "Bergen", "Oslo"], "on": [True, False, True, False]}


class Foreign:
    """A table of a library that knows the interchange protocol only."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __dataframe__(self, **options: Any) -> Any:
        """Return what the protocol asks for."""
        return self._table.__dataframe__(**options)


FRAME = pd.DataFrame(
    {
        "island": ["Biscoe", None, "Dream", "Dream"],
        "bill": [46.1, np.nan, 39.5, 38.9],
        "year": [2007, 2008, 2009, 2009],
        "code": ["1", "2.5", " ", "-3e2"],
        "flag": [True, False, True, True],
    }
)

CLASSES = np.arange(60) % 3
OTHER = np.arange(60) % 7 * 1.5
FLAGS = np.arange(60) % 5 < 2
LABELS = np.stack([np.arange(60) % 4 == 0, FLAGS], axis=1).astype(np.uint8)


def kinds(table_input: StructuredDataInput, data: Any) -> dict[str, str]:
    """Return the kind of each column."""
    profile = table_input.analyse(table_input.adapt(data), name="structured")
    return {column["name"]: column["kind"] for column in profile.facts["columns"]}


def test_frame_columns_are_typed_with_reasons() -> None:
    """Each column is of the kind that its cells say; the report says why."""
    table_input = StructuredDataInput()

    profile = table_input.analyse(table_input.adapt(FRAME), name="structured")

    assert kinds(table_input, FRAME) == {
        "island": "categorical",
        "bill": "numerical",
        "year": "numerical",
        "code": "numerical",
        "flag": "boolean",
    }
    reasons = {decision.subject: decision.reason for decision in profile.decisions}
    assert reasons["column 'island'"] == "text, 2 different, 1 of 4 missing"
    assert reasons["column 'code'"] == "text that reads as numbers throughout, 3 different, 1 of 4 missing"


def test_column_types_override_analysis() -> None:
    """`column_types` decides, and the reason says so."""
    assert kinds(StructuredDataInput(column_types={"year": "categorical"}), FRAME)["year"] == "categorical"


def test_column_names_name_the_columns_of_an_array() -> None:
    """An array's columns get the user's names, or numbered ones."""
    data = np.ones((3, 2))

    assert list(kinds(StructuredDataInput(column_names=["a", "b"]), data)) == ["a", "b"]
    assert list(kinds(StructuredDataInput(), data)) == ["column_0", "column_1"]


@pytest.mark.parametrize(
    "data",
    [
        FRAME.astype(object).to_numpy(),
        FRAME.astype(object).to_numpy().tolist(),
        FRAME.astype(object).where(FRAME.notna(), "").astype(str).to_numpy(),
    ],
    ids=["object array", "rows", "text array"],
)
def test_mixed_arrays_are_typed_like_the_frame(data: Any) -> None:
    """The same table without a frame gets the same kinds, except booleans that are the words True and False."""
    expected = list(kinds(StructuredDataInput(), FRAME).values())[:4]

    assert list(kinds(StructuredDataInput(), data).values())[:4] == expected


@pytest.mark.parametrize(
    "data",
    [
        NAMED,
        {name: np.array(values, dtype=object) for name, values in NAMED.items()},
        {name: pd.Series(values, index=[9, 8, 7, 6]) for name, values in NAMED.items()},
        pa.table(NAMED),
        pa.record_batch(NAMED),
        Foreign(pa.table(NAMED)),
        pd.DataFrame(NAMED).to_dict("records"),
        pd.DataFrame(NAMED).astype({"city": "category"}),
        np.array(list(zip(*NAMED.values(), strict=True)), dtype=[("age", float), ("city", object), ("on", bool)]),
    ],
    ids=["lists", "arrays", "series", "arrow", "arrow batch", "interchange", "dicts", "categories", "structured"],
)
def test_every_table_with_names_is_read_alike(data: Any) -> None:
    """Whoever made a table, its columns have the same names, kinds and cells."""
    table_input = StructuredDataInput()
    table = table_input.adapt(data)

    assert kinds(table_input, data) == {"age": "numerical", "city": "categorical", "on": "boolean"}
    np.testing.assert_array_equal(read_numbers(table, 0, column="age"), [31, 54, np.nan, 7])
    assert read_texts(table, 1, column="city").tolist() == ["Oslo", None, "Bergen", "Oslo"]
    np.testing.assert_array_equal(read_numbers(table, 2, column="on"), [1, 0, 1, 0])


@pytest.mark.parametrize(
    "row",
    [
        pd.DataFrame(NAMED).iloc[1],
        {"age": 54.0, "city": None, "on": False},
        {"on": False, "city": "", "age": 54},
        pd.DataFrame(NAMED).iloc[[1]],
        np.array([(54.0, None, False)], dtype=[("age", float), ("city", object), ("on", bool)])[0],
    ],
    ids=["series", "dict", "dict in another order", "frame", "record"],
)
def test_single_row_is_a_table_of_one_row(row: Any) -> None:
    """A row of a frame, a dict of values and a record are a table with one row."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(pd.DataFrame(NAMED)), name="structured")

    table = table_input.match(table_input.adapt(row), profile)

    places = match_columns(table, ["age", "city", "on"])
    assert len(table) == 1
    assert read_numbers(table, places[0], column="age").tolist() == [54]
    assert read_texts(table, places[1], column="city").tolist() == [None]
    assert read_numbers(table, places[2], column="on").tolist() == [0]


def test_series_is_a_column() -> None:
    """A Series with an index of numbers is a column, and so is one with names that has a name and a dtype of its own."""
    numbers = pd.Series([1.0, 2.0, 4.0], name="age")

    assert StructuredDataInput().adapt(numbers).dtype.names == ("age",)
    assert len(StructuredDataInput().adapt(numbers.set_axis(["a", "b", "c"]))) == 3


def test_dates_are_seconds_in_utc() -> None:
    """Timestamps, with a zone or without, Arrow dates and ISO text are the same seconds since 1970."""
    stamps = pd.to_datetime(["2020-01-01 12:00:00", None, "1969-12-31 23:59:59"])
    expected = [1_577_880_000, np.iinfo(np.int64).min, -1]
    frame = pd.DataFrame(
        {
            "plain": stamps,
            "zoned": stamps.tz_localize("UTC").tz_convert("America/New_York"),
            "text": [None if pd.isna(stamp) else stamp.isoformat() for stamp in stamps],
            "zoned text": ["2020-01-01T14:00:00+02:00", None, "1969-12-31T23:59:59Z"],
            "objects": pd.Series([None if pd.isna(stamp) else stamp.to_pydatetime() for stamp in stamps], dtype=object),
            "arrow": pd.Series(stamps).astype(pd.ArrowDtype(pa.timestamp("ns"))),
            "zoned arrow": pd.Series(stamps.tz_localize("UTC")).astype(pd.ArrowDtype(pa.timestamp("us", "Asia/Tokyo"))),
        }
    )
    table = StructuredDataInput().adapt(frame)

    for index, name in enumerate(frame):
        assert read_times(table, index, column=name).tolist() == expected, name
    assert read_times(StructuredDataInput().adapt(pa.table({"plain": stamps})), 0, column="plain").tolist() == expected


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_arrow_days_in_a_frame_are_dates(kind: pa.DataType) -> None:
    """A missing one among them, and one before 1970."""
    days = pd.Series([datetime.date(2020, 1, 1), None, datetime.date(1969, 12, 31)], dtype=pd.ArrowDtype(kind))

    table = StructuredDataInput().adapt(days.to_frame("day"))

    assert read_times(table, 0, column="day").tolist() == [1_577_836_800, np.iinfo(np.int64).min, -86_400]


def test_arrow_durations_in_a_frame_are_seconds() -> None:
    """With their fractions."""
    durations = pd.Series([pd.Timedelta("1.5s"), None], dtype=pd.ArrowDtype(pa.duration("ms")))

    table = StructuredDataInput().adapt(durations.to_frame("duration"))

    np.testing.assert_array_equal(read_numbers(table, 0, column="duration"), [1.5, np.nan])


def test_a_matrix_is_checked_without_copies_of_it() -> None:
    """It may lie on disk, and be larger than memory."""
    matrix = np.ones((500_000, 25), np.float32)  # 50 MB
    tracemalloc.start()

    table = StructuredDataInput().adapt(matrix)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert table is matrix
    assert peak < 10e6


def test_an_infinite_cell_far_down_a_matrix_is_found() -> None:
    """The message says in which row it is."""
    matrix = np.ones((200_000, 3))
    matrix[180_001, 2] = np.inf

    with pytest.raises(DataError, match="Row 180001 of the column 'column_2'.*infinite"):
        StructuredDataInput().adapt(matrix)


def test_single_precision_stays_single() -> None:
    """A frame, or a structured array, of float32 makes a table of half the bytes; numbers of 64 bits do not."""
    frame = pd.DataFrame({"a": np.float32([1, 2]), "b": np.float16([1, 2]), "c": [1, 2], "d": pd.array([1, None])})
    structured = np.array([(1.0, 2)], dtype=[("a", "f4"), ("b", "i8")])

    assert [StructuredDataInput().adapt(frame).dtype[name].str for name in "abcd"] == ["<f4", "<f4", "<f8", "<f8"]
    assert [StructuredDataInput().adapt(structured).dtype[name].str for name in "ab"] == ["<f4", "<f8"]


def test_target_is_taken_out_by_name() -> None:
    """`unpack` finds the target in a frame, a dict of columns or an Arrow table, and leaves the caller's data alone."""
    for data in (pd.DataFrame(NAMED), dict(NAMED), pa.table(NAMED)):
        rest, target = StructuredDataInput().unpack(data, "city")

        assert list(rest.columns) == ["age", "on"]
        assert target.name == "city"
        assert target.dropna().tolist() == ["Oslo", "Bergen", "Oslo"]
        assert len(data.columns if hasattr(data, "columns") else data) == 3


def test_several_targets_are_taken_out_by_name() -> None:
    """A list of names gives a frame, a dict of them a dict by head."""
    table_input, frame = StructuredDataInput(), pd.DataFrame(NAMED)

    assert list(table_input.unpack(frame, ["age", "on"])[1].columns) == ["age", "on"]
    rest, targets = table_input.unpack(frame, {"regression": "age", "classification": "city"})
    assert list(rest.columns) == ["on"]
    assert (targets["regression"].name, targets["classification"].name) == ("age", "city")


@pytest.mark.parametrize("labels", [["age", "yes", "no", "yes"], ["age", "on", "on", "age"]])
def test_labels_are_no_names(labels: list[str]) -> None:
    """Labels that are text stay labels, though all of them be names of columns: names do not repeat."""
    frame = pd.DataFrame(NAMED)

    assert StructuredDataInput().unpack(frame, labels)[0] is frame
    assert StructuredDataInput().unpack(frame, labels)[1] is labels


@pytest.mark.parametrize(
    ("data", "y", "message"),
    [
        (pd.DataFrame(NAMED), "town", "no column of the target's name.*'city'.*Received: y='town'"),
        (pd.DataFrame(NAMED), "citty", "Did you mean 'city'"),
        (pd.DataFrame(NAMED)[["age"]], "age", "nothing but its target"),
        (np.ones((3, 2)), "age", "y names a column, but the table has no names"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a", "several columns of the target's name"),
    ],
    ids=["unknown", "typing error", "nothing else", "array", "twice"],
)
def test_target_that_is_not_there_is_one_clear_error(data: Any, y: str, message: str) -> None:
    """A name that is no column is an error that lists the columns."""
    with pytest.raises(DataError, match=message):
        StructuredDataInput().unpack(data, y)


def test_numeric_array_is_not_copied() -> None:
    """A two-dimensional array of numbers is used as it is."""
    data = np.arange(6, dtype=np.float32).reshape(3, 2)

    assert StructuredDataInput().adapt(data) is data


@pytest.mark.parametrize("data", [FRAME, FRAME.astype(object).to_numpy()], ids=["frame", "object array"])
def test_callers_data_is_not_changed(data: Any) -> None:
    """Adapting, analysing and encoding leave the caller's data alone."""
    before = data.copy()
    table_input = StructuredDataInput()

    table = table_input.adapt(data)
    (encoder,) = table_input.default_preprocessors(table_input.analyse(table, name="structured"))
    encoder.fit(table)
    encoder.transform(table)

    assert before.equals(data) if isinstance(data, pd.DataFrame) else pd.DataFrame(before).equals(pd.DataFrame(data))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (np.ones(3), r"shape \(3,\).*\(rows, 1\)"),
        (np.ones((2, 2, 2)), "no table"),
        (np.ones((2, 0)), "without columns"),
        (7, "a int"),
        ({}, "an empty dict"),
        ({"a": [1, 2], "b": [1]}, r"makes no table.*lengths {'a': 2, 'b': 1}"),
        ({"a": [1, 2], "b": 1}, "single values in 'b'"),
        ({"a": np.ones((2, 2))}, "several axes: 'a'"),
        ([[1, 2], [3]], "different lengths"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), r"repeated \['a'\]"),
        (pd.DataFrame({"a": [1.0, np.inf]}), "Row 1 of the column 'a'.*infinite"),
        (np.array([[1.0], [-np.inf]]), "Row 1 of the column 'column_0'"),
        (pd.DataFrame({"a": ["x", [1, 2]]}), "Row 1 of the column 'a' cannot be read"),
        (pd.DataFrame({"a": [1, 10**400]}, dtype=object), "Row 1 of the column 'a'.*infinite or too large"),
        (pd.DataFrame({"a": ["x", 10**5000]}, dtype=object), "Row 1 of the column 'a'.*thousands of digits"),
        (pd.DataFrame({"a": [b"x", b"\xff"]}), "Row 1 of the column 'a'.*not UTF-8"),
        (np.array([[1 + 2j]]), "cannot be read"),
    ],
    ids=[
        "vector",
        "cube",
        "no columns",
        "number",
        "empty dict",
        "dict of other lengths",
        "dict with one value",
        "dict of matrices",
        "ragged",
        "same names",
        "inf",
        "-inf",
        "lists",
        "huge integer",
        "huge integer among text",
        "bytes",
        "complex",
    ],
)
def test_unusable_data_is_one_clear_error(data: Any, message: str) -> None:
    """What is no table, or holds cells that cannot be used, is an error that says where."""
    with pytest.raises(DataError, match=message):
        StructuredDataInput().adapt(data)


@pytest.mark.parametrize(
    ("arguments", "data", "message"),
    [
        ({"column_types": {"yaer": "categorical"}}, FRAME, "'yaer'"),
        ({"column_types": {"island": "numerical"}}, FRAME, "A cell of the numerical column 'island'.*'Biscoe'"),
        ({"column_types": {"island": "datetime"}}, FRAME, "A cell of the datetime column 'island'.*'Biscoe'"),
        ({"column_names": ["a"]}, FRAME, "column_names"),
    ],
    ids=["unknown name", "text as numerical", "text as dates", "other names"],
)
def test_arguments_that_do_not_fit_the_data_are_errors(arguments: Any, data: Any, message: str) -> None:
    """`column_names` and `column_types` are checked against the data."""
    table_input = StructuredDataInput(**arguments)

    with pytest.raises(DataError, match=message):
        table_input.analyse(table_input.adapt(data), name="structured")


def mixed_rows() -> Any:
    """Return a matrix of objects, lists among them."""
    rows = np.empty((60, 2), dtype=object)
    rows[:, 0] = [[number] for number in range(60)]
    rows[:, 1] = OTHER
    return rows


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (lambda: pd.DataFrame({"odd": [[1], [2, 3]] * 30, "other": OTHER}), None),
        (lambda: pd.DataFrame({"odd": np.inf, "other": OTHER}), None),
        (lambda: pd.DataFrame({"odd": [b"\xff"] * 60, "other": OTHER}), None),
        (lambda: np.array([((1, 2), number) for number in OTHER], dtype=[("odd", "f8", 2), ("other", "f8")]), None),
        (lambda: np.stack([np.where(OTHER > 2, np.inf, 1e300), OTHER], axis=1), ["odd", "other"]),
        (mixed_rows, ["odd", "other"]),
    ],
    ids=["lists", "infinite", "bytes", "arrays", "matrix", "objects"],
)
def test_a_column_that_column_types_drops_is_not_looked_at(data: Any, names: list[str] | None) -> None:
    """Its cells may be anything, in training and later."""
    table_input = StructuredDataInput(column_types={"odd": "dropped"}, column_names=names)
    table = table_input.adapt(data())

    profile = table_input.analyse(table, name="structured")

    encoder = TableEncoder(columns=profile.facts["columns"])
    encoder.fit(table_input.parse(table, profile))
    later = table_input.parse(table_input.match(table_input.adapt(data()), profile), profile)
    assert [column["kind"] for column in profile.facts["columns"]] == ["dropped", "numerical"]
    assert profile.decisions[0].reason == "as column_types says"
    assert encoder.transform(later).shape == (60, 1)


def test_unknown_kind_of_column_is_an_error_where_it_is_written() -> None:
    """A kind that does not exist is an error of the constructor."""
    with pytest.raises(DataError, match="'number'"):
        StructuredDataInput(column_types={"a": "number"})  # type: ignore[dict-item]


def checked(data: Any) -> None:
    """Check other rows against the frame's profile."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(FRAME), name="structured")
    table_input.check(table_input.adapt(data), profile)


def test_other_order_of_columns_passes_the_check() -> None:
    """Columns are found by name."""
    checked(FRAME[FRAME.columns[::-1]])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (FRAME.drop(columns="bill"), "without 'bill'"),
        (FRAME.assign(extra=1), "unknown 'extra'"),
        (FRAME.rename(columns={"bill": "beak"}), "without 'bill' and with the unknown 'beak'"),
        (np.ones((2, 4)), "Expected: 5 columns.*Received: 4 columns"),
        (FRAME.assign(bill="long"), "Row 0 of the numerical column 'bill'.*'long'"),
    ],
    ids=["missing", "extra", "renamed", "array", "text among numbers"],
)
def test_other_columns_at_prediction_are_errors(data: Any, message: str) -> None:
    """Rows to predict must have the training rows' columns, and numbers where those had."""
    with pytest.raises(DataError, match=message):
        checked(data)


def reviewed(rows: pd.DataFrame, targets: Any, **fields: Any) -> InputProfile:
    """Return the profile of a table in the light of its targets."""
    table_input = StructuredDataInput()
    table = table_input.adapt(rows)
    known = {"name": "head", "kind": "binary", "label_type": "int", "dtype": "int64", "outputs": 2}
    target = TargetProfile(**known | fields)
    profile = table_input.analyse(table, name="structured")
    return table_input.review(table, profile, targets={"head": targets}, target_profiles={"head": target})


@pytest.mark.parametrize(
    ("column", "targets"),
    [
        (np.array(["low", "middle", "high"])[CLASSES], np.eye(3, dtype=np.uint8)[CLASSES]),
        (CLASSES * 10.0, np.eye(3, dtype=np.uint8)[CLASSES]),
    ],
    ids=["renamed", "renumbered"],
)
def test_column_that_is_the_target_is_warned_of(column: Any, targets: Any) -> None:
    """A duplicate of the target, in other words or units, is named in a warning and in the report."""
    frame = pd.DataFrame({"leak": column, "other": OTHER})

    with pytest.warns(DataWarning, match="give the target away: 'leak' is the target 'head'"):
        profile = reviewed(frame, targets)

    assert profile.decisions[-1].value == "kept, with a warning"


@pytest.mark.parametrize(
    ("column", "kind", "targets"),
    [
        (np.array(["low", "middle", "high"])[CLASSES], "multi-class", CLASSES.astype(np.int32)),
        (FLAGS, "binary", FLAGS.astype(np.int32)),
        (FLAGS.astype(int), "multi-label", LABELS),
        (np.where(FLAGS, "yes", "no"), "multi-label", LABELS),
        (~FLAGS, "regression", FLAGS[:, None].astype(np.float32)),
        (np.where(FLAGS, "cat", "dog"), "regression", FLAGS[:, None].astype(np.float32)),
        (np.arange(60) ** 2 * 100 + 7, "regression", np.arange(60, dtype=np.float32)[:, None] ** 2),
    ],
    ids=["class numbers", "two class numbers", "label", "label in words", "truth", "number in words", "rescaled"],
)
def test_a_copy_of_a_target_of_any_kind_is_warned_of(column: Any, kind: str, targets: Any) -> None:
    """However the target is encoded, and whether the copy holds numbers, words, or true and false."""
    with pytest.warns(DataWarning, match="give the target away: 'leak' is the target 'head'"):
        reviewed(pd.DataFrame({"leak": column, "other": OTHER}), targets, kind=kind)


def test_a_copy_of_classes_is_warned_of_where_a_rare_one_has_no_target() -> None:
    """As where the rows looked at are some of many: the column has a value that these lack."""
    codes = np.array(["low", "middle", "high"])[CLASSES].astype(object)
    codes[0] = "rare"
    targets = np.eye(3, dtype=np.float32)[CLASSES]
    targets[0] = np.nan

    with pytest.warns(DataWarning, match="give the target away: 'leak' is the target 'head'"):
        reviewed(pd.DataFrame({"leak": codes, "other": OTHER}), targets)


def test_a_column_that_nearly_is_a_label_is_not_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    """It is a good column."""
    nearly = FLAGS.copy()
    nearly[0] = not nearly[0]

    reviewed(pd.DataFrame({"nearly": nearly, "other": OTHER}), LABELS, kind="multi-label")

    assert not recwarn.list


def test_rare_values_that_meet_by_chance_are_not_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    """A flag and a label that one row each has, the same one, say nothing of each other."""
    once = np.arange(len(OTHER)) == 7

    reviewed(
        pd.DataFrame({"flag": once, "other": OTHER}), np.stack([once, ~once], axis=1).astype("uint8"), kind="binary"
    )
    reviewed(
        pd.DataFrame({"flag": once, "other": OTHER}),
        np.stack([once, OTHER > 0], axis=1).astype("uint8"),
        kind="multi-label",
    )

    assert not recwarn.list


@pytest.mark.parametrize(
    ("column", "kind", "targets"),
    [
        (np.array(["low", "middle", "high"])[CLASSES], "multi-class", np.eye(3, dtype=np.float32)[CLASSES]),
        (np.array(["low", "middle", "high"])[CLASSES], "multi-class", CLASSES.astype(np.float32)),
        (CLASSES * 10.0, "regression", CLASSES[:, None].astype(np.float32)),
    ],
    ids=["classes", "class numbers", "numbers"],
)
def test_rows_without_a_target_are_left_out_of_the_comparison(column: Any, kind: str, targets: Any) -> None:
    """The others give it away all the same."""
    targets = targets.copy()
    targets[::4] = np.nan

    with pytest.warns(DataWarning, match="give the target away: 'leak' is the target 'head'"):
        reviewed(pd.DataFrame({"leak": column, "other": OTHER}), targets, kind=kind)


def test_columns_that_merely_predict_well_are_not_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    """A column that nearly is the target, or that tells two of three classes apart, is a good column."""
    nearly = CLASSES.copy()
    nearly[0] = 1

    reviewed(pd.DataFrame({"nearly": nearly, "part": CLASSES > 0, "other": OTHER}), np.eye(3, dtype=np.uint8)[CLASSES])

    assert not recwarn.list


def test_table_without_a_usable_column_is_one_clear_error() -> None:
    """Where all columns are dropped, the error says so, with reasons."""
    frame = pd.DataFrame({"same": [1] * 60, "nothing": [None] * 60})

    with pytest.raises(DataError, match="nothing to learn from.*constant.*all missing"):
        reviewed(frame, np.eye(3, dtype=np.uint8)[CLASSES])


def test_column_of_the_target_may_be_left_in_later_rows() -> None:
    """A column of the target's name is taken out before the rows are checked."""
    table_input = StructuredDataInput()
    profile = reviewed(FRAME, np.eye(2, dtype=np.uint8)[[0, 1, 1, 0]], frame="series", columns=["price"])

    table = table_input.match(table_input.adapt(FRAME.assign(price="not known")), profile)

    assert table.dtype.names == tuple(FRAME.columns)


def test_dropped_columns_may_be_absent_later() -> None:
    """What was not learned from need not be there."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(FRAME.assign(same=1)), name="structured")

    assert match_columns(table_input.adapt(FRAME), profile.facts["columns"]) == [0, 1, 2, 3, 4, -1]


def test_config_round_trip() -> None:
    """`from_config(get_config())` is the same input."""
    table_input = StructuredDataInput(column_names=["a", "b"], column_types={"a": "categorical"})

    assert StructuredDataInput.from_config(table_input.get_config()).get_config() == table_input.get_config()
