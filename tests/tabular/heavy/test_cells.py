"""Cells: numbers and dates in text, and tables of any cells that are read alike."""

from __future__ import annotations

import datetime
import unicodedata
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ak_tabular import StructuredDataInput
from ak_tabular.cells import as_text
from ak_tabular.dates import MISSING_TIME, find_format, parse_times
from ak_tabular.numerals import (
    common_unit,
    groups_of_three,
    meaning_of_points,
    parse_number,
    parse_numbers,
    uses_decimal_commas,
)
from ak_tabular.tables import read_codes, read_numbers, read_texts, read_times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" 12 ", (12, "plain")),
        ("-1.5e3", (-1500, "plain")),
        (".5", (0.5, "plain")),
        ("1,234", (1234, "thousands")),
        ("-12,345,678.9", (-12345678.9, "thousands")),
        ("$5", (5, "currency")),
        ("-$ 1,200.50", (-1200.5, "currency")),
        ("7 €", (7, "currency")),
        ("12.5 %", (12.5, "percent")),
        ("$-5", (-5, "currency")),
        ("₹1,099", (1099, "currency")),
        ("₹1,09,900", (109900, "currency")),
        ("5\u00a0₺", (5, "currency")),
        ("USD 1,234", (1234, "currency")),
        ("-US$5.50", (-5.5, "currency")),
        ("Rs. 1,09,900", (109900, "currency")),
        ("(R$ 5)", (-5, "currency")),
        ("CHF12", (12, "currency")),
        ("(5.00)", (-5, "accounting")),
        ("($1,234)", (-1234, "currency")),
        ("$(5)", (-5, "currency")),
        ("1 249", (1249, "thousands")),
        ("12\u00a0345\u00a0678.5", (12345678.5, "thousands")),
        ("12\u202f345 €", (12345, "currency")),
        ("22'183.50", (22183.5, "thousands")),
        ("1\u2019234", (1234, "thousands")),
        ("(1 234)", (-1234, "accounting")),
        ("\u22125.20", (-5.2, "plain")),
        ("\u20135.20", (-5.2, "plain")),
        ("(12%)", (-12, "percent")),
        ("1.1K", (1100, "magnitude")),
        ("950k", (950000, "magnitude")),
        ("-2.55 M", (-2550000, "magnitude")),
        ("€110.5M", (110500000, "currency")),
        ("$3.5m", (3500000, "currency")),
        ("€5mn", (5000000, "currency")),
        ("$1,200K", (1200000, "currency")),
        ("3B", (3e9, "magnitude")),
        ("1,200 million", (1.2e9, "magnitude")),
        ("Rs. 5 lakhs", (500000, "currency")),
        ("3 Mio.", (3e6, "magnitude")),
        (" True", (1, "plain")),
        ("FALSE", (0, "plain")),
    ],
)
def test_numbers_in_text(text: str, expected: tuple[float, str]) -> None:
    """Numbers are read as people write them."""
    assert parse_number(text) == expected


@pytest.mark.parametrize(
    "text",
    ["1,23", "12,34,567", "1.234,5", "1_000", "0x10", "inf", "nan", "1e39", "١٢", "$", "%", "1 2", "true%", "truth"]
    + ["($5", "5)", "()", "(-5)", "$5%", "$5€", "- 5", "0,234", "ABC 5", "Rs", "USD 5 €", "5–10"]
    + [
        "5m",
        "5 b",
        "84887B",
        "05B",
        "1234K",
        "700 mil",
        "45 mn",
        "1e5K",
        "1e9999999 million",
        "1,234K",
        "K",
        "million",
        "5% K",
        "1e5e3K",
        "5KM",
        "1 t",
    ]
    + ["030 123 456", "555 123 4567", "1 2345", "2024 001", "1 234'567", "1,234 567"],
)
def test_texts_that_are_no_numbers(text: str) -> None:
    """What may mean something else, or does not fit into float32, is no number."""
    assert parse_number(text) is None
    assert np.isnan(parse_numbers(np.array([text, "1"], dtype=object))[0])


