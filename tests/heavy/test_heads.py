"""The heads: what they build, their losses, and how they are saved."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.builtin._keras_objects import UnsavedObject, from_json, to_json
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.data.profile import DataProfile
from autokeras_core.errors import DataError, GraphError
from autokeras_core.graph.operator import Head
from autokeras_core.graph.view import HyperparameterView
from tests.heavy.head_models import NAME, head_model, head_view, some_rows, squared


@pytest.mark.parametrize(
    ("labels", "outputs", "sums_to_one"),
    [(["a", "b"], 2, True), ([0, 1, 2], 3, True), ([[0, 1, 1], [1, 0, 0]], 3, False)],
    ids=["binary", "multi-class", "multi-label"],
)
def test_a_classification_head_returns_probabilities(labels: Any, outputs: int, sums_to_one: bool) -> None:
    """One probability per class: they sum to one, unless labels are independent."""
    model, *_ = head_model(ClassificationHead(), labels)

    probabilities = model.predict(some_rows(5), verbose=0)

    assert probabilities.shape == (5, outputs)
    assert probabilities.min() >= 0.0
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-5) == sums_to_one


@pytest.mark.parametrize("head", [ClassificationHead(), RegressionHead()], ids=["classification", "regression"])
@pytest.mark.parametrize("shape", [(4,), (5, 4), (5, 5, 4), (2, 3, 3, 4), (2, 2, 3, 3, 4)], ids=str)
def test_feature_maps_are_averaged(head: Head, shape: tuple[int, ...]) -> None:
    """Inputs of rank 3 and more are reduced to their channels."""
    model, *_ = head_model(head, [0, 1], shape=shape)

    assert model.layers[-1].output.shape == (None, 2 if isinstance(head, ClassificationHead) else 1)
    assert 4 in [weight.shape[0] for weight in model.weights]


def test_the_output_layer_carries_the_heads_name() -> None:
    """Losses and logs find the output by the head's name."""
    for head in (ClassificationHead(), RegressionHead()):
        assert head_model(head, [0, 1])[0].layers[-1].name == NAME


@pytest.mark.parametrize("head", [ClassificationHead, RegressionHead])
def test_dropout_changes_the_model(head: type[Head]) -> None:
    """The tuned dropout is in the model with its rate."""
    model, *_ = head_model(head(), [0, 1], dropout=0.25)

    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]

    assert rates == [0.25]


@pytest.mark.parametrize("labels", [[0, 1], [[0, 1, 1], [1, 0, 0]]], ids=["binary", "multi-label"])
def test_label_smoothing_changes_the_loss(labels: Any) -> None:
    """The tuned label smoothing is in the default loss."""
    losses = []
    for smoothing in (0.0, 0.1):
        model, target, _ = head_model(ClassificationHead(), labels, label_smoothing=smoothing)
        encoded = ClassificationHead().encode(labels, target)
        losses.append(model.evaluate(some_rows(2), encoded, verbose=0, return_dict=True)["loss"])

    assert losses[0] != pytest.approx(losses[1])


def test_a_user_loss_leaves_no_dead_label_smoothing() -> None:
    """With a loss that takes none, label smoothing is fixed, and setting it is an error."""
    assert ClassificationHead(loss="categorical_focal_crossentropy").search_space()["label_smoothing"].size == 1
    assert ClassificationHead(loss="categorical_crossentropy").search_space()["label_smoothing"].size == 2
    with pytest.raises(GraphError, match="label_smoothing"):
        ClassificationHead(loss="mse", label_smoothing=0.1)


def _squared_in_one(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.square(y_true - y_pred))


@pytest.mark.parametrize(
    "loss", ["mse", "MeanSquaredError", keras.losses.MeanSquaredError(), keras.losses.MeanSquaredError, squared,
             _squared_in_one],
    ids=["alias", "class name", "object", "class", "function", "scalar function"],
)  # fmt: skip
def test_a_user_loss_is_what_is_reported(loss: Any) -> None:
    """However a loss is given, evaluation reports it, in real units for regression."""
    for head, labels in (
        (ClassificationHead(loss=loss), [0, 1, 1, 0]),
        (RegressionHead(loss=loss), [10.0, 30, 50, 70]),
    ):
        model, target, _ = head_model(head, labels)
        encoded = head.encode(labels, target)

        reported = model.evaluate(some_rows(4), encoded, verbose=0, return_dict=True)["loss"]

        expected = np.mean((model.predict(some_rows(4), verbose=0) - encoded) ** 2)
        assert reported == pytest.approx(expected, rel=1e-4)


