"""Members: one network that predicts several times for a row is trained on each and predicts their mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core import AutoModel
from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.builtin.merge import Merge
from autokeras_core.engine.compiler import CompiledGraph, compile_training
from autokeras_core.errors import GraphError
from autokeras_core.graph.operator import Block, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing import check_block
from autokeras_core.testing._builds import SumHead
from tests.heavy.engine_doubles import TRAIN, Case, make_case

Array = np.ndarray[Any, Any]

MEMBERS = 3
UNITS = 4


class Members(Block):
    """Prepares three predictions for each row."""

    def members(self, hp: HyperparameterView) -> int | None:
        """Return how many."""
        return MEMBERS

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return `(batch, members, units)`."""
        return keras.layers.Reshape((MEMBERS, UNITS))(keras.layers.Dense(MEMBERS * UNITS, activation="tanh")(inputs))


def member_case(*heads: Any) -> Case:
    """Return a graph of the block and heads right behind it."""
    start = ArrayInput()
    body = Members()(start)
    return make_case(start, [head(body) for head in heads])


def member_outputs(compiled: CompiledGraph, rows: Any, head: str) -> Array:
    """Return what a head makes of each member, `(rows, members, outputs)`, taken out of the model that is kept."""
    inner = compiled.model.get_layer(head).input
    return np.asarray(keras.Model(compiled.model.input, inner)({"array": rows}))


def crossentropy(targets: Array, probabilities: Array) -> Array:
    """Return each row's crossentropy, by hand."""
    return -(targets * np.log(probabilities)).sum(axis=-1)