@pytest.mark.parametrize("text", ["True", "false"])
def test_truth_is_no_amount(text: str) -> None:
    """Where numbers are amounts the words are none, in a single text as in many."""
    assert parse_number(text, truths=False) is None
    assert np.isnan(parse_numbers(np.array([text, "1"], dtype=object), truths=False)[0])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["12,5", "-3", "+0,25"], True),
        (["1.234,5", "1.234"], True),
        (["1,234", "12,5"], True),
        (["1,234", "2,345"], False),
        (["12.5", "12,5"], False),
        (["12", "13"], False),
        (["12,5", "A"], False),
        (["1,2", "1", "3", "2,4"], False),
        (["1,5", "2,5", "3,5"], True),
        (["1,2", "2,04"], True),
        (["0,5", "1,7"], True),
        (["1,3", "4,2"], True),
        (["12,5", "7", "1.125"], False),
        (["12,5", "1.234.567", "1.125"], True),
        (["12,50 €", "1.234 €", "3,00 €"], True),
        (["12,50%", "3,1 %"], True),
        (["1 192,13 €", "12 345,67 €", "3,00 €"], True),
        (["€1.234,56", "(€999)"], True),
        (["0,234", "0,125"], True),
        ([f"{n},5" for n in range(30)] + ["unbekannt"], True),
        ([f"{n},5" for n in range(30)] + ["x", "y", "z", "?!"], False),
        ([f"${n:,}" for n in range(1_000, 1_300)] + ["$1,23"], False),
        (["€1.234.567", "€999"], True),
        (["€1.234", "€999"], False),
        (["1.5", "2.25", "3"], False),
    ],
)
def test_decimal_commas_are_told_from_thousands(texts: list[str], expected: bool) -> None:
    """They are decimal ones where all texts allow it, and one allows nothing else; lists and floats are left alone."""
    assert uses_decimal_commas(np.array(texts, dtype=object)) is expected


def test_rows_decide_how_many_texts_are_no_numbers() -> None:
    """Not the number of different texts."""
    texts = np.array(["1,5", "2,5", "unbekannt"], dtype=object)

    assert uses_decimal_commas(texts, counts=np.array([50, 45, 5]))
    assert not uses_decimal_commas(texts, counts=np.array([50, 5, 45]))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.5", "2"], "decimal"),
        (["€1.234", "€1234"], "decimal"),
        (["€0.234", "€12"], "decimal"),
        (["€1.234", "€2.345"], "decimal"),
        (["1.234", "999"], "decimal"),
        (["€1.234", "€999"], "unclear"),
        (["€1.234.567", "€999"], "thousands"),
        (["1.234.567", "12.345"], "thousands"),
        (["192.168.100.147", "192.168.100.148"], "decimal"),
        (["612.345.678", "613.345.679"], "decimal"),
        ([*(f"{n / 1000:.3f}" for n in range(1001, 1051)), "7"], "thousands"),
        ([*(f"{n / 1000:.3f}" for n in range(1001, 1051)), "7", "1.5"], "decimal"),
        ([*(f"{n / 1000:.3f}" for n in range(1001, 1051))], "decimal"),
    ],
)
def test_points_that_only_thousands_explain(texts: list[str], expected: str) -> None:
    """Three digits behind each of very many points, and nothing of 1,000 or more without one."""
    assert meaning_of_points(np.array(texts, dtype=object)) == expected


def test_every_currency_sign_is_one() -> None:
    """Those of Unicode's category."""
    signs = [chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) == "Sc"]

    assert [sign for sign in signs if parse_number(f"{sign}5") != (5, "currency")] == []


def test_what_is_a_number_is_no_list() -> None:
    """Where it is known that the texts are numbers, commas between rising integers are decimal ones."""
    assert uses_decimal_commas(np.array(["1,2", "2,4"], dtype=object), may_be_lists=False)


def test_numbers_with_decimal_commas() -> None:
    """Points are thousands separators then; what fits neither way of writing is none."""
    texts = np.array(["12,5", " -3 ", "1.234,5", "1.234", "12.5", "1,2,3", "x"], dtype=object)

    numbers = parse_numbers(texts, decimal=",")

    np.testing.assert_array_equal(numbers, [12.5, -3, 1234.5, 1234, 12.5, np.nan, np.nan])


def test_decimal_commas_before_magnitudes() -> None:
    """Points stand between thousands there, too."""
    texts = np.array(["1,5 Mio", "52.345 Mio.", "1,5K"], dtype=object)

    np.testing.assert_array_equal(parse_numbers(texts, decimal=","), [1_500_000, 52_345_000_000, 1_500])


