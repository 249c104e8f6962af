"""Tables of which some columns are labels, for inputs that take another one. Standard library and NumPy only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import attrs
import numpy as np

from autokeras_core.data.csv_table import label_column
from autokeras_core.data.target_columns import column_names
from autokeras_core.errors import DataError, describe_error

__all__ = ["LabelledTable", "columns_named_by"]

Array: TypeAlias = np.ndarray[Any, Any]


@attrs.frozen(kw_only=True)
class LabelledTable:
    """A table, the columns of which `y` may name.

    Attributes:
        columns: The columns by name.
        where: What the table is, for messages, e.g. `"the table 'reviews.csv'"`.
        is_untyped: Whether all columns are texts because their file knows no types.

    Example:
        ```python
        table = LabelledTable(columns=frame_columns(frame), where="the table")
        table.targets("stars")  # ["stars"]
        table.labels("stars")  # array([5, 1])
        ```
    """

    columns: Mapping[str, Array]
    where: str
    is_untyped: bool = False

    def targets(self, y: Any) -> list[str]:
        """Return the names of the columns that `y` names; none if it holds labels itself.

        A whole number is the name of the column that is called so, as those of a table without a header are.

        Raises:
            DataError: If it is `None`, or names a column that is not there; a list of texts may as well be labels.
        """
        names = columns_named_by(y, self.columns)
        is_empty = isinstance(y, Mapping) and not y
        if y is None or is_empty or (not names and not isinstance(y, (list, tuple)) and _columns_of(y)):
            raise DataError(
                describe_error(
                    f"The labels of {self.where} are missing.",
                    expected=f"the name of the target column: one of {list(self.columns)}",
                    received=f"y={y!r}",
                )
            )
        return names

    def labels(self, y: Any) -> Any:
        """Return the columns that `y` names as labels, by head if it is a dict; `y` itself if it names none.

        They are of the types that they have, or, from a file without types, as they look.

        Raises:
            DataError: As `targets`; or if a row of a file without types has no label.
        """
        names = self.targets(y)
        if not names:
            return y
        if isinstance(y, Mapping):
            return {head: self.labels(name) for head, name in y.items()}
        columns = [
            label_column(self.columns[name], name=name, where=self.where) if self.is_untyped else self.columns[name]
            for name in names
        ]
        return columns[0] if len(columns) == 1 else np.stack(columns, axis=1)


def columns_named_by(y: Any, columns: Collection[str]) -> list[str]:
    """Return the columns that `y` names: one, a list of several, or one for each head; none if it is anything else.

    Args:
        y: The user's labels, or the names of the columns that hold them.
        columns: The names of the table's columns.

    Example:
        ```python
        columns_named_by("stars", ["text", "stars"])  # ["stars"]
        columns_named_by(["good", "bad"], ["text", "stars"])  # []
        ```
    """
    names = _columns_of(y)
    return names if all(name in columns for name in names) else []


def _columns_of(y: Any) -> list[str]:
    """Return the names of columns that `y` may consist of, whatever columns there are."""
    heads = list(y) if isinstance(y, Mapping) else ["y"]
    return [name for names in column_names(y, heads).values() for name in names]
