"""A row with the weight 0 for a head is a row without that target: its label may be missing, or be anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autokeras_core import (
    ArrayInput,
    AutoModel,
    ClassificationHead,
    DataError,
    DenseBlock,
    Normalization,
    RegressionHead,
)
from autokeras_core.engine.features import FeatureStore
from autokeras_core.engine.preparation import prepare
from autokeras_core.engine.prepared_data import PreparedData
from autokeras_core.graph.graph import Graph
from autokeras_core.plugin import InputProfile
from autokeras_core.search import refit, run
from tests.heavy.automodels import QUICK, wine

Array = np.ndarray[Any, Any]

X, CULTIVAR = wine()
ROWS, ALCOHOL = X[:, 1:], X[:, 0].astype("float64")
HAS = np.arange(len(X)) % 3 > 0
NAMES = np.array(["Barolo", "Grignolino", "Barbera"])[CULTIVAR]


def graph(**head: Any) -> Graph:
    """Return a graph of numbers, with a head for the cultivar and one for the alcohol."""
    start = ArrayInput()
    node = DenseBlock(num_layers=1, units=16)(Normalization()(start))
    return Graph.from_nodes(
        [start], [ClassificationHead(name="kind", **head)(node), RegressionHead(name="proof")(node)]
    )


def prepared(kind: Any, proof: Any, *, head: Mapping[str, Any] | None = None, **options: Any) -> PreparedData:
    """Return all wines, split."""
    return prepare(graph(**(head or {})), ROWS, [kind, proof], **{"seed": 0, **options})


def counted(data: PreparedData, head: int) -> tuple[Array, Array]:
    """Return which rows for training, and for validation, count for a head."""
    assert data.train_weights is not None
    assert data.validation_weights is not None
    return data.train_weights[:, head] > 0, data.validation_weights[:, head] > 0


NUMBERS: dict[str, Callable[[], Any]] = {
    "NaN": lambda: np.where(HAS, ALCOHOL, np.nan),
    "None": lambda: [value if has else None for value, has in zip(ALCOHOL.tolist(), HAS, strict=True)],
    "objects": lambda: np.where(HAS, ALCOHOL.astype(object), None),
    "a number": lambda: np.where(HAS, ALCOHOL, 1e6),
    "too large": lambda: np.where(HAS, ALCOHOL, 1e300),
    "pandas.NA": lambda: pd.Series(np.where(HAS, ALCOHOL, np.nan)).convert_dtypes(),
    "a frame": lambda: pd.DataFrame({"proof": np.where(HAS, ALCOHOL, np.nan)}),
}


@pytest.mark.parametrize("made", NUMBERS.values(), ids=NUMBERS)
def test_the_scale_of_a_target_is_that_of_the_rows_that_have_it(made: Callable[[], Any]) -> None:
    """Whatever stands in the others; what is encoded is finite there, too."""
    data = prepared(CULTIVAR, made(), sample_weight={"proof": HAS})

    target, (known, _) = data.profile.targets["proof"], counted(data, 1)
    assert target.mean == pytest.approx([data.train_targets["proof"][known].mean()], rel=1e-5)
    assert target.scale == pytest.approx([data.train_targets["proof"][known].std()], rel=1e-4)
    assert target.mean[0] == pytest.approx(13, abs=0.3)
    for encoded in (data.train_targets["proof"], data.validation_targets["proof"]):
        assert 11 < encoded.min() <= encoded.max() < 15
    assert f"{np.count_nonzero(~known)} of {len(known)}, left out" in data.profile.report()


KINDS: dict[str, Callable[[], Any]] = {
    "None": lambda: np.where(HAS, NAMES.astype(object), None),
    "a list": lambda: [name if has else None for name, has in zip(NAMES.tolist(), HAS, strict=True)],
    "NaN": lambda: pd.Series(NAMES).where(HAS),
    "categories": lambda: pd.Series(NAMES).where(HAS).astype("category"),
    "a class": lambda: np.where(HAS, NAMES, "unknown"),
}


@pytest.mark.parametrize("head", [{}, {"loss": "sparse_categorical_crossentropy"}], ids=["one-hot", "sparse"])
@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
def test_classes_and_their_shares_are_those_of_the_rows_that_have_one(
    made: Callable[[], Any], head: dict[str, Any]
) -> None:
    """Whatever stands in the others."""
    data = prepared(made(), ALCOHOL, head=head, sample_weight={"kind": HAS})

    target = data.profile.targets["kind"]
    assert target.classes == ("Barbera", "Barolo", "Grignolino")
    assert target.balance == pytest.approx([np.mean(NAMES[HAS] == name) for name in target.classes])
    encoded = np.concatenate([data.train_targets["kind"], data.validation_targets["kind"]])
    assert np.isfinite(encoded).all()
    assert len(np.unique(encoded, axis=0)) == 3


def test_integers_with_missing_ones_keep_their_type() -> None:
    """Predictions come back as the integers that the others are."""
    made = [int(number) if has else None for number, has in zip(CULTIVAR, HAS, strict=True)]

    target = prepared(made, ALCOHOL, sample_weight={"kind": HAS}).profile.targets["kind"]

    assert (target.classes, target.dtype) == ((0, 1, 2), "int64")


def test_several_labels_and_several_numbers_may_be_missing() -> None:
    """A row that lacks one of its numbers has none."""
    hot = np.eye(3)[CULTIVAR]
    hot[~HAS] = np.nan
    pairs = np.column_stack([ALCOHOL, ALCOHOL + 1])
    pairs[~HAS, 1] = np.nan

    data = prepared(hot, pairs, sample_weight={"kind": HAS, "proof": HAS})

    assert data.profile.targets["kind"].kind == "multi-class"
    assert np.diff(data.profile.targets["proof"].mean) == pytest.approx(1)
    assert np.isfinite(data.train_targets["proof"]).all()


def test_balanced_weights_are_those_of_the_rows_that_have_a_class() -> None:
    """Each class weighs the same, among the rows that count."""
    labels = np.where(HAS, NAMES, "Barolo")

    data = prepared(labels, ALCOHOL, sample_weight={"kind": HAS}, class_weight={"kind": "balanced"})

    assert data.train_weights is not None
    sums = data.train_weights[:, 0] @ data.train_targets["kind"]
    np.testing.assert_allclose(sums, np.full(3, sums.mean()), rtol=1e-5)


def test_weights_for_all_heads_leave_rows_out_of_all() -> None:
    """Both targets may be missing there."""
    made = np.where(HAS, NAMES.astype(object), None), np.where(HAS, ALCOHOL, np.nan)

    data = prepared(*made, sample_weight=HAS.astype("float32"))

    assert data.train_weights is not None
    assert data.train_weights.ndim == 1
    assert data.profile.targets["proof"].mean[0] == pytest.approx(13, abs=0.3)
    assert len(data.profile.targets["kind"].classes) == 3


def test_a_missing_label_of_a_row_that_counts_is_an_error() -> None:
    """The row is named, and what could be done."""
    proof = np.where(HAS, ALCOHOL, np.nan)
    proof[[4, 5]] = np.nan

    with pytest.raises(DataError, match=r"y\['proof'\] holds missing.*2 such values.*row 4.*weight 0 in sample_weight"):
        prepared(CULTIVAR, proof, sample_weight={"proof": HAS})


@pytest.mark.parametrize("labelled", [2, 5, 12])
def test_each_target_is_among_the_rows_for_validation(labelled: int) -> None:
    """However few rows have it, and whatever the seed."""
    has = np.arange(len(X)) < labelled

    for seed in range(12):
        data = prepared(CULTIVAR, np.where(has, ALCOHOL, np.nan), sample_weight={"proof": has}, seed=seed)

        assert all(part.any() for part in counted(data, 1))


def test_a_target_of_a_single_row_cannot_be_validated() -> None:
    """The error names the head, and what would help."""
    only = np.arange(len(X)) == 7

    with pytest.raises(DataError, match="target 'proof' are 0.*validation rows.*Pass validation_data="):
        prepared(CULTIVAR, ALCOHOL, sample_weight={"proof": only})


def test_validation_data_may_lack_targets() -> None:
    """By weights of their own, and by these alone."""
    proof = np.where(HAS, ALCOHOL, np.nan)

    data = prepared(CULTIVAR, ALCOHOL, validation_data=(ROWS, [CULTIVAR, proof], {"proof": HAS}))

    assert data.train_weights is None
    assert data.validation_weights is not None
    np.testing.assert_array_equal(data.validation_weights[:, 1] > 0, HAS)
    assert np.isfinite(data.validation_targets["proof"]).all()
    with pytest.raises(DataError, match=r"y\['proof'\] holds missing"):
        prepared(CULTIVAR, ALCOHOL, validation_data=(ROWS, [CULTIVAR, proof]))


def test_what_stands_in_for_a_target_makes_no_other_search() -> None:
    """A search goes on with any filling; other weights are other data."""
    fillings = [prepared(CULTIVAR, made(), sample_weight={"proof": HAS}) for made in NUMBERS.values()]
    others = prepared(CULTIVAR, ALCOHOL, sample_weight={"proof": ~HAS})

    assert len({data.fingerprint for data in fillings}) == 1
    assert others.fingerprint != fillings[0].fingerprint


def two_heads(**options: Any) -> AutoModel:
    """Return a model of numbers that predicts both targets."""
    start = ArrayInput()
    node = DenseBlock(num_layers=1, units=16)(Normalization()(start))
    heads = [ClassificationHead(name="kind")(node), RegressionHead(name="proof")(node)]
    return AutoModel(start, heads, max_trials=1, seed=0, warm_starts=[QUICK], **options)


def test_each_head_learns_and_is_scored_by_the_rows_that_have_its_target(tmp_path: Path) -> None:
    """One target is missing where the other is there; the search goes on with other fillings."""
    kind, proof = np.where(HAS, NAMES.astype(object), None), np.where(HAS, np.nan, ALCOHOL)
    weights = {"kind": HAS, "proof": ~HAS}
    model = two_heads(directory=tmp_path)

    model.fit(ROWS, [kind, proof], sample_weight=weights, epochs=25, verbose=0)
    filled = [np.where(HAS, NAMES.astype(object), "?"), np.where(HAS, 1e9, ALCOHOL)]
    model.fit(ROWS, filled, sample_weight=weights, epochs=25, verbose=0)

    assert len(model.leaderboard()) == 2
    scores = model.evaluate(ROWS, [kind, proof], sample_weight=weights)
    predicted_kind, predicted_proof = model.predict(ROWS)
    assert scores["kind_accuracy"] == pytest.approx(np.mean((predicted_kind == NAMES)[HAS]))
    assert scores["proof_mae"] == pytest.approx(np.abs(predicted_proof - ALCOHOL)[~HAS].mean(), rel=1e-4)
    assert scores["kind_accuracy"] > 0.9
    assert scores["proof_mae"] < 0.75 * np.abs(ALCOHOL - ALCOHOL.mean()).mean()


def test_evaluation_names_the_head_without_a_target() -> None:
    """Nothing could be said of it."""
    model = two_heads()
    model.fit(ROWS, [CULTIVAR, ALCOHOL], epochs=1, verbose=0)

    with pytest.raises(DataError, match="All weights of the target 'proof' are 0"):
        model.evaluate(ROWS, [CULTIVAR, ALCOHOL], sample_weight={"proof": np.zeros(len(X))})


class NotesTargets(FeatureStore):
    """Notes the targets that preprocessors learn from."""

    seen: list[Any] = []  # noqa: RUF012 - shared on purpose

    def __init__(self, *arguments: Any, targets: Any = None, **options: Any) -> None:
        self.seen.append(targets)
        super().__init__(*arguments, targets=targets, **options)


@pytest.mark.parametrize("module", [run, refit])
def test_preprocessors_learn_from_rows_that_have_a_target(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the search, and in the refit on all rows: the others are NaN, for that head alone."""
    monkeypatch.setattr(NotesTargets, "seen", [])
    monkeypatch.setattr(module, "FeatureStore", NotesTargets)
    proof = np.where(HAS, ALCOHOL, 1e6)

    history = two_heads(refit=True).fit(ROWS, [CULTIVAR, proof], sample_weight={"proof": HAS}, epochs=2, verbose=0)

    assert history.refitted == ("0",)
    (targets,) = NotesTargets.seen
    assert np.mean(np.isnan(targets["proof"])) == pytest.approx(np.mean(~HAS), abs=0.02)
    assert np.nanmax(targets["proof"]) < 15
    assert targets["kind"].dtype == np.uint8


class NotesReview(ArrayInput):
    """Notes the targets that rows are reviewed with."""

    base_name = "noted"
    seen: list[Any] = []  # noqa: RUF012 - shared on purpose

    def review(self, data: Any, profile: InputProfile, *, targets: Any, target_profiles: Any) -> InputProfile:
        """Note."""
        self.seen.append(targets)
        return profile


def test_an_input_is_told_which_rows_have_no_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it reviews both together."""
    monkeypatch.setattr(NotesReview, "seen", [])
    start = NotesReview()
    one_head = Graph.from_nodes([start], [RegressionHead()(DenseBlock()(start))])

    data = prepare(one_head, ROWS, np.where(HAS, ALCOHOL, 1e6), seed=0, sample_weight=HAS)

    (targets,) = NotesReview.seen
    assert data.train_weights is not None
    np.testing.assert_array_equal(np.isnan(targets["regression"][:, 0]), data.train_weights == 0)
