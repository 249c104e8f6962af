"""Fine-tuning with a learning rate of its own for each group of layers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead, FineTuning
from autokeras_core.engine.compiler import compile_training
from autokeras_core.engine.finetuning import open_second_phase, plan_second_phase
from autokeras_core.engine.layerwise import LayerwiseAdam
from autokeras_core.engine.training import TrainingConfiguration, make_optimizer
from autokeras_core.engine.trial import run_trial
from autokeras_core.graph.operator import Preprocessor
from autokeras_core.graph.view import HyperparameterView
from autokeras_core.search.records import TrialJob
from tests.heavy.engine_doubles import Silence, make_case
from tests.heavy.fine_tuned_networks import Projected, Projection

FACTORS = (1.0, 0.5, 0.0)


class GroupedProjection(Projection):
    """A network that tells its groups of layers."""

    def layer_groups(self, network: Any) -> Sequence[Sequence[Any]]:
        """Return the variables of each layer that has any."""
        return [layer.trainable_variables for layer in network.layers if layer.trainable_variables]


class GroupedBlock(Projected):
    """Wants the lower layer to learn at a third of the rate."""

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return the network."""
        return [GroupedProjection()]

    def fine_tuning(self, hp: HyperparameterView) -> FineTuning | None:
        """Return the plan."""
        return FineTuning(
            depth="all", learning_rate=0.01, layer_decay=1 / 3, schedule="linear", weight_decay=0.05, batch_size=16
        )


def variables_after_a_step(optimizer: Any) -> list[np.ndarray[Any, Any]]:
    """Return variables that started at 1, after one step with a gradient of 1."""
    variables = [keras.Variable(np.ones(2, "float32")) for _ in FACTORS]
    optimizer.build(variables)
    optimizer.apply([keras.ops.ones(2)] * len(variables), variables)
    return [np.asarray(variable) for variable in variables]


def test_each_variable_moves_by_its_own_rate() -> None:
    """The first step of Adam is as long as the learning rate, so here it is as long as its product with the factor."""
    moved = variables_after_a_step(LayerwiseAdam(factors=FACTORS, learning_rate=0.1))

    for factor, variable in zip(FACTORS, moved, strict=True):
        np.testing.assert_allclose(variable, 1 - 0.1 * factor, atol=1e-5)


def test_factors_of_1_are_plain_adam() -> None:
    """Nothing else is different."""
    plain = variables_after_a_step(keras.optimizers.Adam(learning_rate=0.1, beta_2=0.95))
    layerwise = variables_after_a_step(LayerwiseAdam(factors=(1, 1, 1), learning_rate=0.1, beta_2=0.95))

    np.testing.assert_array_equal(layerwise, plain)


def test_another_number_of_variables_is_an_error() -> None:
    """A factor for each, or they would belong to others."""
    with pytest.raises(ValueError, match="3 factors were given for 1 variables"):
        LayerwiseAdam(factors=FACTORS).build([keras.Variable(1.0)])


def test_the_optimizer_comes_back_from_its_configuration() -> None:
    """As Keras's own do."""
    optimizer = LayerwiseAdam(factors=FACTORS, learning_rate=0.1, weight_decay=0.01)

    again = LayerwiseAdam.from_config(optimizer.get_config())

    assert again.get_config() == optimizer.get_config()


@pytest.mark.parametrize("weight_decay", [0.0, 0.5])
def test_weight_decay_goes_with_it(weight_decay: float) -> None:
    """It is decoupled, and left off biases."""
    kernel, bias = keras.Variable(np.ones((2, 2), "float32")), keras.Variable(np.ones(2, "float32"), name="bias")
    training = TrainingConfiguration(optimizer="adamw", learning_rate=0.1, weight_decay=weight_decay)
    optimizer = make_optimizer(training, variables=[kernel, bias], factors=(0.5, 0.5))
    optimizer.build([kernel, bias])

    optimizer.apply([keras.ops.ones((2, 2)), keras.ops.ones(2)], [kernel, bias])

    np.testing.assert_allclose(np.asarray(kernel), 1 - 0.1 * weight_decay - 0.05, atol=1e-5)
    np.testing.assert_allclose(np.asarray(bias), 1 - 0.05, atol=1e-5)


def test_rates_fall_from_group_to_group() -> None:
    """The plan of a block reaches the optimizer: what stands behind the network has the whole rate."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(GroupedBlock()(start)))
    compiled = case.compiled()
    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)

    phase = open_second_phase(compiled, plans, case.profile, case.store)
    phase.freeze_statistics()
    second = phase.compiled
    compile_training(second, case.graph, case.configuration, case.profile)

    shapes = [variable.shape for variable in second.training_model.trainable_variables]
    rates = dict(zip(shapes, second.learning_rate_factors, strict=True))
    assert rates[5, 8] == pytest.approx(1 / 9)
    assert rates[8, 2] == pytest.approx(1 / 3)
    assert sorted(set(second.learning_rate_factors)) == pytest.approx([1 / 9, 1 / 3, 1.0])
    assert isinstance(second.training_model.optimizer, LayerwiseAdam)
    assert (second.training.schedule, second.training.weight_decay) == ("linear", 0.05)
    assert second.training.batch_size == 16


def test_batch_normalization_behind_the_network_has_no_rate(tmp_path: Path) -> None:
    """It is not trained in the second phase, and the trial has one."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(GroupedBlock()(start)))
    job = TrialJob(
        trial_id="0", configuration=case.configuration, epochs=2, seed=0, seconds=None, directory=str(tmp_path)
    )

    outcome = run_trial(job, case.context(), Silence())

    assert outcome.failure is None
    assert outcome.epochs > 2


def test_without_a_decay_the_optimizer_is_the_plain_one() -> None:
    """Most networks are trained at one rate."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(GroupedBlock()(start)))
    compiled = case.compiled()
    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)
    plain = {name: attrs.evolve(plan, layer_decay=1.0) for name, plan in plans.items()}

    assert open_second_phase(compiled, plain, case.profile, case.store).compiled.learning_rate_factors == ()


@pytest.mark.parametrize(
    "change", [{"layer_decay": 0.0}, {"layer_decay": 1.5}, {"schedule": "constant"}, {"weight_decay": -1.0}], ids=str
)
def test_a_plan_that_makes_no_sense_cannot_be_made(change: dict[str, Any]) -> None:
    """A rate that rises towards the rows, or begins at its peak."""
    with pytest.raises(ValueError, match=next(iter(change))):
        FineTuning(**change)
