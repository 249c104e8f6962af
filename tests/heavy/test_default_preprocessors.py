"""An input's default preprocessors stand where no block brings its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.builtin.merge import Merge
from autokeras_core.builtin.normalization import Normalization
from autokeras_core.data.profile import InputProfile
from autokeras_core.engine.compiler import CompiledGraph
from autokeras_core.graph.operator import Preprocessor
from tests.heavy.engine_doubles import Center, CenterInModel, Wants, make_case


class TableInput(ArrayInput):
    """Multiplies rows by 2 in any case, and by 10 where no block brings a preprocessor of its own."""

    def preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return what is always done."""
        return [Center(2.0)]

    def default_preprocessors(self, profile: InputProfile) -> Sequence[Preprocessor]:
        """Return what is done for blocks that bring nothing."""
        return [Center(10.0)]


def factors(compiled: CompiledGraph) -> list[list[float]]:
    """Return the factors of the preprocessors outside the model, by feature."""
    return [[step.get_config()["factor"] for step in feature.host] for feature in compiled.features]


def test_a_block_that_wants_no_preprocessors_gets_the_defaults() -> None:
    """They come behind what is always done."""
    start = TableInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(start)))

    assert factors(case.compiled()) == [[2.0, 10.0]]


def test_a_block_with_preprocessors_of_its_own_gets_none() -> None:
    """Its own stand in their place."""
    start = TableInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(Wants(Center(3.0))(start))))

    assert factors(case.compiled()) == [[2.0, 3.0]]


def test_a_transparent_block_that_wants_nothing_leaves_them_to_the_next() -> None:
    """It is as if it were not there."""
    start = TableInput()
    first = make_case(start, ClassificationHead()(DenseBlock()(Wants()(start)))).compiled()
    start = TableInput()
    second = make_case(
        start, ClassificationHead()(DenseBlock()(Wants(Center(3.0), name="own")(Wants()(start))))
    ).compiled()

    assert factors(first) == [[2.0, 10.0]]
    assert factors(second) == [[2.0, 3.0]]


def test_a_preprocessor_that_takes_numbers_comes_after_the_defaults() -> None:
    """Normalization cannot read what the defaults make readable."""
    start = TableInput()
    case = make_case(start, ClassificationHead()(DenseBlock()(Normalization()(start))))

    compiled = case.compiled()

    assert factors(compiled) == [[2.0, 10.0]]
    assert any("normalization" in layer.name for layer in compiled.model.layers)


def test_branches_decide_for_themselves() -> None:
    """One branch brings its own preprocessors, two others share the defaults."""
    start = TableInput()
    branches = [DenseBlock()(start), DenseBlock()(start), DenseBlock()(Wants(CenterInModel(3.0))(start))]
    case = make_case(start, ClassificationHead()(Merge()(branches)))

    compiled = case.compiled()

    assert sorted(factors(compiled)) == [[2.0], [2.0, 10.0]]
    rows = case.store.features(compiled.features, "validation")
    np.testing.assert_array_equal([len(each) for each in rows.values()], [16, 16])
