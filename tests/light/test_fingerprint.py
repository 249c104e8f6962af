"""The fingerprint of data."""

from __future__ import annotations

import hashlib
import tracemalloc

import numpy as np
import pytest

from autokeras_core.data import fingerprint as module
from autokeras_core.data.fingerprint import fingerprint


def test_equal_data_has_one_fingerprint_whatever_the_order_and_layout() -> None:
    """Neither the order of names nor the memory layout counts."""
    a, b = np.arange(6.0).reshape(2, 3), np.array(["x", "y"])

    one = fingerprint({"a": a, "b": b})
    other = fingerprint({"b": b.copy(), "a": np.asfortranarray(a)})

    assert one == other
    assert len(one) == 64


@pytest.mark.parametrize(
    "changed",
    [
        {"a": np.array([1, 2, 4])},
        {"a": np.array([1.0, 2.0, 3.0])},
        {"a": np.array([[1, 2, 3]])},
        {"b": np.array([1, 2, 3])},
        {"a": np.array([1, 2, 3]), "b": np.array([1])},
    ],
    ids=["content", "dtype", "shape", "name", "more"],
)
def test_every_difference_shows(changed: dict[str, np.ndarray]) -> None:
    """Content, dtype, shape and names all count."""
    assert fingerprint(changed) != fingerprint({"a": np.array([1, 2, 3])})


def test_objects_count_by_value() -> None:
    """Arrays of objects are hashed by content, not by address."""
    one = np.array(["a" * 2, "b"], dtype=object)
    other = np.array(["".join(["a", "a"]), "b"], dtype=object)

    assert fingerprint({"y": one}) == fingerprint({"y": other})
    assert fingerprint({"y": one}) != fingerprint({"y": np.array(["aa", "c"], dtype=object)})


def test_columns_of_a_table_count() -> None:
    """Of a structured array every column counts: its name, its type, and its content, text too."""
    dtype = [("age", "f8"), ("city", "O"), ("since", "M8[s]")]
    rows = [(31.0, "Oslo", "2020-01-01"), (7.0, None, "2021-01-01")]
    table = np.array(rows, dtype=dtype)
    others = [
        np.array([(31.5, *rows[0][1:]), rows[1]], dtype=dtype),
        np.array([(31.0, "Bergen", rows[0][2]), rows[1]], dtype=dtype),
        np.array([(31.0, "None", rows[0][2]), rows[1]], dtype=dtype),
        np.array([(*rows[0][:2], "2020-01-02"), rows[1]], dtype=dtype),
        np.array(rows, dtype=[("years", "f8"), *dtype[1:]]),
    ]

    assert fingerprint({"x": table}) == fingerprint({"x": np.array(rows, dtype=dtype)})
    assert len({fingerprint({"x": each}) for each in [table, *others]}) == 6


def test_a_large_array_is_sampled_up_to_its_last_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit every n-th row and the last one count."""
    monkeypatch.setattr(module, "_BYTES_IN_FULL", 800)
    rows = np.arange(1000.0)
    last, skipped = rows.copy(), rows.copy()
    last[-1] = -1
    skipped[1] = -1

    assert fingerprint({"x": rows}) != fingerprint({"x": last})
    assert fingerprint({"x": rows}) == fingerprint({"x": skipped})


def test_the_fingerprint_is_stable() -> None:
    """The value is part of saved searches: it must not change between versions."""
    assert fingerprint({"x": np.arange(3, dtype="<i4")}) == (
        "8fad0d438513f74389a8de977fdeb0ffd5c7a9f6a260aafd06b74a38d8a875b2"
    )


def objects(*values: object) -> np.ndarray:
    """Return values as an array of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@pytest.mark.parametrize(
    ("values", "written"),
    [
        (objects("one", None, "it's", "snow ❄", ""), "['one', None, \"it's\", 'snow ❄', '']"),
        (objects(1, "one", 2.5), "[('int', 1), ('str', 'one'), ('float', 2.5)]"),
        (objects(), ""),
    ],
    ids=["text", "any", "none"],
)
@pytest.mark.parametrize("at_once", [1, 8, 1000])
def test_objects_are_hashed_as_python_writes_them_as_one_list(
    values: np.ndarray, written: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In how many parts that is done does not show: it is part of saved searches, too."""
    monkeypatch.setattr(module, "_CHARACTERS_AT_ONCE", at_once)
    monkeypatch.setattr(module, "_OBJECTS_AT_ONCE", 2)

    found = fingerprint({"x": values})

    assert found == hashlib.sha256((repr(("x", "object", values.shape)) + written).encode()).hexdigest()


def test_long_texts_are_sampled_by_their_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few texts may be as much to read as many rows: beyond the limit every n-th and the last one count."""
    monkeypatch.setattr(module, "_BYTES_IN_FULL", 800)
    texts = objects(*("x" * 200 for _ in range(10)))
    last, skipped = texts.copy(), texts.copy()
    last[-1] = "y" * 200
    skipped[1] = "y" * 200

    assert fingerprint({"x": texts}) != fingerprint({"x": last})
    assert fingerprint({"x": texts}) == fingerprint({"x": skipped})
    assert fingerprint({"x": texts[:4]}) != fingerprint({"x": skipped[:4]})


def test_long_texts_of_a_table_are_sampled_by_their_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    """All text columns together count for the limit."""
    monkeypatch.setattr(module, "_BYTES_IN_FULL", 1600)
    table = np.array([(1.0, "x" * 200)] * 10, dtype=[("number", "f8"), ("text", "O")])
    last, skipped = table.copy(), table.copy()
    last["text"][-1] = skipped["text"][1] = "y" * 200

    assert fingerprint({"x": table}) != fingerprint({"x": last})
    assert fingerprint({"x": table}) == fingerprint({"x": skipped})


def test_texts_are_not_in_memory_once_more_while_they_are_hashed() -> None:
    """A single character outside of Latin makes Python take four bytes for each of a string, and texts may be gigabytes."""
    texts = objects(*(f"{number} ❄ " + "x" * 5_000 for number in range(4_000)))

    tracemalloc.start()
    fingerprint({"x": texts})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10_000_000  # the texts themselves take 40 million
