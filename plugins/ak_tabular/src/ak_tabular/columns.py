"""A column as analysis sees it: its kind and facts; and finding columns again at prediction. No Keras here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, get_args

import attrs
import numpy as np

from ak_tabular.dates import ISO, LAST_SECOND, MISSING_TIME, parse_times
from ak_tabular.frames import shorten
from ak_tabular.numerals import Decimal, canonical_number, is_magnitude, parse_numbers
from ak_tabular.tables import Storage, column_count, default_names, exact_numbers, names_of, read_codes, storage_of
from autokeras_core import DataError
from autokeras_core.errors import describe_error

__all__ = [
    "KINDS",
    "MAX_CATEGORIES",
    "BadCell",
    "Column",
    "Kind",
    "check_boolean",
    "check_cells",
    "check_seconds",
    "find_bad_cell",
    "is_of_another_type",
    "match_columns",
    "placeholders_among",
    "unreadable_texts",
]

Array: TypeAlias = np.ndarray[Any, Any]
Kind: TypeAlias = Literal["numerical", "categorical", "boolean", "datetime", "text", "dropped"]

KINDS: tuple[str, ...] = get_args(Kind)
"""The kinds of columns; a dropped one may be in the data, and is not looked at."""

MAX_CATEGORIES = 100
"""How many values of a categorical column, the most frequent ones, get a feature of their own."""

_MOST_PLACEHOLDERS = 10  # more different numbers among dates are times in some unit
# No seconds since 1970: those would all be of one hour, or of one month.
_DATES_AS_NUMBERS = {"%Y": (1900, 2100), "%Y%m%d": (1900_01_01, 2100_12_31)}


def _as_tuple(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)


def _as_floats(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _as_dict(values: Mapping[str, str]) -> dict[str, str]:
    return dict(values)


@attrs.frozen(kw_only=True)
class Column:
    """What analysis decided about a column, and what it found in the training rows.

    Attributes:
        name: The column's name.
        kind: `"numerical"`, `"categorical"`, `"boolean"`, `"datetime"`, `"text"`, or `"dropped"`.
        storage: How its training rows are to be read: as `"number"`, as `"text"` or as `"time"`.
        missing: How many training rows have no value.
        categories: How many different values the others have.
        is_integer: Whether all its numbers are integers.
        is_mixed: Whether cells of a numerical column that are no numbers, or of a datetime one that are no dates, are taken
            as missing.
        values: Of a categorical or boolean column of text its texts, if they are few; of a boolean one the one for false first.
        decimal: Whether numbers that are text have a decimal point, or a decimal comma; points are then between thousands.
        unit: What is written behind numbers that are text, e.g. `"km"`.
        date_format: How the text of a datetime column is written, see `dates.find_format`.
        written: Of a column of text how texts that are numbers, or true or false, are written, by the text that a cell has
            which holds that number itself: `{"1": "True"}`, `{"7": "007"}`, `{"2": "2"}`.
        placeholders: Of a mixed datetime column the numbers among the cells that are no dates, see `placeholders_among`.
        reason: Why it is of that kind, and what is missing.
    """

    name: str
    kind: Kind
    storage: Storage
    missing: int = 0
    categories: int = 0
    is_integer: bool = False
    is_mixed: bool = False
    values: tuple[str, ...] = attrs.field(default=(), converter=_as_tuple)
    decimal: Decimal = attrs.field(default=".", validator=attrs.validators.in_((".", ",")))
    unit: str = ""
    date_format: str = ""
    written: Mapping[str, str] = attrs.field(factory=dict, converter=_as_dict)
    placeholders: tuple[float, ...] = attrs.field(default=(), converter=_as_floats)
    reason: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Column:
        """Return the column that `to_json` described; all but name, kind and storage may be left out."""
        known = {field.name for field in attrs.fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON data, without the reason; what says nothing is left out."""
        facts: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "storage": self.storage,
            "missing": self.missing,
            "categories": self.categories,
        }
        more = {
            "is_integer": self.is_integer,
            "is_mixed": self.is_mixed,
            "values": list(self.values),
            "decimal": self.decimal if self.decimal == "," else "",
            "unit": self.unit,
            "date_format": self.date_format,
            "written": dict(self.written),
            "placeholders": list(self.placeholders),
        }
        return facts | {key: value for key, value in more.items() if value}


