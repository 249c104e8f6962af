"""The feature store fits on training rows only, and computes each distinct chain once."""

from __future__ import annotations

import errno
import os
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from autokeras_core.builtin.heads import ClassificationHead
from autokeras_core.builtin.inputs import ArrayInput
from autokeras_core.data.profile import DataProfile
from autokeras_core.engine import features as features_module
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.engine.feature_cache import FeatureCache, mapped_file
from autokeras_core.engine.features import Feature, FeatureStore
from autokeras_core.engine.rows import even_step, transform_rows
from autokeras_core.engine.shared_feature_cache import SharedFeatureCache
from autokeras_core.engine.trial import run_trial
from autokeras_core.errors import GraphError
from tests.heavy.engine_doubles import Center, CenterInModel, Silence, Wants, make_case
from tests.heavy.test_evaluation_batches import job_of


def make_store(train: np.ndarray[Any, Any], directory: Path | None = None) -> FeatureStore:
    """Return a store of one input, whose validation rows are far from the training rows."""
    operator = ArrayInput()
    profile = DataProfile(rows=len(train), inputs={"array": operator.analyse(train, name="array")}, targets={})
    return FeatureStore({"array": operator}, profile, {"array": train}, {"array": train[:5] + 1000}, directory)


def feature_of(store: FeatureStore, *preprocessors: Any) -> Feature:
    """Return the feature at the end of the host part of a chain."""
    stream = store.extend(store.stream("array"), preprocessors)
    host = stream.head(stream.host_length)
    return Feature(name="array", input_name="array", host=host.preprocessors, keys=host.keys)


TRAIN = np.arange(40, dtype="float64").reshape(20, 2)


