"""Preprocessors that learn from targets: training rows never see their own, validation targets are seen by none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import attrs
import keras
import numpy as np
import pytest

from autokeras_core import AutoModel
from autokeras_core.builtin.dense import DenseBlock
from autokeras_core.builtin.heads import ClassificationHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.profile import DataProfile
from autokeras_core.engine import features as features_module
from autokeras_core.engine.features import Feature, FeatureStore
from autokeras_core.errors import GraphError
from autokeras_core.graph.operator import Block, Preprocessor, Tensor
from autokeras_core.graph.view import HyperparameterView
from tests.heavy.engine_doubles import Center

Array = np.ndarray[Any, Any]

KINDS = 4


class MeanTarget:
    """Replaces a kind, 0 to 3, by the mean target of the rows of that kind; of training rows, by that of the others."""

    in_model = False
    needs_targets = True

    def __init__(self) -> None:
        self.means = np.zeros(KINDS)
        self.seen: dict[str, Array] = {}

    def fit(self, data: Array, targets: Mapping[str, Array] | None = None) -> None:
        """Learn sums and counts."""
        assert targets is not None
        self.seen = {name: np.array(target) for name, target in targets.items()}
        self.target = next(iter(self.seen.values())).reshape(len(data), -1)[:, -1].astype("f8")
        kinds = data[:, 0].astype(int)
        self.counts = np.bincount(kinds, minlength=KINDS)
        self.sums = np.bincount(kinds, weights=self.target, minlength=KINDS)
        self.means = self.sums / np.maximum(self.counts, 1)

    def transform(self, batch: Array) -> Array:
        """Return the mean of each row's kind."""
        return self.means[batch[:, :1].astype(int)].astype("float32")

    def transform_training(self, data: Array) -> Array:
        """Return the mean of the other rows of each row's kind."""
        kinds = data[:, 0].astype(int)
        others = (self.sums[kinds] - self.target) / np.maximum(self.counts[kinds] - 1, 1)
        return others.astype("float32")[:, None]

    def to_layer(self) -> Any:
        """Return the same as a layer."""
        table = keras.layers.Embedding(KINDS, 1, weights=[self.means.reshape(-1, 1)])
        return keras.Sequential([table, keras.layers.Flatten()])

    def get_config(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def get_state(self) -> dict[str, Any]:
        """Return the means."""
        return {"means": self.means}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take the means."""
        self.means = state["means"]


@attrs.frozen(eq=False)
class KindSource:
    """Kinds that are read when they are needed."""

    kinds: Array
    is_sequential: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """As an array's."""
        return self.kinds.shape

    @property
    def dtype(self) -> Any:
        """As an array's."""
        return self.kinds.dtype

    def __len__(self) -> int:
        return len(self.kinds)

    def select(self, rows: Array) -> Self:
        """Return some rows."""
        return attrs.evolve(self, kinds=self.kinds[rows])

    def read(self, rows: Array) -> Array:
        """Return rows as an array."""
        return self.kinds[rows]

    def readable(self) -> Array:
        """All of them."""
        return np.arange(len(self))

    def fingerprint(self) -> str:
        """Equal for all."""
        return "kinds"

    def loader(self) -> None:
        """None: read by NumPy."""


def data(rows: int = 40) -> tuple[Array, Array]:
    """Return kinds, `(rows, 1)`, and targets that have nothing to do with them."""
    rng = np.random.default_rng(0)
    return rng.integers(0, KINDS, size=(rows, 1)).astype("float32"), rng.normal(size=(rows, 1)).astype("float32")


def make_store(rows: Any, targets: Mapping[str, Array] | None, directory: Path | None = None) -> FeatureStore:
    """Return a store of one input whose validation rows are one of each kind."""
    operator = ArrayInput()
    profile = DataProfile(
        rows=len(rows), inputs={"array": operator.analyse(np.zeros((2, 1), "f4"), name="array")}, targets={}
    )
    each = np.arange(KINDS, dtype="float32").reshape(-1, 1)
    return FeatureStore({"array": operator}, profile, {"array": rows}, {"array": each}, directory, targets=targets)


def feature_of(store: FeatureStore, *preprocessors: Preprocessor) -> Feature:
    """Return the feature at the end of a chain."""
    stream = store.extend(store.stream("array"), preprocessors)
    return Feature(name="array", input_name="array", host=stream.preprocessors, keys=stream.keys)


def leave_one_out(kinds: Array, targets: Array) -> Array:
    """Return the mean target of the other rows of each row's kind, by hand."""
    alike = (kinds == kinds.T) & ~np.eye(len(kinds), dtype=bool)
    return (alike @ targets) / alike.sum(axis=1, keepdims=True)


def test_training_rows_are_mapped_out_of_fold_and_validation_rows_by_what_was_learned() -> None:
    """A training row's own target has no part in what it becomes."""
    kinds, targets = data()
    store = make_store(kinds, {"price": targets})

    feature = feature_of(store, MeanTarget())

    np.testing.assert_allclose(store.rows(feature, "train"), leave_one_out(kinds, targets), atol=1e-5)
    expected = [[targets[kinds[:, 0] == kind].mean()] for kind in range(KINDS)]
    np.testing.assert_allclose(store.rows(feature, "validation"), expected, atol=1e-5)


def test_it_is_given_the_training_targets_of_all_heads_by_name() -> None:
    """Only those, in the order of the rows."""
    kinds, targets = data()
    store = make_store(kinds, {"price": targets, "kind": kinds})

    feature = feature_of(store, MeanTarget())

    seen = feature.host[0].seen  # type: ignore[attr-defined]
    np.testing.assert_array_equal(seen["price"], targets)
    np.testing.assert_array_equal(seen["kind"], kinds)


def test_what_comes_behind_and_before_it_is_chained() -> None:
    """The next preprocessor learns from rows out of fold, and an equal chain is fitted once."""
    kinds, targets = data()
    store = make_store(kinds, {"price": targets})

    for _ in range(2):
        feature = feature_of(store, Center(1.0), MeanTargetOfCentred(), Center(2.0))
        rows = store.rows(feature, "train")

    outside = leave_one_out(kinds, targets)
    np.testing.assert_allclose(rows, (outside - outside.mean()) * 2, atol=1e-5)
    assert store.fits == 3


class MeanTargetOfCentred(MeanTarget):
    """The same behind `Center`: kinds are told by their order."""

    def fit(self, data: Array, targets: Mapping[str, Array] | None = None) -> None:
        """Learn what the kinds are now."""
        self.kinds = np.unique(data)
        super().fit(self._kinds_of(data), targets)

    def transform(self, batch: Array) -> Array:
        """Return the mean of each row's kind."""
        return super().transform(self._kinds_of(batch))

    def transform_training(self, data: Array) -> Array:
        """Return the mean of the others."""
        return super().transform_training(self._kinds_of(data))

    def _kinds_of(self, rows: Array) -> Array:
        return np.searchsorted(self.kinds, rows)


def test_large_results_lie_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As those of any preprocessor."""
    monkeypatch.setattr(features_module, "_BYTES_IN_MEMORY_EACH", 16)
    kinds, targets = data()
    store = make_store(kinds, {"price": targets}, tmp_path)

    rows = store.rows(feature_of(store, MeanTarget()), "train")

    assert len(list(tmp_path.iterdir())) == 1
    np.testing.assert_allclose(rows, leave_one_out(kinds, targets), atol=1e-5)


@pytest.mark.parametrize("is_sequential", [False, True])
def test_a_source_that_can_be_read_whole_is_mapped_out_of_fold(is_sequential: bool) -> None:
    """As an array is."""
    kinds, targets = data()
    store = make_store(KindSource(kinds, is_sequential), {"price": targets})

    rows = store.rows(feature_of(store, MeanTarget()), "train")

    np.testing.assert_allclose(rows, leave_one_out(kinds, targets), atol=1e-5)


def test_of_a_larger_source_few_rows_are_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in twenty, with the targets of the same rows; all rows are mapped by what was learned."""
    monkeypatch.setattr(features_module, "rows_to_learn_from", lambda rows: 100)
    kinds, targets = data(200)
    store = make_store(KindSource(kinds), {"price": targets})

    feature = feature_of(store, MeanTarget())

    fitted: Any = feature.host[0]
    np.testing.assert_array_equal(fitted.seen["price"], targets[::20])
    np.testing.assert_allclose(store.rows(feature, "train"), fitted.means[kinds.astype(int)], atol=1e-5)


def test_one_that_runs_in_the_model_is_an_error() -> None:
    """There is no out of fold inside a model."""

    class Inside(MeanTarget):
        in_model = True

    kinds, targets = data()

    with pytest.raises(GraphError, match=r"Inside wants targets and cannot be fitted.*Received: in_model=True"):
        feature_of(make_store(kinds, {"price": targets}), Inside())


def test_without_targets_it_is_an_error() -> None:
    """A store that was given none says so."""
    kinds, _ = data()

    with pytest.raises(GraphError, match=r"MeanTarget wants targets.*targets \[\]"):
        feature_of(make_store(kinds, None), MeanTarget())


class WithMeans(Block):
    """Brings the preprocessor."""

    is_transparent = True

    def preprocessors(self, hp: HyperparameterView) -> Sequence[Preprocessor]:
        """Return a new one."""
        return [MeanTarget()]

    def build(self, hp: HyperparameterView, inputs: Tensor) -> Tensor:
        """Return the input."""
        return inputs


def test_a_search_gives_it_the_targets_and_saves_what_it_learned(tmp_path: Path) -> None:
    """The loaded and the exported model predict the same, and need no targets."""
    kinds, _ = data(120)
    labels = np.where(kinds[:, 0] >= 2, "high", "low")
    start = ArrayInput()
    output = ClassificationHead()(DenseBlock(num_layers=1, units=8)(WithMeans()(start)))
    quick = {"training/learning_rate": 0.03, "training/batch_size": 32}
    model = AutoModel(start, output, max_trials=1, seed=0, warm_starts=[quick])
    model.fit(kinds, labels, epochs=8, verbose=0)
    model.save(tmp_path / "saved")

    loaded = AutoModel.load(tmp_path / "saved", custom_blocks=[MeanTarget, WithMeans])

    probabilities = model.predict_proba(kinds)
    assert np.mean(model.predict(kinds) == labels) > 0.95
    np.testing.assert_allclose(loaded.predict_proba(kinds), probabilities, atol=1e-6)
    np.testing.assert_allclose(model.export_model().predict(kinds, verbose=0), probabilities, atol=1e-5)
