"""Column analysis: the kind of each column, and the reason that is printed."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataInput
from ak_tabular.columns import Column
from autokeras_core import DataError
from tests.lines import lines_run

ROWS = 200
RANDOM = np.random.default_rng(0)
DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(int(day)) for day in RANDOM.integers(0, 900, ROWS)]


def choice(values: list[Any]) -> Any:
    """Return many rows of some values, all of them at least once."""
    cells = np.array([*values, *RANDOM.choice(np.array(values, dtype=object), ROWS - len(values))], dtype=object)
    return pd.Series(cells).infer_objects()


def analysed(column: Any, name: str = "column", **arguments: Any) -> tuple[dict[str, Any], str]:
    """Return the facts about a column that stands beside another one, and the reason."""
    table_input = StructuredDataInput(**arguments)
    frame = pd.DataFrame({name: column, "other": np.arange(len(column)) * 1.5})
    profile = table_input.analyse(table_input.adapt(frame), name="structured")
    (reason,) = [decision.reason for decision in profile.decisions if decision.subject == f"column {name!r}"]
    return profile.facts["columns"][0], reason


KINDS = {
    "floats": (RANDOM.normal(size=ROWS), "numerical", "numbers, 200 different"),
    "integers": (RANDOM.permutation(ROWS) * 7 + 5, "numerical", "integers, 200 different"),
    "ratings": (choice([1, 2, 3, 4, 5]), "numerical", "integers, 5 different, in order; column_types can make them"),
    "decimals": (choice([decimal.Decimal("1.5"), decimal.Decimal("2.5")]), "numerical", "text that reads as numbers"),
    "zeros and ones": (choice([0, 1]), "boolean", "only 0 and 1, 2 different"),
    "booleans": (choice([True, False]), "boolean", "only 0 and 1, 2 different"),
    "booleans with None": (choice([True, False, None]), "boolean", "of 200 missing"),
    "truths": (choice(["True", "TRUE", "0"]), "boolean", "text that reads as numbers throughout, only 0 and 1, 2 different"),
    "true or nothing": (choice(["True", None]), "boolean", "text that reads as numbers throughout, all equal, "),
    "truths and a word": (choice(["True", "False", "maybe"]), "categorical", "text, 3 different"),
    "yes and no": (choice(["yes", "no"]), "boolean", "only 'no' and 'yes', 2 different"),
    "words": (choice(["red", "green", "blue"]), "categorical", "text, 3 different"),
    "bytes": (choice([b"red", b"green"]), "categorical", "text, 2 different"),
    "one word or nothing": (choice(["deck A", None]), "categorical", "text, all equal, "),
    "declared": (pd.Categorical(choice([1, 2, 3])), "categorical", "declared as categories, 3 different"),
    "intervals": (pd.cut(RANDOM.normal(size=ROWS), 4), "categorical", "declared as categories, 4 different"),
    "leading zeros": (choice(["00501", "10001", "90210"]), "categorical", "codes: digits that start with 0, e.g. '00501'"),
    "words and numbers": (choice(["A", "B", "12"]), "categorical", "mixed: text, and numbers in 1 of the values"),
    "number texts": (choice([" 12 ", "3", "1e3"]), "numerical", "text that reads as numbers throughout, 3 different"),
    "thousands": (choice(["1,234", "12", "4,567.5"]), "numerical", "throughout, such as '1,234', 3 different"),
    "decimal commas": (choice(["12,5", "-3,25", "7"]), "numerical", "throughout, with decimal commas, such as '12,5', 3"),
    "prices with commas": ([f"{n},{n % 90 + 10}" for n in range(ROWS)], "numerical", "with decimal commas, such as '0,10', 200"),
    "commas in thousands": (choice(["1,234", "2,345"]), "numerical", "throughout, such as '1,234', 2 different"),
    "points in thousands": (choice(["1.234,5", "2.345", "6,5"]), "numerical", "decimal commas, such as '1.234,5', 3 different"),
    "answers": (choice(["1,2", "1", "3", "2,4"]), "categorical", "mixed: text, and numbers in 2 of the values"),
    "commas and floats": (choice(["12,5", 7, 1.125]), "categorical", "mixed: text, and numbers in 2 of the values"),
    "codes with commas": (choice(["1,5", "A", "2,5"]), "categorical", "text, 3 different"),
    "money": (choice(["$5", "$1,200", "$7.25"]), "numerical", "throughout, such as '$5', 3 different"),
    "percents": (choice(["5%", "10 %", "7.5%"]), "numerical", "throughout, such as '5%', 3 different"),
    "gaps in thousands": (choice(["1 249", "12", "4 567.5"]), "numerical", "throughout, such as '1 249', 3 different"),
    "gaps and commas": (choice(["1 249,5 €", "12,25 €"]), "numerical", "with decimal commas, such as '1 249,5 €', 2 different"),
    "units": (choice(["58000 km", "7 km", "1,200 km"]), "numerical", "throughout, with the unit 'km', 3 different"),
    "units and commas": (choice(["1.200,5 EUR", "7,25 EUR"]), "numerical", "throughout, with the unit 'EUR', 2 different"),
    "codes with a letter": (choice(["007A", "010A", "123A"]), "categorical", "codes: digits that start with 0, e.g. '007A'"),
    "words for money": (choice(["USD 1,200", "USD 15"]), "numerical", "throughout, such as 'USD 1,200', 2 different"),
    "magnitudes": (choice(["1.1K", "950", "2.5M"]), "numerical", "throughout, such as '1.1K', 3 different"),
    "one and many": (choice(["1 day", "2 days", "30 days"]), "numerical", "with the unit 'days', 3 different"),
    "several units": (choice(["5 kg", "7 lb", "12 kg"]), "categorical", "text, 3 different"),
    "months in words": ([f"{day:%B %Y}" for day in DAYS], "datetime", "dates throughout (%B %Y)"),
    "iso dates": ([day.isoformat() for day in DAYS], "datetime", "text that reads as dates throughout (ISO8601)"),
    "german dates": ([f"{day:%d.%m.%Y}" for day in DAYS], "datetime", "dates throughout (%d.%m.%Y)"),
    "american dates": ([f"{day:%m/%d/%Y %H:%M}" for day in DAYS], "datetime", "dates throughout (%m/%d/%Y %H:%M)"),
    "date objects": (DAYS, "datetime", "dates throughout (ISO8601)"),
    "timestamps": (pd.to_datetime(pd.Series(DAYS)), "datetime", "times, "),
    "zoned timestamps": (pd.to_datetime(pd.Series(DAYS), utc=True).dt.tz_convert("Asia/Tokyo"), "datetime", "times, "),
    "months": (pd.period_range("2000-01", periods=ROWS, freq="M"), "datetime", "2000-01-01 to 2016-08-01"),
    "durations": (pd.to_timedelta(RANDOM.integers(1, 9, ROWS), "h"), "numerical", "integers, 8 different"),
    "reviews": ([f"a film number {n} to see" for n in range(ROWS)], "text", "text of 6.0 words each, 200 different"),
    "chinese reviews": ([f"这部电影非常好看我很喜欢{n}" for n in range(ROWS)], "text", "text of "),
    "hashes": ([uuid.UUID(int=n * 7**40) for n in range(ROWS)], "dropped", "identifier: text, 200 different, different in"),
    "row numbers": (RANDOM.permutation(ROWS), "dropped", "identifier: integers, 200 different, from 0 to 199"),
    "constant": ([7] * ROWS, "dropped", "constant: integers, all equal"),
    "constant text": (["x"] * ROWS, "dropped", "constant: text, all equal"),
    "constant date": ([DAYS[0]] * ROWS, "dropped", "constant: text, all equal"),
    "nothing": ([None] * ROWS, "dropped", "all missing"),
    "spelled nothing": (["NA"] * ROWS, "dropped", "all missing, 'NA' read as missing"),
}  # fmt: skip


@pytest.mark.parametrize(("column", "kind", "reason"), KINDS.values(), ids=list(KINDS))
def test_kind_has_a_reason(column: Any, kind: str, reason: str) -> None:
    """Each column is of one kind, and the report says why."""
    facts, found = analysed(column)

    assert facts["kind"] == kind
    assert reason in found


@pytest.mark.parametrize(
    ("name", "column", "kind"),
    [
        ("PassengerId", np.arange(ROWS) * 3 + 1_000_000, "dropped"),
        ("amount", np.arange(ROWS) * 3 + 1_000_000, "numerical"),
        ("year", np.arange(ROWS) + 1, "numerical"),
        ("number_of_visitors", np.arange(ROWS) * 3 + 1_000, "numerical"),
        ("price_index", np.arange(ROWS) * 3 + 1_000, "numerical"),
        ("ticket_number", np.arange(ROWS) * 3 + 1_000, "dropped"),
        ("zip_code", choice([90210, 10001, 60601]), "categorical"),
        ("size", choice([90210, 10001, 60601]), "numerical"),
        ("store_id", choice([4, 8, 15, 16]), "categorical"),
        ("store_id", choice([*map(str, range(1, 30)), "web"]), "categorical"),
        ("code of product", choice([4, 8, 15, 16]), "categorical"),
        ("zip_population", choice([4, 8, 15, 16]), "numerical"),
        ("category_sales", choice([4, 8, 15, 16]), "numerical"),
        ("months_since_2000", np.arange(ROWS) + 1, "numerical"),
    ],
)
def test_names_tell_identifiers_and_codes_from_amounts(name: str, column: Any, kind: str) -> None:
    """What numbers alone do not say, their column's name may."""
    facts, _ = analysed(column, name)

    assert facts["kind"] == kind


