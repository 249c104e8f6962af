"""Odd cells in columns of numbers and dates: the same is done with them wherever they are; and what is warned of."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular import StructuredDataClassifier, StructuredDataInput
from ak_tabular.files import chunks, opening
from autokeras_core import DataError, DataWarning

ROWS = 60
LABELS = np.array(["no", "yes"])[np.arange(ROWS) % 2]
NUMBERS = [str(n * 1.5) for n in range(ROWS)]
DATES = [f"{n % 28 + 1:02d}.{n % 12 + 1:02d}.2020" for n in range(ROWS)]
COLUMNS = {"numbers": (NUMBERS, "3.0T", "numerical"), "dates": (DATES, "soon", "datetime")}


def with_odd_cell(cells: list[str], odd: str, row: int = 7) -> pd.DataFrame:
    """Return a table of a column with one odd cell, and of numbers."""
    return pd.DataFrame({"column": [*cells[:row], odd, *cells[row + 1 :]], "size": np.arange(ROWS) * 0.5})


def analysed(cells: Any, name: str = "column", **arguments: Any) -> tuple[dict[str, Any], str]:
    """Return the facts about a column that stands beside another one, and the reason."""
    table_input = StructuredDataInput(**arguments)
    frame = pd.DataFrame({name: cells, "other": np.arange(len(cells)) * 1.5})
    profile = table_input.analyse(table_input.adapt(frame), name="structured")
    return profile.facts["columns"][0], profile.decisions[0].reason


def profile_of_any_split(x: Any, y: Any, **arguments: Any) -> dict[bool, Any]:
    """Return what the first column is, by whether the odd cell was held out; over several seeds."""
    found: dict[bool, Any] = {}
    for seed in range(20):
        profile = StructuredDataClassifier(seed=seed, **arguments).analyse(x, y).inputs["structured"]
        (facts, *_) = profile.facts["columns"]
        decision = next(each for each in profile.decisions if each.subject == "column 'column'")
        assert decision.value == facts["kind"]
        found["of other rows" in decision.reason] = facts["kind"], facts.get("is_mixed")
    return found


# Odd cells


@pytest.mark.parametrize(("cells", "odd", "kind"), COLUMNS.values(), ids=list(COLUMNS))
def test_the_split_does_not_decide_whether_a_table_can_be_used(cells: list[str], odd: str, kind: str) -> None:
    """An odd cell is taken as missing in a training row as in a row for validation."""
    found = profile_of_any_split(with_odd_cell(cells, odd), LABELS)

    assert found == {False: (kind, True), True: (kind, True)}


@pytest.mark.parametrize("most_values", [10, 20_000], ids=["any text", "few texts"])
def test_the_split_does_not_decide_whether_a_streamed_table_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_values: int
) -> None:
    """Its rows for validation are read from disk."""
    monkeypatch.setattr(opening, "BYTES_IN_MEMORY", 0)
    monkeypatch.setattr(chunks, "_MOST_VALUES", most_values)
    with_odd_cell(DATES, "soon").assign(label=LABELS).to_csv(tmp_path / "table.csv", index=False)

    found = profile_of_any_split(tmp_path / "table.csv", "label")

    assert found == {False: ("datetime", True), True: ("datetime", True)}


def test_a_table_with_odd_cells_is_learned_from_and_predicted() -> None:
    """A row with odd cells counts as one without these."""
    frame = with_odd_cell(DATES, "soon").assign(price=with_odd_cell(NUMBERS, "3.0T")["column"])
    classifier = StructuredDataClassifier(max_trials=1, seed=0, ensemble=False)

    classifier.fit(frame, LABELS, epochs=1, verbose=0)

    found = classifier.predict_proba(frame)
    expected = classifier.predict_proba(frame.assign(column=frame["column"].replace("soon", None)))
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, expected)


def test_an_odd_cell_is_an_error_in_any_row_of_a_column_that_the_user_has_named() -> None:
    """`column_types` says that all cells are numbers. No row is named: those of a part are not those of the table."""
    frame = with_odd_cell(NUMBERS, "3.0T")

    for seed in range(12):
        with pytest.raises(DataError, match="^A cell of the numerical column 'column' holds no number.*'3.0T'"):
            StructuredDataClassifier(column_types={"column": "numerical"}, seed=seed).analyse(frame, LABELS)


def test_an_odd_cell_among_dates_that_the_user_has_named_is_the_one_that_is_shown() -> None:
    """It is no date in the format of the others."""
    with pytest.raises(DataError, match=r"A cell .* holds no date.*format %d.%m.%Y.*'soon'"):
        analysed([*DATES[:7], "soon", *DATES[8:]], column_types={"column": "datetime"})


def test_an_odd_cell_in_validation_data_of_the_user_is_an_error() -> None:
    """They are no part of the training data, so they must hold what those hold."""
    frame = with_odd_cell(DATES, "01.01.2020")
    validation = (with_odd_cell(DATES, "soon"), LABELS)

    with pytest.raises(DataError, match="Row 7 of the datetime column 'column' holds no date.*'soon'"):
        StructuredDataClassifier(max_trials=1).fit(frame, LABELS, validation_data=validation, epochs=1, verbose=0)


def test_few_cells_among_dates_that_are_none_are_missing() -> None:
    """A column of dates with a few words in it stays one of dates, and says what it does with the words."""
    facts, reason = analysed([f"{n % 28 + 1}.3.{1900 + n}" if n % 20 else "soon" for n in range(200)])

    assert (facts["kind"], facts.get("date_format"), facts.get("is_mixed")) == ("datetime", "%d.%m.%Y", True)
    assert (facts["missing"], facts["categories"]) == (10, 190)
    assert "10 cells that are none, e.g. 'soon', are taken as missing" in reason


@pytest.mark.parametrize(("cells", "different"), [(30, 30), (101, 1)])
def test_many_words_among_dates_make_no_dates(cells: int, different: int) -> None:
    """Where more than one in ten texts is no date, or more than half of the cells are none."""
    words = [f"soon {'abcdefghij'[n % 10]}{'klm'[n // 10 % 3]}" for n in range(different)]

    facts, _ = analysed([f"{n % 28 + 1}.3.{1900 + n}" if n >= cells else words[n % different] for n in range(200)])

    assert facts["kind"] != "datetime"


def test_a_word_among_decimal_commas_is_missing() -> None:
    """As it is among decimal points."""
    facts, reason = analysed([f"{n},5" if n % 50 else "unbekannt" for n in range(200)])

    assert (facts["kind"], facts.get("decimal"), facts["missing"]) == ("numerical", ",", 4)
    assert "4 cells that are none, e.g. 'unbekannt', are taken as missing" in reason


@pytest.mark.parametrize(
    ("spell", "kind"),
    [
        ("{:,.2f}%", "numerical"),
        ("{:,.2f} €", "numerical"),
        ("(€{:,.2f})", "numerical"),
        ("€ {:,.2f}", "numerical"),
    ],
)
def test_marked_numbers_with_decimal_commas(spell: str, kind: str) -> None:
    """Currency and percent signs, and parentheses, do not hide them."""
    cells = [spell.format(n * 7.25).translate(str.maketrans(",.", ".,")) for n in range(400)]

    facts, _ = analysed(cells)

    assert (facts["kind"], facts.get("decimal"), facts["categories"]) == (kind, ",", 400)


def test_points_between_thousands_are_read() -> None:
    """Where there are so many that they can be nothing else."""
    facts, reason = analysed([f"€{n * 37:,}".replace(",", ".") for n in range(1, 401)])

    assert (facts["kind"], facts.get("decimal"), facts.get("is_integer")) == ("numerical", ",", True)
    assert "with points between thousands, such as '€1.036'" in reason


def test_times_of_day_are_times() -> None:
    """They are no identifiers, though all of them differ."""
    facts, reason = analysed([f"{n // 60:02d}:{n % 60:02d}:07" for n in range(400)])

    assert (facts["kind"], facts.get("date_format")) == ("datetime", "%H:%M:%S")
    assert "text that reads as times of day throughout (%H:%M:%S)" in reason


@pytest.mark.usefixtures("in_either_way")
def test_gaps_between_thousands_are_read_in_files(tmp_path: Path) -> None:
    """The largest values are those that have them."""
    prices = np.arange(ROWS) * 37
    column = [f"{price:,} €".replace(",", "\u202f") for price in prices]
    pd.DataFrame({"column": column, "size": np.arange(ROWS) * 0.5}).to_csv(tmp_path / "table.csv", index=False)
    table_input = StructuredDataInput()
    rows = table_input.adapt(tmp_path / "table.csv")

    raw: Any = table_input.raw_rows(rows, table_input.analyse(rows, name="structured"))

    np.testing.assert_array_equal(raw[:, 0], prices)


def test_numbers_with_a_unit_do_not_number_the_rows() -> None:
    """Though they all differ and have few gaps."""
    facts, reason = analysed([f"{n}kg" for n in range(100)])

    assert (facts["kind"], facts.get("unit")) == ("numerical", "kg")
    assert reason == "text that reads as numbers throughout, with the unit 'kg', 100 different"


def test_a_name_says_that_numbers_with_a_unit_number_the_rows() -> None:
    """As it does without one."""
    facts, reason = analysed([f"{n} pcs" for n in range(100)], "row_id")

    assert facts["kind"] == "dropped"
    assert "the name says that they number the rows" in reason


def test_a_zero_in_front_of_a_number_with_a_unit_makes_no_code() -> None:
    """Minutes are filled up with zeros."""
    facts, _ = analysed([f"{n % 60:02d} min" for n in range(300)])

    assert (facts["kind"], facts.get("unit"), facts["categories"]) == ("numerical", "min", 60)


def test_codes_with_a_letter_are_shown_as_they_are_written() -> None:
    """The letter is none of them."""
    facts, reason = analysed([f"{n % 40:02d}B" for n in range(300)])

    assert (facts["kind"], facts.get("unit")) == ("categorical", None)
    assert reason.startswith("codes: digits that start with 0, e.g. '00B'")


def test_numbers_of_telephones_are_no_amounts() -> None:
    """All of them are three groups of three digits."""
    facts, _ = analysed([f"695 99{n % 10} {660 + n // 10}" for n in range(100)] * 3)

    assert facts["kind"] == "categorical"


@pytest.mark.parametrize("odd", ["unknown", "<0.1"])
def test_a_word_in_many_cells_makes_numbers_no_categories(odd: str) -> None:
    """It is one text among a hundred; that it stands there is learned from as a missing value is."""
    facts, _ = analysed([odd if n % 4 == 0 else f"{n}.5" for n in range(400)])

    assert (facts["kind"], facts["is_mixed"], facts["missing"]) == ("numerical", True, 100)


def test_words_in_most_cells_make_categories_of_numbers() -> None:
    """The numbers are the odd ones then."""
    facts, _ = analysed([f"{n}.5" if n % 4 == 0 else "unknown" for n in range(400)])

    assert facts["kind"] == "categorical"


def test_many_words_make_categories_of_numbers() -> None:
    """More than one in ten different texts."""
    facts, _ = analysed([f"{n % 80}.5" if n % 5 else f"hall {'abcdefghij'[n // 5 % 10]}" for n in range(400)])

    assert facts["kind"] == "categorical"


def test_a_word_in_many_cells_makes_dates_no_categories() -> None:
    """As with numbers."""
    days = np.datetime64("2021-01-01") + np.arange(400)

    facts, _ = analysed(["open" if n % 4 == 0 else str(day) for n, day in enumerate(days)])

    assert (facts["kind"], facts["is_mixed"], facts["missing"]) == ("datetime", True, 100)


@pytest.mark.parametrize("spelling", [".", "..", "--", "N.A.", "n.a.", "Null", "NONE", "#DIV/0!"])
def test_spellings_of_nothing(spelling: str) -> None:
    """What statistics programs and spreadsheets write is missing, in capitals or not."""
    facts, reason = analysed([spelling if n % 4 == 0 else f"{n % 7}" for n in range(60)])

    assert (facts["kind"], facts["missing"]) == ("numerical", 15)
    assert f"{spelling!r} read as missing" in reason


def test_an_odd_cell_makes_codes_no_amounts() -> None:
    """Digits that start with a 0 are codes as they are without it."""
    facts, reason = analysed([f"{n % 40:03d}" if n else "136A" for n in range(300)])

    assert facts["kind"] == "categorical"
    assert reason.startswith("codes: digits that start with 0, e.g. '001'")


def test_a_padded_cell_makes_no_codes_of_amounts_with_an_odd_cell() -> None:
    """Where nearly all others are amounts."""
    facts, _ = analysed([*(str(n) for n in range(1_000, 1_298)), "00", "unknown"])

    assert facts["kind"] == "numerical"


@pytest.mark.parametrize("odd", ["1 day, 2:00:00", "-0:37"])
def test_durations_are_no_times_of_day(odd: str) -> None:
    """The longest would be missing, or the negative ones."""
    facts, _ = analysed([odd if n % 20 == 0 else f"{n % 200 // 60}:{n % 60:02d}:00" for n in range(400)])

    assert facts["kind"] == "categorical"


@pytest.mark.parametrize("name", ["Na", "Nan"])
def test_names_that_are_written_like_nothing_are_values(name: str) -> None:
    """Sodium is an element, and Nan a person."""
    facts, _ = analysed([name if n % 4 == 0 else "Ca" for n in range(60)])

    assert facts["missing"] == 0


def test_an_odd_cell_makes_times_of_day_no_categories() -> None:
    """It is missing, as it is among dates."""
    facts, _ = analysed([f"{n // 60:02d}:{n % 60:02d}" if n != 7 else "noon" for n in range(300)])

    assert (facts["kind"], facts["missing"]) == ("datetime", 1)


def test_amounts_of_a_hundred_million_are_read_among_others() -> None:
    """Some are shorter."""
    facts, _ = analysed([f"{n * 1_234_567:,}".replace(",", " ") for n in range(1, 301)])

    assert facts["kind"] == "numerical"


# What is warned of


@pytest.mark.parametrize(
    "cells",
    [
        [f"0:00:00.{n:03d}123" for n in range(40)],
        [f"{hour:02d}:00" for hour in range(1, 25)],
        [f"({n})" for n in range(201, 261)],
        [f"192.168.100.{n}" for n in range(147, 177)],
    ],
    ids=["fractions of a second", "the hour 24", "labels in parentheses", "addresses"],
)
def test_what_only_looks_like_times_or_amounts_stays_categories(cells: list[str]) -> None:
    """As times all would be equal or some missing, as amounts all negative, or a million million."""
    facts, _ = analysed(cells * 20)

    assert facts["kind"] == "categorical"
    assert facts["categories"] == len(cells)


def warned_of(cells: Any, name: str = "column", **arguments: Any) -> list[str]:
    """Return the warnings about a column."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        analysed(cells, name, **arguments)
    return [str(each.message) for each in caught if issubclass(each.category, DataWarning)]


