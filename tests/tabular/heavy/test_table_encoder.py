"""TableEncoder: two faces that agree, missing and unseen values, a layout that follows from facts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import datasets

from ak_tabular import StructuredDataInput, TableEncoder
from autokeras_core import DataError, NotFittedError
from autokeras_core.data.profile import InputProfile
from autokeras_core.testing import check_preprocessor
from tests.lines import lines_run

NUMBERS = st.one_of(
    st.floats(width=32),
    st.sampled_from([np.nan, 0.0, -0.0, 1.0, 1e-40, 2e-38, -3e38, 3e38, np.inf, -np.inf]),
)
TEXTS = st.one_of(
    st.none(), st.sampled_from(["", " ", "a", "A", "ä", "日本", "[UNK]", "a\nb", "1", "x y"]), st.text(max_size=5)
)
TIMES = st.one_of(
    st.just(pd.NaT),
    st.datetimes(min_value=pd.Timestamp(1700, 1, 1), max_value=pd.Timestamp(2250, 1, 1)).map(pd.Timestamp),
)
SETTINGS: list[dict[str, Any]] = [
    {},
    {"scaling": "quantile", "one_hot_limit": 3, "codes": True, "statistics": "frequency", "text_features": 6},
    {"one_hot_limit": 0, "codes": True, "max_codes": 4, "statistics": "target", "target_widths": [1]},
]
PROPERTY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def facts(name: str, kind: str, storage: str, *, missing: int = 0, categories: int = 0) -> dict[str, Any]:
    """Return facts about a column, as the input's analysis writes them."""
    return {"name": name, "kind": kind, "storage": storage, "missing": missing, "categories": categories}


def analysed(data: Any, **arguments: Any) -> tuple[StructuredDataInput, Any, InputProfile]:
    """Return an input, its adapted rows and their profile."""
    table_input = StructuredDataInput(**arguments)
    table = table_input.adapt(data)
    return table_input, table, table_input.analyse(table, name="structured")


def fitted(data: Any, *, types: dict[str, Any] | None = None, **given: Any) -> tuple[StructuredDataInput, TableEncoder]:
    """Return an input and an encoder of its columns, fitted on all rows."""
    table_input, table, profile = analysed(data, column_types=types)
    encoder = TableEncoder(columns=profile.facts["columns"], **given)
    targets = np.arange(len(table), dtype="float32")[:, None] if encoder.needs_targets else None
    encoder.fit(table, targets)
    return table_input, encoder


def through_layer(layer: Any, table_input: StructuredDataInput, table: Any, encoder: TableEncoder) -> Any:
    """Return what the layer makes of rows in the form that an exported model takes."""
    profile = InputProfile(
        name="t", modality="structured", shape=(1,), dtype="str", rows=1, facts={"columns": list(encoder.columns)}
    )
    raw = table_input.raw_rows(table, profile)
    if isinstance(raw, dict):
        raw = {
            name: tf.constant(cells, dtype=tf.string if cells.dtype == object else None) for name, cells in raw.items()
        }
    return np.asarray(layer(raw))


def mixed_frame(draw: st.DrawFn, rows: int) -> pd.DataFrame:
    """Return a frame with a column of each kind."""
    return pd.DataFrame(
        {
            "number": draw(st.lists(st.floats(width=32, allow_infinity=False), min_size=rows, max_size=rows)),
            "text ü/.": pd.Series(draw(st.lists(TEXTS, min_size=rows, max_size=rows)), dtype=object),
            "when": pd.to_datetime(draw(st.lists(TIMES, min_size=rows, max_size=rows))),
            "words": pd.Series(draw(st.lists(TEXTS, min_size=rows, max_size=rows)), dtype=object),
            "take": draw(st.lists(st.sampled_from([1.0, 2.0, np.nan]), min_size=rows, max_size=rows)),
        }
    )


