"""Whether two trained models take the same features, so that these need be made only once for both. No Keras here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from autokeras_core.engine.features import Feature
    from autokeras_core.graph.operator import Preprocessor

__all__ = ["are_equal"]


def are_equal(one: Sequence[Feature], other: Sequence[Feature]) -> bool:
    """Return whether two models take the same features: by preprocessors of the same kinds that have learned the same.

    Those of one search mostly have, but for a member that was refitted on more rows. Each model has its own objects.
    """
    return len(one) == len(other) and all(map(_are_same, one, other))


def _are_same(one: Feature, other: Feature) -> bool:
    if (one.name, one.input_name, len(one.host)) != (other.name, other.input_name, len(other.host)):
        return False
    return all(map(_make_the_same, one.host, other.host))


def _make_the_same(one: Preprocessor, other: Preprocessor) -> bool:
    if one is other:
        return True
    return (
        type(one) is type(other)
        and _is_same_value(one.get_config(), other.get_config())
        and _is_same_value(one.get_state(), other.get_state())
    )


def _is_same_value(one: Any, other: Any) -> bool:
    """Return whether two pieces of what a preprocessor keeps are equal; what is not sure to be counts as different."""
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_is_same_value(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_is_same_value, one, other))
    return type(one) is type(other) and bool(one == other)