WEIGHTS = [f"{n}{'lb' if n % 2 else 'kg'}" for n in range(100)]
DISTANCES = [f"{n} {'mi' if n % 2 else 'km'}" for n in range(1000, 1100)]
SALES = [f"${n % 40 + 10}.5{'/kg' if n % 2 else '/lb'}" for n in range(200)]
SHORT = [f"{n}" if n < 95 else f"{n}.1T" for n in range(100)]
SEATS = [f"{n % 40}{'ABCDEF'[n % 6]}" for n in range(240)]
TINY = np.arange(1, 101) * 1e-42
POUNDS = [*(f"{n} kg" for n in range(1, 96)), *["5 lb"] * 5]
PICTURES = [f"{n} 480" for n in range(320, 380)]
UNCLEAR = ["€999", "€1.234", "€12"] * 30


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (WEIGHTS, "'column' is dropped as an identifier, though its texts, such as '0kg', are mostly digits"),
        (TINY, "'column' is dropped as constant: unless they are scaled, float32 takes its 100 numbers for one"),
        (UNCLEAR, "'column' has points, as in '€1.234', that may be between thousands"),
        (DISTANCES, "'column' is taken for text, though its texts, such as '1000 km', are mostly digits"),
        (SALES, "'column' is taken for categories, though its texts, such as '$10.5/lb', are mostly digits"),
        (SHORT, "'column' has cells such as '95.1T', with digits, that are taken as missing"),
        (POUNDS, "'column' has cells such as '5 lb', with digits, that are taken as missing"),
        (PICTURES, "'column' has texts, such as '320 480', that may be two numbers each; they are taken for one"),
        (SEATS, "such as '0A', are mostly digits. If they are numbers, write them as plain ones; or"),
    ],
    ids=["identifier", "tiny", "points", "text", "categories", "mixed", "pounds", "pictures", "seats"],
)
def test_a_column_whose_numbers_may_be_lost_is_warned_of(cells: Any, message: str) -> None:
    """By name, and with what happens to it."""
    (found,) = warned_of(cells)

    assert message in found