def test_a_sparse_loss_gets_class_numbers() -> None:
    """A loss whose name starts with sparse is fed integers, and equals plain crossentropy."""
    labels = ["b", "a", "c", "a"]
    sparse, plain = ClassificationHead(loss="sparse_categorical_crossentropy"), ClassificationHead()
    scores = []
    for head in (sparse, plain):
        model, target, _ = head_model(head, labels)
        scores.append(model.evaluate(some_rows(4), head.encode(labels, target), verbose=0, return_dict=True))

    assert sparse.encode(labels, target).dtype == np.int32
    assert sparse.encode(labels, target).tolist() == [1, 0, 2, 0]
    assert scores[0] == pytest.approx(scores[1], rel=1e-5)


@pytest.mark.parametrize("loss", [None, "mse", "mae"])
@pytest.mark.parametrize("scale", [1e-6, 1e6], ids=str)
def test_targets_of_any_size_train_alike(scale: float, loss: str | None) -> None:
    """The share of variance explained does not depend on the targets' units."""
    rows = some_rows(256)
    targets = (rows @ np.array([1.0, -2.0, 0.5]) + 3.0) * scale
    head = RegressionHead(loss=loss)
    model, target, _ = head_model(head, targets)

    model.fit(rows, head.encode(targets, target), epochs=25, batch_size=32, verbose=0)
    predicted = head.decode(model.predict(rows, verbose=0), target)

    assert predicted.shape == targets.shape
    assert predicted.dtype == targets.dtype
    assert np.mean((predicted - targets) ** 2) < 0.05 * np.var(targets)


def test_several_targets_of_different_sizes_train_together() -> None:
    """The default loss weighs each target by its own spread."""
    rows = some_rows(256)
    targets = np.stack([rows[:, 0] * 1e6, rows[:, 1] * 1e-6], axis=1)
    head = RegressionHead()
    model, target, _ = head_model(head, targets)

    model.fit(rows, head.encode(targets, target), epochs=25, batch_size=32, verbose=0)
    errors = np.mean((model.predict(rows, verbose=0) - targets) ** 2, axis=0)

    assert np.all(errors < 0.05 * targets.var(axis=0))


def test_the_default_regression_loss_is_one_for_the_mean() -> None:
    """It is the squared error in units of the variance."""
    targets = np.array([1.0, 3.0, 5.0])
    head = RegressionHead()
    target = head.analyse(targets, name=NAME)

    loss = head.loss(head_view(head, target), target)

    assert float(loss(targets.reshape(-1, 1), np.full((3, 1), 3.0))) == pytest.approx(1.0)


def test_integer_sample_weights_equal_repeated_rows() -> None:
    """A row of weight 2 counts as two rows, in the default losses of both heads."""
    for head, labels in ((ClassificationHead(), [0, 1, 1, 0]), (RegressionHead(), [1.0, 5.0, 2.0, 8.0])):
        model, target, _ = head_model(head, labels)
        encoded, rows, times = head.encode(labels, target), some_rows(4), np.array([1, 2, 3, 2])

        weighted = model.loss(encoded, model(rows), sample_weight=times / times.mean())
        repeated = model.loss(np.repeat(encoded, times, axis=0), model(np.repeat(rows, times, axis=0)))

        assert float(weighted) == pytest.approx(float(repeated), rel=1e-5)


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
        (lambda: ClassificationHead(num_classes=5.0), "num_classes=5.0"),
        (lambda: ClassificationHead(num_classes="ten"), "num_classes='ten'"),
        (lambda: ClassificationHead(num_classes=True, multi_label=True), "num_classes=True"),
        (lambda: RegressionHead(output_dim=0), "output_dim=0"),
        (lambda: RegressionHead(output_dim="two"), "output_dim='two'"),
    ],
)
def test_wrong_arguments_are_errors_where_they_are_written(make: Any, words: str) -> None:
    """A misspelt or impossible argument is named at once, with the nearest right one."""
    with pytest.raises(GraphError, match=r"Expected: .* Received: ") as caught:
        make()

    assert words in str(caught.value)


def test_a_sparse_loss_does_not_suit_several_labels_per_row() -> None:
    """Class numbers cannot hold several labels."""
    with pytest.raises(DataError, match="binary_crossentropy"):
        ClassificationHead(loss="sparse_categorical_crossentropy").analyse([[0, 1], [1, 1]], name=NAME)


def test_num_classes_gives_the_model_its_width() -> None:
    """Declared classes that training does not show have an output."""
    model, target, _ = head_model(ClassificationHead(num_classes=5), [0, 2, 2])

    assert model.output_shape == (None, 5)
    assert target.classes == (0, 1, 2, 3, 4)