def test_codes_of_thousands_are_codes() -> None:
    """As many as encoders tell apart, with five rows each."""
    codes = np.arange(6_000) % 1_200

    assert analysed(codes, "user_id")[0]["kind"] == "categorical"
    assert analysed(codes[:5_000], "user_id")[0]["kind"] == "numerical"


def test_consecutive_numbers_without_names_are_kept() -> None:
    """In an array without names nothing says that consecutive numbers are row numbers."""
    table_input = StructuredDataInput()

    profile = table_input.analyse(np.stack([np.arange(100.0), np.ones(100)], axis=1), name="structured")

    assert [column["kind"] for column in profile.facts["columns"]] == ["numerical", "dropped"]


def test_identifiers_are_kept_where_nothing_else_is() -> None:
    """A table of identifiers only is learned from all the same, and the reason says so."""
    table_input = StructuredDataInput()

    profile = table_input.analyse(table_input.adapt(pd.DataFrame({"id": np.arange(100)})), name="structured")

    assert profile.facts["columns"][0]["kind"] == "numerical"
    assert profile.decisions[0].reason.endswith("; kept, since no other column is left")


@pytest.mark.parametrize("spelling", ["NA", "nan", "?", "N/A", "null", "None", " - ", "<NA>"])
def test_spelled_missing_values_are_missing_and_named(spelling: str) -> None:
    """Text that says that a value is missing is no category."""
    facts, reason = analysed(["red", "green", spelling, "red"])

    assert (facts["kind"], facts["missing"], facts["categories"]) == ("categorical", 1, 2)
    assert f"1 of 4 missing, {spelling!r} read as missing" in reason


