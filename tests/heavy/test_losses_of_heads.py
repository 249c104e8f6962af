"""Losses of several heads: made comparable, weighted, added; and what is reported of validation rows."""

from __future__ import annotations

from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.labels import analyse_labels
from autokeras_core.data.targets import analyse_targets
from autokeras_core.engine.compiler import compile_training
from autokeras_core.engine.losses import loss_factors
from autokeras_core.engine.scoring import score_outputs
from autokeras_core.graph.loss_weights import weighted
from autokeras_core.testing._builds import SumHead
from tests.heavy.engine_doubles import TRAIN, Case, make_case
from tests.heavy.test_members import Members

Array = np.ndarray[Any, Any]

ENTROPY = float(np.log(2))  # the doubles' classes are of equal size


def two_headed(*, classification: Any = None, regression: Any = None) -> Case:
    """Return a graph of a head for classes and one for numbers, with arguments."""
    start = ArrayInput()
    body = DenseBlock(num_layers=1, units=4)(start)
    return make_case(
        start, [ClassificationHead(**classification or {})(body), RegressionHead(**regression or {})(body)]
    )


def test_a_guess_of_classes_costs_the_entropy_of_their_shares() -> None:
    """Predicting the shares is the best guess, and has the factor that makes it 1."""
    labels = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    profile = analyse_labels(labels, name="kind")
    shares = np.array([0.6, 0.3, 0.1])

    guess = ClassificationHead().guess_loss(profile)

    assert guess == pytest.approx(-(shares * np.log(shares)).sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("sparse_categorical_crossentropy", 0.6730),
        ("mean_squared_error", 0.24),  # the mean of 0.4 * 0.6 in both columns
        (keras.losses.CategoricalFocalCrossentropy(), None),
    ],
    ids=["class numbers", "squared error", "focal"],
)
def test_a_guess_is_measured_by_the_users_loss(loss: Any, expected: float | None) -> None:
    """Of any form; where nothing is known by hand it is at least above 0 and finite."""
    profile = analyse_labels(np.array([0] * 40 + [1] * 60), name="kind")

    guess = ClassificationHead(loss=loss).guess_loss(profile)

    assert 0 < guess < 10
    assert expected is None or guess == pytest.approx(expected, rel=1e-3)


def test_a_guess_of_labels_costs_the_mean_of_their_entropies() -> None:
    """Each label's own."""
    labels = np.array([[1, 0], [1, 1], [0, 0], [0, 0]])
    profile = analyse_labels(labels, name="tags")
    expected = (np.log(2) - 0.25 * np.log(0.25) - 0.75 * np.log(0.75)) / 2

    assert ClassificationHead().guess_loss(profile) == pytest.approx(expected, rel=1e-5)


def test_a_guess_of_numbers_costs_one_or_what_the_users_loss_says() -> None:
    """In the targets' own units."""
    profile = analyse_targets(np.array([10.0, 20.0, 30.0]), name="price")

    assert RegressionHead().guess_loss(profile) == 1
    assert RegressionHead(loss="mae").guess_loss(profile) == pytest.approx(profile.scale[0], rel=1e-5)
    assert RegressionHead(loss="mse").guess_loss(profile) == pytest.approx(profile.scale[0] ** 2, rel=1e-5)


def test_rare_classes_do_not_blow_a_loss_up() -> None:
    """A factor is at most 10."""
    profile = analyse_labels(np.array([0] * 9999 + [1]), name="kind")

    assert ClassificationHead().guess_loss(profile) == pytest.approx(0.1)