def test_decimal_commas_behind_gaps() -> None:
    """Blanks and apostrophes stand between thousands there, too."""
    texts = np.array(["1 192,13 €", "12'345,5", "-3,5"], dtype=object)

    np.testing.assert_array_equal(parse_numbers(texts, decimal=","), [1192.13, 12345.5, -3.5])


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["58000 km", "7km"], "km"),
        (["1,234 USD", "12 USD"], "USD"),
        (["12,5 °C", "-3 °C"], "°C"),
        (["5 kg", "5 lb"], ""),
        (["5", "6"], ""),
        (["5%", "6%"], ""),
        (["a km", "b km"], ""),
        (["5 years old", "6 years old"], "years old"),
        (["500 sq. ft", "1,200 sq ft", "80 sq. ft"], "sq. ft"),
        (["5 of the best I saw", "7 of the best I saw"], ""),
        (["$70/month", "$85 / month"], "/month"),
        (['15.6"', '13"'], '"'),
        (["45°", "-7.5°"], "°"),
        ([*(f"{n} days" for n in range(2, 30)), *["1 day"] * 20], "days"),
        (["3 boxes", "1 box", "2 inches", "1 inch"], ""),
        (["2 inches", "1 inch"], "inches"),
        (["5 KM", "7 km", "9 km."], "KM"),
        (["5 Days", "7 days"], "Days"),
        ([*(f"{n} Mb" for n in range(9)), *(f"{n} MB" for n in range(9))], ""),
        (["2 ms", "3 m"], ""),
        (["5 m2", "6 m2"], ""),
        ([*(f"{n} km" for n in range(30)), "unknown"], "km"),
        ([*(f"{n} km" for n in range(8)), "9", "unknown"], ""),
        ([*(f"{n / 10} K" for n in range(1, 191)), "unknown", "0"], "K"),
        ([*(f"{n / 10} K" for n in range(1, 191)), "1.2M"], "K"),
        ([*(f"{n / 10} K" for n in range(1, 191)), "950"], ""),
        ([*(f"{n / 10} m" for n in range(1, 191)), "1.8 M"], "m"),
        ([*(f"{n / 10} m." for n in range(1, 191)), "1.8"], "m."),
        ([*(f"{n} million" for n in range(1, 30)), "1,200"], ""),
        ([*(f"{n} million USD" for n in range(1, 30)), "1,200"], ""),
        ([f"{n}B" for n in range(84887, 84987)], ""),
        (["61.57N", "59.91N"], ""),
        (["5m", "12 m"], "m"),
    ],
)
def test_the_unit_of_a_column(texts: list[str], expected: str) -> None:
    """It is a word or a few behind the digits of nearly all texts, in one form or another, whatever stands between."""
    assert common_unit(np.array(texts, dtype=object)) == expected


def test_rows_decide_about_a_unit() -> None:
    """Not the number of different texts."""
    texts = np.array(["1 km", "2 km", "3 mi"], dtype=object)

    assert common_unit(texts, counts=np.array([60, 35, 5])) == "km"
    assert common_unit(texts, counts=np.array([60, 5, 35])) == ""


def test_numbers_with_a_unit() -> None:
    """It may be there or not; another one makes no number."""
    texts = np.array(["1,200 km", "7km", " 12.5 km ", "3", "5 mi", "km"], dtype=object)

    np.testing.assert_array_equal(parse_numbers(texts, unit="km"), [1200, 7, 12.5, 3, np.nan, np.nan])


def test_numbers_with_a_unit_in_another_form() -> None:
    """Also in one that training rows did not have; another unit with the same letters makes no number."""
    texts = np.array(["2 days", "1 day", "3 DAYS", "4 days.", "5 dayss", "6 d"], dtype=object)

    np.testing.assert_array_equal(parse_numbers(texts, unit="days"), [2, 1, 3, 4, np.nan, np.nan])


def test_a_letter_is_a_unit_where_values_come_back() -> None:
    """Or where the user has said that the texts are numbers; codes of parts differ."""
    texts = np.array(["5m", "6m"], dtype=object)

    assert common_unit(texts, counts=np.array([50, 50])) == "m"
    assert common_unit(texts, may_be_codes=False) == "m"


