"""The metrics of the heads: their names, what they count, and which suit which labels."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from sklearn.metrics import r2_score

from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.errors import GraphError
from autokeras_core.graph.operator import Head
from tests.heavy.head_models import NAME, head_model, some_rows, squared


@pytest.mark.parametrize(
    ("head", "labels", "names"),
    [
        (ClassificationHead(), ["a", "b"], ["accuracy"]),
        (ClassificationHead(), [0, 1, 2], ["accuracy"]),
        (ClassificationHead(), [[0, 1], [1, 1]], ["binary_accuracy", "auc"]),
        (RegressionHead(), [1.0, 2.0], ["mse", "mae"]),
        (RegressionHead(metrics="rmse"), [1.0, 2.0], ["rmse"]),
        (
            ClassificationHead(metrics=["AUC", "Precision", keras.metrics.Recall]),
            [0, 1],
            ["auc", "precision", "recall"],
        ),
        (ClassificationHead(metrics=[keras.metrics.Recall(name="found"), squared]), [0, 1], ["found", "squared"]),
    ],
    ids=["binary", "multi-class", "multi-label", "regression", "one name", "Keras names", "objects"],
)
def test_metrics_have_stable_names(head: Head, labels: Any, names: list[str]) -> None:
    """Metrics are new each time, their names are not counted up, and they take what the head encodes."""
    target = head.analyse(labels, name=NAME)
    encoded = keras.ops.convert_to_tensor(head.encode(labels, target))

    first, second = head.metrics(target), head.metrics(target)
    for metric in first:
        metric.update_state(encoded, keras.ops.cast(encoded, "float32"))

    assert [metric.name for metric in first] == [metric.name for metric in second] == names
    assert not set(map(id, first)) & set(map(id, second))


_TRUE = np.array([0, 0, 0, 1, 1, 0])


_SCORES = np.array([0.1, 0.6, 0.2, 0.9, 0.4, 0.3], dtype="float32")


@pytest.mark.parametrize("loss", [None, "sparse_categorical_crossentropy"], ids=["one-hot", "sparse"])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 4 / 6),
        ("acc", 4 / 6),
        ("Accuracy", 4 / 6),
        ("balanced_accuracy", (3 / 4 + 1 / 2) / 2),
        ("precision", 1 / 2),
        ("recall", 1 / 2),
        ("Precision", 1 / 2),
        ("Recall", 1 / 2),
        ("f1", 1 / 2),
        ("auc", 7 / 8),
        ("log_loss", float(-np.mean(np.log(np.where(_TRUE == 1, _SCORES, 1 - _SCORES))))),
        ("sparse_categorical_accuracy", 4 / 6),
        ("categorical_accuracy", 4 / 6),
    ],
)
def test_binary_metrics_are_those_of_the_second_class(name: str, expected: float, loss: str | None) -> None:
    """The values are the textbook's, whether targets are one-hot or class numbers."""
    head = ClassificationHead(metrics=[name], loss=loss)
    target = head.analyse(_TRUE, name=NAME)
    (metric,) = head.metrics(target)

    for part in (slice(0, 4), slice(4, 6)):
        metric.update_state(head.encode(_TRUE, target)[part], np.stack([1 - _SCORES, _SCORES], axis=1)[part])

    assert float(metric.result()) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([0, 1, 1, 0], ["accuracy", "auc", "balanced_accuracy", "f1", "log_loss", "precision", "recall"]),
        ([0, 1, 2, 1], ["accuracy", "auc", "balanced_accuracy", "f1", "log_loss"]),
        ([[0, 1], [1, 1], [1, 0], [0, 0]], ["accuracy", "auc", "binary_accuracy", "f1", "log_loss"]),
        ([1.0, 5.0, 2.0, 9.0], ["mae", "mse", "r2", "rmse"]),
    ],
    ids=["binary", "multi-class", "multi-label", "regression"],
)
def test_metrics_count_a_weighted_row_as_repeated_rows(labels: Any, names: list[str]) -> None:
    """Integer sample weights equal row duplication in every metric that has a short name."""
    head = RegressionHead(metrics=names) if "r2" in names else ClassificationHead(metrics=names)
    target = head.analyse(labels, name=NAME)
    encoded, times = head.encode(labels, target), np.array([1, 2, 3, 1])
    outputs = np.random.default_rng(1).uniform(size=encoded.shape).astype("float32")

    for weighted, repeated in zip(head.metrics(target), head.metrics(target), strict=True):
        weighted.update_state(encoded, outputs, sample_weight=times)
        repeated.update_state(np.repeat(encoded, times, axis=0), np.repeat(outputs, times, axis=0))

        assert float(weighted.result()) == pytest.approx(float(repeated.result()), rel=1e-5), weighted.name