@pytest.mark.parametrize("weights", [None, {"regression": 3.0}], ids=["alike", "weighted"])
def test_the_total_is_the_weighted_sum_of_losses_in_units_of_a_guess(weights: Any) -> None:
    """In training, while validating, and where predictions are scored: even with a loss in dollars."""
    case = two_headed(regression={"loss": "mae"})
    graph = weighted(case.graph, weights)
    compiled = case.compiled()
    compile_training(compiled, graph, case.configuration, case.profile)
    rows = case.store.features(compiled.features, "train")
    targets = {name: target[:TRAIN] for name, target in case.targets.items()}
    weight = 1.0 if weights is None else 3.0

    validated = compiled.training_model.evaluate(rows, targets, batch_size=TRAIN, verbose=0, return_dict=True)
    trained = compiled.training_model.train_on_batch(rows, targets, return_dict=True)

    scale = case.profile.targets["regression"].scale[0]
    for log in (validated, trained):
        expected = log["classification_loss"] / ENTROPY + weight * log["regression_loss"] / scale
        assert log["loss"] == pytest.approx(expected, rel=1e-4)
    outputs = compiled.model.predict(rows, verbose=0)
    scores = score_outputs(graph, case.profile, case.configuration, outputs=outputs, targets=targets, weights=None)
    expected = scores["classification_loss"] / ENTROPY + weight * scores["regression_loss"] / scale
    assert scores["loss"] == pytest.approx(expected, rel=1e-4)


def test_a_weight_changes_what_is_trained() -> None:
    """The heavier head's gradient weighs more."""
    case = two_headed()
    steps = []
    for weights in (None, {"regression": 100.0}):
        compiled = case.compiled()
        compile_training(compiled, weighted(case.graph, weights), case.configuration, case.profile)
        model = compiled.training_model
        shared = model.trainable_variables[0]
        before = keras.ops.convert_to_numpy(shared)
        factors = loss_factors(weighted(case.graph, weights), case.profile)
        model.compile(keras.optimizers.SGD(1e-3), loss=model.loss, loss_weights=factors)
        model.train_on_batch(
            case.store.features(compiled.features, "train"),
            {name: target[:TRAIN] for name, target in case.targets.items()},
        )
        steps.append(np.abs(keras.ops.convert_to_numpy(shared) - before).sum())

    assert steps[1] > 10 * steps[0]


def test_a_single_heads_loss_stays_as_it_is() -> None:
    """A crossentropy is a crossentropy."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(start)))

    assert loss_factors(case.graph, case.profile) == {"classification": 1.0}


def test_a_head_of_ones_own_counts_as_it_is() -> None:
    """It may say what a guess costs, and need not."""
    start = ArrayInput()
    body = DenseBlock()(start)
    case = make_case(start, [ClassificationHead()(body), SumHead(name="sum")(body)])

    assert loss_factors(case.graph, case.profile) == pytest.approx({"classification": 1 / ENTROPY, "sum": 1.0})


def crossentropy(targets: Array, probabilities: Array) -> float:
    """Return the mean crossentropy, by hand."""
    return float(-(targets * np.log(probabilities)).sum(axis=-1).mean())


@pytest.mark.parametrize("members", [False, True], ids=["one prediction", "members"])
def test_label_smoothing_is_trained_on_and_not_reported(members: bool) -> None:
    """So that validation losses of different configurations can be compared."""
    start = ArrayInput()
    body = (Members() if members else DenseBlock(num_layers=1, units=4))(start)
    case = make_case(start, ClassificationHead()(body))
    case = attrs.evolve(case, configuration={**case.configuration, "classification/label_smoothing": 0.1})
    compiled = case.compiled()
    targets = case.targets["classification"]
    rows = {part: case.store.features(compiled.features, part) for part in ("train", "validation")}  # type: ignore[arg-type]

    log = case.trained(compiled, epochs=2)

    predicted = compiled.model.predict(rows["validation"], verbose=0)["classification"]
    assert log["val_loss"][-1] == pytest.approx(crossentropy(targets[TRAIN:], predicted), rel=1e-4)
    scores = score_outputs(
        case.graph,
        case.profile,
        case.configuration,
        outputs={"classification": predicted},
        targets={"classification": targets[TRAIN:]},
        weights=None,
    )
    assert scores["loss"] == pytest.approx(log["val_loss"][-1], rel=1e-4)
    if not members:
        smooth = 0.9 * targets[:TRAIN] + 0.05
        expected = crossentropy(smooth, compiled.model.predict(rows["train"], verbose=0)["classification"])
        step = compiled.training_model.train_on_batch(
            rows["train"], {"classification": targets[:TRAIN]}, return_dict=True
        )
        assert step["loss"] == pytest.approx(expected, rel=1e-4)
