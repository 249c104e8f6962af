"""Losses of several heads: made comparable, weighted, added; and what is reported of validation rows."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core.builtin import guesses
from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.guesses import loss_of_class_shares
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.builtin.losses import as_loss
from autokeras_core.data.labels import analyse_labels
from autokeras_core.data.profile import TargetProfile
from autokeras_core.data.targets import analyse_targets
from autokeras_core.engine.compiler import compile_training
from autokeras_core.engine.losses import loss_factors, training_losses
from autokeras_core.engine.scoring import score_outputs
from autokeras_core.engine.trial import run_trial
from autokeras_core.errors import SearchError
from autokeras_core.graph.loss_weights import weighted
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.testing._builds import SumHead
from tests.heavy.engine_doubles import ROWS, TRAIN, Case, Silence, make_case
from tests.heavy.head_models import head_model, some_rows
from tests.heavy.test_evaluation_batches import job_of
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


ASKED: list[tuple[int, ...]] = []


def noted(y_true: Any, y_pred: Any) -> Any:
    """Note what is asked for; return the squared error of each row, or of class numbers how likely the first class is."""
    ASKED.append(tuple(y_pred.shape))
    return y_pred[:, 0] if len(y_true.shape) == 1 else keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    "loss", [keras.losses.SparseCategoricalCrossentropy(), noted], ids=["class numbers", "one-hot"]
)
def test_what_a_guess_costs_is_the_same_in_parts_of_the_classes(loss: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows go into the loss at once; the last part has the rest."""
    shares = np.random.default_rng(0).dirichlet(np.ones(20)).tolist()
    is_sparse = loss is not noted

    def guess() -> float:
        return loss_of_class_shares(as_loss(loss, head="head"), shares, is_multi_label=False, is_sparse=is_sparse)

    monkeypatch.setattr(guesses, "_LEAST_LOSS", 0.0)
    whole = guess()
    ASKED.clear()
    monkeypatch.setattr(guesses, "_VALUES_AT_ONCE", 9 * 20 + 5)

    assert guess() == pytest.approx(whole, rel=1e-6)
    assert is_sparse or ASKED == [(9, 20), (9, 20), (2, 20)]


@pytest.mark.parametrize("is_sparse", [True, False])
def test_what_a_guess_costs_takes_little_memory_for_many_classes(is_sparse: bool) -> None:
    """Of 20,000 a row of each, all at once, would be 1.6 GB."""
    shares = [1 / 20_000] * 20_000
    ASKED.clear()

    tracemalloc.start()
    loss_of_class_shares(as_loss(noted, head="head"), shares, is_multi_label=False, is_sparse=is_sparse)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 2**25
    assert max(np.prod(shape) for shape in ASKED) <= 2**20
    assert sum(rows for rows, _ in ASKED) == 20_000


def squares(y_true: Any, y_pred: Any) -> Any:
    """Return the squared error of each number."""
    return keras.ops.square(y_true - y_pred)


def squares_in_one(y_true: Any, y_pred: Any) -> Any:
    """Return the squared error of a batch."""
    return keras.ops.mean(squares(y_true, y_pred))


class Squares(keras.losses.Loss):  # type: ignore[misc]
    """The squared error of each number."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return it."""
        return squares(y_true, y_pred)


class SquaresInOne(keras.losses.Loss):  # type: ignore[misc]
    """The squared error of a batch."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return it."""
        return squares_in_one(y_true, y_pred)


FORMS = pytest.mark.parametrize(
    "loss",
    [squares, squares_in_one, Squares(), SquaresInOne, SquaresInOne()],
    ids=["function of numbers", "function of a batch", "object of numbers", "class of a batch", "object of a batch"],
)


