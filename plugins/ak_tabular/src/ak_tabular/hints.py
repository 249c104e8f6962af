"""What names and spellings suggest about a column: identifier, code, order, yes or no. Light: standard library only."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "boolean_order",
    "has_leading_zero",
    "looks_like_amount",
    "looks_like_code",
    "looks_like_identifier",
    "looks_like_order",
    "word_count",
]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LEADING_ZERO = re.compile(r"\s*0\d+\s*", re.ASCII)
_GROUPS = re.compile(r"\d+", re.ASCII)
# What stands between thousands is no decimal separator, so that one is there only once.
_CENTS = re.compile(r"([^.]*)\.\d{1,2}\D*|([^,]*),\d{1,2}\D*", re.ASCII)
_AMOUNT = re.compile(r"([\d\W_]+)[^\W\d_]{0,4}")

_IDENTIFIERS = frozenset({
    "guid", "id", "ids", "identifier", "idx", "rowid", "rowname", "rownames", "rownumber", "uid", "unnamed", "uuid",
})  # fmt: skip
_NUMBERING = frozenset(
    {"index", "key", "no", "nr", "number"}
)  # at the end of a name; elsewhere they may count something
_QUANTITIES = frozenset({
    "activity", "atomic", "average", "confidence", "consumer", "cost", "density", "heat", "humidity", "mach", "mass",
    "max", "mean", "min", "performance", "poverty", "price", "quality", "refraction", "refractive", "reynolds", "risk",
    "sentiment", "severity", "stress", "sum", "temperature", "total", "uv", "vegetation", "volatility", "wave",
})  # fmt: skip
_CODES = frozenset({
    "category", "cluster", "code", "codes", "id", "ids", "key", "postal", "postcode", "type", "zip", "zipcode",
})  # fmt: skip
_LEADING_CODES = frozenset({"code", "id"})  # at the start of a name; other words there say of what something is
_JOINTS = ("of", "for")  # what stands in front of one is what the column holds
_SUFFIXES = ("x", "y", "left", "right")  # of tables that were merged
_ORDERS = frozenset({
    "age", "date", "day", "days", "epoch", "hour", "hours", "minute", "minutes", "month", "months", "order", "position",
    "rank", "ranking", "score", "second", "seconds", "step", "t", "time", "timestamp", "week", "weeks", "x", "year", "years",
})  # fmt: skip
_PAIRS = (("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("off", "on"))


def looks_like_identifier(name: str) -> bool:
    """Return whether a name says that a column numbers the rows, e.g. `"PassengerId"`; `"number_of_visitors"` does not."""
    words = _words(name)
    if not _IDENTIFIERS.isdisjoint(words):
        return True
    return bool(words) and words[-1] in _NUMBERING and _QUANTITIES.isdisjoint(words[-2:-1])


def looks_like_amount(text: str) -> bool:
    """Return whether a text is at least half digits, with at most a unit behind them, e.g. `"5 kg"`; `"INV-0012"` is not.

    Neither are numbers of telephones and addresses (`"555-123-4567"`, `"10.0.0.12"`): their groups are not those of thousands.
    """
    cents = _CENTS.fullmatch(text)
    groups = _GROUPS.findall(text if cents is None else cents[cents.lastindex or 0])
    if len(groups) > 2 and any(len(group) != 3 for group in groups[1:]):
        return False
    match = _AMOUNT.fullmatch(text.strip())
    return match is not None and 2 * sum(map(str.isdigit, match[1])) >= len(match[1])


def looks_like_code(name: str) -> bool:
    """Return whether a name says that the numbers of a column are codes, e.g. `"zip_code"`; `"zip_population"` does not."""
    words = _words(name)
    words = words[: next((place for place, word in enumerate(words) if word in _JOINTS), len(words))]
    while words and words[-1] in _SUFFIXES:
        words.pop()
    return bool(words) and (words[-1] in _CODES or words[0] in _LEADING_CODES)


def looks_like_order(name: str) -> bool:
    """Return whether a name says that consecutive numbers mean something, e.g. `"year"`."""
    return not _ORDERS.isdisjoint(_words(name))


def boolean_order(texts: Sequence[str]) -> tuple[str, str] | None:
    """Return two texts as (false, true) if they are such a pair, e.g. `"No"` and `"Yes"`; else `None`."""
    if len(texts) != 2:
        return None
    by_meaning = {text.strip().lower(): text for text in texts}
    for false, true in _PAIRS:
        if by_meaning.keys() == {false, true}:
            return by_meaning[false], by_meaning[true]
    return None


def has_leading_zero(text: str) -> bool:
    """Return whether a text is digits that start with a 0, as codes do and numbers do not."""
    return _LEADING_ZERO.fullmatch(text) is not None


def word_count(text: str) -> int:
    """Return how many words a text has; of scripts without spaces every four characters count as one."""
    words = len(text.split())
    return words if text.isascii() else max(words, len(text) // 4)


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]
