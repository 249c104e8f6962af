"""Features that several processes share: fitted and computed once by all of them, found by the others, deleted in time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autokeras_core import ArrayInput, ClassificationHead
from autokeras_core.engine.deadline import Deadline, OutOfTimeError
from autokeras_core.engine.features import FeatureStore, Stream
from autokeras_core.engine.shared_feature_cache import SharedFeatureCache
from autokeras_core.graph.operator import Preprocessor
from tests.heavy.engine_doubles import Center, Wants, make_case
from tests.heavy.test_supervised_preprocessors import MeanTarget, data, feature_of, leave_one_out
from tests.heavy.test_supervised_preprocessors import make_store as make_kinds_store

Array = np.ndarray[Any, Any]
PLACE = ("key", "train")


def make_store(folder: Path) -> FeatureStore:
    """Return the store of one process, which shares its features in a folder."""
    start = ArrayInput()
    case = make_case(start, ClassificationHead()(Wants()(start)))
    store: FeatureStore = case.store
    store.share_in(folder)
    return store


def rows_of(store: FeatureStore, *preprocessors: Preprocessor) -> tuple[Stream, Array, Array]:
    """Return a chain, and training and validation rows behind it."""
    stream = store.extend(store.stream("array"), preprocessors)
    return stream, store._computed(stream, "train"), store._computed(stream, "validation")


def test_a_chain_is_fitted_and_computed_by_one_of_two(tmp_path: Path) -> None:
    """The second process finds what the first one learned and made: the same to the last bit."""
    first, second = make_store(tmp_path), make_store(tmp_path)

    one, *made = rows_of(first, Center(2.0), Center(3.0))
    other, *found = rows_of(second, Center(2.0), Center(3.0))

    assert (first.fits, first.computations) == (2, 2)
    assert (second.fits, second.computations) == (0, 0)
    for left, right in zip(one.preprocessors, other.preprocessors, strict=True):
        np.testing.assert_array_equal(left.get_state()["mean"], right.get_state()["mean"])
    for left_rows, right_rows in zip(made, found, strict=True):
        assert isinstance(right_rows, np.memmap)
        np.testing.assert_array_equal(left_rows, right_rows)


def test_a_longer_chain_goes_on_from_what_another_process_made(tmp_path: Path) -> None:
    """Only the last step is fitted and computed."""
    first, second = make_store(tmp_path), make_store(tmp_path)
    rows_of(first, Center(2.0))

    rows_of(second, Center(2.0), Center(5.0))

    assert (second.fits, second.computations) == (1, 1)


def test_rows_that_were_mapped_out_of_fold_stay_so(tmp_path: Path) -> None:
    """A process that takes over a preprocessor which learned from targets takes over its training rows, too."""
    kinds, targets = data()
    first, second = (make_kinds_store(kinds, {"price": targets}) for _ in range(2))
    for store in (first, second):
        store.share_in(tmp_path)

    made = first.rows(feature_of(first, MeanTarget()), "train")
    with second.until(None):
        feature = feature_of(second, MeanTarget())
    with second.until(None):
        found = second.rows(feature, "train")

    assert second.fits == 0
    np.testing.assert_array_equal(made, found)
    np.testing.assert_allclose(found, leave_one_out(kinds, targets), atol=1e-5)


def test_who_comes_second_waits_for_its_turn(tmp_path: Path) -> None:
    """But not beyond its deadline."""
    first, second = SharedFeatureCache(tmp_path), SharedFeatureCache(tmp_path)

    with first.turn(PLACE, None):
        with pytest.raises(OutOfTimeError, match="another worker"), second.turn(PLACE, Deadline.after(0.1)):
            pass
        with second.turn(("other", "train"), Deadline.after(0.1)):
            pass
    with second.turn(PLACE, Deadline.after(0.1)):
        pass


def test_a_killed_process_keeps_nobody_waiting(tmp_path: Path) -> None:
    """The lock goes with the process, and half a file that it left is none."""
    script = (
        "import os, sys, numpy as np\n"
        "from pathlib import Path\n"
        "from autokeras_core.engine.shared_feature_cache import SharedFeatureCache\n"
        "cache = SharedFeatureCache(Path(sys.argv[1]))\n"
        "with cache.turn(('key', 'train'), None):\n"
        "    cache.allocator(('key', 'train'), largest_in_memory=0)((10,), np.dtype('float32'))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, capture_output=True)
    cache = SharedFeatureCache(tmp_path)

    with cache.turn(PLACE, Deadline.after(1.0)):
        is_there = PLACE in cache

    assert killed.returncode != 0
    assert list(tmp_path.glob("*.part"))
    assert not is_there


def test_the_oldest_files_make_room(tmp_path: Path) -> None:
    """But for those that this trial uses, and those that nothing could compute again."""
    cache = SharedFeatureCache(tmp_path, most_bytes=10_000)
    array = np.zeros(1_000, dtype="float32")  # 4,128 bytes with its header
    for name in ("fixed", "old", "used"):
        cache.keep((name, "train"), array, is_fixed=name == "fixed")
    for number, path in enumerate(sorted(tmp_path.glob("*.npy"))):
        os.utime(path, (number, number))
    cache.begin_trial()
    assert ("used", "train") in cache

    cache.allocator(("new", "train"), largest_in_memory=0)((1_000,), np.dtype("float32"))

    assert ("fixed", "train") in cache and ("used", "train") in cache
    assert ("old", "train") not in cache


def test_a_file_that_another_process_deletes_meanwhile_needs_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be listed, and said to exist, and be gone a moment later."""
    cache = SharedFeatureCache(tmp_path)
    (tmp_path / "gone-train.npy").symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr(Path, "exists", lambda path: True)

    cache.allocator(PLACE, largest_in_memory=0)((10,), np.dtype("float32"))

    assert (tmp_path / "key-train.part").is_file()


def test_arrays_of_objects_stay_with_their_process(tmp_path: Path) -> None:
    """They cannot be mapped; the other process computes its own."""
    first, second = SharedFeatureCache(tmp_path), SharedFeatureCache(tmp_path)

    first.keep(PLACE, np.array(["a", None], dtype=object))

    assert first[PLACE].tolist() == ["a", None]
    assert PLACE not in second


def test_texts_are_shared(tmp_path: Path) -> None:
    """Those of one width, as NumPy has them."""
    first, second = SharedFeatureCache(tmp_path), SharedFeatureCache(tmp_path)

    first.keep(PLACE, np.array(["a", "bcd"]))

    assert PLACE in second
    assert second[PLACE].tolist() == ["a", "bcd"]
