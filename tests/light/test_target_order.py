"""Target columns in the order of the training data's, here of a frame of our own: pandas is heavy, its tests are elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from autokeras_core.data.target_order import check_names, labels_in_order, names_in_order
from autokeras_core.errors import DataError


class Frame:
    """Columns by name; a list of names gives some of them. As with pandas, a column is an attribute, too."""

    def __init__(self, **columns: list[int]) -> None:
        self.values = columns
        self.columns = list(columns)

    def __getitem__(self, names: list[str]) -> Frame:
        return Frame(**{name: self.values[name] for name in names})

    def __getattr__(self, name: str) -> list[int]:
        if name not in self.columns:
            raise AttributeError(name)
        return self.values[name]


class Table(list[Any]):
    """What other libraries have: columns are chosen by `select`."""

    columns = ("b", "a")

    def select(self, names: list[str]) -> list[str]:
        """Return what is asked for."""
        return names


@pytest.mark.parametrize(
    ("names", "trained", "expected"),
    [
        ({"head": ["b", "a"]}, {"head": ["a", "b"]}, {"head": ["a", "b"]}),
        ({"x": ["b"], "y": ["a"]}, {"x": ("a",), "y": ("b",)}, {"x": ["a"], "y": ["b"]}),
        ({"head": ["b", "c"]}, {"head": ["a", "b"]}, {"head": ["b", "c"]}),
        ({"head": ["b", "a"]}, {}, {"head": ["b", "a"]}),
    ],
    ids=["one head", "two heads", "other names", "no names in training"],
)
def test_names_are_put_in_the_order_of_training(names: Any, trained: Any, expected: Any) -> None:
    """Where they are the same ones; what is to be said of others is for `check_names`."""
    assert names_in_order(names, trained) == expected


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a", "c"], r"without \['b'\] and with the unknown \['c'\]"),
        (["a"], r"without \['b'\]"),
        (["a", "b", "c"], r"with the unknown \['c'\]"),
        (["a", "b", "b"], r"columns \['a', 'b', 'b'\]"),
    ],
    ids=["another", "too few", "too many", "repeated"],
)
def test_other_names_than_in_training_are_an_error(names: list[str], words: str) -> None:
    """As many columns of other names would be scored as if they were those of training."""
    with pytest.raises(DataError, match=f"target 'head' has other columns than in training.*{words}"):
        check_names(names, ["a", "b"], head="head")


@pytest.mark.parametrize(("names", "trained"), [(["cost"], ["price"]), ([], ["a", "b"]), (["a", "b"], [])])
def test_names_that_cannot_be_mistaken_are_taken(names: list[str], trained: list[str]) -> None:
    """A single column may be called otherwise, and an array has no names."""
    check_names(names, trained, head="head")


def test_columns_of_a_frame_are_put_in_the_order_of_training() -> None:
    """Those of each head; labels without names stay as they are."""
    frame, array = Frame(b=[1], a=[2]), [[1, 2]]

    ordered = labels_in_order([frame, array], ["x", "y"], {"x": ["a", "b"], "y": ["c", "d"]})

    assert list(ordered["x"].values.items()) == [("a", [2]), ("b", [1])]
    assert ordered["y"] is array


def test_a_column_called_select_is_taken_for_a_column() -> None:
    """Not for the method by which other libraries choose columns."""
    ordered = labels_in_order(Frame(select=[1], a=[2]), ["x"], {"x": ["a", "select"]})

    assert list(ordered["x"].values.items()) == [("a", [2]), ("select", [1])]


def test_a_table_of_another_library_is_asked_for_its_columns() -> None:
    """Arrow and polars have `select` for that."""
    assert labels_in_order({"head": Table()}, ["head"], {"head": ("a", "b")}) == {"head": ["a", "b"]}


def test_a_single_target_is_not_looked_at() -> None:
    """There is no order of one column."""
    labels = [1, 2]

    assert labels_in_order(labels, ["head"], {"head": ["price"]}) is labels
