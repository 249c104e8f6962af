"""The structured-data input: tables with numerical and categorical columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from ak_tabular.columns import Kind, analyse_columns, match_columns
from ak_tabular.preprocessors import TableEncoder
from ak_tabular.tables import as_table, column_count, names_of, read_numbers
from autokeras_core import DataError, Input
from autokeras_core.data.profile import Decision, InputProfile
from autokeras_core.errors import describe_error

if TYPE_CHECKING:
    from autokeras_core import Preprocessor

__all__ = ["StructuredDataInput"]

Array: TypeAlias = np.ndarray[Any, Any]


class StructuredDataInput(Input):
    """Takes a table: a pandas DataFrame, a NumPy array of numbers, text or both, or a list of rows.

    Missing values may be anywhere, in rows to predict too: NaN, `None`, `pandas.NA` or blank text. Columns of a
    DataFrame are found by name at prediction, in any order.

    Blocks behind it get numbers of shape `(batch, features)`: see `TableEncoder`. The exported model takes a raw
    `(batch, columns)` float32 array with NaN where values are missing. A table with categories that are text has no
    such form: exporting then raises an error that says so, while `predict`, `save` and `load` work.

    Args:
        column_names: Names of the columns, for data that has none; a DataFrame must have exactly these.
        column_types: `"numerical"` or `"categorical"` by column name, where analysis would decide otherwise.
        name: The input's name in the graph; by default `"structured"`.

    Example:
        ```python
        table = StructuredDataInput(column_types={"postcode": "categorical"})
        output = ClassificationHead()(StructuredDataBlock()(table))
        ```
    """

    base_name: ClassVar[str] = "structured"
    modality: ClassVar[str] = "structured"
    default_block: ClassVar[str] = "ak_tabular:structured_data"
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
        name: str | None = None,
    ) -> None:
        names = None if column_names is None else [str(column) for column in column_names]
        types = None if column_types is None else {str(column): kind for column, kind in column_types.items()}
        wrong = {column: kind for column, kind in (types or {}).items() if kind not in ("numerical", "categorical")}
        if wrong or (names is not None and len(set(names)) < len(names)):
            raise DataError(
                describe_error(
                    "A StructuredDataInput has arguments that cannot be used.",
                    expected="different column_names, and column_types of 'numerical' or 'categorical'",
                    received=f"column_types={wrong}" if wrong else f"column_names={names}",
                )
            )
        super().__init__(name=name, column_names=names, column_types=types)

    def adapt(self, data: Any) -> Array:
        """Return the user's data as a table, see `ak_tabular.tables`; numeric arrays are not copied.

        Raises:
            DataError: If it is no table, does not have the columns that `column_names` says, or a cell is neither
                number nor text nor missing, or infinite.
        """
        table = as_table(data)
        names: list[str] | None = self.arguments.get("column_names")
        if names is not None and (column_count(table) != len(names) or set(names_of(table) or names) != set(names)):
            raise DataError(
                describe_error(
                    "The table does not have the columns that column_names says.",
                    expected=f"{len(names)} columns: {names}",
                    received=f"{column_count(table)} columns" + (f": {names_of(table)}" if names_of(table) else ""),
                )
            )
        return table

    def analyse(self, data: Array, *, name: str) -> InputProfile:
        """Return facts about adapted training rows: the kind of each column, with a reason.

        Raises:
            DataError: If `column_types` does not fit the data.
        """
        columns = analyse_columns(
            data,
            names=self.arguments.get("column_names"),
            types=self.arguments.get("column_types", {}),
        )
        is_numeric = not any(column.kind == "categorical" and column.storage == "text" for column in columns)
        return InputProfile(
            name=name,
            modality=self.modality,
            shape=(len(columns),),
            dtype="float32" if is_numeric else "str",
            rows=len(data),
            facts={"columns": [column.to_json() for column in columns]},
            decisions=tuple(Decision(f"column {column.name!r}", column.kind, column.reason) for column in columns),
        )

    def check(self, data: Array, profile: InputProfile) -> None:
        """Check that adapted rows have the training rows' columns, and numbers in the numerical ones.

        Raises:
            DataError: If a column is missing or unknown, or a numerical one holds text that is no number.
        """
        columns = profile.facts["columns"]
        places = match_columns(data, [column["name"] for column in columns])
        for column, place in zip(columns, places, strict=True):
            if column["kind"] == "numerical":
                read_numbers(data, place, column=column["name"])

    def preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return the encoder that turns the table into numbers."""
        return [TableEncoder(columns=profile.facts["columns"])]

    def raw_spec(self, profile: InputProfile) -> tuple[tuple[int | None, ...], str]:
        """Return shape and dtype of the exported model's raw input: a float32 per column."""
        return profile.shape, "float32"
