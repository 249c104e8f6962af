"""Small trained models as bundles, and ensembles of them, for tests of what becomes of them; most are trained once."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead, RegressionHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.builtin.merge import Merge
from autokeras_core.builtin.normalization import Normalization
from autokeras_core.engine.bundle import ModelBundle
from autokeras_core.engine.ensemble import EnsembleBundle
from autokeras_core.graph.operator import Block, Tensor
from autokeras_core.graph.view import HyperparameterView
from tests.heavy.engine_doubles import Case, Center, Wants, make_case


def bundle_of(case: Case, *, seed: int = 0) -> ModelBundle:
    """Return the bundle of a case's trained model."""
    compiled = case.compiled(seed=seed)
    case.trained(compiled)
    return ModelBundle.from_compiled(compiled, graph=case.graph, profile=case.profile)


def ensemble_of(case: Case) -> EnsembleBundle:
    """Return an ensemble of two trained models of one graph, which begin with different weights."""
    return EnsembleBundle(members=(bundle_of(case), bundle_of(case, seed=1)), weights=(0.75, 0.25))


def picture_case() -> Case:
    """Return a graph on small raw pictures."""
    start = ArrayInput(name="picture")
    pictures = np.random.default_rng(0).integers(0, 256, size=(48, 4, 4, 3)).astype("uint8")
    return make_case(start, ClassificationHead()(DenseBlock()(Normalization()(start))), rows=pictures)


def host_case() -> Case:
    """Return a graph with preprocessing outside the model."""
    start = ArrayInput()
    return make_case(start, ClassificationHead()(DenseBlock()(Wants(Center(0.5))(start))))


def many_case() -> Case:
    """Return a graph of two inputs, one preprocessed outside the model, and two heads."""
    one, two = ArrayInput(name="one"), ArrayInput(name="two")
    body = DenseBlock()(Merge()([Wants(Center(), name="centre")(one), two]))
    return make_case([one, two], [ClassificationHead()(body), RegressionHead()(body)])


CASES = {"in the model": picture_case, "outside": host_case, "many": many_case}


@functools.cache
def trained(kind: str) -> tuple[Case, ModelBundle]:
    """Return one of the cases and the bundle of its trained model: the same objects each time, which no test changes."""
    case = CASES[kind]()
    return case, bundle_of(case)


@functools.cache
def trained_ensemble(kind: str) -> tuple[Case, EnsembleBundle]:
    """Return one of the cases and an ensemble for it, likewise; the first member is the model of `trained`."""
    case, first = trained(kind)
    return case, EnsembleBundle(members=(first, bundle_of(case, seed=1)), weights=(0.75, 0.25))


def raw_of(case: Case) -> Any:
    """Return raw rows as the exported model takes them."""
    return dict(case.rows) if len(case.rows) > 1 else next(iter(case.rows.values()))


class Learned(Block):
    """Scales rows by what a Keras layer of its own has learned, as some pretrained networks do."""

    def __init__(self, place: str, *, name: str | None = None) -> None:
        super().__init__(name=name, place=place)

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the scaled rows: by a layer, by one in a model, or by one that another layer wraps."""
        scaling = keras.layers.Normalization()
        scaling.adapt(np.random.default_rng(1).normal(3.0, 2.0, size=(100, 5)).astype("float32"))
        if self.arguments["place"] == "in a wrapper":
            return keras.layers.Flatten()(keras.layers.TimeDistributed(scaling)(keras.layers.Reshape((1, 5))(inputs)))
        if self.arguments["place"] == "in a model":
            scaling = keras.Sequential([keras.Input((5,)), scaling])
        return scaling(inputs)


def learned_case(place: str) -> Case:
    """Return a graph with a layer that has learned its scaling before."""
    start = ArrayInput()
    if place == "behind a preprocessor":
        return make_case(start, ClassificationHead()(Learned("a layer")(Wants(Center(0.5))(start))))
    return make_case(start, ClassificationHead()(Learned(place)(start)))


def twins() -> tuple[type[Center], type[Center]]:
    """Return two classes of one name."""

    def here() -> type[Center]:
        class Twin(Center):
            pass

        return Twin

    def there() -> type[Center]:
        class Twin(Center):
            pass

        return Twin

    return here(), there()


def bundle_with(preprocessor: type[Center]) -> ModelBundle:
    """Return the bundle of a model behind a preprocessor of a class."""
    start = ArrayInput()
    return bundle_of(make_case(start, ClassificationHead()(Wants(preprocessor())(start))))
