"""Names of target columns: which y may be names, and for which head."""

from __future__ import annotations

from typing import Any

import pytest

from autokeras_core.data.target_columns import column_names


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ("price", ["price"]),
        (4, ["4"]),
        (["price"], ["price"]),
        (("price", "rent"), ["price", "rent"]),
        ({"head": "price"}, ["price"]),
    ],
    ids=["text", "number", "list of one", "tuple", "dict"],
)
def test_names_for_one_head(y: Any, expected: list[str]) -> None:
    """A text, a whole number, a list or tuple of texts, and a dict of a text are names of columns of the only head."""
    assert column_names(y, ["head"]) == {"head": expected}


@pytest.mark.parametrize("y", [["price", "kind"], {"b": "kind", "a": "price"}], ids=["list", "dict"])
def test_each_of_several_heads_has_a_name(y: Any) -> None:
    """A list is in the order of the heads; a dict may be in any."""
    names = column_names(y, ["a", "b"])

    assert list(names.items()) == [("a", ["price"]), ("b", ["kind"])]


@pytest.mark.parametrize(
    ("y", "heads"),
    [
        (None, ["a"]),
        ([], ["a"]),
        ([1, 0], ["a"]),
        (["no", "yes", "no"], ["a"]),
        ({"a": [1, 0]}, ["a"]),
        ({"a": "price", "c": "kind"}, ["a", "b"]),
        ("price", ["a", "b"]),
        (True, ["a"]),
        (0.5, ["a"]),
        (["x", "y", "z"], ["a", "b"]),
    ],
    ids=[
        "none",
        "empty",
        "numbers",
        "repeated",
        "dict of labels",
        "unknown head",
        "too few",
        "truth",
        "fraction",
        "too many",
    ],
)
def test_anything_else_names_no_column(y: Any, heads: list[str]) -> None:
    """Labels, and names that do not fit the heads, are no names."""
    assert column_names(y, heads) == {}
