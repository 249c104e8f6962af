"""The second phase of a trial: a frozen network is trained further, and the better of both phases is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import pytest

from autokeras_core import ArrayInput, AutoModel, ClassificationHead, FineTuning, Merge
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.compiler import compile_graph
from autokeras_core.engine.deadline import Deadline
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.finetuning import (
    first_phase_deadline,
    is_time_for_second_phase,
    open_second_phase,
    plan_second_phase,
)
from autokeras_core.engine.predictions import read_predictions
from autokeras_core.engine.preparation import prepare
from autokeras_core.engine.trial import BUNDLE_FOLDER
from autokeras_core.errors import GraphError
from autokeras_core.graph.fine_tuning import FineTunable
from autokeras_core.registry import get_registry
from tests.heavy.engine_doubles import TRAIN, Case, Center, Wants, make_case
from tests.heavy.fine_tuned_networks import Projected, Projection, points

LEARNS: dict[str, Any] = {"training/learning_rate": 0.01, "training/batch_size": 32}


def searched(directory: Path, *, ensemble: int = False, **arguments: Any) -> AutoModel:
    """Return a model after one trial of three epochs in the first phase."""
    start = ArrayInput()
    output = ClassificationHead(dropout=0.0)(Projected(**arguments)(start))
    model = AutoModel(
        inputs=start, outputs=output, max_trials=1, seed=0, directory=directory, objective="val_loss",
        warm_starts=[LEARNS], ensemble=ensemble,
    )  # fmt: skip
    model.fit(*points(), epochs=3, verbose=0)
    return model


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> AutoModel:
    """Return a model whose network was trained further."""
    return searched(tmp_path_factory.mktemp("tuned"), depth="all")


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> AutoModel:
    """Return the same without a second phase."""
    return searched(tmp_path_factory.mktemp("frozen"))


def test_the_second_phase_improves_the_score(tuned: AutoModel, frozen: AutoModel) -> None:
    """The leaderboard shows the better score of the second phase, at an epoch counted through both."""
    (row,) = tuned.leaderboard()
    (before,) = frozen.leaderboard()

    assert row.score < before.score
    assert (before.epochs, row.epochs) == (3, 9)
    assert row.best_epoch > 3


def test_the_score_is_that_of_the_returned_model(tuned: AutoModel) -> None:
    """The stored metrics belong to the stored weights: the validation loss is reached again on all rows, nearly."""
    (row,) = tuned.leaderboard()

    loss = tuned.evaluate(*points())["loss"]

    assert loss == pytest.approx(row.score, abs=0.1)


def test_the_parameters_of_the_network_are_counted(frozen: AutoModel) -> None:
    """The leaderboard counts what predicts, not only what was trained."""
    (row,) = frozen.leaderboard()

    network = 5 * 8 + 8 + 8 * 2 + 2
    behind = 4 * 2 + 2 * 2 + 2

    assert row.parameters == network + behind


def test_the_tuned_network_is_saved_and_exported(tuned: AutoModel, tmp_path: Path) -> None:
    """What is saved, and what is exported, predicts as the model in memory does."""
    x, _ = points(20)
    wanted = tuned.predict_proba(x)

    tuned.save(tmp_path / "saved")
    loaded = AutoModel.load(tmp_path / "saved", custom_blocks=[Projected])

    np.testing.assert_allclose(loaded.predict_proba(x), wanted, atol=1e-6)
    np.testing.assert_allclose(tuned.export_model().predict(x, verbose=0), wanted, atol=1e-6)


def test_the_outputs_kept_for_an_ensemble_are_those_of_the_tuned_network(tmp_path: Path) -> None:
    """A trial leaves what its own model says of the validation rows, not the tuned layers on the frozen network."""
    model = searched(tmp_path, ensemble=2, depth="all")
    (trial,) = (tmp_path / "trials").iterdir()
    rows = prepare(model._graph, *points(), seed=0).validation_inputs
    bundle = ModelBundle.load(trial / BUNDLE_FOLDER, get_registry())

    kept = read_predictions(trial, rows=80)

    assert kept is not None
    np.testing.assert_allclose(kept[0], bundle.predict_outputs(rows)["classification"], atol=1e-5)


@pytest.mark.parametrize("learning_rate", [1e3, 1e30], ids=["too high", "diverging"])
def test_a_second_phase_that_is_no_better_leaves_nothing(
    learning_rate: float, frozen: AutoModel, tmp_path: Path
) -> None:
    """The first phase's model comes back, weight for weight, and its score and epoch stand."""
    x, _ = points(20)

    spoiled = searched(tmp_path, depth="all", learning_rate=learning_rate)

    (row,), (before,) = spoiled.leaderboard(), frozen.leaderboard()
    assert (row.score, row.best_epoch, row.status) == (before.score, before.best_epoch, "completed")
    np.testing.assert_allclose(spoiled.predict_proba(x), frozen.predict_proba(x), atol=1e-6)


