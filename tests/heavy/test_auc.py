"""The area under the ROC curve that heads measure: close to the exact one, whatever the probabilities are."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.builtin._fine_auc import FineAUC, _spread
from autokeras_core.builtin.heads import ClassificationHead
from tests.heavy.head_models import NAME


def exact_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the share of pairs of a positive and a negative row in which the positive one has the higher score."""
    _, group = np.unique(scores, return_inverse=True)
    positives = np.bincount(group, weights=labels)
    negatives = np.bincount(group) - positives
    below = np.cumsum(negatives) - negatives
    return float(np.sum(positives * (below + negatives / 2)) / (positives.sum() * negatives.sum()))


def rows_of_a_model(log_odds: float, spread: float, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Return 20,000 labels, and probabilities of a model whose log-odds are `factor` times those of a calibrated one."""
    rng = np.random.default_rng(0)
    true = log_odds + rng.normal(scale=spread, size=20_000)
    labels = (rng.uniform(size=true.size) < 1 / (1 + np.exp(-true))).astype(int)
    return labels, (1 / (1 + np.exp(-true * factor))).astype("float32")


MODELS = pytest.mark.parametrize(
    "model",
    [(-7.5, 1.5, 1.0), (7.5, 1.5, 1.0), (-5.0, 1.5, 1.0), (0.0, 3.0, 5.0), (-6.0, 2.0, 4.0), (0.0, 2.0, 0.02)],
    ids=["rare positives", "rare negatives", "few positives", "too sure", "rare and too sure", "hardly sure"],
)


@MODELS
def test_the_auc_of_two_classes_is_close_to_the_exact_one(model: tuple[float, float, float]) -> None:
    """Also where nearly all probabilities are close to 0, to 1, or to each other."""
    labels, scores = rows_of_a_model(*model)
    head = ClassificationHead(metrics=["auc"])
    target = head.analyse(labels, name=NAME)
    (metric,) = head.metrics(target)

    metric.update_state(head.encode(labels, target), np.stack([1 - scores, scores], axis=1))

    assert float(metric.result()) == pytest.approx(exact_auc(labels, scores), abs=1e-3)


@MODELS
def test_the_mean_auc_of_labels_is_close_to_the_exact_one(model: tuple[float, float, float]) -> None:
    """Labels are mostly rare ones."""
    labels, scores = rows_of_a_model(*model)
    encoded, outputs = np.stack([labels, 1 - labels], axis=1), np.stack([scores, 1 - scores], axis=1)
    head = ClassificationHead(metrics=["auc"])
    (metric,) = head.metrics(head.analyse([[0, 1], [1, 1], [1, 0], [0, 0]], name=NAME))

    metric.update_state(encoded, outputs)

    exact = [exact_auc(encoded[:, label], outputs[:, label]) for label in (0, 1)]
    assert float(metric.result()) == pytest.approx(np.mean(exact), abs=1e-3)


def test_the_class_of_keras_is_close_to_the_exact_area() -> None:
    """A class says nothing of thresholds; like Keras's own metric it counts each class of each row."""
    labels, scores = rows_of_a_model(0.0, 3.0, 5.0)
    head = ClassificationHead(metrics=[keras.metrics.AUC])
    target = head.analyse(labels, name=NAME)
    (metric,) = head.metrics(target)
    encoded, outputs = head.encode(labels, target), np.stack([1 - scores, scores], axis=1)

    metric.update_state(encoded, outputs)

    assert float(metric.result()) == pytest.approx(exact_auc(encoded.ravel(), outputs.ravel()), abs=1e-3)


def test_a_metric_of_the_users_own_keeps_its_thresholds() -> None:
    """What somebody chose is not made finer."""
    head = ClassificationHead(metrics=[keras.metrics.AUC(thresholds=[0.25, 0.5], name="coarse")])

    (metric,) = head.metrics(head.analyse([0, 1], name=NAME))

    assert type(metric) is keras.metrics.AUC
    assert metric.thresholds[1:-1] == [0.25, 0.5]


@pytest.mark.parametrize("metric", [keras.metrics.AUC, "AUC", "auc"], ids=["class", "name", "short name"])
def test_probabilities_of_0_and_1_count_in_the_auc(metric: Any) -> None:
    """Their log-odds are infinite."""
    head = ClassificationHead(metrics=[metric])
    target = head.analyse([0, 1], name=NAME)
    (made,) = head.metrics(target)

    made.update_state(head.encode([0, 0, 1, 1], target), np.eye(2, dtype="float32")[[0, 1, 1, 1]])

    assert float(made.result()) == pytest.approx(0.75, abs=1e-6)


@pytest.mark.parametrize(
    ("classes", "thresholds"), [(3, 2_000), (50, 1_000), (200, 400), (1_000, 400), (2_000, 200), (5_000, 100)]
)
def test_the_auc_of_many_classes_holds_few_numbers(classes: int, thresholds: int) -> None:
    """The more classes there are, the fewer thresholds each has: all of them are updated in every step."""
    head = ClassificationHead(metrics=["auc"], num_classes=classes)
    (metric,) = head.metrics(head.analyse([0, 1, classes - 1], name=NAME))

    assert metric.true_positives.shape == (thresholds, classes)


def test_the_fewest_thresholds_tell_models_apart() -> None:
    """Of thousands of labels each is a rare one; what models differ in is far more than what is lost between thresholds."""
    found = []
    for spread in (1.5, 2.0):
        labels, scores = rows_of_a_model(-6.0, spread, 1.0)
        metric = FineAUC(labels=5_000)
        coarse = keras.metrics.AUC(num_thresholds=metric.num_thresholds)
        coarse.update_state(labels, _spread(scores))
        found.append((float(coarse.result()), exact_auc(labels, scores)))

    (worse, exactly_worse), (better, exactly_better) = found
    assert worse == pytest.approx(exactly_worse, abs=5e-3)
    assert better == pytest.approx(exactly_better, abs=5e-3)
    assert better - worse == pytest.approx(exactly_better - exactly_worse, rel=0.1)


@pytest.mark.parametrize("labels", [[0, 1, 1, 0], [0, 1, 2, 1]], ids=["one question", "mean over classes"])
def test_the_auc_can_be_made_anew_from_its_configuration(labels: list[int]) -> None:
    """`get_config` holds the constructor's arguments."""
    head = ClassificationHead(metrics=["auc"])
    target = head.analyse(labels, name=NAME)
    (made,) = head.metrics(target)
    metric = getattr(made, "inner", made)  # of two classes only the second is looked at

    again = type(metric).from_config(metric.get_config())

    assert (type(again), again.name, again.thresholds) == (type(metric), "auc", metric.thresholds)
    assert [each.shape for each in again.variables] == [each.shape for each in metric.variables]
