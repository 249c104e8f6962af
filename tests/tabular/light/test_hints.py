"""What names and spellings suggest about a column."""

from __future__ import annotations

import pytest

from ak_tabular.hints import (
    boolean_order,
    has_leading_zero,
    looks_like_amount,
    looks_like_code,
    looks_like_identifier,
    looks_like_order,
    word_count,
)


@pytest.mark.parametrize(
    "name",
    ["id", "PassengerId", "customerID", "row_number", "Unnamed: 0", "uuid", "user.key", "No.", "invoice nr", "index"],
)
def test_names_of_identifiers(name: str) -> None:
    """Words of a name are found, however they are put together."""
    assert looks_like_identifier(name)


@pytest.mark.parametrize(
    "name",
    ["number_of_visitors", "no_of_shares", "NumberOfSteps", "nr of rooms", "price_index", "bodyMassIndex", "atomic number",
     "key_rate", "no_smoking", ""],
)  # fmt: skip
def test_names_of_counts_and_measures(name: str) -> None:
    """What counts or measures something does not number the rows."""
    assert not looks_like_identifier(name)


@pytest.mark.parametrize("name", ["width", "idle", "Candid", "nois", "humidity", "monkey"])
def test_names_that_only_contain_such_a_word(name: str) -> None:
    """Part of a word is no hint."""
    assert not looks_like_identifier(name)
    assert not looks_like_code(name)


def test_names_of_codes_and_orders() -> None:
    """Codes are categories; an order is a number, though it counts up."""
    assert all(map(looks_like_code, ("zip_code", "ProductType", "code of product 2", "store_id_x", "type_of_house")))
    assert not any(map(looks_like_code, ("price", "key_presses", "lines_of_code", "x", "")))
    assert looks_like_order("birthYear") and looks_like_order("t") and not looks_like_order("index")


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Yes", "No"], ("No", "Yes")),
        (["f", "t"], ("f", "t")),
        ([" TRUE", "false"], ("false", " TRUE")),
        (["yes", "YES"], None),
        (["yes", "true"], None),
        (["male", "female"], None),
        (["yes", "no", "maybe"], None),
    ],
)
def test_pairs_that_mean_no_and_yes(texts: list[str], expected: tuple[str, str] | None) -> None:
    """The text for false comes first, as it is written."""
    assert boolean_order(texts) == expected


def test_leading_zeros_and_words() -> None:
    """`007` is a code, `0`, `0.5` and `10` are numbers; scripts without spaces have words, too."""
    assert [has_leading_zero(text) for text in ("007", " 01 ", "0", "0.5", "10", "0x1")] == [True, True] + [False] * 4
    assert [word_count(text) for text in ("a b  c", "Müller", "这部电影非常好看")] == [3, 1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5kg", True),
        ("5 kg", True),
        ("1 day", True),
        ("12,5 h", True),
        ("+49 170 123", True),
        ("1 234 567", True),
        ("555-123-4567", False),
        ("123-45-6789", False),
        ("10.0.0.12", False),
        ("192.168.1.20", False),
        ("31.12.21", False),
        ("22'183.50", True),
        ("1 192,13 €", True),
        ("INV-0012", False),
        ("$-", False),
        ("a", False),
        ("5 apples", False),
        ("1.-.-.-", False),
        ("", False),
    ],
)
def test_amounts_are_mostly_digits(text: str, expected: bool) -> None:
    """With at most a unit behind them, and in the groups of thousands, if in any."""
    assert looks_like_amount(text) is expected
