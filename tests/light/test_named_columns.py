"""Frames of any kind as columns by name, here of a kind of our own: pandas is heavy, and its tests are elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autokeras_core.data.named_columns import frame_column_names, frame_columns
from autokeras_core.errors import DataError


class Frame:
    """What pandas and polars have in common."""

    def __init__(self, *columns: tuple[Any, list[Any]]) -> None:
        self.columns = [name for name, _ in columns]
        self._values = dict(columns)

    def __getitem__(self, name: Any) -> list[Any]:
        return self._values[name]


class ArrowTable(Frame):
    """What Arrow has instead: `columns` are the values, not the names."""

    def __init__(self, *columns: tuple[Any, list[Any]]) -> None:
        super().__init__(*columns)
        self.columns = [values for _, values in columns]

    @property
    def column_names(self) -> list[Any]:
        """Return the names."""
        return list(self._values)


@pytest.mark.parametrize("kind", [Frame, ArrowTable])
def test_columns_are_arrays_by_their_names(kind: type[Frame]) -> None:
    """Names that are numbers become texts, as in a file."""
    frame = kind(("text", ["good", "bad"]), (1, [5, 1]))

    columns = frame_columns(frame)

    assert frame_column_names(frame) == ["text", "1"]
    assert columns is not None
    assert {name: values.tolist() for name, values in columns.items()} == {"text": ["good", "bad"], "1": [5, 1]}


@pytest.mark.parametrize("data", [None, [["good", 5]], {"text": ["good"]}, np.zeros((2, 2)), "table.csv", Frame])
def test_anything_else_is_no_frame(data: Any) -> None:
    """Neither is the class of one."""
    assert frame_columns(data) is None
    assert frame_column_names(data) is None


def test_columns_of_the_same_name_are_an_error() -> None:
    """One of them would be lost; two that differ in their type only are the same name."""
    with pytest.raises(DataError, match=r"repeated \['1'\].*Rename"):
        frame_columns(Frame((1, [5]), ("1", [7])))
