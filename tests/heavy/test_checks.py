"""The kit for plugin authors passes what keeps the contract, and catches what does not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.merge import Merge
from autokeras_core.builtin.normalization import Normalization, Normalizer
from autokeras_core.builtin.reduction import Flatten, SpatialReduction, TemporalReduction
from autokeras_core.builtin.rnn import RNNBlock
from autokeras_core.builtin.spaces import CLASSIFICATION_HEAD
from autokeras_core.graph.operator import Block, Tensor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search.domains import Boolean, Choice
from autokeras_core.search.space import Space
from autokeras_core.testing import CheckError, check_block, check_head, check_preprocessor
from tests.heavy.engine_doubles import Center, CenterInModel
from tests.heavy.test_supervised_preprocessors import KINDS, MeanTarget

Array = np.ndarray[Any, Any]

ROWS = np.random.default_rng(0).normal(3.0, 2.0, size=(20, 3)).astype("float32")
EACH_KIND = np.random.default_rng(0).integers(0, KINDS, size=(40, 1)).astype("float32")


class Good(Block):
    """A block that keeps the contract, for others to break."""

    space = Space({"units": Choice([2, 3]), "drop": Boolean(), "rate": Choice([0.1, 0.2], when={"drop": True})})

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return dense layers."""
        x = keras.layers.Dense(hp["units"])(inputs)
        return keras.layers.Dropout(hp["rate"], seed=hp.seed)(x) if hp["drop"] else x


def test_a_good_block_passes() -> None:
    """Conditional hyperparameters are checked where they are active."""
    check_block(Good(), input_shape=(3,))


class Around(Block):
    """A block around another one."""

    def __init__(self, *, inner: Block, name: str | None = None) -> None:
        super().__init__(name=name, inner=inner)

    def search_space(self, profile: Any = None) -> Space:
        """Return the other's space."""
        space: Space = self.arguments["inner"].search_space(profile).under("inner")
        return space

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return what the other makes."""
        return self.arguments["inner"].build(hp.scope("inner"), inputs)


@pytest.mark.parametrize("inner", [DenseBlock(), Good()], ids=["registered", "of a script"])
def test_a_block_around_another_one_passes(inner: Block) -> None:
    """Its configuration holds the other, as a graph's file does."""
    check_block(Around(inner=inner), input_shape=(3,))


def test_a_block_that_comes_back_around_another_one_is_caught() -> None:
    """What it holds is compared, too: its search space is another."""

    class Swaps(Around):
        def get_config(self) -> dict[str, Any]:
            return {"inner": DenseBlock()}

    with pytest.raises(CheckError, match="Swaps does not come back from its configuration"):
        check_block(Swaps(inner=Good()), input_shape=(3,))


def test_a_configuration_that_cannot_be_written_down_is_caught() -> None:
    """It could be kept in no file."""

    class Opaque(Good):
        def get_config(self) -> dict[str, Any]:
            return {"units": object()}

    with pytest.raises(CheckError, match=r"Opaque does not come back from its configuration.*of type object"):
        check_block(Opaque(), input_shape=(3,))