def test_a_number_without_the_magnitude_of_the_others_is_none() -> None:
    """It is another one; but nothing is nothing, and another magnitude says how many of these it is."""
    texts = np.array(["1850.6K", "950", "0", "1.5M", "2 million"], dtype=object)

    np.testing.assert_array_equal(parse_numbers(texts, unit="K"), [1850.6, np.nan, 0, 1500, 2000])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("695 995 660", 3),
        (" 640 480", 2),
        ("695\u202f995\u202f660", 3),
        ("1 234 567", 0),
        ("695 995\u202f660", 0),
        ("695", 0),
        ("695 995 660.5", 0),
        ("695,995,660", 0),
    ],
)
def test_groups_of_three_digits(text: str, expected: int) -> None:
    """With gaps of one kind between them, and in front as well."""
    assert groups_of_three(text) == expected


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False).map(repr), st.integers().map(str), st.booleans().map(str), st.text(max_size=6)
        ),
        max_size=8,
    )
)
def test_many_numbers_are_read_as_one_by_one(texts: list[str]) -> None:
    """The fast way to read a column gives what each of its texts is."""
    expected = [np.nan if (found := parse_number(text)) is None else found[0] for text in texts]

    np.testing.assert_array_equal(parse_numbers(np.array(texts, dtype=object)), np.array(expected, dtype=float))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2024-02-29", "2024-03-01 12:30", "2024-03-01T12:30:00.5+02:00"], "ISO8601"),
        (["2024-02"], "ISO8601"),
        (["29.02.2024", "1.3.2024"], "%d.%m.%Y"),
        (["02/29/2024", "12/1/2024"], "%m/%d/%Y"),
        (["29/02/2024", "1/12/2024"], "%d/%m/%Y"),
        (["1/2/2024", "2/1/2024"], "%m/%d/%Y"),
        (["2/29/24 3:45 PM"], "%m/%d/%y %I:%M %p"),
        (["29 Feb 2024", "1 Mar 2024"], "%d %b %Y"),
        (["February 29, 2024"], "%B %d, %Y"),
        (["2024-02-30"], None),
        (["2024-02-29", "later"], None),
        (["1st class", "2nd class"], None),
        (["1-2", "3-4"], None),
        (["12:30", "7:05"], "%H:%M"),
        (["13:45:07"], "%H:%M:%S"),
        (["3:45 PM"], "%I:%M %p"),
        (["25:10"], None),
        (["20200101T101112", "20200101T10"], "ISO8601"),
        (["2009-06-15 17:26:21 UTC", "2009-06-15 GMT"], "ISO8601"),
        (["15/06/2009 10:11:12.345678"], "%d/%m/%Y %H:%M:%S.%f"),
        (["24-Apr-20"], "%d-%b-%y"),
        (["2024-2-29", "2024-12-1"], "%Y-%m-%d"),
        (["2024-02-29 03:45 PM"], "%Y-%m-%d %I:%M %p"),
        (["2024.02.29"], "%Y.%m.%d"),
        (["29.02.24", "1.3.24"], "%d.%m.%y"),
        (["02-29-24"], "%m-%d-%y"),
        (["29-02-24"], "%d-%m-%y"),
        (["29 Feb 24"], "%d %b %y"),
        (["Feb 29 2024"], "%b %d %Y"),
        (["February 29 2024", "May 1 2024"], "%B %d %Y"),
        (["29 February, 2024"], "%d %B, %Y"),
        (["May 2024", "Jun 2024"], "%b %Y"),
        (["May 2024", "June 2024"], "%B %Y"),
        (["Feb-2024"], "%b-%Y"),
        (["Feb-24"], "%b-%y"),
        (["02/2024", "12/2024"], "%m/%Y"),
        (["2024/02"], "%Y/%m"),
        (["1.12.3", "2.0.14"], None),
        (["1.8.13", "1.10.12"], None),
        (["2021.3.1", "2021.3.2"], None),
        (["1/1000", "1/2000", "1/4000"], None),
        (["2009/10", "2011/12"], None),
        (["2009/10", "2010/12"], "%Y/%m"),
        (["29/Feb/2024"], "%d/%b/%Y"),
        (["2024-Feb-29"], "%Y-%b-%d"),
        (["29FEB2024", "1Mar2024"], "%d%b%Y"),
        (["29FEB24"], "%d%b%y"),
        (["12ABC2024"], None),
        (["Thu 29 Feb 2024"], "%a %d %b %Y"),
        (["Thursday, February 29, 2024"], "%A, %B %d, %Y"),
        (["Thu Feb 29 13:45:07 2024"], "%a %b %d %H:%M:%S %Y"),
        (["2024 Feb"], "%Y %b"),
        (["3:45pm"], "%I:%M%p"),
        (["2009-10", "2011-12"], None),
        (["2009-10", "2010-12"], "ISO8601"),
        (["2020"], None),
        ([], None),
    ],
)  # fmt: skip
def test_formats_of_dates(texts: list[str], expected: str | None) -> None:
    """A format is one that all texts are in; where day and month may be either, the month comes first."""
    assert find_format(texts) == expected


