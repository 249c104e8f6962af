"""Column analysis: of which kind each column is, and why. No Keras here."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ak_tabular.amounts import TableFacts, count_numbers, has_large_integers, judge_numbers
from ak_tabular.cells import (
    is_in_parentheses,
    is_spelled_missing,
    meaning_of_points,
    parse_numbers,
    uses_decimal_commas,
)
from ak_tabular.columns import MAX_CATEGORIES, Column, Decimal, Kind, check_boolean, check_cells, placeholders_among
from ak_tabular.dates import ISO, MISSING_TIME, find_dates, find_format, is_time_of_day
from ak_tabular.findings import Finding, Texts
from ak_tabular.frames import shorten
from ak_tabular.hints import (
    boolean_order,
    has_leading_zero,
    looks_like_amount,
    looks_like_identifier,
    word_count,
)
from ak_tabular.reasons import counted, not_read, spelled, written
from ak_tabular.spelling import other_spellings
from ak_tabular.tables import (
    column_count,
    default_names,
    exact_numbers,
    is_declared_categorical,
    names_of,
    raw_texts,
    read_times,
    storage_of,
)
from autokeras_core import DataError
from autokeras_core.errors import DataWarning, describe_error

__all__ = ["analyse_columns"]

Array: TypeAlias = np.ndarray[Any, Any]

_ROWS_FOR_IDENTIFIERS = 20  # with fewer, values may differ by chance
_NEARLY_ALL = 0.95
_MOST = 0.9
_FEW_INTEGERS = 20
_TEXTS_TO_LOOK_AT = 1000
_WORDS_OF_TEXT = 3
_WORDS_OF_NAMES = 1.5


def analyse_columns(
    table: Array, *, names: Sequence[str] | None, types: Mapping[str, Kind], note: str = "", share: float = 1.0
) -> tuple[Column, ...]:
    """Decide about each column of the training rows; warn of those whose numbers may be lost, or be other ones.

    Args:
        table: A table, see `ak_tabular.tables`.
        names: Names for a table that has none.
        types: The user's own decisions by column name.
        note: What to add to every reason, e.g. that the rows are a sample.
        share: Which part of the training rows the table is, taken evenly.

    Returns:
        A column for each, in order. Where all columns look like identifiers they are kept: nothing else is there.

    Raises:
        DataError: If `types` names an unknown column, or a kind that a column cannot be.
    """
    own = names_of(table) or list(names or default_names(column_count(table)))
    unknown = sorted(set(types) - set(own))
    if unknown:
        raise DataError(
            describe_error(
                "column_types names columns that the data does not have.",
                expected=f"names out of {shorten(own)}",
                received=f"{unknown}",
            )
        )
    about = TableFacts(has_names=own != default_names(len(own)), share=share)
    findings = [_analyse(table, index, name, types.get(name), about) for index, name in enumerate(own)]
    if all(finding.column.kind == "dropped" for finding in findings):
        findings = [_kept(finding) for finding in findings]
    doubts = [f"{finding.column.name!r} {finding.doubt}" for finding in findings if finding.doubt]
    if doubts:
        message = (
            f"Columns whose numbers may not be read as they are meant: {'; '.join(doubts)}. Write them as plain numbers; or "
            "say with column_types what such a column is, which silences this."
        )
        warnings.warn(message, DataWarning, stacklevel=5)  # the call of `fit`
    columns = [finding.column for finding in findings]
    return tuple(attrs.evolve(column, reason=column.reason + note) if note else column for column in columns)


def _kept(finding: Finding) -> Finding:
    if finding.otherwise is None:
        return finding
    reason = f"{finding.column.reason}; kept, since no other column is left"
    return Finding(column=attrs.evolve(finding.column, kind=finding.otherwise, reason=reason))


def _analyse(table: Array, index: int, name: str, given: Kind | None, about: TableFacts) -> Finding:
    storage = storage_of(table, index)
    if given == "dropped":  # it may hold anything
        return Finding(column=Column(name=name, kind=given, storage=storage, reason="as column_types says"))
    if storage == "number" and given != "text":
        return _of_numbers(table, index, name, given, about)
    if storage == "time" and given not in ("categorical", "text"):
        return _of_times(table, index, name, given)
    return _of_texts(table, index, name, given, about)


def _of_numbers(table: Array, index: int, name: str, given: Kind | None, about: TableFacts) -> Finding:
    values = exact_numbers(table, index, column=name)
    column, distinct = count_numbers(values, name=name)
    if not len(distinct):
        return Finding(column=attrs.evolve(column, reason="all missing"))
    is_large = has_large_integers(column, distinct)
    if given in ("categorical", "boolean") and is_large:
        return _kept_as_text(_of_texts(table, index, name, given, about))
    if given is not None:
        check_boolean(column, given)
        what = "seconds since 1970, " if given == "datetime" else ""
        reason = counted(f"{what}as column_types says", column, len(values))
        return Finding(column=attrs.evolve(column, kind=given, reason=reason))
    kind, reason, otherwise = judge_numbers(column, distinct, rows=len(values), about=about)
    doubt = ""
    if kind == "dropped" and column.categories == 1 and not column.missing and len(distinct) > 1:
        doubt = f"is dropped as constant: unless they are scaled, float32 takes its {len(distinct)} numbers for one"
    if kind == "categorical" and is_large:
        of_texts = _of_texts(table, index, name, kind, about)
        return _kept_as_text(attrs.evolve(of_texts, column=attrs.evolve(of_texts.column, reason=reason)))
    return Finding(column=attrs.evolve(column, kind=kind, reason=reason), otherwise=otherwise, doubt=doubt)


def _kept_as_text(finding: Finding) -> Finding:
    """Return what is found about integers of which float32 makes others, and that are read as text for that."""
    reason = f"{finding.column.reason}; read as text, since float32 rounds integers of this size"
    return attrs.evolve(finding, column=attrs.evolve(finding.column, reason=reason))


def _of_times(table: Array, index: int, name: str, given: Kind | None) -> Finding:
    seconds = read_times(table, index, column=name)
    known = seconds[seconds != MISSING_TIME]
    distinct = len(pd.unique(known))
    column = Column(
        name=name,
        kind="datetime" if given is None else given,
        storage="time",
        missing=int(len(seconds) - len(known)),
        categories=distinct,
    )
    if not distinct:
        return Finding(column=attrs.evolve(column, kind="dropped", reason="all missing"))
    check_boolean(column, column.kind)
    what = "times" if given is None else "as column_types says"
    if distinct == 1 and not column.missing and given is None:
        return Finding(column=attrs.evolve(column, kind="dropped", reason=f"constant: {what}, all equal"))
    low, high = (str(np.datetime64(int(each), "s").astype("datetime64[D]")) for each in (known.min(), known.max()))
    return Finding(column=attrs.evolve(column, reason=f"{counted(what, column, len(seconds))}, {low} to {high}"))


def _of_texts(table: Array, index: int, name: str, given: Kind | None, about: TableFacts) -> Finding:
    raw_codes, raw_distinct = raw_texts(table, index, column=name)
    is_missing = np.array([is_spelled_missing(text) for text in raw_distinct], dtype=bool)
    renumbered = np.append(np.where(is_missing, -1, np.cumsum(~is_missing) - 1), -1)
    texts = Texts(
        codes=renumbered[raw_codes],
        distinct=raw_distinct[~is_missing],
        spellings=tuple(sorted(raw_distinct[is_missing].tolist())),
    )
    column = Column(
        name=name,
        kind="dropped",
        storage="text",
        missing=int(np.count_nonzero(texts.codes < 0)),
        categories=len(texts.distinct),
        spellings=texts.spellings,
    )
    if not column.categories:
        return Finding(column=attrs.evolve(column, reason=f"all missing{spelled(texts.spellings)}"))
    finding = _judge_texts(table, index, column, texts, given, about)
    if finding.column.kind in ("categorical", "boolean") and finding.column.storage == "text":
        return attrs.evolve(
            finding, column=attrs.evolve(finding.column, written=other_spellings(texts.distinct, texts.counts))
        )
    return finding


def _judge_texts(
    table: Array, index: int, column: Column, texts: Texts, given: Kind | None, about: TableFacts
) -> Finding:
    """Return what a column of text is that is not missing throughout."""
    as_numbers = column
    if given in (None, "numerical") and uses_decimal_commas(
        texts.distinct, counts=texts.counts, may_be_lists=given is None
    ):
        as_numbers = attrs.evolve(column, decimal=",")
    if given is not None:
        return Finding(column=_as_given(table, index, as_numbers, texts, given))
    if column.categories == 1 and not column.missing:
        return Finding(column=attrs.evolve(column, reason="constant: text, all equal"))
    if is_declared_categorical(table, index):
        return Finding(column=_categorical(column, texts, "declared as categories"))
    if (values := boolean_order(texts.distinct.tolist())) is not None:
        reason = counted(f"only {values[0]!r} and {values[1]!r}", column, texts.rows) + spelled(texts.spellings)
        return Finding(column=attrs.evolve(column, kind="boolean", values=values, reason=reason))
    numbers = _numbers_among(texts.distinct, as_numbers.decimal, truths=_are_truths(texts.distinct))
    if not np.isnan(numbers).all():
        finding = _of_numbers_in_text(as_numbers, texts, numbers, about)
        if finding is not None:
            return attrs.evolve(finding, doubt=_doubt_of_points(finding.column, texts))
    dates = find_dates(texts.distinct.tolist(), counts=texts.counts, share=_MOST)
    if dates is not None:
        finding = _of_dates_in_text(column, texts, *dates)
        if finding is not None:
            return finding
    return _of_words(column, texts, numbers)


def _doubt_of_points(column: Column, texts: Texts) -> str:
    """Return what to warn of where points may be between thousands, and are taken for decimal points."""
    if column.kind != "numerical" or column.decimal == "," or meaning_of_points(texts.distinct) != "unclear":
        return ""
    example = next(text for text in texts.distinct if "." in text)
    return f"has points, as in {example!r}, that may be between thousands; they are taken for decimal points"


def _are_truths(distinct: Array) -> bool:
    """Return whether all texts are 0 or 1, some perhaps written as true and false."""
    return len(distinct) <= _TEXTS_TO_LOOK_AT and bool(np.isin(parse_numbers(distinct), (0, 1)).all())


def _numbers_among(distinct: Array, decimal: Decimal, *, truths: bool) -> Array:
    """Return what numbers texts are, NaN for those that are none; of many only some are tried where these are none."""
    few = distinct[:: -(-len(distinct) // _TEXTS_TO_LOOK_AT)]
    if np.isnan(parse_numbers(few, decimal=decimal, truths=truths)).all():
        return np.full(len(distinct), np.nan)
    return parse_numbers(distinct, decimal=decimal, truths=truths)


def _of_numbers_in_text(column: Column, texts: Texts, numbers: Array, about: TableFacts) -> Finding | None:
    """Return what a column is whose texts are numbers throughout, or nearly so; else `None`."""
    is_number = ~np.isnan(numbers)
    if all(is_in_parentheses(text) for text in texts.distinct[is_number]):
        return None  # labels: negative numbers are written so to tell them from others
    if is_number.all():
        zeros = [text for text in texts.distinct if has_leading_zero(text)]
        if zeros:
            if column.categories >= _NEARLY_ALL * (texts.rows - column.missing):
                return None
            return Finding(column=_categorical(column, texts, f"codes: digits that start with 0, e.g. {zeros[0]!r}"))
        what = f"text that reads as numbers throughout{written(texts.distinct, column.decimal)}"
        numeric, distinct = count_numbers(texts.values(numbers), name=column.name)
        kind, reason, otherwise = judge_numbers(numeric, distinct, rows=texts.rows, about=about, what=what)
        if kind == "numerical" and np.isnan(parse_numbers(texts.distinct, decimal=column.decimal, truths=False)).any():
            kind = "boolean"  # always true, or always false, where it is not missing
        facts = attrs.evolve(column, kind=kind, is_integer=numeric.is_integer, reason=reason + spelled(texts.spellings))
        if kind == "boolean":  # however 0 and 1 are written
            facts = attrs.evolve(facts, storage="number", categories=numeric.categories)
        elif kind != "categorical":
            facts = attrs.evolve(facts, categories=numeric.categories)
        return Finding(column=facts, otherwise=otherwise)
    others = int(texts.counts[~is_number].sum())
    if np.count_nonzero(is_number) <= _FEW_INTEGERS or others > round((1 - _MOST) * texts.counts.sum(), 6):
        return None
    numeric, _ = count_numbers(texts.values(numbers), name=column.name)
    reason = counted("mixed: text that reads as numbers", numeric, texts.rows)
    reason += not_read(texts.distinct[~is_number], others) + spelled(texts.spellings)
    facts = attrs.evolve(
        column,
        kind="numerical",
        missing=numeric.missing,
        categories=numeric.categories,
        is_integer=numeric.is_integer,
        is_mixed=True,
        reason=reason,
    )
    return Finding(column=facts)


def _of_dates_in_text(column: Column, texts: Texts, date_format: str, seconds: Array) -> Finding | None:
    """Return what a column is whose texts are dates throughout, or nearly so; `None` if too few are to be sure."""
    is_date = seconds != MISSING_TIME
    # Durations are written like times of day, but for those that are longer than a day, or differ in fractions of a second.
    if is_time_of_day(date_format) and not (is_date.all() and len(np.unique(seconds)) >= _MOST * len(seconds)):
        return None
    noun = "times of day" if is_time_of_day(date_format) else "dates"
    facts = attrs.evolve(column, kind="datetime", date_format=date_format)
    if is_date.all():
        reason = counted(f"text that reads as {noun} throughout ({date_format})", column, texts.rows)
        return Finding(column=attrs.evolve(facts, reason=reason + spelled(texts.spellings)))
    dates = int(np.count_nonzero(is_date))
    if dates <= _FEW_INTEGERS:
        return None
    others = int(texts.counts[~is_date].sum())
    facts = attrs.evolve(facts, is_mixed=True, missing=column.missing + others, categories=dates)
    facts = attrs.evolve(facts, placeholders=placeholders_among(texts.distinct[~is_date]))
    reason = counted(f"mixed: text that reads as {noun} ({date_format})", facts, texts.rows)
    reason += not_read(texts.distinct[~is_date], others) + spelled(texts.spellings)
    return Finding(column=attrs.evolve(facts, reason=reason))


def _of_words(column: Column, texts: Texts, numbers: Array) -> Finding:
    """Return what a column is whose texts are neither numbers nor dates: text, identifiers or categories."""
    known = texts.rows - column.missing
    share = column.categories / known
    looked_at = texts.distinct[:: -(-column.categories // _TEXTS_TO_LOOK_AT)]
    words = sum(word_count(text) for text in looked_at) / len(looked_at)
    shape = f"{words:.1f} words each"
    is_enough = known >= _ROWS_FOR_IDENTIFIERS
    if is_enough and (
        (words >= _WORDS_OF_TEXT and share > 0.5)
        or (words > _WORDS_OF_NAMES and share >= _NEARLY_ALL)
        or (words >= 5 and column.categories > _TEXTS_TO_LOOK_AT)
    ):
        reason = counted(f"text of {shape}", column, texts.rows) + ", mostly different" + spelled(texts.spellings)
        return Finding(column=attrs.evolve(column, kind="text", reason=reason))
    least = _MOST if looks_like_identifier(column.name) else _NEARLY_ALL
    if is_enough and share >= least:
        reason = counted("identifier: text", column, texts.rows) + ", different in nearly every row"
        reason += f", {shape}; column_types can keep it" + spelled(texts.spellings)
        doubt = ""
        if not looks_like_identifier(column.name) and np.isnan(numbers).any() and _are_amounts(looked_at):
            doubt = f"is dropped as an identifier, though its texts, such as {looked_at[0]!r}, are mostly digits"
        return Finding(column=attrs.evolve(column, reason=reason), otherwise="text", doubt=doubt)
    share_of_numbers = np.count_nonzero(~np.isnan(numbers))
    what = "text" if not share_of_numbers else f"mixed: text, and numbers in {share_of_numbers} of the values"
    return Finding(column=_categorical(column, texts, what))


def _are_amounts(texts: Array) -> bool:
    """Return whether nearly all texts are mostly digits, as amounts are whose spelling is not known."""
    return sum(map(looks_like_amount, texts)) >= _MOST * len(texts)


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
        date_format = find_format(texts.distinct.tolist(), counts=texts.counts, share=_MOST)
        column = attrs.evolve(column, date_format=date_format or ISO)
        check_cells(table, index, column)
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