@pytest.mark.parametrize(
    ("block", "input_shape", "dtype"),
    [
        (DenseBlock(), (5,), "float32"),
        (Flatten(), (4, 3), "float32"),
        (Merge(), [(4,), (4,)], "float32"),
        (Normalization(), (2, 2, 3), "uint8"),
        (RNNBlock(), (5, 3), "float32"),
        (SpatialReduction(), (4, 4, 3), "float32"),
        (TemporalReduction(), (5, 3), "float32"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Block) else "",
)
def test_the_cores_own_blocks_pass(block: Block, input_shape: Any, dtype: str) -> None:
    """We hold ourselves to what we ask of others."""
    check_block(block, input_shape=input_shape, dtype=dtype)


def test_a_dead_hyperparameter_is_caught_and_named() -> None:
    """One that `build` never reads, also where it is conditional."""

    class Dead(Good):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            x = keras.layers.Dense(hp["units"])(inputs)
            return keras.layers.Dropout(0.1)(x) if hp["drop"] else x

    with pytest.raises(CheckError, match=r"Dead has dead hyperparameters: rate\."):
        check_block(Dead(), input_shape=(3,))


def test_a_block_that_does_not_come_back_from_its_configuration_is_caught() -> None:
    """An argument that is kept to itself is lost when a graph is saved."""

    class Forgets(Good):
        def __init__(self, *, units: int | None = None, name: str | None = None) -> None:
            super().__init__(name=name, units=units)

        def get_config(self) -> dict[str, Any]:
            return {}

    with pytest.raises(CheckError, match="Forgets does not come back from its configuration"):
        check_block(Forgets(units=2), input_shape=(3,))


def test_a_block_that_does_not_survive_keras_files_is_caught() -> None:
    """A layer of one's own that is not registered, or code in the model, cannot be loaded."""

    class Coded(Good):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return super().build(hp, keras.layers.Lambda(lambda x: x * 2)(inputs))

    with pytest.raises(CheckError, match=r"Coded does not survive \.keras"):
        check_block(Coded(), input_shape=(3,))


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
def test_a_block_with_weights_that_nothing_trains_is_caught() -> None:
    """A layer whose output goes nowhere useful is named."""

    class Idle(Good):
        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            idle = keras.layers.Dense(hp["units"], name="idle")(inputs)
            return keras.ops.add(super().build(hp, inputs), keras.ops.stop_gradient(idle))

    with pytest.raises(CheckError, match=r"Idle has weights that nothing trains.*idle"):
        check_block(Idle(), input_shape=(3,))


def test_a_block_that_builds_differently_each_time_is_caught() -> None:
    """It keeps something from build to build."""

    class Counts(Good):
        built = 0

        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            type(self).built += 1
            return keras.layers.Dense(hp["units"] + self.built)(inputs)

    with pytest.raises(CheckError, match="Counts builds something else the second time"):
        check_block(Counts(), input_shape=(3,))


@pytest.mark.parametrize(
    "preprocessor", [Normalizer(), Center(2.0), CenterInModel(0.5)], ids=lambda each: type(each).__name__
)
def test_a_good_preprocessor_passes(preprocessor: Any) -> None:
    """The core's own and the tests' doubles."""
    check_preprocessor(preprocessor, ROWS)


class DisagreesWithItself(Center):
    """Its layer multiplies by another factor."""

    def to_layer(self) -> Any:
        return keras.layers.Rescaling(self.factor * 1.01, offset=(-self.mean * self.factor).tolist())


class ChangesItsInput(Center):
    """It works in place."""

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        batch -= self.mean.astype(batch.dtype)
        return batch * self.factor


class LearnsLater(Center):
    """It goes on learning from what it transforms."""

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        result = super().transform(batch)
        self.mean = self.mean + batch.mean(axis=0)
        return result


class LooksAtTheBatch(Center):
    """A row's result depends on the other rows."""

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return (batch - batch.mean(axis=0)).astype("float32")


class ForgetsItsState(Center):
    """What it learned is not in its state."""

    def get_state(self) -> dict[str, Any]:
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.mean = np.zeros(3)


class ForgetsItsConfiguration(Center):
    """A constructor argument is missing."""

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor + 1}


class KeepsOneLayer(Center):
    """It hands out one layer again and again."""

    def to_layer(self) -> Any:
        self.layer = getattr(self, "layer", None) or super().to_layer()
        return self.layer


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (DisagreesWithItself, r"transform\(\) and to_layer\(\) disagree"),
        (ChangesItsInput, r"ChangesItsInput.transform\(\) changes its input"),
        (LearnsLater, r"LearnsLater (learns in transform|maps a row differently)"),
        (LooksAtTheBatch, "maps a row differently in another batch"),
        (ForgetsItsState, "does not come back from its state"),
        (ForgetsItsConfiguration, "does not come back from its configuration"),
        (KeepsOneLayer, "returns the same layer twice"),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else "",
)
def test_a_broken_preprocessor_is_caught(broken: type[Center], message: str) -> None:
    """The message says which promise is broken."""
    with pytest.raises(CheckError, match=message):
        check_preprocessor(broken(2.0), ROWS)