@pytest.mark.parametrize(
    ("texts", "expected"),
    [(["1.8.13"], "%d.%m.%y"), (["2021.3.1"], "%Y.%m.%d"), (["2009/10"], "%Y/%m"), (["2009-10"], "ISO8601")],
)
def test_what_is_known_to_be_dates_needs_no_sign_of_it(texts: list[str], expected: str) -> None:
    """Though they are written like versions, or like seasons."""
    assert find_format(texts) is None
    assert find_format(texts, are_dates=True) == expected


@pytest.mark.parametrize("sign", "/-")
def test_seasons_with_an_odd_cell_are_no_months(sign: str) -> None:
    """The odd cell says nothing about the others."""
    texts = [*(f"{year}{sign}{year % 100 + 1:02d}" for year in range(2000, 2012)), "unknown"]

    assert find_format(texts, share=0.9) is None


def test_most_rows_decide_about_a_format_with_odd_cells() -> None:
    """The day comes first where that reads more of them, though fewer would do."""
    texts = [*(f"{day}/3/2020" for day in range(1, 15)), "soon"]
    counts = np.array([*[10] * 12, 1, 1, 1])

    assert find_format(texts, counts=counts) is None
    assert find_format(texts, counts=counts, share=0.9) == "%d/%m/%Y"
    assert find_format(texts, share=0.95) is None


def test_the_zone_that_is_taken_anyway_may_be_named() -> None:
    """UTC and GMT make no difference."""
    texts = np.array(["1970-01-01 00:01 UTC", "1970-01-01 00:01", "1970-01-01T00:01GMT"], dtype=object)

    assert parse_times(texts, "ISO8601").tolist() == [60, 60, 60]


def test_dates_before_1970_and_unreadable_ones() -> None:
    """Seconds may be negative; what is not in the format is missing."""
    texts = np.array(["31.12.1969 23:59", "later"], dtype=object)

    assert parse_times(texts, "%d.%m.%Y %H:%M").tolist() == [-60, MISSING_TIME]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        (" ", None),
        (1.0, "1"),
        (True, "1"),
        (0.1, "0.1"),
        (10**30, str(10**30)),
        (Decimal("2.50"), "2.5"),
        (Decimal("NaN"), None),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (np.datetime64("2024-02-29"), "2024-02-29"),
        (np.datetime64("NaT"), None),
        (pd.Interval(0, 1), "(0, 1]"),
        (b"x", "x"),
    ],
)
def test_cells_have_one_text(value: Any, expected: str | None) -> None:
    """A value is the same text whatever its type."""
    assert as_text(value, column="a", row=0) == expected


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(width=32, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["NA", "?", "1,234", "$5", "2024-02-29", "yes", "007", "", "1", "True"]),
    st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 1, 1)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12))
def test_any_table_is_read_the_same_in_parts(rows: list[tuple[Any, Any]]) -> None:
    """Any cells make a table and a profile that says how many are missing; a part is read like the whole."""
    table_input = StructuredDataInput()
    table = table_input.adapt(pd.DataFrame(rows, columns=["a", "b"], dtype=object))
    profile = table_input.analyse(table, name="structured")

    table_input.check(table, profile)
    for place, column in enumerate(profile.facts["columns"]):
        name = column["name"]
        texts = read_texts(table, place, column=name)
        codes, distinct = read_codes(table, place, column=name)
        assert [None if code < 0 else distinct[code] for code in codes] == texts.tolist()
        for read in (read_numbers, read_times):
            whole, parts = (
                read(table, place, column=name),
                [read(table[[row]], place, column=name) for row in range(len(rows))],
            )
            np.testing.assert_array_equal(whole, np.concatenate(parts))
        if column["kind"] == "numerical":
            assert int(np.isnan(read_numbers(table, place, column=name)).sum()) == column["missing"]
        elif column["kind"] == "categorical" and column["storage"] == "text":
            assert sum(text is None for text in texts) == column["missing"]
            assert len(distinct) == column["categories"]
