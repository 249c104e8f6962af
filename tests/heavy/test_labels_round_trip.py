"""Labels come back in the type they were given in, whatever the type; bad data is one clear error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autokeras_core import DataError
from tests.heavy.automodels import dense_classifier, dense_regressor, diabetes, wine

Array = np.ndarray[Any, Any]


def as_strings(y: Array) -> Array:
    """Return names for classes."""
    return np.array(["barbera", "barolo", "grignolino"])[y]


LABELS: dict[str, Callable[[Array], Any]] = {
    "int64": lambda y: y.astype("int64") * 10 - 5,
    "object str": lambda y: as_strings(y).astype(object),
    "bool": lambda y: y == 1,
    "one-hot float": lambda y: np.eye(3, dtype="float32")[y],
    "column": lambda y: y.reshape(-1, 1),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_come_back_in_their_own_type(kind: str) -> None:
    """Same dtype, same shape, values out of the classes that went in, and mostly right."""
    x, classes = wine()
    y = np.asarray(LABELS[kind](classes))
    model = dense_classifier()

    model.fit(x, y, epochs=15, verbose=0)
    predicted = model.predict(x)

    assert predicted.dtype == y.dtype
    assert predicted.shape == y.shape
    agree = (predicted == y).reshape(len(y), -1).all(axis=1)
    assert agree.mean() > 0.8


def test_a_list_of_strings_comes_back_as_strings() -> None:
    """Plain Python labels work like arrays."""
    x, classes = wine(90)
    y = list(as_strings(classes))

    model = dense_classifier()
    model.fit(x.tolist(), y, epochs=2, verbose=0)

    assert set(model.predict(x)) <= set(y)


def test_multi_label_predictions_return_several_labels() -> None:
    """Each label is decided on its own: some rows get none, some one, some both."""
    x, classes = wine()
    y = np.stack([classes >= 1, classes >= 2], axis=1).astype("int64")
    model = dense_classifier()

    model.fit(x, y, epochs=30, verbose=0)
    predicted = model.predict(x)

    assert predicted.dtype == y.dtype
    assert set(predicted.sum(axis=1)) == {0, 1, 2}
    assert np.mean(predicted == y) > 0.9
    assert model.predict_proba(x).shape == (len(y), 2)


def test_binary_probabilities_have_a_column_for_each_class() -> None:
    """Two columns that sum to one, in the order of `classes`."""
    x, classes = wine()
    y = np.where(classes == 0, "yes", "no")
    model = dense_classifier()

    model.fit(x, y, epochs=10, verbose=0)
    probabilities = model.predict_proba(x)

    assert list(model.classes) == ["no", "yes"]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(model.classes)[probabilities.argmax(axis=1)], model.predict(x))


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e-6], ids=["ones", "millions", "millionths"])
def test_regression_learns_targets_of_any_size(scale: float) -> None:
    """Predictions are in the targets' own units and beat the mean."""
    x, y = diabetes()
    y = y * scale
    model = dense_regressor()

    model.fit(x, y, epochs=40, verbose=0)
    predicted = model.predict(x)

    assert predicted.shape == y.shape
    assert np.mean((predicted - y) ** 2) < 0.8 * np.var(y)


def test_several_targets_come_back_together() -> None:
    """A matrix of targets gives a matrix of predictions."""
    x, y = diabetes(200)
    model = dense_regressor()

    model.fit(x, np.stack([y, -y], axis=1), epochs=2, verbose=0)

    assert model.predict(x).shape == (200, 2)


def nan_at(x: Array, row: int) -> Array:
    """Return a copy with a NaN."""
    x = x.copy()
    x[row, 0] = np.nan
    return x


BAD: dict[str, tuple[Callable[[Array, Array], tuple[Any, Any]], str]] = {
    "different lengths": (lambda x, y: (x, y[:-1]), r"178.*177"),
    "empty": (lambda x, y: (x[:0], y[:0]), r"(?i)empty|no rows|at least"),
    "one class": (lambda x, y: (x, np.zeros_like(y)), r"(?i)one class|classes"),
    "NaN in x": (lambda x, y: (nan_at(x, 3), y), r"(?i)nan"),
    "NaN in y": (lambda x, y: (x, np.where(y == 0, np.nan, y)), r"(?i)nan"),
    "wrong rank of x": (lambda x, y: (x[:, 0], y), r"(?i)rank|dimension|shape"),
    "wrong rank of y": (lambda x, y: (x, np.zeros((len(y), 2, 2))), r"(?i)rank|dimension|shape"),
    "text in x": (lambda x, y: (x.astype(str), y), r"(?i)number|numeric"),
    "ragged x": (lambda x, y: ([[1.0, 2.0], [3.0]] * 89, y), r"(?i)length|ragged|shape"),
    "no rows at all": (lambda x, y: (None, y), r"(?i)x"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_data_is_one_clear_error(case: str) -> None:
    """The message names what was expected and received."""
    make, pattern = BAD[case]
    x, y = make(*wine())

    with pytest.raises(DataError, match=pattern) as caught:
        dense_classifier().fit(x, y, epochs=1, verbose=0)

    assert "Expected:" in str(caught.value)
    assert "Received:" in str(caught.value)


def test_a_class_unseen_in_training_is_named() -> None:
    """Evaluating with a new class says which one it is."""
    x, y = wine()
    model = dense_classifier()
    model.fit(x, as_strings(y), epochs=1, verbose=0)
    strange = as_strings(y).astype(object)
    strange[5] = "merlot"

    with pytest.raises(DataError, match="merlot"):
        model.evaluate(x, strange)


def test_rows_of_another_shape_are_refused_at_prediction() -> None:
    """A model of 13 numbers does not guess what 12 mean."""
    x, y = wine()
    model = dense_classifier()
    model.fit(x, y, epochs=1, verbose=0)

    with pytest.raises(DataError, match=r"13.*12"):
        model.predict(x[:, :12])


def test_the_callers_arrays_are_never_changed() -> None:
    """Read-only arrays go through the whole of fit, predict and evaluate."""
    x, y = wine()
    before = x.copy(), y.copy()
    weights = np.ones(len(y))
    for array in (x, y, weights):
        array.setflags(write=False)
    model = dense_classifier()

    model.fit(x, y, sample_weight=weights, epochs=1, verbose=0)
    model.predict(x)
    model.evaluate(x, y, sample_weight=weights)

    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


def test_loss_metrics_and_num_classes_do_what_they_say() -> None:
    """The given loss is optimised, the given metrics are logged, and there is a column for each class."""
    x, y = wine()
    model = dense_classifier(
        head={"loss": "categorical_focal_crossentropy", "metrics": ["auc"], "num_classes": 5}, objective="val_auc"
    )

    history = model.fit(x, y, epochs=2, verbose=0)

    assert "val_auc" in history.history
    assert "val_accuracy" not in history.history
    assert model.predict_proba(x).shape == (len(y), 5)
    assert set(model.evaluate(x, y)) == {"loss", "auc"}
