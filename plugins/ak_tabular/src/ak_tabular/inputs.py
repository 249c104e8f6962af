"""The structured-data input: tables with columns of numbers, categories, dates and text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import attrs
import numpy as np

from ak_tabular.analysis import analyse_columns
from ak_tabular.columns import KINDS, BadCell, Column, Kind, find_bad_cell, match_columns
from ak_tabular.files.locations import find_files, is_location
from ak_tabular.files.opening import names_target, open_labelled_table, open_table
from ak_tabular.files.source import TableSource
from ak_tabular.frames import as_frame, columns_named_by, from_records, is_name, names_in, shorten, take_targets
from ak_tabular.layout import raw_columns, takes_columns
from ak_tabular.leaks import find_leaks
from ak_tabular.parsing import parsed
from ak_tabular.preprocessors import TableEncoder
from ak_tabular.raw import raw_rows
from ak_tabular.samples import evenly, places
from ak_tabular.series import as_row
from ak_tabular.settling import settled_arguments
from ak_tabular.spelling import as_written
from ak_tabular.tables import as_table, column_count, names_of
from ak_tabular.unseen import warn_of_unseen
from autokeras_core import DataError, Input
from autokeras_core.errors import DataWarning, describe_error
from autokeras_core.plugin import Decision, InputProfile

if TYPE_CHECKING:
    from autokeras_core import Preprocessor
    from autokeras_core.plugin import RawRows, RawSpec, Rows, TargetProfile

__all__ = ["StructuredDataInput"]

Array: TypeAlias = np.ndarray[Any, Any]

# As many rows as a preprocessor is fitted on, see `autokeras_core.data.rows`.
_ROWS_OF_A_SOURCE = 100_000
_BYTES_OF_A_SOURCE = 64 * 2**20
_ROWS_FOR_LEAKS = 10_000


class StructuredDataInput(Input):
    """Takes a table: a DataFrame (pandas, polars, Arrow), a NumPy array, a dict of columns, or a list of rows.

    The target may be a column of it: `fit(frame, "price")`. Each column is taken for numbers, categories, yes or no,
    dates or text, or is dropped; `profile.report()` says why. Missing values may be anywhere, in rows to predict too:
    NaN, `None`, `pandas.NA`, blank text, or text such as `"NA"` and `"?"`. Columns that have names are found by name at
    prediction, in any order; the target's column may still be there.

    Blocks behind it get numbers of shape `(batch, features)`: see `TableEncoder`.

    Args:
        column_names: Names of the columns, for data that has none; data that has names must have exactly these.
        column_types: `"numerical"`, `"categorical"`, `"boolean"`, `"datetime"`, `"text"` or `"dropped"` by column name,
            where analysis would decide otherwise.
        numbered_columns: Names of columns that are numbers, such as years: a CSV file whose first line holds nothing else has
            a header. By default those of the training data, wherever these come from.
        name: The input's name in the graph; by default `"structured"`.

    Example:
        ```python
        table = StructuredDataInput(column_types={"postcode": "categorical"})
        output = ClassificationHead()(StructuredDataBlock()(table))
        ```
    """

    base_name: ClassVar[str] = "structured"
    modality: ClassVar[str] = "structured"
    takes_columns: ClassVar[bool] = True
    default_block: ClassVar[str] = "ak_tabular:structured_data"
    least_steps: ClassVar[int] = 3_000
    tasks: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "classification": "ak_tabular:StructuredDataClassifier",
            "regression": "ak_tabular:StructuredDataRegressor",
        }
    )

    def __init__(
        self,
        *,
        column_names: Sequence[str] | None = None,
        column_types: Mapping[str, Kind] | None = None,
        numbered_columns: Sequence[str] | None = None,
        name: str | None = None,
    ) -> None:
        names = None if column_names is None else [str(column) for column in column_names]
        types = None if column_types is None else {str(column): kind for column, kind in column_types.items()}
        wrong = {column: kind for column, kind in (types or {}).items() if kind not in KINDS}
        if wrong or (names is not None and len(set(names)) < len(names)):
            raise DataError(
                describe_error(
                    "A StructuredDataInput has arguments that cannot be used.",
                    expected=f"different column_names, and column_types out of {list(KINDS)}",
                    received=f"column_types={wrong}" if wrong else f"column_names={names}",
                )
            )
        numbered = None if numbered_columns is None else [str(column) for column in numbered_columns]
        super().__init__(name=name, column_names=names, column_types=types, numbered_columns=numbered)

    def settle(self, x: Any, y: Any) -> Mapping[str, Any]:
        """Return which columns are called by numbers, and `column_types` without those of targets, see `settling`.

        Raises:
            DataError: If x is a file that is no table.
        """
        return settled_arguments(x, y, self.arguments)

    def unpack(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return a table without its target columns, and these, where y names them; else both as they are.

        Raises:
            DataError: If the table has no such columns, or no named columns at all.
        """
        if is_location(x):
            return self._unpack_files(x, y)
        frame = None
        if is_name(y) or isinstance(y, (Mapping, list, tuple)):
            is_records = isinstance(x, np.ndarray) and x.dtype.names is not None and x.ndim == 1
            frame = from_records(x) if is_records else as_frame(x)
        if not columns_named_by(y, names_in(frame)):
            return x, y
        if frame is None:
            raise DataError(
                describe_error(
                    "y names a column, but the table has no names.",
                    expected="a DataFrame, a dict of columns, or another table with names; or y as an array of labels",
                    received=f"y={y!r} and x of type {type(x).__name__}",
                )
            )
        return take_targets(frame, y)

    def _unpack_files(self, location: Any, y: Any) -> tuple[Any, Any]:
        numbered = self.arguments.get("numbered_columns", ())
        y = str(y) if is_name(y) else y
        if y is None:
            raise DataError(
                describe_error(
                    "The target column of the table in a file is not known.",
                    expected=f"its name as y: one of {shorten(find_files(location, numbered=numbered).names, 20)}",
                    received="y=None",
                )
            )
        if not names_target(location, y, numbered=numbered):
            return location, y
        return open_labelled_table(location, y, kinds=self.arguments.get("column_types"), numbered=numbered)

    def adapt(self, data: Any) -> Rows:
        """Return the user's data as a table, see `ak_tabular.tables`; numeric arrays are not copied.

        Raises:
            DataError: If it is no table, does not have the columns that `column_names` says, or a cell is neither
                number, text, date nor missing, or infinite, in a column that `column_types` does not drop.
        """
        types: Mapping[str, Kind] = self.arguments.get("column_types", {})
        if is_location(data):
            data = open_table(data, kinds=types, numbered=self.arguments.get("numbered_columns", ()))
        names: list[str] | None = self.arguments.get("column_names")
        dropped = [name for name, kind in types.items() if kind == "dropped"]
        table: Any = data if isinstance(data, TableSource) else as_table(data, dropped=dropped, column_names=names)
        if names is not None and (column_count(table) != len(names) or set(names_of(table) or names) != set(names)):
            raise DataError(
                describe_error(
                    "The table does not have the columns that column_names says.",
                    expected=f"{len(names)} columns: {shorten(names)}",
                    received=f"{column_count(table)} columns" + (f": {names_of(table)}" if names_of(table) else ""),
                )
            )
        rows: Rows = table
        return rows

    def analyse(self, data: Rows, *, name: str) -> InputProfile:
        """Return facts about adapted training rows: the kind of each column, with a reason.

        Rows that are not in memory are analysed on 100,000 of them at most, taken evenly.

        Raises:
            DataError: If `column_types` does not fit the data.
        """
        note = ""
        targets = list(getattr(data, "targets", ()))
        if isinstance(data, np.ndarray):
            table = data
        else:
            table = evenly(data, max(1, min(_ROWS_OF_A_SOURCE, _BYTES_OF_A_SOURCE // max(1, data.dtype.itemsize))))
            note = f", in {len(table)} of {len(data)} rows" if len(table) < len(data) else ""
        columns = analyse_columns(
            table,
            names=self.arguments.get("column_names"),
            # That of a target says how a large file is read, see `_unpack_files`.
            types={name: kind for name, kind in self.arguments.get("column_types", {}).items() if name not in targets},
            note=note,
            share=len(table) / max(1, len(data)),
        )
        if isinstance(data, TableSource) and len(table) < len(data):
            columns = tuple(self._with_the_rest(data, place, column) for place, column in enumerate(columns))
        is_numeric = all(column.storage == "number" for column in columns if column.kind != "dropped")
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=(len(columns),),
            dtype="float32" if is_numeric else "str",
            rows=len(data),
            facts={"columns": [column.to_json() for column in columns], "targets": targets},
            decisions=(
                *_about_files(data, name),
                *(Decision(f"column {column.name!r}", column.kind, column.reason) for column in columns),
            ),
        )

    def _with_the_rest(self, data: Rows, place: int, column: Column) -> Column:
        """Return what is known of a column once cells are looked at that were not analysed.

        Raises:
            DataError: If a cell is not what `column_types` says.
        """
        bad = _bad_cell(data, place, column)
        if bad is None:
            return column
        if column.name in self.arguments.get("column_types", {}):
            raise bad.error(column, names_row=False)  # these rows were drawn from the user's
        reason = f"{column.reason}; cells of other rows that are none, e.g. {bad.text!r}, are taken as missing"
        return attrs.evolve(column, is_mixed=True, placeholders=bad.placeholders, reason=reason)

    def review(
        self,
        data: Rows,
        profile: InputProfile,
        *,
        targets: Mapping[str, Array],
        target_profiles: Mapping[str, TargetProfile],
    ) -> InputProfile:
        """Return the profile with what the targets say: which columns give them away, and their names in the table.

        Warns of columns that are the target in other words.

        Raises:
            DataError: If no column is left to learn from.
        """
        columns = [Column.from_json(facts) for facts in profile.facts["columns"]]
        if all(column.kind == "dropped" for column in columns):
            reasons = {decision.subject: decision.reason for decision in profile.decisions[:3]}
            raise DataError(
                describe_error(
                    "There is nothing to learn from in the table.",
                    expected="a column with several values, or column_types that keeps one",
                    received=f"{len(columns)} dropped columns, e.g. {reasons}",
                )
            )
        few = places(len(data), _ROWS_FOR_LEAKS)
        leaks = find_leaks(
            evenly(data, _ROWS_FOR_LEAKS),
            columns,
            {head: np.asarray(array[few]) for head, array in targets.items()},
            kinds={head: target.kind for head, target in target_profiles.items()},
        )
        if leaks:
            found = "; ".join(f"{column!r} {reason}" for column, reason in leaks.items())
            message = (
                f"Columns that give the target away: {found}. Leave them out (or column_types={{...: 'dropped'}}) if they "
                "are not known before the target is."
            )
            warnings.warn(message, DataWarning, stacklevel=4)  # the call of `fit`
        taken = {column.name for column in columns}
        named = [*profile.facts["targets"], *(name for target in target_profiles.values() for name in target.columns)]
        names = [name for name in dict.fromkeys(named) if name not in taken]
        return attrs.evolve(
            profile,
            facts={**profile.facts, "targets": names},
            decisions=(
                *profile.decisions,
                *(Decision(f"column {column!r}", "kept, with a warning", reason) for column, reason in leaks.items()),
            ),
        )

    def widen(self, data: Rows, profile: InputProfile) -> InputProfile:
        """Return the profile with odd cells of these rows taken as missing: those that are no numbers, or no dates.

        Raises:
            DataError: If a cell is not what `column_types` says.
        """
        reasons = {decision.subject: decision.reason for decision in reversed(profile.decisions)}
        columns: list[dict[str, Any]] = []
        changed: dict[tuple[str, str], str] = {}
        for place, facts in enumerate(profile.facts["columns"]):
            subject = f"column {facts['name']!r}"
            known = Column.from_json({**facts, "reason": reasons[subject]})
            column = self._with_the_rest(data, place, known)
            columns.append(column.to_json())
            if column != known:
                changed[subject, column.kind] = column.reason
        if not changed:
            return profile
        return attrs.evolve(
            profile,
            facts={**profile.facts, "columns": columns},
            decisions=tuple(
                attrs.evolve(each, reason=changed.get((each.subject, each.value), each.reason))
                for each in profile.decisions
            ),
        )

    def check(self, data: Rows, profile: InputProfile) -> None:
        """Check that adapted rows have the training rows' columns, numbers in numerical ones, dates in those of dates.

        Raises:
            DataError: If a column is missing or unknown, or a cell is of another kind than in training.
        """
        table: Any = data  # a source says by its dtype which columns there are, as a table does
        columns = [Column.from_json(facts) for facts in profile.facts["columns"]]
        for column, place in zip(columns, match_columns(table, columns), strict=True):
            bad = _bad_cell(data, place, column)
            if bad is not None:
                raise bad.error(column)

    def match(self, data: Rows, profile: InputProfile) -> Rows:
        """Return adapted rows without the target's column, if that is still there, checked.

        A Series whose index holds the training rows' columns is one row.
        Categories that are numbers or booleans there, and were text in training, are written as they were. Warns of columns
        that hold nothing training has seen.

        Raises:
            DataError: As `check`.
        """
        if isinstance(data, np.ndarray):
            kinds = {column["name"]: column["kind"] for column in profile.facts["columns"]}
            data = as_row(data, [name for name in kinds if kinds[name] != "dropped"], all_names=kinds)
            data = _without(data, profile.facts.get("targets", ()))
        elif isinstance(data, TableSource):
            data = data.with_columns([name for name in data.names if name not in profile.facts.get("targets", ())])
        self.check(data, profile)
        columns = [Column.from_json(facts) for facts in profile.facts["columns"]]
        if isinstance(data, np.ndarray):
            data = as_written(data, columns)
        elif isinstance(data, TableSource):
            data = data.as_written({column.name: column.written for column in columns if column.written})
        warn_of_unseen(data, columns)
        return data

    def parse(self, data: Rows, profile: InputProfile) -> Rows:
        """Return rows in which numbers and dates that were written as text are such, so that they are read only once.

        A table in files stays as it is: what is read of it is not kept.
        """
        return parsed(data, profile.facts["columns"]) if isinstance(data, np.ndarray) else data

    def default_preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return the encoder that turns the table into numbers, for blocks that bring none of their own."""
        return [TableEncoder(columns=profile.facts["columns"])]

    def raw_spec(self, profile: InputProfile) -> RawSpec:
        """Return what the exported model takes: a float32 per column, or, with text or times, a dict of columns."""
        columns = profile.facts["columns"]
        if takes_columns(columns):
            return {name: ((1,), dtype) for name, dtype in raw_columns(columns).items()}
        return profile.shape, "float32"

    def raw_rows(self, data: Rows, profile: InputProfile) -> RawRows:
        """Return adapted rows as the exported model takes them."""
        return raw_rows(evenly(data, len(data)), profile.facts["columns"])


def _bad_cell(data: Rows, place: int, column: Column) -> BadCell | None:
    """Return the first cell of adapted rows that is no number in a column of numbers, or no date in one of dates."""
    if column.kind not in ("numerical", "datetime"):  # a dropped one may be absent
        return None
    if isinstance(data, TableSource):
        return data.find_bad_cell(place, column)
    return find_bad_cell(data, place, column) if isinstance(data, np.ndarray) else None


def _about_files(data: Rows, name: str) -> tuple[Decision, ...]:
    """Return what is to be said about rows that are read from files while they are needed."""
    if not isinstance(data, TableSource):
        return ()
    reason = f"{len(data.store):,} rows of {data.where}, too many to be held in memory"
    return (Decision(f"{name}: rows", "read from disk while they are used", reason),)


def _without(table: Array, names: Sequence[str]) -> Array:
    """Return a table without columns of these names, a view."""
    own = names_of(table) or []
    if not set(names) & set(own):
        return table
    return table[[name for name in own if name not in names]]