def test_a_column_that_is_doubted_twice_is_warned_of_once() -> None:
    """With both."""
    (found,) = warned_of([*(f"€{n}" for n in range(100, 160)), "€1.234", "€12.5T"])

    assert "has cells such as '€12.5T', with digits, that are taken as missing and has points, as in '€1.234'" in found


@pytest.mark.parametrize(
    ("cells", "name", "types"),
    [
        ([f"INV-{n:05d}" for n in range(100)], "column", {}),
        ([f"0{n}" for n in range(100)], "column", {}),
        (WEIGHTS, "row_id", {}),
        (WEIGHTS, "column", {"column": "dropped"}),
        (TINY, "column", {"column": "dropped"}),
        (UNCLEAR, "column", {"column": "numerical"}),
        (["€999", "€1.2", "€12"] * 30, "column", {}),
        ([f"{n}kg" for n in range(100, 300, 2)], "column", {}),
        ([f"{n % 10 + 10}{'lb' if n % 2 else 'kg'}" for n in range(200)], "column", {}),
        ([f"{n % 40 + 10000}-{n % 40 + 1000}" for n in range(200)], "zip", {}),
        ([str(n) if n % 50 else "unknown" for n in range(200)], "column", {}),
    ],
    ids=["letters", "zeros", "name", "dropped", "tiny", "numerical", "clear", "unit", "few", "codes", "words"],
)
def test_columns_that_are_sure_are_not_warned_of(cells: Any, name: str, types: dict[str, Any]) -> None:
    """Identifiers are, and what `column_types` names."""
    assert warned_of(cells, name, column_types=types) == []


def test_the_warning_is_that_of_the_call_of_fit() -> None:
    """It names the user's line."""
    frame = pd.DataFrame({"weight": WEIGHTS, "size": np.arange(100) * 0.5})

    with pytest.warns(DataWarning, match="'weight' is dropped") as caught:
        StructuredDataClassifier().analyse(frame, np.arange(100) % 2)

    assert [Path(each.filename).name for each in caught if each.category is DataWarning] == [Path(__file__).name]