def test_few_cells_among_numbers_that_are_none_are_missing() -> None:
    """A column of numbers with a few words in it stays numerical, and says what it does with the words."""
    facts, reason = analysed([str(n * 1.5) if n % 50 else "unknown" for n in range(ROWS)])

    assert (facts["kind"], facts["missing"]) == ("numerical", 4)
    assert "4 cells that are none, e.g. 'unknown', are taken as missing" in reason


def test_truth_among_amounts_is_missing() -> None:
    """Some programs write false where a number is missing: it is not 0."""
    facts, reason = analysed([str(n * 1.5) if n % 10 else "False" for n in range(ROWS)])

    assert (facts["kind"], facts["missing"]) == ("numerical", ROWS // 10)
    assert "20 cells that are none, e.g. 'False', are taken as missing" in reason


def test_truth_in_later_amounts_is_an_error() -> None:
    """As any other word is, where training had numbers only."""
    table_input = StructuredDataInput()
    profile = table_input.analyse(table_input.adapt(pd.DataFrame({"a": np.arange(ROWS) * 1.5})), name="structured")

    with pytest.raises(DataError, match="Row 1 of the numerical column 'a' holds no number.*'False'"):
        table_input.match(table_input.adapt(pd.DataFrame({"a": ["1.5", "False"]})), profile)


def test_facts_are_those_of_float32() -> None:
    """Numbers that float32 cannot tell apart are one value, since the network sees no more."""
    facts, reason = analysed(1e9 + np.arange(ROWS))

    assert facts["categories"] < ROWS
    assert f"{facts['categories']} different; float32 rounds 200 to these" in reason


@pytest.mark.parametrize(
    ("name", "first", "types"),
    [
        ("store_id", 4_000_000_000, {}),
        ("zip", 100_000_000, {}),
        ("column", 1_000_000_000, {"column": "categorical"}),
    ],
)
@pytest.mark.parametrize("as_text", [False, True], ids=["numbers", "text"])
def test_codes_that_float32_merges_are_kept_as_text(
    name: str, first: int, types: dict[str, Any], *, as_text: bool
) -> None:
    """Large integers that are categories stay as many as they are."""
    codes = first + np.arange(1000) % 50
    cells: Any = codes.astype(str).astype(object) if as_text else codes

    facts, reason = analysed(cells, name, column_types=types)

    assert (facts["kind"], facts["storage"], facts["categories"]) == ("categorical", "text", 50)
    assert "50 different" in reason
    assert as_text or "read as text, since float32 rounds integers" in reason


@pytest.mark.parametrize(
    "codes", [[20_000_002, 20_000_004, 20_000_006], [20_000_002, 20_000_003]], ids=["apart", "two"]
)
def test_codes_that_float32_may_merge_are_kept_as_text(codes: list[int]) -> None:
    """Later rows may have the codes in between, though the training rows have none that are merged."""
    facts, _ = analysed(choice(codes), "store_id")

    assert (facts["kind"], facts["storage"], facts["categories"]) == ("categorical", "text", len(codes))


def test_large_amounts_stay_numbers() -> None:
    """Nothing says that they are codes: that float32 rounds them a little does not matter."""
    facts, _ = analysed(20_000_000 + np.arange(ROWS) % 50 * 2, "amount")

    assert (facts["kind"], facts["storage"]) == ("numerical", "number")


def test_two_large_integers_may_be_boolean() -> None:
    """Where column_types says so, though float32 merges the two."""
    facts, _ = analysed([4_000_000_000, 4_000_000_001] * 20, column_types={"column": "boolean"})

    assert (facts["storage"], facts["values"]) == ("text", ["4000000000", "4000000001"])


def test_large_amounts_that_float32_merges_are_dropped() -> None:
    """Nothing says that they are codes, and nothing of them is left."""
    facts, reason = analysed(4_000_000_000 + np.arange(ROWS) % 50, "amount")

    assert facts["kind"] == "dropped"
    assert reason == "constant: integers, all equal in float32"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["True", "False", "unknown"], {"1": "True", "0": "False"}),
        (["TRUE", "false", "TRUE"], {"1": "TRUE", "0": "false"}),
        (["1", "2", "A"], {"1": "1", "2": "2"}),
        (["1.5", "007", "7.0"], {"1.5": "1.5"}),
        (["1.0", "2.0", "A"], {"1": "1.0", "2": "2.0"}),
        (["007", "010", "A"], {"7": "007", "10": "010"}),
        (["1.0", "1.00", "A"], {}),
        (["1.0", "1", "A"], {}),
        (["True", "1.0", "A"], {}),
        (["$1", "2%", "1,000", "A"], {}),
        (["A", "B", "C"], {}),
        (["yes", "no", "yes"], {"0": "no", "1": "yes"}),
        (["off", "On"], {"0": "off", "1": "On"}),
    ],
)
def test_facts_say_how_numbers_are_written_in_text(column: list[str], expected: dict[str, str]) -> None:
    """By what a cell has that holds the number itself; not where several texts are one number."""
    facts, _ = analysed(column * 10, column_types={"column": "categorical"})

    assert facts.get("written", {}) == expected