@PROPERTY
@given(
    train=arrays(np.float32, (7, 4), elements=NUMBERS),
    other=arrays(np.float32, (4, 4), elements=NUMBERS),
    given_settings=st.sampled_from(SETTINGS),
)
def test_faces_agree_on_any_numbers(train: Any, other: Any, given_settings: dict[str, Any]) -> None:
    """Layer and `transform` agree to 1e-6, whatever is missing, constant, huge, tiny or infinite."""
    columns = [facts(f"column_{index}", "numerical", "number", missing=1) for index in range(3)]
    columns.append(facts("column_3", "categorical", "number", missing=1, categories=5))
    encoder = TableEncoder(columns=columns, **given_settings)
    encoder.fit(train, np.arange(7.0)[:, None])

    transformed = encoder.transform(other)

    assert np.isfinite(transformed).all()
    np.testing.assert_allclose(np.asarray(encoder.to_layer()(other)), transformed, rtol=0, atol=1e-6)


@PROPERTY
@given(data=st.data(), given_settings=st.sampled_from(SETTINGS))
def test_faces_agree_on_any_table(data: st.DataObject, given_settings: dict[str, Any]) -> None:
    """Layer and `transform` agree to 1e-6 on numbers, text, times, missing, blank, unseen and foreign values."""
    types = {
        "number": "numerical", "text ü/.": "categorical", "when": "datetime", "words": "text", "take": "boolean",
    }  # fmt: skip
    train, other = (data.draw(st.composite(mixed_frame)(rows=rows)) for rows in (6, 4))
    try:
        table_input, encoder = fitted(train, types=types, **given_settings)
    except DataError:
        reject()  # a column without values is no category: that is the input's to say
    table = table_input.adapt(other)

    transformed = encoder.transform(table)

    assert np.isfinite(transformed).all()
    assert transformed.shape == (4, encoder.layout.width)
    layer = encoder.to_layer()
    np.testing.assert_allclose(through_layer(layer, table_input, table, encoder), transformed, rtol=0, atol=1e-6)


@pytest.mark.parametrize("given_settings", SETTINGS, ids=["one-hot", "quantile", "codes"])
@pytest.mark.parametrize("loader", [datasets.load_wine, datasets.load_diabetes, datasets.load_breast_cancer])
def test_faces_agree_on_real_numbers(loader: Any, given_settings: dict[str, Any]) -> None:
    """On real tables of numbers with cells taken out, too."""
    frame = loader(as_frame=True).data.astype("float32")
    frame = frame.mask(np.random.default_rng(0).random(frame.shape) < 0.1)
    table_input, encoder = fitted(frame.iloc[::2], **given_settings)
    table = table_input.adapt(frame.iloc[1::2])

    received = through_layer(encoder.to_layer(), table_input, table, encoder)

    np.testing.assert_allclose(received, encoder.transform(table), rtol=0, atol=1e-6)


@pytest.mark.parametrize("given_settings", SETTINGS, ids=["one-hot", "quantile", "codes"])
def test_saved_layer_equals_transform(tmp_path: Path, given_settings: dict[str, Any]) -> None:
    """The layer, saved and loaded with Keras alone, gives what `transform` gives."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=80) * 1e3,
            "b": rng.choice(["x", "ü", "z z"], 80),
            "many": [f"v{number}" for number in rng.integers(0, 20, 80)],
            "when": pd.to_datetime(rng.integers(0, 10**9, 80), unit="s"),
        }
    )
    frame.loc[::7] = None
    table_input, encoder = fitted(frame, types={"many": "categorical"}, **given_settings)
    encoder.to_layer().save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    table = table_input.adapt(frame)
    received = through_layer(loaded, table_input, table, encoder)
    np.testing.assert_allclose(received, encoder.transform(table), rtol=0, atol=1e-6)


def test_encoder_keeps_the_contract() -> None:
    """The core's kit: faces, configuration, state, and an input that is left alone."""
    data = np.random.default_rng(0).integers(0, 4, (30, 3)).astype(np.float32)
    data[::5, 0] = np.nan
    columns = [
        facts("column_0", "numerical", "number", missing=6),
        facts("column_1", "numerical", "number"),
        facts("column_2", "categorical", "number", categories=4),
    ]

    check_preprocessor(TableEncoder(columns=columns), data)


def test_encoder_with_target_statistics_keeps_the_contract() -> None:
    """Training rows get them out of fold: the kit finds that none is told its own target."""
    data = np.random.default_rng(0).integers(0, 12, (60, 1)).astype(np.float32)
    columns = [facts("column_0", "categorical", "number", categories=12)]

    check_preprocessor(TableEncoder(columns=columns, statistics="target", target_widths=(1,)), data)


