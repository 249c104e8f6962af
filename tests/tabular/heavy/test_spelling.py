"""Categories that are text in training, and numbers or booleans in a batch, or the reverse: the same categories."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput, TableEncoder
from ak_tabular.files import chunks, opening
from ak_tabular.files.source import TableSource
from ak_tabular.spelling import respelled
from autokeras_core import DataError, DataWarning

Array = np.ndarray[Any, Any]

CATEGORICAL = StructuredDataInput(column_types={"code": "categorical"})


def codes_of(training: Any, batches: list[Any], table_input: StructuredDataInput = CATEGORICAL) -> list[Array]:
    """Return the features of batches after training, by predicting; as the exported model's, which is checked."""
    rows: Any = table_input.adapt(training)
    profile = table_input.analyse(rows, name="structured")
    encoder = TableEncoder(columns=profile.facts["columns"])
    encoder.fit(rows if isinstance(rows, np.ndarray) else rows.read(np.arange(len(rows))))
    layer = encoder.to_layer()
    found = []
    for batch in batches:
        matched: Any = table_input.match(table_input.adapt(batch), profile)
        read = matched if isinstance(matched, np.ndarray) else matched.read(np.arange(len(matched)))
        features = encoder.transform(read)
        exported = np.asarray(layer(tensors(table_input.raw_rows(matched, profile))))
        np.testing.assert_allclose(exported, features, rtol=0, atol=1e-6)
        found.append(features)
    return found


def tensors(raw: Any) -> Any:
    """Return raw rows as a layer takes them."""
    if not isinstance(raw, dict):
        return raw
    return {name: cells.astype(str) if cells.dtype == object else cells for name, cells in raw.items()}


def frame(cells: list[Any]) -> pd.DataFrame:
    """Return a table of a column of codes, and one of numbers."""
    return pd.DataFrame({"code": cells, "size": np.arange(len(cells)) * 0.0})


WORDS = ["True", "False", "unknown"] * 10


@pytest.mark.parametrize(
    ("training", "batch", "meant"),
    [
        (WORDS, [True, False, True], ["True", "False", "True"]),
        (WORDS, [True, "unknown", False], ["True", "unknown", "False"]),
        (["TRUE", "FALSE"] * 10, [False, True], ["FALSE", "TRUE"]),
        (["1.0", "2.0", "A"] * 10, [2.0, 1.0, np.nan], ["2.0", "1.0", None]),
        (["1.0", "2.0", "A"] * 10, [2, 1], ["2.0", "1.0"]),
        (["007", "010", "A"] * 10, [10, 7], ["010", "007"]),
        (["1e3", "A", "7"] * 10, [7, 1000], ["7", "1e3"]),
        ([True, False, False] * 10, ["True", "false"], [True, False]),
        ([1.0, 2.0, 3.0] * 10, ["3.0", "01"], [3.0, 1.0]),
        ([4_000_000_001, 4_000_000_002] * 10, [4_000_000_002.0, 4_000_000_001.0], [4_000_000_002, 4_000_000_001]),
        (pd.Categorical(["1.0", "A"] * 10), [1.0, 1.0], ["1.0", "1.0"]),
        ([True, False, "unknown"] * 10, ["True", "False", "unknown"], [True, False, "unknown"]),
        (WORDS, ["true", "false", "unknown"], ["True", "False", "unknown"]),
        ([1, 2, "A", 3] * 10, ["1.0", "A", "3.0"], [1, "A", 3]),
        (["007", "010", "A"] * 10, ["10", "7.0"], ["010", "007"]),
        ([4_000_000_001, 4_000_000_002] * 10, ["4000000002.0", None, "4000000001"], [4_000_000_002, None, 4_000_000_001]),
        (["no", "yes"] * 10, [False, True, True], ["no", "yes", "yes"]),
        (["N", "Y"] * 10, [1.0, np.nan, 0.0], ["Y", None, "N"]),
        (["off", "On"] * 10, ["TRUE", "0"], ["On", "off"]),
    ],
    ids=["booleans", "objects", "two booleans", "floats", "integers", "zeros", "exponent", "text for booleans",
         "text for numbers", "large", "declared", "text for objects", "other text", "text for mixed", "text for zeros",
         "text for large", "yes and no", "floats for yes and no", "text for yes and no"],
)  # fmt: skip
def test_another_dtype_is_the_same_category(training: Any, batch: list[Any], meant: list[Any]) -> None:
    """A batch is encoded like the cells of the training rows that it means, and none of it counts as unseen."""
    found, expected, nothing = codes_of(frame(training), [frame(batch), frame(meant), frame([None] * len(batch))])

    np.testing.assert_array_equal(found, expected)
    assert (found != nothing).any(axis=1).tolist() == [cell is not None and cell == cell for cell in batch]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", "007"),
        ("7.0", "007"),
        ("007", "007"),
        ("8", "8"),
        ("A", "A"),
        ("12345678901234567", "12345678901234567"),
        ("1.2345678901234568e+16", "12345678901234567"),
        ("12345678901234568", "12345678901234568"),
    ],
)
def test_a_text_is_written_as_in_training(text: str, expected: str) -> None:
    """If it is the same number; integers that floats cannot tell apart are not, unless one was a float."""
    assert respelled(text, {"7": "007", "1.2345678901234568e+16": "12345678901234567"}) == expected


