"""The heads: what they build, their losses and metrics, and how they are saved."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.profile import DataProfile, TargetProfile
from autokeras_core.errors import DataError, GraphError
from autokeras_core.graph.operator import Head
from autokeras_core.graph.view import HyperparameterView

_NAME = "answer"


def _view(head: Head, target: TargetProfile, **values: Any) -> HyperparameterView:
    profile = DataProfile(rows=4, inputs={}, targets={_NAME: target})
    values = head.search_space(profile).complete({"dropout": 0.0} | values)
    return HyperparameterView(
        values={f"{_NAME}/{key}": value for key, value in values.items()}, path=_NAME, profile=profile, seed=0
    )


def _model(
    head: Head, labels: Any, *, shape: tuple[int, ...] = (3,), **values: Any
) -> tuple[keras.Model, TargetProfile, HyperparameterView]:
    keras.utils.set_random_seed(0)
    target = head.analyse(labels, name=_NAME)
    hp = _view(head, target, **values)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, head.build(hp, inputs))
    model.compile(keras.optimizers.Adam(0.05), loss=head.loss(hp, target), metrics=head.metrics(target))
    return model, target, hp


def _rows(count: int, columns: int = 3) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, columns)).astype("float32")


@pytest.mark.parametrize(
    ("labels", "outputs", "sums_to_one"),
    [(["a", "b"], 2, True), ([0, 1, 2], 3, True), ([[0, 1, 1], [1, 0, 0]], 3, False)],
    ids=["binary", "multi-class", "multi-label"],
)
def test_a_classification_head_returns_probabilities(labels: Any, outputs: int, sums_to_one: bool) -> None:
    """One probability per class: they sum to one, unless labels are independent."""
    model, *_ = _model(ClassificationHead(), labels)

    probabilities = model.predict(_rows(5), verbose=0)

    assert probabilities.shape == (5, outputs)
    assert probabilities.min() >= 0.0
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-5) == sums_to_one


@pytest.mark.parametrize("head", [ClassificationHead(), RegressionHead()], ids=["classification", "regression"])
@pytest.mark.parametrize("shape", [(4,), (5, 4), (5, 5, 4), (2, 3, 3, 4)], ids=str)
def test_feature_maps_are_averaged(head: Head, shape: tuple[int, ...]) -> None:
    """Inputs of rank 3 to 5 are reduced to their channels."""
    model, *_ = _model(head, [0, 1], shape=shape)

    assert model.layers[-1].output.shape == (None, 2 if isinstance(head, ClassificationHead) else 1)
    assert 4 in [weight.shape[0] for weight in model.weights]


def test_the_output_layer_carries_the_heads_name() -> None:
    """Losses and logs find the output by the head's name."""
    for head in (ClassificationHead(), RegressionHead()):
        assert _model(head, [0, 1])[0].layers[-1].name == _NAME


@pytest.mark.parametrize("head", [ClassificationHead, RegressionHead])
def test_dropout_changes_the_model(head: type[Head]) -> None:
    """The tuned dropout is in the model with its rate."""
    model, *_ = _model(head(), [0, 1], dropout=0.25)

    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]

    assert rates == [0.25]


@pytest.mark.parametrize("labels", [[0, 1], [[0, 1, 1], [1, 0, 0]]], ids=["binary", "multi-label"])
def test_label_smoothing_changes_the_loss(labels: Any) -> None:
    """The tuned label smoothing is in the default loss."""
    losses = []
    for smoothing in (0.0, 0.1):
        model, target, _ = _model(ClassificationHead(), labels, label_smoothing=smoothing)
        encoded = ClassificationHead().encode(labels, target)
        losses.append(model.evaluate(_rows(2), encoded, verbose=0, return_dict=True)["loss"])

    assert losses[0] != pytest.approx(losses[1])


def test_a_user_loss_leaves_no_dead_label_smoothing() -> None:
    """With a loss that takes none, label smoothing is fixed, and setting it is an error."""
    assert ClassificationHead(loss="categorical_focal_crossentropy").search_space()["label_smoothing"].size == 1
    assert ClassificationHead(loss="categorical_crossentropy").search_space()["label_smoothing"].size == 2
    with pytest.raises(GraphError, match="label_smoothing"):
        ClassificationHead(loss="mse", label_smoothing=0.1)