def test_numbers_are_centred_scaled_and_clipped_smoothly() -> None:
    """The median becomes 0, one interquartile range away x / sqrt(1 + (x/3)^2) of 1; nothing exceeds 3."""
    encoder = TableEncoder(columns=[facts("a", "numerical", "number")])
    encoder.fit(np.array([[10.0], [20.0], [30.0], [40.0], [50.0]]))

    features = encoder.transform(np.array([[30.0], [50.0], [1e30]]))

    np.testing.assert_allclose(features[:, 0], [0.0, 1 / np.sqrt(1 + 1 / 9), 3.0], atol=1e-6)


def test_quantile_scaling_makes_numbers_normal() -> None:
    """Whatever the distribution of a column, the result has the quantiles of a normal one; order is kept."""
    values = np.random.default_rng(0).lognormal(sigma=3, size=(4_000, 1))
    encoder = TableEncoder(columns=[facts("a", "numerical", "number")], scaling="quantile")
    encoder.fit(values)

    scaled = encoder.transform(np.sort(values, axis=0))[:, 0]

    assert (np.diff(scaled) >= 0).all()
    np.testing.assert_allclose(np.quantile(scaled, [0.159, 0.5, 0.841]), [-1, 0, 1], atol=0.02)


def test_missing_numbers_become_the_middle_with_an_indicator() -> None:
    """A column with missing values in training says where; one without says nothing."""
    columns = [facts("a", "numerical", "number", missing=1), facts("b", "numerical", "number")]
    encoder = TableEncoder(columns=columns)
    encoder.fit(np.array([[1.0, 1.0], [np.nan, 2.0], [3.0, 3.0]]))

    features = encoder.transform(np.array([[np.nan, np.nan], [2.0, 2.0]]))

    np.testing.assert_allclose(features, [[0, 0, 1], [0, 0, 0]], atol=1e-6)


def test_constant_and_all_missing_columns_become_zero() -> None:
    """Columns that carry nothing become 0, not NaN."""
    encoder = TableEncoder(columns=[facts("a", "numerical", "number"), facts("b", "numerical", "number")])
    encoder.fit(np.array([[7.0, np.nan], [7.0, np.nan]]))

    np.testing.assert_array_equal(encoder.transform(np.array([[7.0, 1.0], [9.0, np.nan]])), 0)


def test_dropped_columns_are_not_looked_at() -> None:
    """A dropped column has no features, and may hold anything."""
    encoder = TableEncoder(columns=[facts("column_0", "dropped", "number"), facts("column_1", "numerical", "number")])
    encoder.fit(np.array([[5.0, 1.0], [5.0, 2.0]]))

    assert encoder.transform(np.array([[np.nan, 1.5]])).shape == (1, 1)


def test_two_categories_are_one_feature() -> None:
    """Two values become -1 and 1; all others are 0, with a feature of their own where training has any."""
    table_input, encoder = fitted(pd.DataFrame({"a": ["y", "x", "y", None]}), types={"a": "categorical"})

    features = encoder.transform(table_input.adapt(pd.DataFrame({"a": ["x", "y", "z", None]})))

    np.testing.assert_array_equal(features, [[-1, 0], [1, 0], [0, 1], [0, 1]])


def test_unseen_and_missing_categories_share_the_last_feature() -> None:
    """Values seen in training have their own feature, in order; all others the last one."""
    table_input, encoder = fitted(pd.DataFrame({"a": ["y", "x", "z", None]}), types={"a": "categorical"})

    features = encoder.transform(table_input.adapt(pd.DataFrame({"a": ["x", "y", "z", "new", None]})))

    np.testing.assert_array_equal(features, np.eye(4)[[0, 1, 2, 3, 3]])


def test_unseen_categories_are_zeros_where_training_has_no_others() -> None:
    """A feature that is 0 in all training rows would be noise, so there is none."""
    table_input, encoder = fitted(pd.DataFrame({"a": ["y", "x", "z"]}), types={"a": "categorical"})

    np.testing.assert_array_equal(
        encoder.transform(table_input.adapt(pd.DataFrame({"a": ["new", None]}))), np.zeros((2, 3))
    )