def test_an_unseen_code_is_none_of_those_of_training() -> None:
    """Though float32 would make it one of them."""
    training = frame([20_000_002, 20_000_004, 20_000_006] * 10).rename(columns={"code": "store_id"})
    batches = [frame([code]).rename(columns={"code": "store_id"}) for code in (20_000_003, 20_000_004, None)]

    unseen, seen, nothing = codes_of(training, batches, StructuredDataInput())

    np.testing.assert_array_equal(unseen, nothing)
    assert (seen != nothing).any()


def test_what_is_always_true_or_missing_is_read_in_any_form() -> None:
    """A column of one word and nothing is boolean, whatever a batch has for it."""
    training = frame(["True", None] * 10)

    text, numbers = codes_of(training, [frame(["TRUE", None]), frame([True, None])], StructuredDataInput())

    np.testing.assert_array_equal(text, numbers)
    assert (text[0] != text[1]).any()


@pytest.mark.parametrize("batch", [[True, False], [1, 0], [1.0, 0.0]], ids=["booleans", "integers", "floats"])
def test_yes_and_no_may_come_as_true_and_false(batch: list[Any]) -> None:
    """In a column that analysis takes for boolean itself."""
    found, expected = codes_of(frame(["no", "yes"] * 10), [frame(batch), frame(["yes", "no"])], StructuredDataInput())

    np.testing.assert_array_equal(found, expected)
    assert (found[0] != found[1]).any()


def test_units_are_no_part_of_numbers() -> None:
    """In training, in later text, and where a batch has the numbers themselves; and another unit is an error."""
    training = pd.DataFrame({"price": ["12.5 km", "7km", "1,200 km", None] * 10})
    batches = [pd.DataFrame({"price": cells}) for cells in (["12.5km", "1,200", None], [12.5, 1200.0, np.nan])]

    found, expected = codes_of(training, batches, StructuredDataInput())

    np.testing.assert_array_equal(found, expected)
    assert len(np.unique(found, axis=0)) == 3
    with pytest.raises(DataError, match="Row 1 of the numerical column 'price' holds no number.*'5 mi'"):
        codes_of(training, [pd.DataFrame({"price": ["7 km", "5 mi"]})], StructuredDataInput())


def test_a_number_without_the_magnitude_of_training_is_an_error() -> None:
    """Nobody knows whether it was left out."""
    training = pd.DataFrame({"price": ["12.5K", "7K", "1,200K"] * 10 + ["0"]})

    with pytest.raises(DataError, match=r"Row 1 .* no number.*with the unit 'K', or a missing value.*'950'"):
        codes_of(training, [pd.DataFrame({"price": ["7K", "950"]})], StructuredDataInput())


def test_decimal_commas_are_numbers() -> None:
    """In training, in later text, and where a batch has the numbers themselves; and what is no number is an error."""
    training = pd.DataFrame({"price": ["12,5", "7", "1.200,25", None] * 10})
    batches = [pd.DataFrame({"price": cells}) for cells in (["12,5", "1.200,25", None], [12.5, 1200.25, np.nan])]

    found, expected = codes_of(training, batches, StructuredDataInput())

    np.testing.assert_array_equal(found, expected)
    assert len(np.unique(found, axis=0)) == 3
    with pytest.raises(DataError, match="Row 1 of the numerical column 'price' holds no number"):
        codes_of(training, [pd.DataFrame({"price": ["12,5", "1,2,3"]})], StructuredDataInput())