def opened(depth: Literal["top", "all"]) -> tuple[Case, Any, Any]:
    """Return a case, its compiled graph, and its second phase."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Projected(depth=depth)(start)))
    compiled = case.compiled()
    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)
    return case, compiled, open_second_phase(compiled, plans, case.profile, case.store)


def test_the_whole_model_computes_what_both_parts_do() -> None:
    """Raw rows through the whole model give what features through the first phase's model give."""
    case, compiled, phase = opened("all")
    rows = case.store.features(phase.compiled.features, "train")
    features = case.store.features(compiled.features, "train")

    whole = phase.compiled.model.predict(rows, verbose=0)

    expected = compiled.model.predict(features, verbose=0)
    np.testing.assert_allclose(whole["classification"], expected["classification"], atol=1e-6)
    assert next(iter(rows.values())).shape[1:] == (5,)


def test_statistics_are_frozen_and_released() -> None:
    """Batch normalization trains nothing in the second phase, and is as it was afterwards."""
    _, compiled, phase = opened("all")
    layers = [layer for layer in compiled.model.layers if isinstance(layer, keras.layers.BatchNormalization)]

    phase.freeze_statistics()
    during = [layer.trainable for layer in layers]
    phase.release_statistics()

    assert during == [False]
    assert [layer.trainable for layer in layers] == [True]


def test_the_depth_decides_what_is_trained() -> None:
    """`top` sets fewer variables free than `all`."""
    counts = {
        depth: len(opened(depth)[2].compiled.model.trainable_variables)  # type: ignore[arg-type]
        for depth in ("top", "all")
    }

    assert counts["top"] == counts["all"] - 2


def test_the_shared_preprocessor_stays_as_it_was() -> None:
    """Other trials use the frozen network: the tuned one is another object."""
    _, compiled, phase = opened("all")

    result = phase.result()

    assert result.features[0].host[-1] is not compiled.features[0].host[-1]
    assert isinstance(compiled.features[0].host[-1], FineTunable)


def test_time_is_left_for_the_second_phase() -> None:
    """The first phase gets less than half of the time, but all of it if it is the only one."""
    deadline = Deadline.after(100.0, clock=lambda: 0.0)

    first = first_phase_deadline({"rows": FineTuning()}, deadline)

    assert first is not None
    assert 30 < first.remaining() < 50
    assert first_phase_deadline({}, deadline) is deadline


def test_no_second_phase_without_time() -> None:
    """A few seconds would go into tracing the whole model."""
    assert not is_time_for_second_phase(Deadline.after(2.0, clock=lambda: 0.0))
    assert is_time_for_second_phase(Deadline.after(60.0, clock=lambda: 0.0))
    assert is_time_for_second_phase(None)