@pytest.mark.parametrize(
    ("column", "kind", "storage"),
    [
        ([1, 2, 3, 4], "categorical", "number"),
        ([1, 2, 1, 2], "boolean", "number"),
        ([1, 2, 3, 4], "text", "text"),
        ([1e9, 2e9, 3e9, 4e9], "datetime", "number"),
        (["1", "2", "3", "4"], "categorical", "text"),
        (["a", "b", "a", "b"], "boolean", "text"),
        (["TRUE", "True", "False", "True"], "boolean", "number"),
        (["True", "False", "True", "True"], "boolean", "text"),
        (["a", "b", "c", "d"], "text", "text"),
        (["7", "7", "7", "7"], "numerical", "text"),
        (pd.to_datetime(["2020-01-01", "2021-01-01", None, "2020-01-01"]), "categorical", "text"),
        (pd.to_datetime(["2020-01-01", "2021-01-01", None, "2020-01-01"]), "numerical", "time"),
        (["a", "b", "c", "d"], "dropped", "text"),
    ],
)
def test_column_types_decide(column: Any, kind: str, storage: str) -> None:
    """Every kind can be asked for, and the reason says that it was."""
    facts, reason = analysed(column, column_types={"column": kind})

    assert (facts["kind"], facts["storage"]) == (kind, storage)
    assert "as column_types says" in reason


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        (["1", "two", "3"], "numerical", "A cell of the numerical column 'column' holds no number.*'two'"),
        (["2020-01-01", "soon"], "datetime", "A cell of the datetime column 'column' holds no date.*'soon'"),
        ([1, 2, 3], "boolean", "'column' cannot be boolean.*3 different values"),
        (["a", "b", "c"], "boolean", "'column' cannot be boolean.*3 different values"),
        (["1.5", "False", "3"], "numerical", "A cell of the numerical column 'column' holds no number.*'False'"),
        (["1 km", "7 km", "5 mi"] + ["2 km"] * 20, "numerical", "with the unit 'km' or without one.*'5 mi'"),
        (["29_02_2024"], "datetime", "a date in ISO 8601 or another common format, or a missing value.*'29_02_2024'"),
        ([1.6e12, 1.7e12], "datetime", "from 1600000000000 to 1700000000000. Divide milliseconds by 1000"),
        ([1999, 2021, None], "datetime", r"from 1999 to 2021. .*pandas.to_datetime\(frame\['column'\], format='%Y'\)"),
        ([20210301, 20210302], "datetime", r"pandas.to_datetime\(frame\['column'\], format='%Y%m%d'\)"),
    ],
)
def test_column_types_that_cannot_be_are_errors(column: Any, kind: str, message: str) -> None:
    """A kind that the cells do not have is one error that names the column, and a cell that does not fit."""
    with pytest.raises(DataError, match=message):
        analysed(column, column_types={"column": kind})