def test_column_types_read_decimal_commas() -> None:
    """A column that the user calls numerical may have them, too."""
    table_input = StructuredDataInput(column_types={"price": "numerical"})
    rows: Any = table_input.adapt(pd.DataFrame({"price": ["12,5", "7,5"], "other": [1, 2]}))

    facts = table_input.analyse(rows, name="structured").facts["columns"][0]

    assert facts["decimal"] == ","


def test_a_matrix_of_numbers_is_read_like_one_of_text() -> None:
    """Its columns have no names; those that were text in training are found by their place."""
    training = np.array([["1.0", "5.5"], ["2.0", "6.5"], ["A", "7.5"]] * 10, dtype=object)
    meant = np.array([["2.0", "5.5"], ["1.0", "7.0"]], dtype=object)

    found, expected = codes_of(training, [np.array([[2.0, 5.5], [1.0, 7.0]]), meant], StructuredDataInput())

    np.testing.assert_array_equal(found, expected)


def test_rows_that_are_written_alike_are_not_copied() -> None:
    """Most batches are of the training rows' types."""
    table = CATEGORICAL.adapt(frame(WORDS))
    profile = CATEGORICAL.analyse(table, name="structured")

    assert CATEGORICAL.match(table, profile) is table


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [(["1.0", "2.0"] * 10, [1.0, 2.0]), (["True", "False"] * 10, [True, False]), (["007", "010"] * 10, [7, 10])],
    ids=["floats", "booleans", "zeros"],
)
def test_streamed_and_small_files_have_the_same_categories(
    cells: list[str], numbers: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A streamed file's column_types keep cells as they are written; a small file and a frame have numbers."""
    path, part = tmp_path / "table.csv", tmp_path / "part.csv"
    frame(cells).to_csv(path, index=False)
    frame(cells[:2]).to_csv(part, index=False)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    streamed: Any = CATEGORICAL.adapt(path)
    streamed_part: Any = CATEGORICAL.adapt(part)
    monkeypatch.undo()
    assert isinstance(streamed, TableSource)
    batches = [part, frame(numbers), streamed_part, frame(cells[:2])]

    for training in (streamed, path):
        found = codes_of(training, batches)

        assert len(np.unique(found[0], axis=0)) == 2
        assert all(np.array_equal(each, found[0]) for each in found)


def test_a_streamed_file_of_numbers_is_read_like_the_text_of_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a word in it, a column that was text in training holds numbers in another file."""
    path = tmp_path / "table.csv"
    frame(["2.0", "1.0", None]).to_csv(path, index=False)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    streamed: Any = StructuredDataInput().adapt(path)

    found, expected = codes_of(frame(["1.0", "2.0", "A"] * 10), [streamed, frame(["2.0", "1.0", None])])

    np.testing.assert_array_equal(found, expected)
    assert streamed.dtype["code"].kind == "f"


@pytest.mark.parametrize(
    ("cells", "written", "is_left_out"),
    [
        (["007", "A"], {"7": "007"}, True),
        (["7", "A"], {"7": "007"}, False),
        ([f"{n:03d}" for n in range(30)], {"7": "007"}, False),
        ([1, 2], {"1": "1", "2": "2"}, True),
        ([1, 2], {"1": "1.0", "2": "2"}, False),
        (["2020-01-01", "2021-01-01"], {"1": "1.0"}, True),
    ],
    ids=["the same", "another", "too many to know", "numbers", "other numbers", "dates"],
)
def test_columns_that_are_written_alike_are_read_as_they_are(
    cells: list[Any], written: dict[str, str], *, is_left_out: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A streamed file's columns are rewritten only where some cells may differ from the training rows'."""
    path = tmp_path / "table.csv"
    frame(cells).to_csv(path, index=False)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    monkeypatch.setattr(chunks, "_MOST_VALUES", 10)
    kinds = {"code": "categorical"} if isinstance(cells[0], str) and not cells[0].startswith("2") else {}
    source: Any = StructuredDataInput(column_types=kinds).adapt(path)

    rewritten = source.as_written({"code": written})

    assert rewritten.written == ({} if is_left_out else {"code": written})
    assert is_left_out == (rewritten.fingerprint() == source.fingerprint())


def test_what_is_rewritten_has_another_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source whose texts are replaced holds other cells, and says so by its dtype, too."""
    path = tmp_path / "table.csv"
    frame([1, 2]).to_csv(path, index=False)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    source: Any = StructuredDataInput().adapt(path)

    rewritten = source.as_written({"code": {"1": "001"}}).select(np.array([1, 0]))

    assert rewritten.fingerprint() != source.select(np.array([1, 0])).fingerprint()
    assert rewritten.dtype == rewritten.read(np.arange(2)).dtype
    assert rewritten.read(np.arange(2))["code"].tolist() == ["2", "001"]


# Columns that hold nothing training has seen


def warned_of(training: Any, batch: Any) -> list[str]:
    """Return the warnings about a batch of codes, in memory or in a file, after training."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(frame(training)), name="structured")
    rows = table_input.adapt(batch if isinstance(batch, Path) else frame(batch))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table_input.match(rows, profile)
    assert all(each.filename == __file__ for each in caught)  # the user's call
    return [str(each.message) for each in caught if issubclass(each.category, DataWarning)]


SIZES = ["lo", "mid", "hi"] * 10


@pytest.mark.parametrize(
    ("training", "batch", "message"),
    [
        (SIZES, [0, 1, 2] * 10, "e.g. '0', where training had 'hi', 'lo', 'mid'. They count as missing"),
        (["yes", "no"] * 15, ["Yes", "No"] * 15, "e.g. 'Yes', where training had 'no', 'yes'. They"),
        ([True, False] * 15, ["yes", "no"] * 15, "e.g. 'yes'. They count as missing"),
        (pd.Categorical([0.1, 0.7] * 15), np.array([0.1, 0.7] * 15, "f4"), "e.g. '0.10000000149011612', where"),
    ],
    ids=["codes", "other words", "words for booleans", "float32"],
)
def test_a_column_without_any_value_of_training_is_warned_of(training: Any, batch: Any, message: str) -> None:
    """All of it counts as missing, which nobody means."""
    (found,) = warned_of(training, batch)

    assert found.startswith("column 'code': none of its values was in training, ")
    assert message in found


@pytest.mark.parametrize(
    ("training", "batch"),
    [
        (SIZES, ["low"] * 19),
        (SIZES, ["low"] * 30 + ["lo"]),
        (SIZES, [None] * 30 + ["low"]),
        (SIZES, ["lo"] * 30),
        ([f"kind {n}" for n in range(21)] * 3, ["none"] * 30),
        ([True, False] * 15, [1.0, 0.0] * 15),
        ([True, False] * 15, ["true", "false"] * 15),
        (["yes", "no"] * 15, [True, False] * 15),
    ],
    ids=["few rows", "one is known", "few values", "known", "too many to know", "floats", "text", "yes and no"],
)
def test_columns_that_may_be_meant_so_are_not_warned_of(training: Any, batch: Any) -> None:
    """A few new values may be new ones; and what is read as the values of training is known."""
    assert warned_of(training, batch) == []


def test_a_value_of_training_between_the_rows_that_are_looked_at_first_is_known() -> None:
    """Every so many rows may all be new."""
    assert warned_of(SIZES, ["low", "lo"] * 1_000) == []


def test_a_boolean_column_of_times_is_not_warned_of() -> None:
    """Times are compared as such, not as the texts that are kept."""
    days = pd.to_datetime(["2020-01-01", "2021-01-01"] * 15)
    table_input = StructuredDataInput(column_types={"code": "boolean"})
    profile = table_input.analyse(table_input.adapt(frame(days)), name="structured")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table_input.match(table_input.adapt(frame(days)), profile)


def test_a_warning_says_where_only_some_rows_of_a_file_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are read when they are needed."""
    frame([0, 1, 2] * 700).to_csv(tmp_path / "table.csv", index=False)
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)

    (found,) = warned_of(SIZES, tmp_path / "table.csv")

    assert found.startswith("column 'code': none of its values in the rows looked at was in training, ")


@pytest.mark.usefixtures("in_either_way")
def test_a_file_without_any_value_of_training_is_warned_of(tmp_path: Path) -> None:
    """However large it is."""
    frame([0, 1, 2] * 10).to_csv(tmp_path / "table.csv", index=False)

    (found,) = warned_of(SIZES, tmp_path / "table.csv")

    assert "column 'code': none of its values was in training" in found
