"""What fitted preprocessors have learned becomes JSON data and arrays, or is refused where it would come back changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from autokeras_core.engine.features import Feature
from autokeras_core.engine.pipeline import features_from_json, features_to_json
from autokeras_core.errors import SearchError
from autokeras_core.graph.operator import Preprocessor
from autokeras_core.registry import get_registry


class Keeper(Preprocessor):
    """Has whatever state it is given."""

    in_model = False

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Learn nothing."""

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the rows."""
        return batch

    def to_layer(self) -> Any:
        """Return nothing: no test asks for a layer."""

    def get_config(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return the state."""
        return self.kept

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take a state."""
        self.kept = dict(state)


def brought_back(kept: object) -> Any:
    """Return what is left of a part of a state after it was stored."""
    keeper = Keeper()
    keeper.kept = {"kept": kept}
    data, arrays = features_to_json([Feature(name="rows", input_name="rows", host=(keeper,))], get_registry())
    features = features_from_json(json.loads(json.dumps(data)), arrays, get_registry(), custom_classes=[Keeper])
    return features[0].host[0].get_state()["kept"]


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ({"a": [np.uint8(1), None]}, {"a": [1, None]}),
    ],
    ids=["float", "int", "bool", "in a mapping"],
)
def test_a_scalar_of_numpy_comes_back_as_a_number(kept: object, expected: object) -> None:
    """JSON has no other numbers than Python's."""
    assert brought_back(kept) == expected


def test_arrays_come_back_as_they_were() -> None:
    """Numbers, dates, and texts as objects, which NumPy would pickle."""
    kept = {
        "numbers": np.arange(6.0, dtype="float32").reshape(2, 3),
        "dates": np.array(["2024-02-29"], dtype="datetime64[D]"),
        "texts": np.array([["a"], ["bcd"]], dtype=object),
    }

    found = brought_back(kept)

    assert {name: array.dtype for name, array in found.items()} == {name: each.dtype for name, each in kept.items()}
    assert {name: array.tolist() for name, array in found.items()} == {
        name: each.tolist() for name, each in kept.items()
    }


@pytest.mark.parametrize("key", [1, None, 0.5], ids=["a number", "None", "a fraction"])
def test_a_key_that_is_no_text_is_refused(key: object) -> None:
    """JSON makes a text of it, which the preprocessor would not find again."""
    with pytest.raises(
        SearchError, match=rf"rows/0/state/kept\. .*texts as keys.*Received: the key {key!r} .*lists or arrays"
    ):
        brought_back({key: 1.0})


@pytest.mark.parametrize(
    "array",
    [np.array([1, "a"], dtype=object), np.array([("a", 1)], dtype=[("text", object), ("count", int)])],
    ids=["mixed", "structured"],
)
def test_an_array_of_objects_other_than_texts_is_refused(array: np.ndarray[Any, Any]) -> None:
    """Nothing that is saved is pickled, not even by NumPy."""
    with pytest.raises(SearchError, match=r"rows/0/state/kept\. .*Received: an array of Python objects"):
        brought_back(array)


@pytest.mark.parametrize(
    "scalar",
    [np.datetime64("2024-02-29"), np.datetime64(1, "ns"), np.complex64(1j)],
    ids=["date", "nanoseconds", "complex"],
)
def test_a_scalar_that_is_no_json_number_is_refused(scalar: np.generic) -> None:
    """The message says where it is and what it is."""
    with pytest.raises(SearchError, match=rf"rows/0/state/kept\. .*a value of type {type(scalar).__name__}"):
        brought_back(scalar)