def test_a_plan_without_a_network_is_an_error() -> None:
    """A block that offers what none of its preprocessors can do is told so."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Projected(depth="all", has_network=False)(start)))
    compiled = case.compiled()

    with pytest.raises(GraphError, match="wants a network to be trained further"):
        plan_second_phase(case.graph, case.configuration, case.profile, compiled)


def test_the_network_behind_the_block_s_own_input_is_trained_further() -> None:
    """Another input has a network with the same configuration before it, which stays as it is."""
    rows, others = ArrayInput(name="rows"), ArrayInput(name="others")
    case = make_case([rows, others], ClassificationHead()(Merge()([Projected()(rows), Projected(depth="all")(others)])))
    compiled = case.compiled()

    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)

    assert [(feature.name, feature.input_name) for feature in compiled.features if feature.name in plans] == [
        ("others", "others")
    ]


def test_the_network_behind_the_block_s_own_preprocessors_is_trained_further() -> None:
    """Another branch of the same input has an equal network behind other preprocessors."""
    start = ArrayInput()
    one = Projected()(Wants(Center(1.0))(start))
    other = Projected(depth="all")(Wants(Center(2.0))(start))
    case = make_case(start, ClassificationHead()(Merge()([one, other])))
    compiled = case.compiled()

    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)

    tuned = [feature.host[0].get_config() for feature in compiled.features if feature.name in plans]
    assert tuned == [{"factor": 2.0}]


def test_both_inputs_may_have_a_network_that_is_trained_further() -> None:
    """Each of the two equal networks has the plan of its own block."""
    rows, others = ArrayInput(name="rows"), ArrayInput(name="others")
    blocks = [Projected(depth="top")(rows), Projected(depth="all")(others)]
    case = make_case([rows, others], ClassificationHead()(Merge()(blocks)))
    compiled = case.compiled()

    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)

    assert {name: plan.depth for name, plan in plans.items()} == {"rows": "top", "others": "all"}


def networks_of_two_inputs() -> Case:
    """Return a graph of two inputs with a network each."""
    rows, others = ArrayInput(name="rows"), ArrayInput(name="others")
    blocks = [Projected(depth="top")(rows), Projected(depth="all")(others)]
    return make_case([rows, others], ClassificationHead()(Merge()(blocks)))


def networks_of_one_input() -> Case:
    """Return a graph of one input with two networks behind different preprocessors."""
    start = ArrayInput(name="rows")
    blocks = [Projected(depth="all")(Wants(Center(factor))(start)) for factor in (1.0, 2.0)]
    return make_case(start, ClassificationHead()(Merge()(blocks)))


TWO_NETWORKS = {"two inputs": networks_of_two_inputs, "one input": networks_of_one_input}


def tuned_together(kind: str) -> tuple[Case, Any, ModelBundle]:
    """Return a case, the model that both of its networks were trained in, and the bundle that comes of it."""
    case = TWO_NETWORKS[kind]()
    compiled = case.compiled()
    plans = plan_second_phase(case.graph, case.configuration, case.profile, compiled)
    phase = open_second_phase(compiled, plans, case.profile, case.store)
    case.trained(phase.compiled)
    return case, phase.compiled, ModelBundle.from_compiled(phase.result(), graph=case.graph, profile=case.profile)


@pytest.mark.parametrize("kind", TWO_NETWORKS)
def test_two_networks_of_one_name_are_trained_further_together(kind: str) -> None:
    """No two layers of a model may have one name; what comes of it predicts what the whole model does."""
    case, whole, bundle = tuned_together(kind)

    outputs = bundle.predict_outputs(case.rows)["classification"][:TRAIN]

    expected = whole.model.predict(case.store.features(whole.features, "train"), verbose=0)["classification"]
    np.testing.assert_allclose(outputs, expected, atol=1e-5)


@pytest.mark.parametrize("kind", TWO_NETWORKS)
def test_two_tuned_networks_of_one_name_are_saved_and_exported(kind: str, tmp_path: Path) -> None:
    """What is saved, and what is exported, predicts as the bundle in memory does."""
    case, _, bundle = tuned_together(kind)
    expected = bundle.predict_outputs(case.rows)["classification"]
    raw = dict(case.rows) if len(case.rows) > 1 else case.rows["rows"]

    bundle.save(tmp_path / "saved")
    loaded = ModelBundle.load(tmp_path / "saved", get_registry(), custom_classes=[Projection, Center])

    np.testing.assert_allclose(loaded.predict_outputs(case.rows)["classification"], expected, atol=1e-5)
    np.testing.assert_allclose(bundle.to_keras_model().predict(raw, verbose=0), expected, atol=1e-5)


def test_both_phases_share_one_computation_of_the_features() -> None:
    """A frozen and a tuned configuration differ in no preprocessor: features are computed once."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Projected(depth="all")(start)))
    store: FeatureStore = case.store

    for seed in range(2):
        compiled = compile_graph(case.graph, case.configuration, case.profile, store, seed=seed)
        store.features(compiled.features, "train")

    assert store.computations == 1