def _squared(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def _squared_in_one(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.square(y_true - y_pred))


@pytest.mark.parametrize(
    "loss", ["mse", "MeanSquaredError", keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError, _squared,
             _squared_in_one],
    ids=["alias", "class name", "object", "class", "function", "scalar function"],
)  # fmt: skip
def test_a_user_loss_is_what_is_reported(loss: Any) -> None:
    """However a loss is given, evaluation reports it, in real units for regression."""
    for head, labels in (
        (ClassificationHead(loss=loss), [0, 1, 1, 0]),
        (RegressionHead(loss=loss), [10.0, 30, 50, 70]),
    ):
        model, target, _ = _model(head, labels)
        encoded = head.encode(labels, target)

        reported = model.evaluate(_rows(4), encoded, verbose=0, return_dict=True)["loss"]

        expected = np.mean((model.predict(_rows(4), verbose=0) - encoded) ** 2)
        assert reported == pytest.approx(expected, rel=1e-4)


def test_a_sparse_loss_gets_class_numbers() -> None:
    """A loss whose name starts with sparse is fed integers, and equals plain crossentropy."""
    labels = ["b", "a", "c", "a"]
    sparse, plain = ClassificationHead(loss="sparse_categorical_crossentropy"), ClassificationHead()
    scores = []
    for head in (sparse, plain):
        model, target, _ = _model(head, labels)
        scores.append(model.evaluate(_rows(4), head.encode(labels, target), verbose=0, return_dict=True))

    assert sparse.encode(labels, target).dtype == np.int32
    assert sparse.encode(labels, target).tolist() == [1, 0, 2, 0]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)


@pytest.mark.parametrize("loss", [None, "mse", "mae"])
@pytest.mark.parametrize("scale", [1e-6, 1e6], ids=str)
def test_targets_of_any_size_train_alike(scale: float, loss: str | None) -> None:
    """The share of variance explained does not depend on the targets' units."""
    rows = _rows(256)
    targets = (rows @ np.array([1.0, -2.0, 0.5]) + 3.0) * scale
    head = RegressionHead(loss=loss)
    model, target, _ = _model(head, targets)

    model.fit(rows, head.encode(targets, target), epochs=25, batch_size=32, verbose=0)
    predicted = head.decode(model.predict(rows, verbose=0), target)

    assert predicted.shape == targets.shape
    assert predicted.dtype == targets.dtype
    assert np.mean((predicted - targets) ** 2) < 0.05 * np.var(targets)


def test_several_targets_of_different_sizes_train_together() -> None:
    """The default loss weighs each target by its own spread."""
    rows = _rows(256)
    targets = np.stack([rows[:, 0] * 1e6, rows[:, 1] * 1e-6], axis=1)
    head = RegressionHead()
    model, target, _ = _model(head, targets)

    model.fit(rows, head.encode(targets, target), epochs=25, batch_size=32, verbose=0)
    errors = np.mean((model.predict(rows, verbose=0) - targets) ** 2, axis=0)

    assert np.all(errors < 0.05 * targets.var(axis=0))


def test_the_default_regression_loss_is_one_for_the_mean() -> None:
    """It is the squared error in units of the variance."""
    targets = np.array([1.0, 3.0, 5.0])
    head = RegressionHead()
    target = head.analyse(targets, name=_NAME)

    loss = head.loss(_view(head, target), target)

    assert float(loss(targets.reshape(-1, 1), np.full((3, 1), 3.0))) == pytest.approx(1.0)


