"""Column analysis: is a column numerical or categorical, and why; and finding columns again at prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np

from ak_tabular.tables import column_count, default_names, names_of, read_numbers, read_texts, storage_of
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = ["MAX_CATEGORIES", "Column", "Kind", "analyse_columns", "match_columns"]

Array: TypeAlias = np.ndarray[Any, Any]
Kind: TypeAlias = Literal["numerical", "categorical"]

MAX_CATEGORIES = 100
"""How many values of a categorical column, the most frequent ones, get a feature of their own."""


@attrs.frozen(kw_only=True)
class Column:
    """What analysis decided about a column.

    Attributes:
        name: The column's name.
        kind: `"numerical"` or `"categorical"`.
        storage: How its training rows were stored: as `"number"` or as `"text"`.
        reason: Why it is of that kind, and what is missing.
    """

    name: str
    kind: Kind
    storage: Literal["number", "text"]
    reason: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Column:
        """Return the column that `to_json` described."""
        return cls(name=data["name"], kind=data["kind"], storage=data["storage"])

    def to_json(self) -> dict[str, str]:
        """Return what the encoder needs as JSON data."""
        return {"name": self.name, "kind": self.kind, "storage": self.storage}


def analyse_columns(table: Array, *, names: Sequence[str] | None, types: Mapping[str, Kind]) -> tuple[Column, ...]:
    """Decide about each column of the training rows.

    Numbers are numerical, and so is text that reads as numbers throughout; other text is categorical.

    Args:
        table: A table, see `ak_tabular.tables`.
        names: Names for a table that has none.
        types: The user's own decisions by column name.

    Raises:
        DataError: If `types` names an unknown column, or makes a column numerical that holds other text.
    """
    own = names_of(table) or list(names or default_names(column_count(table)))
    unknown = sorted(set(types) - set(own))
    if unknown:
        raise DataError(
            describe_error(
                "column_types names columns that the data does not have.",
                expected=f"names out of {_shorten(own)}",
                received=f"{unknown}",
            )
        )
    return tuple(_analyse_column(table, index, name, types.get(name)) for index, name in enumerate(own))


def match_columns(table: Array, expected: Sequence[str]) -> list[int]:
    """Return where the training rows' columns are in another table.

    By name if both have names, whatever the order; by position if either has none.

    Raises:
        DataError: If a column is missing, or there is one too many.
    """
    names = names_of(table)
    unnamed = default_names(len(expected))
    if names is not None and set(names) == set(expected):
        return [names.index(name) for name in expected]
    if column_count(table) == len(expected) and (names is None or list(expected) == unnamed):
        return list(range(len(expected)))
    if names is None or list(expected) == unnamed:
        raise DataError(
            describe_error(
                "The table has another number of columns than the training rows.",
                expected=f"{len(expected)} columns: {_shorten(expected)}",
                received=f"{column_count(table)} columns",
            )
        )
    missing = [name for name in expected if name not in names]
    extra = [name for name in names if name not in expected]
    found = [f"without {_shorten(missing)}"] * bool(missing) + [f"with the unknown {_shorten(extra)}"] * bool(extra)
    raise DataError(
        describe_error(
            "The table has other columns than the training rows.",
            expected=f"exactly the columns {_shorten(expected)}, in any order",
            received=f"columns {' and '.join(found)}",
        )
    )


def _analyse_column(table: Array, index: int, name: str, given: Kind | None) -> Column:
    storage = storage_of(table, index)
    if storage == "number":
        values = read_numbers(table, index, column=name)
        missing = int(np.count_nonzero(np.isnan(values)))
        distinct = len(np.unique(values[~np.isnan(values)]))
        kind, reason = given or "numerical", "numbers"
    else:
        texts = read_texts(table, index, column=name)
        missing = sum(text is None for text in texts)
        distinct = len({text for text in texts if text is not None})
        is_number = distinct > 0 and all(_reads_as_number(text) for text in texts if text is not None)
        kind, reason = ("numerical", "text that reads as numbers throughout") if is_number else ("categorical", "text")
        if given is not None:
            kind = given
    if given is not None:
        reason = "as column_types says"
        if kind == "numerical":
            read_numbers(table, index, column=name)
    reason += f", {distinct} different" if distinct > 1 else ", all equal" if distinct else ", all missing"
    if missing and distinct:
        reason += f", {missing} of {len(table)} missing"
    if kind == "categorical" and distinct > MAX_CATEGORIES:
        reason += f", the {MAX_CATEGORIES} most frequent told apart"
    return Column(name=name, kind=kind, storage=storage, reason=reason)  # type: ignore[arg-type]


def _reads_as_number(text: str) -> bool:
    try:
        return bool(np.isfinite(np.float32(text)))
    except ValueError:
        return False


def _shorten(names: Sequence[str], limit: int = 8) -> str:
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"