def test_an_unreadable_date_is_advised_to_be_read_first() -> None:
    """As a category it would be worth little."""
    with pytest.raises(
        DataError, match=r"turn the column into dates first.*pandas.to_datetime\(frame\['column'\], format="
    ):
        analysed(["29.02.2024"] * 20 + ["soon"], column_types={"column": "datetime"})


def test_boolean_text_says_which_is_true() -> None:
    """The facts hold the two texts, the one for false first."""
    assert analysed(["Y", "N", "N"])[0]["values"] == ["N", "Y"]


@pytest.mark.parametrize(("count", "expected"), [(20, 20), (21, 0)])
def test_the_values_of_few_categories_are_known(count: int, expected: int) -> None:
    """So that a batch that has none of them can be told; more would only fill the profile."""
    facts, _ = analysed([f"kind {n}" for n in range(count)] * 5)

    assert len(facts.get("values", ())) == expected


def test_facts_of_another_version_are_read() -> None:
    """What is no longer a fact is left out."""
    column = Column.from_json({"name": "a", "kind": "categorical", "storage": "text", "spellings": ["?"]})

    assert column == Column(name="a", kind="categorical", storage="text")


def test_zeros_and_ones_in_text_are_read_as_numbers() -> None:
    """However 0 and 1 are written, they are the same two values."""
    facts, _ = analysed(["0", "1", "0.0", " 1"])

    assert (facts["kind"], facts["storage"], facts["categories"]) == ("boolean", "number", 2)


def test_many_rows_are_analysed_without_python_for_each_cell() -> None:
    """100,000 rows of 30 columns are read and analysed in fewer lines of Python than there are cells."""
    rows = 100_000
    words = np.array([f"word {n}" for n in range(50)], dtype=object)
    dates = np.datetime_as_string(np.datetime64("2020-01-01") + np.arange(999))
    frame = pd.DataFrame(
        {f"number {n}": RANDOM.normal(size=rows) for n in range(15)}
        | {f"words {n}": words[RANDOM.integers(0, 50, rows)] for n in range(12)}
        | {f"date {n}": dates[RANDOM.integers(0, 999, rows)].astype(object) for n in range(2)}
        | {"text": [f"row {n} of them all" for n in range(rows)]}
    )
    table_input = StructuredDataInput()

    lines = lines_run(lambda: table_input.analyse(table_input.adapt(frame), name="structured"))

    assert lines < frame.size
