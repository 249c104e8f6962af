"""How numbers are written in text, and what number a text is. No Keras here."""

from __future__ import annotations

import decimal as decimals
import re
from collections import Counter
from typing import Any, Literal, TypeAlias

import numpy as np

from ak_tabular.cells import LARGEST, as_text
from ak_tabular.thresholds import MOST, NEARLY_ALL, TEXTS_TO_LOOK_AT

__all__ = [
    "Decimal",
    "canonical_number",
    "common_unit",
    "groups_of_three",
    "is_in_parentheses",
    "is_magnitude",
    "meaning_of_points",
    "parse_number",
    "parse_numbers",
    "uses_decimal_commas",
    "without_unit",
]

Array: TypeAlias = np.ndarray[Any, Any]
Decimal: TypeAlias = Literal[".", ","]
NumberStyle: TypeAlias = Literal["plain", "thousands", "currency", "percent", "accounting", "magnitude"]
PointMeaning: TypeAlias = Literal["decimal", "thousands", "unclear"]

_RARE = 0.01
_FRACTIONS_BY_CHANCE = 44  # 0.9**44 < 0.01: one in ten fractions of three digits ends with a 0, and is written shorter
_LONGEST_UNIT = 12

# Unicode's category Sc, with room for more in its block of currency symbols.
_CURRENCIES = (
    "$\u00a2-\u00a5\u058f\u060b\u07fe\u07ff\u09f2\u09f3\u09fb\u0af1\u0bf9\u0e3f\u17db"
    "\u20a0-\u20cf\ua838\ufdfc\ufe69\uff04\uffe0\uffe1\uffe5\uffe6\U00011fdd-\U00011fe0\U0001e2ff\U0001ecb0"
)
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
_LAKHS = re.compile(r"[+-]?[1-9]\d?(,\d{2})+,\d{3}(\.\d*)?", re.ASCII)  # as in India: 12,34,567
_CURRENCY_WORDS = (
    r"Rs\.?|(?:A|AU|C|CA|HK|NZ|R|S|US)\$|AED|AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|MYR|NOK|NZD"
    r"|PHP|PLN|RMB|RUB|SAR|SEK|SGD|THB|TRY|USD|ZAR"
)
_AMOUNT = re.compile(
    rf"(?P<outer>[-+(])?\s?(?P<before>[{_CURRENCIES}]|{_CURRENCY_WORDS})?\s?(?P<inner>[-+(])?"
    rf"(?P<digits>[0-9.,]+)\s?(?P<after>[{_CURRENCIES}%])?(?P<end>\))?"
)
_COMMAS = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", re.ASCII)
_ONE_GROUP = re.compile(r"[+-]?\d{1,3}\.\d{3}", re.ASCII)
_SURE_GROUPS = re.compile(r"[+-]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})", re.ASCII)
_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_BELOW_THOUSAND = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_GAPS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}([ \u00a0\u202f'\u2019])\d{3}(?:\1\d{3})*(?!\d)", re.ASCII)  # of one kind
_GROUPS_OF_THREE = re.compile(r"\s*[1-9]\d\d([ \u00a0\u202f])\d{3}(\1\d{3})*\s*", re.ASCII)
_UNIT = re.compile(r"[0-9]\.?\s?((?:\u00b0|/\s?)?[^\W\d_][^\d\s]*(?:\s[^\W\d_][^\d\s]*){0,2}|[\u00b0\u2033\"])$")
_PLURAL = re.compile(r"(?<=ch|sh)es$|(?<=[^\W\d_]{2})s$")
_PAIR = re.compile(r"([1-9]\d*),([1-9]\d*)", re.ASCII)
_TRUTHS = {"true": 1.0, "false": 0.0}
_MAGNITUDES = {
    "k": 3, "thousand": 3, "lakh": 5, "m": 6, "mil": 6, "mio": 6, "mn": 6, "million": 6, "crore": 7, "b": 9, "bn": 9, "mrd": 9,
    "billion": 9, "t": 12, "trillion": 12,
}  # fmt: skip
# `mil` is a thousand in Spanish.
_WORDS = "|".join(sorted((word for word in _MAGNITUDES if len(word) > 1 and word != "mil"), key=len, reverse=True))
_MAGNITUDE = re.compile(rf"\d\s?(?:(?P<letter>[KkMmBb])|(?P<word>(?i:{_WORDS}))s?\.?)$")
_OF_MONEY = ("m", "b", "mn")  # elsewhere metres, bits, minutes and the like
# Codes with a letter may have more digits, or zeros in front.
_BEFORE_A_LETTER = re.compile(r"[+-]?(0|[1-9]\d{0,2})(\.\d+)?", re.ASCII)


def parse_number(text: str, *, truths: bool = True) -> tuple[float, NumberStyle] | None:
    """Return the number that a text is, and how it is written; `None` if it is none that float32 can hold.

    Numbers may be written with commas or gaps between thousands (`"1,234.5"`, `"1 234.5"`, `"1'234.5"`), with a currency
    sign or word (`"$5"`, `"5 €"`, `"USD 5"`), with a percent sign (`"12%"` is 12), or, if negative, in parentheses
    (`"(5.00)"` is -5). A comma is no decimal separator, see `uses_decimal_commas`, and units are none of the text, see
    `common_unit`. But a magnitude makes it another number: `"1.2K"` is 1200, `"$3.5m"` and `"3.5 million"` are 3,500,000.

    Args:
        text: The text.
        truths: Whether the words true and false are 1 and 0, as booleans are. Among amounts they are none: there they say
            that a value is missing, or are a mistake.

    Example:
        ```python
        parse_number(" $1,234 ")  # (1234.0, "currency")
        ```
    """
    bare, magnitude, power = _without_magnitude(text.strip())
    digits, style = _bare(bare)
    if magnitude and style != "currency":
        style = "magnitude"
        if magnitude in _OF_MONEY or (len(magnitude) == 1 and _BEFORE_A_LETTER.fullmatch(digits) is None):
            return None
    if _THOUSANDS.fullmatch(digits) is not None or (style == "currency" and _LAKHS.fullmatch(digits) is not None):
        style, digits = "thousands" if style == "plain" else style, digits.replace(",", "")
    if _PLAIN.fullmatch(digits) is None:
        truth = _TRUTHS.get(digits.lower()) if truths and style == "plain" else None
        return None if truth is None else (truth, style)
    if power and "e" in digits.lower():
        return None
    number = float(decimals.Decimal(digits).scaleb(power)) if power else float(digits)
    return (number, style) if abs(number) <= LARGEST else None


def _without_magnitude(text: str) -> tuple[str, str, int]:
    """Return a text without the magnitude behind its digits, the magnitude, and the power of ten it is; 0 where there is none."""
    match = None if text[-1:].isdigit() else _MAGNITUDE.search(text)
    if match is None:
        return text, "", 0
    found = match["letter"] or match["word"].lower()
    return text[: match.start() + 1], found, _MAGNITUDES[found.lower()]  # the match begins with the last digit


def _bare(text: str) -> tuple[str, NumberStyle]:
    """Return the digits of an amount with their sign, and how it is marked; what is no such amount as it is.

    In both there are no gaps between thousands, and the sign is that of ASCII.

    Args:
        text: A text without blanks around it.
    """
    closed = _without_gaps(text)
    unmarked: NumberStyle = "thousands" if len(closed) < len(text) else "plain"
    match = _AMOUNT.fullmatch(closed)
    if match is None:
        return closed, unmarked
    sign = (match["outer"] or "") + (match["inner"] or "")
    marks = [mark for mark in (match["before"], match["after"]) if mark]
    is_enclosed = sign == "("
    if len(sign) > 1 or len(marks) > 1 or is_enclosed != (match["end"] is not None) or not (marks or is_enclosed):
        return closed, unmarked
    style: NumberStyle = "percent" if marks == ["%"] else "currency" if marks else "accounting"
    return ("-" if is_enclosed else sign) + match["digits"], style


def _without_gaps(text: str) -> str:
    """Return a text without blanks or apostrophes between thousands, and with the minus sign of ASCII for any or a dash."""
    if text.isascii() and " " not in text and "'" not in text:  # most are so, and columns are long
        return text
    return _GAPS.sub(lambda found: found[0].replace(found[1], ""), text.replace("\u2212", "-").replace("\u2013", "-"))


def is_in_parentheses(text: str) -> bool:
    """Return whether a text is a number that nothing but parentheses marks, e.g. `"(5.00)"`."""
    return _bare(text.strip())[1] == "accounting"


def groups_of_three(text: str) -> int:
    """Return in how many groups of three digits a text is throughout, as telephone numbers are; 0 if it is in none.

    Example:
        ```python
        groups_of_three("695 995 660")  # 3
        groups_of_three("1 234 567")  # 0
        ```
    """
    return 0 if _GROUPS_OF_THREE.fullmatch(text) is None else (len(text.strip()) + 1) // 4


def canonical_number(text: str) -> str | None:
    """Return how a cell that holds the number of a text is written, see `as_text`; `None` if the text is no plain number.

    Example:
        ```python
        canonical_number("007")  # "7"
        canonical_number("True")  # "1"
        ```
    """
    found = parse_number(text)
    if found is None or found[1] != "plain":
        return None
    return as_text(found[0], column="", row=0)


def uses_decimal_commas(texts: Array, *, counts: Array | None = None, may_be_lists: bool = True) -> bool:
    """Return whether texts are numbers with a decimal comma (`"12,5"`, `"1.234,56 €"`), or with points between thousands.

    At least nine of ten rows must be written so; the others are no numbers. Where nearly all commas may be thousands
    separators (`"1,234"`), they are taken for these. Where one point may be a decimal point (`"1.125"`, as a float among
    the texts is written) and no text says that points are none, the answer is no.

    Args:
        texts: An object array of `str`, the different texts of a column.
        counts: How many rows have each; by default one.
        may_be_lists: Whether commas may also stand between the answers to a question, such as `"1,2"` and `"2,4"`: where
            all could, they are taken for these.
    """
    few = texts[:: max(1, len(texts) // TEXTS_TO_LOOK_AT)]
    if 2 * sum(_COMMAS.fullmatch(_bare(text.strip())[0]) is not None for text in few) < max(1, len(few)):
        return False
    rows = np.ones(len(texts)) if counts is None else counts
    bare = [_bare(text.strip()) for text in texts]
    fits = np.array([_COMMAS.fullmatch(digits) is not None for digits, _ in bare])
    if rows[fits].sum() < round(MOST * float(rows.sum()), 6):
        return False
    has_comma = fits & np.array(["," in digits for digits, _ in bare])
    if not has_comma.any():
        return meaning_of_points(texts) == "thousands"
    is_sure = has_comma & np.array([parse_number(text) is None for text in texts])
    if not is_sure.any() or rows[is_sure].sum() < _RARE * rows[has_comma].sum():
        return False
    numbers = [each for each, is_number in zip(bare, fits, strict=True) if is_number]
    if any(style == "plain" and _ONE_GROUP.fullmatch(digits) for digits, style in numbers) and not any(
        _SURE_GROUPS.fullmatch(digits) for digits, _ in numbers
    ):
        return False
    return not (may_be_lists and _are_lists([digits for digits, _ in numbers if "," in digits]))


def meaning_of_points(texts: Array) -> PointMeaning:
    """Return what the points in numbers without commas are: decimal points, or between thousands (`"€1.234"`).

    They are between thousands where a number has two of them and another has not; or where all that have one have three
    digits behind it, all others are below 1,000, and there are so many that fractions would not look so by chance. Where
    there are fewer it is unclear, if they are amounts of money.

    Args:
        texts: An object array of `str`, the different texts of a column.
    """
    bare = [_bare(text.strip()) for text in texts]
    pointed = [(digits, style) for digits, style in bare if "." in digits and digits[-1:].isdigit()]
    others = [digits for digits, _ in bare if "." not in digits and _PLAIN.fullmatch(digits)]
    if not pointed or not all(_POINTS.fullmatch(digits) for digits, _ in pointed):
        return "decimal"
    if any(digits.count(".") > 1 for digits, _ in pointed):
        # Addresses and codes of three digits each ("192.168.100.147") have as many points throughout.
        points = {digits.count(".") for digits, _ in pointed} | ({0} if others else set())
        return "thousands" if len(points) > 1 or any(style == "currency" for _, style in pointed) else "decimal"
    if not others or not all(_BELOW_THOUSAND.fullmatch(digits) for digits in others):
        return "decimal"
    if len(pointed) >= _FRACTIONS_BY_CHANCE:
        return "thousands"
    return "unclear" if any(style == "currency" for _, style in pointed) else "decimal"


def _are_lists(texts: list[str]) -> bool:
    """Return whether texts with commas are pairs of rising integers throughout, as lists are, and not all with one end."""
    pairs = [_PAIR.fullmatch(text) for text in texts]
    rising = [(int(pair[1]), int(pair[2])) for pair in pairs if pair is not None and int(pair[1]) < int(pair[2])]
    return len(rising) == len(texts) and len({end for _, end in rising}) > 1


def common_unit(texts: Array, *, counts: Array | None = None, may_be_codes: bool = True) -> str:
    """Return the unit that is written behind the numbers of a column, e.g. `"km"` of `"58000 km"`; `""` if there is none.

    It is a word or a few, and the same in at least nine of ten rows, in singular or plural, in capitals or not. A magnitude
    (`"850.6K"`) is one where no other number goes without any, as `"950"` does, which is less than that.

    Args:
        texts: An object array of `str`, the different texts of a column.
        counts: How many rows have each; by default one.
        may_be_codes: Whether a single letter right behind the digits may belong to codes, such as the numbers of parts
            (`"84887B"`): where nearly all rows differ, it is taken for that.

    Example:
        ```python
        common_unit(np.array(["5kg", "12.5 kg"], dtype=object))  # "kg"
        ```
    """
    few = texts[:: max(1, len(texts) // TEXTS_TO_LOOK_AT)]
    units = Counter(match[1] for text in few if (match := _UNIT.search(text.rstrip())) is not None)
    forms: Counter[str] = Counter()
    for each, found in units.items():
        forms[_form(each)] += found
    form, found = next(iter(forms.most_common(1)), ("", 0))
    unit = next((each for each, _ in units.most_common() if _form(each) == form), "")
    if 2 * found < len(few) or len(unit) > _LONGEST_UNIT:
        return ""
    rows = np.ones(len(texts)) if counts is None else counts
    has_unit = _has_unit(texts, unit)
    if rows[has_unit].sum() < round(MOST * float(rows.sum()), 6):
        return ""
    if is_magnitude(unit):
        others = [text for text in texts[~has_unit] if not _without_magnitude(text.rstrip())[2]]
        if np.nansum(np.abs(parse_numbers(np.array(others, dtype=object), truths=False))) > 0:
            return ""
    if may_be_codes and len(unit) == 1 and unit.isalpha() and len(texts) >= NEARLY_ALL * rows.sum():
        return unit if any(text.rstrip()[-2:-1].isspace() for text in texts[has_unit]) else ""
    return unit


def is_magnitude(unit: str) -> bool:
    """Return whether a unit may say how large a number is, as `"K"` and `"million"` do: without it the number is another."""
    return _power(unit) > 0


def _power(unit: str) -> int:
    """Return the power of ten that a unit may stand for, such as 3 for `"K"`, 6 for `"millions"` and `"million USD"`; else 0."""
    words = [word.lower() if len(word) < 3 else _form(word).lower() for word in unit.split()]
    return next((_MAGNITUDES[word] for word in words if word in _MAGNITUDES), 0)


def _form(unit: str) -> str:
    """Return what the spellings of one unit share: `"day"` of `"days"`, `"km"` of `"KM"`; `"Mb"` and `"MB"` share none."""
    bare = "".join(unit.replace(".", "").split())
    is_word = (len(bare) > 1 and (bare.isupper() or bare.islower())) or (len(bare) > 2 and bare.istitle())
    return _PLURAL.sub("", bare.lower() if is_word else bare)


def _has_unit(texts: Array, unit: str) -> Array:
    return np.array([len(_cut(text, unit)) < len(text.rstrip()) for text in texts], dtype=bool)


def without_unit(texts: Array, unit: str) -> Array:
    """Return texts without a unit, in whatever form, see `common_unit`: themselves if there is none."""
    if not unit:
        return texts
    bare = np.empty(len(texts), dtype=object)
    bare[:] = [_cut(text, unit) for text in texts]
    return bare


def _cut(text: str, unit: str) -> str:
    """Return a text without blanks at its end, and without the unit there."""
    stripped = text.rstrip()
    if stripped.endswith(unit):
        return stripped.removesuffix(unit)
    match = _UNIT.search(stripped)
    return stripped[: match.start(1)] if match is not None and _form(match[1]) == _form(unit) else stripped


def parse_numbers(texts: Array, *, decimal: Decimal = ".", unit: str = "", truths: bool = True) -> Array:
    """Return what numbers texts are as float64, NaN for those that are none.

    Args:
        texts: An object array of `str`, shape `(rows,)`.
        decimal: Whether they have a decimal point, or a decimal comma.
        unit: What may be written behind them, see `common_unit`; a magnitude, or another one, must be, but for 0.
        truths: Whether the words true and false are 1 and 0, see `parse_number`.
    """
    values = _parsed(without_unit(texts, unit), decimal, truths=truths)
    if is_magnitude(unit):
        for index in np.flatnonzero((values != 0) & ~_has_unit(texts, unit)):
            _, _, power = _without_magnitude(texts[index].strip())
            values[index] = values[index] / 10.0 ** _power(unit) if power else np.nan
    return values


def _parsed(texts: Array, decimal: Decimal, *, truths: bool) -> Array:
    if decimal == ",":
        pointed = np.empty(len(texts), dtype=object)
        pointed[:] = [_with_point(text) for text in texts]
        texts = pointed
    try:
        values = texts.astype(np.float64)
    except (ValueError, TypeError):
        found = [parse_number(text, truths=truths) for text in texts]
        return np.array([np.nan if each is None else each[0] for each in found], dtype=np.float64)
    # Python reads more than we do, `1_000` and `inf` e.g.; those are rare enough to look at each of them.
    for index in [index for index, text in enumerate(texts) if "_" in text or not text.isascii()]:
        each = parse_number(texts[index], truths=truths)
        values[index] = np.nan if each is None else each[0]
    with np.errstate(invalid="ignore"):
        values[~(np.abs(values) <= LARGEST)] = np.nan
    return values


def _with_point(text: str) -> str:
    stripped = text.strip()
    bare, _, _ = _without_magnitude(stripped)
    is_number = _COMMAS.fullmatch(_bare(bare)[0]) is not None
    return bare.replace(".", "").replace(",", ".") + stripped[len(bare) :] if is_number else stripped