def test_a_preprocessor_is_fitted_on_training_rows_only() -> None:
    """Validation rows leave no trace in what was learned."""
    store = make_store(TRAIN)

    feature = feature_of(store, Center())

    np.testing.assert_allclose(feature.host[0].mean, TRAIN.mean(axis=0))  # type: ignore[attr-defined]
    np.testing.assert_allclose(store.rows(feature, "train").mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(store.rows(feature, "validation")[0], TRAIN[0] + 1000 - TRAIN.mean(axis=0))


def test_an_equal_chain_is_fitted_and_computed_once() -> None:
    """Two trials with one preprocessing configuration share it."""
    store = make_store(TRAIN)

    for _ in range(3):
        feature = feature_of(store, Center(2.0))
        store.rows(feature, "train")
        store.rows(feature, "validation")

    assert (store.fits, store.computations) == (1, 1)


def test_another_configuration_is_computed_anew() -> None:
    """Another factor is another chain."""
    store = make_store(TRAIN)

    one, other = feature_of(store, Center(1.0)), feature_of(store, Center(2.0))

    np.testing.assert_allclose(store.rows(one, "train") * 2, store.rows(other, "train"))
    assert (store.fits, store.computations) == (2, 2)


class Drawing(Center):
    """Draws a random number when it learns."""

    def fit(self, data: np.ndarray[Any, Any]) -> None:
        """Keep the number."""
        super().fit(data)
        self.drawn = random.random()


def test_what_a_fit_draws_follows_from_its_chain() -> None:
    """Not from what has been drawn before, as in the trial that happens to be the first one to need it."""
    drawn = []
    for seed in (1, 2):
        random.seed(seed)
        (fitted,) = feature_of(make_store(TRAIN), Drawing()).host
        drawn.append(fitted.drawn)  # type: ignore[attr-defined]
    (other,) = feature_of(make_store(TRAIN), Drawing(2.0)).host

    assert drawn[0] == drawn[1] != other.drawn  # type: ignore[attr-defined]


def test_the_host_part_ends_with_the_last_preprocessor_that_is_not_in_the_model() -> None:
    """What stands before it runs outside too, what stands behind it becomes layers."""
    store = make_store(TRAIN)

    stream = store.extend(store.stream("array"), [CenterInModel(3.0), Center(), CenterInModel()])

    assert stream.host_length == 2
    np.testing.assert_allclose(
        store.rows(feature_of(store, CenterInModel(3.0), Center()), "train"), (TRAIN - TRAIN.mean(axis=0)) * 3
    )


def test_rows_without_host_preprocessors_are_the_callers_own() -> None:
    """Nothing is copied that need not be."""
    store = make_store(TRAIN)

    rows = store.rows(feature_of(store, CenterInModel()), "train")

    assert np.shares_memory(rows, TRAIN)
    assert store.computations == 0


def test_a_preprocessor_cannot_change_the_callers_rows() -> None:
    """It sees a read-only view; the error names it."""

    class Spoils(Center):
        def fit(self, data: np.ndarray[Any, Any]) -> None:
            data -= data.mean()

    with pytest.raises(GraphError, match=r"The preprocessor Spoils could not be fitted.*read-only"):
        feature_of(make_store(TRAIN), Spoils())


def test_an_in_model_preprocessor_is_fitted_on_a_sample_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most the limit, spread over all rows; one outside the model sees all."""
    monkeypatch.setattr(features_module, "_ROWS_FOR_A_FIT", 6)
    store = make_store(TRAIN)

    inside = store.extend(store.stream("array"), [CenterInModel()]).preprocessors[0]
    outside = store.extend(store.stream("array"), [Center()]).preprocessors[0]

    assert inside.rows_seen == [5]  # type: ignore[attr-defined]
    assert outside.rows_seen == [20]  # type: ignore[attr-defined]


def test_large_results_are_memory_mapped_and_their_files_go_with_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the threshold a result lies in the directory, with the same values."""
    monkeypatch.setattr(features_module, "_BYTES_IN_MEMORY_EACH", 10)
    store = make_store(TRAIN, tmp_path / "cache")
    feature = feature_of(store, Center())

    rows = store.rows(feature, "train")

    np.testing.assert_allclose(rows, TRAIN - TRAIN.mean(axis=0))
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 1
    store._cache.remove_files()
    assert not list((tmp_path / "cache").glob("*.npy"))


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems are not asked for room")


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the system refuse to set room aside, with an error of this number."""

    def refused(*arguments: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refused)


@on_linux
def test_the_disk_sets_room_aside_before_rows_are_written(tmp_path: Path) -> None:
    """A file that had none would kill the process where the disk is full."""
    path = tmp_path / "rows.npy"

    rows = mapped_file(path, (1_000, 8), np.dtype("float64"))

    assert path.stat().st_blocks * 512 >= rows.nbytes


@on_linux
def test_an_interruption_while_room_is_set_aside_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an `OSError` too, but no error of the disk."""

    def interrupted(*arguments: Any) -> NoReturn:
        raise OutOfTimeError("time is up")

    monkeypatch.setattr(os, "posix_fallocate", interrupted)

    with pytest.raises(OutOfTimeError, match="time is up"):
        mapped_file(tmp_path / "rows.npy", (4,), np.dtype("float64"))


@on_linux
@pytest.mark.parametrize("kind", [FeatureCache, SharedFeatureCache])
def test_no_room_on_the_disk_is_an_error_that_names_the_folder(
    kind: Callable[[Path], FeatureCache], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same one in each trial, so that a search ends which fails with nothing else; and the file is gone."""
    refuse(monkeypatch, errno.ENOSPC)
    allocate = kind(tmp_path).allocator(("key", "train"), largest_in_memory=0)

    with pytest.raises(OSError, match=f"No space left on device: '{re.escape(str(tmp_path))}'"):
        allocate((1_000,), np.dtype("float32"))

    assert not list(tmp_path.iterdir())


@on_linux
@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL], ids=["not supported", "invalid"])
def test_a_file_system_that_sets_no_room_aside_will_do(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network file systems know no such thing."""
    refuse(monkeypatch, number)

    rows = mapped_file(tmp_path / "rows.npy", (10, 2), np.dtype("float32"))

    assert rows.shape == (10, 2)


@on_linux
def test_a_trial_without_room_for_its_features_fails_with_that_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search goes on with others."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Wants(Center())(start)), directory=tmp_path / "cache")
    monkeypatch.setattr(features_module, "_BYTES_IN_MEMORY_EACH", 0)
    refuse(monkeypatch, errno.ENOSPC)

    outcome = run_trial(job_of(case, tmp_path / "trial"), case.context(), Silence())

    assert outcome.status == "failed"
    assert outcome.failure is not None
    assert "No space left on device" in outcome.failure.reason


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep all results on the disk, and no more than two of them."""
    monkeypatch.setattr(features_module, "_BYTES_IN_MEMORY_EACH", 0)
    monkeypatch.setattr("autokeras_core.engine.feature_cache._BYTES_ON_DISK", 2 * TRAIN.astype("float32").nbytes)


@pytest.mark.usefixtures("small_disk")
def test_the_least_recently_used_file_makes_room_for_a_new_one(tmp_path: Path) -> None:
    """The disk does not fill up: what was used in the last trial but one goes, and is computed again when asked for."""
    store = make_store(TRAIN, tmp_path)
    first, second, third = (feature_of(store, Center(factor)) for factor in (1.0, 2.0, 3.0))
    for feature in (first, second, first):
        with store.until(None):
            store.rows(feature, "train")

    with store.until(None):
        store.rows(third, "train")

    assert len(list(tmp_path.glob("*.npy"))) == 2
    computed = store.computations
    np.testing.assert_allclose(store.rows(first, "train"), TRAIN - TRAIN.mean(axis=0), rtol=1e-6)
    assert store.computations == computed
    np.testing.assert_allclose(store.rows(second, "train"), 2 * (TRAIN - TRAIN.mean(axis=0)), rtol=1e-6)
    assert store.computations == computed + 1


@pytest.mark.usefixtures("small_disk")
def test_a_trial_keeps_all_that_it_uses(tmp_path: Path) -> None:
    """One that needs more than the limit gets it; nothing is computed twice in it."""
    store = make_store(TRAIN, tmp_path)
    features = [feature_of(store, Center(factor)) for factor in (1.0, 2.0, 3.0)]

    with store.until(None):
        for _ in range(2):
            for feature in features:
                store.rows(feature, "train")

    assert store.computations == 3
    assert len(list(tmp_path.glob("*.npy"))) == 3


def test_rows_come_back_in_order_when_computed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are put together as one transform would be."""
    monkeypatch.setattr("autokeras_core.engine.rows._BYTES_AT_ONCE", 1)
    monkeypatch.setattr("autokeras_core.engine.rows._FEWEST_ROWS_AT_ONCE", 3)
    preprocessor = Center()
    preprocessor.fit(TRAIN)

    pieces = transform_rows(TRAIN, [preprocessor])

    np.testing.assert_array_equal(pieces, preprocessor.transform(TRAIN))


def test_text_keeps_its_full_width_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later, longer text is not cut to the width of the first ones."""

    class Doubles(Center):
        def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            return np.array([text + text for text in batch])

    monkeypatch.setattr("autokeras_core.engine.rows._OBJECTS_AT_ONCE", 2)
    texts = np.array(["a", "b", "long text"], dtype=object)

    assert transform_rows(texts, [Doubles()]).tolist() == ["aa", "bb", "long textlong text"]


def test_a_preprocessor_that_drops_rows_is_an_error() -> None:
    """The message names it and both numbers."""

    class Drops(Center):
        def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            return batch[1:]

    with pytest.raises(GraphError, match=r"Drops changed the number of rows.*20 rows"):
        transform_rows(TRAIN, [Drops()])


@pytest.mark.parametrize(("rows", "most"), [(10, 3), (9, 3), (2, 5), (100_001, 50_000)])
def test_a_sample_is_even_and_no_larger_than_asked(rows: int, most: int) -> None:
    """Equal distances, the first row among them."""
    sample = np.arange(rows)[:: even_step(rows, most=most)]

    assert len(sample) <= most
    assert sample[0] == 0
    assert len(set(np.diff(sample))) <= 1


class Slow(Center):
    """Takes a second a piece, by a clock of its own."""

    clock = 0.0

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Let time go by."""
        type(self).clock += 1.0
        return super().transform(batch)


def test_preprocessing_that_would_miss_the_deadline_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second piece shows that there is no time for the other eight: they are not computed."""
    monkeypatch.setattr("autokeras_core.engine.rows.time.monotonic", lambda: Slow.clock)
    slow = Slow()
    rows = np.zeros((2560, 2), dtype="object")
    slow.fit(rows.astype("float32"))
    monkeypatch.setattr("autokeras_core.engine.rows._OBJECTS_AT_ONCE", 256)

    with pytest.raises(OutOfTimeError, match="512 of 2,560 rows"):
        transform_rows(rows, [slow], deadline=Deadline.after(5.0, clock=lambda: Slow.clock))

    assert Slow.clock == 2.0


class SlowTexts(Slow):
    """Makes texts, as slowly."""

    clock = 0.0

    def transform(self, batch: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Let time go by."""
        type(self).clock += 1.0
        return np.array([f"{text}!" for text in batch])


def test_texts_that_would_miss_the_deadline_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are put together at the end only; time is looked at after each piece all the same."""
    monkeypatch.setattr("autokeras_core.engine.rows.time.monotonic", lambda: SlowTexts.clock)
    monkeypatch.setattr("autokeras_core.engine.rows._OBJECTS_AT_ONCE", 2)
    texts = np.array(list("abcdefgh"), dtype=object)

    with pytest.raises(OutOfTimeError, match="4 of 8 rows"):
        transform_rows(texts, [SlowTexts()], deadline=Deadline.after(3.0, clock=lambda: SlowTexts.clock))

    assert SlowTexts.clock == 2.0