def test_a_head_needs_to_know_its_target() -> None:
    """Building without a profile of the target is a clear error."""
    head = ClassificationHead()
    profile = DataProfile(rows=2, inputs={}, targets={})

    with pytest.raises(GraphError, match="'answer' was built without knowing its target"):
        head.build(HyperparameterView(values={}, path=NAME, profile=profile), keras.Input((3,)))


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
    assert not any(isinstance(metric, UnsavedObject) for metric in restored.arguments["metrics"])


_BOTH_LOSS_AND_METRIC = sorted(
    name for name, kind in vars(keras.metrics).items() if isinstance(kind, type) and hasattr(keras.losses, name)
)


@pytest.mark.parametrize("name", _BOTH_LOSS_AND_METRIC)
@pytest.mark.parametrize("is_made", [True, False], ids=["object", "class"])
def test_a_metric_with_a_losss_name_survives_json(name: str, is_made: bool) -> None:
    """It comes back as the metric: Keras has thirteen classes of one name for both."""
    kind = getattr(keras.metrics, name)

    restored = from_json(json.loads(json.dumps(to_json(kind(name="mine") if is_made else kind))))

    assert (type(restored) if is_made else restored) is kind
    assert not is_made or restored.name == "mine"


@pytest.mark.parametrize("function", [keras.losses.huber, keras.metrics.binary_accuracy], ids=["loss", "metric"])
def test_a_function_of_keras_survives_json(function: Any) -> None:
    """It is found again by its name."""
    assert from_json(json.loads(json.dumps(to_json(function)))) is function


def test_a_name_of_an_older_file_is_a_losss_before_a_metrics() -> None:
    """Files from before names had their module are read as they were."""
    saved = [{"$keras": "MeanSquaredError"}, {"$keras": "AUC", "config": {"name": "area"}}]

    loss, metric = from_json(saved)

    assert loss is keras.losses.MeanSquaredError
    assert (type(metric), metric.name) == (keras.metrics.AUC, "area")


@pytest.mark.parametrize("name", ["losses.deserialize", "get", "losses.inspect", "saving.load_model", "metrics.", "."])
def test_a_saved_name_finds_nothing_but_losses_and_metrics(name: str) -> None:
    """Whatever a file says, no other code of Keras's is reached."""
    assert from_json({"$keras": name}) == UnsavedObject(name)


def test_the_arguments_of_a_loss_survive_json() -> None:
    """Also those that Keras's own get_config leaves out: the restored loss has the same values."""
    head = RegressionHead(loss=keras.losses.Huber(delta=0.25))
    restored = RegressionHead.from_config(json.loads(json.dumps(head.get_config())))
    true, predicted = np.zeros((1, 1), dtype="float32"), np.full((1, 1), 4.0, dtype="float32")

    values = [float(each.arguments["loss"](true, predicted)) for each in (head, restored)]

    assert values[0] == values[1] != float(keras.losses.Huber()(true, predicted))


def test_a_registered_loss_survives_json() -> None:
    """A function registered with Keras is stored by its name."""
    registered = keras.saving.register_keras_serializable("test_heads", "squared")(squared)

    restored = RegressionHead.from_config(json.loads(json.dumps(RegressionHead(loss=registered).get_config())))

    assert restored.arguments["loss"] is registered


def test_an_unregistered_loss_is_an_error_only_when_it_is_used() -> None:
    """A head with a function of a script can be saved and restored for prediction; training it says what to do."""
    head = RegressionHead(loss=lambda y_true, y_pred: squared(y_true, y_pred))
    restored = RegressionHead.from_config(json.loads(json.dumps(head.get_config())))
    target = restored.analyse([1.0, 2.0], name=NAME)

    inputs = keras.Input((3,))
    restored.build(head_view(restored, target), inputs)

    with pytest.raises(GraphError, match="register_keras_serializable"):
        restored.loss(head_view(restored, target), target)


def test_regression_models_load_with_keras_alone(tmp_path: Any) -> None:
    """Only built-in layers are used, and the scaling is part of the file."""
    model, *_ = head_model(RegressionHead(), [[1e6, 1.0], [3e6, 2.0]])
    bare = keras.Model(model.inputs, model.outputs)
    bare.save(tmp_path / "model.keras")

    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)

    np.testing.assert_allclose(
        loaded.predict(some_rows(3), verbose=0), bare.predict(some_rows(3), verbose=0), rtol=1e-6
    )
