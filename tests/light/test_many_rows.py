"""What holds where rows are very many: splits, coded labels, and epochs that are a part of the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autokeras_core.data import split as split_module
from autokeras_core.data.coded import CodedLabels
from autokeras_core.data.epochs import ROWS_PER_EPOCH, rows_of_an_epoch
from autokeras_core.data.labels import analyse_labels, class_indices, encode_labels
from autokeras_core.data.rows import object_bytes
from autokeras_core.data.split import default_validation_split, split_rows
from autokeras_core.data.targets import analyse_targets, encode_targets
from autokeras_core.data.weights import combine_weights
from autokeras_core.errors import DataError
from autokeras_core.search.budget import planned_epochs

TEXTS = np.array(["no", "yes", "maybe", "never"], dtype=object)
CODES = np.array([1, 0, 1, 2, 0, 1], dtype=np.uint8)
CODED = CodedLabels(CODES, TEXTS)  # "never" is of no row


@pytest.fixture
def many_is_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows are many, and are looked at seven at once."""
    monkeypatch.setattr(split_module, "_MANY_ROWS", 10)
    monkeypatch.setattr(split_module, "_ROWS_AT_ONCE", 7)


@pytest.mark.usefixtures("many_is_ten")
@settings(deadline=None)
@given(labels=st.lists(st.integers(0, 4), min_size=10, max_size=120), seed=st.integers(0, 99))
def test_many_rows_are_split_by_class_in_rising_order(labels: list[int], seed: int) -> None:
    """Disjoint, complete, rising, and every class with two rows or more in both parts."""
    strata = np.array(labels)

    train, validation = split_rows(len(labels), 0.2, seed=seed, strata=strata)

    assert sorted([*train, *validation]) == list(range(len(labels)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(validation) > 0).all()
    for label in set(labels):
        if labels.count(label) >= 2:
            assert label in strata[train]
            assert label in strata[validation]


@pytest.mark.usefixtures("many_is_ten")
def test_many_rows_are_drawn_at_random() -> None:
    """With every seed other rows are for validation, about as often from each tenth of the rows."""
    drawn = [split_rows(100, 0.1, seed=seed)[1] for seed in range(200)]

    assert {len(rows) for rows in drawn} == {10}
    assert len({tuple(rows) for rows in drawn}) == 200
    assert np.bincount(np.concatenate(drawn) // 10).min() > 130


def test_row_numbers_of_many_rows_take_four_bytes() -> None:
    """Two million rows and more are numbered in int32."""
    train, validation = split_rows(2_000_000, 0.01, seed=0)

    assert train.dtype == validation.dtype == np.int32
    assert len(validation) == 20_000


def test_at_most_200_000_rows_are_for_validation_by_default() -> None:
    """More would cost time and tell nothing more."""
    assert default_validation_split(2_000_000) == 0.1
    assert default_validation_split(40_000_000) * 40_000_000 == 200_000


def test_coded_labels_are_analysed_and_encoded_as_the_labels_themselves() -> None:
    """The same profile, the same classes, the same encoding."""
    labels = np.asarray(CODED)

    profile = analyse_labels(CODED, name="head")

    assert labels.tolist() == ["yes", "no", "yes", "maybe", "no", "yes"]
    assert profile == analyse_labels(labels, name="head")
    assert encode_labels(CODED, profile).tolist() == encode_labels(labels, profile).tolist()
    assert class_indices(CODED[2:], profile).tolist() == class_indices(labels[2:], profile).tolist()


def test_coded_labels_with_an_unseen_class_name_it_and_its_row() -> None:
    """As an array of labels does."""
    profile = analyse_labels(CODED, name="head")
    unseen = CodedLabels(np.array([0, 3], dtype=np.uint8), TEXTS)

    with pytest.raises(DataError, match="'never', first at row 1"):
        class_indices(unseen, profile)


def test_coded_labels_can_be_balanced_and_serve_as_numbers() -> None:
    """Class weights count the codes; a regression target is decoded."""
    profile = analyse_labels(CODED, name="head")
    numbers = CodedLabels(np.array([1, 0, 1], dtype=np.uint8), np.array([10, 20]))

    weights = combine_weights(None, "balanced", CODED, profile)
    target = analyse_targets(numbers, name="price")

    assert weights is not None
    assert weights.tolist() == pytest.approx([2 / 3, 1.0, 2 / 3, 2.0, 1.0, 2 / 3])
    assert encode_targets(numbers, target).tolist() == [[20.0], [10.0], [20.0]]


def test_an_epoch_of_very_many_rows_is_a_part_of_them() -> None:
    """So each validation comes in time; the number of epochs grows with the passes instead."""
    assert rows_of_an_epoch(1_000) == 1_000
    assert rows_of_an_epoch(30_000_000) == ROWS_PER_EPOCH
    assert planned_epochs(ROWS_PER_EPOCH) == 10
    assert 3 < planned_epochs(36_000_000) * ROWS_PER_EPOCH / 36_000_000 < 5


def test_texts_are_weighed_by_their_lengths() -> None:
    """With the pointers to them; a string takes some 50 bytes besides its characters."""
    texts = np.array(["x" * 1_000] * 20_000, dtype=object)

    assert 20_000 * 1_000 < object_bytes(texts) < 20_000 * 1_100
    assert object_bytes(texts[:0]) == 0


def test_a_table_with_text_is_weighed_as_a_whole() -> None:
    """It cannot be mapped into memory, so its numbers are copied, too."""
    dtype = [("number", "f8"), ("text", "O")]
    table = np.array([(1.0, "x" * 1_000)] * 100, dtype=dtype)

    assert object_bytes(table) == table.nbytes + object_bytes(table["text"].copy()) - 100 * 8
    assert object_bytes(np.zeros(100, dtype=[("number", "f8"), ("other", "f4")])) == 0


def test_what_can_be_mapped_into_memory_weighs_nothing() -> None:
    """Numbers, and strings of a fixed width."""
    assert object_bytes(np.zeros((100, 10))) == object_bytes(np.array(["ab", "c"])) == 0