@attrs.frozen(kw_only=True)
class BadCell:
    """A cell of a numerical or datetime column that is neither number nor date.

    Attributes:
        row: The number of its row.
        text: What it holds.
        different: How many different texts are such cells, as far as is known.
        advice: What to do where the whole column is of another type; empty where the cell itself is odd.
        placeholders: The numbers among such texts of a datetime column, see `placeholders_among`.
    """

    row: int
    text: str
    different: int = 1
    advice: str = ""
    placeholders: tuple[float, ...] = ()

    def error(self, column: Column, *, names_row: bool = True) -> DataError:
        """Return the error that names column and text.

        Args:
            column: The facts about the column.
            names_row: Whether it names the row, too. Where rows were drawn from the user's, its number says nothing.
        """
        where = f"Row {self.row}" if names_row else "A cell"
        if column.kind == "datetime":
            what, expected = "date", f"a date or time in the format {column.date_format or ISO}"
            if column.storage == "text" and not column.date_format:  # none was found
                expected = "a date in ISO 8601 or another common format"
            dates = f"pandas.to_datetime(frame[{column.name!r}], format=...)"
            advice = f"Correct the cell, or turn the column into dates first, e.g. with {dates}."
        else:
            what, expected = "number", "a number that float32 can hold"
            if column.unit:
                expected += f", with the unit {column.unit!r}"
                expected += "" if is_magnitude(column.unit) else " or without one"
            advice = f"Correct the cell, or train with column_types={{{column.name!r}: 'categorical'}}."
        return DataError(
            describe_error(
                f"{where} of the {column.kind} column {column.name!r} holds no {what}.",
                expected=f"{expected}, or a missing value",
                received=f"{self.text!r}"
                + (f", and {self.different} such values in all" if self.different > 1 else ""),
                advice=self.advice or advice,
            )
        )


def match_columns(table: Array, expected: Sequence[str | Column | Mapping[str, Any]]) -> list[int]:
    """Return where the training rows' columns are in another table.

    By name if both have names, whatever the order; by position if either has none.

    Args:
        table: A table, see `ak_tabular.tables`.
        expected: The training rows' columns, in order: their names, or better the facts about them. A dropped one may be
            absent: its place is -1.

    Raises:
        DataError: If a column is missing, or there is one too many.
    """
    known = [_name_and_kind(column) for column in expected]
    wanted = [name for name, _ in known]
    optional = {name for name, kind in known if kind == "dropped"}
    names = names_of(table)
    unnamed = default_names(len(wanted))
    if names is not None:
        places = {name: place for place, name in enumerate(names)}
        if places.keys() <= set(wanted) and all(name in places or name in optional for name in wanted):
            return [places.get(name, -1) for name in wanted]
    if column_count(table) == len(wanted) and (names is None or wanted == unnamed):
        return list(range(len(wanted)))
    if names is None or wanted == unnamed:
        raise DataError(
            describe_error(
                "The table has another number of columns than the training rows.",
                expected=f"{len(wanted)} columns: {shorten(wanted)}",
                received=f"{column_count(table)} columns",
            )
        )
    missing = [name for name in wanted if name not in places and name not in optional]
    extra = sorted(places.keys() - set(wanted), key=places.__getitem__)
    found = [f"without {shorten(missing)}"] * bool(missing) + [f"with the unknown {shorten(extra)}"] * bool(extra)
    raise DataError(
        describe_error(
            "The table has other columns than the training rows.",
            expected=f"exactly the columns {shorten(wanted)}, in any order",
            received=f"columns {' and '.join(found)}",
        )
    )


def _name_and_kind(column: str | Column | Mapping[str, Any]) -> tuple[str, str]:
    if isinstance(column, str):
        return column, ""
    return (column.name, column.kind) if isinstance(column, Column) else (column["name"], column["kind"])


def check_boolean(column: Column, kind: Kind) -> None:
    """Check that a column that is to be boolean has at most two values.

    Raises:
        DataError: If it has more.
    """
    if kind == "boolean" and column.categories > 2:
        raise DataError(
            describe_error(
                f"The column {column.name!r} cannot be boolean, as column_types says.",
                expected="at most two different values",
                received=f"{column.categories} different values",
                advice="Take 'categorical'.",
            )
        )


