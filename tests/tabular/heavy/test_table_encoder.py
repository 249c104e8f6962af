"""TableEncoder: two faces that agree, missing and unseen values, columns by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ak_tabular import StructuredDataInput, TableEncoder
from autokeras_core import DataError, NotFittedError
from autokeras_core.testing import check_preprocessor

CELLS = st.one_of(
    st.floats(width=32, allow_infinity=False),
    st.sampled_from([np.nan, 0.0, -0.0, 1.0, 1e-40, -3e38, 3e38]),
)


def fitted(data: Any, **arguments: Any) -> tuple[StructuredDataInput, TableEncoder]:
    """Return an input and its encoder, fitted on all rows."""
    table_input = StructuredDataInput(**arguments)
    table = table_input.adapt(data)
    profile = table_input.analyse(table, name="structured")
    (encoder,) = table_input.preprocessors(profile)
    assert isinstance(encoder, TableEncoder)
    encoder.fit(table)
    return table_input, encoder


@settings(max_examples=25, deadline=None)
@given(
    train=arrays(np.float64, (6, 3), elements=CELLS),
    other=arrays(np.float64, (4, 3), elements=CELLS),
)
def test_faces_agree_on_any_numbers(train: Any, other: Any) -> None:
    """Layer and `transform` agree to 1e-6, whatever is missing, constant, huge or tiny; one column is categorical."""
    _, encoder = fitted(train, column_types={"column_1": "categorical"})

    transformed = encoder.transform(other)

    assert np.isfinite(transformed).all()
    layer = encoder.to_layer()
    np.testing.assert_allclose(np.asarray(layer(other.astype(np.float32))), transformed, rtol=0, atol=1e-6)


def test_encoder_keeps_the_contract() -> None:
    """The core's kit: faces, configuration, state, and an input that is left alone."""
    data = np.random.default_rng(0).integers(0, 4, (30, 3)).astype(np.float32)
    data[::5, 0] = np.nan
    kinds = ("numerical", "numerical", "categorical")
    columns = [{"name": f"column_{index}", "kind": kind, "storage": "number"} for index, kind in enumerate(kinds)]

    check_preprocessor(TableEncoder(columns=columns), data)


def test_saved_layer_equals_transform(tmp_path: Path) -> None:
    """The layer, saved and loaded with Keras alone, gives what `transform` gives."""
    rng = np.random.default_rng(0)
    data = rng.normal(size=(50, 4)) * [1, 1e3, 1e-3, 0] + [0, 1e4, 0, 5]
    data[rng.random(data.shape) < 0.2] = np.nan
    data[:, 2] = rng.integers(0, 4, 50)
    _, encoder = fitted(data, column_types={"column_2": "categorical"})
    encoder.to_layer().save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    expected = encoder.transform(data)
    np.testing.assert_allclose(loaded.predict(data.astype(np.float32), verbose=0), expected, rtol=0, atol=1e-6)


def test_numbers_are_centred_scaled_and_clipped_smoothly() -> None:
    """The median becomes 0, one interquartile range away x / sqrt(1 + (x/3)^2) of 1; nothing exceeds 3."""
    _, encoder = fitted(np.array([[10.0], [20.0], [30.0], [40.0], [50.0]]))

    features = encoder.transform(np.array([[30.0], [50.0], [1e30]]))

    np.testing.assert_allclose(features[:, 0], [0.0, 1 / np.sqrt(1 + 1 / 9), 3.0], atol=1e-6)


def test_missing_numbers_become_the_median_with_an_indicator() -> None:
    """A column with missing values in training says where; one without says nothing."""
    _, encoder = fitted(np.array([[1.0, 1.0], [np.nan, 2.0], [3.0, 3.0]]))

    features = encoder.transform(np.array([[np.nan, np.nan], [2.0, 2.0]]))

    np.testing.assert_allclose(features, [[0, 0, 1], [0, 0, 0]], atol=1e-6)


def test_constant_and_all_missing_columns_become_zero() -> None:
    """Columns that carry nothing become 0, not NaN."""
    _, encoder = fitted(np.array([[7.0, np.nan], [7.0, np.nan]]))

    np.testing.assert_array_equal(encoder.transform(np.array([[7.0, 1.0], [9.0, np.nan]]))[:, :2], 0)


def test_unseen_and_missing_categories_share_the_last_feature() -> None:
    """Values seen in training have their own feature, in order; all others the last one."""
    table_input, encoder = fitted(pd.DataFrame({"a": ["y", "x", "y"]}))

    features = encoder.transform(table_input.adapt(pd.DataFrame({"a": ["x", "y", "z", None]})))

    np.testing.assert_array_equal(features, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]])


def test_only_the_most_frequent_categories_are_kept() -> None:
    """Beyond `max_categories` a value counts as unseen."""
    table = StructuredDataInput().adapt(pd.DataFrame({"a": ["x", "y", "y", "z", "z"]}))
    encoder = TableEncoder(columns=[{"name": "a", "kind": "categorical", "storage": "text"}], max_categories=2)

    encoder.fit(table)

    np.testing.assert_array_equal(encoder.transform(table)[:2], [[0, 0, 1], [1, 0, 0]])


def test_columns_are_found_by_name() -> None:
    """A frame with its columns in another order gives the same features."""
    frame = pd.DataFrame({"b": ["x", "y", "x"], "a": [1.0, 2.0, 4.0]})
    table_input, encoder = fitted(frame)

    np.testing.assert_array_equal(
        encoder.transform(table_input.adapt(frame[["a", "b"]])), encoder.transform(table_input.adapt(frame))
    )


def test_category_is_the_same_whatever_its_dtype() -> None:
    """A category that is the text 1 in training is found where a batch has it as a number."""
    table_input, encoder = fitted(pd.DataFrame({"a": ["1", "two", "1"]}))

    features = encoder.transform(table_input.adapt(pd.DataFrame({"a": [1.0, np.nan]})))

    np.testing.assert_array_equal(features, [[1, 0, 0], [0, 0, 1]])


def test_state_round_trip_gives_the_same_numbers() -> None:
    """A new encoder with another's state and configuration is the same mapping."""
    frame = pd.DataFrame({"a": ["x", None, "y"], "b": [1.0, np.nan, 3.0], "c": [1, 2, 2]})
    table_input, encoder = fitted(frame, column_types={"c": "categorical"})
    other = TableEncoder(**encoder.get_config())

    other.set_state(encoder.get_state())

    table = table_input.adapt(frame)
    np.testing.assert_array_equal(other.transform(table), encoder.transform(table))


def test_text_categories_cannot_be_exported_and_the_error_says_so() -> None:
    """Exporting a table with text categories is one clear error that names the columns and the ways out."""
    _, encoder = fitted(pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]}))

    with pytest.raises(DataError, match=r"\['a'\].*predict\(\), save\(\)"):
        encoder.to_layer()


def test_unfitted_is_an_error() -> None:
    """Transforming before fitting is an error."""
    with pytest.raises(NotFittedError):
        TableEncoder(columns=[{"name": "a", "kind": "numerical", "storage": "number"}]).transform(np.ones((1, 1)))