def test_integer_sample_weights_equal_repeated_rows() -> None:
    """A row of weight 2 counts as two rows, in the default losses of both heads."""
    for head, labels in ((ClassificationHead(), [0, 1, 1, 0]), (RegressionHead(), [1.0, 5.0, 2.0, 8.0])):
        model, target, _ = _model(head, labels)
        encoded, rows, times = head.encode(labels, target), _rows(4), np.array([1, 2, 3, 2])

        weighted = model.loss(encoded, model(rows), sample_weight=times / times.mean())
        repeated = model.loss(np.repeat(encoded, times, axis=0), model(np.repeat(rows, times, axis=0)))

        assert float(weighted) == pytest.approx(float(repeated), rel=1e-5)


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
        (ClassificationHead(metrics=[keras.metrics.Recall(name="found"), _squared]), [0, 1], ["found", "_squared"]),
    ],
    ids=["binary", "multi-class", "multi-label", "regression", "one name", "Keras names", "objects"],
)
def test_metrics_have_stable_names(head: Head, labels: Any, names: list[str]) -> None:
    """Metrics are new each time, and their names are not counted up."""
    target = head.analyse(labels, name=_NAME)

    first, second = head.metrics(target), head.metrics(target)

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
        ("balanced_accuracy", (3 / 4 + 1 / 2) / 2),
        ("precision", 1 / 2),
        ("recall", 1 / 2),
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
    target = head.analyse(_TRUE, name=_NAME)
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
    target = head.analyse(labels, name=_NAME)
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
    target = head.analyse([0, 2, 4, 2], name=_NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode([0, 2, 4, 2], target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", ["auc", "f1", "balanced_accuracy"])
def test_a_class_that_only_training_shows_does_not_count(name: str) -> None:
    """A perfect model has 1 on test rows of which none has the third class."""
    head = ClassificationHead(metrics=[name])
    target = head.analyse([0, 1, 2, 2], name=_NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode([0, 1, 1, 0], target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", ["auc", "f1"])
def test_a_label_that_no_row_has_does_not_count(name: str) -> None:
    """Of ten labels two may be missing from the rows that are held out."""
    head = ClassificationHead(metrics=[name], multi_label=True)
    target = head.analyse([[0, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 1]], name=_NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode([[0, 1, 0], [1, 1, 0], [1, 0, 0]], target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(1.0, abs=1e-3)


def test_means_over_classes_that_all_have_rows_are_those_of_keras() -> None:
    """AUC and F1 differ from Keras's only in what they leave out; a wrong prediction of a class without rows counts."""
    head = ClassificationHead(metrics=["auc", "f1"])
    target = head.analyse([0, 1, 2], name=_NAME)
    rng = np.random.default_rng(0)
    encoded = head.encode(rng.integers(0, 3, 200), target)
    outputs = rng.dirichlet(np.ones(3), 200).astype("float32")
    theirs = [keras.metrics.AUC(multi_label=True, num_labels=3), keras.metrics.F1Score(average="macro")]

    for ours, metric in zip(head.metrics(target), theirs, strict=True):
        ours.update_state(encoded, outputs)
        metric.update_state(encoded, outputs)

        assert float(ours.result()) == pytest.approx(float(metric.result()), rel=1e-6), ours.name

    (_, f1) = head.metrics(target)
    f1.update_state(head.encode([0, 1, 1], target), np.eye(3, dtype="float32")[[0, 1, 2]])
    assert float(f1.result()) == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_balanced_accuracy_follows_weights_and_forgets() -> None:
    """Sample weights count as repeated rows; a reset starts anew."""
    head = ClassificationHead(metrics=["balanced_accuracy"])
    target = head.analyse([0, 1, 1], name=_NAME)
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
    target = head.analyse(true, name=_NAME)
    (metric,) = head.metrics(target)

    metric.update_state(head.encode(true, target), predicted)

    expected = {"rmse": 10, "mae": 10, "mse": 100, "r2": 0.985, "mean_absolute_percentage_error": 6.111}
    assert float(metric.result()) == pytest.approx(expected[name], rel=1e-3)


@pytest.mark.parametrize("name", ["accuracy", "auc", "f1", "log_loss", "precision", "recall"])
@pytest.mark.parametrize(
    "labels", [[0, 1, 2, 1], [[0, 1, 1], [1, 0, 0], [0, 0, 0]]], ids=["multi-class", "multi-label"]
)
def test_metrics_by_name_are_right_for_perfect_predictions(labels: Any, name: str) -> None:
    """Perfect probabilities score 1 (or a loss of 0) on every kind of classes."""
    head = ClassificationHead(metrics=[name])
    target = head.analyse(labels, name=_NAME)
    (metric,) = head.metrics(target)
    encoded = head.encode(labels, target)

    metric.update_state(encoded, encoded.astype("float32"))

    assert float(metric.result()) == pytest.approx(0.0 if name == "log_loss" else 1.0, abs=1e-3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ClassificationHead(metrics=["acuracy"]), "Did you mean 'accuracy'"),
        (lambda: ClassificationHead(metrics=["r2"]), "does not suit"),
        (lambda: RegressionHead(metrics=["f1"]), "does not suit a regression target"),
        (lambda: RegressionHead(metrics=[3]), "metric"),
        (lambda: ClassificationHead(loss="categorical_crosentropy"), "Did you mean 'categorical_crossentropy'"),
        (lambda: ClassificationHead(loss=keras.losses.CategoricalCrossentropy(from_logits=True)), "from_logits"),
        (lambda: ClassificationHead(loss=3), "loss=3"),
        (lambda: ClassificationHead(num_classes=1), "num_classes=1"),
        (lambda: ClassificationHead(num_classes=2.5), "num_classes=2.5"),
        (lambda: RegressionHead(output_dim=0), "output_dim=0"),
    ],
)
def test_wrong_arguments_are_errors_where_they_are_written(make: Any, words: str) -> None:
    """A misspelt or impossible argument is named at once, with the nearest right one."""
    with pytest.raises(GraphError, match=r"Expected: .* Received: ") as caught:
        make()

    assert words in str(caught.value)


def test_a_metric_that_does_not_suit_the_labels_is_named() -> None:
    """Balanced accuracy has no meaning for several labels per row."""
    head = ClassificationHead(metrics=["balanced_accuracy"])

    with pytest.raises(GraphError, match="does not suit a multi-label target"):
        head.metrics(head.analyse([[0, 1], [1, 1]], name=_NAME))


@pytest.mark.parametrize("metric", ["F1Score", keras.metrics.F1Score(average="macro"), "f1_score"], ids=str)
def test_a_score_over_the_classes_is_one_number(metric: Any) -> None:
    """As a name of Keras's class it is that of the short name, whose mean over the classes is taken."""
    head = ClassificationHead(metrics=[metric])
    (made,) = head.metrics(head.analyse(["a", "b", "c"] * 4, name=_NAME))

    made.update_state(np.eye(3), np.eye(3))

    assert float(made.result()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["RootMeanSquaredError", "R2Score"])
def test_keras_names_of_classes_are_those_of_the_short_names(name: str) -> None:
    """Logs and objectives need one name for one thing."""
    head = RegressionHead(metrics=[name])

    (made,) = head.metrics(head.analyse([1.0, 2.0, 4.0], name=_NAME))

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


def test_two_metrics_of_one_name_are_refused() -> None:
    """Logs could not tell them apart."""
    head = ClassificationHead(metrics=["accuracy", "acc"])

    with pytest.raises(GraphError, match="several metrics of one name"):
        head.metrics(head.analyse([0, 1], name=_NAME))


def test_a_sparse_loss_does_not_suit_several_labels_per_row() -> None:
    """Class numbers cannot hold several labels."""
    with pytest.raises(DataError, match="binary_crossentropy"):
        ClassificationHead(loss="sparse_categorical_crossentropy").analyse([[0, 1], [1, 1]], name=_NAME)


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
    assert head.default_objective(head.analyse(labels, name=_NAME)) == objective


def test_num_classes_gives_the_model_its_width() -> None:
    """Declared classes that training does not show have an output."""
    model, target, _ = _model(ClassificationHead(num_classes=5), [0, 2, 2])

    assert model.output_shape == (None, 5)
    assert target.classes == (0, 1, 2, 3, 4)


def test_a_head_needs_to_know_its_target() -> None:
    """Building without a profile of the target is a clear error."""
    head = ClassificationHead()
    profile = DataProfile(rows=2, inputs={}, targets={})

    with pytest.raises(GraphError, match="'answer' was built without knowing its target"):
        head.build(HyperparameterView(values={}, path=_NAME, profile=profile), keras.Input((3,)))


@pytest.mark.parametrize(
    "head",
    [
        ClassificationHead(num_classes=3, multi_label=False, dropout=0.25, metrics=["auc"], name="kind"),
        ClassificationHead(loss="categorical_focal_crossentropy", metrics=[keras.metrics.Recall(name="found")]),
        RegressionHead(loss=keras.losses.Huber(delta=2.0), metrics=["r2", keras.metrics.MeanSquaredError]),
    ],
    ids=["names", "metric object", "loss object"],
)
def test_a_head_survives_json(head: Any) -> None:
    """Names and Keras's own objects are stored as plain data and come back."""
    saved = json.loads(json.dumps(head.get_config()))

    restored = type(head).from_config(saved)

    assert restored.get_config() == head.get_config()


def test_the_arguments_of_a_loss_survive_json() -> None:
    """Also those that Keras's own get_config leaves out: the restored loss has the same values."""
    head = RegressionHead(loss=keras.losses.Huber(delta=0.25))
    restored = RegressionHead.from_config(json.loads(json.dumps(head.get_config())))
    true, predicted = np.zeros((1, 1), dtype="float32"), np.full((1, 1), 4.0, dtype="float32")

    values = [float(each.arguments["loss"](true, predicted)) for each in (head, restored)]

    assert values[0] == values[1] != float(keras.losses.Huber()(true, predicted))


def test_a_registered_loss_survives_json() -> None:
    """A function registered with Keras is stored by its name."""
    registered = keras.saving.register_keras_serializable("test_heads", "squared")(_squared)

    restored = RegressionHead.from_config(json.loads(json.dumps(RegressionHead(loss=registered).get_config())))

    assert restored.arguments["loss"] is registered


def test_an_unregistered_loss_is_an_error_only_when_it_is_used() -> None:
    """A head with a function of a script can be saved and restored for prediction; training it says what to do."""
    head = RegressionHead(loss=lambda y_true, y_pred: _squared(y_true, y_pred))
    restored = RegressionHead.from_config(json.loads(json.dumps(head.get_config())))
    target = restored.analyse([1.0, 2.0], name=_NAME)

    inputs = keras.Input((3,))
    restored.build(_view(restored, target), inputs)

    with pytest.raises(GraphError, match="register_keras_serializable"):
        restored.loss(_view(restored, target), target)


def test_regression_models_load_with_keras_alone(tmp_path: Any) -> None:
    """Only built-in layers are used, and the scaling is part of the file."""
    model, *_ = _model(RegressionHead(), [[1e6, 1.0], [3e6, 2.0]])
    bare = keras.Model(model.inputs, model.outputs)
    bare.save(tmp_path / "model.keras")

    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)

    np.testing.assert_allclose(loaded.predict(_rows(3), verbose=0), bare.predict(_rows(3), verbose=0), rtol=1e-6)


def test_an_array_input_takes_numbers_as_they_are() -> None:
    """Numeric arrays pass without a copy; booleans become 0 and 1; lists work."""
    rows = _rows(3)
    rows.setflags(write=False)

    assert np.shares_memory(ArrayInput().adapt(rows), rows)
    assert ArrayInput().adapt([[True, False]]).dtype == np.uint8
    assert ArrayInput().adapt(np.ones((2, 2), dtype=">f4")).dtype.isnative
    profile = ArrayInput().analyse(rows, name="array")
    assert (profile.shape, profile.dtype, profile.rows) == ((3,), "float32", 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([1.0, 2.0], "reshape(-1, 1)"),
        (np.zeros((2, 0)), "shape (2, 0)"),
        (np.array([["a"]]), "does not hold numbers"),
        (np.array([[1, None]], dtype=object), "1 entries are None or NaN"),
        (np.array([[np.nan]]), "row 0, column 0"),
        ({"a": 1}, "dict"),
    ],
    ids=["rank 1", "no columns", "text", "object", "NaN", "dict"],
)
def test_an_array_input_refuses_what_is_no_array_of_numbers(data: Any, words: str) -> None:
    """Each is one clear error."""
    with pytest.raises(DataError, match=r"Expected: .* Received: ") as caught:
        ArrayInput().adapt(data)

    assert words in str(caught.value)


def test_whole_numbers_are_kept_as_such_where_the_input_says_so() -> None:
    """Floats that are whole numbers become these, and later rows get the training rows' dtype."""
    whole = ArrayInput(whole_numbers=True)
    profile = whole.analyse(np.array([[1, 2]], dtype="int32"), name="array")

    matched = whole.match(whole.adapt([[3.0, -4.0]]), profile)

    assert whole.raw_spec(profile) == ((2,), "int32")
    assert matched.dtype == np.int32
    np.testing.assert_array_equal(matched, [[3, -4]])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1.0, 2.0], [3.0, 4.5]], "1 others, the first at row 1: 4.5"),
        ([[1.0, 1e30]], "1 others, the first at row 0: 1e+30"),
        ([[1, 256]], "numbers from 1 to 256"),
        ([[-1, 2]], "numbers from -1 to 2"),
    ],
    ids=["a fraction", "beyond int64", "too large", "too small"],
)
def test_rows_that_are_no_whole_numbers_of_the_training_rows_range_are_refused(rows: Any, words: str) -> None:
    """None of them is cut off or wrapped around."""
    whole = ArrayInput(whole_numbers=True)
    profile = whole.analyse(np.array([[1, 2]], dtype="uint8"), name="array")

    with pytest.raises(DataError, match=r"Expected: whole numbers.* Received: ") as caught:
        whole.match(whole.adapt(rows), profile)

    assert words in str(caught.value)


def test_rows_of_another_shape_are_refused() -> None:
    """Rows must look like those of training."""
    profile = ArrayInput().analyse(_rows(3), name="array")

    with pytest.raises(DataError, match=r"Expected: shape \(rows, 3\)"):
        ArrayInput().check(_rows(3, columns=4), profile)