def test_a_good_preprocessor_that_learns_from_targets_passes() -> None:
    """It is fitted on made-up targets."""
    check_preprocessor(MeanTarget(), EACH_KIND)


def test_a_preprocessor_is_fitted_on_the_targets_of_its_rows() -> None:
    """Those of the caller's, as far as rows are fitted on."""
    prices = np.linspace(0.0, 1.0, len(EACH_KIND))
    preprocessor = MeanTarget()

    check_preprocessor(preprocessor, EACH_KIND, targets={"price": prices})

    np.testing.assert_array_equal(preprocessor.seen["price"], prices[:20])


class TellsTheTarget(MeanTarget):
    """It maps training rows as all others."""

    def transform_training(self, data: Array) -> Array:
        return self.transform(data)


class WidensTrainingRows(MeanTarget):
    """It makes two columns of a training row's one."""

    def transform_training(self, data: Array) -> Array:
        return np.repeat(super().transform_training(data), 2, axis=1)


class LacksAMethod(Center):
    """It wants targets, and says nothing of training rows."""

    needs_targets = True


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (TellsTheTarget, r"TellsTheTarget.transform_training\(\) tells training rows their own targets"),
        (WidensTrainingRows, "WidensTrainingRows maps training rows to another shape than other rows"),
        (LacksAMethod, "LacksAMethod cannot be fitted on targets.*transform_training=False"),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else "",
)
def test_a_broken_preprocessor_that_learns_from_targets_is_caught(broken: type[Any], message: str) -> None:
    """The message says what is wrong with its training rows."""
    with pytest.raises(CheckError, match=message):
        check_preprocessor(broken(), EACH_KIND)


@pytest.mark.parametrize(
    ("head", "labels"),
    [
        (ClassificationHead(), ["no", "yes"] * 8),
        (ClassificationHead(), [1, 5, 7, 7] * 4),
        (RegressionHead(), np.linspace(1000, 2000, 16)),
    ],
    ids=["two strings", "three integers", "numbers"],
)
def test_the_cores_own_heads_pass(head: Any, labels: Any) -> None:
    """Labels of several kinds."""
    check_head(head, labels)


def test_a_head_whose_loss_reads_a_hyperparameter_passes() -> None:
    """What is trained has the values of a configuration, as in a search."""

    class Focal(ClassificationHead):
        space = CLASSIFICATION_HEAD | Space({"gamma": Choice([1.0, 2.0])})

        def loss(self, hp: HyperparameterView, profile: Any) -> Any:
            return keras.losses.CategoricalFocalCrossentropy(gamma=hp["gamma"], label_smoothing=hp["label_smoothing"])

    check_head(Focal(), [1, 5, 7, 7] * 4)


def test_a_head_that_loses_the_label_type_is_caught() -> None:
    """Strings in, numbers out."""

    class Loses(ClassificationHead):
        def decode(self, outputs: Any, profile: Any) -> Any:
            return outputs.argmax(axis=1)

    with pytest.raises(CheckError, match="Loses does not give labels back as they were"):
        check_head(Loses(), ["no", "yes"] * 8)


def test_a_head_with_a_dead_hyperparameter_is_caught() -> None:
    """A label smoothing that no loss uses."""

    class Ignores(ClassificationHead):
        def loss(self, hp: HyperparameterView, profile: Any) -> Any:
            return keras.losses.CategoricalCrossentropy()

    with pytest.raises(CheckError, match="Ignores has dead hyperparameters: label_smoothing"):
        check_head(Ignores(), ["no", "yes"] * 8)


def test_failures_are_assertion_errors_in_the_house_form() -> None:
    """So test runners show them as failures, and people know what to do."""

    class Dead(Block):
        space = Space({"unused": Choice([1, 2])})

        def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
            return keras.layers.Dense(2)(inputs)

    with pytest.raises(AssertionError) as caught:
        check_block(Dead(), input_shape=(3,))
    assert re.search(r"Expected: .* Received: .* Use hp\[name\] in build\(\)", str(caught.value))


def test_importing_the_kit_is_light() -> None:
    """Keras is imported when a check is first used."""
    script = "import sys, autokeras_core.testing; sys.exit('keras' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