def check_seconds(name: str, distinct: Array) -> None:
    """Check that the numbers of a column that is to be of dates may be seconds since 1970.

    Args:
        name: The column's name.
        distinct: Its different values as float64.

    Raises:
        DataError: If some are beyond the year 9999; or if all are years, or days that are written as numbers.
    """
    low, high = float(distinct.min()), float(distinct.max())
    advice = ""
    if max(-low, high) > LAST_SECOND:
        advice = "Divide milliseconds by 1000."
    elif (distinct == np.floor(distinct)).all():
        for date_format, (first, last) in _DATES_AS_NUMBERS.items():
            if first <= low and high <= last:
                dates = f"pandas.to_datetime(frame[{name!r}], format={date_format!r})"
                advice = f"They look like dates in the format {date_format}: turn them into such first, with {dates}."
    if advice:
        raise DataError(
            describe_error(
                f"The numbers of the column {name!r} are no times, as column_types says they are.",
                expected="seconds since 1970-01-01 UTC, up to the year 9999",
                received=f"numbers from {low:.15g} to {high:.15g}",
                advice=advice,
            )
        )


def check_cells(table: Array, index: int, column: Column) -> None:
    """Check that a numerical column of training rows holds numbers, and a datetime column dates, or nothing.

    Raises:
        DataError: If a text is neither; the message names column and text, but no row, see `BadCell.error`.
    """
    bad = find_bad_cell(table, index, column)
    if bad is not None:
        raise bad.error(column, names_row=False)


def find_bad_cell(table: Array, index: int, column: Column) -> BadCell | None:
    """Return the first cell that is no number in a numerical column, or no date in a datetime one.

    It is a text; or, where training had texts or times, a number among dates, which could be of any unit, or a time among
    numbers. A number that stood for a missing date in training, such as 0, does so again.

    Args:
        table: A table, see `ak_tabular.tables`.
        index: Where the column is in it.
        column: The facts about the column.
    """
    if column.kind not in ("numerical", "datetime"):
        return None
    storage = storage_of(table, index)
    if is_of_another_type(storage, column):
        return _first_value(table, index, column)
    if storage != "text" or column.is_mixed:
        return None
    codes, distinct = read_codes(table, index, column=column.name)
    bad = unreadable_texts(distinct, column)
    if not len(bad):
        return None
    row = int(np.flatnonzero(codes == bad[0])[0])
    placeholders = placeholders_among(distinct[bad]) if column.kind == "datetime" else ()
    return BadCell(row=row, text=distinct[bad[0]], different=len(bad), placeholders=placeholders)


def placeholders_among(texts: Iterable[str]) -> tuple[float, ...]:
    """Return the numbers among texts of a column of dates that are none, such as 0 where there was no date.

    Rows that hold no date at all have such cells as numbers. If there are more than ten different ones they are none.

    Args:
        texts: Texts that are no dates, and do not say that a value is missing.

    Example:
        ```python
        placeholders_among(["soon", "0"])  # (0.0,)
        ```
    """
    numbers = {float(number) for number in map(canonical_number, texts) if number is not None}
    return tuple(sorted(numbers)) if len(numbers) <= _MOST_PLACEHOLDERS else ()


def is_of_another_type(storage: Storage, column: Column) -> bool:
    """Return whether cells stored so, unless all are missing, are numbers among dates, or times among numbers.

    Args:
        storage: How cells of other rows are stored.
        column: The facts about the column.
    """
    if column.kind == "datetime":
        return storage == "number" and column.storage != "number"
    return column.kind == "numerical" and storage == "time" and column.storage != "time"


def _first_value(table: Array, index: int, column: Column) -> BadCell | None:
    """Return the first cell that is not missing, and no placeholder, of a column of another type than in training."""
    values = exact_numbers(table, index, column=column.name).astype(np.float64)
    known = np.flatnonzero(~np.isnan(values) & ~np.isin(values, column.placeholders))
    if not len(known):
        return None
    row, different = int(known[0]), len(np.unique(values[known]))
    if column.kind == "datetime":
        advice = "Turn the numbers into dates first, e.g. with pandas.to_datetime(..., unit='s')."
        return BadCell(row=row, text=f"{values[row]:.15g}", different=different, advice=advice)
    advice = "Turn the times into numbers of the kind that training had."
    text = str(np.datetime64(int(values[row]), "s"))
    return BadCell(row=row, text=text, different=different, advice=advice)


def unreadable_texts(texts: Array, column: Column) -> Array:
    """Return the places of texts that are no numbers for a numerical column, or no dates for a datetime one.

    Args:
        texts: Texts, none of which says that a value is missing.
        column: The facts about a column of one of these kinds.
    """
    if column.kind == "numerical":
        return np.flatnonzero(np.isnan(parse_numbers(texts, decimal=column.decimal, unit=column.unit, truths=False)))
    return np.flatnonzero(parse_times(texts, column.date_format or ISO) == MISSING_TIME)
