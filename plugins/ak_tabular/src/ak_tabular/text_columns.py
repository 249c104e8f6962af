"""What a column of text is: numbers, dates, yes or no, identifiers, categories or text. No Keras here."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import attrs
import numpy as np

from ak_tabular.amounts import TableFacts, count_numbers, judge_numbers
from ak_tabular.columns import MAX_CATEGORIES, Column, Kind, check_boolean, check_cells, placeholders_among
from ak_tabular.dates import ISO, MISSING_TIME, find_dates, find_format, is_time_of_day
from ak_tabular.findings import Finding, Texts
from ak_tabular.hints import (
    boolean_order,
    has_leading_zero,
    looks_like_amount,
    looks_like_code,
    looks_like_identifier,
    word_count,
)
from ak_tabular.numerals import (
    Decimal,
    common_unit,
    groups_of_three,
    is_in_parentheses,
    meaning_of_points,
    parse_numbers,
    uses_decimal_commas,
    without_unit,
)
from ak_tabular.reasons import counted, not_read, spelled, written
from ak_tabular.tables import is_declared_categorical
from ak_tabular.thresholds import MOST, NEARLY_ALL, ROWS_FOR_IDENTIFIERS, TEXTS_TO_LOOK_AT

__all__ = ["judge_texts"]

Array: TypeAlias = np.ndarray[Any, Any]

_ENOUGH_DIFFERENT = 20  # fewer different numbers or dates among other texts may be there by chance
_SHARE_OF_DATES = 0.5  # the others may be few texts, see `_are_odd`
_CLOCK = re.compile(r"\d+:\d\d", re.ASCII)
_WORDS_OF_TEXT = 3
_WORDS_OF_NAMES = 1.5


def judge_texts(
    table: Array, index: int, column: Column, *, texts: Texts, given: Kind | None, about: TableFacts
) -> Finding:
    """Return what a column of text is that is not missing throughout.

    Args:
        table: The training rows, see `ak_tabular.tables`.
        index: Where the column is in them.
        column: The facts about it, to be judged yet.
        texts: Its cells.
        given: The user's own decision.
        about: What is known of the table.

    Raises:
        DataError: If it cannot be what the user says.
    """
    as_numbers, bare = _as_numbers(column, texts, given)
    if given is not None:
        return Finding(column=_as_given(table, index, as_numbers, bare, given))
    if column.categories == 1 and not column.missing:
        return Finding(column=attrs.evolve(column, reason="constant: text, all equal"))
    if is_declared_categorical(table, index):
        return Finding(column=_categorical(column, texts, "declared as categories"))
    if (values := boolean_order(texts.distinct.tolist())) is not None:
        reason = counted(f"only {values[0]!r} and {values[1]!r}", column, texts.rows) + spelled(texts.spellings)
        return Finding(column=attrs.evolve(column, kind="boolean", values=values, reason=reason))
    numbers = _numbers_among(bare.distinct, as_numbers.decimal, truths=_are_truths(texts.distinct))
    if not np.isnan(numbers).all():
        finding = _of_numbers_in_text(as_numbers, bare, numbers, about)
        if finding is not None:
            doubts = (finding.doubt, _doubt_of_points(finding.column, bare), _doubt_of_gaps(finding.column, bare))
            return attrs.evolve(finding, doubt=" and ".join(doubt for doubt in doubts if doubt))
    dates = find_dates(texts.distinct.tolist(), counts=texts.counts, share=_SHARE_OF_DATES)
    if dates is not None:
        finding = _of_dates_in_text(column, texts, *dates)
        if finding is not None:
            return finding
    return _of_words(column, texts, numbers)


def _as_numbers(column: Column, texts: Texts, given: Kind | None) -> tuple[Column, Texts]:
    """Return a column with how its numbers are written, if these are wanted; and its texts without their unit."""
    if given not in (None, "numerical"):
        return column, texts
    unit = common_unit(texts.distinct, counts=texts.counts, may_be_codes=given is None)
    bare = attrs.evolve(texts, distinct=without_unit(texts.distinct, unit))
    has_commas = uses_decimal_commas(bare.distinct, counts=texts.counts, may_be_lists=given is None)
    return attrs.evolve(column, unit=unit, decimal="," if has_commas else "."), bare


def _doubt_of_points(column: Column, texts: Texts) -> str:
    """Return what to warn of where points may be between thousands, and are taken for decimal points."""
    if column.kind != "numerical" or column.decimal == "," or meaning_of_points(texts.distinct) != "unclear":
        return ""
    example = next(text for text in texts.distinct if "." in text)
    return f"has points, as in {example!r}, that may be between thousands; they are taken for decimal points"


def _doubt_of_gaps(column: Column, texts: Texts) -> str:
    """Return what to warn of where all numbers are two groups of three digits, as sizes of pictures are, too."""
    if column.kind != "numerical" or column.unit or any(groups_of_three(text) != 2 for text in texts.distinct):
        return ""
    return f"has texts, such as {texts.distinct[0]!r}, that may be two numbers each; they are taken for one"


def _are_truths(distinct: Array) -> bool:
    """Return whether all texts are 0 or 1, some perhaps written as true and false."""
    return len(distinct) <= TEXTS_TO_LOOK_AT and bool(np.isin(parse_numbers(distinct), (0, 1)).all())


def _numbers_among(distinct: Array, decimal: Decimal, *, truths: bool) -> Array:
    """Return what numbers texts are, NaN for those that are none; of many only some are tried where these are none."""
    few = distinct[:: -(-len(distinct) // TEXTS_TO_LOOK_AT)]
    if np.isnan(parse_numbers(few, decimal=decimal, truths=truths)).all():
        return np.full(len(distinct), np.nan)
    return parse_numbers(distinct, decimal=decimal, truths=truths)


def _are_odd(is_unread: Array, counts: Array) -> bool:
    """Return whether those texts of a column that are not read are odd ones among the others.

    They are in few rows; or they are few texts, such as `"unknown"`, in not more than half of the rows.

    Args:
        is_unread: Which of the different texts are none of what the others are.
        counts: How many rows have each.
    """
    if _are_few(is_unread, counts):
        return True
    rows, others = float(counts.sum()), float(counts[is_unread].sum())
    return bool(np.count_nonzero(is_unread) <= round((1 - MOST) * len(is_unread), 6)) and 2 * others <= rows


def _are_few(is_one: Array, counts: Array) -> bool:
    """Return whether at most one in ten rows has one of some texts."""
    return float(counts[is_one].sum()) <= round((1 - MOST) * float(counts.sum()), 6)


def _of_numbers_in_text(column: Column, texts: Texts, numbers: Array, about: TableFacts) -> Finding | None:
    """Return what a column is whose texts, without their unit, are numbers throughout, or nearly so; else `None`."""
    is_number = ~np.isnan(numbers)
    read = texts.distinct[is_number]
    if all(is_in_parentheses(text) for text in read):
        return None  # labels: negative numbers are written so to tell them from others
    if not column.unit and all(groups_of_three(text) > 2 for text in read):
        return None  # numbers of telephones: among amounts some would have less digits in front
    if not is_number.all() and (len(read) <= _ENOUGH_DIFFERENT or not _are_odd(~is_number, texts.counts)):
        return None
    # A letter may belong to a code, a word says that it is none. Where some cells are odd anyway, a few zeros may be, too.
    is_padded = np.array([has_leading_zero(text) for text in texts.distinct]) & is_number
    zeros = texts.distinct[is_padded if len(column.unit) < 2 else slice(0)]
    if len(zeros) and (is_number.all() or not _are_few(is_padded, texts.counts)):
        if column.categories >= NEARLY_ALL * (texts.rows - column.missing):
            return None
        what = f"codes: digits that start with 0, e.g. {zeros[0] + column.unit!r}"
        return Finding(column=_categorical(attrs.evolve(column, unit=""), texts, what))
    if is_number.all():
        return _of_numbers_throughout(column, texts, numbers, about)
    return _of_numbers_and_others(column, texts, numbers, about)


def _of_numbers_throughout(column: Column, texts: Texts, numbers: Array, about: TableFacts) -> Finding:
    """Return what a column is all of whose texts are numbers."""
    what = "text that reads as numbers throughout"
    what += written(texts.distinct, decimal=column.decimal, unit=column.unit)
    numeric, distinct = count_numbers(texts.values(numbers), name=column.name)
    kind, reason, otherwise = judge_numbers(numeric, distinct, rows=texts.rows, about=about, what=what)
    if column.unit and otherwise is not None and not looks_like_identifier(column.name):
        # What numbers the rows has no unit.
        kind, reason, otherwise = "numerical", counted(what, numeric, texts.rows), None
    if kind == "numerical" and np.isnan(parse_numbers(texts.distinct, decimal=column.decimal, truths=False)).any():
        kind = "boolean"  # always true, or always false, where it is not missing
    facts = attrs.evolve(column, kind=kind, is_integer=numeric.is_integer, reason=reason + spelled(texts.spellings))
    if kind == "boolean":  # however 0 and 1 are written
        facts = attrs.evolve(facts, storage="number", categories=numeric.categories)
    elif kind != "categorical":
        facts = attrs.evolve(facts, categories=numeric.categories)
    return Finding(column=facts, otherwise=otherwise)


def _of_numbers_and_others(column: Column, texts: Texts, numbers: Array, about: TableFacts) -> Finding:
    """Return what a column is nearly all of whose texts are numbers: codes if it is called so, else amounts."""
    is_number = ~np.isnan(numbers)
    read, unread = texts.distinct[is_number], texts.distinct[~is_number]
    numeric, distinct = count_numbers(texts.values(numbers), name=column.name)
    what = "mixed: text that reads as numbers" + written(read, decimal=column.decimal, unit=column.unit)
    kind, _, _ = judge_numbers(numeric, distinct, rows=texts.rows, about=about, what=what)
    if kind == "categorical":
        what = "mixed: text, and numbers that are codes, as the name says"
        return Finding(column=_categorical(attrs.evolve(column, unit=""), texts, what))
    amounts = [text for text in unread[:TEXTS_TO_LOOK_AT] if text.lstrip()[:1].isdigit() or looks_like_amount(text)]
    doubt = f"has cells such as {amounts[0]!r}, with digits, that are taken as missing" if amounts else ""
    reason = counted(what, numeric, texts.rows)
    reason += not_read(unread, int(texts.counts[~is_number].sum())) + spelled(texts.spellings)
    facts = attrs.evolve(
        column,
        kind="numerical",
        missing=numeric.missing,
        categories=numeric.categories,
        is_integer=numeric.is_integer,
        is_mixed=True,
        reason=reason,
    )
    return Finding(column=facts, doubt=doubt)


def _of_dates_in_text(column: Column, texts: Texts, date_format: str, seconds: Array) -> Finding | None:
    """Return what a column is whose texts are dates throughout, or nearly so; `None` if too few are to be sure."""
    is_date = seconds != MISSING_TIME
    unread = texts.distinct[~is_date]
    # Durations are written like times of day, but for those that are longer than a day, or differ in fractions of a second.
    may_be_durations = any(_CLOCK.search(text) for text in unread) or len(np.unique(seconds)) < MOST * len(seconds)
    if is_time_of_day(date_format) and may_be_durations:
        return None
    noun = "times of day" if is_time_of_day(date_format) else "dates"
    facts = attrs.evolve(column, kind="datetime", date_format=date_format)
    if is_date.all():
        reason = counted(f"text that reads as {noun} throughout ({date_format})", column, texts.rows)
        return Finding(column=attrs.evolve(facts, reason=reason + spelled(texts.spellings)))
    dates = int(np.count_nonzero(is_date))
    if dates <= _ENOUGH_DIFFERENT or not _are_odd(~is_date, texts.counts):
        return None
    others = int(texts.counts[~is_date].sum())
    facts = attrs.evolve(facts, is_mixed=True, missing=column.missing + others, categories=dates)
    facts = attrs.evolve(facts, placeholders=placeholders_among(unread))
    reason = counted(f"mixed: text that reads as {noun} ({date_format})", facts, texts.rows)
    reason += not_read(unread, others) + spelled(texts.spellings)
    return Finding(column=attrs.evolve(facts, reason=reason))


def _of_words(column: Column, texts: Texts, numbers: Array) -> Finding:
    """Return what a column is whose texts are neither numbers nor dates: text, identifiers or categories."""
    known = texts.rows - column.missing
    share = column.categories / known
    looked_at = texts.distinct[:: -(-column.categories // TEXTS_TO_LOOK_AT)]
    words = sum(word_count(text) for text in looked_at) / len(looked_at)
    shape = f"{words:.1f} words each"
    is_enough = known >= ROWS_FOR_IDENTIFIERS
    if is_enough and (
        (words >= _WORDS_OF_TEXT and share > 0.5)
        or (words > _WORDS_OF_NAMES and share >= NEARLY_ALL)
        or (words >= 5 and column.categories > TEXTS_TO_LOOK_AT)
    ):
        reason = counted(f"text of {shape}", column, texts.rows) + ", mostly different" + spelled(texts.spellings)
        doubt = _doubt_of_words(column, numbers, looked_at, "taken for text")
        return Finding(column=attrs.evolve(column, kind="text", reason=reason), doubt=doubt)
    least = MOST if looks_like_identifier(column.name) else NEARLY_ALL
    if is_enough and share >= least:
        reason = counted("identifier: text", column, texts.rows) + ", different in nearly every row"
        reason += f", {shape}; column_types can keep it" + spelled(texts.spellings)
        doubt = _doubt_of_words(column, numbers, looked_at, "dropped as an identifier")
        return Finding(column=attrs.evolve(column, reason=reason), otherwise="text", doubt=doubt)
    numbers_found = np.count_nonzero(~np.isnan(numbers))
    what = "text" if not numbers_found else f"mixed: text, and numbers in {numbers_found} of the values"
    is_much = column.categories > _ENOUGH_DIFFERENT
    doubt = _doubt_of_words(column, numbers, looked_at, "taken for categories") if is_much else ""
    return Finding(column=_categorical(column, texts, what), doubt=doubt)


def _doubt_of_words(column: Column, numbers: Array, looked_at: Array, what: str) -> str:
    """Return what to warn of where texts are mostly digits, as amounts are, and are not taken for numbers.

    Args:
        column: The facts about the column.
        numbers: What numbers its texts are; where all are some, it was seen that they are codes.
        looked_at: Some of its texts.
        what: What is done with it.
    """
    if looks_like_identifier(column.name) or looks_like_code(column.name) or not np.isnan(numbers).any():
        return ""
    if sum(map(looks_like_amount, looked_at)) < MOST * len(looked_at):
        return ""
    return f"is {what}, though its texts, such as {looked_at[0]!r}, are mostly digits"


def _categorical(column: Column, texts: Texts, what: str) -> Column:
    reason = counted(what, column, texts.rows) + spelled(texts.spellings)
    if column.categories > MAX_CATEGORIES:
        reason += ", many"
    return attrs.evolve(column, kind="categorical", reason=reason)


def _as_given(table: Array, index: int, column: Column, texts: Texts, given: Kind) -> Column:
    """Return a column of text that is of the kind the user says.

    Raises:
        DataError: If it cannot be.
    """
    if given == "boolean":
        column = _as_boolean(column, texts)
    reason = counted("as column_types says", column, texts.rows) + spelled(texts.spellings)
    column = attrs.evolve(column, kind=given, reason=reason)
    if given == "numerical":
        check_cells(table, index, column)
        numbers = parse_numbers(texts.distinct, decimal=column.decimal, truths=False)
        numeric, _ = count_numbers(texts.values(numbers), name=column.name)
        return attrs.evolve(column, categories=numeric.categories, is_integer=numeric.is_integer)
    if given == "datetime":
        date_format = find_format(texts.distinct.tolist(), counts=texts.counts, share=MOST, are_dates=True)
        check_cells(table, index, attrs.evolve(column, date_format=date_format or ""))  # an error names no format then
        return attrs.evolve(column, date_format=date_format or ISO)
    return column


def _as_boolean(column: Column, texts: Texts) -> Column:
    """Return a column of text that is to be boolean: by its two texts, or as 0 and 1, however these are written.

    Raises:
        DataError: If it has more values.
    """
    pair = texts.distinct.tolist()
    if (values := boolean_order(pair)) is not None:
        return attrs.evolve(column, values=values)
    if _are_truths(texts.distinct):
        categories = len(np.unique(parse_numbers(texts.distinct)))
        return attrs.evolve(column, storage="number", categories=categories)
    check_boolean(column, "boolean")
    return attrs.evolve(column, values=tuple(sorted(pair)) if len(pair) == 2 else ())