def test_only_the_most_frequent_categories_are_kept() -> None:
    """Beyond `one_hot_limit` a value counts as unseen."""
    frame = pd.DataFrame({"a": ["w", "w", "x", "y", "y", "z", "z"]})
    table_input, encoder = fitted(frame, types={"a": "categorical"}, one_hot_limit=3)

    features = encoder.transform(table_input.adapt(pd.DataFrame({"a": ["w", "x", "y", "z"]})))

    np.testing.assert_array_equal(features, np.eye(4)[[0, 3, 1, 2]])


def test_codes_number_the_categories() -> None:
    """With `codes`, categories above the limit are numbered from 1; 0 is for the unseen and missing."""
    frame = pd.DataFrame({"a": ["w", "x", "y", "z"]})
    table_input, encoder = fitted(frame, types={"a": "categorical"}, one_hot_limit=2, codes=True)

    features = encoder.transform(table_input.adapt(pd.DataFrame({"a": ["z", "new", "w", None]})))

    assert encoder.layout.codes == (5,)
    np.testing.assert_array_equal(features[:, 0], [4, 0, 1, 0])


def test_dates_become_numbers_and_cycles() -> None:
    """Year, month, day, weekday and hour are those of the calendar; the cycles lie on circles."""
    times = pd.to_datetime(["2024-02-29 18:00", "1969-12-31 00:00", "2000-01-01 12:00", "1900-03-01 06:00"])
    table_input, encoder = fitted(pd.DataFrame({"when": times}), types={"when": "datetime"})

    numbers, (cycles,) = encoder._numbers(encoder._match(table_input.adapt(pd.DataFrame({"when": times}))))

    expected = [[time.year, time.month, time.day, time.weekday(), time.hour] for time in times]
    np.testing.assert_array_equal(numbers[:, 1:], expected)
    np.testing.assert_allclose(cycles[:, :4] ** 2 + cycles[:, 4:] ** 2, 1, atol=1e-6)


def test_frequent_words_are_features() -> None:
    """A word's feature is above 0 in the texts that have it, and 0 elsewhere; rare words have none."""
    frame = pd.DataFrame({"a": ["good day", "Good night!", "bad day", None]})
    table_input, encoder = fitted(frame, types={"a": "text"}, text_features=2)

    features = encoder.transform(table_input.adapt(frame))

    np.testing.assert_array_equal(features > 0, [[True, True], [False, True], [True, False], [False, False]])


def test_target_statistics_are_the_means_of_other_rows() -> None:
    """New rows get the mean target of their category; a training row's own target is not in its statistic."""
    values = np.array([f"v{number % 10}" for number in range(200)])
    targets = np.where(values == "v3", 5.0, 0.0)[:, None] + np.random.default_rng(0).normal(size=(200, 1))
    outlier = int(np.flatnonzero(values == "v7")[0])
    table_input, table, profile = analysed(pd.DataFrame({"a": values}), column_types={"a": "categorical"})
    settings_ = {"statistics": "target", "target_widths": [1], "one_hot_limit": 0, "codes": True}
    encoders = [TableEncoder(columns=profile.facts["columns"], **settings_) for _ in range(2)]
    encoders[0].fit(table, targets)
    changed = targets.copy()
    changed[outlier] += 1e-3  # standardised anew, so all others move by next to nothing
    encoders[1].fit(table, changed)

    new = encoders[0].transform(table_input.adapt(pd.DataFrame({"a": ["v3", "v4"]})))

    assert new[0, 1] > new[1, 1] + 1
    first, second = (encoder.transform_training(table)[outlier, 1] for encoder in encoders)
    assert abs(first - second) < 1e-5
    assert not np.allclose(encoders[0].transform_training(table)[:, 1], encoders[0].transform(table)[:, 1])