@pytest.mark.parametrize("name", ["auc", "f1", "balanced_accuracy"])
def test_classes_without_rows_do_not_count(name: str) -> None:
    """A mean over the classes is 1 for perfect predictions, even if more classes are declared than seen."""
    head = ClassificationHead(metrics=[name], num_classes=6)
    target = head.analyse([0, 2, 4, 2], name=NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode([0, 2, 4, 2], target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", ["auc", "f1", "balanced_accuracy"])
def test_a_class_that_only_training_shows_does_not_count(name: str) -> None:
    """A perfect model has 1 on test rows of which none has the third class."""
    head = ClassificationHead(metrics=[name])
    target = head.analyse([0, 1, 2, 2], name=NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode([0, 1, 1, 0], target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", ["auc", "f1"])
def test_a_label_that_no_row_has_does_not_count(name: str) -> None:
    """Of ten labels two may be missing from the rows that are held out."""
    head = ClassificationHead(metrics=[name], multi_label=True)
    target = head.analyse([[0, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 1]], name=NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode([[0, 1, 0], [1, 1, 0], [1, 0, 0]], target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(1.0, abs=1e-3)


def test_means_over_classes_that_all_have_rows_are_those_of_keras() -> None:
    """AUC and F1 differ from Keras's only in what they leave out; a wrong prediction of a class without rows counts."""
    head = ClassificationHead(metrics=["auc", "f1"])
    target = head.analyse([0, 1, 2], name=NAME)
    rng = np.random.default_rng(0)
    encoded = head.encode(rng.integers(0, 3, 200), target)
    outputs = rng.dirichlet(np.ones(3), 200).astype("float32")
    theirs = [
        keras.metrics.AUC(multi_label=True, num_labels=3, num_thresholds=5_000),
        keras.metrics.F1Score(average="macro"),
    ]

    for ours, metric, tolerance in zip(head.metrics(target), theirs, [1e-3, 1e-6], strict=True):
        ours.update_state(encoded, outputs)
        metric.update_state(encoded, outputs)

        assert float(ours.result()) == pytest.approx(float(metric.result()), abs=tolerance), ours.name

    (_, f1) = head.metrics(target)
    f1.update_state(head.encode([0, 1, 1], target), np.eye(3, dtype="float32")[[0, 1, 2]])
    assert float(f1.result()) == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_balanced_accuracy_follows_weights_and_forgets() -> None:
    """Sample weights count as repeated rows; a reset starts anew."""
    head = ClassificationHead(metrics=["balanced_accuracy"])
    target = head.analyse([0, 1, 1], name=NAME)
    (metric,) = head.metrics(target)
    outputs = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9]], dtype="float32")

    metric.update_state(head.encode([0, 1, 1], target), outputs, sample_weight=np.array([1, 3, 1]))
    weighted = float(metric.result())
    metric.reset_state()
    metric.update_state(head.encode([0, 1], target), outputs[[0, 2]])

    assert weighted == pytest.approx((1 + 1 / 4) / 2)
    assert float(metric.result()) == 1.0


@pytest.mark.parametrize("name", ["rmse", "mae", "mse", "r2", "mean_absolute_percentage_error"])
def test_regression_metrics_are_in_real_units(name: str) -> None:
    """The values are those of the targets' own units."""
    head = RegressionHead(metrics=[name])
    true, predicted = np.array([100.0, 200.0, 300.0]), np.array([[110.0], [190.0], [310.0]], dtype="float32")
    target = head.analyse(true, name=NAME)
    (metric,) = head.metrics(target)

    metric.update_state(head.encode(true, target), predicted)

    expected = {"rmse": 10, "mae": 10, "mse": 100, "r2": 0.985, "mean_absolute_percentage_error": 6.111}
    assert float(metric.result()) == pytest.approx(expected[name], rel=1e-3)


@pytest.mark.parametrize(
    "metric", ["r2", keras.metrics.R2Score, keras.metrics.R2Score()], ids=["short name", "class", "object"]
)
@pytest.mark.parametrize(
    ("center", "width"), [([48.85], [0.01]), ([17_000.0, 48.85], [5.0, 0.01])], ids=["one target", "two targets"]
)
def test_r2_is_right_far_from_zero(center: list[float], width: list[float], metric: Any) -> None:
    """Where a sum of squares in float32 is too coarse to hold the targets' variance."""
    rng = np.random.default_rng(0)
    true = np.array(center) + np.array(width) * rng.normal(size=(400, len(center)))
    predicted = (true + 0.5 * np.array(width) * rng.normal(size=true.shape)).astype("float32")
    head = RegressionHead(metrics=[metric])
    target = head.analyse(true, name=NAME)
    encoded = head.encode(true, target)
    (made,) = head.metrics(target)

    for part in (slice(0, 256), slice(256, 400)):
        made.update_state(encoded[part], predicted[part])

    expected = r2_score(encoded.astype("float64"), predicted.astype("float64"))
    assert 0.7 < expected < 0.8
    assert float(made.result()) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("aggregation", ["uniform_average", "variance_weighted_average"])
@pytest.mark.parametrize("rows", [1, 3, 10, 100, 1000])
def test_r2_of_targets_that_do_not_differ_is_zero(rows: int, aggregation: str) -> None:
    """As with Keras: what rounding leaves of a variance is nothing to divide by."""
    target = RegressionHead().analyse(np.random.default_rng(0).normal(12.3, 4.7, size=200), name=NAME)
    (made,) = RegressionHead(metrics=[keras.metrics.R2Score(class_aggregation=aggregation)]).metrics(target)

    made.update_state(np.zeros((rows, 1), "float32"), np.full((rows, 1), 0.5, "float32"))

    assert float(made.result()) == 0.0


def test_r2_far_from_zero_is_right_in_a_log() -> None:
    """While validating, and where a model is evaluated."""
    rows = some_rows(128)
    targets = 48.85 + 0.01 * rows[:, 0].astype("float64")
    head = RegressionHead(metrics=["r2"])
    model, target, _ = head_model(head, targets)
    encoded = head.encode(targets, target)

    log = model.fit(rows, encoded, validation_data=(rows, encoded), epochs=5, batch_size=32, verbose=0).history
    reported = model.evaluate(rows, encoded, verbose=0, return_dict=True)

    expected = r2_score(encoded.astype("float64"), model.predict(rows, verbose=0).astype("float64"))
    assert expected != pytest.approx(0.0, abs=1e-2)
    assert log["val_r2"][-1] == pytest.approx(expected, abs=1e-3)
    assert reported["r2"] == pytest.approx(expected, abs=1e-3)


def off(y_true: Any, y_pred: Any) -> Any:
    """Return how far each number is off."""
    return keras.ops.abs(y_true - y_pred)


def off_by_row(y_true: Any, y_pred: Any) -> Any:
    """Return how far each row is off."""
    return keras.ops.mean(off(y_true, y_pred), axis=-1)


def off_in_one(y_true: Any, y_pred: Any) -> Any:
    """Return how far a batch is off."""
    return keras.ops.mean(off(y_true, y_pred))


@pytest.mark.parametrize(
    "metric",
    [off, off_by_row, off_in_one, keras.losses.MeanAbsoluteError()],
    ids=["of numbers", "of rows", "of a batch", "loss"],
)
@pytest.mark.parametrize(
    ("head", "labels"),
    [(ClassificationHead, ["a", "b", "b", "a"]), (RegressionHead, [1.0, 5.0, 2.0, 8.0])],
    ids=["classes", "numbers"],
)
def test_a_function_of_any_form_is_a_metric_of_weighted_rows(head: Any, labels: Any, metric: Any) -> None:
    """Whether it returns something for each number, each row or the batch; one for the batch is the same for all its rows."""
    made = head(metrics=[metric])
    model, target, hp = head_model(made, labels)
    model.compile(loss=made.loss(hp, target), weighted_metrics=made.metrics(target))
    encoded, weights = made.encode(labels, target), np.array([1.0, 0.0, 2.0, 1.0])

    reported = model.evaluate(some_rows(4), encoded, sample_weight=weights, batch_size=4, verbose=0, return_dict=True)

    rows = np.abs(model.predict(some_rows(4), verbose=0) - encoded).mean(axis=1)
    expected = rows.mean() if metric is off_in_one else np.average(rows, weights=weights)
    (name,) = reported.keys() - {"loss"}
    assert reported[name] == pytest.approx(expected, rel=1e-5)


def likeliest(y_true: Any, y_pred: Any) -> Any:
    """Return whether the class of each row is the likeliest."""
    return keras.ops.in_top_k(y_true, y_pred, 1)


def test_a_function_gets_class_numbers_as_they_are() -> None:
    """They are there to look something up, which numbers with fractions are not."""
    head = ClassificationHead(loss="sparse_categorical_crossentropy", metrics=[likeliest])
    model, target, _ = head_model(head, ["a", "b", "c", "a"])
    encoded = head.encode(["a", "b", "c", "a"], target)

    reported = model.evaluate(some_rows(4), encoded, verbose=0, return_dict=True)["likeliest"]

    assert reported == pytest.approx(np.mean(model.predict(some_rows(4), verbose=0).argmax(axis=1) == encoded))


@pytest.mark.parametrize("name", ["accuracy", "auc", "f1", "log_loss", "precision", "recall"])
@pytest.mark.parametrize(
    "labels", [[0, 1, 2, 1], [[0, 1, 1], [1, 0, 0], [0, 0, 0]]], ids=["multi-class", "multi-label"]
)
def test_metrics_by_name_are_right_for_perfect_predictions(labels: Any, name: str) -> None:
    """Perfect probabilities score 1 (or a loss of 0) on every kind of classes."""
    head = ClassificationHead(metrics=[name])
    target = head.analyse(labels, name=NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode(labels, target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(0.0 if name == "log_loss" else 1.0, abs=1e-3)


def test_a_metric_that_does_not_suit_the_labels_is_named() -> None:
    """Balanced accuracy has no meaning for several labels per row."""
    head = ClassificationHead(metrics=["balanced_accuracy"])

    with pytest.raises(GraphError, match="does not suit a multi-label target"):
        head.metrics(head.analyse([[0, 1], [1, 1]], name=NAME))


@pytest.mark.parametrize("metric", ["F1Score", keras.metrics.F1Score(average="macro"), "f1_score"], ids=str)
def test_a_score_over_the_classes_is_one_number(metric: Any) -> None:
    """As a name of Keras's class it is that of the short name, whose mean over the classes is taken."""
    head = ClassificationHead(metrics=[metric])
    (made,) = head.metrics(head.analyse(["a", "b", "c"] * 4, name=NAME))

    made.update_state(np.eye(3), np.eye(3))

    assert float(made.result()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["RootMeanSquaredError", "R2Score"])
def test_keras_names_of_classes_are_those_of_the_short_names(name: str) -> None:
    """Logs and objectives need one name for one thing."""
    head = RegressionHead(metrics=[name])

    (made,) = head.metrics(head.analyse([1.0, 2.0, 4.0], name=NAME))

    assert made.name == {"RootMeanSquaredError": "rmse", "R2Score": "r2"}[name]


@pytest.mark.parametrize(
    ("head", "metric", "advice"),
    [
        (ClassificationHead, keras.metrics.F1Score(), "F1Score(average='macro')"),
        (ClassificationHead, keras.metrics.F1Score, "F1Score(average='macro')"),
        (ClassificationHead, "FBetaScore", "FBetaScore(average='macro')"),
        (RegressionHead, keras.metrics.R2Score(class_aggregation=None), "class_aggregation='uniform_average'"),
    ],
    ids=["instance", "class", "name", "columns"],
)
def test_a_metric_of_several_numbers_is_refused(head: Any, metric: Any, advice: str) -> None:
    """At once, not after the first epoch of every trial."""
    with pytest.raises(GraphError, match="Expected: a metric of one number.*Received: ") as caught:
        head(metrics=[metric])

    assert advice in str(caught.value)


@pytest.mark.parametrize(
    ("head", "metric"),
    [
        (ClassificationHead, keras.metrics.Accuracy),
        (ClassificationHead, keras.metrics.Accuracy(name="right")),
        (RegressionHead, "Accuracy"),
    ],
    ids=["class", "instance", "name"],
)
def test_the_share_of_numbers_that_are_exactly_equal_is_refused(head: Any, metric: Any) -> None:
    """Keras's `Accuracy` would compare probabilities with zeros and ones, and rank models by chance."""
    with pytest.raises(GraphError, match="exactly equal.*Received: keras.metrics.Accuracy.*Pass 'accuracy'"):
        head(metrics=[metric])


def test_two_metrics_of_one_name_are_refused() -> None:
    """Logs could not tell them apart."""
    head = ClassificationHead(metrics=["accuracy", "acc"])

    with pytest.raises(GraphError, match="several metrics of one name"):
        head.metrics(head.analyse([0, 1], name=NAME))


@pytest.mark.parametrize(
    ("head", "labels", "objective"),
    [
        (ClassificationHead(), [0, 1], ("val_accuracy", "max")),
        (ClassificationHead(metrics=["auc"]), [0, 1], ("val_loss", "min")),
        (ClassificationHead(), [[0, 1], [1, 1]], ("val_loss", "min")),
        (RegressionHead(), [0, 1], ("val_loss", "min")),
    ],
)
def test_the_default_objective_is_a_metric_that_exists(head: Head, labels: Any, objective: tuple[str, str]) -> None:
    """Accuracy where it is logged, else the loss."""
    assert head.default_objective(head.analyse(labels, name=NAME)) == objective
