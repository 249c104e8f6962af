"""What is kept of a table takes no more memory than it must."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ak_tabular.encoding.statistics import CategoryStatistics
from ak_tabular.layout import target_widths_of
from ak_tabular.tables import as_table
from autokeras_core.data.profile import DataProfile, TargetProfile

SMALL: dict[str, tuple[Any, Any]] = {
    "bool": ([True, False], "bool"),
    "int8": ([-128, 127], "int8"),
    "uint16": ([0, 65_535], "uint16"),
    "nullable booleans": ([True, None], "boolean"),
    "nullable integers": ([-32_768, None], "Int16"),
    "sparse booleans": ([True, False], pd.SparseDtype(bool)),
}


@pytest.mark.parametrize(("values", "dtype"), SMALL.values(), ids=SMALL)
def test_small_integers_and_booleans_of_a_frame_are_float32(values: list[Any], dtype: Any) -> None:
    """It holds them exactly, in half of the bytes."""
    table = as_table(pd.DataFrame({"a": pd.Series(values, dtype=dtype)}))

    assert table.dtype["a"] == np.float32
    np.testing.assert_array_equal(table["a"], [np.nan if value is None else float(value) for value in values])


@pytest.mark.parametrize("dtype", ["int32", "int64", "float64"])
def test_larger_numbers_of_a_frame_stay_float64(dtype: str) -> None:
    """Of them float32 does not hold all."""
    assert as_table(pd.DataFrame({"a": np.array([16_777_217, 1], dtype=dtype)}))["a"].tolist() == [16_777_217.0, 1.0]


def test_small_integers_of_a_structured_array_are_float32() -> None:
    """As those of a frame are."""
    array = np.array([(1, True, 2)], dtype=[("a", "i2"), ("b", "?"), ("c", "i4")])

    assert [as_table(array).dtype[name].name for name in "abc"] == ["float32", "float32", "float64"]


def test_statistics_keep_nothing_for_each_training_row() -> None:
    """They are kept for as long as an encoder is, and those of the rows themselves were gigabytes."""
    rng = np.random.default_rng(0)
    codes, targets = rng.integers(0, 10, (20_000, 3)), rng.normal(size=(20_000, 4))
    statistics = CategoryStatistics(sizes=[10, 10, 10], target_width=4)

    statistics.fit(codes, targets)

    assert len(pickle.dumps(statistics)) < 20_000
    assert statistics.out_of_fold(codes).shape == (20_000, 15)
    assert not np.allclose(statistics.out_of_fold(codes), statistics.transform(codes), atol=1e-6)


@pytest.mark.parametrize(("outputs", "width"), [(1, 1), (16, 16), (17, 0)])
def test_a_regression_of_many_numbers_has_no_target_statistics(outputs: int, width: int) -> None:
    """As many classes have none: each would be a feature of every column."""
    target = TargetProfile(name="y", kind="regression", label_type="number", dtype="float32", outputs=outputs)
    profile = DataProfile(rows=40, inputs={}, targets={"y": target})

    assert target_widths_of(profile) == (width,)