@pytest.mark.parametrize(
    ("targets", "widths"),
    [
        (np.random.default_rng(0).normal(size=(200, 1)) + 3, [1]),
        (np.eye(3)[np.arange(200) % 7 % 3], [3]),
        ((np.arange(200) % 7 % 3).astype(float), [3]),
        ((np.arange(200) % 7 % 2).astype(float), [1]),
    ],
    ids=["numbers", "one-hot", "class numbers", "two classes"],
)
def test_rows_without_a_target_have_no_part_in_its_statistics(targets: Any, widths: list[int]) -> None:
    """They are those of the other rows; and a row without one gets a statistic as every row does."""
    values = np.array([f"v{number % 10}" for number in range(200)])
    has = np.arange(200) % 3 > 0
    table_input, table, profile = analysed(pd.DataFrame({"a": values}), column_types={"a": "categorical"})
    settings_ = {"statistics": "target", "target_widths": widths, "one_hot_limit": 0, "codes": True}
    some, others = (TableEncoder(columns=profile.facts["columns"], **settings_) for _ in range(2))
    known = targets.copy()
    known[~has] = np.nan

    some.fit(table, known)
    others.fit(table[has], targets[has].astype(int) if targets.ndim == 1 else targets[has])

    new = table_input.adapt(pd.DataFrame({"a": [f"v{number}" for number in range(10)]}))
    columns = slice(1, 1 + widths[0])
    np.testing.assert_allclose(some.transform(new)[:, columns], others.transform(new)[:, columns], atol=1e-6)
    assert np.isfinite(some.transform_training(table)).all()


def test_a_target_that_no_row_has_gives_statistics_of_nothing() -> None:
    """As may be where few rows of many are looked at."""
    frame = pd.DataFrame({"a": [f"v{number % 10}" for number in range(40)]})
    _, table, profile = analysed(frame, column_types={"a": "categorical"})
    encoder = TableEncoder(
        columns=profile.facts["columns"], statistics="target", target_widths=[1], one_hot_limit=0, codes=True
    )

    encoder.fit(table, np.full((40, 1), np.nan))

    assert np.isfinite(encoder.transform(table)).all()


def test_training_rows_are_those_of_fit() -> None:
    """Out-of-fold statistics of other rows do not exist, and asking for them is an error."""
    frame = pd.DataFrame({"a": [f"v{number % 10}" for number in range(40)]})
    table_input, encoder = fitted(frame, types={"a": "categorical"}, statistics="target", target_widths=[1])

    with pytest.raises(NotFittedError, match="out of fold"):
        encoder.transform_training(table_input.adapt(frame.iloc[:3]))


def test_columns_are_found_by_name() -> None:
    """A frame with its columns in another order gives the same features."""
    frame = pd.DataFrame({"b": ["x", "y", "x"], "a": [1.0, 2.0, 4.0]})
    table_input, encoder = fitted(frame, types={"a": "numerical", "b": "categorical"})

    np.testing.assert_array_equal(
        encoder.transform(table_input.adapt(frame[["a", "b"]])), encoder.transform(table_input.adapt(frame))
    )


def test_state_round_trip_gives_the_same_numbers() -> None:
    """A new encoder with another's state and configuration is the same mapping."""
    frame = pd.DataFrame({"a": ["x", None, "y"], "b": [1.0, np.nan, 3.0], "c": [1, 2, 2]})
    table_input, encoder = fitted(frame, types={"a": "categorical", "b": "numerical", "c": "categorical"})
    other = TableEncoder(**encoder.get_config())

    other.set_state(encoder.get_state())

    table = table_input.adapt(frame)
    np.testing.assert_array_equal(other.transform(table), encoder.transform(table))


def test_many_rows_are_encoded_without_python_for_each_row() -> None:
    """No loop over rows or cells: 20 columns of 100,000 rows take fewer lines of Python than there are rows."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"n{index}": rng.normal(size=100_000) for index in range(12)})
    for index in range(8):
        frame[f"c{index}"] = np.array([f"value {number}" for number in range(12)], dtype=object)[
            rng.integers(0, 12, 100_000)
        ]
    table_input, encoder = fitted(frame)
    table = table_input.adapt(frame)

    assert lines_run(lambda: encoder.transform(table)) < len(table)


def test_category_without_values_is_an_error() -> None:
    """Facts that do not say how many values a categorical column has are an error that names it."""
    with pytest.raises(DataError, match="'city'"):
        TableEncoder(columns=[facts("city", "categorical", "text")])


def test_unfitted_is_an_error() -> None:
    """Transforming before fitting is an error."""
    with pytest.raises(NotFittedError):
        TableEncoder(columns=[facts("a", "numerical", "number")]).transform(np.ones((1, 1)))