def test_the_model_that_is_kept_returns_the_mean_of_the_members_probabilities() -> None:
    """One row of probabilities for each row, which are not those of any member."""
    case = member_case(ClassificationHead())
    compiled = case.compiled()
    rows = case.store.features(compiled.features, "train")["array"]

    predicted = compiled.model.predict({"array": rows}, verbose=0)["classification"]

    apart = member_outputs(compiled, rows, "classification")
    assert apart.shape == (TRAIN, MEMBERS, 2)
    np.testing.assert_allclose(apart.sum(axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(predicted, apart.mean(axis=1), atol=1e-6)
    assert np.abs(apart[:, 0] - apart[:, 1]).max() > 0.01


def test_trained_is_the_mean_of_the_members_losses() -> None:
    """Not the loss of the mean, which would be smaller."""
    case = member_case(ClassificationHead(label_smoothing=0.0))
    compiled = case.compiled()
    compile_training(compiled, case.graph, case.configuration, case.profile)
    rows = case.store.features(compiled.features, "train")["array"]
    targets = case.targets["classification"][:TRAIN]
    apart = member_outputs(compiled, rows, "classification")
    expected = crossentropy(targets[:, None], apart).mean()

    log = compiled.training_model.train_on_batch(
        {"array": rows}, {"classification": targets}, return_dict=True
    )  # the loss before the step

    assert log["loss"] == pytest.approx(expected, rel=1e-5)
    assert expected > crossentropy(targets, apart.mean(axis=1)).mean() + 1e-3


def test_validation_loss_and_metrics_are_those_of_the_mean() -> None:
    """They say how good what is predicted is."""
    case = member_case(ClassificationHead(label_smoothing=0.0))
    compiled = case.compiled()
    compile_training(compiled, case.graph, case.configuration, case.profile)
    rows = case.store.features(compiled.features, "validation")["array"]
    targets = case.targets["classification"][TRAIN:]
    mean = member_outputs(compiled, rows, "classification").mean(axis=1)

    scores = compiled.training_model.evaluate(
        {"array": rows}, {"classification": targets}, batch_size=16, verbose=0, return_dict=True
    )

    assert scores["loss"] == pytest.approx(crossentropy(targets, mean).mean(), rel=1e-5)
    assert scores["accuracy"] == pytest.approx((mean.argmax(axis=1) == targets.argmax(axis=1)).mean())


def test_numbers_are_averaged_in_the_targets_own_units() -> None:
    """The mean of the members' values, and the loss of each in standard deviations."""
    case = member_case(RegressionHead())
    compiled = case.compiled()
    compile_training(compiled, case.graph, case.configuration, case.profile)
    rows = case.store.features(compiled.features, "train")["array"]
    targets = case.targets["regression"][:TRAIN]
    apart = member_outputs(compiled, rows, "regression")
    scale = case.profile.targets["regression"].scale[0]

    log = compiled.training_model.train_on_batch({"array": rows}, {"regression": targets}, return_dict=True)

    assert log["loss"] == pytest.approx((((targets[:, None] - apart) / scale) ** 2).mean(), rel=1e-4)
    assert log["mae"] == pytest.approx(np.abs(targets - apart.mean(axis=1)).mean(), rel=1e-4)


def squared(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return a loss of the user's with a value for each output."""
    return keras.ops.square(y_true - y_pred)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", squared], ids=["class numbers", "a function"])
def test_a_loss_of_the_users_is_the_mean_over_the_members_too(loss: Any) -> None:
    """Whatever form targets and values have."""
    case = member_case(ClassificationHead(loss=loss))
    compiled = case.compiled()
    compile_training(compiled, case.graph, case.configuration, case.profile)
    rows = case.store.features(compiled.features, "train")["array"]
    targets = case.targets["classification"][:TRAIN]
    apart = member_outputs(compiled, rows, "classification")
    one_hot = np.eye(2)[targets] if targets.ndim == 1 else targets
    by_hand = crossentropy if targets.ndim == 1 else lambda one, other: ((one - other) ** 2).mean(axis=-1)

    log = compiled.training_model.train_on_batch({"array": rows}, {"classification": targets}, return_dict=True)

    assert log["loss"] == pytest.approx(by_hand(one_hot[:, None], apart).mean(), rel=1e-5)


def test_sample_weights_count_for_every_member() -> None:
    """A row of weight 0 might as well not be there."""
    case = member_case(ClassificationHead(label_smoothing=0.0))
    half = np.arange(TRAIN) < TRAIN // 2
    logs = []

    for rows_used, weights in ((slice(None), 2.0 * half), (half, np.ones(TRAIN // 2))):
        compiled = case.compiled()
        compile_training(compiled, case.graph, case.configuration, case.profile)
        rows = case.store.features(compiled.features, "train")["array"][rows_used]
        targets = case.targets["classification"][:TRAIN][rows_used]
        logs.append(
            compiled.training_model.train_on_batch(
                {"array": rows}, {"classification": targets}, sample_weight=weights, return_dict=True
            )
        )

    assert logs[0] == pytest.approx(logs[1], rel=1e-5)


def test_every_member_is_trained_by_itself() -> None:
    """One step on the mean of the losses moves each member's head as a step on its own loss, a third as long, would."""
    case = member_case(ClassificationHead(label_smoothing=0.0))
    compiled = case.compiled()
    head = compiled.model.get_layer("classification_members")
    before = [np.array(weight) for weight in head.get_weights()]
    rows = case.store.features(compiled.features, "train")["array"]
    targets = case.targets["classification"][:TRAIN]
    apart = member_outputs(compiled, rows, "classification")
    compile_training(compiled, case.graph, case.configuration, case.profile)
    compiled.training_model.compile(optimizer=keras.optimizers.SGD(1.0), loss=compiled.training_model.loss)

    compiled.training_model.train_on_batch({"array": rows}, {"classification": targets})

    moved = np.array(head.get_weights()[1]) - before[1]
    expected = -(apart - targets[:, None]).mean(axis=0) / MEMBERS  # gradient of softmax and crossentropy
    np.testing.assert_allclose(moved, expected, atol=1e-5)


def test_heads_with_and_without_members_train_together() -> None:
    """The names in the log are the same as without members; a head behind another block has none."""
    start = ArrayInput()
    body = Members()(start)
    case = make_case(start, [ClassificationHead()(body), RegressionHead()(DenseBlock()(body))])
    compiled = case.compiled()

    log = case.trained(compiled)

    assert compiled.members == {"classification": MEMBERS}
    assert {"loss", "classification_loss", "val_classification_accuracy", "val_regression_mae"} <= set(log)
    assert log["val_loss"][0] == pytest.approx(
        log["val_classification_loss"][0] / np.log(2) + log["val_regression_loss"][0], rel=1e-3
    )
    assert [tuple(output.shape) for output in compiled.model.output.values()] == [(None, 2), (None, 1)]


def test_a_head_with_members_may_have_the_name_of_the_input() -> None:
    """What is trained has a layer for the head's members, and two layers of a model may not have one name."""
    start = ArrayInput(name="price")
    case = make_case(start, RegressionHead(name="price")(Members()(start)))

    log = case.trained(case.compiled())

    assert {"loss", "val_loss"} <= set(log)


def test_any_other_consumer_gets_the_mean_over_the_members() -> None:
    """A merge, a dense layer and a head that knows no members see vectors, and share one mean."""
    start = ArrayInput()
    body = Members()(start)
    merged = Merge()([body, DenseBlock(name="other")(body)])
    case = make_case(start, [ClassificationHead()(merged), SumHead(name="sum")(body)])

    compiled = case.compiled()

    assert compiled.members == {}
    assert compiled.training_model is compiled.model
    means = [layer for layer in compiled.model.layers if isinstance(layer, keras.layers.GlobalAveragePooling1D)]
    assert [layer.name for layer in means] == ["members_global_average_pooling1d"]
    assert tuple(means[0].output.shape) == (None, UNITS)


def test_members_start_as_different_as_dense_layers_would() -> None:
    """The variance of the initial weights is that of a dense layer, for each member."""
    start = ArrayInput()
    rows = np.random.default_rng(0).normal(size=(48, 400)).astype("float32")

    class Wide(Members):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return keras.layers.RepeatVector(MEMBERS)(inputs)

    case = make_case(start, ClassificationHead()(Wide()(start)), rows=rows)

    kernel = case.compiled().model.get_layer("classification_members").get_weights()[0]

    expected = np.sqrt(2 / (400 + 2))  # Glorot
    np.testing.assert_allclose(kernel.std(axis=(1, 2)), expected, rtol=0.15)


def test_a_block_that_returns_other_members_than_it_says_is_an_error() -> None:
    """With both shapes in the message."""

    class Wrong(Members):
        def members(self, hp: HyperparameterView) -> int | None:
            return MEMBERS + 1

    start = ArrayInput()

    with pytest.raises(GraphError, match=r"'wrong' \(Wrong\) did not return one output for each member.*members=4"):
        make_case(start, ClassificationHead()(Wrong()(start))).compiled()


def test_a_block_with_members_keeps_the_contract() -> None:
    """The kit takes it like any other."""
    check_block(Members(), input_shape=(5,))


def test_a_search_saves_loads_and_exports_members(tmp_path: Path) -> None:
    """The exported model is of Keras's own layers and predicts as the search's model does, loaded or not."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120, 6)).astype("float32")
    labels = np.where(rows[:, 0] + rows[:, 1] > 0, "plus", "minus")
    start = ArrayInput()
    quick = {"training/learning_rate": 0.03, "training/batch_size": 32}
    model = AutoModel(start, ClassificationHead()(Members()(start)), max_trials=1, seed=0, warm_starts=[quick])
    model.fit(rows, labels, epochs=12, verbose=0)
    probabilities = model.predict_proba(rows)
    model.save(tmp_path / "saved")
    model.export_model().save(tmp_path / "model.keras")

    loaded = AutoModel.load(tmp_path / "saved")
    exported = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)

    assert np.mean(model.predict(rows) == labels) > 0.8
    np.testing.assert_allclose(loaded.predict_proba(rows), probabilities, atol=1e-6)
    np.testing.assert_allclose(exported.predict(rows, verbose=0), probabilities, atol=1e-6)
    logged = model.leaderboard()[0].metrics["val_loss"]
    assert 0 < logged < 1