@FORMS
@pytest.mark.parametrize(
    ("head", "labels"),
    [(ClassificationHead, [0, 1, 1, 0]), (RegressionHead, [10.0, 30.0, 50.0, 70.0])],
    ids=["classes", "numbers"],
)
def test_a_users_loss_of_any_form_takes_weights(head: Any, labels: Any, loss: Any) -> None:
    """Whether it returns something for each number or the batch; one for the batch is the same for all its rows."""
    made = head(loss=loss)
    model, target, _ = head_model(made, labels)
    encoded, weights = made.encode(labels, target), np.array([1.0, 0.0, 2.0, 0.5])

    weighted = float(model.loss(encoded, model(some_rows(4)), sample_weight=weights))

    rows = np.mean((model.predict(some_rows(4), verbose=0) - encoded) ** 2, axis=1)
    is_of_batch = loss is squares_in_one or loss is SquaresInOne or isinstance(loss, SquaresInOne)
    expected = rows.mean() * weights.mean() if is_of_batch else np.mean(rows * weights)
    assert weighted == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("head", "labels"),
    [(ClassificationHead, [0, 1, 1, 0]), (RegressionHead, [10.0, 30.0, 50.0, 70.0])],
    ids=["classes", "numbers"],
)
def test_a_users_loss_is_computed_in_its_own_type(head: Any, labels: Any) -> None:
    """In double precision, if it says so."""
    made = head(loss=Squares(dtype="float64"))
    model, target, _ = head_model(made, labels)

    value = model.loss(made.encode(labels, target), model(some_rows(4)))

    assert keras.backend.standardize_dtype(value.dtype) == "float64"


@FORMS
def test_a_users_loss_of_any_form_is_scored(loss: Any) -> None:
    """In the losses' own units; several heads need to know what a guess costs, too."""
    case = two_headed(classification={"loss": loss}, regression={"loss": loss})
    rng = np.random.default_rng(1)
    outputs = {name: rng.uniform(size=target.shape).astype("float32") for name, target in case.targets.items()}

    scores = score_outputs(
        case.graph, case.profile, case.configuration, outputs=outputs, targets=case.targets, weights=None
    )

    for name, target in case.targets.items():
        assert scores[f"{name}_loss"] == pytest.approx(np.mean((outputs[name] - target) ** 2), rel=1e-4)
    assert np.isfinite(scores["loss"])


@pytest.mark.parametrize("loss", [squares_in_one, SquaresInOne()], ids=["function", "object"])
@pytest.mark.parametrize("part", ["train_weights", "validation_weights"])
def test_a_loss_of_whole_batches_cannot_leave_rows_out(loss: Any, part: str, tmp_path: Path) -> None:
    """A head with rows without its target ends the search, instead of learning what stands in their place."""
    case = two_headed(regression={"loss": loss})
    weights = np.ones((TRAIN if part == "train_weights" else ROWS - TRAIN, 2), np.float32)
    weights[::3, 1] = 0

    with pytest.raises(SearchError, match="'regression' cannot leave out the rows of weight 0.*for the whole batch"):
        run_trial(job_of(case, tmp_path), case.context(**{part: weights}), Silence())


def test_a_loss_of_whole_batches_may_stand_beside_a_head_with_rows_left_out(tmp_path: Path) -> None:
    """Its own rows all have the target."""
    case = two_headed(regression={"loss": squares_in_one})
    weights = np.ones((TRAIN, 2), np.float32)
    weights[::3, 0] = 0

    outcome = run_trial(job_of(case, tmp_path), case.context(train_weights=weights), Silence())

    assert outcome.status == "completed"


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


class Told(SumHead):
    """Notes which inputs its loss is told of."""

    told: tuple[str, ...] = ()

    def loss(self, hp: HyperparameterView, profile: TargetProfile) -> Any:
        """Note, and return the loss."""
        assert hp.profile is not None
        self.told = tuple(hp.profile.inputs)
        return super().loss(hp, profile)


def test_a_loss_is_told_of_the_inputs_before_its_head() -> None:
    """As the head's other methods are: not of those in another branch."""
    rows, others, head = ArrayInput(name="rows"), ArrayInput(name="others"), Told(name="sum")
    case = make_case([rows, others], [head(rows), ClassificationHead()(others)])

    training_losses(case.graph, case.configuration, case.profile)

    assert head.told == ("rows",)


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
