"""Column analysis: of which kind each column is, and why. No Keras here."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
import pandas as pd

from ak_tabular.amounts import TableFacts, count_numbers, has_large_integers, judge_numbers
from ak_tabular.columns import Column, Kind, check_boolean, check_seconds
from ak_tabular.dates import MISSING_TIME
from ak_tabular.findings import Finding, Texts
from ak_tabular.frames import shorten
from ak_tabular.reasons import counted, spelled
from ak_tabular.spelling import other_spellings
from ak_tabular.tables import (
    column_count,
    default_names,
    exact_numbers,
    names_of,
    raw_texts,
    read_times,
    storage_of,
    without_missing,
)
from ak_tabular.text_columns import judge_texts
from autokeras_core import DataError
from autokeras_core.errors import DataWarning, describe_error

__all__ = ["analyse_columns"]

Array: TypeAlias = np.ndarray[Any, Any]

_MOST_VALUES_KEPT = 20  # of a column of categories, to tell a later batch that has none of them


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
            f"Columns whose numbers may not be read as they are meant: {'; '.join(doubts)}. If they are numbers, "
            "write them as plain ones; or say with column_types what such a column is, which silences this."
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
        if given == "datetime":
            check_seconds(name, distinct)
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
    codes, distinct, spellings = without_missing(*raw_texts(table, index, column=name))
    texts = Texts(codes=codes, distinct=distinct, spellings=tuple(sorted(spellings.tolist())))
    column = Column(
        name=name,
        kind="dropped",
        storage="text",
        missing=int(np.count_nonzero(codes < 0)),
        categories=len(distinct),
    )
    if not column.categories:
        return Finding(column=attrs.evolve(column, reason=f"all missing{spelled(texts.spellings)}"))
    finding = judge_texts(table, index, column, texts=texts, given=given, about=about)
    found = finding.column
    if found.kind not in ("categorical", "boolean") or found.storage != "text":
        return finding
    values = found.values or (sorted(distinct.tolist()) if len(distinct) <= _MOST_VALUES_KEPT else ())
    found = attrs.evolve(found, values=values, written=other_spellings(distinct, texts.counts))
    return attrs.evolve(finding, column=found)
